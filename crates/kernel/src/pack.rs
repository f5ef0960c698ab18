//! Packing: `lanes` neighbours of each step of k side by side, step after step, so that the micro-kernel reads memory
//! in the order in which it computes.
//!
//! ```text
//!   panel of B, W = 16:   b(0,0) ... b(0,15)   b(1,0) ... b(1,15)   b(2,0) ...
//!   panel of A, W = 6:    a(0,0) ... a(5,0)    a(0,1) ... a(5,1)    a(0,2) ...
//! ```
//!
//! A panel that holds fewer than W lanes keeps the stride W. In a panel of B the missing ones are 0: they are computed
//! with and never stored, so this only keeps slow numbers (subnormals) out of the registers.

use crate::Scalar;
use crate::simd::Simd;

/// How far ahead of a transpose its rows are fetched, in elements.
const AHEAD: usize = 64;

/// One operand's part that goes into a panel. `lane` is a row of A or a column of B; strides count elements.
pub(crate) struct Source<T> {
    pub(crate) ptr: *const T,
    pub(crate) steps: usize,
    pub(crate) lanes: usize,
    pub(crate) step_stride: usize,
    pub(crate) lane_stride: usize,
}

/// Writes one panel of `width` elements a step.
///
/// Safety: `source` covers `steps x lanes` elements at its strides; `lanes <= width`; the CPU has the instructions of V.
#[inline(always)]
pub(crate) unsafe fn panel<T: Scalar, V: Simd<T>>(source: &Source<T>, width: usize, to: &mut [T]) {
    let &Source { steps, lanes, step_stride, lane_stride, .. } = source;
    assert!(lanes <= width && steps * width <= to.len(), "{steps}x{lanes} into {} by {width}", to.len());
    // SAFETY: the caller's promise is passed on, and `to` has room for steps x width (asserted).
    unsafe {
        if lane_stride == 1 {
            copy_rows::<T, V>(source, width, to.as_mut_ptr());
        } else if step_stride == 1 {
            transpose::<T, V>(source, width, to.as_mut_ptr());
        } else {
            copy_each(source, width, (0..steps, 0..lanes), to.as_mut_ptr());
            zero_rest(source, width, to);
        }
    }
}

/// Lanes are neighbours already: each step is copied, in whole registers.
///
/// Safety: as [`panel`]; `to` has room for steps x width.
#[inline(always)]
unsafe fn copy_rows<T: Scalar, V: Simd<T>>(source: &Source<T>, width: usize, to: *mut T) {
    let &Source { ptr, steps, lanes, step_stride, .. } = source;
    let whole = lanes / V::LANES * V::LANES;
    // Where a step of the panel is whole registers, the last one is stored whole and brings the zeros.
    let padded = width.is_multiple_of(V::LANES);
    // SAFETY: reads of lanes < `lanes`, writes of lanes < `width`.
    unsafe {
        let mask = V::first(lanes - whole);
        for p in 0..steps {
            let (from, to) = (ptr.add(p * step_stride), to.add(p * width));
            let mut lane = 0;
            while lane < whole {
                V::load(from.add(lane)).store(to.add(lane));
                lane += V::LANES;
            }
            if whole < lanes {
                let rest = V::load_masked(from.add(whole), mask);
                if padded {
                    rest.store(to.add(whole))
                } else {
                    rest.store_masked(to.add(whole), mask)
                }
                lane += V::LANES;
            }
            while padded && lane < width {
                V::splat(T::ZERO).store(to.add(lane));
                lane += V::LANES;
            }
        }
    }
}

/// Steps are neighbours: blocks of LANES x LANES are transposed in registers, the rest one by one.
///
/// Safety: as [`panel`]; `to` has room for steps x width.
#[inline(always)]
unsafe fn transpose<T: Scalar, V: Simd<T>>(source: &Source<T>, width: usize, to: *mut T) {
    let &Source { ptr, steps, lanes, lane_stride, .. } = source;
    let (whole_steps, whole_lanes) = (steps / V::LANES * V::LANES, lanes / V::LANES * V::LANES);
    // SAFETY: blocks within (steps, lanes) of the source and (steps, width) of the panel.
    unsafe {
        for lane in (0..whole_lanes).step_by(V::LANES) {
            for p in (0..whole_steps).step_by(V::LANES) {
                for i in 0..V::LANES {
                    V::prefetch(ptr.wrapping_add((lane + i) * lane_stride + p + AHEAD));
                }
                V::transpose(ptr.add(lane * lane_stride + p), lane_stride, to.add(p * width + lane), width);
            }
        }
        // What is left of the steps goes through a block of whole registers.
        if whole_steps < steps {
            let mask = V::first(steps - whole_steps);
            let mut block = [T::ZERO; 16 * 16]; // LANES <= 16
            for lane in (0..whole_lanes).step_by(V::LANES) {
                for i in 0..V::LANES {
                    let row = V::load_masked(ptr.add((lane + i) * lane_stride + whole_steps), mask);
                    row.store(block.as_mut_ptr().add(i * V::LANES));
                }
                let mut turned = [T::ZERO; 16 * 16];
                V::transpose(block.as_ptr(), V::LANES, turned.as_mut_ptr(), V::LANES);
                for i in 0..steps - whole_steps {
                    V::load(turned.as_ptr().add(i * V::LANES)).store(to.add((whole_steps + i) * width + lane));
                }
            }
        }
        copy_each(source, width, (0..steps, whole_lanes..lanes), to);
        let to = std::slice::from_raw_parts_mut(to, steps * width);
        zero_rest(source, width, to);
    }
}

/// Safety: as [`panel`], for these steps and lanes only.
#[inline(always)]
unsafe fn copy_each<T: Scalar>(
    source: &Source<T>,
    width: usize,
    (steps, lanes): (std::ops::Range<usize>, std::ops::Range<usize>),
    to: *mut T,
) {
    for lane in lanes {
        for p in steps.clone() {
            // SAFETY: (p, lane) lies inside the source and inside the panel.
            unsafe { *to.add(p * width + lane) = *source.ptr.add(p * source.step_stride + lane * source.lane_stride) }
        }
    }
}

fn zero_rest<T: Scalar>(source: &Source<T>, width: usize, to: &mut [T]) {
    if source.lanes < width {
        to.chunks_exact_mut(width).take(source.steps).for_each(|step| step[source.lanes..].fill(T::ZERO));
    }
}

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

use std::mem::MaybeUninit;

use crate::Scalar;
use crate::gemm::block_sizes::{PACK_PREFETCH_STEPS, PACK_STEP_BYTES, TRANSPOSE_PREFETCH_AHEAD};
use crate::simd::isa::{Isa, Op};
use crate::simd::vector::Simd;
use crate::sizes;

/// One operand's part that goes into a panel. `lane` is a row of A or a column of B; strides count elements.
pub(crate) struct Source<T> {
    pub(crate) ptr: *const T,
    pub(crate) steps: usize,
    pub(crate) lanes: usize,
    pub(crate) step_stride: usize,
    pub(crate) lane_stride: usize,
    /// Lanes that may be read, of which `lanes` go into panels.
    pub(crate) readable: usize,
}

/// Writes panels of `each` lanes, `width` elements a step, one after the other, until all lanes are in one.
///
/// # Safety
/// `source` covers `steps x lanes` elements at its strides, and `readable` lanes.
pub(crate) struct PackPanels<'a, T> {
    pub(crate) source: &'a Source<T>,
    /// Lanes of a panel, at most `width`; the last one may have fewer.
    pub(crate) each: usize,
    pub(crate) width: usize,
    pub(crate) to: &'a mut [T],
}

impl<T: Scalar> Op<T> for &mut PackPanels<'_, T> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<K: Isa<T>>(self) {
        // SAFETY: the contract of `PackPanels`, upheld where it is constructed.
        unsafe { panels::<T, K::Vector>(self.source, (self.each, self.width), self.to) }
    }
}

/// Safety: the contract of [`PackPanels`]; the CPU has the instructions of V.
#[inline(always)]
unsafe fn panels<T: Scalar, V: Simd<T>>(source: &Source<T>, (each, width): (usize, usize), to: &mut [T]) {
    let &Source { ptr, steps, lanes, step_stride, lane_stride, readable } = source;
    let all = lanes.div_ceil(each).checked_mul(width);
    let fits = all.and_then(|all| sizes::panels::<T>(steps, all, width)).is_some_and(|elements| elements <= to.len());
    assert!(each <= width && fits, "{steps}x{lanes} into {} by {width}", to.len());
    let size = steps * width; // of one panel, of all that fit
    let to = to.as_mut_ptr();
    // SAFETY: lanes and steps of the source, by the contract of `PackPanels`; `to` has room for all panels (asserted above, in `fits`).
    unsafe {
        if lane_stride == 1 {
            let group = (PACK_STEP_BYTES / size_of::<T>() / each).max(1) * each;
            for first in (0..lanes).step_by(group) {
                let lanes = group.min(lanes - first);
                let part = Source { ptr: ptr.add(first), lanes, readable: readable - first, ..*source };
                copy_rows::<T, V>(&part, (each, width), to.add(first / each * size));
            }
            return;
        }
        for (panel, lane) in (0..lanes).step_by(each).enumerate() {
            let (ptr, lanes, readable) = (ptr.add(lane * lane_stride), each.min(lanes - lane), readable - lane);
            let part = Source { ptr, lanes, readable, ..*source };
            let to = to.add(panel * size);
            if step_stride == 1 {
                transpose::<T, V>(&part, width, to);
            } else {
                copy_each(&part, width, (0..steps, 0..part.lanes), to);
                zero_rest(&part, width, std::slice::from_raw_parts_mut(to, size));
            }
        }
    }
}

/// Lanes are neighbours already: each step is copied, in whole registers, a piece to each panel. With masked stores, which take
/// some twenty instructions on Zen 3, and panel after panel, of 6 rows each, 512 x 512 x 512 with such an A took 1.25 times as
/// long, 1024 x 4096 x 128 1.13, 2048 x 2048 x 512 1.19.
///
/// Safety: as [`panels`]; `to` has room for them.
#[cfg_attr(unoptimised, inline(never))]
#[cfg_attr(not(unoptimised), inline(always))]
unsafe fn copy_rows<T: Scalar, V: Simd<T>>(source: &Source<T>, (each, width): (usize, usize), to: *mut T) {
    let &Source { ptr, steps, lanes, step_stride, readable, .. } = source;
    // Where a step of the panel is whole registers, the last one is stored whole and brings the zeros.
    let padded = width.is_multiple_of(V::LANES);
    // SAFETY: reads of lanes < `lanes`, writes of lanes < `width` of a panel.
    unsafe {
        for p in 0..steps {
            let mut from = ptr.add(p * step_stride);
            let mut to = to.add(p * width);
            let (mut left, mut readable) = (lanes, readable);
            while left > 0 {
                let lanes = left.min(each);
                let whole = lanes / V::LANES * V::LANES;
                let mut lane = 0;
                V::prefetch(from.wrapping_add(PACK_PREFETCH_STEPS * step_stride));
                while lane < whole {
                    V::load(from.add(lane)).store(to.add(lane));
                    lane += V::LANES;
                }
                if whole < lanes {
                    // A whole register reaches into the next step's lanes, which are written after it.
                    let past = whole + V::LANES;
                    if !padded && past <= width + lanes && p + 1 < steps && past <= readable {
                        V::load(from.add(whole)).store(to.add(whole));
                    } else {
                        let mask = V::first(lanes - whole);
                        let rest = V::load_masked(from.add(whole), mask);
                        if padded { rest.store(to.add(whole)) } else { rest.store_masked(to.add(whole), mask) }
                    }
                    lane += V::LANES;
                }
                while padded && lane < width {
                    V::splat(T::ZERO).store(to.add(lane));
                    lane += V::LANES;
                }
                from = from.wrapping_add(lanes);
                to = to.wrapping_add(steps * width);
                left -= lanes;
                readable -= lanes;
            }
        }
    }
}

/// Steps are neighbours: blocks of LANES x LANES are transposed in registers, the rest one by one.
///
/// The last block may reach beyond the panel's width where the source has more lanes. What it stores too much falls on the
/// next step's first lanes, so it goes first and the others after it.
///
/// All lanes of a cache line's steps before the next steps, so that lines are written whole, lost: with AVX2 it was as fast,
/// with AVX-512, where they are whole already, 0.4-0.8 times.
///
/// Safety: as [`panels`]; `to` has room for steps x width.
#[cfg_attr(unoptimised, inline(never))]
#[cfg_attr(not(unoptimised), inline(always))]
unsafe fn transpose<T: Scalar, V: Simd<T>>(source: &Source<T>, width: usize, to: *mut T) {
    let &Source { ptr, steps, lanes, lane_stride, readable, .. } = source;
    let blocks = if readable >= lanes.next_multiple_of(V::LANES) { lanes.div_ceil(V::LANES) } else { lanes / V::LANES };
    let in_blocks = blocks * V::LANES;
    // SAFETY: blocks within (steps, readable) of the source; stores within steps x width of the panel.
    unsafe {
        for lane in (0..in_blocks).step_by(V::LANES).rev() {
            let from = ptr.add(lane * lane_stride);
            let beyond = lane + V::LANES > width;
            let mask = || V::first(if beyond { width - lane } else { V::LANES });
            let whole = steps / V::LANES * V::LANES;
            // The last block of all may not reach beyond the panel.
            let apart = if beyond && whole == steps { whole.saturating_sub(V::LANES) } else { whole };
            for p in (0..apart).step_by(V::LANES) {
                let block = V::opaque(from.add(p).cast_mut());
                if p + TRANSPOSE_PREFETCH_AHEAD < steps {
                    for i in 0..V::LANES {
                        V::prefetch(block.wrapping_add(i * lane_stride + TRANSPOSE_PREFETCH_AHEAD));
                    }
                }
                V::transpose(block, lane_stride, V::opaque(to.add(p * width + lane)), width);
            }
            if apart < whole {
                let mask = mask();
                V::transposed(from.add(apart), lane_stride, |i, column| {
                    column.store_masked(to.add((apart + i) * width + lane), mask);
                });
            }
            // What is left of the steps goes through a block of whole registers. A block that ends with the last step and
            // writes some a second time is 0.96-1.0 times as fast.
            if whole < steps {
                let (left, some, mask) = (steps - whole, V::first(steps - whole), mask());
                let mut block = [const { MaybeUninit::<T>::uninit() }; 16 * 16]; // LANES <= 16
                let block = block.as_mut_ptr().cast::<T>();
                for i in 0..V::LANES {
                    V::load_masked(from.add(i * lane_stride + whole), some).store(block.add(i * V::LANES));
                }
                V::some_transposed(block, V::LANES, left, |i, column| {
                    if i < left {
                        let to = to.add((whole + i) * width + lane);
                        if beyond { column.store_masked(to, mask) } else { column.store(to) }
                    }
                });
            }
        }
        if in_blocks < lanes {
            copy_each(source, width, (0..steps, in_blocks..lanes), to);
        }
        if lanes < width && width.is_multiple_of(V::LANES) {
            zero_rest(source, width, std::slice::from_raw_parts_mut(to, steps * width));
        }
    }
}

/// Safety: as [`panels`], for these steps and lanes only.
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

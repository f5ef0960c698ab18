//! Packing: `lanes` neighbours of each step of k side by side, step after step, so that the micro-kernel reads memory
//! in the order in which it computes.
//!
//! ```text
//!   panel of B, W = 16:   b(0,0) ... b(0,15)   b(1,0) ... b(1,15)   b(2,0) ...
//!   panel of A, W = 6:    a(0,0) ... a(5,0)    a(0,1) ... a(5,1)    a(0,2) ...
//! ```
//!
//! A panel that holds fewer than W lanes keeps the stride W; the rest of each step is 0. It is computed with and never
//! stored, so this is only to keep slow numbers (subnormals) out of the registers.

use crate::Scalar;

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
/// Safety: `source` covers `steps x lanes` elements at its strides, and `lanes <= width`.
pub(crate) unsafe fn panel<T: Scalar>(source: &Source<T>, width: usize, to: &mut [T]) {
    debug_assert!(source.lanes <= width, "{} lanes in a panel of {width}", source.lanes);
    debug_assert!(to.len() >= source.steps * width, "{} elements for {} steps", to.len(), source.steps);
    // SAFETY: the caller's promise is passed on. The widths of the table's kernels get a copy of known length.
    unsafe {
        match width {
            6 => panel_of::<T, 6>(source, to),
            8 => panel_of::<T, 8>(source, to),
            14 => panel_of::<T, 14>(source, to),
            16 => panel_of::<T, 16>(source, to),
            32 => panel_of::<T, 32>(source, to),
            _ => copy_each(source, width, to),
        }
    }
}

/// Safety: as [`panel`], with `width` W.
#[inline(always)]
unsafe fn panel_of<T: Scalar, const W: usize>(source: &Source<T>, to: &mut [T]) {
    let &Source { ptr, steps, lanes, step_stride, lane_stride } = source;
    // SAFETY: reads at (step < steps, lane < lanes) of the source; `to` is indexed through slices.
    unsafe {
        if lane_stride == 1 && lanes == W {
            for (p, out) in to.chunks_exact_mut(W).take(steps).enumerate() {
                out.copy_from_slice(std::slice::from_raw_parts(ptr.add(p * step_stride), W));
            }
        } else if step_stride == 1 && lanes == W {
            // A transpose: eight steps at a time, so that each lane is read along a cache line.
            const STEPS: usize = 8;
            let whole = steps / STEPS * STEPS;
            for (block, out) in to.chunks_exact_mut(STEPS * W).take(whole / STEPS).enumerate() {
                for lane in 0..W {
                    let from = ptr.add(block * STEPS + lane * lane_stride).cast::<[T; STEPS]>().read_unaligned();
                    for p in 0..STEPS {
                        out[p * W + lane] = from[p];
                    }
                }
            }
            let rest = Source { ptr: ptr.add(whole), steps: steps - whole, ..*source };
            copy_each(&rest, W, &mut to[whole * W..]);
        } else {
            copy_each(source, W, to);
        }
    }
}

/// Safety: as [`panel`].
unsafe fn copy_each<T: Scalar>(source: &Source<T>, width: usize, to: &mut [T]) {
    let &Source { ptr, steps, lanes, step_stride, lane_stride } = source;
    for p in 0..steps {
        for lane in 0..lanes {
            // SAFETY: (p, lane) lies inside the source.
            to[p * width + lane] = unsafe { *ptr.add(p * step_stride + lane * lane_stride) };
        }
        to[p * width + lanes..(p + 1) * width].fill(T::ZERO);
    }
}

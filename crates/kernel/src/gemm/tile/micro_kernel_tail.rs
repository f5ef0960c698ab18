//! A tile of one register of columns and a tail of two or four more, of which several rows share a register.
//!
//! ```text
//!                b0.............  t0 t1 t0 t1 t0 t1 t0 t1      8 columns of B, and 2 more four times over
//!     a0  ->     acc[0]
//!     a1  ->     acc[1]
//!     a2  ->     acc[2]
//!     a3  ->     acc[3]          tail[0]                       a0 a0 a1 a1 a2 a2 a3 a3, blended from the four
//!     ...
//!     a7  ->     acc[7]          tail[1]                       a4 a4 a5 a5 a6 a6 a7 a7
//! ```
//!
//! Ten columns in two registers of eight would leave six lanes in sixteen empty; transposed, with rows in the lanes, the
//! tiles have to be turned back. Here every lane works, for three blends beside five multiply-adds: 128 x 512 times 512 x 10
//! takes 0.65 of the time of tiles transposed, 0.92 of the peak (AVX2, Zen 5).
//!
//! Each element is one chain of multiply-adds over k in order, as everywhere.

use std::hint::assert_unchecked;

use super::each_row::each_row;
use super::shape::Tile;
use crate::Scalar;
use crate::epilogue::{Apply, EpilogueOp, with_op};
use crate::simd::isa::{Isa, Op};
use crate::simd::vector::{ROWS_OF_A_POINTER, RowStep, Simd};

/// Computes a run of tiles of M rows and LANES + TAIL columns, or one fewer where B's rows have room for it.
///
/// # Safety
/// The pointers of `tile` cover what their comments say, and of each of B's rows LANES + TAIL elements; `cols` is more than
/// LANES and at most so many; TAIL divides LANES; the epilogue's bias covers C's columns.
pub(crate) struct MicroKernelTail<'a, T, const M: usize, const TAIL: usize> {
    pub(crate) tile: &'a Tile<T>,
    pub(crate) epilogue: &'a EpilogueOp<T>,
}

impl<T: Scalar, const M: usize, const TAIL: usize> Op<T> for MicroKernelTail<'_, T, M, TAIL> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<K: Isa<T>>(self) {
        // SAFETY: the contract of `MicroKernelTail`, upheld where it is constructed.
        unsafe { tiles::<T, K::Vector, M, TAIL>(self.tile, self.epilogue) }
    }
}

/// Safety: the contract of [`MicroKernelTail`]; the CPU has the instructions of `V`.
#[inline(always)]
unsafe fn tiles<T: Scalar, V: Simd<T>, const M: usize, const TAIL: usize>(tile: &Tile<T>, epilogue: &EpilogueOp<T>) {
    let &Tile { k, run, next, c_rs, a_rs, a_cs, b_rs, .. } = tile;
    let (mut first_a, mut c) = (tile.a, tile.c);
    let shared = const { V::LANES / TAIL }; // rows of a register of tails
    // SAFETY: every access below is to a row < M, a step < k and a column < LANES + TAIL of a tile of the run, which the
    // caller's pointers cover; the tail has one to TAIL columns, by the contract of `MicroKernelTail`.
    unsafe {
        let some = tile.cols - V::LANES;
        // A store of some lanes then has no branches for more of them.
        assert_unchecked(1 <= some && some <= TAIL);
        let mask = V::first(some);
        let lanes = V::LANES;
        for _ in 0..run {
            let mut acc = [V::splat(T::ZERO); M];
            let mut tail = [V::splat(T::ZERO); M]; // of which M / shared are used
            if tile.resume {
                for i in 0..M {
                    acc[i] = V::load(c.add(i * c_rs));
                    // By way of memory to its place in the register. A loop over the elements here, which the compiler does
                    // not unroll, kept all accumulators on the stack: half as fast.
                    let mut row = [T::ZERO; 32]; // twice LANES <= 16
                    V::load_masked(c.add(i * c_rs + lanes), mask).store(row.as_mut_ptr().add(i % shared * TAIL));
                    tail[i / shared] = tail[i / shared].with_group::<TAIL>(i % shared, V::load(row.as_ptr()));
                }
            }
            let of_a = RowStep::of::<T>(a_rs);
            let (mut a, mut b) = ([first_a, first_a.wrapping_add(ROWS_OF_A_POINTER * a_rs)], tile.b);
            for _ in 0..k {
                let (b_row, b_tail) = (V::load(b), V::splat_group::<TAIL>(b.add(lanes)));
                let mut rows = V::splat(T::ZERO);
                each_row!(M, ROW => {
                    let (group, at) = (ROW / shared, ROW % shared);
                    let x = V::splat_row::<{ ROW % ROWS_OF_A_POINTER }>(a[ROW / ROWS_OF_A_POINTER], &of_a);
                    acc[ROW] = x.mul_add(b_row, acc[ROW]);
                    rows = if at == 0 { x } else { rows.with_group::<TAIL>(at, x) };
                    if at + 1 == shared || ROW + 1 == M {
                        tail[group] = rows.mul_add(b_tail, tail[group]);
                    }
                });
                a = a.map(|a| a.wrapping_add(a_cs));
                b = b.wrapping_add(b_rs);
            }
            let mut last = [V::splat(T::ZERO); M];
            for i in 0..M {
                last[i] = tail[i / shared].group::<TAIL>(i % shared);
            }
            let whole = Stored { c, c_rs, col: tile.col, mask };
            with_op!(epilogue, op => store::<T, V, _, M>((&mut acc, &mut last), &whole, op));
            first_a = first_a.wrapping_add(next.a);
            c = c.wrapping_add(next.c);
        }
    }
}

/// Where a tile's accumulators go.
struct Stored<T, Mask> {
    c: *mut T,
    c_rs: usize,
    /// The first column within C.
    col: usize,
    /// Of the tail.
    mask: Mask,
}

/// Applies the epilogue to one tile, a register of each row and the tail of each, and stores it.
///
/// An epilogue that reads C reads all of the tile before it writes, for the reason in `micro_kernel.rs`: 512 rows of 10
/// columns are updated 4.3 times as fast by one step, 1.6 by 32 steps.
///
/// Safety: as [`tiles`].
#[inline(always)]
unsafe fn store<T: Scalar, V: Simd<T>, E: Apply<T>, const M: usize>(
    (acc, last): (&mut [V; M], &mut [V; M]),
    &Stored { c, c_rs, col, mask }: &Stored<T, V::Mask>,
    op: E,
) {
    let lanes = V::LANES;
    // SAFETY: rows < M and the columns of a tile of C, which the caller's pointers cover.
    unsafe {
        if E::READS_C {
            for i in 0..M {
                let at = c.add(i * c_rs);
                acc[i] = op.apply::<V, false>(acc[i], col, at, mask);
                last[i] = op.apply::<V, true>(last[i], col + lanes, at.add(lanes), mask);
            }
        }
        for i in 0..M {
            let at = c.add(i * c_rs);
            let (mut row, mut last) = (acc[i], last[i]);
            if !E::READS_C {
                row = op.apply::<V, false>(row, col, at, mask);
                last = op.apply::<V, true>(last, col + lanes, at.add(lanes), mask);
            }
            row.store(at);
            last.store_masked(at.add(lanes), mask);
        }
    }
}

//! The micro-kernel: one tile of C, held in registers while k runs.
//!
//! ```text
//!                    NV vectors of B, one row per step of k
//!                 b0.............  b1.............
//!        a0  ->   acc[0][0]        acc[0][1]           M rows of A, broadcast
//!        a1  ->   acc[1][0]        acc[1][1]           one number at a time
//!        ...
//!        a5  ->   acc[5][0]        acc[5][1]           6 x 2 = 12 accumulators of 16 registers
//! ```
//!
//! Each element of C is one chain of multiply-adds over k, in order, in its own lane. Its bits therefore depend neither
//! on the tile it falls into, nor on the width of the registers, nor on how rows and columns were shared among threads.
//! (The one exception, single rows and columns of dot products, is no tile: `level2/dot.rs`.)
//!
//! (Drawn for 16 registers; with 32 of them a tile has 14 rows. Where a lane of a register can be a factor, A is not broadcast:
//! `lane_steps.rs`.)
//!
//! Rows are exact (`M` is a constant, a tile of four rows computes four), columns are masked in the last vector, so an
//! edge costs what it holds. A may have any strides, since its elements are broadcast. B's rows must be contiguous:
//! either a packed panel or B itself.
//!
//! What happens between the last multiply-add and memory is the [`EpilogueOp`]: one branch after the last step, and the
//! accumulators never leave their registers.

use super::each_row::each_row;
use super::lane_steps::{are_lanes_factors, lane_steps};
use super::shape::{FULL_FETCHING, FULL_FETCHING_A, MASK_B_AND_C, MASK_C, Tile, is_masked};
use crate::Scalar;
use crate::epilogue::{Apply, EpilogueOp, with_op};
use crate::gemm::block_sizes::{FETCHED_C_ROWS, PAIRED_SUMS};
use crate::simd::isa::{Isa, Op};
use crate::simd::vector::{ROWS_OF_A_POINTER, RowStep, Simd, Steps};

/// Computes a run of tiles: `C[M, cols] <- epilogue(A[M, k] * B[k, cols])` for each.
///
/// # Safety
/// The pointers of `tile` cover what their comments say; there are more than `(NV - 1) * LANES` columns and at most
/// `NV * LANES`, exactly so many when not masked; with `MASK_C`, B's rows have `NV * LANES` elements all the same; the
/// epilogue's bias covers C's columns.
pub(crate) struct MicroKernel<'a, T, const M: usize, const NV: usize, const EDGE: u8> {
    pub(crate) tile: &'a Tile<T>,
    pub(crate) epilogue: &'a EpilogueOp<T>,
}

impl<T: Scalar, const M: usize, const NV: usize, const EDGE: u8> Op<T> for MicroKernel<'_, T, M, NV, EDGE> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<K: Isa<T>>(self) {
        // SAFETY: the contract of `MicroKernel`, upheld where it is constructed.
        unsafe {
            if EDGE == MASK_C {
                tiles::<T, K::EdgeVector, M, NV, EDGE>(self.tile, self.epilogue)
            } else {
                tiles::<T, K::Vector, M, NV, EDGE>(self.tile, self.epilogue)
            }
        }
    }
}

/// Safety: the contract of [`MicroKernel`]; the CPU has the instructions of `V`.
#[inline(always)]
unsafe fn tiles<T: Scalar, V: Simd<T>, const M: usize, const NV: usize, const EDGE: u8>(
    tile: &Tile<T>,
    epilogue: &EpilogueOp<T>,
) {
    let &Tile { k, run, next, c_rs, .. } = tile;
    let (mut first_a, mut first_b, mut c, mut first_col) = (tile.a, tile.b, tile.c, tile.col);
    // SAFETY: every access below is to a row < M, a step < k and a masked column of a tile of the run, which the caller's
    // pointers cover.
    unsafe {
        let mask = V::first(if !is_masked(EDGE) { V::LANES } else { tile.cols - (NV - 1) * V::LANES });
        for _ in 0..run {
            if const { M >= FETCHED_C_ROWS && NV > 1 && !is_masked(EDGE) } && tile.c_fetched {
                fetch_c::<T, V>((M, NV * V::LANES), c.wrapping_add(next.c), c_rs);
            }
            let mut acc = [[V::splat(T::ZERO); NV]; M];
            if tile.resume {
                for i in 0..M {
                    for v in 0..NV {
                        let from = c.add(i * c_rs + v * V::LANES);
                        let masked = is_masked(EDGE) && v + 1 == NV;
                        acc[i][v] = if masked { V::load_masked(from, mask) } else { V::load(from) };
                    }
                }
            }

            if const { M == 4 && NV == 3 && !V::LANES_ARE_FACTORS } {
                let acc = &mut *(&raw mut acc).cast::<[[V; 3]; 4]>(); // the same type: M is 4, NV is 3
                let &Tile { k, a_rs, a_cs, b_rs, .. } = tile;
                let operands = Steps { k, a: first_a, a_rs, a_cs, b: first_b, b_rs };
                V::steps_4x3(acc, &operands, (EDGE == MASK_B_AND_C).then_some(mask));
            } else if are_lanes_factors::<T, V, M, NV, EDGE>(tile) {
                let done = lane_steps::<T, V, M, NV, EDGE>(&mut acc, tile, (first_a, first_b));
                let (a, b) = (first_a.wrapping_add(done), first_b.wrapping_add(done.wrapping_mul(tile.b_rs)));
                steps::<T, V, M, NV, EDGE>(&mut acc, &Tile { k: k - done, ..*tile }, (a, b), mask);
            } else {
                steps::<T, V, M, NV, EDGE>(&mut acc, tile, (first_a, first_b), mask);
            }

            let whole = Stored { c, c_rs, first_col, mask };
            if const { is_masked(EDGE) } {
                with_op!(epilogue, op => apply::<T, V, _, M, NV>(&mut acc, &whole, op));
                store_masked::<T, V, M, NV>(&acc, &whole);
            } else {
                with_op!(epilogue, op => store::<T, V, _, M, NV>(&mut acc, &whole, op));
            }
            first_a = first_a.wrapping_add(next.a);
            first_b = first_b.wrapping_add(next.b);
            c = c.wrapping_add(next.c);
            first_col += next.col;
        }
    }
}

/// Fetches the lines of a tile of C: no hardware foresees rows that are pages apart, and what reads or writes them waits.
///
/// Safety: the CPU has the instructions of `V`. Nothing is read, so the tile need not exist.
#[inline(always)]
unsafe fn fetch_c<T: Scalar, V: Simd<T>>((rows, cols): (usize, usize), c: *mut T, c_rs: usize) {
    for i in 0..rows {
        let row = c.wrapping_add(i * c_rs).cast_const();
        // SAFETY: the instructions are those of `V`, which the CPU has by this function's contract; any address may be fetched.
        unsafe {
            for element in (0..cols).step_by(64 / size_of::<T>()) {
                V::prefetch(row.wrapping_add(element));
            }
            // Rows that begin within a line end in one more.
            V::prefetch(row.wrapping_add(cols - 1));
        }
    }
}

/// Where a tile's accumulators go.
struct Stored<T, Mask> {
    c: *mut T,
    c_rs: usize,
    /// The first column within C.
    first_col: usize,
    /// Of the last register of columns.
    mask: Mask,
}

/// Applies the epilogue to one tile whose columns all exist, and stores it.
///
/// Safety: as [`tiles`].
#[inline(always)]
unsafe fn store<T: Scalar, V: Simd<T>, E: Apply<T>, const M: usize, const NV: usize>(
    acc: &mut [[V; NV]; M],
    &Stored { c, c_rs, first_col, mask }: &Stored<T, V::Mask>,
    op: E,
) {
    for i in 0..M {
        for v in 0..NV {
            let (to, col) = (c.wrapping_add(i * c_rs + v * V::LANES), first_col + v * V::LANES);
            // SAFETY: rows < M and columns of a tile of C, which the caller's pointers cover.
            unsafe { op.apply::<V, false>(acc[i][v], col, to, mask).store(to) }
        }
    }
}

/// Applies the epilogue to one tile with an edge.
///
/// All of it, before any of it is stored: a masked load waits for a masked store whose register it touches, though not its
/// lanes, and the rows of a narrow C touch one another's. An update of 64x8 on its own took 4 times as long row by row with
/// AVX-512. Without an edge, it would cost k of 1 to 9 up to 0.14.
///
/// Safety: as [`tiles`].
#[inline(always)]
unsafe fn apply<T: Scalar, V: Simd<T>, E: Apply<T>, const M: usize, const NV: usize>(
    acc: &mut [[V; NV]; M],
    &Stored { c, c_rs, first_col, mask }: &Stored<T, V::Mask>,
    op: E,
) {
    for i in 0..M {
        for v in 0..NV {
            let (at, col) = (c.wrapping_add(i * c_rs + v * V::LANES), first_col + v * V::LANES);
            // SAFETY: rows < M and masked columns of a tile of C, which the caller's pointers cover.
            acc[i][v] = unsafe {
                match v + 1 == NV {
                    true => op.apply::<V, true>(acc[i][v], col, at, mask),
                    false => op.apply::<V, false>(acc[i][v], col, at, mask),
                }
            };
        }
    }
}

/// Stores a tile with an edge, whatever the epilogue was: once in the code of each tile rather than once for each epilogue, a tenth of
/// the kernel's code with AVX2's stores of some lanes. (As a function for all tiles, they were 1.05-1.3 times as slow.)
///
/// Safety: as [`tiles`].
#[inline(always)]
unsafe fn store_masked<T: Scalar, V: Simd<T>, const M: usize, const NV: usize>(
    acc: &[[V; NV]; M],
    &Stored { c, c_rs, mask, .. }: &Stored<T, V::Mask>,
) {
    for i in 0..M {
        for v in 0..NV {
            let to = c.wrapping_add(i * c_rs + v * V::LANES);
            // SAFETY: rows < M and masked columns of a tile of C, which the caller's pointers cover.
            unsafe {
                match v + 1 == NV {
                    true => acc[i][v].store_masked(to, mask),
                    false => acc[i][v].store(to),
                }
            }
        }
    }
}

/// The multiply-adds of one tile.
///
/// Safety: as [`tiles`], for a tile whose operands begin at `a` and `b`.
#[inline(always)]
unsafe fn steps<T: Scalar, V: Simd<T>, const M: usize, const NV: usize, const EDGE: u8>(
    acc: &mut [[V; NV]; M],
    tile: &Tile<T>,
    (a, b): (*const T, *const T),
    mask: V::Mask,
) {
    let &Tile { k, a_rs, next, .. } = tile;
    let mut at = At { a: [a, a.wrapping_add(ROWS_OF_A_POINTER * a_rs)], b };
    // SAFETY: rows < M, steps < k and columns of the tile, which its pointers cover by the contract of `MicroKernel`; any
    // address may be fetched.
    unsafe {
        if const { EDGE != FULL_FETCHING_A } {
            return some_steps::<T, V, M, NV, EDGE>(acc, &mut at, k, tile, mask);
        }
        // A line of each row of the next tile with each line of this one's.
        let mut ahead = a.wrapping_add(next.a);
        let (mut left, line) = (k, (64 / size_of::<T>()).min(k));
        while left > 0 {
            for i in 0..M {
                V::prefetch(ahead.wrapping_add(i * a_rs));
            }
            ahead = ahead.wrapping_add(line);
            some_steps::<T, V, M, NV, EDGE>(acc, &mut at, line.min(left), tile, mask);
            left -= line.min(left);
        }
    }
}

/// The next steps of a tile, two at a time where it is the full one of 16 registers ([`PAIRED_SUMS`]).
///
/// Safety: as [`steps`], for `k` steps from `at` on.
#[inline(always)]
unsafe fn some_steps<T: Scalar, V: Simd<T>, const M: usize, const NV: usize, const EDGE: u8>(
    acc: &mut [[V; NV]; M],
    at: &mut At<T>,
    k: usize,
    &Tile { a_rs, a_cs, b_rs, fetch, .. }: &Tile<T>,
    mask: V::Mask,
) {
    let rows = RowStep::of::<T>(a_rs);
    let pairs = if const { NV > 1 && M * NV == PAIRED_SUMS } { k / 2 } else { 0 };
    // SAFETY: as this function's.
    unsafe {
        for _ in 0..pairs {
            step::<T, V, M, NV, EDGE>(acc, at, &rows, (fetch, mask));
            let second = At { a: at.a.map(|a| a.wrapping_add(a_cs)), b: at.b.wrapping_add(b_rs) };
            step::<T, V, M, NV, EDGE>(acc, &second, &rows, (fetch, mask));
            *at = At { a: second.a.map(|a| a.wrapping_add(a_cs)), b: at.b.wrapping_add(2 * b_rs) };
        }
        for _ in 2 * pairs..k {
            step::<T, V, M, NV, EDGE>(acc, at, &rows, (fetch, mask));
            *at = At { a: at.a.map(|a| a.wrapping_add(a_cs)), b: at.b.wrapping_add(b_rs) };
        }
    }
}

/// Where one step of a tile is read.
struct At<T> {
    /// Row 0, and row [`ROWS_OF_A_POINTER`], which a tile need not have.
    a: [*const T; 2],
    b: *const T,
}

/// The multiply-adds of one step.
///
/// Safety: as [`tiles`]; the rows of A and the columns of B can be read.
#[inline(always)]
unsafe fn step<T: Scalar, V: Simd<T>, const M: usize, const NV: usize, const EDGE: u8>(
    acc: &mut [[V; NV]; M],
    &At { a, b }: &At<T>,
    rows: &RowStep,
    (fetch, mask): (usize, V::Mask),
) {
    // SAFETY: rows < M and columns of the tile, by this function's contract; any address may be fetched.
    unsafe {
        if EDGE == FULL_FETCHING {
            for line in (0..NV * V::LANES).step_by(64 / size_of::<T>()) {
                V::prefetch(b.wrapping_add(fetch + line));
            }
        }
        // The shorter side waits in registers, the longer one passes by.
        if const { M < NV } {
            let mut column = [V::splat(T::ZERO); M];
            each_row!(M, ROW => column[ROW] = V::splat_row::<{ ROW % ROWS_OF_A_POINTER }>(a[0], rows)); // M < 7
            for v in 0..NV {
                let b = load_b::<T, V, NV, EDGE>(b, v, mask);
                for i in 0..M {
                    acc[i][v] = column[i].mul_add(b, acc[i][v]);
                }
            }
            return;
        }
        let mut row = [V::splat(T::ZERO); NV];
        for v in 0..NV {
            row[v] = load_b::<T, V, NV, EDGE>(b, v, mask);
        }
        each_row!(M, ROW => {
            let a = a[ROW / ROWS_OF_A_POINTER];
            if NV == 1 {
                acc[ROW][0] = V::row_mul_add::<{ ROW % ROWS_OF_A_POINTER }>(a, rows, row[0], acc[ROW][0]);
            } else {
                let x = V::splat_row::<{ ROW % ROWS_OF_A_POINTER }>(a, rows);
                for v in 0..NV {
                    acc[ROW][v] = x.mul_add(row[v], acc[ROW][v]);
                }
            }
        });
    }
}

/// Register `v` of a row of B.
///
/// Safety: its columns, of the last register those of the mask, can be read; the CPU has the instructions of `V`.
#[inline(always)]
unsafe fn load_b<T: Scalar, V: Simd<T>, const NV: usize, const EDGE: u8>(b: *const T, v: usize, mask: V::Mask) -> V {
    // SAFETY: this function's contract.
    unsafe {
        let from = b.add(v * V::LANES);
        if EDGE == MASK_B_AND_C && v + 1 == NV { V::load_masked(from, mask) } else { V::load(from) }
    }
}

//! Few rows of C times a B that lies by columns: a transposed weight and a small batch, or few outputs turned into rows.
//!
//! ```text
//!         B's columns j.. of 8 steps and 8 columns            transposed in registers
//!         j    : s0 s1 s2 s3 .. s7                            s0 of columns j .. j + 7
//!         j + 1: s0 s1 s2 s3 .. s7                      ->    s1 of columns j .. j + 7
//!         ..                                                  ..
//! ```
//!
//! Neighbouring lanes are then neighbouring columns, and each element stays one chain of multiply-adds in the order of k,
//! as everywhere. A dot product along each column is the other way, for a single row of many steps: `dot.rs`. Turning
//! blocks round into a buffer first, which needs fewer streams side by side, was 0.7 times as fast for one row.

use std::mem::MaybeUninit;

use super::row::{FinishRow, Row};
use super::streamed::StreamedSums;
use crate::Scalar;
use crate::elementwise::activation::ApplyPostOp;
use crate::epilogue::EpilogueOp;
use crate::gemm::block_sizes::{
    KC, SKINNY_CHAINS, SKINNY_CHAINS_CROWDED, SKINNY_COLUMNS, SKINNY_PREFETCH_AHEAD, SKINNY_SHORT_ROWS, even_part,
};
use crate::gemm::pack::panels::{PackPanels, Source};
use crate::gemm::pack::scratch::Scratch;
use crate::gemm::problem::Problem;
use crate::gemm::tile::store_transposed::{StoreTransposed, Transposed};
use crate::simd::isa::{Isa, Op};
use crate::simd::vector::{MAX_TRANSPOSED_COLUMNS, Simd};
use crate::sizes::wrapping_bytes;

/// Whether A's rows are adjacent, and its steps one after the other, as [`Row`] needs them.
pub(crate) fn is_packed<T>(p: &Problem<T>) -> bool {
    p.a.rs == 1 && p.a.cs == p.m
}

/// `C <- epilogue(A * B)` for few rows.
///
/// # Safety
/// The contract of [`Problem`]; B's rows are 1 apart and there are at most MAX_SKINNY_ROWS rows of C and LANES columns at
/// least, or B's columns are 1 apart, its steps at most [`KC`], and there are 2 to MAX_STREAMED_ROWS rows; the CPU has the
/// instructions of `K`.
#[inline(never)]
pub(crate) unsafe fn run<T: Scalar, K: Isa<T>>(p: &Problem<T>, epilogue: &EpilogueOp<T>, scratch: &mut Scratch<T>) {
    let lanes = K::Vector::LANES;
    // An epilogue that needs C's old contents cuts the chains where the blocks would, so that the bits are the same.
    let k_block = if epilogue.resumes() { p.k } else { even_part(p.k, KC, 1) };
    let (is_packed, k_blocks) = (is_packed(p), p.k.div_ceil(k_block));
    let panel = if is_packed { 0 } else { k_block * p.m };
    let (y, a_panel) = scratch.panels((SKINNY_COLUMNS + lanes) * p.m.next_multiple_of(lanes), panel);
    for k_block_index in 0..k_blocks {
        let pc = k_block_index * k_block;
        let k = k_block.min(p.k - pc);
        let mut a = p.a.at(0, pc);
        if !is_packed {
            let source =
                Source { ptr: a, steps: k, lanes: p.m, step_stride: p.a.cs, lane_stride: p.a.rs, readable: p.m };
            // SAFETY: rows 0..m and steps pc..pc + k of A exist, by the contract of `Problem`.
            unsafe { K::call(&mut PackPanels { source: &source, each: p.m, width: p.m, to: a_panel }) };
            a = a_panel.as_ptr();
        }
        let mut j = 0;
        while j < p.n {
            // No part is narrower than a register: one that would be goes with the part before it.
            let n = if p.n - j < SKINNY_COLUMNS + lanes { p.n - j } else { SKINNY_COLUMNS };
            let row = Row {
                m: p.m,
                n,
                k,
                a,
                a_cs: p.m,
                b: p.b.at(pc, j),
                b_rs: p.b.rs,
                b_cs: p.b.cs,
                c: p.c.wrapping_add(j * p.c_cs),
                c_cs: p.c_cs,
                col: if p.swapped { p.row } else { p.col + j },
                sizes: p.sizes,
                y: y.as_mut_ptr(),
                y_len: y.len(),
                swapped: p.swapped,
            };
            // SAFETY: steps pc..pc + k and columns j..j + n exist, by the contract of `Problem`; strides are this function's promise.
            unsafe {
                if row.b_cs == 1 {
                    K::call(StreamedSums { row: &row });
                } else {
                    K::call(SkinnySums { row: &row });
                }
                if k_block_index + 1 < k_blocks {
                    store::<T, K>(p, &row, &epilogue.partial(k_block_index == 0));
                } else {
                    let last = epilogue.last();
                    store::<T, K>(p, &row, if k_block_index == 0 { epilogue } else { &last });
                    if let Some(post_op) = &p.post_op {
                        K::call(ApplyPostOp { post_op, area: &p.area(p.m, n, 0, j) });
                    }
                }
            }
            j += n;
        }
    }
}

/// Finishes the sums of some columns.
///
/// Safety: as [`run`]; `row.y` holds the sums.
unsafe fn store<T: Scalar, K: Isa<T>>(p: &Problem<T>, row: &Row<T>, epilogue: &EpilogueOp<T>) {
    let y_rs = row.n.next_multiple_of(K::Vector::LANES);
    // SAFETY: rows < m and columns of `row` of C, by the contract of `Problem`; y holds their sums, written by the call before.
    unsafe {
        if p.swapped {
            let tile = std::slice::from_raw_parts(row.y, row.y_len);
            let to = Transposed { rows: p.m, cols: row.n, tile, tile_rs: y_rs, c: row.c, c_rs: p.c_cs, col: p.row };
            return K::call(StoreTransposed { to: &to, epilogue });
        }
        for i in 0..p.m {
            let (y, y_len) = (row.y.wrapping_add(i * y_rs), row.y_len - i * y_rs);
            let row = Row { m: 1, c: row.c.wrapping_add(i * p.c_rs), y, y_len, ..*row };
            K::call(FinishRow { row: &row, epilogue });
        }
    }
}

/// `y <- a * B`, row i's sums from `y + i * n.next_multiple_of(LANES)` on.
///
/// # Safety
/// The pointers of `row` cover its shape, `y` its `y_len` of at most MAX_SKINNY_ROWS rows; B's rows are 1 apart.
pub(crate) struct SkinnySums<'a, T> {
    pub(crate) row: &'a Row<T>,
}

impl<T: Scalar> Op<T> for SkinnySums<'_, T> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<K: Isa<T>>(self) {
        self.row.assert_room::<K::Vector>();
        // SAFETY: the contract of `SkinnySums`, upheld where it is constructed; y has room (asserted).
        unsafe { sums::<T, K>(self.row, self.row.y) }
    }
}

/// Safety: the contract of [`SkinnySums`], y whole registers; the CPU has the instructions of K.
#[inline(always)]
unsafe fn sums<T: Scalar, K: Isa<T>>(r: &Row<T>, y: *mut T) {
    let crowded = r.sizes.two_sets::<T>(r.b_cs);
    // SAFETY: as this function's, with the rows counted by the match.
    unsafe {
        match r.m {
            1 if crowded => side::<T, K, SKINNY_CHAINS_CROWDED, false>(r, y),
            1 if const { K::Vector::PREFETCHES } && wrapping_bytes::<T>(r.k, r.n) > r.sizes.skinny_prefetch_bytes => {
                side::<T, K, SKINNY_CHAINS, true>(r, y)
            }
            1 => side::<T, K, SKINNY_CHAINS, false>(r, y),
            2 if !crowded => strips::<T, K, 2, 4, false>(r, y),
            2 => strips::<T, K, 2, 2, false>(r, y),
            3 => strips::<T, K, 3, 2, false>(r, y),
            4 if const { most_rows::<T, K>() >= 4 && !K::REGISTERS_ARE_LINES } => strips::<T, K, 4, 2, false>(r, y),
            4 if const { most_rows::<T, K>() >= 4 } => strips::<T, K, 4, 1, false>(r, y),
            5 if const { most_rows::<T, K>() >= 5 } => strips::<T, K, 5, 1, false>(r, y),
            6 if const { most_rows::<T, K>() >= 6 } => strips::<T, K, 6, 1, false>(r, y),
            7 if const { most_rows::<T, K>() >= 7 } => strips::<T, K, 7, 1, false>(r, y),
            8 if const { most_rows::<T, K>() >= 8 } => strips::<T, K, 8, 1, false>(r, y),
            9 if const { most_rows::<T, K>() >= 9 } => strips::<T, K, 9, 1, false>(r, y),
            10 if const { most_rows::<T, K>() >= 10 } => strips::<T, K, 10, 1, false>(r, y),
            11 if const { most_rows::<T, K>() >= 11 } => strips::<T, K, 11, 1, false>(r, y),
            12 if const { most_rows::<T, K>() >= 12 } => strips::<T, K, 12, 1, false>(r, y),
            13 if const { most_rows::<T, K>() >= 13 } => strips::<T, K, 13, 1, false>(r, y),
            rows => unreachable!("{rows} rows"),
        }
    }
}

/// Rows of C, at most, that [`crate::gemm::select`] sends here.
const fn most_rows<T: Scalar, K: Isa<T>>() -> usize {
    let short = if K::MAX_SKINNY_ROWS + 2 < SKINNY_SHORT_ROWS { K::MAX_SKINNY_ROWS + 2 } else { SKINNY_SHORT_ROWS };
    if short > K::MAX_SKINNY_ROWS { short } else { K::MAX_SKINNY_ROWS }
}

/// SIDE columns side by side, whatever the width of a register.
///
/// Safety: as [`sums`], of M rows.
#[cfg_attr(unoptimised, inline(never))]
#[cfg_attr(not(unoptimised), inline(always))]
unsafe fn side<T: Scalar, K: Isa<T>, const SIDE: usize, const FETCH: bool>(r: &Row<T>, y: *mut T) {
    // SAFETY: the contract of `SkinnySums`, M is 1.
    unsafe {
        match const { SIDE / K::Vector::LANES } {
            0 | 1 => strips::<T, K, 1, 1, FETCH>(r, y),
            2 => strips::<T, K, 1, 2, FETCH>(r, y),
            4 => strips::<T, K, 1, 4, FETCH>(r, y),
            _ => strips::<T, K, 1, 8, FETCH>(r, y), // four lanes, or two
        }
    }
}

/// GROUPS registers of columns side by side while that many remain, then fewer.
///
/// Safety: as [`side`].
#[cfg_attr(unoptimised, inline(never))]
#[cfg_attr(not(unoptimised), inline(always))]
unsafe fn strips<T: Scalar, K: Isa<T>, const M: usize, const GROUPS: usize, const FETCH: bool>(r: &Row<T>, y: *mut T) {
    // SAFETY: the contract of `SkinnySums`; columns j.. up to n are counted by the conditions.
    unsafe {
        let mut j = 0;
        while r.n - j >= GROUPS * K::Vector::LANES {
            strip::<T, K, M, GROUPS, FETCH>(r, y, j);
            j += GROUPS * K::Vector::LANES;
        }
        if GROUPS > 4 && r.n - j >= 4 * K::Vector::LANES {
            strip::<T, K, M, 4, FETCH>(r, y, j);
            j += 4 * K::Vector::LANES;
        }
        if GROUPS > 2 && r.n - j >= 2 * K::Vector::LANES {
            strip::<T, K, M, 2, FETCH>(r, y, j);
            j += 2 * K::Vector::LANES;
        }
        if GROUPS > 1 && r.n - j >= K::Vector::LANES {
            strip::<T, K, M, 1, FETCH>(r, y, j);
            j += K::Vector::LANES;
        }
        if j < r.n && r.n >= K::Vector::LANES {
            // The last columns once more, from as far before the end as a register reaches.
            strip::<T, K, M, 1, FETCH>(r, y, r.n - K::Vector::LANES);
        } else if j < r.n {
            let mut acc = [K::Vector::splat(T::ZERO); M];
            for p in (0..r.k).step_by(K::Vector::LANES) {
                partial::<T, K, M>(r, (p, K::Vector::LANES.min(r.k - p)), (j, r.n - j), &mut acc);
            }
            for m in 0..M {
                acc[m].store(y.add(m * r.n.next_multiple_of(K::Vector::LANES) + j));
            }
        }
    }
}

/// GROUPS registers of columns from j on, all of which exist.
///
/// Safety: as [`side`].
#[cfg_attr(unoptimised, inline(never))]
#[cfg_attr(not(unoptimised), inline(always))]
unsafe fn strip<T: Scalar, K: Isa<T>, const M: usize, const GROUPS: usize, const FETCH: bool>(
    r: &Row<T>,
    y: *mut T,
    j: usize,
) {
    let a_cs = if M == 1 { r.a_cs } else { M };
    let turns = r.k / K::Vector::TRANSPOSED_COLUMNS;
    let (whole, steps) = (turns * K::Vector::TRANSPOSED_COLUMNS, r.k % K::Vector::TRANSPOSED_COLUMNS);
    // SAFETY: columns j..j + GROUPS * LANES and steps < k of B; y has room for as many.
    unsafe {
        let mut acc = [[K::Vector::splat(T::ZERO); GROUPS]; M];
        let mut from: [*const T; GROUPS] =
            std::array::from_fn(|g| r.b.wrapping_add((j + g * K::Vector::LANES) * r.b_cs));
        let mut a = r.a;
        for turn in 0..turns {
            if FETCH && turn % (64 / (K::Vector::TRANSPOSED_COLUMNS * size_of::<T>())) == 0 {
                for g in 0..GROUPS {
                    for lane in 0..K::Vector::LANES {
                        K::Vector::prefetch(from[g].wrapping_add(lane * r.b_cs + SKINNY_PREFETCH_AHEAD));
                    }
                }
            }
            // A single row's numbers are shared by all groups: loaded for each, 0.7 times as fast.
            let mut shared = [K::Vector::splat(T::ZERO); MAX_TRANSPOSED_COLUMNS];
            if M == 1 {
                for i in 0..K::Vector::TRANSPOSED_COLUMNS {
                    shared[i] = K::Vector::splat(*a.add(i * a_cs));
                }
            }
            for g in 0..GROUPS {
                a = K::Vector::opaque(a.cast_mut()); // several rows' are not, there are not the registers for it
                let columns = K::Vector::transposed_columns(from[g], r.b_cs);
                for i in 0..K::Vector::TRANSPOSED_COLUMNS {
                    for m in 0..M {
                        let x = if M == 1 { shared[i] } else { K::Vector::splat(*a.add(i * a_cs + m)) };
                        acc[m][g] = x.mul_add(columns[i], acc[m][g]);
                    }
                }
                from[g] = K::Vector::opaque(from[g].wrapping_add(K::Vector::TRANSPOSED_COLUMNS).cast_mut());
            }
            a = a.wrapping_add(K::Vector::TRANSPOSED_COLUMNS * a_cs);
        }
        for g in 0..GROUPS {
            let first = j + g * K::Vector::LANES;
            let mut sums = [K::Vector::splat(T::ZERO); M];
            for m in 0..M {
                sums[m] = acc[m][g];
            }
            if steps > 0 && whole > 0 {
                // The last turn ends with the last step; what it begins with is in the sums already.
                let (p, done) = (r.k - K::Vector::TRANSPOSED_COLUMNS, K::Vector::TRANSPOSED_COLUMNS - steps);
                let columns = K::Vector::transposed_columns(r.b.add(first * r.b_cs + p), r.b_cs);
                for i in 0..K::Vector::TRANSPOSED_COLUMNS {
                    if i >= done {
                        for m in 0..M {
                            sums[m] = K::Vector::splat(*r.a.add((p + i) * a_cs + m)).mul_add(columns[i], sums[m]);
                        }
                    }
                }
            } else if steps > 0 {
                partial::<T, K, M>(r, (0, steps), (first, K::Vector::LANES), &mut sums);
            }
            for m in 0..M {
                sums[m].store(y.add(m * r.n.next_multiple_of(K::Vector::LANES) + first));
            }
        }
    }
}

/// [`block`], for a single row in its place. For several it is a function of its own, because it is rare there: inlined it made
/// this file a quarter of the crate's compile time.
///
/// Safety: as [`PartialBlock`].
#[inline(always)]
unsafe fn partial<T: Scalar, K: Isa<T>, const M: usize>(
    row: &Row<T>,
    steps: (usize, usize),
    columns: (usize, usize),
    sums: &mut [K::Vector; M],
) {
    // SAFETY: as this function's.
    unsafe {
        if const { M == 1 } {
            return block::<T, K::Vector, M>(row, steps, columns, sums);
        }
        let mut copy = *sums; // the sums themselves stay in registers
        K::call(PartialBlock::<T, K::Vector, M> { row, steps, columns, sums: &mut copy });
        *sums = copy;
    }
}

/// A block that is not whole, by way of one that is: some steps from the first one on, and some columns likewise.
///
/// # Safety
/// The contract of [`SkinnySums`], of M rows; the steps and columns exist, at most LANES of each.
struct PartialBlock<'a, T, V, const M: usize> {
    row: &'a Row<T>,
    /// The first one, and how many.
    steps: (usize, usize),
    columns: (usize, usize),
    sums: &'a mut [V; M],
}

impl<T: Scalar, V: Simd<T>, const M: usize> Op<T> for PartialBlock<'_, T, V, M> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<K: Isa<T>>(self) {
        // SAFETY: the contract of `PartialBlock`, upheld where it is constructed.
        unsafe { block::<T, V, M>(self.row, self.steps, self.columns, self.sums) }
    }
}

/// Safety: the contract of [`PartialBlock`]; the CPU has the instructions of V.
#[inline(always)]
unsafe fn block<T: Scalar, V: Simd<T>, const M: usize>(
    r: &Row<T>,
    (p, steps): (usize, usize),
    (j, columns): (usize, usize),
    sums: &mut [V; M],
) {
    let a_cs = if M == 1 { r.a_cs } else { M };
    let mut block = [const { MaybeUninit::<T>::uninit() }; 16 * 16]; // LANES <= 16
    let block = block.as_mut_ptr().cast::<T>();
    // SAFETY: columns j..j + columns and steps p..p + steps of B; LANES rows of LANES elements of the block are written.
    unsafe {
        let mask = V::first(steps);
        for lane in 0..V::LANES {
            let column = match lane < columns {
                true => V::load_masked(r.b.add((j + lane) * r.b_cs + p), mask),
                false => V::splat(T::ZERO),
            };
            column.store(block.add(lane * V::LANES));
        }
        for at in (0..V::LANES).step_by(V::TRANSPOSED_COLUMNS) {
            let columns = V::transposed_columns(block.add(at), V::LANES);
            for i in 0..V::TRANSPOSED_COLUMNS {
                if at + i < steps {
                    for m in 0..M {
                        sums[m] = V::splat(*r.a.add((p + at + i) * a_cs + m)).mul_add(columns[i], sums[m]);
                    }
                }
            }
        }
    }
}

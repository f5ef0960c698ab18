//! Few rows of C times a B that lies by columns: a transposed weight and a small batch, or few outputs turned into rows.
//!
//! ```text
//!         B's columns j.. of 8 steps and 8 columns            turned round in registers
//!         j    : s0 s1 s2 s3 .. s7                            s0 of columns j .. j + 7
//!         j + 1: s0 s1 s2 s3 .. s7                      ->    s1 of columns j .. j + 7
//!         ..                                                  ..
//! ```
//!
//! Neighbouring lanes are then neighbouring columns, and each element stays one chain of multiply-adds in the order of k,
//! as everywhere. A dot product along each column is the other way, for a single row of many steps: [`crate::gemm::level2::dot`]. Turning
//! blocks round into a buffer first, which needs fewer streams side by side, was 0.7 times as fast for one row.

use std::mem::MaybeUninit;

use crate::Scalar;
use crate::gemm::level2::gemv::Row;
use crate::gemm::loops::blocked::{KC, PAGE, even_part};
use crate::gemm::pack::panels::Source;
use crate::gemm::pack::scratch::Scratch;
use crate::gemm::problem::Problem;
use crate::gemm::tile::micro_kernel::{Finish, Isa, Transposed};
use crate::simd::{Simd, TURNED_MOST};
use crate::sizes::wrapping_bytes;

/// Rows of C, at most, whatever the instruction set.
pub(crate) const MOST: usize = 13;
/// Columns that are summed up before they are finished.
const COLUMNS_AT_ONCE: usize = 256;

/// Elements of scratch that [`run`] takes for k steps, at most.
pub(crate) fn largest(k: usize) -> usize {
    (COLUMNS_AT_ONCE + 16) * 16 + k.min(KC) * MOST // LANES <= 16
}

/// Whether B's columns are best turned round for these rows of C, against B packed or the tiles turned round: 2 to 4 rows
/// of 512 steps are 1.6-2.4 times as fast with AVX2, 5 and 6 are 1.3 and 1.05; with AVX-512 2 to 9 are 1.4-2.1, up to 13 at
/// least 1.1. Few steps are worth it only where B lies so by itself and is long: 8 rows of 784 columns and 16 steps are 1.09
/// times as fast, 784 rows of 8 columns 0.75; with AVX2 8 rows of 64 or 128 columns and 10 steps 1.1, with AVX-512 0.94-1.0.
pub(crate) fn pays<T: Scalar, K: Isa<T>>(p: &Problem<T>) -> bool {
    let by_rows = if p.swapped { p.c_rs == 1 } else { p.c_cs == 1 };
    if !(p.m > 1 && p.b.rs == 1 && p.b.cs != 1 && by_rows && p.n >= K::Vector::LANES) {
        return false;
    }
    let long = p.m <= K::FEW && p.k >= 4 * p.m && (p.k <= KC || is_packed(p));
    let longer = if const { K::Vector::LANES * size_of::<T>() > 32 } { 32 } else { 4 };
    let short = (2..=64).contains(&p.k) && p.m <= 8.min(K::FEW + 2) && p.n >= longer * p.m;
    long || (!p.swapped && short)
}

/// Whether A's rows lie side by side, and its steps one after the other, as [`Row`] wants them.
fn is_packed<T>(p: &Problem<T>) -> bool {
    p.a.rs == 1 && p.a.cs == p.m
}

/// `C <- finish(A * B)` for few rows.
///
/// Safety: as [`crate::gemm::select::run`]; [`pays`] is true, or B's columns are 1 apart, its steps at most [`KC`], and there are 2 to
/// [`crate::gemm::level2::gemv::FEW`] rows.
#[inline(never)]
pub(crate) unsafe fn run<T: Scalar, K: Isa<T>, E: Finish<T>>(p: &Problem<T>, finish: E, scratch: &mut Scratch<T>) {
    let lanes = K::Vector::LANES;
    // An epilogue that needs C's old contents cuts the chains where the blocks would, so that the bits are the same.
    let k_block = if E::RESUMES { p.k } else { even_part(p.k, KC, 1) };
    let (is_packed, k_blocks) = (is_packed(p), p.k.div_ceil(k_block));
    let panel = if is_packed { 0 } else { k_block * p.m };
    let (y, a_panel) = scratch.panels((COLUMNS_AT_ONCE + lanes) * p.m.next_multiple_of(lanes), panel);
    for k_block_index in 0..k_blocks {
        let pc = k_block_index * k_block;
        let k = k_block.min(p.k - pc);
        let mut a = p.a.at(0, pc);
        if !is_packed {
            let source =
                Source { ptr: a, steps: k, lanes: p.m, step_stride: p.a.cs, lane_stride: p.a.rs, readable: p.m };
            // SAFETY: rows 0..m and steps pc..pc + k of A exist; the instruction set by the caller's promise.
            unsafe { K::pack(&source, p.m, a_panel) };
            a = a_panel.as_ptr();
        }
        let mut j = 0;
        while j < p.n {
            // No part is narrower than a register: one that would be goes with the part before it.
            let n = if p.n - j < COLUMNS_AT_ONCE + lanes { p.n - j } else { COLUMNS_AT_ONCE };
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
                swapped: p.swapped,
                dots: false,
            };
            // SAFETY: the caller's promise is passed on; steps pc..pc + k and columns j..j + n exist, and y has room.
            unsafe {
                K::row_sums(&row, y);
                if k_block_index + 1 < k_blocks {
                    store::<T, K, _>(p, &row, y, finish.partial(k_block_index == 0));
                } else {
                    store::<T, K, _>(p, &row, y, if k_block_index == 0 { finish } else { finish.last() });
                    if let Some(after) = &p.after {
                        K::after(after, &p.area(p.m, n, 0, j));
                    }
                }
            }
            j += n;
        }
    }
}

/// Finishes the sums of some columns.
///
/// Safety: as [`run`]; `y` holds the sums that [`sums`] left there.
unsafe fn store<T: Scalar, K: Isa<T>, E: Finish<T>>(p: &Problem<T>, row: &Row<T>, y: &[T], finish: E) {
    let y_rs = row.n.next_multiple_of(K::Vector::LANES);
    // SAFETY: the caller's promise is passed on.
    unsafe {
        if p.swapped {
            let to = Transposed { rows: p.m, cols: row.n, tile_rs: y_rs, c: row.c, c_rs: p.c_cs, col: p.row };
            return K::store_transposed(y, &to, finish);
        }
        for i in 0..p.m {
            K::finish_row(&Row { m: 1, c: row.c.wrapping_add(i * p.c_rs), ..*row }, &y[i * y_rs..], finish);
        }
    }
}

/// Columns that are turned round side by side: as many chains as cover the latency of a multiply-add with eight lanes.
const COLUMNS: usize = 32;
/// The same for columns a multiple of half a [`PAGE`] apart, which crowd into one or two sets of the first-level cache: 32
/// of them take 1.2-1.5 times as long. 64 with AVX-512 take 1.5 times as long where they are 1 KiB apart.
const COLUMNS_CROWDED: usize = 16;

/// How far ahead B is fetched, in elements, where it has more bytes than the second level. Of 200 to 440 columns of 4000
/// steps a row takes 1.05-1.3 times as long without; of less, or of crowded columns, 1.1 with.
const AHEAD: usize = 64;
const LARGE_BYTES: usize = 1 << 20;

/// Sums of row i from `y + i * n.next_multiple_of(LANES)` on.
///
/// Safety: pointers cover the shapes, y whole registers; B's rows are 1 apart; the CPU has the instructions of V.
#[inline(always)]
pub(crate) unsafe fn sums<T: Scalar, V: Simd<T>>(r: &Row<T>, y: *mut T) {
    let many_registers = const { V::LANES * size_of::<T>() > 32 }; // with AVX-512, 32 of them
    let crowded = (r.b_cs * size_of::<T>()).is_multiple_of(PAGE / 2);
    // SAFETY: the caller's promise is passed on, with the rows counted.
    unsafe {
        match r.m {
            1 if crowded => side::<T, V, COLUMNS_CROWDED, false>(r, y),
            1 if wrapping_bytes::<T>(r.k, r.n) > LARGE_BYTES => side::<T, V, COLUMNS, true>(r, y),
            1 => side::<T, V, COLUMNS, false>(r, y),
            2 if !crowded => strips::<T, V, 2, 4, false>(r, y),
            2 => strips::<T, V, 2, 2, false>(r, y),
            3 => strips::<T, V, 3, 2, false>(r, y),
            4 if !many_registers => strips::<T, V, 4, 2, false>(r, y),
            4 => strips::<T, V, 4, 1, false>(r, y),
            5 => strips::<T, V, 5, 1, false>(r, y),
            6 => strips::<T, V, 6, 1, false>(r, y),
            7 => strips::<T, V, 7, 1, false>(r, y),
            8 => strips::<T, V, 8, 1, false>(r, y),
            9 if many_registers => strips::<T, V, 9, 1, false>(r, y),
            10 if many_registers => strips::<T, V, 10, 1, false>(r, y),
            11 if many_registers => strips::<T, V, 11, 1, false>(r, y),
            12 if many_registers => strips::<T, V, 12, 1, false>(r, y),
            13 if many_registers => strips::<T, V, 13, 1, false>(r, y),
            rows => unreachable!("{rows} rows"),
        }
    }
}

/// SIDE columns side by side, whatever the width of a register.
///
/// Safety: as [`sums`], of M rows.
#[cfg_attr(unoptimised, inline(never))]
#[cfg_attr(not(unoptimised), inline(always))]
unsafe fn side<T: Scalar, V: Simd<T>, const SIDE: usize, const FETCH: bool>(r: &Row<T>, y: *mut T) {
    // SAFETY: the caller's promise is passed on.
    unsafe {
        match const { SIDE / V::LANES } {
            0 | 1 => strips::<T, V, 1, 1, FETCH>(r, y),
            2 => strips::<T, V, 1, 2, FETCH>(r, y),
            4 => strips::<T, V, 1, 4, FETCH>(r, y),
            _ => strips::<T, V, 1, 8, FETCH>(r, y), // four lanes, or two
        }
    }
}

/// GROUPS registers of columns side by side while there are so many, then fewer.
///
/// Safety: as [`side`].
#[cfg_attr(unoptimised, inline(never))]
#[cfg_attr(not(unoptimised), inline(always))]
unsafe fn strips<T: Scalar, V: Simd<T>, const M: usize, const GROUPS: usize, const FETCH: bool>(r: &Row<T>, y: *mut T) {
    // SAFETY: the caller's promise is passed on, with columns j.. counted.
    unsafe {
        let mut j = 0;
        while r.n - j >= GROUPS * V::LANES {
            strip::<T, V, M, GROUPS, FETCH>(r, y, j);
            j += GROUPS * V::LANES;
        }
        if GROUPS > 4 && r.n - j >= 4 * V::LANES {
            strip::<T, V, M, 4, FETCH>(r, y, j);
            j += 4 * V::LANES;
        }
        if GROUPS > 2 && r.n - j >= 2 * V::LANES {
            strip::<T, V, M, 2, FETCH>(r, y, j);
            j += 2 * V::LANES;
        }
        if GROUPS > 1 && r.n - j >= V::LANES {
            strip::<T, V, M, 1, FETCH>(r, y, j);
            j += V::LANES;
        }
        if j < r.n && r.n >= V::LANES {
            // The last columns once more, from as far before the end as a register reaches.
            strip::<T, V, M, 1, FETCH>(r, y, r.n - V::LANES);
        } else if j < r.n {
            let mut acc = [V::splat(T::ZERO); M];
            for p in (0..r.k).step_by(V::LANES) {
                block::<T, V, M>(r, (p, V::LANES.min(r.k - p)), (j, r.n - j), &mut acc);
            }
            for m in 0..M {
                acc[m].store(y.add(m * r.n.next_multiple_of(V::LANES) + j));
            }
        }
    }
}

/// GROUPS registers of columns from j on, all of which exist.
///
/// Safety: as [`side`].
#[cfg_attr(unoptimised, inline(never))]
#[cfg_attr(not(unoptimised), inline(always))]
unsafe fn strip<T: Scalar, V: Simd<T>, const M: usize, const GROUPS: usize, const FETCH: bool>(
    r: &Row<T>,
    y: *mut T,
    j: usize,
) {
    let a_cs = if M == 1 { r.a_cs } else { M };
    let turns = r.k / V::TURNED;
    let (whole, steps) = (turns * V::TURNED, r.k % V::TURNED);
    // SAFETY: columns j..j + GROUPS * LANES and steps < k of B; y has room for as many.
    unsafe {
        let mut acc = [[V::splat(T::ZERO); GROUPS]; M];
        let mut from: [*const T; GROUPS] = std::array::from_fn(|g| r.b.wrapping_add((j + g * V::LANES) * r.b_cs));
        let mut a = r.a;
        for turn in 0..turns {
            if FETCH && turn % (64 / (V::TURNED * size_of::<T>())) == 0 {
                for g in 0..GROUPS {
                    for lane in 0..V::LANES {
                        V::prefetch(from[g].wrapping_add(lane * r.b_cs + AHEAD));
                    }
                }
            }
            // A single row's numbers are shared by all groups: loaded for each, 0.7 times as fast.
            let mut shared = [V::splat(T::ZERO); TURNED_MOST];
            if M == 1 {
                for i in 0..V::TURNED {
                    shared[i] = V::splat(*a.add(i * a_cs));
                }
            }
            for g in 0..GROUPS {
                a = V::hidden(a.cast_mut()); // several rows' are not, there are not the registers for it
                let columns = V::turned(from[g], r.b_cs);
                for i in 0..V::TURNED {
                    for m in 0..M {
                        let x = if M == 1 { shared[i] } else { V::splat(*a.add(i * a_cs + m)) };
                        acc[m][g] = x.mul_add(columns[i], acc[m][g]);
                    }
                }
                from[g] = V::hidden(from[g].wrapping_add(V::TURNED).cast_mut());
            }
            a = a.wrapping_add(V::TURNED * a_cs);
        }
        for g in 0..GROUPS {
            let first = j + g * V::LANES;
            let mut sums = [V::splat(T::ZERO); M];
            for m in 0..M {
                sums[m] = acc[m][g];
            }
            if steps > 0 && whole > 0 {
                // The last turn ends with the last step; what it begins with is in the sums already.
                let (p, done) = (r.k - V::TURNED, V::TURNED - steps);
                let columns = V::turned(r.b.add(first * r.b_cs + p), r.b_cs);
                for i in 0..V::TURNED {
                    if i >= done {
                        for m in 0..M {
                            sums[m] = V::splat(*r.a.add((p + i) * a_cs + m)).mul_add(columns[i], sums[m]);
                        }
                    }
                }
            } else if steps > 0 {
                block::<T, V, M>(r, (0, steps), (first, V::LANES), &mut sums);
            }
            for m in 0..M {
                sums[m].store(y.add(m * r.n.next_multiple_of(V::LANES) + first));
            }
        }
    }
}

/// A block that is not whole, by way of one that is: some steps from the first one on, and some columns likewise.
///
/// Safety: as [`side`]; the steps and columns exist, at most LANES of each.
#[cfg_attr(unoptimised, inline(never))]
#[cfg_attr(not(unoptimised), inline(always))]
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
        for at in (0..V::LANES).step_by(V::TURNED) {
            let columns = V::turned(block.add(at), V::LANES);
            for i in 0..V::TURNED {
                if at + i < steps {
                    for m in 0..M {
                        sums[m] = V::splat(*r.a.add((p + at + i) * a_cs + m)).mul_add(columns[i], sums[m]);
                    }
                }
            }
        }
    }
}

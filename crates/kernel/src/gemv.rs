//! One row of C: `y <- finish(a * B)`, bound by how fast B can be read.
//!
//! Three ways, by how B lies and how wide it is. All keep each element's chain in the order of k, as the tiles do, so a row
//! has the same bits here as in a product of many rows.
//!
//! - Rows of B contiguous, and no wider than the registers hold sums: B is read once, from its first element to its last.
//!   1.1-1.8 times as fast as the next way (Zen 5); in several such strips 0.7 (1024 x 4096) to 1.2 times.
//! - Rows of B contiguous: eight of them at a time are streamed past y, which stays in the first-level cache.
//! - Columns of B contiguous (a transposed weight, or a matrix times a column): blocks of it are transposed in registers,
//!   so that neighbouring lanes are neighbouring columns. A dot product along each column would be the other way, and
//!   1.1-2.6 times as fast (gemm and gemmkit, Zen 5); it sums in another order, so the bits of a row would depend on how
//!   many rows there are, and with that on how they are shared among threads. Turning blocks round into a buffer first,
//!   which needs fewer streams side by side, was 0.7 times as fast.

use std::mem::MaybeUninit;

use crate::Scalar;
use crate::blocking::PAGE;
use crate::micro::Finish;
use crate::simd::Simd;

/// What one row reads and writes; strides in elements.
pub(crate) struct Row<T> {
    pub(crate) n: usize,
    pub(crate) k: usize,
    /// (k): step p at `a + p * a_cs`.
    pub(crate) a: *const T,
    pub(crate) a_cs: usize,
    /// (k, n).
    pub(crate) b: *const T,
    pub(crate) b_rs: usize,
    pub(crate) b_cs: usize,
    /// (n): column j at `c + j * c_cs`.
    pub(crate) c: *mut T,
    pub(crate) c_cs: usize,
    /// C is one column of its matrix, not one row of it: all elements have column 0 for the epilogue.
    pub(crate) swapped: bool,
}

/// Rows of B that are read side by side.
const ROWS: usize = 8;
/// How far ahead of a transpose its rows are fetched, in elements, where B has more bytes than the second level. Of 200 to
/// 440 columns of 4000 steps the row takes 1.05-1.3 times as long without; of less, or crowded columns, 1.1 with.
const AHEAD: usize = 64;
const LARGE_BYTES: usize = 1 << 20;
/// Columns that are turned round side by side: as many chains as cover the latency of a multiply-add with eight lanes.
const COLUMNS: usize = 32;
/// The same for columns a multiple of half a [`PAGE`] apart, which crowd into one or two sets of the first-level cache: of 32
/// of them 512 x 512 takes 1.2-1.4 times as long; of 8, a whole page apart, 1.4 times.
const COLUMNS_CROWDED: usize = 16;

/// `y <- a * B`, for the n elements of `y`.
///
/// Safety: pointers cover the shapes; one of B's strides is 1; the CPU has the instructions of V, and HELD of its registers
/// can hold sums.
#[inline(always)]
pub(crate) unsafe fn sums<T: Scalar, V: Simd<T>, const HELD: usize>(r: &Row<T>, y: &mut [T]) {
    let registers = r.n.div_ceil(V::LANES);
    assert!(registers * V::LANES <= y.len(), "{} elements for {} columns", y.len(), r.n);
    let y = y.as_mut_ptr();
    // SAFETY: the caller's promise is passed on.
    unsafe {
        if r.b_cs == 1 {
            if registers <= HELD {
                hold::<T, V, HELD>(r, y);
            } else {
                stream::<T, V>(r, y);
            }
            return;
        }
        if (r.b_cs * size_of::<T>()).is_multiple_of(PAGE / 2) {
            turn_by::<T, V, COLUMNS_CROWDED, false>(r, y);
        } else if r.k * r.n * size_of::<T>() > LARGE_BYTES {
            turn_by::<T, V, COLUMNS, true>(r, y);
        } else {
            turn_by::<T, V, COLUMNS, false>(r, y);
        }
    }
}

/// `C <- finish(y)`.
///
/// Safety: C covers its shape, and `y` the same rounded up to whole registers; the CPU has the instructions of V.
#[inline(always)]
pub(crate) unsafe fn finish<T: Scalar, V: Simd<T>, E: Finish<T>>(r: &Row<T>, y: &[T], finish: E) {
    assert!(r.n.next_multiple_of(V::LANES) <= y.len(), "{} elements for {} columns", y.len(), r.n);
    let y = y.as_ptr();
    // SAFETY: the caller's promise is passed on.
    unsafe {
        if r.c_cs == 1 && !r.swapped {
            let last = (r.n - 1) / V::LANES * V::LANES;
            let mask = V::first(r.n - last);
            let mut j = 0;
            while j < last {
                finish.apply::<V, false>(V::load(y.add(j)), j, r.c.add(j), mask).store(r.c.add(j));
                j += V::LANES;
            }
            finish.apply::<V, true>(V::load(y.add(j)), j, r.c.add(j), mask).store_masked(r.c.add(j), mask);
        } else {
            let one = V::first(1);
            for j in 0..r.n {
                let (to, col) = (r.c.add(j * r.c_cs), if r.swapped { 0 } else { j });
                finish.apply::<V, true>(V::splat(*y.add(j)), col, to, one).store_masked(to, one);
            }
        }
    }
}

/// Safety: as [`sums`], with `b_cs` 1 and at most HELD registers of columns.
#[inline(always)]
unsafe fn hold<T: Scalar, V: Simd<T>, const HELD: usize>(r: &Row<T>, y: *mut T) {
    macro_rules! by_count {
        ($($count:literal)*) => {
            match r.n.div_ceil(V::LANES) {
                // SAFETY: the caller's promise is passed on, with the registers counted.
                $($count if const { HELD >= $count } => unsafe { held::<T, V, $count>(r, y) },)*
                count => unreachable!("{count} registers of columns"),
            }
        };
    }
    by_count!(1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28)
}

/// REGISTERS of columns, the last one of them maybe in part.
///
/// Safety: as [`sums`], with `b_cs` 1 and as many columns.
#[inline(always)]
unsafe fn held<T: Scalar, V: Simd<T>, const REGISTERS: usize>(r: &Row<T>, y: *mut T) {
    // SAFETY: steps < k and columns < n of B; y has room for whole registers.
    unsafe {
        let mask = V::first(r.n - (REGISTERS - 1) * V::LANES);
        let mut acc = [V::splat(T::ZERO); REGISTERS];
        let (mut a, mut b) = (r.a, r.b);
        for _ in 0..r.k {
            let x = V::splat(*a);
            for v in 0..REGISTERS {
                let from = b.add(v * V::LANES);
                let b = if v + 1 == REGISTERS { V::load_masked(from, mask) } else { V::load(from) };
                acc[v] = x.mul_add(b, acc[v]);
            }
            (a, b) = (a.wrapping_add(r.a_cs), b.wrapping_add(r.b_rs));
        }
        for v in 0..REGISTERS {
            acc[v].store(y.add(v * V::LANES));
        }
    }
}

/// Safety: as [`sums`], with `b_cs` 1.
#[inline(always)]
unsafe fn stream<T: Scalar, V: Simd<T>>(r: &Row<T>, y: *mut T) {
    // SAFETY: steps < k and columns < n of B; y has room for whole registers.
    unsafe {
        let tail = V::first(match r.n % V::LANES {
            0 => V::LANES,
            rest => rest,
        });
        let last = (r.n - 1) / V::LANES * V::LANES;
        let mut p = 0;
        // The first pass begins the chains, the later ones take them up from y.
        loop {
            let rows = ROWS.min(r.k - p);
            let mut a = [T::ZERO; ROWS];
            for i in 0..rows {
                a[i] = *r.a.add((p + i) * r.a_cs);
            }
            let b = r.b.add(p * r.b_rs);
            let begin = |j: usize| if p == 0 { V::splat(T::ZERO) } else { V::load(y.add(j)) };
            if rows == ROWS {
                let a = a.map(|x| V::splat(x));
                let mut j = 0;
                while j < last {
                    let mut acc = begin(j);
                    for i in 0..ROWS {
                        acc = a[i].mul_add(V::load(b.add(i * r.b_rs + j)), acc);
                    }
                    acc.store(y.add(j));
                    j += V::LANES;
                }
                let mut acc = begin(last);
                for i in 0..ROWS {
                    acc = a[i].mul_add(V::load_masked(b.add(i * r.b_rs + last), tail), acc);
                }
                acc.store(y.add(last));
            } else {
                for j in (0..=last).step_by(V::LANES) {
                    let mut acc = begin(j);
                    for i in 0..rows {
                        let from = b.add(i * r.b_rs + j);
                        let b = if j == last { V::load_masked(from, tail) } else { V::load(from) };
                        acc = V::splat(a[i]).mul_add(b, acc);
                    }
                    acc.store(y.add(j));
                }
            }
            p += ROWS;
            if p >= r.k {
                return;
            }
        }
    }
}

/// SIDE columns side by side, whatever the width of a register.
///
/// Safety: as [`sums`], with `b_rs` 1.
#[inline(always)]
unsafe fn turn_by<T: Scalar, V: Simd<T>, const SIDE: usize, const FETCH: bool>(r: &Row<T>, y: *mut T) {
    // SAFETY: the caller's promise is passed on.
    unsafe {
        match const { SIDE / V::LANES } {
            0 | 1 => turn::<T, V, 1, FETCH>(r, y),
            2 => turn::<T, V, 2, FETCH>(r, y),
            4 => turn::<T, V, 4, FETCH>(r, y),
            _ => turn::<T, V, 8, FETCH>(r, y), // four lanes, or two
        }
    }
}

/// GROUPS registers of columns side by side while there are so many, then fewer.
///
/// Safety: as [`sums`], with `b_rs` 1.
#[inline(always)]
unsafe fn turn<T: Scalar, V: Simd<T>, const GROUPS: usize, const FETCH: bool>(r: &Row<T>, y: *mut T) {
    // SAFETY: the caller's promise is passed on, with columns j.. counted.
    unsafe {
        let mut j = 0;
        while r.n - j >= GROUPS * V::LANES {
            turned::<T, V, GROUPS, FETCH>(r, y, j);
            j += GROUPS * V::LANES;
        }
        if GROUPS > 4 && r.n - j >= 4 * V::LANES {
            turned::<T, V, 4, FETCH>(r, y, j);
            j += 4 * V::LANES;
        }
        if GROUPS > 2 && r.n - j >= 2 * V::LANES {
            turned::<T, V, 2, FETCH>(r, y, j);
            j += 2 * V::LANES;
        }
        if GROUPS > 1 && r.n - j >= V::LANES {
            turned::<T, V, 1, FETCH>(r, y, j);
            j += V::LANES;
        }
        if j < r.n {
            let mut acc = V::splat(T::ZERO);
            for p in (0..r.k).step_by(V::LANES) {
                acc = turned_block::<T, V>(r, (p, V::LANES.min(r.k - p)), (j, r.n - j), acc);
            }
            acc.store(y.add(j));
        }
    }
}

/// GROUPS registers of columns from j on, all of which exist.
///
/// Safety: as [`sums`], with `b_rs` 1.
#[inline(always)]
unsafe fn turned<T: Scalar, V: Simd<T>, const GROUPS: usize, const FETCH: bool>(r: &Row<T>, y: *mut T, j: usize) {
    let whole = r.k / V::TURNED * V::TURNED;
    let steps = r.k - whole;
    // SAFETY: columns j..j + GROUPS * LANES and steps < k of B; y has room for as many.
    unsafe {
        let mut acc = [V::splat(T::ZERO); GROUPS];
        let mut from: [*const T; GROUPS] = std::array::from_fn(|g| r.b.wrapping_add((j + g * V::LANES) * r.b_cs));
        let mut a = r.a;
        // The numbers of A are shared by all groups: loaded for each, 0.7 times as fast.
        for q in 0..r.k / V::TURNED {
            if FETCH && q % (64 / (V::TURNED * size_of::<T>())) == 0 {
                for g in 0..GROUPS {
                    for lane in 0..V::LANES {
                        V::prefetch(from[g].wrapping_add(lane * r.b_cs + AHEAD));
                    }
                }
            }
            let mut x = [V::splat(T::ZERO); 8]; // TURNED <= 8
            for i in 0..V::TURNED {
                x[i] = V::splat(*a.add(i * r.a_cs));
            }
            for g in 0..GROUPS {
                V::turned(from[g], r.b_cs, |i, b| acc[g] = x[i].mul_add(b, acc[g]));
                from[g] = V::hidden(from[g].wrapping_add(V::TURNED).cast_mut());
            }
            a = a.wrapping_add(V::TURNED * r.a_cs);
        }
        for g in 0..GROUPS {
            let first = j + g * V::LANES;
            if steps > 0 && whole > 0 {
                // The last block ends with the last step; what it begins with is in the sums already.
                let (p, done) = (r.k - V::TURNED, V::TURNED - steps);
                V::turned(r.b.add(first * r.b_cs + p), r.b_cs, |i, b| {
                    if i >= done {
                        acc[g] = V::splat(*r.a.add((p + i) * r.a_cs)).mul_add(b, acc[g]);
                    }
                });
            } else if steps > 0 {
                acc[g] = turned_block::<T, V>(r, (0, steps), (first, V::LANES), acc[g]);
            }
            acc[g].store(y.add(first));
        }
    }
}

/// A block that is not whole, by way of one that is: some steps from the first one on, and some columns likewise.
///
/// Safety: as [`sums`], with `b_rs` 1; the steps and columns exist, at most LANES of each.
#[inline(always)]
unsafe fn turned_block<T: Scalar, V: Simd<T>>(
    r: &Row<T>,
    (p, steps): (usize, usize),
    (j, columns): (usize, usize),
    mut acc: V,
) -> V {
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
        V::transposed(block, V::LANES, |i, b| {
            if i < steps {
                acc = V::splat(*r.a.add((p + i) * r.a_cs)).mul_add(b, acc);
            }
        });
    }
    acc
}

//! One row of C: `y <- finish(a * B)`, bound by how fast B can be read.
//!
//! Two ways, by how B lies. Both keep each element's chain in the order of k, as the tiles do, so a row has the same
//! bits here as in a product of many rows.
//!
//! - Rows of B contiguous: eight of them at a time are streamed past y, which stays in the first-level cache.
//! - Columns of B contiguous (a transposed weight, or a matrix times a column): blocks of it are transposed in registers,
//!   so that neighbouring lanes are neighbouring columns. A dot product along each column would be the other way, and
//!   1.2-1.9 times as fast (the gemm crate, Zen 5); it sums in another order, so the bits of a row would depend on how many
//!   rows there are, and with that on how they are shared among threads.

use crate::Scalar;
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
/// How far ahead of a transpose its rows are fetched, in elements.
const AHEAD: usize = 64;
/// Groups of LANES columns whose chains run side by side, to cover the latency of a multiply-add. One, three and four
/// were slower by 1.0-1.8 times on 512x512, which comes from beyond the second-level cache: more groups, more streams.
const GROUPS: usize = 2;

/// `y <- a * B` into the n elements of `y`, then `finish` into C.
///
/// Safety: pointers cover the shapes; `y` has at least n elements rounded up to whole registers; one of B's strides is 1;
/// the CPU has the instructions of V.
#[inline(always)]
pub(crate) unsafe fn row<T: Scalar, V: Simd<T>, E: Finish<T>>(r: &Row<T>, y: &mut [T], finish: E) {
    let padded = r.n.next_multiple_of(V::LANES);
    assert!(padded <= y.len(), "{} elements for {} columns", y.len(), r.n);
    let y = y.as_mut_ptr();
    // SAFETY: the caller's promise is passed on.
    unsafe {
        if r.b_cs == 1 {
            stream::<T, V>(r, y);
        } else {
            turn::<T, V>(r, y);
        }
        if r.c_cs == 1 && !r.swapped {
            for j in (0..r.n).step_by(V::LANES) {
                let mask = V::first(V::LANES.min(r.n - j));
                finish.apply::<V, true>(V::load(y.add(j)), j, r.c.add(j), mask).store_masked(r.c.add(j), mask);
            }
        } else {
            let one = V::first(1);
            for j in 0..r.n {
                let (to, col) = (r.c.add(j * r.c_cs), if r.swapped { 0 } else { j });
                finish.apply::<V, true>(V::splat(*y.add(j)), col, to, one).store_masked(to, one);
            }
        }
    }
}

/// Safety: as [`row`], with `b_cs` 1.
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

/// Safety: as [`row`], with `b_rs` 1.
#[inline(always)]
unsafe fn turn<T: Scalar, V: Simd<T>>(r: &Row<T>, y: *mut T) {
    // SAFETY: columns < n and steps < k of B; y has room for whole registers.
    unsafe {
        let mut block = [T::ZERO; 16 * 16]; // LANES <= 16
        for j in (0..r.n).step_by(GROUPS * V::LANES) {
            let mut acc = [V::splat(T::ZERO); GROUPS];
            for p in (0..r.k).step_by(V::LANES) {
                let steps = V::LANES.min(r.k - p);
                for g in 0..GROUPS {
                    let first = j + g * V::LANES;
                    if first >= r.n {
                        break;
                    }
                    let lanes = V::LANES.min(r.n - first);
                    let from = r.b.add(first * r.b_cs + p);
                    if steps == V::LANES && lanes == V::LANES {
                        for lane in 0..V::LANES {
                            V::prefetch(from.wrapping_add(lane * r.b_cs + AHEAD));
                        }
                        V::transposed(from, r.b_cs, |i, b| {
                            acc[g] = V::splat(*r.a.add((p + i) * r.a_cs)).mul_add(b, acc[g]);
                        });
                    } else {
                        for lane in 0..lanes {
                            for i in 0..steps {
                                block[i * V::LANES + lane] = *from.add(lane * r.b_cs + i);
                            }
                        }
                        for i in 0..steps {
                            let x = V::splat(*r.a.add((p + i) * r.a_cs));
                            acc[g] = x.mul_add(V::load(block.as_ptr().add(i * V::LANES)), acc[g]);
                        }
                    }
                }
            }
            for g in 0..GROUPS {
                if j + g * V::LANES < r.n {
                    acc[g].store(y.add(j + g * V::LANES));
                }
            }
        }
    }
}

//! One row of C: `y <- finish(a * B)`, bound by how fast B can be read.
//!
//! Three ways for one row, by how B lies and how wide it is, and one for a few rows ([`few`]). All keep each element's chain
//! in the order of k, as the tiles do, so a row has the same bits here as in a product of many rows. Dot products, which do
//! not, have a file of their own: [`crate::gemm::level2::dot`].
//!
//! - Rows of B contiguous, and no wider than the registers hold sums: B is read once, from its first element to its last.
//!   1.1-1.8 times as fast as the next way (Zen 5), in two such strips 1.15; in more 0.4 (1024 x 4096) to 1.0 times.
//! - Rows of B contiguous: a few of them at a time are streamed past y, which stays in the first-level cache.
//! - Columns of B contiguous (a transposed weight, or a matrix times a column), of few steps: see [`crate::gemm::level2::skinny`].

use crate::Scalar;
use crate::gemm::level2::dot;
use crate::gemm::level2::skinny;
use crate::gemm::tile::micro_kernel::Finish;
use crate::simd::Simd;
use crate::sizes::wrapping_bytes;

/// What a row reads and writes, or a few where B lies by columns; strides in elements.
#[derive(Clone, Copy)]
pub(crate) struct Row<T> {
    /// Rows: one, or up to [`skinny::MOST`].
    pub(crate) m: usize,
    pub(crate) n: usize,
    pub(crate) k: usize,
    /// (k, m): step p at `a + p * a_cs`, its rows contiguous; where there are several, `a_cs` is m.
    pub(crate) a: *const T,
    pub(crate) a_cs: usize,
    /// (k, n).
    pub(crate) b: *const T,
    pub(crate) b_rs: usize,
    pub(crate) b_cs: usize,
    /// (n): column j at `c + j * c_cs`.
    pub(crate) c: *mut T,
    pub(crate) c_cs: usize,
    /// The first column within C.
    pub(crate) col: usize,
    /// C is one column of its matrix, not one row of it: all elements have the first column for the epilogue.
    pub(crate) swapped: bool,
    /// The elements are dot products, not one chain each: [`dots`].
    pub(crate) dots: bool,
}

/// Rows of B that are streamed side by side. Eight are as fast where B comes from the second level, 0.93 from the third.
const ROWS: usize = 4;
/// While some rows are streamed the next ones are fetched, unless they are longer than this: 1.05-1.1 times as fast from the
/// third level, 1.15-1.3 from memory; rows of 16 KiB 0.9.
const FETCHED_ROW: usize = 4 << 10;
/// So far ahead of a row whose sums are held B is fetched, at least, where it outgrows the first level.
const AHEAD_BYTES: usize = 2 << 10;
const FIRST_LEVEL: usize = 32 << 10;
/// Bytes of a cache line.
const LINE: usize = 64;

/// `y <- a * B`, for the n elements of `y`.
///
/// Safety: pointers cover the shapes; one of B's strides is 1; the CPU has the instructions of V, and HELD of its registers
/// can hold sums.
#[inline(always)]
pub(crate) unsafe fn sums<T: Scalar, V: Simd<T>, const HELD: usize>(r: &Row<T>, y: &mut [T]) {
    let registers = r.n.div_ceil(V::LANES);
    assert!(r.m * registers * V::LANES <= y.len(), "{} elements for {} columns", y.len(), r.n);
    let y = y.as_mut_ptr();
    // SAFETY: the caller's promise is passed on.
    unsafe {
        if r.dots {
            return dot::sums::<T, V>(r, y);
        }
        if r.b_cs == 1 && r.m > 1 {
            return few::<T, V>(r, y);
        }
        if r.b_cs == 1 {
            let fetch = wrapping_bytes::<T>(r.k, r.n) > FIRST_LEVEL;
            if !fetch && registers <= HELD {
                hold::<T, V, HELD, false>(r, y);
            } else if registers <= 2 * HELD {
                let strip = registers.div_ceil(registers.div_ceil(HELD)) * V::LANES;
                for j in (0..r.n).step_by(strip) {
                    // With k = 0 B has no elements, and no place in it for `add` to point to.
                    let b = r.b.wrapping_add(j);
                    hold::<T, V, HELD, true>(&Row { n: strip.min(r.n - j), b, ..*r }, y.add(j));
                }
            } else if r.b_rs == r.n && r.n * size_of::<T>() <= FETCHED_ROW {
                stream::<T, V, true>(r, y);
            } else {
                stream::<T, V, false>(r, y);
            }
            return;
        }
        skinny::sums::<T, V>(r, y);
    }
}

/// Rows of C, at most, that [`few`] streams B past.
pub(crate) const FEW: usize = 8;

/// A few rows of C, and a B of rows far apart and larger than the caches: B is read once, some of its rows side by side, and
/// y, which stays in the first-level cache, takes up the chains again and again. 8 rows of 1024 x 4096 are 1.5 times as fast
/// as with B packed in blocks (Zen 5). Fetching the next rows ahead is 0.85 times as fast.
///
/// Safety: as [`sums`], with `b_cs` 1 and 2 to [`FEW`] rows.
#[cfg_attr(unoptimised, inline(never))]
#[cfg_attr(not(unoptimised), inline(always))]
unsafe fn few<T: Scalar, V: Simd<T>>(r: &Row<T>, y: *mut T) {
    // SAFETY: the caller's promise is passed on, with the rows counted.
    unsafe {
        match r.m {
            2 => passes::<T, V, 2>(r, y),
            3 => passes::<T, V, 3>(r, y),
            4 => passes::<T, V, 4>(r, y),
            5 => passes::<T, V, 5>(r, y),
            6 => passes::<T, V, 6>(r, y),
            7 => passes::<T, V, 7>(r, y),
            8 => passes::<T, V, 8>(r, y),
            rows => unreachable!("{rows} rows"),
        }
    }
}

/// All steps, eight at a time, and the last ones singly.
///
/// Safety: as [`few`], of M rows.
#[cfg_attr(unoptimised, inline(never))]
#[cfg_attr(not(unoptimised), inline(always))]
unsafe fn passes<T: Scalar, V: Simd<T>, const M: usize>(r: &Row<T>, y: *mut T) {
    const STEPS: usize = 8;
    let whole = r.k / STEPS * STEPS;
    // SAFETY: the caller's promise is passed on, with the steps counted.
    unsafe {
        for p in (0..whole).step_by(STEPS) {
            pass::<T, V, M, STEPS>(r, y, p);
        }
        for p in whole..r.k {
            pass::<T, V, M, 1>(r, y, p);
        }
    }
}

/// Steps p..p + STEPS: the first ones begin the chains, the others take them up from y.
///
/// Safety: as [`passes`]; the steps exist.
#[inline(always)]
unsafe fn pass<T: Scalar, V: Simd<T>, const M: usize, const STEPS: usize>(r: &Row<T>, y: *mut T, p: usize) {
    let y_rs = r.n.next_multiple_of(V::LANES);
    // SAFETY: steps < k and columns < n of B; y has room for M rows of whole registers.
    unsafe {
        let (a, b) = (r.a.add(p * M), r.b.add(p * r.b_rs));
        for j in (0..r.n).step_by(V::LANES) {
            let columns = r.n - j;
            let mut rows = [V::splat(T::ZERO); STEPS];
            for s in 0..STEPS {
                let from = b.add(s * r.b_rs + j);
                rows[s] = if columns < V::LANES { V::load_masked(from, V::first(columns)) } else { V::load(from) };
            }
            for i in 0..M {
                let at = y.add(i * y_rs + j);
                let mut acc = if p == 0 { V::splat(T::ZERO) } else { V::load(at) };
                for s in 0..STEPS {
                    acc = V::splat(*a.add(s * M + i)).mul_add(rows[s], acc);
                }
                acc.store(at);
            }
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
                finish.apply::<V, false>(V::load(y.add(j)), r.col + j, r.c.add(j), mask).store(r.c.add(j));
                j += V::LANES;
            }
            finish.apply::<V, true>(V::load(y.add(j)), r.col + j, r.c.add(j), mask).store_masked(r.c.add(j), mask);
        } else {
            let one = V::first(1);
            for j in 0..r.n {
                let (to, col) = (r.c.add(j * r.c_cs), if r.swapped { r.col } else { r.col + j });
                finish.apply::<V, true>(V::splat(*y.add(j)), col, to, one).store_masked(to, one);
            }
        }
    }
}

/// Safety: as [`sums`], with `b_cs` 1 and at most HELD registers of columns.
#[inline(always)]
unsafe fn hold<T: Scalar, V: Simd<T>, const HELD: usize, const FETCH: bool>(r: &Row<T>, y: *mut T) {
    macro_rules! by_count {
        ($($count:literal)*) => {
            match r.n.div_ceil(V::LANES) {
                // SAFETY: the caller's promise is passed on, with the registers counted.
                $($count if const { HELD >= $count } => unsafe {
                    if const { V::MASKED_LOADS_ARE_FREE } || !r.n.is_multiple_of(V::LANES) {
                        held::<T, V, $count, FETCH, true>(r, y)
                    } else {
                        held::<T, V, $count, FETCH, false>(r, y)
                    }
                },)*
                count => unreachable!("{count} registers of columns"),
            }
        };
    }
    by_count!(1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28)
}

/// REGISTERS of columns, the last one of them maybe in part where there is a TAIL. Always there, its mask cost 0.14 of
/// 1x128x784 with AVX2.
///
/// Safety: as [`sums`], with `b_cs` 1 and as many columns.
#[cfg_attr(unoptimised, inline(never))]
#[cfg_attr(not(unoptimised), inline(always))]
unsafe fn held<T: Scalar, V: Simd<T>, const REGISTERS: usize, const FETCH: bool, const TAIL: bool>(
    r: &Row<T>,
    y: *mut T,
) {
    let ahead = AHEAD_BYTES.div_ceil(r.b_rs.max(1) * size_of::<T>()) * r.b_rs;
    // SAFETY: steps < k and columns < n of B; y has room for whole registers.
    unsafe {
        let mask = V::first(r.n - (REGISTERS - 1) * V::LANES);
        let mut acc = [V::splat(T::ZERO); REGISTERS];
        let (mut a, mut b) = (r.a, r.b);
        for _ in 0..r.k {
            if FETCH {
                for line in (0..REGISTERS * V::LANES).step_by(LINE / size_of::<T>()) {
                    V::prefetch(b.wrapping_add(ahead + line));
                }
            }
            let x = V::splat(*a);
            for v in 0..REGISTERS {
                let from = b.add(v * V::LANES);
                let b = if TAIL && v + 1 == REGISTERS { V::load_masked(from, mask) } else { V::load(from) };
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
#[cfg_attr(unoptimised, inline(never))]
#[cfg_attr(not(unoptimised), inline(always))]
unsafe fn stream<T: Scalar, V: Simd<T>, const FETCH: bool>(r: &Row<T>, y: *mut T) {
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
                    if FETCH {
                        // In their order: those of the next rows that lie as far from their beginning as this from its.
                        for i in (0..ROWS * V::LANES).step_by(LINE / size_of::<T>()) {
                            V::prefetch(b.wrapping_add(ROWS * r.b_rs + j * ROWS + i));
                        }
                    }
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

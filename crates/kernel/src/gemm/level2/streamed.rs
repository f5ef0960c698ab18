//! A few rows of C, and a B of rows far apart and larger than the caches: B is read once, some of its rows side by side, and
//! y, which stays in the first-level cache, takes up the chains again and again. 8 rows of 1024 x 4096 are 1.5 times as fast
//! as with B packed in blocks (Zen 5). Fetching the next rows ahead is 0.85 times as fast.

use super::row::Row;
use crate::Scalar;
use crate::simd::isa::{Isa, Op};
use crate::simd::vector::Simd;

/// `y <- a * B`, row i's sums from `y + i * n.next_multiple_of(LANES)` on.
///
/// # Safety
/// The pointers of `row` cover its shape, `y` its `y_len` of 2 to MAX_STREAMED_ROWS rows, and `b_cs` is 1.
pub(crate) struct StreamedSums<'a, T> {
    pub(crate) row: &'a Row<T>,
}

impl<T: Scalar> Op<T> for StreamedSums<'_, T> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<K: Isa<T>>(self) {
        self.row.assert_room::<K::Vector>();
        // SAFETY: the contract of `StreamedSums`, upheld where it is constructed; y has room (asserted).
        unsafe { few::<T, K::Vector>(self.row, self.row.y) }
    }
}

/// Safety: the contract of [`StreamedSums`], y whole registers; the CPU has the instructions of V.
#[cfg_attr(unoptimised, inline(never))]
#[cfg_attr(not(unoptimised), inline(always))]
unsafe fn few<T: Scalar, V: Simd<T>>(r: &Row<T>, y: *mut T) {
    // SAFETY: the contract of `StreamedSums`; M is `r.m` by the match.
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
    // SAFETY: the contract of `StreamedSums`; p + STEPS <= whole <= k, by the ranges.
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

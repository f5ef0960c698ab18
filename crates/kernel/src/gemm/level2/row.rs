//! One row of C, or a few, whose sums are gathered in a buffer, and the way from there to C.

use crate::Scalar;
use crate::epilogue::{Apply, EpilogueOp, with_op};
use crate::gemm::cache_sizes::BlockSizes;
use crate::simd::isa::{Isa, Op};
use crate::simd::vector::Simd;

/// What a row reads and writes, or a few where B lies by columns; strides in elements.
#[derive(Clone, Copy)]
pub(crate) struct Row<T> {
    /// Rows: one, or up to MAX_SKINNY_ROWS.
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
    /// What the product asks of the caches.
    pub(crate) sizes: &'static BlockSizes,
    /// The destination of the sums: those of row i from `y + i * n.next_multiple_of(LANES)` on, that many elements.
    pub(crate) y: *mut T,
    pub(crate) y_len: usize,
    /// C is one column of its matrix, not one row of it: all elements have the first column for the epilogue.
    pub(crate) swapped: bool,
}

impl<T: Scalar> Row<T> {
    /// That `y` has room for the sums of all rows, each in whole registers. The size cannot wrap: C, a `MatMut` of distinct
    /// elements, has as many of them in memory.
    #[inline(always)]
    pub(crate) fn assert_room<V: Simd<T>>(&self) {
        let elements = self.m * self.n.next_multiple_of(V::LANES);
        assert!(elements <= self.y_len, "{} elements for {} rows of {} columns", self.y_len, self.m, self.n);
    }
}

/// `C <- epilogue(y)`, for one row.
///
/// # Safety
/// C covers its shape, and the epilogue's bias its columns.
pub(crate) struct FinishRow<'a, T> {
    pub(crate) row: &'a Row<T>,
    pub(crate) epilogue: &'a EpilogueOp<T>,
}

impl<T: Scalar> Op<T> for FinishRow<'_, T> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<K: Isa<T>>(self) {
        // SAFETY: the contract of `FinishRow`, upheld where it is constructed.
        with_op!(self.epilogue, op => unsafe { finish::<T, K::Vector, _>(self.row, op) });
    }
}

/// Safety: the contract of [`FinishRow`]; the CPU has the instructions of V.
#[inline(always)]
unsafe fn finish<T: Scalar, V: Simd<T>, E: Apply<T>>(r: &Row<T>, op: E) {
    r.assert_room::<V>();
    let y = r.y.cast_const();
    // SAFETY: the contract of `FinishRow`: C and the bias cover n columns; y covers them rounded up (asserted).
    unsafe {
        if r.c_cs == 1 && !r.swapped {
            let last = (r.n - 1) / V::LANES * V::LANES;
            let mask = V::first(r.n - last);
            let mut j = 0;
            while j < last {
                op.apply::<V, false>(V::load(y.add(j)), r.col + j, r.c.add(j), mask).store(r.c.add(j));
                j += V::LANES;
            }
            op.apply::<V, true>(V::load(y.add(j)), r.col + j, r.c.add(j), mask).store_masked(r.c.add(j), mask);
        } else {
            let one = V::first(1);
            for j in 0..r.n {
                let (to, col) = (r.c.add(j * r.c_cs), if r.swapped { r.col } else { r.col + j });
                op.apply::<V, true>(V::splat(*y.add(j)), col, to, one).store_masked(to, one);
            }
        }
    }
}

//! What reaches memory after `A * B`, named by exactly that.
//!
//! [`Epilogue`] is the caller's word for it, plain data; each variant has one type here that the micro-kernel is
//! compiled for. A new epilogue is a variant, a type with its [`Finish`], and an arm in `Kernel::gemm`'s dispatch.

use crate::Scalar;
use crate::micro::Finish;
use crate::simd::Simd;

/// What is stored in C. `bias` has one element for each column of C.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Epilogue<'a, T> {
    /// `C <- A*B`. C is not read: NaN in it does no harm.
    Store,
    /// `C <- alpha * A*B + beta * C`. With `beta` 0, C is not read.
    Accumulate {
        /// Factor of the product.
        alpha: T,
        /// Factor of what C held.
        beta: T,
    },
    /// `C <- A*B + bias`, the bias added to every row. C is not read.
    Bias(&'a [T]),
    /// `C <- max(A*B + bias, 0)`. NaN stays NaN. C is not read.
    BiasRelu(&'a [T]),
}

#[derive(Clone, Copy)]
pub(crate) struct Store;

#[derive(Clone, Copy)]
pub(crate) struct Scale<T>(pub(crate) T);

#[derive(Clone, Copy)]
pub(crate) struct Accumulate<T> {
    pub(crate) alpha: T,
    pub(crate) beta: T,
}

#[derive(Clone, Copy)]
pub(crate) struct Bias<T>(pub(crate) *const T);

#[derive(Clone, Copy)]
pub(crate) struct BiasRelu<T>(pub(crate) *const T);

impl<T: Scalar> Finish<T> for Store {
    const RESUMES: bool = true;
    const PER_COLUMN: bool = false;
    type Partial = Store;
    fn partial(self, _first: bool) -> Store {
        Store
    }
    #[inline(always)]
    unsafe fn apply<V: Simd<T>, const TAIL: bool>(self, acc: V, _col: usize, _c: *const T, _mask: V::Mask) -> V {
        acc
    }
}

impl<T: Scalar> Finish<T> for Scale<T> {
    const RESUMES: bool = true;
    const PER_COLUMN: bool = false;
    type Partial = Store;
    fn partial(self, _first: bool) -> Store {
        Store
    }
    #[inline(always)]
    unsafe fn apply<V: Simd<T>, const TAIL: bool>(self, acc: V, _col: usize, _c: *const T, _mask: V::Mask) -> V {
        // SAFETY: register arithmetic, by `Finish::apply`'s contract.
        unsafe { acc.mul(V::splat(self.0)) }
    }
}

impl<T: Scalar> Finish<T> for Accumulate<T> {
    // C's old contents are scaled by the first block of k, and every block adds its own alpha * A*B.
    const RESUMES: bool = false;
    const PER_COLUMN: bool = false;
    type Partial = Accumulate<T>;
    fn partial(self, first: bool) -> Accumulate<T> {
        if first { self } else { Accumulate { beta: T::ONE, ..self } }
    }
    fn last(self) -> Self {
        Accumulate { beta: T::ONE, ..self }
    }
    #[inline(always)]
    unsafe fn apply<V: Simd<T>, const TAIL: bool>(self, acc: V, _col: usize, c: *const T, mask: V::Mask) -> V {
        // SAFETY: `c` covers the masked lanes, by `Finish::apply`'s contract.
        unsafe {
            let old = V::load_if::<TAIL>(c, mask);
            acc.mul_add(V::splat(self.alpha), old.mul(V::splat(self.beta)))
        }
    }
}

impl<T: Scalar> Finish<T> for Bias<T> {
    const RESUMES: bool = true;
    const PER_COLUMN: bool = true;
    type Partial = Store;
    fn partial(self, _first: bool) -> Store {
        Store
    }
    #[inline(always)]
    unsafe fn apply<V: Simd<T>, const TAIL: bool>(self, acc: V, col: usize, _c: *const T, mask: V::Mask) -> V {
        // SAFETY: the bias has an element for every column of C (asserted in `gemm`), so it covers the masked lanes.
        unsafe { acc.add(V::load_if::<TAIL>(self.0.add(col), mask)) }
    }
}

impl<T: Scalar> Finish<T> for BiasRelu<T> {
    const RESUMES: bool = true;
    const PER_COLUMN: bool = true;
    type Partial = Store;
    fn partial(self, _first: bool) -> Store {
        Store
    }
    #[inline(always)]
    unsafe fn apply<V: Simd<T>, const TAIL: bool>(self, acc: V, col: usize, c: *const T, mask: V::Mask) -> V {
        // SAFETY: as `Bias`.
        unsafe { Bias(self.0).apply::<V, TAIL>(acc, col, c, mask).at_least(V::splat(T::ZERO)) }
    }
}

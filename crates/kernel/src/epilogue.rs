//! What reaches memory after `A * B`, named by exactly that.
//!
//! [`Epilogue`] is the caller's word for it, plain data; behind it stand three types that the micro-kernel is compiled
//! for. Five were compiled at first, one for each variant: the two that went are a multiplication by 1 and a maximum with
//! negative infinity of another, which cost nothing that could be measured, and a third of the crate's compile time.
//! A new epilogue is a variant, a type with its [`Finish`] unless one serves, and an arm in the dispatch of `table.rs`.

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

/// The sums as they are.
#[derive(Clone, Copy)]
pub(crate) struct Store;

#[derive(Clone, Copy)]
pub(crate) struct Accumulate<T> {
    pub(crate) alpha: T,
    pub(crate) beta: T,
}

/// `Bias` has a floor of negative infinity, which changes no bit, `BiasRelu` one of 0.
#[derive(Clone, Copy)]
pub(crate) struct Bias<T> {
    pub(crate) bias: *const T,
    pub(crate) floor: T,
}

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

impl<T: Scalar> Finish<T> for Accumulate<T> {
    // C's old contents are scaled by the first block of k, and every block adds its own alpha * A*B.
    const RESUMES: bool = false;
    const PER_COLUMN: bool = false;
    type Partial = Accumulate<T>;
    fn partial(self, first: bool) -> Accumulate<T> {
        if first { self } else { self.last() }
    }
    fn last(self) -> Self {
        Accumulate { beta: T::ONE, ..self }
    }
    #[inline(always)]
    unsafe fn apply<V: Simd<T>, const TAIL: bool>(self, acc: V, _col: usize, c: *const T, mask: V::Mask) -> V {
        // SAFETY: `c` covers the masked lanes, by `Finish::apply`'s contract.
        unsafe {
            // What is multiplied by 0 is not read, so that NaN in it does no harm.
            if self.beta == T::ZERO {
                return acc.mul(V::splat(self.alpha));
            }
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
        unsafe { acc.add(V::load_if::<TAIL>(self.bias.add(col), mask)).at_least(V::splat(self.floor)) }
    }
}

//! What reaches memory after `A * B`, named by exactly that.
//!
//! [`Epilogue`] is the caller's word for it, plain data. Behind it stand three types that the micro-kernel is compiled for,
//! and are applied in its registers; what those do not cover (most activations, derivatives, sums of columns) is done by
//! `activation.rs` to each run of tiles as soon as it is stored, in the first-level cache: compiled once, not for every
//! size of tile. Plain sums as a factor of 1 cost products of k = 16 a sixth of their speed; no bias with a floor of
//! negative infinity costs nothing that could be measured.
//!
//! A new epilogue is a variant, a type with its [`Finish`] unless one serves, and an arm in the dispatch of `table.rs`.

use std::cell::Cell;

use crate::elementwise::activation::Activation;
use crate::gemm::tile::micro_kernel::Finish;
use crate::simd::Simd;
use crate::{MatRef, Scalar};

/// What is stored in C. `bias` has one element for each column of C.
///
/// ```
/// # use chainrule_kernel as chainrule;
/// use chainrule::{Epilogue, Kernel, MatMut, MatRef, Scratch};
///
/// let kernel = Kernel::<f64>::selected()?;
/// let (a, b) = (MatRef::new(&[1.0, 2.0], 1, 2), MatRef::new(&[3.0, 4.0], 2, 1));
/// let (mut c, mut scratch) = ([100.0], Scratch::default());
/// let sum = Epilogue::Accumulate { alpha: 2.0, beta: 1.0 };
/// kernel.gemm(a, b, sum, MatMut::new(&mut c, 1, 1), &mut scratch);
/// assert_eq!(c, [122.0]);
/// kernel.gemm(a, b, Epilogue::BiasRelu(&[-20.0]), MatMut::new(&mut c, 1, 1), &mut scratch);
/// assert_eq!(c, [0.0]);
/// # Ok::<(), chainrule::KernelError>(())
/// ```
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Epilogue<'a, T: Scalar> {
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
    /// `C <- f(A*B + bias)`. C is not read.
    Activation {
        /// One element for each column of C.
        bias: &'a [T],
        /// f.
        activation: Activation,
    },
    /// `C <- A*B * f'`, the derivative of an activation, element by element. C is not read.
    Derivative {
        /// f.
        activation: Activation,
        /// (m, n): what f gave, or what it was given where [`Activation::derivative_needs_input`].
        of: MatRef<'a, T>,
        /// Becomes the sum of each of C's columns, its rows added in order: the gradient by the bias when C is the
        /// gradient by `A*B + bias`.
        sums: Option<&'a [Cell<T>]>,
    },
    /// `C <- C - rate * (A*B + decay * C)`: a step of gradient descent with weight decay.
    Update {
        /// Learning rate.
        rate: T,
        /// Weight decay.
        decay: T,
    },
}

/// The sums as they are.
#[derive(Clone, Copy)]
pub(crate) struct Store;

/// What needs C's old contents.
#[derive(Clone, Copy)]
pub(crate) enum Accumulate<T> {
    /// `alpha * A*B + beta * C`.
    Scaled { alpha: T, beta: T },
    /// `C - rate * (A*B + decay * C)`.
    Update { rate: T, decay: T },
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
        match self {
            Accumulate::Scaled { alpha, .. } => Accumulate::Scaled { alpha, beta: T::ONE },
            Accumulate::Update { rate, .. } => Accumulate::Update { rate, decay: T::ZERO },
        }
    }
    #[inline(always)]
    unsafe fn apply<V: Simd<T>, const TAIL: bool>(self, acc: V, _col: usize, c: *const T, mask: V::Mask) -> V {
        // SAFETY: `c` covers the masked lanes, by `Finish::apply`'s contract.
        unsafe {
            match self {
                // What is multiplied by 0 is not read, so that NaN in it does no harm.
                Accumulate::Scaled { alpha, beta } if beta == T::ZERO => acc.mul(V::splat(alpha)),
                Accumulate::Scaled { alpha, beta } => {
                    acc.mul_add(V::splat(alpha), V::load_if::<TAIL>(c, mask).mul(V::splat(beta)))
                }
                // Each operation rounds, as when the gradient is stored first and the update is a pass of its own.
                Accumulate::Update { rate, decay } => {
                    let old = V::load_if::<TAIL>(c, mask);
                    let gradient = if decay == T::ZERO { acc } else { acc.add(old.mul(V::splat(decay))) };
                    old.sub(gradient.mul(V::splat(rate)))
                }
            }
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

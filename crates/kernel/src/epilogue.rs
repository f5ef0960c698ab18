//! The epilogues of a product: what is stored instead of `A * B`. Each is named by what it stores.
//!
//! [`Epilogue`] is the caller's word for it, plain data. Behind it stand six operations ([`EpilogueOp`]) that are applied to
//! the micro-kernel's registers; what those do not cover (most activations, derivatives, sums of columns) is done by
//! `elementwise/activation.rs` to each run of tiles as soon as it is stored, in the first-level cache. Plain sums as a
//! factor of 1 cost products of k = 16 a sixth of their speed; no bias with a floor of negative infinity costs nothing that
//! could be measured.
//!
//! A new epilogue is a variant of each, a type with its [`Apply`] unless one serves, and an arm in `api.rs`, in
//! `Kernel::product`.

use std::cell::Cell;

use crate::elementwise::activation::Activation;
use crate::simd::vector::Simd;
use crate::{MatRef, Scalar};

/// What is stored in C. `bias` has one element for each column of C.
///
/// ```
/// # mod chainrule { pub use chainrule_kernel::*; pub use chainrule_kernel as kernel; }
/// use chainrule::kernel::{Epilogue, Kernel, Scratch};
/// use chainrule::{MatMut, MatRef};
///
/// let kernel = Kernel::<f64>::selected()?;
/// let (a, b) = (MatRef::new(&[1.0, 2.0], 1, 2), MatRef::new(&[3.0, 4.0], 2, 1));
/// let (mut c, mut scratch) = ([100.0], Scratch::default());
/// let sum = Epilogue::Accumulate { alpha: 2.0, beta: 1.0 };
/// kernel.gemm(a, b, sum, MatMut::new(&mut c, 1, 1), &mut scratch);
/// assert_eq!(c, [122.0]);
/// kernel.gemm(a, b, Epilogue::BiasRelu(&[-20.0]), MatMut::new(&mut c, 1, 1), &mut scratch);
/// assert_eq!(c, [0.0]);
/// # Ok::<(), chainrule::kernel::KernelError>(())
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

/// What the micro-kernel does with its accumulators before they reach memory, as plain data: which of the operations below.
///
/// One compiled tile serves all of them and branches on this once, after the last step of k: with a tile for each, the
/// crate took 2.5 times as long to compile. No operation branches within itself: its loop over the tile would not be
/// unrolled, and all accumulators would go by way of the stack (64 x 128 x 10 took 1.4 times as long).
#[derive(Clone, Copy)]
pub(crate) enum EpilogueOp<T> {
    Store,
    Bias(Bias<T>),
    Scale(Scale<T>),
    ScaledAdd(ScaledAdd<T>),
    Update(Update<T>),
    DecayedUpdate(DecayedUpdate<T>),
}

impl<T: Scalar> EpilogueOp<T> {
    /// `alpha * A*B + beta * C`. What is multiplied by 0 is not read, so that NaN in it does no harm.
    #[inline(always)]
    pub(crate) fn accumulate(alpha: T, beta: T) -> Self {
        if beta == T::ZERO {
            EpilogueOp::Scale(Scale { alpha })
        } else {
            EpilogueOp::ScaledAdd(ScaledAdd { alpha, beta })
        }
    }

    /// `C - rate * (A*B + decay * C)`.
    #[inline(always)]
    pub(crate) fn update(rate: T, decay: T) -> Self {
        if decay == T::ZERO {
            EpilogueOp::Update(Update { rate })
        } else {
            EpilogueOp::DecayedUpdate(DecayedUpdate { rate, decay })
        }
    }

    /// Whether the chain of an element may be interrupted by storing it in C and resumed from there. Not when C's old
    /// contents are still needed at the end: they are then scaled by the first block of k, and every block adds its own
    /// `alpha * A*B`.
    #[inline(always)]
    pub(crate) fn resumes(&self) -> bool {
        matches!(self, EpilogueOp::Store | EpilogueOp::Bias(_))
    }

    /// Whether it tells the columns of C apart.
    #[inline(always)]
    pub(crate) fn is_per_column(&self) -> bool {
        matches!(self, EpilogueOp::Bias(_))
    }

    /// What a block of k that is neither the only nor the last one ends with; `first` is whether C still holds the caller's
    /// numbers.
    pub(crate) fn partial(&self, first: bool) -> Self {
        match *self {
            EpilogueOp::Store | EpilogueOp::Bias(_) => EpilogueOp::Store,
            _ if first => *self,
            _ => self.last(),
        }
    }

    /// What the last block of several ends with.
    pub(crate) fn last(&self) -> Self {
        match *self {
            EpilogueOp::Store | EpilogueOp::Bias(_) => *self,
            EpilogueOp::Scale(Scale { alpha }) | EpilogueOp::ScaledAdd(ScaledAdd { alpha, .. }) => {
                EpilogueOp::ScaledAdd(ScaledAdd { alpha, beta: T::ONE })
            }
            EpilogueOp::Update(Update { rate }) | EpilogueOp::DecayedUpdate(DecayedUpdate { rate, .. }) => {
                EpilogueOp::Update(Update { rate })
            }
        }
    }
}

/// What is applied to each register of accumulators once, after the last step of k.
pub(crate) trait Apply<T: Scalar>: Copy {
    /// Whether it reads C.
    const READS_C: bool;

    /// `acc` covers columns `col..` of one row of C, of which `c` points at the first.
    ///
    /// # Safety
    /// `c` and whatever the epilogue reads at `col` cover the lanes of `mask` (all lanes unless `TAIL`); the CPU has the
    /// instructions of `V`.
    unsafe fn apply<V: Simd<T>, const TAIL: bool>(self, acc: V, col: usize, c: *const T, mask: V::Mask) -> V;
}

/// Runs `$body` with `$op` bound to the operation that `$epilogue` names: one copy of it for each.
macro_rules! with_op {
    ($epilogue:expr, $op:ident => $body:expr) => {
        match *$epilogue {
            $crate::epilogue::EpilogueOp::Store => {
                let $op = $crate::epilogue::Store;
                $body
            }
            $crate::epilogue::EpilogueOp::Bias($op) => $body,
            $crate::epilogue::EpilogueOp::Scale($op) => $body,
            $crate::epilogue::EpilogueOp::ScaledAdd($op) => $body,
            $crate::epilogue::EpilogueOp::Update($op) => $body,
            $crate::epilogue::EpilogueOp::DecayedUpdate($op) => $body,
        }
    };
}
pub(crate) use with_op;

/// The sums as they are.
#[derive(Clone, Copy)]
pub(crate) struct Store;

impl<T: Scalar> Apply<T> for Store {
    const READS_C: bool = false;
    #[inline(always)]
    unsafe fn apply<V: Simd<T>, const TAIL: bool>(self, acc: V, _col: usize, _c: *const T, _mask: V::Mask) -> V {
        acc
    }
}

/// `max(A*B + bias, floor)`: [`Epilogue::Bias`] has a floor of negative infinity, which changes no bit, [`Epilogue::BiasRelu`]
/// one of 0. The bias has an element for every column of C.
#[derive(Clone, Copy)]
pub(crate) struct Bias<T> {
    pub(crate) bias: *const T,
    pub(crate) floor: T,
}

impl<T: Scalar> Apply<T> for Bias<T> {
    const READS_C: bool = false;
    #[inline(always)]
    unsafe fn apply<V: Simd<T>, const TAIL: bool>(self, acc: V, col: usize, _c: *const T, mask: V::Mask) -> V {
        // SAFETY: the bias has an element for every column of C (asserted in `Kernel::product`), so it covers the masked
        // lanes.
        unsafe { acc.add(V::load_if::<TAIL>(self.bias.add(col), mask)).at_least(V::splat(self.floor)) }
    }
}

/// `alpha * A*B`.
#[derive(Clone, Copy)]
pub(crate) struct Scale<T> {
    alpha: T,
}

impl<T: Scalar> Apply<T> for Scale<T> {
    const READS_C: bool = false;
    #[inline(always)]
    unsafe fn apply<V: Simd<T>, const TAIL: bool>(self, acc: V, _col: usize, _c: *const T, _mask: V::Mask) -> V {
        // SAFETY: register arithmetic, for which the CPU has the instructions.
        unsafe { acc.mul(V::splat(self.alpha)) }
    }
}

/// `alpha * A*B + beta * C`.
#[derive(Clone, Copy)]
pub(crate) struct ScaledAdd<T> {
    alpha: T,
    beta: T,
}

impl<T: Scalar> Apply<T> for ScaledAdd<T> {
    const READS_C: bool = true;
    #[inline(always)]
    unsafe fn apply<V: Simd<T>, const TAIL: bool>(self, acc: V, _col: usize, c: *const T, mask: V::Mask) -> V {
        // SAFETY: `c` covers the masked lanes, by the contract of `Apply::apply`.
        unsafe { acc.mul_add(V::splat(self.alpha), V::load_if::<TAIL>(c, mask).mul(V::splat(self.beta))) }
    }
}

/// `C - rate * A*B`. Each operation rounds, as when the gradient is stored first and the update is a pass of its own; so below.
#[derive(Clone, Copy)]
pub(crate) struct Update<T> {
    rate: T,
}

impl<T: Scalar> Apply<T> for Update<T> {
    const READS_C: bool = true;
    #[inline(always)]
    unsafe fn apply<V: Simd<T>, const TAIL: bool>(self, acc: V, _col: usize, c: *const T, mask: V::Mask) -> V {
        // SAFETY: `c` covers the masked lanes, by the contract of `Apply::apply`.
        unsafe { V::load_if::<TAIL>(c, mask).sub(acc.mul(V::splat(self.rate))) }
    }
}

/// `C - rate * (A*B + decay * C)`.
#[derive(Clone, Copy)]
pub(crate) struct DecayedUpdate<T> {
    rate: T,
    decay: T,
}

impl<T: Scalar> Apply<T> for DecayedUpdate<T> {
    const READS_C: bool = true;
    #[inline(always)]
    unsafe fn apply<V: Simd<T>, const TAIL: bool>(self, acc: V, _col: usize, c: *const T, mask: V::Mask) -> V {
        // SAFETY: `c` covers the masked lanes, by the contract of `Apply::apply`.
        unsafe {
            let old = V::load_if::<TAIL>(c, mask);
            let gradient = acc.add(old.mul(V::splat(self.decay)));
            old.sub(gradient.mul(V::splat(self.rate)))
        }
    }
}

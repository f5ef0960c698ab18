//! What is done with elements one by one: activations, their derivatives, and the sums of columns, over a rectangle of C
//! while a product has it in the first-level cache, or over whole matrices.
//!
//! Every derivative is taken from the *output*, so a training step keeps one array per layer, not two. A new activation
//! is a variant, a type with its [`Each`] for either direction, and an arm in [`area`]; its name stands in the model's
//! parser.

use crate::Scalar;
use crate::blocking::Operand;
use crate::math;
use crate::simd::Simd;

/// `a = f(z)`, element by element. Conventions at the kinks are PyTorch's.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Activation {
    /// `a = z`.
    Identity,
    /// `a = max(z, 0)`; the derivative at 0 is 0. NaN stays NaN.
    Relu,
    /// `a = z` above 0, `alpha * z` elsewhere; the derivative at 0 is `alpha`. `alpha` must not be negative, or the
    /// output would not tell on which side of 0 the input was.
    LeakyRelu(f64),
    /// `a = 1 / (1 + e^-z)`, derivative `a (1 - a)`.
    Sigmoid,
    /// `a = tanh(z)`, derivative `1 - a^2`.
    Tanh,
}

/// What follows the sums, once they are in C.
#[derive(Clone, Copy)]
pub(crate) struct After<T> {
    pub(crate) activation: Activation,
    /// The activation's outputs when C is multiplied by its derivative; otherwise C becomes the output.
    pub(crate) outputs: Option<Operand<T>>,
    /// Where the sums of C's columns go; null when nobody asked.
    pub(crate) sums: *mut T,
}

/// A rectangle of C; strides in elements.
pub(crate) struct Area<T> {
    pub(crate) rows: usize,
    pub(crate) cols: usize,
    pub(crate) c: *mut T,
    pub(crate) c_rs: usize,
    pub(crate) c_cs: usize,
    /// Its corner within C.
    pub(crate) row: usize,
    pub(crate) col: usize,
}

/// What becomes of one register: `c` holds C, `a` the activation's outputs, or anything where there are none.
///
/// A type, not a closure: see [`math`].
trait Each<T: Scalar>: Copy {
    /// Safety: the CPU has the instructions of `V`.
    unsafe fn apply<V: Simd<T>>(self, c: V, a: V) -> V;
}

macro_rules! each {
    ($($(#[$doc:meta])* $name:ident $([$alpha:ident])?, |$c:ident, $a:ident| $value:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy)]
        struct $name<T>(T);
        impl<T: Scalar> Each<T> for $name<T> {
            #[inline(always)]
            #[allow(unused_unsafe)] // by the one that does nothing
            unsafe fn apply<V: Simd<T>>(self, $c: V, $a: V) -> V {
                // SAFETY: register arithmetic, by the caller's promise.
                unsafe {
                    $(let $alpha = V::splat(self.0);)?
                    $value
                }
            }
        }
    )*};
}
each! {
    Same, |c, _a| c;
    Relu, |c, _a| c.at_least(V::splat(T::ZERO));
    LeakyRelu[alpha], |c, _a| if_positive(c, c, c.mul(alpha));
    Sigmoid, |c, _a| math::sigmoid(c);
    Tanh, |c, _a| math::tanh(c);
    /// A dead unit passes no gradient at all, not even an infinite one.
    ReluSlope, |c, a| if_positive(a, c, V::splat(T::ZERO));
    LeakyReluSlope[alpha], |c, a| if_positive(a, c, c.mul(alpha));
    SigmoidSlope, |c, a| c.mul(a.mul(V::splat(T::ONE).sub(a)));
    TanhSlope, |c, a| c.mul(V::splat(T::ONE).sub(a.mul(a)));
}

/// `yes` in the lanes where `x > 0`, `no` in the others, NaN's among them.
///
/// Safety: the CPU has the instructions of `V`.
#[inline(always)]
unsafe fn if_positive<T: Scalar, V: Simd<T>>(x: V, yes: V, no: V) -> V {
    // SAFETY: register arithmetic.
    unsafe {
        let zero = V::splat(T::ZERO);
        // `at_least` answers 0 for NaN this way round, and 0 - 0 has no sign bit.
        zero.sub(zero.at_least(x)).if_negative(yes, no)
    }
}

/// Applies `after` to a rectangle of C.
///
/// Safety: the rectangle lies in C, `outputs` cover C's shape and `sums` its columns, neither overlaps C; the CPU has the
/// instructions of `V`. Of each column, the rectangles come in the order of rows.
#[inline(always)]
pub(crate) unsafe fn area<T: Scalar, V: Simd<T>>(after: &After<T>, area: &Area<T>) {
    let one = T::ONE; // for those without a parameter
    // SAFETY: the caller's promise is passed on.
    unsafe {
        match (after.activation, after.outputs.is_some()) {
            (Activation::Identity, _) if after.sums.is_null() => {}
            (Activation::Identity, _) => walk::<T, V, _>(Same(one), after, area),
            (Activation::Relu, false) => walk::<T, V, _>(Relu(one), after, area),
            (Activation::Relu, true) => walk::<T, V, _>(ReluSlope(one), after, area),
            (Activation::LeakyRelu(alpha), false) => walk::<T, V, _>(LeakyRelu(T::from_f64(alpha)), after, area),
            (Activation::LeakyRelu(alpha), true) => walk::<T, V, _>(LeakyReluSlope(T::from_f64(alpha)), after, area),
            (Activation::Sigmoid, false) => walk::<T, V, _>(Sigmoid(one), after, area),
            (Activation::Sigmoid, true) => walk::<T, V, _>(SigmoidSlope(one), after, area),
            (Activation::Tanh, false) => walk::<T, V, _>(Tanh(one), after, area),
            (Activation::Tanh, true) => walk::<T, V, _>(TanhSlope(one), after, area),
        }
    }
}

/// Safety: as [`area`].
#[inline(always)]
unsafe fn walk<T: Scalar, V: Simd<T>, F: Each<T>>(f: F, after: &After<T>, area: &Area<T>) {
    let &Area { rows, cols, c, c_rs, c_cs, row, col } = area;
    // Where columns are not neighbours, a register holds one element.
    let neighbours = c_cs == 1 && after.outputs.is_none_or(|a| a.cs == 1);
    let lanes = if neighbours { V::LANES } else { 1 };
    // SAFETY: rows < `rows` and columns < `cols` of the rectangle, which the caller's pointers cover.
    unsafe {
        for i in 0..rows {
            for j in (0..cols).step_by(lanes) {
                let here = c.add(i * c_rs + j * c_cs);
                let a = after.outputs.map(|a| a.at(row + i, col + j));
                let sum = if after.sums.is_null() { None } else { Some(after.sums.add(col + j)) };
                let left = lanes.min(cols - j);
                let mask = V::first(left);
                if left == V::LANES {
                    one_register::<T, V, F, false>(f, here, a, sum, row + i == 0, mask);
                } else {
                    one_register::<T, V, F, true>(f, here, a, sum, row + i == 0, mask);
                }
            }
        }
    }
}

/// Safety: the pointers cover the lanes of `mask`, all lanes unless `TAIL`; the CPU has the instructions of `V`.
#[inline(always)]
unsafe fn one_register<T: Scalar, V: Simd<T>, F: Each<T>, const TAIL: bool>(
    f: F,
    c: *mut T,
    a: Option<*const T>,
    sum: Option<*mut T>,
    first: bool,
    mask: V::Mask,
) {
    // SAFETY: the caller's promise is passed on.
    unsafe {
        let old = V::load_if::<TAIL>(c, mask);
        let a = a.map_or(old, |a| V::load_if::<TAIL>(a, mask));
        let new = f.apply::<V>(old, a);
        new.store_if::<TAIL>(c, mask);
        if let Some(sum) = sum {
            let before = if first { V::splat(T::ZERO) } else { V::load_if::<TAIL>(sum, mask) };
            before.add(new).store_if::<TAIL>(sum, mask);
        }
    }
}

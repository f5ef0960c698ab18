//! The element types, `f32` and `f64`, behind one sealed trait.
//!
//! The trait holds what the plain loops need and nothing else. Its method names differ on purpose from those of the
//! fast crates' own element trait, so that a test may bound one type by both and never say which it means.

use std::fmt::{Debug, Display};
use std::ops::{Add, AddAssign, Div, Mul, Neg, Sub, SubAssign};

mod sealed {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
}

/// An element type: `f32` or `f64`. Sealed: no other type can implement it.
///
/// ```
/// use chainrule_naive::Float;
///
/// fn logistic<T: Float>(z: T) -> T {
///     let one = T::rounded(1.0);
///     one / (one + (-z).exp())
/// }
///
/// assert_eq!((logistic(0.0_f32), logistic(0.0_f64)), (0.5, 0.5));
/// ```
pub trait Float:
    sealed::Sealed
    + Copy
    + Debug
    + Display
    + PartialOrd
    + Send
    + Sync
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + SubAssign
    + 'static
{
    /// Half the distance from 1 to the next number: 2^-24 in `f32`, 2^-53 in `f64`.
    const ROUNDOFF: f64;

    /// The number of this type nearest to `value`.
    fn rounded(value: f64) -> Self;
    /// The same number as `f64`, exactly.
    fn widen(self) -> f64;
    /// e to the power of `self`.
    fn exp(self) -> Self;
    /// e to the power of `self`, less 1; exact to the last digits where that is small.
    fn exp_m1(self) -> Self;
    /// The natural logarithm.
    fn ln(self) -> Self;
    /// The natural logarithm of 1 and `self`; exact to the last digits where `self` is small.
    fn ln_1p(self) -> Self;
    /// The hyperbolic tangent.
    fn tanh(self) -> Self;
    /// The square root.
    fn sqrt(self) -> Self;
}

macro_rules! float {
    ($t:ident) => {
        impl Float for $t {
            const ROUNDOFF: f64 = $t::EPSILON as f64 / 2.0;

            fn rounded(value: f64) -> Self {
                value as $t
            }
            fn widen(self) -> f64 {
                f64::from(self)
            }
            fn exp(self) -> Self {
                $t::exp(self)
            }
            fn exp_m1(self) -> Self {
                $t::exp_m1(self)
            }
            fn ln(self) -> Self {
                $t::ln(self)
            }
            fn ln_1p(self) -> Self {
                $t::ln_1p(self)
            }
            fn tanh(self) -> Self {
                $t::tanh(self)
            }
            fn sqrt(self) -> Self {
                $t::sqrt(self)
            }
        }
    };
}
float!(f32);
float!(f64);

//! The element types: `f32` and `f64`, behind one sealed trait.
//!
//! Everything above is written once, generic over [`Scalar`]. The trait carries what generic arithmetic needs and
//! the table of kernels for the type, and nothing that only one caller would use.

use std::borrow::Cow;
use std::fmt::{Debug, Display};
use std::iter::Sum;
use std::ops::{Add, AddAssign, Div, Mul, MulAssign, Neg, Sub, SubAssign};

use crate::math::constants::Constants;

/// An element type of matrices: `f32` or `f64`. Sealed: no other type can implement it.
///
/// ```
/// # use chainrule_kernel as chainrule;
/// use chainrule::Scalar;
///
/// fn mean<T: Scalar>(numbers: &[T]) -> T {
///     numbers.iter().copied().sum::<T>() / T::from_f64(numbers.len() as f64)
/// }
///
/// assert_eq!((mean(&[1.0_f32, 2.0]), mean(&[1.0_f64, 2.0])), (1.5, 1.5));
/// assert_eq!((f32::NAME, f64::ONE), ("f32", 1.0));
/// ```
pub trait Scalar:
    Constants
    + Copy
    + Default
    + Debug
    + Display
    + PartialEq
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
    + MulAssign
    + Sum
    + 'static
{
    /// The type's name: `"f32"` or `"f64"`.
    const NAME: &'static str;
    /// 0.
    const ZERO: Self;
    /// 1.
    const ONE: Self;
    /// Unit roundoff, half the distance from 1 to the next number: 2^-24 or 2^-53.
    const UNIT_ROUNDOFF: Self;
    /// Negative infinity.
    const NEG_INFINITY: Self;

    /// Rounds to the nearest number of this type.
    fn from_f64(value: f64) -> Self;
    /// Widens, exactly.
    fn to_f64(self) -> f64;
    /// The same number.
    fn from_u8(value: u8) -> Self;
    /// `self * factor + summand`, rounded once.
    fn mul_add(self, factor: Self, summand: Self) -> Self;
    /// `|self|`.
    fn abs(self) -> Self;
    /// The square root, correctly rounded.
    fn sqrt(self) -> Self;
    /// Neither NaN nor infinite.
    fn is_finite(self) -> bool;
    /// Little-endian bytes, in the first `size_of::<Self>()` places of the result.
    fn to_le_bytes8(self) -> [u8; 8];
    /// The little-endian bytes of the numbers: where they lie, except on a big-endian machine.
    fn le_bytes(values: &[Self]) -> Cow<'_, [u8]>;
}

macro_rules! scalar {
    ($t:ident, $roundoff:expr) => {
        impl Scalar for $t {
            const NAME: &'static str = stringify!($t);
            const ZERO: Self = 0.0;
            const ONE: Self = 1.0;
            const UNIT_ROUNDOFF: Self = $roundoff;
            const NEG_INFINITY: Self = $t::NEG_INFINITY;
            #[inline(always)]
            fn from_f64(value: f64) -> Self {
                value as $t
            }
            #[inline(always)]
            fn to_f64(self) -> f64 {
                f64::from(self)
            }
            #[inline(always)]
            fn from_u8(value: u8) -> Self {
                $t::from(value)
            }
            #[inline(always)]
            fn mul_add(self, factor: Self, summand: Self) -> Self {
                $t::mul_add(self, factor, summand)
            }
            #[inline(always)]
            fn abs(self) -> Self {
                $t::abs(self)
            }
            #[inline(always)]
            fn sqrt(self) -> Self {
                $t::sqrt(self)
            }
            #[inline(always)]
            fn is_finite(self) -> bool {
                $t::is_finite(self)
            }
            fn to_le_bytes8(self) -> [u8; 8] {
                let mut bytes = [0; 8];
                bytes[..size_of::<Self>()].copy_from_slice(&self.to_le_bytes());
                bytes
            }
            fn le_bytes(values: &[Self]) -> Cow<'_, [u8]> {
                if cfg!(target_endian = "big") {
                    return Cow::Owned(values.iter().flat_map(|value| value.to_le_bytes()).collect());
                }
                // SAFETY: the bytes are those of `values`, `size_of_val` of them, and borrowed as long; floating-point numbers
                // have no padding, and any byte is a u8.
                Cow::Borrowed(unsafe { std::slice::from_raw_parts(values.as_ptr().cast(), size_of_val(values)) })
            }
        }
    };
}
scalar!(f32, f32::EPSILON / 2.0);
scalar!(f64, f64::EPSILON / 2.0);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_of_many_numbers_are_those_of_each() {
        fn check<T: Scalar>() {
            let values = [1.5, -0.0, f64::NAN, 1e-30, f64::INFINITY].map(T::from_f64);
            let each: Vec<u8> =
                values.iter().flat_map(|value| value.to_le_bytes8().into_iter().take(size_of::<T>())).collect();
            assert_eq!(T::le_bytes(&values), each);
            assert!(T::le_bytes(&[]).is_empty());
        }
        check::<f32>();
        check::<f64>();
        assert_eq!(*f32::le_bytes(&[1.0]), [0, 0, 0x80, 0x3f]);
    }
}

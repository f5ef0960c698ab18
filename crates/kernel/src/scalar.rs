//! The element types: `f32` and `f64`, behind one sealed trait.
//!
//! Everything above is written once, generic over [`Scalar`]. The trait carries what generic arithmetic needs and
//! the table of kernels for the type, and nothing that only one caller would use.

use std::fmt::{Debug, Display};
use std::iter::Sum;
use std::ops::{Add, AddAssign, Div, Mul, MulAssign, Neg, Sub, SubAssign};

pub(crate) mod sealed {
    /// Keeps the trait ours, and holds the constants of `math/` that differ by type.
    pub trait Sealed: Sized + 'static {
        /// 1.5 * 2^mantissa bits: adding it rounds to an integer and leaves that integer in the low bits.
        const ROUND: f64;
        /// Exponent bias.
        const BIAS: f64;
        /// ln 2 in two pieces, the first so short that its product with any exponent is exact.
        const LN2: [f64; 2];
        /// Beyond these, `exp` is 0 and infinite.
        const EXP_RANGE: [f64; 2];
        /// Beyond this, `tanh` rounds to 1.
        const TANH_MAX: f64;
        /// Terms of the Taylor series of `exp` on [-ln 2 / 2, ln 2 / 2] that leave less than an eighth of an ulp:
        /// (0.3466)^8 / 8! = 5e-9, (0.3466)^14 / 14! = 4e-18.
        const EXP_TERMS: usize;
        /// Terms of the Taylor series of `atanh(s) / s - 1` for |s| <= 1/3 that leave less than an eighth of an ulp:
        /// 9^-8 / 17 = 1.4e-9, 9^-17 / 35 = 2e-18.
        const ATANH_TERMS: usize;
        /// Beyond this, what the normal distribution leaves is 0, and so is the `e^(-x^2 / 2)` that it is made of.
        const NORMAL_MAX: f64;
        /// Multiples of this up to `NORMAL_MAX` have squares that are exact, and so are halves of them.
        const SQUARE_GRAIN: f64;
        /// The largest finite number.
        const LARGEST: f64;
        /// See `math/normal.rs`.
        const MILLS: &'static [f64];
        /// The kernels for this type, best first.
        fn kernels() -> &'static [crate::Kernel<Self>]
        where
            Self: super::Scalar;
        /// What this thread keeps for callers without a scratch of their own.
        fn with_scratch(work: impl FnOnce(&mut crate::Scratch<Self>))
        where
            Self: super::Scalar;
        /// Where the choice made for this process is kept.
        fn choice() -> &'static crate::registry::Choice<Self>
        where
            Self: super::Scalar;
    }
}

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
    sealed::Sealed
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
}

impl sealed::Sealed for f32 {
    const ROUND: f64 = 12_582_912.0; // 1.5 * 2^23
    const BIAS: f64 = 127.0;
    const LN2: [f64; 2] = [0.693_359_375, -2.121_944_400_546_905_7e-4];
    const EXP_RANGE: [f64; 2] = [-104.0, 89.0];
    const TANH_MAX: f64 = 10.0;
    const EXP_TERMS: usize = 8;
    const ATANH_TERMS: usize = 7;
    const NORMAL_MAX: f64 = 15.0; // e^(-15^2 / 2) = 1e-49
    const SQUARE_GRAIN: f64 = 0.015_625; // 2^-6: 10 bits, 20 when squared
    const LARGEST: f64 = f32::MAX as f64;
    const MILLS: &'static [f64] = &crate::math::MILLS_F32;
    fn kernels() -> &'static [crate::Kernel<f32>] {
        &crate::registry::KERNELS_F32
    }
    fn with_scratch(work: impl FnOnce(&mut crate::Scratch<f32>)) {
        thread_local!(static SCRATCH: std::cell::RefCell<crate::Scratch<f32>> = Default::default());
        SCRATCH.with_borrow_mut(work);
    }
    fn choice() -> &'static crate::registry::Choice<f32> {
        static CHOICE: crate::registry::Choice<f32> = crate::registry::Choice::new();
        &CHOICE
    }
}

impl sealed::Sealed for f64 {
    const ROUND: f64 = 6_755_399_441_055_744.0; // 1.5 * 2^52
    const BIAS: f64 = 1023.0;
    const LN2: [f64; 2] = [0.693_147_180_369_123_8, 1.908_214_929_270_587_7e-10];
    const EXP_RANGE: [f64; 2] = [-746.0, 710.0];
    const TANH_MAX: f64 = 20.0;
    const EXP_TERMS: usize = 14;
    const ATANH_TERMS: usize = 16;
    const NORMAL_MAX: f64 = 39.0; // e^(-39^2 / 2) = 5e-331
    const SQUARE_GRAIN: f64 = 9.536_743_164_062_5e-7; // 2^-20: 26 bits, 52 when squared
    const LARGEST: f64 = f64::MAX;
    const MILLS: &'static [f64] = &crate::math::MILLS_F64;
    fn kernels() -> &'static [crate::Kernel<f64>] {
        &crate::registry::KERNELS_F64
    }
    fn with_scratch(work: impl FnOnce(&mut crate::Scratch<f64>)) {
        thread_local!(static SCRATCH: std::cell::RefCell<crate::Scratch<f64>> = Default::default());
        SCRATCH.with_borrow_mut(work);
    }
    fn choice() -> &'static crate::registry::Choice<f64> {
        static CHOICE: crate::registry::Choice<f64> = crate::registry::Choice::new();
        &CHOICE
    }
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
        }
    };
}
scalar!(f32, f32::EPSILON / 2.0);
scalar!(f64, f64::EPSILON / 2.0);

//! Narrow numbers to a register's: bf16, f16 and integers of eight bits, two or four registers of them at a time.
//!
//! Widening is exact. The methods here serve every instruction set, by way of an array; where a set has instructions for it,
//! they stand in its own folder. Of f64 no instance is ever called.

use crate::Scalar;
use crate::simd::vector::Simd;

/// 2^-112: what moves the exponent of an f16, shifted to the place of an f32's, by the difference of their biases.
const F16_BIAS: f32 = f32::from_bits((127 + 112) << 23);

/// What integers are widened to a multiple of. They are read as the upper quarters of integers of 32 bits, which takes one or
/// two instructions for each register; the factor is a power of two, so it changes no bit but that of an exponent.
pub(crate) const INT8_UNIT: f64 = (1 << 24) as f64;

/// The f32 of a bf16, which is its upper half.
#[inline(always)]
pub(crate) fn from_bf16(bits: u16) -> f32 {
    f32::from_bits(u32::from(bits) << 16)
}

/// The f32 of a finite f16.
#[inline(always)]
pub(crate) fn from_f16(bits: u16) -> f32 {
    let magnitude = f32::from_bits(u32::from(bits & 0x7fff) << 13) * F16_BIAS;
    f32::from_bits(magnitude.to_bits() | u32::from(bits & 0x8000) << 16)
}

/// Registers from a unit, as many narrow numbers as two registers have lanes, or from two units.
///
/// # Safety
/// As the methods of [`Simd`]; `from` covers the units.
pub(crate) trait Widen<T: Scalar>: Simd<T> {
    /// A unit of bf16 in pairs: one for the first register, one for the second. Read as integers of 32 bits, the first are moved up
    /// and the second stripped of the first, an instruction each.
    #[inline(always)]
    unsafe fn bf16(from: *const u16) -> [Self; 2] {
        // SAFETY: 2 * LANES numbers, the contract.
        unsafe { [0, 1].map(|register| lanes::<T, Self>(|lane| from_bf16(*from.add(2 * lane + register)))) }
    }

    /// A unit of f16, one register after the other; none infinite, none NaN.
    #[inline(always)]
    unsafe fn f16(from: *const u16) -> [Self; 2] {
        // SAFETY: 2 * LANES numbers, the contract.
        unsafe { [0, Self::LANES].map(|first| lanes::<T, Self>(|lane| from_f16(*from.add(first + lane)))) }
    }

    /// A unit of integers, one register after the other, times [`INT8_UNIT`].
    #[inline(always)]
    unsafe fn int8(from: *const i8) -> [Self; 2] {
        // SAFETY: 2 * LANES numbers, the contract.
        unsafe { [0, Self::LANES].map(|first| lanes::<T, Self>(|lane| in_units(*from.add(first + lane)))) }
    }

    /// Two units of integers in fours, one for each register, times [`INT8_UNIT`]. The three bytes before `from` may be read, too.
    #[inline(always)]
    unsafe fn int8_fours(from: *const i8) -> [Self; 4] {
        // SAFETY: 4 * LANES numbers, the contract.
        unsafe { [0, 1, 2, 3].map(|register| lanes::<T, Self>(|lane| in_units(*from.add(4 * lane + register)))) }
    }
}

#[inline(always)]
fn in_units(integer: i8) -> f32 {
    f32::from(integer) * INT8_UNIT as f32
}

/// A register by its lanes.
///
/// Safety: the CPU has the instructions of V.
#[inline(always)]
unsafe fn lanes<T: Scalar, V: Simd<T>>(number: impl Fn(usize) -> f32) -> V {
    let mut all = [T::ZERO; 16]; // LANES <= 16
    for (lane, x) in all[..V::LANES].iter_mut().enumerate() {
        *x = T::from_f64(f64::from(number(lane)));
    }
    // SAFETY: the buffer holds LANES elements.
    unsafe { V::load(all.as_ptr()) }
}

//! Logarithms: `ln` of one number, and softplus, a logarithm of 1 and something.

use crate::Scalar;
use crate::simd::vector::Simd;

use super::exp::exp;

/// The natural logarithm in f64, within 2 ulp.
///
/// `x = 2^e * m` with m in [sqrt(1/2), sqrt(2)), then `ln m = 2 atanh(s)` with `s = (m - 1) / (m + 1)`, as its Taylor
/// series: |s| <= 0.1716, so eleven terms leave less than 2^-57 of the result.
#[inline]
pub fn ln(x: f64) -> f64 {
    if !x.is_finite() || x <= 0.0 {
        return if x == 0.0 {
            f64::NEG_INFINITY
        } else if x == f64::INFINITY {
            x
        } else {
            f64::NAN
        };
    }
    // A subnormal is scaled up by 2^54 first.
    let (x, scale) = if x < f64::MIN_POSITIVE { (x * 18_014_398_509_481_984.0, -54) } else { (x, 0) };
    let bits = x.to_bits();
    // Adding 0x3fff... - sqrt(1/2) to the exponent field rounds m into [sqrt(1/2), sqrt(2)).
    let shifted = bits.wrapping_sub(std::f64::consts::FRAC_1_SQRT_2.to_bits());
    let exponent = (shifted as i64) >> 52;
    let m = f64::from_bits(bits.wrapping_sub((exponent as u64) << 52));
    let s = (m - 1.0) / (m + 1.0);
    let z = s * s;
    let mut tail = 0.0;
    for odd in [23.0, 21.0, 19.0, 17.0, 15.0, 13.0, 11.0, 9.0, 7.0, 5.0, 3.0] {
        tail = tail * z + 1.0 / odd;
    }
    let e = (exponent + scale) as f64;
    // ln 2 in two pieces: e * LN2_HIGH is exact.
    const LN2_HIGH: f64 = 0.693_147_180_369_123_8;
    const LN2_LOW: f64 = 1.908_214_929_270_587_7e-10;
    e * LN2_HIGH + (2.0 * s + (2.0 * s * z * tail + e * LN2_LOW))
}

/// Where softplus ends: beyond it PyTorch takes `ln(1 + e^x)` to be x, which is off by 2e-9 there, and we with it.
pub(crate) const SOFTPLUS_END: f64 = 20.0;

/// 1/3, 1/5, ... 1/33, the last one first.
const ODD_INVERSES: [f64; 16] = {
    let mut table = [0.0; 16];
    let mut i = 0;
    while i < 16 {
        table[i] = 1.0 / (33 - 2 * i) as f64;
        i += 1;
    }
    table
};

/// `ln(1 + e^x) = max(x, 0) + ln(1 + e^-|x|)`, within 3 ulp in f32 and 4 in f64; x itself beyond [`SOFTPLUS_END`].
///
/// `ln(1 + p) = 2 atanh(s)` with `s = p / (2 + p)`, at most 1/3, as its Taylor series: nothing is lost where p is small.
///
/// Safety: the CPU has the instructions of `V`.
#[inline(always)]
pub(crate) unsafe fn softplus<T: Scalar, V: Simd<T>>(x: V) -> V {
    // SAFETY: register arithmetic.
    unsafe {
        let zero = V::splat(T::ZERO);
        let p = exp(zero.sub(x.abs()));
        let s = p.div(p.add(V::constant(2.0)));
        let z = s.mul(s);
        let tail = super::polynomial::polynomial(&ODD_INVERSES[ODD_INVERSES.len() - T::ATANH_TERMS..], z);
        let twice = s.add(s);
        let sum = x.at_least(zero).add(twice.mul(z).mul_add(tail, twice));
        // The difference has a sign bit where x lies beyond, and NaN may go either way.
        V::constant(SOFTPLUS_END).sub(x).if_negative(x, sum)
    }
}

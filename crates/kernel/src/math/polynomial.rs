//! Polynomials of one register.

use crate::Scalar;
use crate::simd::vector::Simd;

/// `c[0] x^(n-1) + ... + c[n-1]`, by Horner's rule.
///
/// Safety: the CPU has the instructions of `V`.
#[cfg_attr(unoptimised, inline(never))]
#[cfg_attr(not(unoptimised), inline(always))]
pub(super) unsafe fn polynomial<T: Scalar, V: Simd<T>>(coefficients: &'static [f64], x: V) -> V {
    // SAFETY: register arithmetic.
    unsafe {
        let mut sum = V::constant(coefficients[0]);
        for &c in &coefficients[1..] {
            sum = sum.mul_add(x, V::constant(c));
        }
        sum
    }
}

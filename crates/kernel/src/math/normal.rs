//! The normal distribution, for GELU: with phi its density and Phi what lies below,
//! `gelu(x) = x Phi(x)` and `gelu'(x) = Phi(x) + x phi(x)`.
//!
//! Nothing here is 1 minus something near 1, so the left tail keeps its digits. With y = |x|, what lies beyond y is
//! `phi(y) m(y)`, m being Mills' ratio, which falls from sqrt(pi / 2) at 0 like 1 / y and is approximated as such:
//! `(y + 5) m(y)` is a polynomial in `t = (y - 5) / (y + 5)`, as Shepherd and Laframboise do it for erfc ("Chebyshev
//! approximation of (1 + 2x) exp(x^2) erfc x in 0 <= x < infinity", 1981). The coefficients are those of the Chebyshev
//! interpolant, computed with 60 digits (mpmath's `chebyfit`).

use crate::Scalar;
use crate::simd::vector::Simd;

use super::exp::{gated, gated_slope, times_exp};
use super::polynomial::polynomial;

/// 1 / sqrt(2 pi)
const DENSITY_AT_0: f64 = 0.398_942_280_401_432_7;

/// `c phi(y)` for 0 <= y <= `NORMAL_MAX`. y^2 in one number would be off by up to half an ulp of 700, and its power by
/// as much: y is cut into `h`, whose square is exact, and a rest, `y^2 = h^2 + (y - h)(y + h)`.
///
/// Safety: the CPU has the instructions of `V`; so for all below.
#[inline(always)]
unsafe fn times_density<T: Scalar, V: Simd<T>>(c: V, y: V) -> V {
    // SAFETY: register arithmetic.
    unsafe {
        let minus_half = V::constant(-0.5);
        let round = V::constant(T::ROUND * T::SQUARE_GRAIN);
        let h = y.add(round).sub(round);
        let rest = y.sub(h).mul(y.add(h)).mul(minus_half);
        times_exp(c.mul(V::constant(DENSITY_AT_0)), h.mul(h).mul(minus_half), rest)
    }
}

/// Mills' ratio, what lies beyond y over the density at y, for 0 <= y <= `NORMAL_MAX`.
#[inline(always)]
unsafe fn mills<T: Scalar, V: Simd<T>>(y: V) -> V {
    // SAFETY: register arithmetic.
    unsafe {
        let five = V::constant(5.0);
        let sum = y.add(five);
        polynomial(T::MILLS, y.sub(five).div(sum)).div(sum)
    }
}

/// `x Phi(x) = max(x, 0) - y phi(y) m(y)` with y = |x|, within 7 ulp, and its limit 0 at negative infinity.
#[inline(always)]
pub(crate) unsafe fn gelu<T: Scalar, V: Simd<T>>(x: V) -> V {
    // SAFETY: register arithmetic.
    unsafe {
        let y = x.abs().at_most(V::constant(T::NORMAL_MAX));
        x.at_least(V::splat(T::ZERO)).sub(times_density(y.mul(mills(y)), y))
    }
}

/// `Phi(x) + x phi(x)`: with `q = phi(y) (m(y) - y)` it is q for negative x, 1 - q for others. Within 7 ulp, of 0.25 at
/// least between -3 and 0, where it crosses 0.
#[inline(always)]
pub(crate) unsafe fn gelu_slope<T: Scalar, V: Simd<T>>(x: V) -> V {
    // SAFETY: register arithmetic.
    unsafe {
        let y = x.abs().at_most(V::constant(T::NORMAL_MAX));
        let q = times_density(mills(y).sub(y), y);
        x.if_negative(q, V::splat(T::ONE).sub(q))
    }
}

/// The tanh form's `2 u(x) = x (A + B x^2)`: A is `2 sqrt(2 / pi)`, B is 0.044715 A.
const TANH_FORM: [f64; 2] = [1.595_769_121_605_730_8, 0.071_354_816_272_600_25];

/// `x (1 + tanh u) / 2 = x sigmoid(2u)` with `u = sqrt(2 / pi) (x + 0.044715 x^3)`: Hendrycks and Gimpel, "Gaussian error
/// linear units", 2016. Within 4 ulp from 0 up; below, the power of the rounded 2u loses as much as 2u has: within
/// `4 + 4 |2u|` of them. Its limit 0 at negative infinity.
#[inline(always)]
pub(crate) unsafe fn gelu_tanh<T: Scalar, V: Simd<T>>(x: V) -> V {
    // SAFETY: register arithmetic.
    unsafe {
        let y = x.abs().at_most(V::constant(T::NORMAL_MAX)).copysign(x);
        let twice_u = y.mul(y.mul(y).mul_add(V::constant(TANH_FORM[1]), V::constant(TANH_FORM[0])));
        gated(x, twice_u)
    }
}

/// `s + x s (1 - s) 2u'` with `s = sigmoid(2u)`; errors as [`gelu_tanh`]'s, of 0.25 at least between -3 and 0.
#[inline(always)]
pub(crate) unsafe fn gelu_tanh_slope<T: Scalar, V: Simd<T>>(x: V) -> V {
    // SAFETY: register arithmetic.
    unsafe {
        let x = x.abs().at_most(V::constant(T::NORMAL_MAX)).copysign(x);
        let (square, [a, b]) = (x.mul(x), TANH_FORM);
        let twice_u = x.mul(square.mul_add(V::constant(b), V::constant(a)));
        let slope_of_it = square.mul_add(V::constant(3.0 * b), V::constant(a));
        gated_slope(twice_u, x.mul(slope_of_it))
    }
}

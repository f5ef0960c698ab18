//! Exponentials and what is made of them alone: `exp`, `expm1`, sigmoid, tanh, SiLU.

use crate::Scalar;
use crate::simd::vector::Simd;

/// 1/0!, 1/1!, ... 1/13!
const INVERSE_FACTORIALS: [f64; 14] = {
    let mut table = [1.0; 14];
    let mut i = 1;
    let mut factorial = 1.0; // 13! < 2^53: exact
    while i < 14 {
        factorial *= i as f64;
        table[i] = 1.0 / factorial;
        i += 1;
    }
    table
};

/// `x = n ln 2 + r` with integral n and |r| <= ln 2 / 2; returns (n, e^r - 1).
///
/// Safety: the CPU has the instructions of `V`, for this and the functions below.
#[inline(always)]
unsafe fn reduce<T: Scalar, V: Simd<T>>(x: V) -> (V, V) {
    // SAFETY: register arithmetic.
    unsafe {
        let round = V::constant(T::ROUND);
        let n = x.mul_add(V::constant(std::f64::consts::LOG2_E), round).sub(round);
        let r = n.mul_add(V::constant(-T::LN2[1]), n.mul_add(V::constant(-T::LN2[0]), x));
        (n, series(r))
    }
}

/// e^r - 1 = r + r^2 (1/2 + r/6 + ...) for |r| <= ln 2 / 2.
#[inline(always)]
unsafe fn series<T: Scalar, V: Simd<T>>(r: V) -> V {
    // SAFETY: register arithmetic.
    unsafe {
        let mut tail = V::constant(INVERSE_FACTORIALS[T::EXP_TERMS - 1]);
        for i in (2..T::EXP_TERMS - 1).rev() {
            tail = tail.mul_add(r, V::constant(INVERSE_FACTORIALS[i]));
        }
        r.mul(r).mul_add(tail, r)
    }
}

/// 2^n for integral n within the exponents of normal numbers: the integer is put into the exponent field.
#[inline(always)]
unsafe fn exp2_integer<T: Scalar, V: Simd<T>>(n: V) -> V {
    // SAFETY: register arithmetic.
    unsafe { n.add(V::constant(T::ROUND + T::BIAS)).shl_mantissa() }
}

#[inline(always)]
pub(crate) unsafe fn exp<T: Scalar, V: Simd<T>>(x: V) -> V {
    // SAFETY: register arithmetic.
    unsafe {
        let (n, m1) = reduce(x.at_least(V::constant(T::EXP_RANGE[0])).at_most(V::constant(T::EXP_RANGE[1])));
        // 2^n in two factors, for n may reach past the normal exponents at both ends.
        let round = V::constant(T::ROUND);
        let half = n.mul_add(V::constant(0.5), round).sub(round);
        m1.add(V::constant(1.0)).mul(exp2_integer(half)).mul(exp2_integer(n.sub(half)))
    }
}

/// 1 / (1 + e^-x), as e^x / (1 + e^x) for negative x, where e^-x would overflow before the result underflows.
#[inline(always)]
pub(crate) unsafe fn sigmoid<T: Scalar, V: Simd<T>>(x: V) -> V {
    // SAFETY: register arithmetic.
    unsafe {
        let one = V::splat(T::ONE);
        let power = exp(V::splat(T::ZERO).sub(x.abs()));
        x.if_negative(power, one).div(one.add(power))
    }
}

/// (e^2|x| - 1) / (e^2|x| - 1 + 2), with the sign of x. `e^y - 1` is `2^n (e^r - 1) + (2^n - 1)`, which loses nothing
/// for small y, where n is 0.
#[inline(always)]
pub(crate) unsafe fn tanh<T: Scalar, V: Simd<T>>(x: V) -> V {
    // SAFETY: register arithmetic.
    unsafe {
        let y = x.abs().at_most(V::constant(T::TANH_MAX));
        let (n, m1) = reduce(y.add(y));
        let power = exp2_integer(n);
        let m1 = power.mul_add(m1, power.sub(V::constant(1.0)));
        m1.div(m1.add(V::constant(2.0))).copysign(x)
    }
}

/// e^x - 1 for x <= 0, within 2 ulp; of positive x anything. Beyond -20, or -40 in f64, -1 is the nearest number.
///
/// Safety: the CPU has the instructions of `V`; so for all below.
#[inline(always)]
pub(crate) unsafe fn expm1_of_negative<T: Scalar, V: Simd<T>>(x: V) -> V {
    // SAFETY: register arithmetic.
    unsafe {
        let (n, m1) = reduce(x.at_least(V::constant(-2.0 * T::TANH_MAX)));
        let power = exp2_integer(n);
        power.mul_add(m1, power.sub(V::constant(1.0)))
    }
}

/// `c * e^(x + tail)`, x and tail together at most 0 and tail the smaller by far. The factor comes before the power of 2
/// does, so that a result too small for the normal numbers is rounded once.
#[inline(always)]
pub(super) unsafe fn times_exp<T: Scalar, V: Simd<T>>(c: V, x: V, tail: V) -> V {
    // SAFETY: register arithmetic.
    unsafe {
        let round = V::constant(T::ROUND);
        let n = x.add(tail).mul_add(V::constant(std::f64::consts::LOG2_E), round).sub(round);
        let r = n.mul_add(V::constant(-T::LN2[1]), n.mul_add(V::constant(-T::LN2[0]), x)).add(tail);
        let half = n.mul_add(V::constant(0.5), round).sub(round);
        series(r).mul_add(c, c).mul(exp2_integer(half)).mul(exp2_integer(n.sub(half)))
    }
}

/// `x sigmoid(w)`, and its limit 0 where w is negative infinity.
#[inline(always)]
pub(super) unsafe fn gated<T: Scalar, V: Simd<T>>(x: V, w: V) -> V {
    // SAFETY: register arithmetic.
    unsafe {
        let (zero, one) = (V::splat(T::ZERO), V::splat(T::ONE));
        // A quarter beyond it, nothing is left of a power multiplied with its exponent, and 2^n is in reach of two factors.
        let end = V::constant(1.25 * T::EXP_RANGE[0]);
        let power = zero.sub(w.abs()).at_least(end);
        let above = one.add(times_exp(one, power, zero));
        w.if_negative(times_exp(x.at_least(end), power, zero), x).div(above)
    }
}

/// The slope of `x sigmoid(w)`, `s + x w' s (1 - s)`, from w and `x w'`. With p = e^-|w|, s and 1 - s are p / (1 + p) and
/// 1 / (1 + p), or the other way round: neither comes of a subtraction.
#[inline(always)]
pub(super) unsafe fn gated_slope<T: Scalar, V: Simd<T>>(w: V, x_times_dw: V) -> V {
    // SAFETY: register arithmetic.
    unsafe {
        let (zero, one) = (V::splat(T::ZERO), V::splat(T::ONE));
        let end = V::constant(1.25 * T::EXP_RANGE[0]);
        let power = zero.sub(w.abs()).at_least(end);
        let p = times_exp(one, power, zero);
        let q = one.div(one.add(p));
        let below = times_exp(q.mul(x_times_dw.mul_add(q, one)), power, zero);
        w.if_negative(below, q.mul(x_times_dw.mul_add(p.mul(q), one)))
    }
}

/// `x sigmoid(x)`, within 3 ulp in f32 and 4 in f64.
#[inline(always)]
pub(crate) unsafe fn silu<T: Scalar, V: Simd<T>>(x: V) -> V {
    // SAFETY: register arithmetic.
    unsafe { gated(x, x) }
}

/// `s (1 + x (1 - s))` with `s = sigmoid(x)`, within 5 ulp, of 0.25 at least between -3 and 0, where it crosses 0.
#[inline(always)]
pub(crate) unsafe fn silu_slope<T: Scalar, V: Simd<T>>(x: V) -> V {
    // SAFETY: register arithmetic.
    unsafe {
        // Where p is 0, x must not be infinite.
        let finite = x.abs().at_most(V::constant(-1.25 * T::EXP_RANGE[0])).copysign(x);
        gated_slope(x, finite)
    }
}

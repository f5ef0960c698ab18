//! Elementary functions that give the same bits on every platform: `exp`, `sigmoid` and `tanh` over slices, in
//! vectors, and `ln` of one number.
//!
//! The platform's own are not used: they differ from one C library to the next, and would carry that difference into
//! every trained model.

use crate::Scalar;
use crate::simd::Simd;

/// A function that [`map`] applies to every element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Function {
    Exp,
    Sigmoid,
    Tanh,
}

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

/// Replaces every value by its function.
///
/// Safety: the CPU has the instructions of `V`.
#[inline(always)]
pub(crate) unsafe fn map<T: Scalar, V: Simd<T>>(function: Function, values: &mut [T]) {
    // SAFETY: the caller's promise is passed on.
    unsafe {
        match function {
            Function::Exp => each::<T, V, Exp>(values),
            Function::Sigmoid => each::<T, V, Sigmoid>(values),
            Function::Tanh => each::<T, V, Tanh>(values),
        }
    }
}

/// A function of one register. A type, not a closure: a closure is compiled without the instruction set that its
/// surroundings switch on, and each instruction in it becomes a call (45 us instead of 1.3 for `exp` of 4,096 f32 on AVX2).
trait Elementwise {
    /// Safety: as [`map`].
    unsafe fn apply<T: Scalar, V: Simd<T>>(x: V) -> V;
}
struct Exp;
struct Sigmoid;
struct Tanh;

impl Elementwise for Exp {
    #[inline(always)]
    unsafe fn apply<T: Scalar, V: Simd<T>>(x: V) -> V {
        // SAFETY: the caller's promise is passed on.
        unsafe { exp(x) }
    }
}
impl Elementwise for Sigmoid {
    #[inline(always)]
    unsafe fn apply<T: Scalar, V: Simd<T>>(x: V) -> V {
        // SAFETY: the caller's promise is passed on.
        unsafe { sigmoid(x) }
    }
}
impl Elementwise for Tanh {
    #[inline(always)]
    unsafe fn apply<T: Scalar, V: Simd<T>>(x: V) -> V {
        // SAFETY: the caller's promise is passed on.
        unsafe { tanh(x) }
    }
}

/// Safety: as [`map`].
#[inline(always)]
unsafe fn each<T: Scalar, V: Simd<T>, F: Elementwise>(values: &mut [T]) {
    let whole = values.len() / V::LANES * V::LANES;
    let p = values.as_mut_ptr();
    // SAFETY: `i` and the masked rest stay below values.len().
    unsafe {
        let mut i = 0;
        while i < whole {
            F::apply::<T, V>(V::load(p.add(i))).store(p.add(i));
            i += V::LANES;
        }
        if whole < values.len() {
            let mask = V::first(values.len() - whole);
            F::apply::<T, V>(V::load_masked(p.add(whole), mask)).store_masked(p.add(whole), mask);
        }
    }
}

/// `x = n ln 2 + r` with integral n and |r| <= ln 2 / 2; answers (n, e^r - 1).
///
/// Safety: as [`map`], for this and the functions below.
#[inline(always)]
unsafe fn reduce<T: Scalar, V: Simd<T>>(x: V) -> (V, V) {
    // SAFETY: register arithmetic.
    unsafe {
        let round = V::constant(T::ROUND);
        let n = x.mul_add(V::constant(std::f64::consts::LOG2_E), round).sub(round);
        let r = n.mul_add(V::constant(-T::LN2[1]), n.mul_add(V::constant(-T::LN2[0]), x));
        // e^r - 1 = r + r^2 (1/2 + r/6 + ...)
        let mut tail = V::constant(INVERSE_FACTORIALS[T::EXP_TERMS - 1]);
        for i in (2..T::EXP_TERMS - 1).rev() {
            tail = tail.mul_add(r, V::constant(INVERSE_FACTORIALS[i]));
        }
        (n, r.mul(r).mul_add(tail, r))
    }
}

/// 2^n for integral n within the exponents of normal numbers: the integer is put into the exponent field.
#[inline(always)]
unsafe fn exp2_integer<T: Scalar, V: Simd<T>>(n: V) -> V {
    // SAFETY: register arithmetic.
    unsafe { n.add(V::constant(T::ROUND + T::BIAS)).shl_mantissa() }
}

#[inline(always)]
unsafe fn exp<T: Scalar, V: Simd<T>>(x: V) -> V {
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

/// The natural logarithm in f64, within 2 ulp.
///
/// `x = 2^e * m` with m in [sqrt(1/2), sqrt(2)), then `ln m = 2 atanh(s)` with `s = (m - 1) / (m + 1)`, as its Taylor
/// series: |s| <= 0.1716, so eleven terms leave less than 2^-57 of the result.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Kernel;

    /// The distance between two f32 in steps of the grid, signs included.
    fn ulps(a: f32, b: f64) -> f64 {
        let want = b as f32;
        if a == want || (a.is_nan() && want.is_nan()) {
            return 0.0;
        }
        let below = want.abs().clamp(f32::MIN_POSITIVE, f32::MAX.next_down());
        (f64::from(a) - b).abs() / f64::from(below.next_up() - below)
    }

    /// Every 1,021st f32, both signs, infinities and NaN among them.
    fn sample_f32() -> Vec<f32> {
        let specials = [0.0, -0.0, f32::INFINITY, f32::NEG_INFINITY, f32::NAN, f32::MIN_POSITIVE, 1.0, -1.0];
        (0..=u32::MAX).step_by(1021).map(f32::from_bits).chain(specials).collect()
    }

    fn true_sigmoid(x: f64) -> f64 {
        let power = (-x.abs()).exp();
        if x < 0.0 { power / (1.0 + power) } else { 1.0 / (1.0 + power) }
    }

    fn worst_f32(kernel: &Kernel<f32>, f: fn(&Kernel<f32>, &mut [f32]), truth: fn(f64) -> f64) -> (f64, f32) {
        let inputs = sample_f32();
        let mut outputs = inputs.clone();
        f(kernel, &mut outputs);
        let error = |(x, y): (&f32, &f32)| (ulps(*y, truth(f64::from(*x))), *x);
        inputs.iter().zip(&outputs).map(error).fold((0.0, 0.0), |a, b| if b.0 > a.0 { b } else { a })
    }

    fn worst_f64(kernel: &Kernel<f64>, f: fn(&Kernel<f64>, &mut [f64]), truth: fn(f64) -> f64) -> (f64, f64) {
        let inputs: Vec<f64> = (-80_000..80_000).map(|i| f64::from(i) * 0.009_1 / (1.0 + f64::from(i % 97))).collect();
        let mut outputs = inputs.clone();
        f(kernel, &mut outputs);
        let error = |(x, y): (&f64, &f64)| {
            let want = truth(*x);
            ((y - want).abs() / (f64::EPSILON * want.abs().max(f64::MIN_POSITIVE)), *x)
        };
        inputs.iter().zip(&outputs).map(error).fold((0.0, 0.0), |a, b| if b.0 > a.0 { b } else { a })
    }

    #[test]
    fn vector_functions_stay_within_their_stated_error() {
        for kernel in Kernel::<f32>::all().iter().filter(|k| k.is_available()) {
            for (name, f, truth, bound) in [
                ("exp", Kernel::exp as fn(&_, &mut [_]), f64::exp as fn(f64) -> f64, 1.5),
                ("sigmoid", Kernel::sigmoid, true_sigmoid, 3.0),
                ("tanh", Kernel::tanh, f64::tanh, 3.0),
            ] {
                let (worst, at) = worst_f32(kernel, f, truth);
                println!("{}: {name} is off by {worst:.2} ulp at most, at {at:e}", kernel.name());
                assert!(worst <= bound, "{}: {name}({at:e}) is off by {worst} ulp", kernel.name());
            }
        }
        for kernel in Kernel::<f64>::all().iter().filter(|k| k.is_available()) {
            for (name, f, truth, bound) in [
                ("exp", Kernel::exp as fn(&_, &mut [_]), f64::exp as fn(f64) -> f64, 2.0),
                ("sigmoid", Kernel::sigmoid, true_sigmoid, 4.0),
                ("tanh", Kernel::tanh, f64::tanh, 4.0),
            ] {
                let (worst, at) = worst_f64(kernel, f, truth);
                println!("{}: {name} is off by {worst:.2} epsilon at most, at {at:e}", kernel.name());
                assert!(worst <= bound, "{}: {name}({at:e}) is off by {worst} epsilon", kernel.name());
            }
        }
    }

    #[test]
    fn ln_agrees_with_the_platform_over_the_whole_range() {
        let mut x = f64::from_bits(1);
        while x < f64::MAX / 1.01 {
            let (got, want) = (ln(x), x.ln());
            // Near 1 the result is small and the error is relative to it all the same.
            assert!((got - want).abs() <= 4.0 * f64::EPSILON * want.abs(), "ln({x:e}) = {got:e}, not {want:e}");
            x *= 1.01;
            if x.is_subnormal() {
                x += f64::from_bits(7);
            }
        }
        for x in [0.9, 0.99, 0.999_999, 1.000_001, 1.01, 1.1] {
            let (got, want) = (ln(x), f64::ln(x));
            assert!((got - want).abs() <= 4.0 * f64::EPSILON * want.abs(), "ln({x}) = {got:e}, not {want:e}");
        }
    }

    #[test]
    fn ln_of_the_specials() {
        assert_eq!(ln(1.0), 0.0);
        assert_eq!(ln(0.0), f64::NEG_INFINITY);
        assert_eq!(ln(f64::INFINITY), f64::INFINITY);
        assert!(ln(-1.0).is_nan());
        assert!(ln(f64::NAN).is_nan());
    }
}

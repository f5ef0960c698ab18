//! Elementary functions that give the same bits on every platform: exponentials (`exp.rs`), logarithms (`log.rs`) and
//! the normal distribution (`normal.rs`), of one register at a time, and `ln` of one number.
//!
//! The platform's own are not used: they differ from one C library to the next, and would carry that difference into
//! every trained model. Errors are stated for AVX2 and AVX-512; without fused multiply-add they are up to twice as large.

pub(crate) mod constants;
mod exp;
mod log;
mod normal;
mod polynomial;

pub use log::ln;

pub(crate) use exp::{exp, expm1_of_negative, sigmoid, silu, silu_slope, tanh};
pub(crate) use log::{SOFTPLUS_END, softplus};
pub(crate) use normal::{gelu, gelu_slope, gelu_tanh, gelu_tanh_slope};

use crate::Scalar;
use crate::simd::Simd;
use crate::simd::isa::{Isa, Op};

/// A function that [`map`] applies to every element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Function {
    Exp,
    Sigmoid,
    Tanh,
}

/// Replaces every value by its function.
pub(crate) struct Map<'a, T> {
    pub(crate) function: Function,
    pub(crate) values: &'a mut [T],
}

impl<T: Scalar> Op<T> for Map<'_, T> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<K: Isa<T>>(self) {
        // SAFETY: the CPU has the instructions of `K`, whose vectors these are.
        unsafe { map::<T, K::MapVector>(self.function, self.values) }
    }
}

/// Safety: the CPU has the instructions of `V`.
#[inline(always)]
unsafe fn map<T: Scalar, V: Simd<T>>(function: Function, values: &mut [T]) {
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
#[cfg_attr(unoptimised, inline(never))]
#[cfg_attr(not(unoptimised), inline(always))]
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

#[cfg(test)]
mod tests {
    use super::ln;
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

    /// What the truth is off by itself: Miri rounds the platform's functions at random.
    const TRUTH: f64 = if cfg!(miri) { 8.0 } else { 0.0 };

    /// Every 1,021st f32, both signs, infinities and NaN among them; fewer for Miri.
    fn sample_f32() -> Vec<f32> {
        let specials = [0.0, -0.0, f32::INFINITY, f32::NEG_INFINITY, f32::NAN, f32::MIN_POSITIVE, 1.0, -1.0];
        (0..=u32::MAX).step_by(if cfg!(miri) { 10_210_021 } else { 1021 }).map(f32::from_bits).chain(specials).collect()
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
        let inputs: Vec<f64> = (-80_000..80_000)
            .step_by(if cfg!(miri) { 997 } else { 1 })
            .map(|i| f64::from(i) * 0.009_1 / (1.0 + f64::from(i % 97)))
            .collect();
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
                assert!(worst <= bound + TRUTH, "{}: {name}({at:e}) is off by {worst} ulp", kernel.name());
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
                assert!(worst <= bound + TRUTH, "{}: {name}({at:e}) is off by {worst} epsilon", kernel.name());
            }
        }
    }

    #[test]
    fn ln_agrees_with_the_platform_over_the_whole_range() {
        let mut x = f64::from_bits(1);
        while x < f64::MAX / 1.01 {
            let (got, want) = (ln(x), x.ln());
            // Near 1 the result is small and the error is relative to it all the same.
            assert!(
                (got - want).abs() <= (4.0 + TRUTH) * f64::EPSILON * want.abs(),
                "ln({x:e}) = {got:e}, not {want:e}"
            );
            x *= if cfg!(miri) { 1e4 } else { 1.01 };
            if x.is_subnormal() {
                x += f64::from_bits(7);
            }
        }
        for x in [0.9, 0.99, 0.999_999, 1.000_001, 1.01, 1.1] {
            let (got, want) = (ln(x), f64::ln(x));
            assert!((got - want).abs() <= (4.0 + TRUTH) * f64::EPSILON * want.abs(), "ln({x}) = {got:e}, not {want:e}");
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

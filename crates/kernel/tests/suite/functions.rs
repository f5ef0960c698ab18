//! The errors that exp, sigmoid, tanh and ln are documented with, on every kernel that this CPU runs.

use chainrule_kernel::Kernel;
use chainrule_kernel::math::ln;

use crate::cases::for_each_kernel;

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
        assert!((got - want).abs() <= (4.0 + TRUTH) * f64::EPSILON * want.abs(), "ln({x:e}) = {got:e}, not {want:e}");
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

/// The loop itself is not optimised away: twice the rounds take longer, which `chainrule bench` shows.
#[test]
fn multiply_adds_are_counted_by_the_round() {
    for_each_kernel::<f32>(|kernel| {
        let one = kernel.multiply_adds(1);
        assert!(one > 0 && one.is_multiple_of(24), "{one}: two for each lane of twelve chains, {}", kernel.name());
        assert_eq!([0, 7].map(|rounds| kernel.multiply_adds(rounds)), [0, 7 * one]);
    });
}

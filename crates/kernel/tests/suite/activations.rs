//! Activations number by number: how far from the truth they are, over the whole range of either type, and what they make
//! of zeros, infinities and NaN.

use chainrule_kernel::{Activation, Kernel, MatMut, MatRef, Scalar};
use chainrule_naive as naive;

/// One activation, its naive twin, and what it may be off by, in units in the last place: the function in f32 and in f64,
/// then the derivative.
struct Case {
    name: &'static str,
    fast: Activation,
    slow: naive::Activation,
    value: [f64; 2],
    slope: [f64; 2],
}

macro_rules! cases {
    ($($name:literal $variant:ident $(($alpha:literal))?: $value:expr, $slope:expr;)*) => {
        [$(Case {
            name: $name,
            fast: Activation::$variant $(($alpha))?,
            slow: naive::Activation::$variant $(($alpha))?,
            value: $value,
            slope: $slope,
        }),*]
    };
}

const CASES: [Case; 8] = cases! {
    "elu" Elu(1.0): [2.0, 2.0], [2.0, 2.0];
    "selu" Selu: [3.0, 3.0], [3.0, 3.0];
    "gelu" Gelu: [7.0, 7.0], [7.0, 7.0];
    "gelu_tanh" GeluTanh: [4.0, 4.0], [6.0, 6.0];
    "silu" Silu: [3.0, 4.0], [5.0, 5.0];
    "softplus" Softplus: [3.0, 4.0], [5.0, 5.0];
    "softsign" Softsign: [1.6, 1.6], [4.0, 4.0];
    "hardsigmoid" HardSigmoid: [1.5, 1.5], [1.0, 1.0];
};

fn activated<T: Scalar>(kernel: &Kernel<T>, activation: Activation, z: &[T]) -> Vec<T> {
    let mut a = z.to_vec();
    kernel.activate(activation, MatMut::new(&mut a, 1, z.len()));
    a
}

/// The derivative at z, taken from what it is said to be taken from.
fn slopes<T: Scalar>(kernel: &Kernel<T>, activation: Activation, z: &[T]) -> Vec<T> {
    let of = if activation.derivative_needs_input() { z.to_vec() } else { activated(kernel, activation, z) };
    let mut d = vec![T::ONE; z.len()];
    kernel.derivative(activation, MatRef::new(&of, 1, z.len()), MatMut::new(&mut d, 1, z.len()), None);
    d
}

/// The size whose last place counts: of the result, but of a slope that crosses 0 not below what was subtracted there, and
/// of the power of a rounded argument as much more as that argument has.
fn slack(name: &str, is_slope: bool, z: f64, want: f64) -> f64 {
    let size = want.abs();
    let tail = |u: f64| 1.0 + u.abs().min(800.0);
    match (name, is_slope) {
        ("gelu" | "gelu_tanh" | "silu", true) if (-3.0..0.0).contains(&z) => size.max(0.25),
        ("gelu_tanh", _) if z < 0.0 => size * tail(2.0 * 0.797_884_56 * (z + 0.044715 * z * z * z)),
        // Just below the end of softplus, its output lies just beyond: the slope there is off by e^-20.
        ("softplus", true) if z == 20.0 => 1e8,
        _ => size,
    }
}

/// A number's distance from `want` in last places of a number of `size`.
fn off<T: Scalar>(got: T, want: f64, size: f64) -> f64 {
    let got = got.to_f64();
    if got == T::from_f64(want).to_f64() || (got.is_nan() && want.is_nan()) {
        return 0.0;
    }
    let least = if T::NAME == "f32" { f64::from(f32::MIN_POSITIVE) } else { f64::MIN_POSITIVE };
    let exponent = size.max(least).log2().floor();
    // 2^exponent is the size of 1.something; a last place of it is twice the roundoff.
    (got - want).abs() / (2.0 * T::UNIT_ROUNDOFF.to_f64() * exponent.exp2())
}

fn worst<T: Scalar>(got: &[T], points: &[(f64, f64)], name: &str, is_slope: bool) -> (f64, f64) {
    let error = |(got, &(z, want)): (&T, &(f64, f64))| (off(*got, want, slack(name, is_slope, z, want)), z);
    got.iter().zip(points).map(error).fold((0.0, 0.0), |a, b| if b.0 > a.0 { b } else { a })
}

/// Without fused multiply-add every step rounds twice.
fn allowance<T: Scalar>(kernel: &Kernel<T>) -> f64 {
    if kernel.name().ends_with("portable") { 2.0 } else { 1.0 }
}

fn assert_near<T: Scalar>(case: &Case, points: &[(f64, f64)], is_slope: bool) {
    let z: Vec<T> = points.iter().map(|(z, _)| T::from_f64(*z)).collect();
    let bounds = if is_slope { case.slope } else { case.value };
    let bound = bounds[usize::from(T::NAME == "f64")];
    for kernel in Kernel::<T>::all().iter().filter(|kernel| kernel.is_available()) {
        let got = if is_slope { slopes(kernel, case.fast, &z) } else { activated(kernel, case.fast, &z) };
        let (worst, at) = worst(&got, points, case.name, is_slope);
        let what = if is_slope { "the slope of " } else { "" };
        println!("{}: {what}{} is off by {worst:.2} ulp at most, at {at:e}", kernel.name(), case.name);
        assert!(worst <= bound * allowance(kernel), "{}: {what}{}({at:e}), {worst} ulp", kernel.name(), case.name);
    }
}

/// `scripts/activation-truth` made it: a name, z, f(z), f'(z).
const TRUTH: &str = include_str!("../data/activations.txt");

#[test]
fn every_function_and_slope_stays_within_its_stated_error_of_the_truth() {
    for case in &CASES {
        let lines = TRUTH.lines().map(|line| line.split(' ').collect::<Vec<_>>()).filter(|line| line[0] == case.name);
        let rows: Vec<[f64; 3]> = lines.map(|line| [1, 2, 3].map(|at| line[at].parse().unwrap())).collect();
        assert!(rows.len() > 100, "{}", case.name);
        for (is_slope, column) in [(false, 1), (true, 2)] {
            let points: Vec<(f64, f64)> = rows.iter().map(|row| (row[0], row[column])).collect();
            assert_near::<f32>(case, &points, is_slope);
            assert_near::<f64>(case, &points, is_slope);
        }
    }
}

#[test]
fn over_the_whole_range_of_f32_they_stay_within_it_of_the_naive_ones_in_f64() {
    let z: Vec<f64> = (0..=u32::MAX).step_by(4099).map(|bits| f64::from(f32::from_bits(bits))).collect();
    let ones = vec![1.0; z.len()];
    for case in &CASES {
        let pair = |truth: Vec<f64>| z.iter().copied().zip(truth).collect::<Vec<_>>();
        assert_near::<f32>(case, &pair(case.slow.forward(&z)), false);
        assert_near::<f32>(case, &pair(case.slow.backward(&z, &ones)), true);
    }
}

fn limits<T: Scalar>() {
    let [nan, infinity] = [f64::NAN, f64::INFINITY].map(T::from_f64);
    for kernel in Kernel::<T>::all().iter().filter(|kernel| kernel.is_available()) {
        for case in &CASES {
            let context = format!("{} {}", kernel.name(), case.name);
            let values = activated(kernel, case.fast, &[nan, infinity, -infinity, T::ZERO, -T::ZERO]);
            let slopes = slopes(kernel, case.fast, &[nan, infinity, -infinity]);
            assert!(values[0].to_f64().is_nan(), "{context} hides NaN");
            let (top, bottom) = match case.name {
                "elu" => (infinity, -T::ONE),
                "selu" => (infinity, T::from_f64(-1.050_700_987_355_480_5 * 1.673_263_242_354_377_2)),
                "softsign" => (T::ONE, -T::ONE),
                "hardsigmoid" => (T::ONE, T::ZERO),
                _ => (infinity, T::ZERO),
            };
            assert_eq!(values[1..3], [top, bottom], "{context}");
            let at_0 = match case.name {
                "softplus" => T::from_f64(std::f64::consts::LN_2),
                "hardsigmoid" => T::from_f64(0.5),
                _ => T::ZERO,
            };
            assert_eq!(values[3..], [at_0; 2], "{context}");
            let slope_above = match case.name {
                "selu" => T::from_f64(1.050_700_987_355_480_5),
                "softsign" | "hardsigmoid" => T::ZERO,
                _ => T::ONE,
            };
            assert_eq!(slopes[1..], [slope_above, T::ZERO], "{context}");
            // What is flat on both sides stops a gradient whatever z was.
            assert!(case.name == "hardsigmoid" || slopes[0].to_f64().is_nan(), "{context} hides NaN in its slope");
        }
    }
}

#[test]
fn limits_are_reached_and_nan_stays_nan() {
    limits::<f32>();
    limits::<f64>();
}

#[test]
fn alpha_scales_the_left_of_elu_alone() {
    let kernel = Kernel::<f64>::selected().unwrap();
    let z = [-3.0, -0.5, 0.5, 2.0];
    let (one, half) = (activated(kernel, Activation::Elu(1.0), &z), activated(kernel, Activation::Elu(0.5), &z));
    assert_eq!(half, [0.5 * one[0], 0.5 * one[1], 0.5, 2.0]);
    let (one, half) = (slopes(kernel, Activation::Elu(1.0), &z), slopes(kernel, Activation::Elu(0.5), &z));
    assert_eq!(half, [0.5 * one[0], 0.5 * one[1], 1.0, 1.0]);
}

#[test]
fn a_flat_hard_sigmoid_stops_even_an_infinite_gradient() {
    for kernel in Kernel::<f32>::all().iter().filter(|kernel| kernel.is_available()) {
        let mut d = [f32::INFINITY; 3];
        kernel.derivative(
            Activation::HardSigmoid,
            MatRef::new(&[0.0, 0.5, 1.0], 1, 3),
            MatMut::new(&mut d, 1, 3),
            None,
        );
        assert_eq!(d, [0.0, f32::INFINITY, 0.0], "{}", kernel.name());
    }
}

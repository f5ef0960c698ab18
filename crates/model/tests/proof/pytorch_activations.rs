//! PyTorch's activations and their derivatives, as `scripts/pytorch-reference-activations` wrote them in f64.

use chainrule_model::network::parse_activation;
use chainrule_model::{Kernel, MatMut, MatRef, Scalar, softmax};
use serde_json::Value;

use crate::check::of;

const REFERENCE: &str = include_str!("../data/activations.json");

fn reference() -> Value {
    serde_json::from_str(REFERENCE).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

fn tolerance<T: Scalar>() -> f64 {
    if T::NAME == "f32" { 1e-6 } else { 1e-12 }
}

/// Each element within the type's tolerance, relative to itself or to `floor` if that is larger.
#[track_caller]
fn assert_agrees<T: Scalar>(what: &str, got: &[T], want: &[f64], z: &[f64], floor: f64) {
    assert_eq!(got.len(), want.len(), "{what}");
    for ((got, &want), z) in got.iter().zip(want).zip(z) {
        let off = (got.to_f64() - want).abs();
        let allowed = tolerance::<T>() * want.abs().max(floor);
        assert!(off <= allowed, "{} {what} at {z:e} is {got:e}, PyTorch's {want:e}", T::NAME, got = got.to_f64());
    }
}

fn activations_agree<T: Scalar>(kernel: &Kernel<T>) {
    let reference = reference();
    let z = numbers(&reference["z"]);
    let inputs = of::<T>(&z);
    let cases = reference["activations"].as_array().unwrap();
    for case in cases {
        let name = case["name"].as_str().unwrap();
        let activation = parse_activation(name).unwrap();
        let mut a = inputs.clone();
        kernel.activate(activation, MatMut::new(&mut a, 1, z.len()));
        let what = format!("{}: {name}", kernel.name());
        assert_agrees(&what, &a, &numbers(&case["values"]), &z, 0.01);
        let from = if activation.derivative_needs_input() { &inputs } else { &a };
        let mut slopes = vec![T::ONE; z.len()];
        kernel.derivative(activation, MatRef::new(from, 1, z.len()), MatMut::new(&mut slopes, 1, z.len()), None);
        // PyTorch too takes the first two from the output: 1 minus what rounds to 1 has few digits, there and here. The
        // others cross 0 as a sum of terms of size 0.3.
        let floor = if ["sigmoid", "tanh", "gelu", "gelu_tanh", "silu"].contains(&name) { 0.1 } else { 0.01 };
        // In f64 as well PyTorch multiplies by a sixth that was rounded to f32.
        let sixth = |slope: f64| if name == "hardsigmoid" && slope != 0.0 { 1.0 / 6.0 } else { slope };
        let want: Vec<f64> = numbers(&case["slopes"]).into_iter().map(sixth).collect();
        assert_agrees(&format!("slope of {what}"), &slopes, &want, &z, floor);
    }
    let known = |name: &&&str| cases.iter().any(|case| case["name"] == **name);
    let missing: Vec<_> = chainrule_model::network::ACTIVATION_NAMES.iter().filter(|name| !known(name)).collect();
    assert!(missing.is_empty(), "PyTorch was not asked for {missing:?}");
}

#[test]
fn every_activation_and_its_derivative_agree_with_pytorch() {
    for kernel in Kernel::<f32>::all().iter().filter(|kernel| kernel.is_available()) {
        activations_agree(kernel);
    }
    for kernel in Kernel::<f64>::all().iter().filter(|kernel| kernel.is_available()) {
        activations_agree(kernel);
    }
}

fn log_softmax_agrees<T: Scalar>() {
    let reference = reference();
    let rows = |name: &str| -> Vec<f64> {
        reference["log_softmax"][name].as_array().unwrap().iter().flat_map(numbers).collect()
    };
    let (z, kernel) = (rows("z"), Kernel::selected().unwrap());
    let (mut a, mut dz) = (of::<T>(&z), of::<T>(&rows("da")));
    softmax::log_forward(kernel, 4, &mut a);
    softmax::log_backward(kernel, 4, &a, &mut dz);
    assert_agrees("log_softmax", &a, &rows("a"), &z, 0.01);
    // Sums of four numbers of size 1, less one of them.
    assert_agrees("gradient of log_softmax", &dz, &rows("dz"), &z, 1.0);
}

#[test]
fn log_softmax_and_its_gradient_agree_with_pytorch() {
    log_softmax_agrees::<f32>();
    log_softmax_agrees::<f64>();
}

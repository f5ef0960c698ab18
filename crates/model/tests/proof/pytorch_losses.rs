//! PyTorch's values and gradients of every loss, with weights, smoothing and sums (`scripts/pytorch-reference-losses` made
//! them): 1e-6 in f32, 1e-12 in f64, relative to the number or to a hundredth of the largest of its tensor. The gradients
//! of the cross-entropies in f32 to the tenth of the largest: they are differences of probabilities, which are as exact
//! as 1 is.

use chainrule_model::network::{Objective, Reduction};
use chainrule_model::{Kernel, Loss, MatRef, Scalar, TargetsRef};
use serde_json::Value;

use crate::check::of;

const REFERENCE: &str = include_str!("../data/losses.json");

fn reals(value: &Value) -> Option<Vec<f64>> {
    value.as_array().map(|array| array.iter().map(|number| number.as_f64().unwrap()).collect())
}

#[track_caller]
fn assert_close(what: &str, got: &[f64], want: &[f64], (tolerance, share): (f64, f64)) {
    let least = want.iter().fold(0.0f64, |top, v| top.max(v.abs())) * share;
    for (at, (got, want)) in got.iter().zip(want).enumerate() {
        let off = (got - want).abs();
        assert!(off <= tolerance * want.abs().max(least), "{what} [{at}]: {got:e}, PyTorch {want:e}: off by {off:e}");
    }
}

fn agrees<T: Scalar>(case: &Value, (batch, width): (usize, usize), tolerance: f64) {
    let loss: Loss = case["loss"].as_str().unwrap().parse().unwrap();
    let is_label = case["kind"] == "labels";
    let numbers = |key: &str| reals(&case[key]).map(|values| of::<T>(&values));
    let (output, targets) = (numbers("output").unwrap(), reals(&case["targets"]).unwrap());
    let labels: Vec<u32> = targets.iter().map(|&t| t as u32).collect();
    let values = of::<T>(&targets);
    let targets =
        if is_label { TargetsRef::Classes(&labels) } else { TargetsRef::Values(MatRef::new(&values, batch, width)) };
    let (rows, outputs) = (numbers("rows"), numbers("outputs"));
    let objective = Objective {
        loss,
        reduction: if case["reduction"] == "sum" { Reduction::Sum } else { Reduction::Mean },
        rows: rows.as_deref(),
        outputs: outputs.as_deref(),
        smoothing: case["smoothing"].as_f64().unwrap(),
    };
    let mut dy = vec![T::ZERO; batch * width];
    let kernel = Kernel::selected().unwrap();
    let value = objective.backward(kernel, MatRef::new(&output, batch, width), targets, &mut dy).unwrap();
    let what = format!("{} {objective:?}, labels: {is_label}", T::NAME);
    assert_close(&what, &[value], &[case["value"].as_f64().unwrap()], (tolerance, 0.01));
    let dy: Vec<f64> = dy.iter().map(|dy| dy.to_f64()).collect();
    let is_difference = T::NAME == "f32" && matches!(loss, Loss::CrossEntropy | Loss::BinaryCrossEntropy);
    let share = if is_difference { 0.1 } else { 0.01 };
    assert_close(&format!("{what} dy"), &dy, &reals(&case["gradient"]).unwrap(), (tolerance, share));
}

#[test]
fn every_loss_and_its_gradient_is_pytorch_s() {
    let reference: Value = serde_json::from_str(REFERENCE).unwrap();
    let size = |key: &str| reference[key].as_u64().unwrap() as usize;
    let shape = (size("batch"), size("width"));
    let cases = reference["cases"].as_array().unwrap();
    for case in cases {
        agrees::<f32>(case, shape, 1e-6);
        agrees::<f64>(case, shape, 1e-12);
    }
    assert_eq!(cases.len(), 90);
}

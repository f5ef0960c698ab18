//! Training with batch and layer normalisation beside PyTorch's (`scripts/pytorch-reference-layers` made the numbers,
//! in float64): gradients of the first step, losses, weights and running statistics after the last, outputs in
//! evaluation.

use chainrule::{Loss, MatRef, Mlp, Optimizer, Scalar, TargetsRef, Workspace};
use serde_json::Value;

/// In f64 |a - b| <= 1e-12 * max(|b|, max |tensor| / 100), in f32 |a - b| <= 1e-6 * max |tensor|: a number that nearly
/// cancelled carries the rounding of what it was summed from, and f32 is compared with numbers that were f64 all along.
#[track_caller]
fn agree<T: Scalar>(what: &str, got: &[T], want: &[f64], tolerance: f64) {
    assert_eq!(got.len(), want.len(), "{what}");
    let largest = want.iter().fold(0.0f64, |largest, x| largest.max(x.abs()));
    let scale = if T::NAME == "f64" { largest / 100.0 } else { largest };
    let off = |(a, b): (&T, &f64)| (a.to_f64() - b).abs() / b.abs().max(scale).max(f64::MIN_POSITIVE);
    let worst = got.iter().zip(want).map(off).fold(0.0, f64::max);
    println!("{what} {}: {worst:.1e} of {tolerance:.0e}", T::NAME);
    assert!(worst <= tolerance, "{what} {}: {worst:e}", T::NAME);
}

fn list(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

/// What PyTorch holds under these names, in our layout: w transposed.
fn tensors<T: Scalar>(mlp: &Mlp<T>, named: &Value) -> Vec<(String, std::ops::Range<usize>, Vec<f64>)> {
    let mut found = Vec::new();
    for layer in mlp.dense_layers() {
        let (module, inputs, outputs) = (layer.module, layer.w.rows(), layer.w.cols());
        let w = list(&named[format!("{module}.weight")]); // (outputs, inputs)
        let w = (0..inputs * outputs).map(|i| w[i % outputs * inputs + i / outputs]).collect();
        let split = layer.params.end - outputs;
        found.push((format!("{module}.weight"), layer.params.start..split, w));
        found.push((format!("{module}.bias"), split..layer.params.end, list(&named[format!("{module}.bias")])));
    }
    for norm in mlp.norm_layers() {
        let split = norm.params.start + norm.gamma.len();
        for (name, range) in [("weight", norm.params.start..split), ("bias", split..norm.params.end)] {
            let name = format!("{}.{name}", norm.module);
            found.push((name.clone(), range, list(&named[name])));
        }
    }
    found
}

fn trains_as_pytorch<T: Scalar>(case: &Value, tolerance: f64) {
    let name = case["name"].as_str().unwrap();
    let builder = case["layers"]
        .as_array()
        .unwrap()
        .iter()
        .fold(Mlp::builder(5), |builder, layer| builder.layer(layer.as_str().unwrap().parse().unwrap()));
    let mut mlp = builder.build_as::<T>().unwrap();
    for (_, range, values) in tensors(&mlp, &case["before"]) {
        mlp.params_mut()[range].iter_mut().zip(values).for_each(|(w, value)| *w = T::from_f64(value));
    }
    let start = Optimizer::by_name(case["optimizer"].as_str().unwrap()).unwrap();
    let settings = case["settings"].as_object().unwrap();
    let optimizer = settings.iter().fold(start, |it, (name, value)| it.with(name, value.as_f64().unwrap()).unwrap());
    let optimizer = optimizer.with("lr", case["lr"].as_f64().unwrap()).unwrap();
    let x: Vec<T> = list(&case["x"]).into_iter().map(T::from_f64).collect();
    let labels: Vec<u32> = list(&case["labels"]).into_iter().map(|label| label as u32).collect();
    let of = |rows: usize| (MatRef::new(&x[..rows * 5], rows, 5), TargetsRef::Classes(&labels[..rows]));

    let mut workspace = Workspace::for_training(&mlp, labels.len(), optimizer).unwrap();
    let batches: Vec<usize> = list(&case["batches"]).into_iter().map(|rows| rows as usize).collect();
    let (first, targets) = of(batches[0]);
    mlp.forward_training(first, &mut workspace).unwrap();
    mlp.backward(first, targets, Loss::CrossEntropy, &mut workspace).unwrap();
    let largest = workspace.gradients().iter().fold(0.0f64, |largest, d| largest.max(d.to_f64().abs()));
    for (tensor, range, want) in tensors(&mlp, &case["gradients"]) {
        let got = &workspace.gradients()[range];
        // The bias that batch normalisation takes away again has a gradient of 0, and both hold its rounding.
        if want.iter().all(|d| d.abs() < 1e-12) {
            assert!(got.iter().all(|d| d.to_f64().abs() <= tolerance * largest), "{name}, {tensor}: {got:?}");
            continue;
        }
        agree(&format!("{name}, gradient by {tensor}"), got, &want, tolerance);
    }
    let step = |rows: &usize| {
        let (x, targets) = of(*rows);
        T::from_f64(mlp.step(x, targets, Loss::CrossEntropy, optimizer, &mut workspace).unwrap())
    };
    let losses: Vec<T> = batches.iter().map(step).collect();
    agree(&format!("{name}, losses"), &losses, &list(&case["losses"]), tolerance);
    for (tensor, range, want) in tensors(&mlp, &case["after"]) {
        agree(&format!("{name}, {tensor}"), &mlp.params()[range], &want, tolerance);
    }
    for norm in mlp.norm_layers() {
        let Some(running) = norm.running else { continue };
        for (tensor, got) in [("running_mean", running.mean), ("running_var", running.variance)] {
            let tensor = format!("{}.{tensor}", norm.module);
            agree(&format!("{name}, {tensor}"), got, &list(&case["after"][&tensor]), tolerance);
        }
        let seen = &case["after"][format!("{}.num_batches_tracked", norm.module)][0];
        assert_eq!(running.batches, seen.as_u64().unwrap());
    }
    let output = mlp.forward(of(labels.len()).0, &mut workspace).unwrap();
    let output: Vec<T> = (0..labels.len()).flat_map(|row| output.row(row).to_vec()).collect();
    agree(&format!("{name}, outputs"), &output, &list(&case["outputs"]), tolerance);
}

#[test]
fn normalisations_train_as_pytorchs() {
    let cases: Value = serde_json::from_str(include_str!("../data/layers.json")).unwrap();
    for case in cases.as_array().unwrap() {
        trains_as_pytorch::<f64>(case, 1e-12);
        trains_as_pytorch::<f32>(case, 1e-6);
    }
}

//! PyTorch's files and PyTorch's own training runs (`scripts/pytorch-reference` made them): same weights before, same
//! rows in the same order, so the same weights after.

use std::fs;
use std::path::{Path, PathBuf};

use chainrule::ModelFile;
use chainrule::data::read_features;
use chainrule::network::{activation_name, parse_activation};
use serde_json::Value;

use crate::run::{folder, json, last, run, succeed};

/// Largest difference of a number, relative to itself or, for numbers near zero, to a hundredth of the largest of its
/// tensor's: |a - b| <= TOLERANCE * max(|b|, max |tensor| / 100). A number that nearly cancelled carries the rounding
/// of what it was summed from.
fn tolerance(dtype: &str) -> f64 {
    if dtype == "f32" { 1e-4 } else { 1e-9 }
}

fn data_file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/pytorch").join(name)
}

/// Copies a file of PyTorch's to the folder, and gives back its name.
fn bring(folder: &Path, name: &str) -> String {
    fs::copy(data_file(name), folder.join(name)).unwrap();
    name.to_owned()
}

fn cases(section: &str) -> Vec<Value> {
    let cases: Value = serde_json::from_slice(&fs::read(data_file("cases.json")).unwrap()).unwrap();
    let cases = cases[section].as_array().unwrap().clone();
    assert!(!cases.is_empty());
    cases
}

/// For each tensor its largest difference in units of [`tolerance`]'s rule, without the tolerance.
fn worst(got: &Path, want: &Path, activation: &str) -> f64 {
    let load = |path| ModelFile::open(path).unwrap().model::<f64>(Some(parse_activation(activation).unwrap())).unwrap();
    let (got, want) = (load(got).mlp, load(want).mlp);
    assert_eq!(got.params().len(), want.params().len());
    let tensors = want.dense_layers().flat_map(|layer| {
        let (start, end) = (layer.params.start, layer.params.end);
        let bias = end - layer.b.len();
        [start..bias, bias..end]
    });
    tensors
        .map(|tensor| {
            let (got, want) = (&got.params()[tensor.clone()], &want.params()[tensor]);
            let scale = want.iter().fold(0.0f64, |largest, x| largest.max(x.abs())) / 100.0;
            got.iter().zip(want).map(|(a, b)| (a - b).abs() / b.abs().max(scale)).fold(0.0, f64::max)
        })
        .fold(0.0, f64::max)
}

/// The flags of a case's optimiser: `--optimizer sgd --momentum 0.9 --nesterov`.
fn optimizer(case: &Value) -> String {
    let mut flags =
        case["optimizer"].as_str().map_or("--optimizer sgd".to_owned(), |name| format!("--optimizer {name}"));
    for (name, value) in case["settings"].as_object().into_iter().flatten() {
        flags += &match value {
            Value::Bool(true) => format!(" --{name}"),
            Value::String(word) => format!(" --{name} {word}"),
            value => format!(" --{name} {value}"),
        };
    }
    flags
}

#[test]
fn training_agrees_with_pytorchs() {
    cases("training").iter().for_each(agrees);
}

#[test]
fn every_optimizer_and_clipping_agree_with_pytorchs() {
    cases("stepping").iter().for_each(agrees);
}

fn agrees(case: &Value) {
    let text = |key: &str| case[key].as_str().unwrap().to_owned();
    let name = text("name");
    let folder = folder();
    let data = case["data"].as_str().unwrap_or(&name);
    let file = |part: &str| bring(folder.path(), &format!("{data}.{part}"));
    let activation = case["activation"].as_str().unwrap_or("identity");
    let activation = match &case["slope"] {
        Value::Null => activation.to_owned(),
        slope => format!("{activation}({slope})"),
    };
    let (data, labels, init) = (file("x.npy"), file("y.npy"), file("init.safetensors"));
    let raw = if text("loss").contains("cross-entropy") { "" } else { "--raw-targets" };
    let args = format!(
        "train --json --no-shuffle --holdout 0 --preprocess none {raw} --save out --activation {activation} --loss {} --lr {} --batch {} \
             --epochs {} --data {} --labels {} --init {} {}",
        text("loss"),
        case["lr"],
        case["batch"],
        case["epochs"],
        data,
        labels,
        init,
        optimizer(case),
    );
    // Targets drawn at random teach little, and the doctor says so between the epochs and the end.
    let mut lines = json(folder.path(), &args);
    lines.retain(|line| line["event"] == "epoch");
    let tolerance = tolerance(&text("dtype"));
    let worst = worst(&folder.path().join("out"), &data_file(&format!("{name}.final.safetensors")), &activation);
    println!("{name}: worst weight {worst:.1e} of {tolerance:.0e}");
    assert!(worst <= tolerance, "{name}: {worst:e}");

    let losses = case["epoch_loss"].as_array().unwrap();
    assert_eq!(lines.len(), losses.len(), "{name}");
    for (line, want) in lines.iter().zip(losses) {
        let (got, want) = (line["loss"].as_f64().unwrap(), want.as_f64().unwrap());
        assert!((got - want).abs() <= tolerance * want.abs(), "{name}: {line}, PyTorch {want}");
    }
    // The file says what PyTorch's did not.
    let inspected = last(folder.path(), "inspect out --json");
    assert_eq!((&inspected["dtype"], &inspected["loss"]), (&case["dtype"], &case["loss"]));
    let layers = inspected["layers"].as_array().unwrap();
    let between = activation_name(parse_activation(&activation).unwrap());
    let hidden = case["layers"].as_array().unwrap().len() - 2;
    assert_eq!(layers.iter().filter(|layer| **layer == *between).count(), hidden, "{inspected}");
}

#[test]
fn layers_under_prefixed_names_are_read_in_natural_order() {
    for case in cases("reading") {
        let name = case["name"].as_str().unwrap();
        let activation = case["activation"].as_str().unwrap();
        let folder = folder();
        let path = |part: &str| bring(folder.path(), &format!("{name}.{part}"));
        let expected = read_features::<f64>(data_file(&format!("{name}.expected.npy"))).unwrap();
        let data = expected.data();
        let rows = || data.chunks_exact(expected.cols());

        let args = format!(
            "predict {} --data {} --activation {activation} --task classification",
            path("safetensors"),
            path("x.npy")
        );
        let classes = succeed(folder.path(), &args);
        let largest = |row: &[f64]| (0..row.len()).max_by(|a, b| row[*a].total_cmp(&row[*b])).unwrap();
        let want: Vec<String> = rows().map(|row| largest(row).to_string()).collect();
        assert_eq!(classes.lines().collect::<Vec<_>>(), want);

        succeed(folder.path(), &format!("{args} --proba --output p.npy"));
        let got = read_features::<f64>(folder.path().join("p.npy")).unwrap();
        for (row, (got, logits)) in got.data().chunks_exact(got.cols()).zip(rows()).enumerate() {
            let sum: f64 = logits.iter().map(|z| z.exp()).sum();
            for (p, z) in got.iter().zip(logits) {
                let want = z.exp() / sum;
                assert!((p - want).abs() <= 1e-5 * want, "row {row}: {p}, PyTorch {want}");
            }
        }
        // Without its activation the file is not enough.
        let refused = run(folder.path(), &format!("predict {} --data {}", path("safetensors"), path("x.npy")));
        assert_eq!(refused.code, 1);
        assert!(refused.stderr.contains("name the activation, with --activation relu"), "{}", refused.stderr);
    }
}

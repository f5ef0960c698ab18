//! Files for `scripts/compare-onnx`, which runs them in onnxruntime.

use std::fs;
use std::path::Path;

use chainrule_kernel::Scalar;

use super::cases::{self, with_logarithms};
use crate::Model;
use crate::export::blueprint::Blueprint;
use crate::export::samples::{columns, predict};
use crate::export::{ExportFormat, ExportOptions};

/// Model number `seed`, of which half take logarithms.
fn model<T: Scalar>(seed: usize) -> Model<T> {
    let model = cases::model(seed);
    if seed % 4 < 2 { with_logarithms(model) } else { model }
}

/// The same numbers, computed with in f64.
fn in_f64<T: Scalar>(narrow: &Model<T>, seed: usize) -> Model<f64> {
    let mut wide: Model<f64> = model(seed);
    wide.mlp.params_mut().iter_mut().zip(narrow.mlp.params()).for_each(|(to, from)| *to = from.to_f64());
    wide.mlp.running_mut().iter_mut().zip(narrow.mlp.running()).for_each(|(to, from)| *to = from.to_f64());
    wide
}

/// Writes a model as ONNX and JSON, rows of its columns, and what it predicts for them, (rows, columns) and (rows, outputs) of
/// f64; and what it would predict in f64.
fn write<T: Scalar>(folder: &Path, seed: usize, rows: usize) {
    let written: Model<T> = model(seed);
    let path = |ending: &str| folder.join(format!("{}_{seed}.{ending}", T::NAME));
    for format in [ExportFormat::Onnx, ExportFormat::Json] {
        fs::write(path(format.ending()), written.export(format, &ExportOptions::default()).unwrap()).unwrap();
    }
    let blueprint = Blueprint::of(&written, ExportFormat::Onnx, false).unwrap();
    let rows: Vec<Vec<f64>> = (0..rows).map(|row| columns(&blueprint, row)).collect();
    let outputs = predict(&blueprint, &written, &rows).unwrap();
    assert_eq!(outputs.len(), rows.len());
    let bytes = |rows: &[Vec<f64>]| rows.iter().flatten().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>();
    fs::write(path("rows"), bytes(&rows)).unwrap();
    fs::write(path("outputs"), bytes(&outputs)).unwrap();
    fs::write(path("truth"), bytes(&predict(&blueprint, &in_f64(&written, seed), &rows).unwrap())).unwrap();
}

#[test]
#[ignore = "writes files for scripts/compare-onnx, which names their folder"]
fn files_for_onnxruntime() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let folder = std::env::var("ONNX_FOLDER").expect("the folder in ONNX_FOLDER");
    let (models, rows) = (number("ONNX_MODELS").unwrap_or(10), number("ONNX_ROWS").unwrap_or(100));
    for seed in 0..models {
        write::<f32>(Path::new(&folder), seed, rows);
        write::<f64>(Path::new(&folder), seed, rows / 10);
    }
}

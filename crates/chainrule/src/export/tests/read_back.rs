//! Exports that are read as models again.

use std::fs;

use chainrule_kernel::Scalar;

use super::cases::{self, with_logarithms};
use crate::export::blueprint::Blueprint;
use crate::export::samples::{columns, predict};
use crate::export::{ExportFormat, ExportOptions};
use crate::{DType, Model, ModelFile};

const FORMATS: [ExportFormat; 3] = [ExportFormat::Json, ExportFormat::Npz, ExportFormat::Onnx];

fn comes_back<T: Scalar>(seed: usize) {
    let folder = tempfile::tempdir().unwrap();
    let plain: Model<T> = cases::model(seed);
    for format in FORMATS {
        // Archives of arrays hold no logarithms.
        let takes_logarithms = seed.is_multiple_of(2) && format != ExportFormat::Npz;
        let model = if takes_logarithms { with_logarithms(plain.clone()) } else { plain.clone() };
        // Whatever it is called.
        let path = folder.path().join("m.model");
        fs::write(&path, model.export(format, &ExportOptions::default()).unwrap()).unwrap();
        let file = ModelFile::open(&path).unwrap();
        let again: Model<T> = file.model(None).unwrap();
        let what = format!("{format} of {} model {seed}", T::NAME);
        assert_eq!(file.dtype() == DType::F64, T::NAME == "f64", "{what}");
        assert_eq!(
            (again.task, again.loss, &again.class_names),
            (model.task, model.loss, &model.class_names),
            "{what}"
        );
        assert_eq!((&again.target, &again.schema), (&model.target, &model.schema), "{what}");
        assert_eq!(again.preprocess, model.preprocess, "{what}");
        let blueprint = Blueprint::of(&model, ExportFormat::Onnx, false).unwrap();
        let rows: Vec<Vec<f64>> = (0..20).map(|row| columns(&blueprint, row)).collect();
        let [then, now] = [&model, &again].map(|model| predict(&blueprint, model, &rows).unwrap());
        assert_eq!(then, now, "{what}");
    }
}

#[test]
fn an_export_is_read_as_the_model_that_it_was() {
    for seed in 0..60 {
        comes_back::<f32>(seed);
        comes_back::<f64>(seed);
    }
}

#[test]
fn what_was_damaged_is_an_error_and_names_the_file() {
    let model: Model<f32> = cases::model(7);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.model");
    for format in [ExportFormat::Json, ExportFormat::Npz] {
        let bytes = model.export(format, &ExportOptions::default()).unwrap();
        for part in 1..40 {
            fs::write(&path, &bytes[..bytes.len() * part / 40]).unwrap();
            let message = ModelFile::open(&path).unwrap_err().to_string();
            assert!(message.contains("m.model"), "{message}");
        }
    }
    let text = String::from_utf8(model.export(ExportFormat::Json, &ExportOptions::default()).unwrap()).unwrap();
    let inputs = model.mlp.inputs();
    for (from, to, part) in [
        ("\"format\":\"chainrule\"", "\"format\":\"other\"", "in the format \"other\""),
        ("\"version\":1", "\"version\":9", "version 9"),
        ("\"dtype\":\"f32\"", "\"dtype\":\"f16\"", "\"f16\""),
        ("\"bias\":[", "\"bias\":[0.5,", "numbers for bias of layer 1"),
        (&format!("\"inputs\":{inputs},"), "\"inputs\":4096,", "layer 1, \"dense\", behind"),
    ] {
        assert!(text.contains(from), "{from}");
        let message = ModelFile::parse("m", text.replacen(from, to, 1).as_bytes()).unwrap_err().to_string();
        assert!(message.starts_with("m, header") && message.contains(part), "{message}");
    }
}

//! Rows that a model file carries with their outputs: a file that computes something else is not loaded, and says so.

use chainrule::data::{Dataset, Features, Targets, digits};
use chainrule::{Error, Loss, Mlp, Model, ModelFile, Scalar, TrainConfig, Trainer};
use serde_json::{Value, json};

/// Trained on standardised rows and targets, so that both are undone and done again.
fn trained<T: Scalar>() -> Model<T> {
    let (data, _) = digits::<T>().split(0.9, 3).unwrap();
    let network = Mlp::builder(64).dense(9).batch_norm().relu().dropout(0.2).dense(10).seed(2).build_as().unwrap();
    let trainer = Trainer::new(TrainConfig::default().epochs(2)).unwrap();
    trainer.fit(network, &data.scaled(0.0625).unwrap(), None, ()).unwrap().model
}

fn saved<T: Scalar>(model: &Model<T>) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    model.save(folder.path().join("m")).unwrap();
    std::fs::read(folder.path().join("m")).unwrap()
}

/// The file with other metadata, and of version 2, which has no checksum.
fn edited(file: &[u8], edit: impl FnOnce(&mut Value)) -> Vec<u8> {
    let length = u64::from_le_bytes(file[..8].try_into().unwrap()) as usize;
    let mut header: Value = serde_json::from_slice(&file[8..8 + length]).unwrap();
    let mut text: Value = serde_json::from_str(header["__metadata__"]["chainrule"].as_str().unwrap()).unwrap();
    text.as_object_mut().unwrap().remove("checksum");
    text["version"] = json!(2);
    edit(&mut text);
    header["__metadata__"]["chainrule"] = json!(text.to_string());
    let header = header.to_string();
    [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &file[8 + length..]].concat()
}

fn says<T: Scalar>(file: &[u8]) -> String {
    ModelFile::parse("m", file).unwrap().model::<T>(None).unwrap_err().to_string()
}

#[test]
fn a_trained_models_rows_travel_and_are_stored_again() {
    let model = trained::<f32>();
    let file = saved(&model);
    let read = ModelFile::parse("m", &file).unwrap();
    assert!(read.checks().has_checksum && read.checks().rows == 3);
    let again = read.model::<f32>(None).unwrap();
    assert_eq!(again.stored_rows, model.stored_rows);
    assert!(saved(&again) == file, "the same model gave other bytes");
    // In another type the outputs are other ones, within the bound.
    let wide = read.model::<f64>(None).unwrap();
    let narrow = ModelFile::parse("m", &saved(&wide)).unwrap().model::<f32>(None).unwrap();
    assert!(narrow.mlp.params() == model.mlp.params());
}

#[test]
fn targets_that_were_standardised_are_part_of_it() {
    let features = Features::new(50, 2, (0..100).map(|i| f64::from(i * 37 % 101)).collect()).unwrap();
    let targets = Targets::Values { values: (0..50).map(|i| f64::from(i) * 1e4).collect(), cols: 1 };
    let data = Dataset::new(features, targets).unwrap();
    let network = Mlp::builder(2).dense(4).tanh().dense(1).build_as().unwrap();
    let trainer = Trainer::new(TrainConfig::default().loss(Loss::Mse).epochs(1)).unwrap();
    let model = trainer.fit(network, &data.standardized().unwrap(), None, ()).unwrap().model;
    let file = saved(&model);
    assert_eq!(ModelFile::parse("m", &file).unwrap().model::<f64>(None).unwrap().stored_rows, model.stored_rows);
    let other = edited(&file, |text| text["preprocess"]["std"][1] = json!(1.5));
    assert!(says::<f64>(&other).contains("of stored row 1"), "{}", says::<f64>(&other));
}

#[test]
fn the_last_bit_counts_for_the_same_kernel_and_a_stated_bound_for_another() {
    let model = trained::<f32>();
    let file = saved(&model);
    let output = |text: &Value| text["replay"]["outputs"][1][4].as_f64().unwrap();
    let next = |text: &mut Value, ulps: u32| {
        let value = output(text) as f32;
        text["replay"]["outputs"][1][4] = json!(f64::from(f32::from_bits(value.to_bits() + ulps)));
    };
    assert!(ModelFile::parse("m", &edited(&file, |_| ())).unwrap().model::<f32>(None).is_ok());
    let message = says::<f32>(&edited(&file, |text| next(text, 1)));
    let kernel = model.mlp.kernel_name();
    let (by, version) = (format!("f32 by kernel {kernel} of chainrule "), env!("CARGO_PKG_VERSION"));
    assert!(message.starts_with("m, header: found "), "{message}");
    assert!(message.contains(&format!("at output 5 of stored row 2, in {by}{version}, expected ")), "{message}");
    assert!(message.ends_with(&format!(", as {by}{version} computed when the file was saved")), "{message}");

    for (field, other) in [("kernel", "f32_9x9_abacus"), ("version", "0.0.9"), ("dtype", "f64")] {
        let change = |ulps| {
            edited(&file, |text| {
                text["replay"][field] = json!(other);
                next(text, ulps);
            })
        };
        assert!(ModelFile::parse("m", &change(20)).unwrap().model::<f32>(None).is_ok(), "{field}");
        let message = says::<f32>(&change(1 << 21));
        assert!(message.contains(", within ") && message.contains(other), "{message}");
    }
}

#[test]
fn whatever_else_the_metadata_say_shows_in_the_outputs() {
    let file = saved(&trained::<f32>());
    for (what, edit) in [
        ("preprocessing", (|text| text["preprocess"]["factor"] = json!(0.0626)) as fn(&mut Value)),
        ("layers", |text| text["layers"][2] = json!("tanh")),
        ("no outputs", |text| text["replay"]["outputs"] = json!([])),
        ("narrow rows", |text| text["replay"]["rows"][1] = json!([1.0, 2.0])),
        ("an infinite number", |text| text["replay"]["rows"][1][7] = json!(1e39)),
    ] {
        let message = says::<f32>(&edited(&file, edit));
        assert!(message.contains("stored row"), "{what}: {message}");
    }
}

/// The error names the file as wrong, not an overflow in a prediction that the reader never asked for.
#[test]
fn rows_that_overflow_are_the_files_fault() {
    let file = saved(&trained::<f32>());
    for factor in [1e30, 10.0] {
        let other = edited(&file, |text| {
            text["preprocess"]["factor"] = json!(factor);
            text["replay"]["rows"][1] = json!(vec![3e38; 64]);
        });
        let error = ModelFile::parse("m", &other).unwrap().model::<f32>(None).unwrap_err();
        assert!(matches!(&error, Error::Format { origin, .. } if origin == "m"), "{error}");
        assert!(error.to_string().contains("stored rows that the model does not predict"), "{error}");
    }
}

#[test]
fn rows_that_the_model_cannot_predict_are_left_out() {
    let mut model = trained::<f32>();
    model.stored_rows = Some(Features::new(1, 3, vec![1.0, 2.0, 3.0]).unwrap().into());
    assert_eq!(ModelFile::parse("m", &saved(&model)).unwrap().checks().rows, 0);
}

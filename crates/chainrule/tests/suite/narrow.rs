//! Models with weights of two bytes or one: what their files hold, what is refused, and what rounding costs.

use std::fs;

use chainrule::data::{Features, digits};
use chainrule::{Loss, MatRef, Mlp, Model, ModelFile, Precision, Predictor, TrainConfig, Trainer};

const NARROW: [Precision; 3] = [Precision::Bf16, Precision::F16, Precision::Int8];

fn model() -> Model<f32> {
    let mlp = Mlp::builder(64).dense(40).batch_norm().relu().dense(10).seed(5).build().unwrap();
    let trainer = Trainer::new(TrainConfig::default().epochs(3)).unwrap();
    let (train, test) = digits::<f32>().scaled(1.0 / 16.0).unwrap().split(0.2, 1).unwrap();
    trainer.fit(mlp, &train, Some(&test), ()).unwrap().model
}

#[test]
fn a_narrow_file_is_smaller_and_loads_as_the_rounded_model() {
    let (model, folder) = (model(), tempfile::tempdir().unwrap());
    let path = folder.path().join("m.safetensors");
    model.save(&path).unwrap();
    let whole = fs::metadata(&path).unwrap().len();
    assert_eq!(ModelFile::open(&path).unwrap().precision(), Precision::F32);
    let rows = digits::<f32>();
    for (precision, bytes) in NARROW.into_iter().zip([2, 2, 1]) {
        model.save_rounded(&path, precision).unwrap();
        let saved = whole - fs::metadata(&path).unwrap().len();
        let weights = 64 * 40 + 40 * 10;
        assert!(saved > (4 - bytes) * weights * 9 / 10, "{precision}: {saved} bytes less");
        let file = ModelFile::open(&path).unwrap();
        assert_eq!(file.precision(), precision);
        let (again, rounded) = (file.model::<f32>(None).unwrap(), model.rounded(precision).unwrap());
        assert_eq!(again.mlp.params(), rounded.mlp.params());
        assert_eq!(again.predict(rows.features()).unwrap(), rounded.predict(rows.features()).unwrap());
        assert_eq!(file.model::<f64>(None).unwrap().mlp.params().len(), rounded.mlp.params().len());
        // Rounded again, to the same numbers, it is the same file.
        let first = fs::read(&path).unwrap();
        again.save_rounded(&path, precision).unwrap();
        assert_eq!(fs::read(&path).unwrap(), first, "{precision}");
        let cost = model.rounding_cost(&again, rows.features()).unwrap();
        assert!(cost.largest > 0.0 && cost.share() < 0.02, "{precision}: {cost:?}");
        let (before, after) = (model.evaluate(&rows).unwrap(), again.evaluate(&rows).unwrap());
        assert!((before.accuracy.unwrap() - after.accuracy.unwrap()).abs() < 0.01, "{precision}");
    }
}

#[test]
fn a_predictor_of_the_precision_predicts_what_the_rounded_model_does() {
    let (model, rows) = (model(), digits::<f32>().scaled(1.0 / 16.0).unwrap());
    let x = rows.features().data();
    let x = MatRef::new(&x, rows.rows(), 64);
    let predict = |predictor: Predictor<f32>| {
        let mut y = vec![0.0; rows.rows() * 10];
        predictor.predict_into(x, &mut y, &mut predictor.workspace(100)).unwrap();
        y
    };
    for precision in NARROW {
        let narrow = predict(Predictor::with_precision(&model.mlp, precision).unwrap());
        let rounded = predict(Predictor::new(&model.rounded(precision).unwrap().mlp));
        let bound = if precision == Precision::Int8 { 1e-4 } else { 0.0 };
        assert!(narrow.iter().zip(&rounded).all(|(a, b)| (a - b).abs() <= bound), "{precision}");
    }
}

#[test]
fn what_has_no_narrow_numbers_is_not_saved() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m");
    let double = Model::new(Mlp::builder(2).dense(2).build_as::<f64>().unwrap(), Loss::Mse);
    let mut large = Mlp::builder(2).dense(2).build().unwrap();
    large.params_mut()[1] = 1e6;
    let large = Model::new(large, Loss::Mse);
    let error = large.save_rounded(&path, Precision::F16).unwrap_err().to_string();
    assert!(error.contains("dense layer 1") && error.contains("too large for f16"), "{error}");
    for precision in NARROW {
        let error = double.save_rounded(&path, precision).unwrap_err().to_string();
        assert!(error.contains(&precision.to_string()) && error.contains("f64"), "{error}");
    }
    assert!(!path.exists());
    large.save_rounded(&path, Precision::Bf16).unwrap();
}

/// A file of these tensors: name, type, shape and bytes of each.
fn file(tensors: &[(&str, &str, &str, &[u8])]) -> Vec<u8> {
    let (mut json, mut data) = (Vec::new(), Vec::new());
    for (name, dtype, shape, bytes) in tensors {
        let (start, end) = (data.len(), data.len() + bytes.len());
        json.push(format!(r#""{name}":{{"dtype":"{dtype}","shape":{shape},"data_offsets":[{start},{end}]}}"#));
        data.extend_from_slice(bytes);
    }
    let json = format!("{{{}}}", json.join(","));
    [&(json.len() as u64).to_le_bytes(), json.as_bytes(), &data].concat()
}

#[test]
fn narrow_tensors_of_other_programs_are_read_and_damaged_ones_refused() {
    let scales: Vec<u8> = [0.5f32, 2.0].iter().flat_map(|scale| scale.to_le_bytes()).collect();
    let of = |scale: f32| [0.5f32, scale].iter().flat_map(|scale| scale.to_le_bytes()).collect::<Vec<u8>>();
    let codes = ("0.weight", "I8", "[2,2]", &[1u8, 2, 0xff, 0x81][..]);
    let read = |tensors: &[(&str, &str, &str, &[u8])]| ModelFile::parse("m", &file(tensors));
    let params = |tensors: &[(&str, &str, &str, &[u8])]| {
        read(tensors).unwrap().model::<f32>(None).unwrap().mlp.params().to_vec()
    };
    // (inputs, outputs), and a bias of 0.
    let good = params(&[codes, ("0.weight_scale", "F32", "[2]", &scales)]);
    assert_eq!(good, [0.5, -2.0, 1.0, -254.0, 0.0, 0.0]);
    assert_eq!(params(&[("0.weight", "BF16", "[1,2]", &[0x80, 0x3f, 0, 0xc0])]), [1.0, -2.0, 0.0]);
    let halves = [("0.bias", "F16", "[1]", &[0, 0x38][..]), ("0.weight", "F16", "[1,2]", &[0, 0x3c, 0, 0xc0])];
    assert_eq!(params(&halves), [1.0, -2.0, 0.5]);
    for (tensors, says) in [
        (vec![codes], "no tensor `0.weight_scale`"),
        (vec![codes, ("0.weight_scale", "F32", "[1]", &scales[..4])], "of type F32 and shape [1]"),
        (vec![codes, ("0.weight_scale", "F16", "[2]", &scales[..4])], "of type F16 and shape [2]"),
        (vec![codes, ("0.weight_scale", "F32", "[2]", &of(f32::NAN))], "NaN at element 1 of tensor `0.weight_scale`"),
        (vec![codes, ("0.weight_scale", "F32", "[2]", &of(f32::INFINITY))], "inf at element 1"),
        (vec![codes, ("0.weight_scale", "F32", "[2]", &of(0.0))], "0 at element 1"),
        (vec![codes, ("0.weight_scale", "F32", "[2]", &of(-1.0))], "-1 at element 1"),
        (vec![("0.weight", "F16", "[1,1]", &[0, 0x7c])], "inf at element 0"),
        (vec![("0.weight", "BF16", "[1,1]", &[0xc0, 0x7f])], "NaN at element 0"),
        (vec![("0.weight_scale", "F32", "[2]", &scales), ("0.weight", "F32", "[1,1]", &scales[..4])], "weight_scale"),
        (vec![("0.weight", "U8", "[1,1]", &[0])], "of type U8"),
    ] {
        let message = read(&tensors).unwrap_err().to_string();
        assert!(message.contains(says), "{says}: {message}");
    }
    let large =
        params(&[("0.weight", "I8", "[1,1]", &[127]), ("0.weight_scale", "F32", "[1]", &1e36f32.to_le_bytes())]);
    assert!(large[0].is_finite());
    let past = [("0.weight", "I8", "[1,1]", &[127][..]), ("0.weight_scale", "F32", "[1]", &3e38f32.to_le_bytes())];
    assert!(read(&past).unwrap().model::<f32>(None).unwrap_err().to_string().contains("a finite f32"));
}

#[test]
fn every_cut_of_a_narrow_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m");
    Model::new(Mlp::builder(3).dense(4).seed(1).build().unwrap(), Loss::Mse)
        .save_rounded(&path, Precision::Int8)
        .unwrap();
    let whole = fs::read(&path).unwrap();
    assert!(ModelFile::parse("m", &whole).is_ok());
    for length in 0..whole.len() {
        assert!(ModelFile::parse("m", &whole[..length]).is_err(), "{length} bytes");
    }
    // A byte of the weights: the checksum finds it.
    let mut damaged = whole.clone();
    *damaged.last_mut().unwrap() ^= 1;
    assert!(ModelFile::parse("m", &damaged).is_err());
}

#[test]
fn the_cost_is_measured_in_parts_that_add_up() {
    let rows = Features::new(70_000, 1, (0..70_000).map(|at| (at % 7) as f32).collect()).unwrap();
    let mut mlp = Mlp::builder(1).dense(1).build().unwrap();
    mlp.params_mut().copy_from_slice(&[1.0 + 1.0 / 512.0, 0.0]); // no bf16
    let model = Model::new(mlp, Loss::Mse);
    let cost = model.rounding_cost(&model.rounded(Precision::Bf16).unwrap(), &rows).unwrap();
    assert_eq!((cost.rows, cost.changed), (70_000, None));
    assert!((cost.mean - 3.0 / 512.0).abs() < 1e-8 && (cost.largest - 6.0 / 512.0).abs() < 1e-8, "{cost:?}");
    assert!((cost.share() - 1.0 / 513.0).abs() < 1e-6, "{cost:?}");
}

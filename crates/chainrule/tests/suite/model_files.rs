//! Model files: what is written is read, by us and by PyTorch's rules, and nothing damaged gets in.

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;

use chainrule::data::{Features, Preprocess, digits};
use chainrule::{Activation, DType, Layer, Loss, Mlp, Model, ModelFile, Scalar};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

fn model<T: Scalar>() -> Model<T> {
    let mlp = Mlp::builder(64).dense(7).leaky_relu(0.2).dense(5).tanh().dense(10).seed(9).build_as().unwrap();
    let names = (0..10).map(|i| format!("class {i}")).collect();
    let scale = Preprocess::Scale { factor: 1.0 / 16.0 };
    Model::new(mlp, Loss::CrossEntropy).with_preprocess(scale).with_class_names(names)
}

/// With every kind of layer, and running statistics as after training.
fn with_all_layers<T: Scalar>() -> Model<T> {
    let builder = Mlp::builder(64).layer_norm().dense(7).batch_norm().relu().dropout(0.3).dense(5).tanh();
    let builder = builder.layer("batch_norm(5, eps=0.001, momentum=0.2)".parse().unwrap()).dense(10);
    let mut mlp = builder.layer("layer_norm(10, eps=0.01)".parse().unwrap()).seed(9).build_as::<T>().unwrap();
    let spread = |values: &mut [T]| {
        values.iter_mut().enumerate().for_each(|(i, v)| *v = T::from_f64(0.5 + (i * 37 % 11) as f64 / 7.0));
    };
    spread(mlp.running_mut());
    spread(&mut mlp.params_mut()[..128]);
    mlp.batches_mut().copy_from_slice(&[12345, 7]);
    Model::new(mlp, Loss::CrossEntropy)
}

fn round_trip<T: Scalar>(dtype: DType) {
    for written in [model::<T>(), with_all_layers()] {
        round_trip_of(&written, dtype);
    }
}

#[test]
fn normalisations_lie_as_pytorch_names_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    with_all_layers::<f64>().save(&path).unwrap();
    let bytes = fs::read(&path).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let mut names: Vec<String> = file
        .tensors()
        .iter()
        .map(|(name, tensor)| format!("{name} {:?} {:?}", tensor.dtype(), tensor.shape()))
        .collect();
    names.retain(|name| name.starts_with("0.") || name.starts_with("2."));
    names.sort_unstable();
    let want = [
        "0.bias F64 [64]",
        "0.weight F64 [64]",
        "2.bias F64 [7]",
        "2.num_batches_tracked I64 []",
        "2.running_mean F64 [7]",
        "2.running_var F64 [7]",
        "2.weight F64 [7]",
    ];
    assert_eq!(names, want);
    assert_eq!(file.tensor("2.num_batches_tracked").unwrap().data(), 12345i64.to_le_bytes());
}

#[test]
fn a_file_without_architecture_tells_normalisations_by_their_tensors() {
    let layers = |names: &[(&str, &[usize])]| {
        let file = ModelFile::parse("x", &file_of(names, None)).unwrap();
        let model = file.model::<f64>(Some(Activation::Tanh)).unwrap();
        model.mlp.layers().iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    };
    let dense: [(&str, &[usize]); 2] = [("0.weight", &[4, 2]), ("9.weight", &[3, 4])];
    let with = |more: &[(&'static str, &'static [usize])]| layers(&[&dense, more].concat());
    let batch: [(&str, &[usize]); 4] =
        [("1.weight", &[4]), ("1.bias", &[4]), ("1.running_mean", &[4]), ("1.running_var", &[4])];
    // Nothing between 0 and 1: the activation is in the gap behind the normalisation.
    assert_eq!(with(&batch), "dense(2, 4) batch_norm(4) tanh dense(4, 3)");
    assert_eq!(with(&[("1.weight", &[4]), ("1.bias", &[4])]), "dense(2, 4) layer_norm(4) tanh dense(4, 3)");
    // The gap is before it: 1 is the activation.
    assert_eq!(with(&[("2.weight", &[4]), ("2.bias", &[4])]), "dense(2, 4) tanh layer_norm(4) dense(4, 3)");
    assert_eq!(with(&[("10.weight", &[3]), ("10.bias", &[3])]), "dense(2, 4) tanh dense(4, 3) layer_norm(3)");
    let named: [(&str, &[usize]); 4] =
        [("a.weight", &[4, 2]), ("b.weight", &[4]), ("b.bias", &[4]), ("c.weight", &[3, 4])];
    assert_eq!(layers(&named), "dense(2, 4) layer_norm(4) tanh dense(4, 3)");
}

#[test]
fn layers_that_the_metadata_deny_are_refused() {
    let tensors: &[(&str, &[usize])] = &[("0.weight", &[2, 3]), ("1.weight", &[2]), ("1.bias", &[2])];
    let message = |layers: &str| {
        let json = format!(r#"{{"version":1,"layers":{layers},"loss":"mse","preprocess":{{"kind":"none"}}}}"#);
        let file = ModelFile::parse("m", &file_of(tensors, Some(&json))).unwrap();
        file.model::<f32>(None).map(|model| model.mlp.layers().len()).map_err(|error| error.to_string())
    };
    assert_eq!(message(r#"["dense(3, 2)", "layer_norm(2)", "dropout(0.5)"]"#), Ok(3));
    let found = "m: found layers 3x2, layer_norm(2), expected ";
    let refused = message(r#"["dense(3, 2)", "batch_norm(2)"]"#).unwrap_err();
    assert_eq!(refused, format!("{found}layers 3x2, batch_norm(2), as the network has"));
    let refused = message(r#"["dense(3, 2)"]"#).unwrap_err();
    assert_eq!(refused, format!("{found}dense layers 3x2, as the network has"));
    assert!(message(r#"["dense(3, 2)", "dropout(1.5)"]"#).unwrap_err().contains("dropout leaves out is 1.5"));
}

fn round_trip_of<T: Scalar>(written: &Model<T>, dtype: DType) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    written.save(&path).unwrap();
    let bytes = fs::read(&path).unwrap();
    written.save(&path).unwrap();
    assert_eq!(fs::read(&path).unwrap(), bytes, "the same model gave other bytes");

    let file = ModelFile::open(&path).unwrap();
    assert_eq!((file.dtype(), file.has_architecture()), (dtype, true));
    let read = Model::<T>::load(&path).unwrap();
    assert!(read.mlp.params() == written.mlp.params());
    assert!(read.mlp.running() == written.mlp.running() && read.mlp.batches() == written.mlp.batches());
    assert_eq!(read.mlp.layers(), written.mlp.layers());
    assert_eq!(
        (&read.preprocess, read.loss, &read.class_names),
        (&written.preprocess, written.loss, &written.class_names)
    );
    let features = digits::<T>().into_features();
    assert!(read.predict(&features).unwrap() == written.predict(&features).unwrap());
}

#[test]
fn a_model_read_back_predicts_the_same_bits() {
    round_trip::<f32>(DType::F32);
    round_trip::<f64>(DType::F64);
}

#[test]
fn weights_lie_as_pytorch_lays_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let model = model::<f32>();
    model.save(&path).unwrap();
    let bytes = fs::read(&path).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let mut names = file.names();
    names.sort_unstable();
    assert_eq!(names, ["0.bias", "0.weight", "2.bias", "2.weight", "4.bias", "4.weight"]);
    assert_eq!(file.tensor("0.weight").unwrap().shape(), [7, 64]);
    let weight = file.tensor("2.weight").unwrap();
    let at = |o: usize, i: usize| f32::from_le_bytes(weight.data()[4 * (o * 7 + i)..][..4].try_into().unwrap());
    let second = model.mlp.dense_layers().nth(1).unwrap();
    assert!((0..5).all(|o| (0..7).all(|i| at(o, i) == second.w.get(i, o))));
}

/// A tensor's name and shape.
type Named = (&'static str, &'static [usize]);

/// A safetensors file of f32 tensors under these names, element n being n / 8.
fn file_of(tensors: &[(&str, &[usize])], metadata: Option<&str>) -> Vec<u8> {
    let data: Vec<(String, Vec<usize>, Vec<u8>)> = tensors
        .iter()
        .map(|(name, shape)| {
            let n = shape.iter().product::<usize>();
            let bytes = (0..n).flat_map(|i| (i as f32 / 8.0).to_le_bytes()).collect();
            (name.to_string(), shape.to_vec(), bytes)
        })
        .collect();
    let views = data
        .iter()
        .map(|(name, shape, bytes)| (name.clone(), TensorView::new(Dtype::F32, shape.clone(), bytes).unwrap()));
    let metadata = metadata.map(|json| HashMap::from([("chainrule".to_owned(), json.to_owned())]));
    safetensors::serialize(views, metadata).unwrap()
}

#[test]
fn layers_under_any_prefix_are_taken_in_natural_order() {
    let tensors: &[(&str, &[usize])] =
        &[("net.10.weight", &[3, 5]), ("net.2.weight", &[5, 4]), ("net.2.bias", &[5]), ("net.10.bias", &[3])];
    let file = ModelFile::parse("x", &file_of(tensors, None)).unwrap();
    assert!(!file.has_architecture());
    let message = file.model::<f32>(None).unwrap_err().to_string();
    assert!(message.contains("name the activation"), "{message}");
    let model = file.model::<f32>(Some(Activation::Tanh)).unwrap();
    let dense = |inputs, outputs| Layer::Dense { inputs, outputs };
    assert_eq!(model.mlp.layers(), [dense(4, 5), Layer::Activation(Activation::Tanh), dense(5, 3)]);
    let first = model.mlp.dense_layers().next().unwrap();
    assert_eq!((first.w.get(3, 0), first.w.get(0, 1)), (3.0 / 8.0, 4.0 / 8.0), "not transposed");
}

#[test]
fn a_layer_without_a_bias_has_a_bias_of_zero() {
    let file = ModelFile::parse("x", &file_of(&[("weight", &[2, 3])], None)).unwrap();
    let model = file.model::<f64>(None).unwrap();
    assert_eq!(model.mlp.dense_layers().next().unwrap().b, [0.0, 0.0]);
    let features = Features::new(1, 3, vec![8.0, 0.0, 0.0]).unwrap();
    assert_eq!(model.predict(&features).unwrap(), [0.0, 3.0]);
}

#[test]
fn what_is_not_a_chain_of_dense_layers_is_refused_by_name() {
    let refused = |tensors: &[(&str, &[usize])], why: &str| {
        let message = ModelFile::parse("m.st", &file_of(tensors, None)).unwrap_err().to_string();
        assert!(message.starts_with("m.st, header: found ") && message.contains(why), "{message:?}: {why:?}");
    };
    refused(&[("0.weight", &[4, 2, 1])], "tensor `0.weight` of shape [4, 2, 1]");
    refused(&[("0.weight", &[4, 2]), ("0.bias", &[3])], "expected [4]");
    refused(&[("0.weight", &[4, 2]), ("2.weight", &[3, 5])], "layer `2` with 5 inputs, expected 4");
    refused(&[("0.weight", &[4, 2]), ("1.running_mean", &[4])], "tensor `1.running_mean`");
    refused(&[("0.weight", &[4, 2]), ("0.running_mean", &[4])], "tensor `0.running_mean` of shape [4]");
    let dense: (&str, &[usize]) = ("0.weight", &[4, 2]);
    let (gamma, beta): (Named, Named) = (("1.weight", &[4]), ("1.bias", &[4]));
    refused(&[dense, gamma], "tensor `1.weight` of shape [4] without `1.bias`");
    refused(&[dense, gamma, ("1.bias", &[5])], "tensor `1.bias` of shape [5], expected [4], as `1.weight` has rows");
    refused(&[dense, ("1.weight", &[3]), ("1.bias", &[3])], "layer `1` with 3 inputs, expected 4");
    refused(&[dense, gamma, beta, ("1.running_mean", &[4])], "expected both means and variances of batch_norm");
    let (mean, variance): (Named, Named) = (("1.running_mean", &[4]), ("1.running_var", &[4]));
    refused(&[dense, gamma, beta, mean, ("1.running_var", &[3])], "`1.running_var` of shape [3], expected [4]");
    refused(
        &[dense, gamma, beta, mean, variance, ("1.num_batches_tracked", &[])],
        "`1.num_batches_tracked` of type F32 and shape [], expected one I64",
    );
    refused(&[gamma, beta], "expected at least one dense layer");
    refused(&[("0.bias", &[4])], "tensor `0.bias`");
    refused(&[], "no tensor named");
}

#[test]
fn every_truncation_and_an_extra_byte_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path: PathBuf = folder.path().join("model");
    model::<f32>().save(&path).unwrap();
    let mut bytes = fs::read(&path).unwrap();
    for n in (0..bytes.len()).step_by(7).chain(bytes.len() - 9..bytes.len()) {
        assert!(ModelFile::parse("m", &bytes[..n]).is_err(), "{n} of {} bytes", bytes.len());
    }
    bytes.push(0);
    let message = ModelFile::parse("m", &bytes).unwrap_err().to_string();
    assert!(message.contains("expected a whole safetensors file"), "{message}");
}

#[test]
fn metadata_that_lie_are_refused() {
    let tensors: &[(&str, &[usize])] = &[("0.weight", &[2, 3]), ("0.bias", &[2])];
    let message = |json: &str| match ModelFile::parse("m", &file_of(tensors, Some(json))) {
        Err(error) => error.to_string(),
        Ok(file) => file.model::<f32>(None).unwrap_err().to_string(),
    };
    let with = |layers: &str, preprocess: &str, extra: &str| {
        format!(r#"{{"version":1,"layers":{layers},"loss":"mse","preprocess":{preprocess}{extra}}}"#)
    };
    let none = r#"{"kind":"none"}"#;
    assert!(message("{").contains("expected metadata of a chainrule model"));
    assert!(message(r#"{"version":4}"#).contains("version 3 or below; a newer chainrule can read it"));
    let newer = message(r#"{"checksum":"?","version":4,"chainrule":"0.3.0","layers":{}}"#);
    assert!(newer.contains("metadata of version 4, written by chainrule 0.3.0, expected"), "{newer}");
    assert!(newer.ends_with("version 3 or below; chainrule 0.3.0 can read it"), "{newer}");
    assert!(message(r#"{"version":3}"#).contains("no checksum at its place"));
    assert!(message("{}").contains("no version"));
    assert!(
        message(&with(r#"["dense(3, 5)"]"#, none, "")).contains("found dense layers 3x2, expected dense layers 3x5")
    );
    assert!(message(&with(r#"["dense(3, 2)","rellu"]"#, none, "")).contains("`rellu`"));
    let narrow = r#"{"kind":"standardize","mean":[0.0],"std":[1.0]}"#;
    assert!(message(&with(r#"["dense(3, 2)"]"#, narrow, "")).contains("1 means"));
    let names = r#","class_names":["a","b","c"]"#;
    assert!(message(&with(r#"["dense(3, 2)"]"#, none, names)).contains("3 class names"));
    let good = ModelFile::parse("m", &file_of(tensors, Some(&with(r#"["dense(3, 2)","relu"]"#, none, "")))).unwrap();
    assert_eq!(good.model::<f32>(None).unwrap().loss, Loss::Mse);
}

#[test]
fn numbers_that_are_not_finite_are_refused() {
    let mut bytes = file_of(&[("0.weight", &[1, 2]), ("0.bias", &[1])], None);
    let at = bytes.len() - 4;
    bytes[at..].copy_from_slice(&f32::NAN.to_le_bytes());
    let message = ModelFile::parse("m", &bytes).unwrap_err().to_string();
    assert!(message.contains("found NaN at element"), "{message}");
}

#[test]
fn probabilities_need_logits_or_a_softmax() {
    let features = Features::new(1, 2, vec![1.0f32, 2.0]).unwrap();
    let build = |softmax: bool| {
        let builder = Mlp::builder(2).dense(3).seed(4);
        if softmax { builder.softmax() } else { builder }.build().unwrap()
    };
    for model in [Model::new(build(false), Loss::CrossEntropy), Model::new(build(true), Loss::Mse)] {
        let p = model.predict_proba(&features).unwrap();
        assert!((p.iter().sum::<f32>() - 1.0).abs() < 1e-6 && p.iter().all(|p| *p > 0.0), "{p:?}");
        assert!(model.is_classifier());
    }
    let message = Model::new(build(false), Loss::Mse).predict_proba(&features).unwrap_err().to_string();
    assert!(message.contains("found a model trained with mse"), "{message}");
}

//! ONNX files of PyTorch, Keras (tf2onnx) and scikit-learn (skl2onnx), written by `scripts/onnx-reference`; files of ours; and
//! files that mean harm.

use std::fs;
use std::path::PathBuf;

#[cfg(feature = "npy")]
use chainrule::data::read_features;
use chainrule::data::{Features, Preprocess};
use chainrule::export::{ExportFormat, ExportOptions};
use chainrule::{Activation, Layer, Loss, Mlp, Model, ModelFile, Scalar, Task};

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/onnx").join(name)
}

fn load(name: &str) -> Model<f32> {
    ModelFile::open(path(&format!("{name}.onnx"))).unwrap().model(None).unwrap()
}

/// Probabilities where the model is a classifier's, of no and yes where it answers one question; else its outputs.
#[cfg(feature = "npy")]
fn answers(model: &Model<f32>, features: &Features<f32>) -> Vec<f32> {
    match model.task {
        Some(Task::Classification | Task::MultiLabel) => model.predict_proba(features).unwrap(),
        Some(Task::Binary) => model.predict_proba(features).unwrap().into_iter().flat_map(|p| [1.0 - p, p]).collect(),
        _ => model.predict(features).unwrap(),
    }
}

#[cfg(feature = "npy")]
#[test]
fn files_of_other_programs_compute_what_those_computed() {
    for name in [
        "torch_relu",
        "torch_norms",
        "torch_activations",
        "torch_no_bias",
        "keras_norms",
        "keras_activations",
        "sklearn_iris",
        "sklearn_words",
        "sklearn_binary",
        "sklearn_values",
        "sklearn_labels",
        "sklearn_answers",
        "sklearn_questions",
        "sklearn_two_values",
    ] {
        let model = load(name);
        let x = read_features::<f32>(path(&format!("{name}.x.npy"))).unwrap();
        let y = read_features::<f32>(path(&format!("{name}.y.npy"))).unwrap();
        let found = answers(&model, &x);
        assert_eq!(found.len(), y.data().len(), "{name}");
        let largest = y.data().iter().fold(0.0, |most: f32, y| most.max(y.abs()));
        for (found, expected) in found.iter().zip(y.data().iter()) {
            assert!((found - expected).abs() <= 1e-5 * largest, "{name}: {found} and {expected}");
        }
    }
}

#[test]
fn what_a_file_says_about_its_model_is_known() {
    let words = load("sklearn_words");
    assert_eq!(words.class_names.as_deref().unwrap(), ["setosa", "versicolor", "virginica"]);
    assert_eq!((words.task, words.loss), (Some(Task::Classification), Loss::CrossEntropy));
    assert!(matches!(load("sklearn_iris").preprocess, Preprocess::Shift { .. }));
    let binary = load("sklearn_binary");
    assert_eq!((binary.task, binary.target.answers()), (Some(Task::Binary), Some(["0", "1"])));
    let labels = load("sklearn_labels");
    assert_eq!(labels.class_names.as_deref().unwrap(), ["3", "6", "9"]);
    assert_eq!(load("sklearn_answers").target.answers(), Some(["no", "yes"]));
    assert_eq!(load("sklearn_questions").task, Some(Task::MultiLabel));
    assert_eq!(
        (load("sklearn_values").task, load("sklearn_two_values").task),
        (Some(Task::Regression), Some(Task::Regression))
    );
    assert!(matches!(load("keras_norms").preprocess, Preprocess::Shift { .. }));
    let names: Vec<String> = load("torch_norms").mlp.layers().iter().map(Layer::to_string).collect();
    let expected = ["dense(6, 12)", "batch_norm(12)", "silu", "dense(12, 7)", "layer_norm(7)", "gelu", "dense(7, 3)"];
    assert_eq!(names, expected);
    let names: Vec<String> =
        load("torch_activations").mlp.layers().iter().skip(1).step_by(2).map(Layer::to_string).collect();
    let expected = ["tanh", "elu(1.5)", "selu", "leaky_relu(0.2)", "softplus", "softsign", "hardsigmoid", "gelu_tanh"];
    assert_eq!(names, expected);
    assert_eq!(load("torch_relu").task, None);
}

#[test]
fn a_node_that_no_network_of_ours_has_is_refused_by_operator_and_name() {
    let message = ModelFile::open(path("torch_conv.onnx")).unwrap_err().to_string();
    assert!(message.contains("operator Conv") && message.contains("torch_conv.onnx"), "{message}");
    assert!(message.contains("expected a chain of Gemm"), "{message}");
}

/// A network of ours with everything in it.
fn ours<T: Scalar>() -> Model<T> {
    let builder = Mlp::builder(5).dense(7).batch_norm().activation(Activation::Gelu).dense(6).layer_norm();
    let builder = builder.activation(Activation::Silu).dropout(0.5).dense(5).activation(Activation::GeluTanh).dense(3);
    let mut mlp: Mlp<T> = builder.seed(3).build_as().unwrap();
    mlp.running_mut().iter_mut().enumerate().for_each(|(i, r)| *r = T::from_f64(0.5 + 0.1 * i as f64));
    Model::new(mlp, Loss::CrossEntropy)
        .with_preprocess(Preprocess::Standardize {
            mean: vec![3.0, 0.0, -1.0, 2.0, 100.0],
            std: vec![1.0, 2.0, 0.5, 3.0, 10.0],
        })
        .with_class_names(["a", "b", "c"].map(str::to_owned).to_vec())
}

fn exported<T: Scalar>(model: &Model<T>) -> Vec<u8> {
    model.export(ExportFormat::Onnx, &ExportOptions::default()).unwrap()
}

#[test]
fn what_is_written_is_read_as_the_same_model() {
    let model = ours::<f64>();
    let again: Model<f64> = ModelFile::parse("m", &exported(&model)).unwrap().model(None).unwrap();
    assert_eq!((again.task, again.loss, &again.class_names), (model.task, model.loss, &model.class_names));
    assert_eq!(again.mlp.params(), model.mlp.params());
    let x = Features::new(2, 5, vec![3.5, 1.0, -1.0, 0.0, 90.0, 1.0, 2.0, 0.0, 4.0, 111.0]).unwrap();
    let (a, b) = (model.predict(&x).unwrap(), again.predict(&x).unwrap());
    assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-12), "{a:?} {b:?}");
    // The type of the weights is kept.
    let small = exported(&ours::<f32>());
    assert_eq!(ModelFile::parse("m", &small).unwrap().dtype(), chainrule::DType::F32);
    assert!(small.len() < exported(&model).len());
}

#[test]
fn a_graph_that_another_program_changed_is_read_as_it_is_now() {
    let network = |activation| {
        let builder = |activation| Mlp::builder(2).dense(4).activation(activation).dense(2).seed(3);
        let mut mlp: Mlp<f32> = builder(activation).build_as().unwrap();
        // Initial weights differ with the activation.
        mlp.params_mut().copy_from_slice(builder(Activation::Relu).build_as::<f32>().unwrap().params());
        let preprocess = Preprocess::Standardize { mean: vec![1.0, -2.0], std: vec![2.0, 0.5] };
        Model::new(mlp, Loss::CrossEntropy).with_preprocess(preprocess)
    };
    let changed = |from: &[u8], to: &[u8]| -> Vec<u8> {
        let mut bytes = exported(&network(Activation::Relu));
        let places: Vec<usize> = (0..bytes.len() - from.len()).filter(|&at| bytes[at..].starts_with(from)).collect();
        assert!(!places.is_empty());
        places.iter().for_each(|&at| bytes[at..at + to.len()].copy_from_slice(to));
        bytes
    };
    let x = Features::new(3, 2, vec![0.5, 1.0, -1.0, 3.0, 2.0, -0.5]).unwrap();
    let read = |bytes: &[u8]| ModelFile::parse("m", bytes).unwrap().model::<f32>(None).unwrap();
    let near = |a: &[f32], b: &[f32]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-5);
    // Another activation, of as many letters.
    let selu = read(&changed(b"Relu", b"Selu"));
    let (wanted, before) =
        (network(Activation::Selu).predict(&x).unwrap(), network(Activation::Relu).predict(&x).unwrap());
    let found = selu.predict(&x).unwrap();
    assert!(near(&found, &wanted) && !near(&found, &before), "{found:?} {wanted:?} {before:?}");
    // Another number of the preprocessing: in double, the mean -2 becomes -8.
    let scaled = read(&changed(&(-2f64).to_le_bytes(), &(-8f64).to_le_bytes()));
    assert!(!near(&scaled.predict(&x).unwrap(), &before));
}

#[test]
fn erf_is_computed_in_float_also_where_all_else_is_double() {
    fn ops<T: Scalar>() -> Vec<u8> {
        let mlp: Mlp<T> = Mlp::builder(2).dense(3).activation(Activation::Gelu).dense(1).build_as().unwrap();
        exported(&Model::new(mlp, Loss::Mse))
    }
    let (single, double) = (ops::<f32>(), ops::<f64>());
    let count = |bytes: &[u8], op: &[u8]| bytes.windows(op.len()).filter(|window| window == &op).count();
    // A node's operator, which stands behind its tag and length.
    assert_eq!((count(&single, b"\x22\x03Erf"), count(&double, b"\x22\x03Erf")), (1, 1));
    assert_eq!(count(&double, b"\x22\x04Cast"), count(&single, b"\x22\x04Cast") + 2);
    let names: Vec<String> = ModelFile::parse("m", &double)
        .and_then(|file| file.model::<f64>(None))
        .unwrap()
        .mlp
        .layers()
        .iter()
        .map(Layer::to_string)
        .collect();
    assert_eq!(names, ["dense(2, 3)", "gelu", "dense(3, 1)"]);
}

#[test]
fn no_truncation_and_no_flipped_byte_is_more_than_an_error() {
    let whole = exported(&ours::<f32>());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.onnx");
    let mut loaded = 0;
    let mut check = |bytes: &[u8]| match ModelFile::parse("m", bytes).and_then(|file| file.model::<f32>(None)) {
        Ok(model) => {
            loaded += 1;
            // A number may have become so large that outputs overflow, which is an error of its own.
            let _ = model.predict(&Features::new(1, model.mlp.inputs(), vec![1.0; model.mlp.inputs()]).unwrap());
        }
        Err(error) => assert!(error.to_string().starts_with('m'), "{error}"),
    };
    for end in 0..whole.len() {
        check(&whole[..end]);
    }
    for at in 0..whole.len() {
        for bit in [0x01, 0x80, 0xff] {
            let mut flipped = whole.clone();
            flipped[at] ^= bit;
            check(&flipped);
        }
    }
    assert!(loaded > 100, "flipped bytes of weights and names still load: {loaded}");
    fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    assert!(ModelFile::open(&path).unwrap_err().to_string().contains("m.onnx"));
    fs::write(&path, b"no ONNX at all").unwrap();
    assert!(ModelFile::open(&path).is_err());
}

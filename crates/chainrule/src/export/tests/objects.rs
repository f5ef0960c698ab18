//! JSON and NPZ, read by a little interpreter that knows nothing of ours but the naive reference's activations, and
//! PyTorch's files.

use chainrule_naive::Activation;
use serde_json::Value;

use super::cases::model;
use crate::export::{ExportFormat, ExportOptions};
use crate::{Activation as Ours, Layer, Loss, Mlp, Model, ModelFile};

fn floats(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

fn activation(layer: &Value) -> Activation {
    let alpha = || layer["alpha"].as_f64().unwrap();
    match layer["kind"].as_str().unwrap() {
        "relu" => Activation::Relu,
        "leaky_relu" => Activation::LeakyRelu(alpha()),
        "sigmoid" => Activation::Sigmoid,
        "tanh" => Activation::Tanh,
        "elu" => Activation::Elu(alpha()),
        "selu" => Activation::Selu,
        "gelu" => Activation::Gelu,
        "gelu_tanh" => Activation::GeluTanh,
        "silu" => Activation::Silu,
        "softplus" => Activation::Softplus,
        "softsign" => Activation::Softsign,
        "hardsigmoid" => Activation::HardSigmoid,
        other => panic!("{other}"),
    }
}

/// What a layer makes of a row, in f64.
fn apply(layer: &Value, z: Vec<f64>) -> Vec<f64> {
    let vector = |name: &str| floats(&layer[name]);
    let normalised = |mean: &[f64], variance: &[f64]| {
        let (gamma, beta, eps) = (vector("weight"), vector("bias"), layer["eps"].as_f64().unwrap());
        (0..z.len()).map(|i| gamma[i] * (z[i] - mean[i]) / (variance[i] + eps).sqrt() + beta[i]).collect()
    };
    match layer["kind"].as_str().unwrap() {
        "dense" => {
            let rows = layer["weight"].as_array().unwrap().iter().map(floats);
            let products = rows.map(|w| w.iter().zip(&z).map(|(w, x)| w * x).sum::<f64>());
            products.zip(vector("bias")).map(|(sum, b)| sum + b).collect()
        }
        kind @ ("softmax" | "log_softmax") => {
            let top = z.iter().fold(f64::NEG_INFINITY, |top, z| top.max(*z));
            let sum: f64 = z.iter().map(|z| (z - top).exp()).sum();
            let log = |z: &f64| z - top - sum.ln();
            z.iter().map(|z| if kind == "softmax" { log(z).exp() } else { log(z) }).collect()
        }
        "layer_norm" => {
            let n = z.len() as f64;
            let mean = z.iter().sum::<f64>() / n;
            let variance = z.iter().map(|z| (z - mean).powi(2)).sum::<f64>() / n;
            normalised(&vec![mean; z.len()], &vec![variance; z.len()])
        }
        "batch_norm" => normalised(&vector("running_mean"), &vector("running_var")),
        _ => activation(layer).forward(&z),
    }
}

/// The features of a row of columns.
fn encode(object: &Value, row: &[Value]) -> Vec<f64> {
    let mut features = Vec::new();
    for (column, cell) in object["columns"].as_array().unwrap().iter().zip(row) {
        let value = cell.as_f64().unwrap_or_else(|| column["fill"].as_f64().unwrap());
        match column["levels"].as_array() {
            Some(levels) => features.extend((0..levels.len()).map(|level| f64::from(u8::from(level as f64 == value)))),
            None => {
                features.push(value);
                features.extend((column["indicator"] == true).then_some(f64::from(u8::from(cell.is_null()))));
            }
        }
    }
    let scaling = &object["scaling"];
    match scaling["kind"].as_str().unwrap() {
        "none" => features,
        "factor" => features.iter().map(|x| x * scaling["factor"].as_f64().unwrap()).collect(),
        _ => {
            let (shift, scale) = (floats(&scaling["shift"]), floats(&scaling["scale"]));
            features.iter().zip(shift.iter().zip(scale)).map(|(x, (shift, scale))| (x - shift) / scale).collect()
        }
    }
}

fn outputs(object: &Value, row: &[Value]) -> Vec<f64> {
    let layers = object["layers"].as_array().unwrap();
    let z = layers.iter().fold(encode(object, row), |z, layer| apply(layer, z));
    match object["target"]["mean"].is_null() {
        true => z,
        false => {
            let (mean, std) = (floats(&object["target"]["mean"]), floats(&object["target"]["std"]));
            z.iter().zip(mean.iter().zip(std)).map(|(z, (mean, std))| z * std + mean).collect()
        }
    }
}

#[test]
fn a_json_object_alone_gives_the_outputs() {
    for seed in 0..65 {
        let model: Model<f64> = model(seed);
        let json = model.export(ExportFormat::Json, &ExportOptions::default()).unwrap();
        let object: Value = serde_json::from_slice(&json).unwrap();
        let rows = object["test"]["columns"].as_array().unwrap();
        let expected: Vec<f64> = object["test"]["outputs"].as_array().unwrap().iter().flat_map(floats).collect();
        let found: Vec<f64> = rows.iter().flat_map(|row| outputs(&object, row.as_array().unwrap())).collect();
        let largest = expected.iter().fold(0.0, |most: f64, y| most.max(y.abs()));
        assert!(rows.len() == 4 && expected.len() == 4 * model.mlp.outputs());
        for (found, expected) in found.iter().zip(&expected) {
            assert!((found - expected).abs() <= 1e-12 * largest, "model {seed}: {found} and {expected}");
        }
    }
}

#[test]
fn numbers_in_json_give_the_bits_of_f32_back() {
    let model: Model<f32> = model(3);
    let json = model.export(ExportFormat::Json, &ExportOptions::default()).unwrap();
    let object: Value = serde_json::from_slice(&json).unwrap();
    let dense = model.mlp.dense_layers().next().unwrap();
    let weights: Vec<f64> = object["layers"][0]["weight"].as_array().unwrap().iter().flat_map(floats).collect();
    assert_eq!(weights.len(), dense.w.rows() * dense.w.cols());
    for (at, weight) in weights.iter().enumerate() {
        assert_eq!(*weight as f32, dense.w.get(at % dense.w.rows(), at / dense.w.rows()));
    }
}

#[cfg(feature = "npy")]
#[test]
fn an_npz_archive_holds_every_array() {
    let model: Model<f32> = model(5);
    let bytes = model.export(ExportFormat::Npz, &ExportOptions::default()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.npz");
    std::fs::write(&path, bytes).unwrap();
    let read = |key: &str| crate::data::read_features::<f32>(format!("{}:{key}", path.display())).unwrap();
    let dense = model.mlp.dense_layers().next().unwrap();
    let found = read("0.weight");
    assert_eq!((found.rows(), found.cols()), (dense.w.cols(), dense.w.rows()));
    assert!((0..found.rows()).all(|o| (0..found.cols()).all(|i| found.row(o)[i] == dense.w.get(i, o))));
}

#[test]
fn a_state_dict_gives_the_network_back() {
    for seed in 0..26 {
        let model: Model<f32> = model(seed);
        let bytes = model.export(ExportFormat::Torch, &ExportOptions::default()).unwrap();
        let mut mlp = model.mlp.try_clone().unwrap();
        mlp.params_mut().fill(0.0);
        mlp.running_mut().fill(0.0);
        ModelFile::parse("torch", &bytes).unwrap().load_into(&mut mlp).unwrap();
        assert!(mlp.params() == model.mlp.params() && mlp.running() == model.mlp.running(), "model {seed}");
        assert_eq!(bytes, model.export(ExportFormat::Torch, &ExportOptions::default()).unwrap());
    }
    let layers = [Layer::Activation(Ours::GeluTanh), Layer::Dropout { p: 0.25 }, Layer::Softmax];
    let builder = layers.into_iter().fold(Mlp::builder(3).dense(2), |builder, layer| builder.layer(layer));
    let model = Model::new(builder.build_as::<f64>().unwrap(), Loss::Mse);
    let bytes = model.export(ExportFormat::Torch, &ExportOptions::default()).unwrap();
    let text = "nn.Sequential(nn.Linear(3, 2), nn.GELU(approximate='tanh'), nn.Dropout(0.25), nn.Softmax(dim=-1)).double().eval()";
    assert!(String::from_utf8_lossy(&bytes).contains(text));
}

#[test]
fn eight_bits_are_refused_where_there_are_none() {
    let model: Model<f32> = model(3);
    let options = ExportOptions { int8: true, ..ExportOptions::default() };
    let message = model.export(ExportFormat::Json, &options).unwrap_err().to_string();
    assert!(message.contains("eight bits for json") && message.contains("c or rust"), "{message}");
}

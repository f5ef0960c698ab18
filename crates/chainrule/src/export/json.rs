//! A model as one JSON object: what its columns are, how they become features, its layers with their numbers, what becomes of
//! the outputs, and rows to test a reader with.
//!
//! Numbers of an f32 model are the shortest decimals that give its bits back when they are read as f32.

use serde_json::{Map, Value, json};

use super::blueprint::{Blueprint, Column, ColumnKind, DenseStep, FeatureScaling, Probabilities, Step};
use super::fragments::{function, parameter};
use super::samples::Samples;
use super::text::number;

/// The version of this object; it goes up when a reader of the last one would misunderstand it.
const VERSION: u32 = 1;
/// That of an object with logarithms, which a reader of version 1 would not take.
const WITH_LOGARITHMS: u32 = 2;

/// The object.
pub(super) fn object(of: &Blueprint, samples: &Samples) -> Value {
    with_layers(of, samples, layer)
}

/// The object without the numbers of its layers.
pub(super) fn description(of: &Blueprint, samples: &Samples) -> Value {
    with_layers(of, samples, |step, _| kind(step))
}

fn with_layers(of: &Blueprint, samples: &Samples, layer: impl Fn(&Step, bool) -> Value) -> Value {
    let real = |value: f64| real(value, of.is_double);
    let scaling = match &of.scaling {
        FeatureScaling::None => json!({ "kind": "none" }),
        FeatureScaling::Factor(factor) => json!({ "kind": "factor", "factor": factor }),
        FeatureScaling::Affine { shift, scale, is_standard } => {
            let by = if *is_standard { "mean and deviation" } else { "shift and scale" };
            json!({ "kind": "affine", "by": by, "shift": shift, "scale": scale })
        }
    };
    let probabilities = match of.probabilities() {
        Probabilities::None => Value::Null,
        Probabilities::Outputs => "outputs".into(),
        Probabilities::Softmax => "softmax".into(),
        Probabilities::Sigmoid => "sigmoid".into(),
    };
    let (mean, std) = of.target_scaling.clone().unzip();
    let mut target = json!({ "names": of.target_names, "mean": mean, "std": std });
    let has_logarithms = of.target_log1p.contains(&true) || of.columns.iter().any(|column| column.log1p);
    if of.target_log1p.contains(&true) {
        target["log1p"] = json!(of.target_log1p);
    }
    if !of.target_signs.is_empty() {
        target["signs"] = json!(of.target_signs);
    }
    json!({
        "format": "chainrule",
        "version": if has_logarithms { WITH_LOGARITHMS } else { VERSION },
        "dtype": if of.is_double { "f64" } else { "f32" },
        "task": of.task.map(|task| task.to_string()),
        "loss": of.loss,
        "table_columns": of.table_columns,
        "missing": of.missing,
        "decimal": of.decimal,
        "columns": of.columns.iter().map(column).collect::<Vec<_>>(),
        "scaling": scaling,
        "inputs": of.inputs,
        "outputs": of.outputs,
        "layers": of.steps.iter().map(|step| layer(step, of.is_double)).collect::<Vec<_>>(),
        "target": target,
        "classes": of.class_names.clone().or_else(|| of.answers.as_ref().map(|answers| answers.to_vec())),
        "probabilities": probabilities,
        "split": of.split,
        "test": {
            "columns": samples.columns,
            "outputs": samples.outputs.iter().map(|row| row.iter().map(|y| real(*y)).collect()).collect::<Vec<Vec<_>>>(),
        },
    })
}

/// A number by its shortest decimal in the model's type.
fn real(value: f64, is_double: bool) -> f64 {
    number(value, is_double).parse().unwrap_or(value)
}

fn column(column: &Column) -> Value {
    let mut object = Map::new();
    object.insert("name".to_owned(), column.title.clone().into());
    let rest = match &column.kind {
        ColumnKind::Number { fill, indicator } if column.log1p => {
            json!({ "kind": "number", "fill": fill, "indicator": indicator, "log1p": true })
        }
        ColumnKind::Number { fill, indicator } => json!({ "kind": "number", "fill": fill, "indicator": indicator }),
        ColumnKind::Flag { words: [no, yes], fill, indicator } => {
            json!({ "kind": "flag", "no": no, "yes": yes, "fill": fill, "indicator": indicator })
        }
        ColumnKind::Category { levels, fill, takes_unknown } => {
            json!({ "kind": "category", "levels": levels, "fill": fill, "takes_unknown": takes_unknown })
        }
    };
    object.extend(column.index.map(|index| ("index".to_owned(), index.into())));
    object.extend(column.sign.map(|sign| ("sign".to_owned(), sign.text().into())));
    object.extend(column.na_is_text.then(|| ("na_is_text".to_owned(), true.into())));
    object.extend(rest.as_object().cloned().unwrap_or_default());
    object.into()
}

/// A layer with its numbers.
fn layer(step: &Step, is_double: bool) -> Value {
    let reals = |values: &[f64]| values.iter().map(|value| real(*value, is_double)).collect::<Vec<_>>();
    let numbers = match step {
        Step::Dense(DenseStep { inputs, weight, bias, .. }) => {
            let rows: Vec<_> = weight.chunks_exact((*inputs).max(1)).map(reals).collect();
            json!({ "weight": rows, "bias": reals(bias) })
        }
        Step::LayerNorm { gamma, beta, .. } => json!({ "weight": reals(gamma), "bias": reals(beta) }),
        Step::BatchNorm { mean, variance, gamma, beta, .. } => json!({
            "weight": reals(gamma), "bias": reals(beta), "running_mean": reals(mean), "running_var": reals(variance),
        }),
        Step::Activation(_) | Step::Softmax | Step::LogSoftmax => Value::Null,
    };
    let mut object = kind(step).as_object().cloned().unwrap_or_default();
    object.extend(numbers.as_object().cloned().unwrap_or_default());
    object.into()
}

/// What a layer is.
fn kind(step: &Step) -> Value {
    match step {
        Step::Dense(DenseStep { inputs, outputs, .. }) => {
            json!({ "kind": "dense", "inputs": inputs, "outputs": outputs })
        }
        Step::Activation(activation) => match parameter(*activation) {
            Some(alpha) => json!({ "kind": function(step), "alpha": alpha }),
            None => json!({ "kind": function(step) }),
        },
        Step::Softmax | Step::LogSoftmax => json!({ "kind": function(step) }),
        Step::LayerNorm { eps, .. } => json!({ "kind": "layer_norm", "eps": eps }),
        Step::BatchNorm { eps, .. } => json!({ "kind": "batch_norm", "eps": eps }),
    }
}

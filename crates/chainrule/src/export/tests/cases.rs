//! Random models: every activation, normalisations, all kinds of outputs, columns and scalings.

use std::sync::Arc;

use chainrule_kernel::Scalar;
use chainrule_model::network::{ACTIVATION_NAMES, parse_activation};
use chainrule_model::random::{Purpose, Stream};
use chainrule_model::{Layer, Loss, Mlp};
use serde_json::{Value, json};

use crate::data::{Preprocess, Schema, Target};
use crate::{Model, Task};

/// Model number `seed`: its activation, its last layer, its columns and its scaling come in turns, sizes at random.
pub(super) fn model<T: Scalar>(seed: usize) -> Model<T> {
    let mut stream = Stream::new(seed as u64, Purpose::Synthetic, 7);
    let mut size = |most: u64| 1 + stream.below(most) as usize;
    let has_table = seed % 3 == 1;
    let (schema, inputs) = if has_table { table() } else { (None, size(40)) };
    let activation =
        |at: usize| Layer::Activation(parse_activation(ACTIVATION_NAMES[at % ACTIVATION_NAMES.len()]).unwrap());
    let mut builder = Mlp::builder(inputs).seed(seed as u64);
    for depth in 0..seed % 4 {
        builder = builder.dense(size(24));
        builder = match (seed + depth) % 5 {
            0 => builder.layer_norm(),
            1 => builder.batch_norm(),
            2 => builder.dropout(0.25),
            _ => builder,
        };
        builder = builder.layer(activation(seed / 4 + depth));
    }
    let outputs = if seed % 7 < 2 { 1 } else { size(9) };
    builder = builder.dense(outputs);
    let (builder, loss, task) = match seed % 5 {
        0 => (builder, Loss::Mse, Task::Regression),
        1 => (builder.softmax(), Loss::Mse, Task::Classification),
        2 => (builder.log_softmax(), Loss::CrossEntropy, Task::Classification),
        3 if outputs == 1 => (builder, Loss::BinaryCrossEntropy, Task::Binary),
        3 => (builder, Loss::BinaryCrossEntropy, Task::MultiLabel),
        _ => (builder.layer(activation(seed / 4 + 9)), Loss::Mse, Task::Regression),
    };
    let mut mlp: Mlp<T> = builder.build_as().unwrap();
    let mut stream = Stream::new(seed as u64, Purpose::Synthetic, 8);
    mlp.params_mut().iter_mut().for_each(|w| *w = T::from_f64(w.to_f64() + 0.1 * stream.normal()));
    mlp.running_mut().iter_mut().for_each(|r| *r = T::from_f64(0.5 + stream.unit()));
    let mut target = Target::default();
    if task == Task::Regression && seed.is_multiple_of(2) {
        target = serde_json::from_value(scaled_target(outputs)).unwrap();
    }
    if task == Task::Binary {
        target =
            serde_json::from_value(json!({ "names": ["left"], "answers": ["no \"way\"", "oui \u{20ac}"] })).unwrap();
    }
    let class_names = (task == Task::Classification).then(|| (0..outputs).map(|c| format!("class {c}")).collect());
    let preprocess = preprocess(seed, inputs, &mut stream);
    Model { preprocess, task: Some(task), class_names, schema, target: Arc::new(target), ..Model::new(mlp, loss) }
}

/// The same with logarithms of 1 + x: of every number of its table that may have one, and of its targets where they are scaled.
pub(super) fn with_logarithms<T: Scalar>(model: Model<T>) -> Model<T> {
    let mut schema = serde_json::to_value(model.schema.as_deref()).unwrap();
    for column in schema.get_mut("columns").and_then(Value::as_array_mut).into_iter().flatten() {
        let kind = &mut column["kind"];
        if kind["kind"] == "number" && kind["fill"].as_f64().is_none_or(|fill| fill > -1.0) {
            kind["log1p"] = json!(true);
        }
    }
    let mut target = serde_json::to_value(&*model.target).unwrap();
    if let Some(scaling) = target.get_mut("scaling") {
        let columns = scaling["mean"].as_array().map_or(0, Vec::len);
        scaling["log1p"] = json!((0..columns).map(|column| column % 3 < 2).collect::<Vec<_>>());
    }
    Model {
        schema: serde_json::from_value::<Option<Schema>>(schema).unwrap().map(Arc::new),
        target: Arc::new(serde_json::from_value(target).unwrap()),
        ..model
    }
}

fn preprocess(seed: usize, inputs: usize, stream: &mut Stream) -> Preprocess {
    let mut numbers = |low: f64, high: f64| (0..inputs).map(|_| stream.uniform(low, high)).collect::<Vec<_>>();
    match seed % 4 {
        0 => Preprocess::None,
        1 => Preprocess::Standardize { mean: numbers(-1.0, 1.0), std: numbers(0.5, 2.0) },
        2 => Preprocess::Shift { shift: numbers(-1.0, 1.0), scale: numbers(0.5, 2.0) },
        _ => Preprocess::Scale { factor: 1.0 / 16.0 },
    }
}

fn scaled_target(outputs: usize) -> Value {
    let names: Vec<String> = (0..outputs).map(|output| format!("y{output}")).collect();
    json!({ "names": names, "scaling": { "mean": vec![20.0; outputs], "std": vec![2.5; outputs] } })
}

/// Columns of every kind, with names that a source has to escape, and the features that they become.
fn table() -> (Option<Arc<Schema>>, usize) {
    let columns = json!([
        { "name": "rooms", "index": 0, "kind": { "kind": "number" } },
        { "name": "age */ \\", "index": 1, "kind": { "kind": "number", "fill": 40.5, "indicator": true } },
        { "name": "town", "index": 2, "kind": { "kind": "category", "levels": ["Bonn", "K\u{f6}ln", "a b", "a-b"],
            "fill": "K\u{f6}ln", "unknown": "error" } },
        { "name": "pool", "index": 3, "kind": { "kind": "flag", "no": "no", "yes": "yes", "fill": 1.0, "indicator": true } },
        { "index": 5, "kind": { "kind": "category", "levels": ["1", "2"], "unknown": "zeros" } },
        { "name": "SERIES", "index": 6, "kind": { "kind": "number", "fill": -3.0 } },
    ]);
    let schema: Schema = serde_json::from_value(json!({ "table_columns": 8, "columns": columns })).unwrap();
    let width = schema.width();
    (Some(Arc::new(schema)), width)
}

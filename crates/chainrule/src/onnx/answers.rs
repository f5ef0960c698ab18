//! What a graph's outputs mean, and what its columns are called: by its last nodes, or by what chainrule wrote into it.

use chainrule_model::{Activation, Layer, Loss};
use serde_json::json;

use super::graph::Graph;
use super::piece::Piece;
use crate::Task;
use crate::data::{Schema, Target};

/// The longest text about a model.
const METADATA_MAX: usize = 1 << 20;
/// What the outputs mean.
pub(super) struct Answers {
    pub(super) task: Option<Task>,
    pub(super) loss: Loss,
    pub(super) class_names: Option<Vec<String>>,
    pub(super) target: Target,
    /// The columns by their names, where they are numbers and the file says them.
    pub(super) schema: Option<Schema>,
}

impl Answers {
    /// By a softmax at the end, the labels of a classifier, or what chainrule wrote into the file. Probabilities at the end
    /// are taken off: the model's outputs are logits, as its own are.
    pub(super) fn of(graph: &Graph<'_>, pieces: &mut Vec<Piece>, labels: Vec<String>) -> Self {
        let unknown = Answers {
            task: None,
            loss: Loss::CrossEntropy,
            class_names: None,
            target: Target::default(),
            schema: None,
        };
        if let Some(told) = graph.metadata.filter(|json| json.len() <= METADATA_MAX).and_then(Answers::told) {
            return told;
        }
        match pieces.last() {
            Some(Piece::Plain(Layer::Softmax | Layer::LogSoftmax)) => {
                pieces.pop();
                let class_names = (!labels.is_empty()).then_some(labels);
                Answers { task: Some(Task::Classification), class_names, ..unknown }
            }
            // Of several questions scikit-learn cuts the probabilities, and calls the answers 0 and 1.
            Some(Piece::Plain(Layer::Activation(Activation::Sigmoid)))
                if !labels.is_empty() || graph.count("Binarizer") == 1 =>
            {
                pieces.pop();
                let answers = <[String; 2]>::try_from(labels).ok().filter(|_| outputs(pieces) == 1);
                let task = if answers.is_some() { Task::Binary } else { Task::MultiLabel };
                let target = Target { answers, ..Target::default() };
                Answers { task: Some(task), loss: Loss::BinaryCrossEntropy, target, ..unknown }
            }
            // A regressor's outputs, of which skl2onnx makes a column.
            Some(Piece::Width(1)) if graph.producer_name == "skl2onnx" => {
                Answers { task: Some(Task::Regression), loss: Loss::Mse, ..unknown }
            }
            _ => unknown,
        }
    }

    /// The object that [`Model::export`] stores.
    fn told(json: &str) -> Option<Self> {
        #[derive(serde::Deserialize)]
        struct Told {
            task: Option<String>,
            loss: String,
            classes: Option<Vec<String>>,
            target: Names,
            columns: Vec<Column>,
        }
        #[derive(serde::Deserialize)]
        struct Names {
            names: Vec<String>,
        }
        let Told { task, loss, classes, target: Names { names }, columns } = serde_json::from_str(json).ok()?;
        let task = match task {
            Some(task) => Some(task.parse().ok()?),
            None => None,
        };
        let (mut target, mut class_names) = (Target { names, ..Target::default() }, None);
        match task {
            Some(Task::Binary) => target.answers = classes.and_then(|names| names.try_into().ok()),
            _ => class_names = classes,
        }
        Some(Answers { task, loss: loss.parse().ok()?, class_names, target, schema: schema(&columns) })
    }
}

/// The outputs of the last dense layer.
fn outputs(pieces: &[Piece]) -> usize {
    let width = |piece: &Piece| if let Piece::Dense { outputs, .. } = piece { Some(*outputs) } else { None };
    pieces.iter().rev().find_map(width).unwrap_or(0)
}

/// A column as [`Model::export`](crate::Model::export) describes it.
#[derive(serde::Deserialize)]
struct Column {
    name: String,
    kind: String,
    fill: Option<serde_json::Value>,
}

/// Columns of numbers that are never missing, where all have names of their own.
fn schema(columns: &[Column]) -> Option<Schema> {
    let is_plain =
        |column: &Column| column.kind == "number" && column.fill.is_none() && !column.name.starts_with("column ");
    if !columns.iter().all(is_plain) {
        return None;
    }
    let column = |(index, column): (usize, &Column)| json!({ "name": column.name, "index": index, "kind": { "kind": "number" } });
    let columns: Vec<_> = columns.iter().enumerate().map(column).collect();
    serde_json::from_value(json!({ "table_columns": columns.len(), "columns": columns })).ok()
}

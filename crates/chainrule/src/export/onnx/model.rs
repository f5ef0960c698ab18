//! A model as an ONNX graph: columns in, outputs in the targets' unit out, and where they stand for classes probabilities and
//! classes too.

use super::columns::features;
use super::graph::{Attribute, Graph, Value};
use super::logarithms::{self, Function};
use super::network::Network;
use crate::export::blueprint::{Blueprint, Probabilities};
use crate::onnx::schema::element::{DOUBLE, FLOAT, INT64, STRING};
use crate::{Result, Task};

/// The file. `metadata` is stored under `chainrule`.
///
/// # Errors
/// When a layer has no nodes.
pub(crate) fn file(of: &Blueprint, name: &str, metadata: &str) -> Result<Vec<u8>> {
    let mut graph = Graph::default();
    let [outputs, probabilities, class] = ["outputs", "probabilities", "class"].map(|name| graph.unique(name));
    let mut here = features(&mut graph, of);
    let mut network = Network { graph: &mut graph, is_double: of.is_double };
    for (at, step) in of.steps.iter().enumerate() {
        here = network.step(at, step, &here)?;
    }
    match &of.target_scaling {
        None => graph.node_to("Identity", &[&here], &outputs, &[]),
        // In double, as the model undoes it.
        Some((mean, std)) if of.target_log1p.contains(&true) => {
            let std = graph.reals("target_std", &[of.outputs], std, true);
            let mean = graph.reals("target_mean", &[of.outputs], mean, true);
            let wide = graph.node("Cast", &[&here], &[Attribute::Int("to", DOUBLE)]);
            let scaled = graph.node("Mul", &[&wide, &std], &[]);
            let moved = graph.node("Add", &[&scaled, &mean], &[]);
            let undone = logarithms::some(&mut graph, Function::Expm1, &moved, &of.target_log1p);
            let element = if of.is_double { DOUBLE } else { FLOAT };
            graph.node_to("Cast", &[&undone], &outputs, &[Attribute::Int("to", element)]);
        }
        Some((mean, std)) => {
            let std = graph.reals("target_std", &[of.outputs], std, of.is_double);
            let mean = graph.reals("target_mean", &[of.outputs], mean, of.is_double);
            let scaled = graph.node("Mul", &[&here, &std], &[]);
            graph.node_to("Add", &[&scaled, &mean], &outputs, &[]);
        }
    }
    let (element, cols) = (if of.is_double { DOUBLE } else { FLOAT }, Some(of.outputs));
    graph.output(&Value { element, cols, name: &outputs });
    let made = match of.probabilities() {
        Probabilities::None => None,
        Probabilities::Outputs => Some(("Identity", None)),
        Probabilities::Softmax => Some(("Softmax", Some(Attribute::Int("axis", -1)))),
        Probabilities::Sigmoid => Some(("Sigmoid", None)),
    };
    if let Some((op, attribute)) = made {
        graph.node_to(op, &[&outputs], &probabilities, attribute.as_slice());
        graph.output(&Value { element, cols, name: &probabilities });
    }
    classes(&mut graph, of, &outputs, &class);
    Ok(graph.into_bytes(name, metadata))
}

/// The class of each row, by its name or else its number.
fn classes(graph: &mut Graph, of: &Blueprint, outputs: &str, class: &str) {
    let names: Option<Vec<&str>> = match (&of.class_names, &of.answers) {
        (Some(names), _) => Some(names.iter().map(String::as_str).collect()),
        (None, Some(answers)) => Some(answers.iter().map(String::as_str).collect()),
        (None, None) => None,
    };
    let number = match of.task {
        Some(Task::Classification) => {
            graph.node("ArgMax", &[outputs], &[Attribute::Int("axis", 1), Attribute::Int("keepdims", 0)])
        }
        Some(Task::Binary) => {
            let zero = graph.reals("zero", &[1], &[0.0], of.is_double);
            let is_yes = graph.node("Greater", &[outputs, &zero], &[]);
            let number = graph.node("Cast", &[&is_yes], &[Attribute::Int("to", INT64)]);
            let shape = graph.ints("shape", &[-1]);
            graph.node("Reshape", &[&number, &shape], &[])
        }
        _ => return,
    };
    match names {
        Some(names) => {
            let keys = Attribute::Ints("keys_int64s", (0..names.len() as i64).collect());
            let values = Attribute::Texts("values_strings", names);
            graph.node_to("LabelEncoder", &[&number], class, &[keys, values, Attribute::Text("default_string", "")]);
            graph.output(&Value { element: STRING, cols: None, name: class });
        }
        None => {
            graph.node_to("Identity", &[&number], class, &[]);
            graph.output(&Value { element: INT64, cols: None, name: class });
        }
    }
}

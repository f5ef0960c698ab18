//! An ONNX graph while it is written: nodes, constants, inputs and outputs, and names that differ.

use std::collections::HashMap;

use crate::onnx::digest;
use crate::onnx::schema::{attribute, element, entry, graph, model, node, opset, tensor, value_info};
use crate::protobuf::encode::Message;

/// The operator sets that graphs are written in: the first with LayerNormalization, and LabelEncoder's second form.
const OPSET: i64 = 17;
const ML_OPSET: i64 = 3;
const IR_VERSION: i64 = 8;
/// The domain of LabelEncoder and OneHotEncoder.
const ML: &str = "ai.onnx.ml";

#[derive(Default)]
pub(super) struct Graph {
    nodes: Vec<Message>,
    constants: Vec<Message>,
    inputs: Vec<Message>,
    outputs: Vec<Message>,
    /// Each with the number that was last put behind it to make another.
    names: HashMap<String, usize>,
}

/// An attribute of a node.
pub(super) enum Attribute<'a> {
    Float(&'a str, f64),
    Int(&'a str, i64),
    Ints(&'a str, Vec<i64>),
    Text(&'a str, &'a str),
    Texts(&'a str, Vec<&'a str>),
}

/// The rows and columns of an input or output.
pub(super) struct Value<'a> {
    pub(super) element: i64,
    /// Columns; `None` of a list with one element for each row.
    pub(super) cols: Option<usize>,
    pub(super) name: &'a str,
}

impl Graph {
    /// A name that nothing has yet.
    pub(super) fn unique(&mut self, wanted: &str) -> String {
        let wanted = if wanted.is_empty() { "x" } else { wanted };
        let Some(&last) = self.names.get(wanted) else {
            self.names.insert(wanted.to_owned(), 1);
            return wanted.to_owned();
        };
        // From the last one on: a table has thousands of columns, and of each operator as many nodes.
        let numbers = last + 1..;
        let mut others = numbers.map(|number| (number, format!("{wanted}_{number}")));
        let (number, name) = others.find(|(_, name)| !self.names.contains_key(name)).expect("fewer names than numbers");
        self.names.insert(wanted.to_owned(), number);
        self.names.insert(name.clone(), 1);
        name
    }

    /// Adds a node with one output, whose name it gives.
    pub(super) fn node(&mut self, op: &str, inputs: &[&str], attributes: &[Attribute<'_>]) -> String {
        let output = self.unique(&format!("/{op}"));
        self.node_to(op, inputs, &output, attributes);
        output
    }

    /// Adds a node whose output is called so.
    pub(super) fn node_to(&mut self, op: &str, inputs: &[&str], output: &str, attributes: &[Attribute<'_>]) {
        let message = inputs.iter().fold(Message::new(), |message, input| message.text(node::INPUT, input));
        let message = message.text(node::OUTPUT, output).text(node::NAME, output).text(node::OP_TYPE, op);
        let attributes: Vec<Message> = attributes.iter().map(Attribute::message).collect();
        let message = message.messages(node::ATTRIBUTE, &attributes);
        let is_ml = matches!(op, "LabelEncoder" | "OneHotEncoder");
        self.nodes.push(if is_ml { message.text(node::DOMAIN, ML) } else { message });
    }

    /// A constant of floats or doubles, whose name it gives.
    pub(super) fn reals(&mut self, name: &str, shape: &[usize], values: &[f64], is_double: bool) -> String {
        let bytes: Vec<u8> = match is_double {
            true => values.iter().flat_map(|x| x.to_le_bytes()).collect(),
            false => values.iter().flat_map(|x| (*x as f32).to_le_bytes()).collect(),
        };
        self.constant(name, shape, if is_double { element::DOUBLE } else { element::FLOAT }, &bytes)
    }

    pub(super) fn ints(&mut self, name: &str, values: &[i64]) -> String {
        let bytes: Vec<u8> = values.iter().flat_map(|x| x.to_le_bytes()).collect();
        self.constant(name, &[values.len()], element::INT64, &bytes)
    }

    /// A constant of yes and no, (1, some).
    pub(super) fn flags(&mut self, name: &str, values: &[bool]) -> String {
        let bytes: Vec<u8> = values.iter().map(|is| u8::from(*is)).collect();
        self.constant(name, &[1, values.len()], element::BOOL, &bytes)
    }

    fn constant(&mut self, name: &str, shape: &[usize], element: i64, bytes: &[u8]) -> String {
        let name = self.unique(name);
        let message = shape.iter().fold(Message::new(), |message, n| message.int(tensor::DIMS, *n as i64));
        let message = message.int(tensor::DATA_TYPE, element).text(tensor::NAME, &name);
        self.constants.push(message.bytes(tensor::RAW_DATA, bytes));
        name
    }

    pub(super) fn input(&mut self, value: &Value<'_>) {
        self.inputs.push(value.message());
    }

    pub(super) fn output(&mut self, value: &Value<'_>) {
        self.outputs.push(value.message());
    }

    /// The file.
    pub(super) fn into_bytes(self, name: &str, metadata: &str) -> Vec<u8> {
        let graph_message = Message::new()
            .messages(graph::NODE, &self.nodes)
            .text(graph::NAME, name)
            .messages(graph::INITIALIZER, &self.constants)
            .messages(graph::INPUT, &self.inputs)
            .messages(graph::OUTPUT, &self.outputs);
        let entry = |key: &str, text: &str| Message::new().text(entry::KEY, key).text(entry::VALUE, text);
        let digest = digest::digest(&graph_message.clone().into_bytes());
        let opset = |domain: &str, version| Message::new().text(opset::DOMAIN, domain).int(opset::VERSION, version);
        Message::new()
            .int(model::IR_VERSION, IR_VERSION)
            .text(model::PRODUCER_NAME, "chainrule")
            .text(model::PRODUCER_VERSION, env!("CARGO_PKG_VERSION"))
            .message(model::GRAPH, &graph_message)
            .messages(model::OPSET_IMPORT, &[opset("", OPSET), opset(ML, ML_OPSET)])
            .messages(model::METADATA_PROPS, &[entry("chainrule", metadata), entry(digest::KEY, &digest)])
            .into_bytes()
    }
}

impl Attribute<'_> {
    /// Fields in the order of their numbers, as every other writer has them: written again by one, the graph is the same.
    fn message(&self) -> Message {
        let named = |name: &str| Message::new().text(attribute::NAME, name);
        let (message, kind) = match self {
            Attribute::Float(name, value) => (named(name).float(attribute::F, *value as f32), attribute::FLOAT),
            Attribute::Int(name, value) => (named(name).int(attribute::I, *value), attribute::INT),
            Attribute::Text(name, value) => (named(name).text(attribute::S, value), attribute::STRING),
            Attribute::Ints(name, values) => {
                let all = values.iter().fold(named(name), |message, value| message.int(attribute::INTS, *value));
                (all, attribute::INTS_TYPE)
            }
            Attribute::Texts(name, values) => {
                let all = values.iter().fold(named(name), |message, value| message.text(attribute::STRINGS, value));
                (all, attribute::STRINGS_TYPE)
            }
        };
        message.int(attribute::TYPE, kind)
    }
}

impl Value<'_> {
    fn message(&self) -> Message {
        let rows = Message::new().text(value_info::DIM_PARAM, "rows");
        let mut shape = Message::new().message(value_info::DIM, &rows);
        if let Some(cols) = self.cols {
            shape = shape.message(value_info::DIM, &Message::new().int(value_info::DIM_VALUE, cols as i64));
        }
        let tensor = Message::new().int(value_info::ELEM_TYPE, self.element).message(value_info::SHAPE, &shape);
        let kind = Message::new().message(value_info::TENSOR_TYPE, &tensor);
        Message::new().text(value_info::NAME, self.name).message(value_info::TYPE, &kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_and_constants_are_written_as_others_write_them_again() {
        use crate::protobuf::decode::fields;
        let rises = |bytes: &[u8]| {
            let numbers: Vec<u64> = fields(bytes).map(|field| field.unwrap().0).collect();
            assert!(numbers.is_sorted() && numbers.len() > 2, "{numbers:?}");
        };
        let attributes = || {
            [
                Attribute::Float("a", 1.0),
                Attribute::Int("b", 1),
                Attribute::Ints("c", vec![1, 2]),
                Attribute::Text("d", "x"),
                Attribute::Texts("e", vec!["x", "y"]),
            ]
        };
        let mut graph = Graph::default();
        graph.node("LabelEncoder", &["x"], &attributes());
        graph.reals("w", &[1, 1], &[1.0], true);
        attributes().iter().for_each(|attribute| rises(&attribute.message().into_bytes()));
        for message in [&graph.nodes[0], &graph.constants[0]] {
            rises(&message.clone().into_bytes());
        }
    }

    #[test]
    fn no_two_names_are_equal() {
        let mut graph = Graph::default();
        let mut names: Vec<String> =
            ["a_2", "a", "a", "", "x", "a", "a_2", "a_2_2"].map(|name| graph.unique(name)).into();
        assert_eq!(names, ["a_2", "a", "a_3", "x", "x_2", "a_4", "a_2_2", "a_2_2_2"]);
        names.extend((0..2000).map(|_| graph.unique("a")));
        assert_eq!(names.iter().collect::<std::collections::HashSet<_>>().len(), names.len());
    }
}

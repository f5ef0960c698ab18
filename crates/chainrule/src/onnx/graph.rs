//! An ONNX file taken apart: its nodes by what they produce, its constants by name. Borrowed from the bytes; what is kept
//! of a node is where it stands.

use std::cell::Cell;
use std::collections::{HashMap, HashSet};

use super::digest;
use super::schema::{attribute, element, entry, graph, model, node, opset, value_info};
use super::tensor::{LABELS_MAX, Tensor, labels};
use crate::protobuf::decode::{Field, fields, packed};
use crate::{Error, Place, Result};

/// The most nodes and constants of a graph: far more than a network needs, and some megabytes.
const MOST: usize = 1 << 16;

/// Numbers that may be read beyond one for each byte of the file: constants of formulas occur in many places.
const SPARE: usize = 1 << 16;

/// A file.
#[derive(Debug)]
pub(super) struct Graph<'a> {
    pub(super) origin: &'a str,
    /// The node of each value that a node produces.
    producers: HashMap<&'a str, &'a [u8]>,
    constants: HashMap<&'a str, &'a [u8]>,
    /// The inputs that are no constants.
    inputs: HashSet<&'a str>,
    pub(super) outputs: Vec<&'a str>,
    /// The program that wrote it.
    pub(super) producer_name: &'a str,
    /// Version of the main operators.
    pub(super) opset: i64,
    /// What [`Model::export`](crate::Model::export) has written about the model.
    pub(super) metadata: Option<&'a str>,
    /// Whether the graph is no longer the one that was written with it.
    pub(super) is_changed: bool,
    /// Number of nodes.
    pub(super) nodes: usize,
    /// How many more numbers may be read.
    numbers: Cell<usize>,
}

/// A node.
#[derive(Debug, Clone)]
pub(super) struct Node<'a> {
    /// Empty where it is another's: an operator of a domain of its own may compute anything under a known name.
    pub(super) op: &'a str,
    /// The domain and the operator, where it is another's.
    foreign: Option<[&'a str; 2]>,
    pub(super) name: &'a str,
    /// Its first output; the others are what training keeps, such as masks.
    pub(super) output: &'a str,
    pub(super) inputs: Vec<&'a str>,
    bytes: &'a [u8],
}

impl<'a> Graph<'a> {
    /// Takes a file apart.
    ///
    /// # Errors
    /// When it is no ONNX file, or has more nodes than a network needs.
    pub(super) fn of(origin: &'a str, bytes: &'a [u8]) -> Result<Self> {
        let mut read = Graph {
            origin,
            producers: HashMap::new(),
            constants: HashMap::new(),
            inputs: HashSet::new(),
            outputs: Vec::new(),
            producer_name: "",
            opset: 1,
            metadata: None,
            is_changed: false,
            nodes: 0,
            numbers: Cell::new(bytes.len().saturating_add(SPARE)),
        };
        let (mut graph, mut digest) = (None, None);
        for field in fields(bytes) {
            match field.map_err(|error| read.named(&error))? {
                (model::PRODUCER_NAME, value) => read.producer_name = value.text(),
                (model::GRAPH, value) => graph = Some(value.bytes()),
                (model::OPSET_IMPORT, value) => {
                    let [domain, version] = [opset::DOMAIN, opset::VERSION].map(|number| last(value.bytes(), number));
                    if domain.is_none_or(|domain| matches!(domain.text(), "" | "ai.onnx")) {
                        read.opset = version.map_or(1, |version| version.int());
                    }
                }
                (model::METADATA_PROPS, value) => {
                    let [key, text] = [entry::KEY, entry::VALUE].map(|number| last(value.bytes(), number));
                    match key.map_or("", |key| key.text()) {
                        "chainrule" => read.metadata = text.map(|text| text.text()),
                        digest::KEY => digest = text.map(|text| text.text()),
                        _ => {}
                    }
                }
                _ => {}
            }
        }
        let Some(graph) = graph else { return Err(read.error("no graph", "an ONNX file")) };
        read.is_changed = digest.is_some_and(|written| written != digest::digest(graph));
        read.take(graph)?;
        Ok(read)
    }

    fn take(&mut self, bytes: &'a [u8]) -> Result<()> {
        for field in fields(bytes) {
            let (number, value) = field.map_err(|error| self.named(&error))?;
            match number {
                graph::NODE => self.take_node(value.bytes())?,
                graph::INITIALIZER => {
                    let name = last(value.bytes(), super::schema::tensor::NAME).map_or("", |name| name.text());
                    self.constants.insert(name, value.bytes());
                }
                graph::INPUT | graph::OUTPUT => {
                    let name = last(value.bytes(), value_info::NAME).map_or("", |name| name.text());
                    if number == graph::INPUT {
                        self.inputs.insert(name);
                    } else {
                        self.outputs.push(name);
                    }
                }
                _ => {}
            }
            let most = [self.producers.len(), self.constants.len(), self.inputs.len(), self.outputs.len(), self.nodes];
            if most.into_iter().any(|count| count > MOST) {
                return Err(self.error(format!("more than {MOST} nodes or constants"), "the graph of a network"));
            }
        }
        let constants = &self.constants;
        self.inputs.retain(|input| !constants.contains_key(input));
        Ok(())
    }

    /// Whether a value is an input and no constant: a table with categories has one for each column.
    pub(super) fn is_input(&self, value: &str) -> bool {
        self.inputs.contains(value)
    }

    fn take_node(&mut self, bytes: &'a [u8]) -> Result<()> {
        self.nodes += 1;
        let node = Node::of(bytes);
        let tensor = if node.op == "Constant" { node.tensor("value") } else { None };
        for field in fields(bytes) {
            let (number, value) = field.map_err(|error| self.named(&error))?;
            if number != node::OUTPUT {
                continue;
            }
            if let Some(tensor) = tensor {
                self.constants.insert(value.text(), tensor);
            } else {
                self.producers.insert(value.text(), bytes);
            }
        }
        Ok(())
    }

    /// The node that produces a value; `None` of an input or a constant.
    pub(super) fn producer(&self, value: &str) -> Option<Node<'a>> {
        self.producers.get(value).map(|bytes| Node::of(bytes))
    }

    /// As [`Graph::producer`], if it is of this operator.
    pub(super) fn producer_of(&self, value: &str, op: &str) -> Option<Node<'a>> {
        self.producer(value).filter(|node| node.op == op)
    }

    /// The constant of a name, if it is one of numbers that weights have.
    ///
    /// # Errors
    /// When its data are elsewhere or too few.
    pub(super) fn constant(&self, name: &str) -> Result<Option<Tensor<'a>>> {
        let tensor = self.constants.get(name).map(|bytes| Tensor::of(self.origin, bytes)).transpose()?;
        Ok(tensor.filter(Tensor::is_real))
    }

    /// Refuses to read more numbers than a file of its length can mean: one constant may stand in many places.
    ///
    /// # Errors
    /// When there are more.
    pub(super) fn spend(&self, numbers: usize) -> Result<()> {
        let left = self.numbers.get().checked_sub(numbers);
        self.numbers
            .set(left.ok_or_else(|| self.error("constants that are used again and again", "each of them once"))?);
        Ok(())
    }

    /// The numbers of a constant, each of which is read once.
    ///
    /// # Errors
    /// When it is not there, or its data are elsewhere or too few.
    pub(super) fn numbers(&self, name: &str) -> Result<Vec<f64>> {
        let constant =
            self.constant(name)?.ok_or_else(|| self.error(format!("no constant {name:?}"), "one of floats"))?;
        self.spend(constant.dims.iter().product())?;
        Ok(constant.values().collect())
    }

    /// The nodes of an operator that produce something.
    pub(super) fn nodes_of(&self, op: &str) -> impl Iterator<Item = Node<'a>> {
        let is_one = move |bytes: &&&[u8]| last(bytes, node::OP_TYPE).is_some_and(|found| found.text() == op);
        self.producers.values().filter(is_one).map(|bytes| Node::of(bytes))
    }

    /// A constant's texts, or its whole numbers as texts: the labels of classes.
    pub(super) fn labels(&self, name: &str) -> Vec<String> {
        self.constants.get(name).map(|bytes| labels(bytes)).unwrap_or_default()
    }

    /// How many values nodes of an operator produce.
    pub(super) fn count(&self, op: &str) -> usize {
        let is_one = |bytes: &&&[u8]| last(bytes, node::OP_TYPE).is_some_and(|found| found.text() == op);
        self.producers.values().filter(is_one).count()
    }

    /// A constant that is one number.
    pub(super) fn scalar(&self, name: &str) -> Option<f64> {
        self.constant(name).ok().flatten()?.scalar()
    }

    /// A constant that is a shape; empty where it is none.
    pub(super) fn shape(&self, name: &str) -> Vec<i64> {
        let tensor = self.constants.get(name).and_then(|bytes| Tensor::of(self.origin, bytes).ok());
        tensor.map(|tensor| tensor.shape()).unwrap_or_default()
    }

    /// A constant that is one truth value.
    pub(super) fn flag(&self, name: &str) -> Option<bool> {
        let bytes = self.constants.get(name)?;
        Tensor::of(self.origin, bytes).ok()?.flag()
    }

    pub(super) fn is_constant(&self, name: &str) -> bool {
        self.constants.contains_key(name)
    }

    pub(super) fn error(&self, found: impl Into<String>, expected: impl Into<String>) -> Error {
        Error::format(self.origin, Place::Header, found, expected)
    }

    /// An error of a message under the name of this file.
    fn named(&self, error: &Error) -> Error {
        match error {
            Error::Format { found, expected, .. } => self.error(found, expected),
            other => self.error(other.to_string(), "an ONNX file"),
        }
    }

    /// The error for a node that no layer of ours is.
    pub(super) fn refused(&self, node: &Node<'_>, why: &str) -> Error {
        let why = if why.is_empty() { String::new() } else { format!(" {why}") };
        let op = match node.foreign {
            Some([domain, op]) => format!("{op} of domain {domain:?}"),
            None => node.op.to_owned(),
        };
        let found = format!("node {:?}, operator {op}{why}", node.name);
        self.error(
            found,
            "a chain of Gemm, MatMul and Add, activations, Softmax, LayerNormalization, BatchNormalization, Scaler, Dropout, \
             Flatten, Cast and Identity",
        )
    }
}

impl<'a> Node<'a> {
    fn of(bytes: &'a [u8]) -> Self {
        let mut read = Node { op: "", foreign: None, name: "", output: "", inputs: Vec::new(), bytes };
        let mut domain = "";
        for (number, value) in fields(bytes).filter_map(Result::ok) {
            match number {
                // No node that is understood has more.
                node::INPUT if read.inputs.len() < 8 => read.inputs.push(value.text()),
                node::OUTPUT if read.output.is_empty() => read.output = value.text(),
                node::DOMAIN => domain = value.text(),
                node::NAME => read.name = value.text(),
                node::OP_TYPE => read.op = value.text(),
                _ => {}
            }
        }
        if read.name.is_empty() {
            read.name = read.output;
        }
        // GELU came there before it came to ONNX, with the same formula.
        let is_known =
            matches!(domain, "" | "ai.onnx" | "ai.onnx.ml") || (domain, read.op) == ("com.microsoft", "Gelu");
        if !is_known {
            read.foreign = Some([domain, read.op]);
            read.op = "";
        }
        read
    }

    /// An input; an empty name where there is none.
    pub(super) fn input(&self, index: usize) -> &'a str {
        self.inputs.get(index).copied().unwrap_or_default()
    }

    /// The message of an attribute.
    fn attribute(&self, name: &str) -> Option<&'a [u8]> {
        let attributes = fields(self.bytes).filter_map(Result::ok).filter(|(number, _)| *number == node::ATTRIBUTE);
        let mut named = attributes.map(|(_, value)| value.bytes());
        named.find(|bytes| last(bytes, attribute::NAME).is_some_and(|found| found.text() == name))
    }

    /// Whether it changes the size of floats alone: a cast to whole numbers rounds, one to truth values is a step.
    pub(super) fn is_cast_to_float(&self) -> bool {
        let to = self.int("to", element::UNDEFINED);
        // A text before operator set 6.
        let is_named = matches!(self.text("to"), "FLOAT" | "DOUBLE" | "FLOAT16");
        let is_numbered = matches!(to, element::FLOAT | element::FLOAT16 | element::DOUBLE | element::BFLOAT16);
        self.op == "Cast" && (is_named || is_numbered)
    }

    pub(super) fn int(&self, name: &str, otherwise: i64) -> i64 {
        self.attribute(name).and_then(|bytes| last(bytes, attribute::I)).map_or(otherwise, |value| value.int())
    }

    pub(super) fn float(&self, name: &str, otherwise: f64) -> f64 {
        self.attribute(name).and_then(|bytes| last(bytes, attribute::F)).map_or(otherwise, |value| value.float())
    }

    pub(super) fn text(&self, name: &str) -> &'a str {
        self.attribute(name).and_then(|bytes| last(bytes, attribute::S)).map_or("", |value| value.text())
    }

    pub(super) fn tensor(&self, name: &str) -> Option<&'a [u8]> {
        self.attribute(name).and_then(|bytes| last(bytes, attribute::T)).map(|value| value.bytes())
    }

    /// A list of floats, packed or not.
    pub(super) fn floats(&self, name: &str) -> Vec<f64> {
        let Some(bytes) = self.attribute(name) else { return Vec::new() };
        let float = |bytes: &[u8; 4]| f64::from(f32::from_le_bytes(*bytes));
        let listed = fields(bytes).filter_map(Result::ok).filter(|(number, _)| *number == attribute::FLOATS);
        let mut floats = Vec::new();
        for (_, value) in listed {
            match value {
                Field::Fixed32(bytes) => floats.push(float(&bytes)),
                other => floats.extend(other.bytes().as_chunks().0.iter().map(float)),
            }
        }
        floats
    }

    /// A list of whole numbers, packed or not, of at most as many as a shape has dimensions.
    pub(super) fn ints(&self, name: &str) -> Vec<i64> {
        let Some(bytes) = self.attribute(name) else { return Vec::new() };
        let listed = fields(bytes).filter_map(Result::ok).filter(|(number, _)| *number == attribute::INTS);
        let each = |(_, value): (u64, Field<'_>)| match value {
            Field::Int(int) => vec![int as i64],
            other => packed(other.bytes()).flatten().take(8).map(|int| int as i64).collect(),
        };
        listed.take(8).flat_map(each).collect()
    }

    /// A list of texts, or of whole numbers as texts.
    pub(super) fn labels(&self, texts: &str, ints: &str) -> Vec<String> {
        let mut labels = Vec::new();
        for (name, number) in [(texts, attribute::STRINGS), (ints, attribute::INTS)] {
            let Some(bytes) = self.attribute(name) else { continue };
            let listed = fields(bytes).filter_map(Result::ok).filter(|(found, _)| *found == number);
            for (_, value) in listed.take(LABELS_MAX) {
                match value {
                    Field::Int(label) => labels.push((label as i64).to_string()),
                    other if name == ints => {
                        let packed = packed(other.bytes()).flatten().take(LABELS_MAX);
                        labels.extend(packed.map(|label| (label as i64).to_string()));
                    }
                    other => labels.push(other.text().to_owned()),
                }
            }
        }
        labels
    }
}

/// The last field of a number in a message, which is the one that counts.
fn last(bytes: &[u8], number: u64) -> Option<Field<'_>> {
    fields(bytes).filter_map(Result::ok).filter(|(found, _)| *found == number).last().map(|(_, value)| value)
}

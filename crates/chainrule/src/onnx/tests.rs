//! Graphs that look like a network's and compute something else: each is refused, where the same graph without its trap is read.

use super::graph::Graph;
use super::piece::Piece;
use super::schema::{attribute, element, graph, model, node, opset, tensor, value_info};
use super::walk;
use crate::protobuf::encode::Message;

/// A node of an operator, `domain` empty for ONNX's own: its inputs and output, and whole-numbered attributes.
struct Spec<'a>(&'a str, &'a str, &'a [&'a str], &'a str, &'a [(&'a str, i64)]);

impl Spec<'_> {
    fn message(&self) -> Message {
        let &Spec(domain, op, inputs, output, attributes) = self;
        let named = inputs.iter().fold(Message::new(), |message, input| message.text(node::INPUT, input));
        let named = named.text(node::OUTPUT, output).text(node::OUTPUT, "second").text(node::OP_TYPE, op);
        let attributes: Vec<Message> = attributes
            .iter()
            .map(|(name, value)| {
                let message = Message::new().text(attribute::NAME, name);
                let field = if *name == "axes" { attribute::INTS } else { attribute::I };
                message.int(field, *value)
            })
            .collect();
        named.messages(node::ATTRIBUTE, &attributes).text(node::DOMAIN, domain)
    }
}

fn constant(name: &str, element: i64, bytes: &[u8]) -> Message {
    Message::new().int(tensor::DATA_TYPE, element).text(tensor::NAME, name).bytes(tensor::RAW_DATA, bytes)
}

/// What the value `end` is found to be, of the input `x`.
fn read(end: &str, nodes: &[Spec<'_>]) -> Result<Vec<Piece>, String> {
    read_in(17, end, nodes)
}

/// The same by this operator set.
fn read_in(version: i64, end: &str, nodes: &[Spec<'_>]) -> Result<Vec<Piece>, String> {
    let nodes: Vec<Message> = nodes.iter().map(Spec::message).collect();
    let constants = [
        constant("two", element::FLOAT, &2f32.to_le_bytes()),
        constant("ones", element::FLOAT, &1f32.to_le_bytes()).int(tensor::DIMS, 1),
        constant("eps", element::FLOAT, &1e-5f32.to_le_bytes()),
        constant("yes", element::BOOL, &[1]),
        constant("no", element::BOOL, &[0]),
        constant("rows", element::INT64, &1i64.to_le_bytes()).int(tensor::DIMS, 1),
        constant("columns", element::INT64, &0i64.to_le_bytes()).int(tensor::DIMS, 1),
    ];
    let whole = Message::new()
        .messages(graph::NODE, &nodes)
        .messages(graph::INITIALIZER, &constants)
        .message(graph::INPUT, &Message::new().text(value_info::NAME, "x"))
        .message(graph::OUTPUT, &Message::new().text(value_info::NAME, end));
    let version = Message::new().int(opset::VERSION, version);
    let bytes = Message::new().message(model::GRAPH, &whole).message(model::OPSET_IMPORT, &version).into_bytes();
    let read = Graph::of("made.onnx", &bytes).map_err(|error| error.to_string())?;
    walk::chain(&read, end).map(|chain| chain.pieces).map_err(|error| error.to_string())
}

#[test]
fn casts_to_floats_alone_are_passed_over() {
    let cast = |to| read("y", &[Spec("", "Cast", &["x"], "y", &[("to", to)])]);
    for to in [element::FLOAT, element::DOUBLE, element::FLOAT16, element::BFLOAT16] {
        assert!(cast(to).is_ok_and(|pieces| pieces.is_empty()), "to {to}");
    }
    for to in [element::INT64, element::INT32, element::BOOL] {
        assert!(cast(to).is_err_and(|message| message.contains("which rounds")), "to {to}");
    }
}

#[test]
fn dropout_is_passed_over_where_it_drops_nothing() {
    let dropout = |end, inputs: &[&str]| read(end, &[Spec("", "Dropout", inputs, "y", &[])]);
    assert!(dropout("y", &["x"]).is_ok() && dropout("y", &["x", "two", "no"]).is_ok());
    for inputs in [["x", "two", "yes"], ["x", "two", "x"]] {
        assert!(dropout("y", &inputs).is_err_and(|message| message.contains("in training mode")), "{inputs:?}");
    }
    let mask = dropout("second", &["x"]);
    assert!(mask.as_ref().is_err_and(|message| message.contains("output \"second\"")), "{mask:?}");
}

#[test]
fn batch_norm_and_dropout_of_before_operator_set_7_are_in_training_unless_they_say_otherwise() {
    for (op, inputs) in [("BatchNormalization", &["x", "ones", "ones", "ones", "ones"][..]), ("Dropout", &["x"])] {
        for (version, attributes, is_read) in
            [(6, &[][..], false), (6, &[("is_test", 0)], false), (6, &[("is_test", 1)], true), (7, &[], true)]
        {
            let read = read_in(version, "y", &[Spec("", op, inputs, "y", attributes)]);
            match is_read {
                true => assert!(read.is_ok(), "{op} {version} {attributes:?}: {read:?}"),
                false => assert!(read.is_err_and(|message| message.contains("in training mode")), "{op} {version}"),
            }
        }
    }
}

#[test]
fn operators_of_other_domains_are_not_taken_for_those_of_onnx() {
    for domain in ["", "ai.onnx"] {
        assert!(read("y", &[Spec(domain, "Relu", &["x"], "y", &[])]).is_ok(), "{domain}");
    }
    let message = read("y", &[Spec("my.company", "Relu", &["x"], "y", &[])]).unwrap_err();
    assert!(message.contains("operator Relu of domain \"my.company\""), "{message}");
    assert!(read("y", &[Spec("com.microsoft", "Gelu", &["x"], "y", &[])]).is_ok());
}

/// PyTorch's LayerNorm before operator set 17, whose means are taken by these attributes and inputs.
fn layer_norm(axes: &[(&str, i64)], more: &[&str]) -> Result<Vec<Piece>, String> {
    let mean = |of| [&[of], more].concat();
    let (mean_of_x, mean_of_squares) = (mean("x"), mean("square"));
    read(
        "y",
        &[
            Spec("", "ReduceMean", &mean_of_x, "mean", axes),
            Spec("", "Sub", &["x", "mean"], "difference", &[]),
            Spec("", "Pow", &["difference", "two"], "square", &[]),
            Spec("", "ReduceMean", &mean_of_squares, "variance", axes),
            Spec("", "Add", &["variance", "eps"], "sum", &[]),
            Spec("", "Sqrt", &["sum"], "root", &[]),
            Spec("", "Div", &["difference", "root"], "quotient", &[]),
            Spec("", "Mul", &["quotient", "two"], "product", &[]),
            Spec("", "Add", &["product", "two"], "y", &[]),
        ],
    )
}

#[test]
fn a_mean_of_columns_or_of_everything_is_no_layer_norm() {
    let is_norm = |read: Result<Vec<Piece>, String>| matches!(read.as_deref(), Ok([Piece::LayerNorm { .. }]));
    assert!(is_norm(layer_norm(&[("axes", -1)], &[])) && is_norm(layer_norm(&[], &["rows"])));
    assert!(layer_norm(&[("axes", 0)], &[]).is_err(), "means of columns");
    assert!(layer_norm(&[], &["columns"]).is_err(), "means of columns");
    assert!(layer_norm(&[], &[]).is_err(), "one mean of all numbers");
    assert!(layer_norm(&[("axes", -1), ("keepdims", 0)], &[]).is_err(), "means that are no column");
}

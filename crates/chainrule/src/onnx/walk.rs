//! From an output of a graph back to its input: at each value, the nodes that make up one layer.

use super::activations;
use super::graph::{Graph, Node};
use super::norms;
use super::piece::{Affine, Piece};
use super::schema::element;
use crate::Result;

/// A chain of layers, and what its outputs are.
#[derive(Debug)]
pub(super) struct Chain {
    /// From the input to the output.
    pub(super) pieces: Vec<Piece>,
    /// The names of the classes, where the graph is a classifier's that says them.
    pub(super) labels: Vec<String>,
}

/// The chain that ends in an output.
///
/// # Errors
/// Where a node is none that a network of ours has.
pub(super) fn chain(graph: &Graph<'_>, output: &str) -> Result<Chain> {
    let mut chain = Chain { pieces: Vec::new(), labels: looked_up(graph, output) };
    let mut here = output;
    for _ in 0..=graph.nodes {
        if graph.is_input(here) {
            chain.pieces.reverse();
            return Ok(chain);
        }
        let Some(node) = graph.producer(here) else {
            return Err(
                graph.error(format!("value {here:?}, which nothing produces"), "a graph from its input to its output")
            );
        };
        if here != node.output && is_of_training(&node) {
            return Err(graph.refused(&node, &format!("by its output {here:?}, which is of training")));
        }
        here = match (node.op, classifier(graph, &node)) {
            ("ZipMap", _) => {
                chain.labels = node.labels("classlabels_strings", "classlabels_int64s");
                node.input(0)
            }
            (_, Some(probability)) if chain.pieces.is_empty() => probability,
            _ => step(graph, &node, &mut chain.pieces)?,
        };
    }
    Err(graph.error("a circle of nodes", "a graph from its input to its output"))
}

/// The labels among which the largest of these probabilities chooses, where a node looks one up: a classifier of scikit-learn
/// whose probabilities are no map.
fn looked_up(graph: &Graph<'_>, output: &str) -> Vec<String> {
    let of_output = behind(graph, output);
    let is_chosen = |node: &Node<'_>| {
        let largest = graph.producer_of(node.input(1), "ArgMax");
        largest.is_some_and(|largest| behind(graph, largest.input(0)) == of_output)
    };
    let node = graph.nodes_of("ArrayFeatureExtractor").find(is_chosen);
    node.map(|node| graph.labels(node.input(0))).unwrap_or_default()
}

/// The value that this one is the same as.
fn behind<'a>(graph: &Graph<'a>, value: &'a str) -> &'a str {
    let mut here = value;
    for _ in 0..=graph.nodes {
        match graph.producer_of(here, "Identity") {
            Some(node) => here = node.input(0),
            None => break,
        }
    }
    here
}

/// Whether a node's outputs beyond the first are no predictions.
fn is_of_training(node: &Node<'_>) -> bool {
    matches!(node.op, "Dropout" | "BatchNormalization" | "LayerNormalization")
}

/// p of scikit-learn's `[1 - p, p]`.
fn classifier<'a>(graph: &Graph<'a>, node: &Node<'a>) -> Option<&'a str> {
    let (no, yes) = (graph.producer_of(node.input(0), "Sub")?, node.input(1));
    (node.op == "Concat" && graph.scalar(no.input(0)) == Some(1.0) && no.input(1) == yes).then_some(yes)
}

/// Adds the layer that ends in a node, and gives the value that it is of.
fn step<'a>(graph: &Graph<'a>, node: &Node<'a>, pieces: &mut Vec<Piece>) -> Result<&'a str> {
    match node.op {
        "Identity" => return Ok(node.input(0)),
        "Cast" if node.is_cast_to_float() => return Ok(node.input(0)),
        "Cast" => return Err(graph.refused(node, "to what is no float, which rounds")),
        // Before operator set 7 it drops units unless `is_test` is set.
        "Dropout" if graph.opset < 7 && node.int("is_test", 0) == 0 => {
            return Err(graph.refused(node, "in training mode"));
        }
        "Dropout" if matches!(node.input(2), "") || graph.flag(node.input(2)) == Some(false) => {
            return Ok(node.input(0));
        }
        "Dropout" => return Err(graph.refused(node, "in training mode")),
        "Flatten" if node.int("axis", 1) == 1 => return Ok(node.input(0)),
        _ => {}
    }
    if let Some(layer) = activations::of_node(graph, node) {
        pieces.push(Piece::Plain(layer));
        return Ok(node.input(0));
    }
    if let Some(piece) = norms::of_node(graph, node)? {
        pieces.push(piece);
        return Ok(node.input(0));
    }
    if let Some((activation, x)) = activations::of_nodes(graph, node) {
        pieces.push(Piece::Plain(chainrule_model::Layer::Activation(activation)));
        return Ok(x);
    }
    if let Some((piece, x)) = norms::of_nodes(graph, node) {
        pieces.push(piece);
        return Ok(x);
    }
    let (piece, x) = match node.op {
        "Reshape" => match graph.shape(node.input(1))[..] {
            [-1, width] if width > 0 => (Piece::Width(width as usize), node.input(0)),
            ref shape => return Err(graph.refused(node, &format!("to {shape:?}"))),
        },
        "Gemm" => gemm(graph, node)?,
        "MatMul" => matmul(graph, node, vec![0.0])?,
        "Scaler" => scaler(graph, node)?,
        "Add" | "Sub" | "Mul" | "Div" => arithmetic(graph, node)?,
        _ => return Err(graph.refused(node, "")),
    };
    pieces.push(piece);
    Ok(x)
}

/// w of (outputs, inputs) from a constant that lies so, or the other way round.
fn dense(graph: &Graph<'_>, node: &Node<'_>, bias: Vec<f64>, is_transposed: bool) -> Result<Piece> {
    let Some(constant) = graph.constant(node.input(1))? else {
        return Err(graph.refused(node, "whose second input is no constant of floats"));
    };
    let [rows, cols] = constant.dims[..] else {
        return Err(graph.refused(node, &format!("whose weights have shape {:?}", constant.dims)));
    };
    if rows == 0 || cols == 0 {
        return Err(graph.refused(node, &format!("whose weights have shape {:?}", constant.dims)));
    }
    graph.spend(rows * cols)?;
    let values: Vec<f64> = constant.values().collect();
    let is_double = constant.element == element::DOUBLE;
    let (inputs, outputs, weight) = match is_transposed {
        true => (cols, rows, values),
        false => (rows, cols, (0..rows * cols).map(|at| values[at % rows * cols + at / rows]).collect()),
    };
    Ok(Piece::Dense { inputs, outputs, weight, bias, is_double })
}

fn gemm<'a>(graph: &Graph<'a>, node: &Node<'a>) -> Result<(Piece, &'a str)> {
    let (alpha, beta) = (node.float("alpha", 1.0), node.float("beta", 1.0));
    if node.int("transA", 0) != 0 {
        return Err(graph.refused(node, "with transA"));
    }
    let bias = match node.input(2) {
        "" => vec![0.0],
        name => vector(graph, node, name)?.into_iter().map(|b| b * beta).collect(),
    };
    let mut piece = dense(graph, node, bias, node.int("transB", 0) != 0)?;
    if let (Piece::Dense { weight, .. }, true) = (&mut piece, alpha != 1.0) {
        weight.iter_mut().for_each(|w| *w *= alpha);
    }
    Ok((piece, node.input(0)))
}

fn matmul<'a>(graph: &Graph<'a>, node: &Node<'a>, bias: Vec<f64>) -> Result<(Piece, &'a str)> {
    Ok((dense(graph, node, bias, false)?, node.input(0)))
}

fn vector(graph: &Graph<'_>, node: &Node<'_>, name: &str) -> Result<Vec<f64>> {
    let constant = graph.constant(name)?.filter(|constant| constant.vector().is_some());
    let constant = constant.ok_or_else(|| graph.refused(node, "with an operand that is no constant vector"))?;
    graph.spend(constant.vector().unwrap_or(0))?;
    Ok(constant.values().collect())
}

/// `(x - offset) * scale`.
fn scaler<'a>(graph: &Graph<'a>, node: &Node<'a>) -> Result<(Piece, &'a str)> {
    let (mut offset, mut scale) = (node.floats("offset"), node.floats("scale"));
    graph.spend(offset.len() + scale.len())?;
    if offset.is_empty() {
        offset.push(0.0);
    }
    if scale.is_empty() {
        scale.push(1.0);
    }
    let shifted = Affine { scale: vec![1.0], shift: offset.iter().map(|offset| -offset).collect() };
    let affine = shifted.then(&Affine { scale, shift: vec![0.0] });
    let affine = affine.ok_or_else(|| graph.refused(node, "whose offset and scale have different lengths"))?;
    Ok((Piece::Affine(affine), node.input(0)))
}

/// A sum, difference, product or quotient with a constant: the bias of a product, or a map of features.
fn arithmetic<'a>(graph: &Graph<'a>, node: &Node<'a>) -> Result<(Piece, &'a str)> {
    let is_swapped = graph.is_constant(node.input(0));
    let (x, name) = if is_swapped { (node.input(1), node.input(0)) } else { (node.input(0), node.input(1)) };
    if is_swapped && matches!(node.op, "Sub" | "Div") {
        return Err(graph.refused(node, "of a constant and a value"));
    }
    if !graph.is_constant(name) {
        return Err(graph.refused(node, "of two values"));
    }
    let values = vector(graph, node, name)?;
    if let ("Add", Some(product)) = (node.op, graph.producer_of(x, "MatMul")) {
        return matmul(graph, &product, values);
    }
    let (one, zero) = (vec![1.0], vec![0.0]);
    let affine = match node.op {
        "Add" => Affine { scale: one, shift: values },
        "Sub" => Affine { scale: one, shift: values.iter().map(|value| -value).collect() },
        "Mul" => Affine { scale: values, shift: zero },
        _ => Affine { scale: values.iter().map(|value| 1.0 / value).collect(), shift: zero },
    };
    Ok((Piece::Affine(affine), x))
}

//! Normalisations in a graph: nodes of their own, and what PyTorch makes of LayerNorm before operator set 17.

use super::graph::{Graph, Node};
use super::piece::Piece;
use crate::Result;

/// The normalisation that one node is.
///
/// # Errors
/// When it normalises in another way, or its numbers are no constants.
pub(super) fn of_node(graph: &Graph<'_>, node: &Node<'_>) -> Result<Option<Piece>> {
    match node.op {
        "LayerNormalization" => {
            if !matches!(node.int("axis", -1), -1 | 1) {
                return Err(graph.refused(node, "along another axis"));
            }
            let gamma = vector(graph, node, 1)?;
            let beta = if node.input(2).is_empty() { vec![0.0] } else { vector(graph, node, 2)? };
            Ok(Some(Piece::LayerNorm { eps: short(node.float("epsilon", 1e-5)), gamma, beta }))
        }
        "BatchNormalization" => {
            // Before operator set 7 it takes the statistics of the rows unless `is_test` is set.
            let is_training =
                if graph.opset < 7 { node.int("is_test", 0) == 0 } else { node.int("training_mode", 0) != 0 };
            if is_training {
                return Err(graph.refused(node, "in training mode"));
            }
            let vectors =
                [vector(graph, node, 1)?, vector(graph, node, 2)?, vector(graph, node, 3)?, vector(graph, node, 4)?];
            Ok(Some(Piece::BatchNorm { eps: short(node.float("epsilon", 1e-5)), vectors }))
        }
        _ => Ok(None),
    }
}

/// The shortest decimal of a number that was rounded to f32.
fn short(value: f64) -> f64 {
    (value as f32).to_string().parse().unwrap_or(value)
}

fn vector(graph: &Graph<'_>, node: &Node<'_>, index: usize) -> Result<Vec<f64>> {
    let constant = graph.constant(node.input(index))?.filter(|constant| constant.vector().is_some());
    let constant =
        constant.ok_or_else(|| graph.refused(node, &format!("whose input {index} is no constant vector")))?;
    graph.spend(constant.vector().unwrap_or(0))?;
    Ok(constant.values().collect())
}

/// `(x - mean) / sqrt(mean((x - mean)^2) + eps) * gamma + beta` that ends in this node, and x.
pub(super) fn of_nodes<'a>(graph: &Graph<'a>, node: &Node<'a>) -> Option<(Piece, &'a str)> {
    let constant = |name: &str| graph.constant(name).ok().flatten().filter(|constant| constant.vector().is_some());
    if node.op != "Add" {
        return None;
    }
    let beta = constant(node.input(1))?;
    let product = graph.producer_of(node.input(0), "Mul")?;
    let gamma = constant(product.input(1))?;
    let quotient = graph.producer_of(product.input(0), "Div")?;
    let (centred, root) = (quotient.input(0), graph.producer_of(quotient.input(1), "Sqrt")?);
    let sum = graph.producer_of(root.input(0), "Add")?;
    let eps = graph.scalar(sum.input(1))?;
    let variance = graph.producer_of(sum.input(0), "ReduceMean").filter(|mean| is_of_rows(graph, mean))?;
    let square = graph.producer_of(variance.input(0), "Pow")?;
    let difference = graph.producer_of(centred, "Sub")?;
    let mean = graph.producer_of(difference.input(1), "ReduceMean").filter(|mean| is_of_rows(graph, mean))?;
    let x = difference.input(0);
    let is_one = square.input(0) == centred && graph.scalar(square.input(1)) == Some(2.0) && mean.input(0) == x;
    let (gamma, beta) = (gamma.values().collect(), beta.values().collect());
    is_one.then_some((Piece::LayerNorm { eps: short(eps), gamma, beta }, x))
}

/// Whether a mean is that of each row, and not of a column or of all numbers: axes are an attribute before operator set 18, an
/// input from there on.
fn is_of_rows(graph: &Graph<'_>, mean: &Node<'_>) -> bool {
    let axes = if mean.input(1).is_empty() { mean.ints("axes") } else { graph.shape(mean.input(1)) };
    matches!(axes[..], [-1 | 1]) && mean.int("keepdims", 1) != 0
}

//! `ln(1 + x)` and `e^x - 1` of doubles in an ONNX graph, which has neither: Log of a sum and Exp less one lose the digits of
//! small numbers. What rounding took is put back as a factor (Higham, "Accuracy and Stability of Numerical Algorithms", 2002,
//! problem 1.5 and section 1.14.1), so that results are within 4 units in the last place, like the model's own, as long as
//! Log and Exp of the runtime are within one. A number at or below -1, which the model refuses, becomes NaN or negative infinity.

use super::graph::Graph;

/// What is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    /// `ln(1 + x)`.
    Log1p,
    /// `e^x - 1`.
    Expm1,
}

/// The function of every number, whose name it gives.
pub(super) fn node(graph: &mut Graph, function: Function, x: &str) -> String {
    match function {
        Function::Log1p => log1p(graph, x),
        Function::Expm1 => expm1(graph, x),
    }
}

/// The function of these columns of x, (rows, columns), and the others as they are.
pub(super) fn some(graph: &mut Graph, function: Function, x: &str, columns: &[bool]) -> String {
    let found = node(graph, function, x);
    if columns.iter().all(|is| *is) {
        return found;
    }
    let columns = graph.flags("is_logarithm", columns);
    graph.node("Where", &[&columns, &found, x], &[])
}

fn number(graph: &mut Graph, value: f64) -> String {
    graph.reals("number", &[1], &[value], true)
}

/// `s = 1 + x`: x where `s - 1` is 0, else `ln(s) (x / (s - 1))`.
fn log1p(graph: &mut Graph, x: &str) -> String {
    let (one, zero) = (number(graph, 1.0), number(graph, 0.0));
    let sum = graph.node("Add", &[x, &one], &[]);
    let rounded = graph.node("Sub", &[&sum, &one], &[]);
    let logarithm = graph.node("Log", &[&sum], &[]);
    let factor = graph.node("Div", &[x, &rounded], &[]);
    let product = graph.node("Mul", &[&logarithm, &factor], &[]);
    let is_lost = graph.node("Equal", &[&rounded, &zero], &[]);
    graph.node("Where", &[&is_lost, x, &product], &[])
}

/// `u = e^x`: x where u is 1, -1 where `u - 1` is -1, else `(u - 1) (x / ln u)`.
fn expm1(graph: &mut Graph, x: &str) -> String {
    let (one, minus_one) = (number(graph, 1.0), number(graph, -1.0));
    let power = graph.node("Exp", &[x], &[]);
    let less = graph.node("Sub", &[&power, &one], &[]);
    let logarithm = graph.node("Log", &[&power], &[]);
    let factor = graph.node("Div", &[x, &logarithm], &[]);
    let product = graph.node("Mul", &[&less, &factor], &[]);
    let is_all = graph.node("Equal", &[&less, &minus_one], &[]);
    let product = graph.node("Where", &[&is_all, &minus_one, &product], &[]);
    let is_lost = graph.node("Equal", &[&power, &one], &[]);
    graph.node("Where", &[&is_lost, x, &product], &[])
}

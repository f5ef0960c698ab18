//! Activations in a graph: nodes of their own, and the nodes that other programs make of SiLU, GELU and softsign.

use chainrule_model::{Activation, Layer};

use super::graph::{Graph, Node};

/// How far a constant of a formula may be from its own: it was rounded to f32 and, in a quotient, once more.
const NEAR: f64 = 1e-6;

fn is_near(found: f64, wanted: f64) -> bool {
    (found - wanted).abs() <= NEAR * wanted.abs()
}

/// The layer that one node is, for the operators that are one by themselves.
pub(super) fn of_node(graph: &Graph<'_>, node: &Node<'_>) -> Option<Layer> {
    let activation = match node.op {
        "Relu" => Activation::Relu,
        "Sigmoid" => Activation::Sigmoid,
        "Tanh" => Activation::Tanh,
        "Softplus" => Activation::Softplus,
        "Softsign" => Activation::Softsign,
        "LeakyRelu" => Activation::LeakyRelu(short(node.float("alpha", 0.01))),
        "Elu" => Activation::Elu(short(node.float("alpha", 1.0))),
        "Selu"
            if is_near(node.float("alpha", 1.673_263_2), 1.673_263_242_354_377_2)
                && is_near(node.float("gamma", 1.050_701), 1.050_700_987_355_480_5) =>
        {
            Activation::Selu
        }
        "HardSigmoid" if is_near(node.float("alpha", 0.2), 1.0 / 6.0) && is_near(node.float("beta", 0.5), 0.5) => {
            Activation::HardSigmoid
        }
        "Gelu" => match node.text("approximate") {
            "tanh" => Activation::GeluTanh,
            _ => Activation::Gelu,
        },
        "Softmax" | "LogSoftmax" => {
            let axis = node.int("axis", if graph.opset >= 13 { -1 } else { 1 });
            let layer = if node.op == "Softmax" { Layer::Softmax } else { Layer::LogSoftmax };
            return matches!(axis, -1 | 1).then_some(layer);
        }
        _ => return None,
    };
    Some(Layer::Activation(activation))
}

/// The shortest decimal of a number that was rounded to f32: 0.2, not 0.20000000298.
fn short(value: f64) -> f64 {
    (value as f32).to_string().parse().unwrap_or(value)
}

/// The activation that ends in this node with others before it, and the value that it is of.
pub(super) fn of_nodes<'a>(graph: &Graph<'a>, node: &Node<'a>) -> Option<(Activation, &'a str)> {
    match node.op {
        "Mul" => silu(graph, node).or_else(|| gelu(graph, node)),
        "Div" => softsign(graph, node),
        _ => None,
    }
}

/// `x * sigmoid(x)`.
fn silu<'a>(graph: &Graph<'a>, node: &Node<'a>) -> Option<(Activation, &'a str)> {
    sides(node).into_iter().find_map(|[x, gate]| {
        let gate = graph.producer_of(gate, "Sigmoid")?;
        (gate.input(0) == x).then_some((Activation::Silu, x))
    })
}

/// `x / (1 + |x|)`.
fn softsign<'a>(graph: &Graph<'a>, node: &Node<'a>) -> Option<(Activation, &'a str)> {
    let (x, sum) = (node.input(0), plus_one(graph, node.input(1))?);
    let size = graph.producer_of(sum, "Abs")?;
    (size.input(0) == x).then_some((Activation::Softsign, x))
}

/// `x / 2 * (1 + erf(x / sqrt 2))`, or `x / 2 * (1 + tanh u)`, with the half anywhere.
fn gelu<'a>(graph: &Graph<'a>, node: &Node<'a>) -> Option<(Activation, &'a str)> {
    let whole = peeled(graph, node);
    let (outer, product) = match whole {
        Some((factor, inner)) => (factor, graph.producer_of(inner, "Mul")?),
        None => (1.0, node.clone()),
    };
    sides(&product).into_iter().find_map(|[left, right]| {
        let (inner, right) = scaled(graph, right).unwrap_or((1.0, right));
        let gate = graph.producer(uncast(graph, plus_one(graph, right)?))?;
        let (activation, x) = match gate.op {
            "Erf" => {
                let (factor, x) = scaled(graph, uncast(graph, gate.input(0)))?;
                is_near(factor, std::f64::consts::FRAC_1_SQRT_2).then_some((Activation::Gelu, x))?
            }
            "Tanh" => (Activation::GeluTanh, cubic(graph, gate.input(0))?),
            _ => return None,
        };
        let half = match scaled(graph, left) {
            _ if left == x => outer * inner,
            Some((factor, base)) if base == x => outer * inner * factor,
            _ => return None,
        };
        is_near(half, 0.5).then_some((activation, x))
    })
}

/// x of `sqrt(2 / pi) (x + 0.044715 x^3)`.
fn cubic<'a>(graph: &Graph<'a>, value: &'a str) -> Option<&'a str> {
    let (factor, sum) = scaled(graph, value)?;
    if !is_near(factor, 0.797_884_560_802_865_4) {
        return None;
    }
    sides(&graph.producer_of(sum, "Add")?).into_iter().find_map(|[x, cube]| {
        let (factor, cube) = scaled(graph, cube)?;
        let cube = graph.producer(cube)?;
        let is_cube = match cube.op {
            "Pow" => cube.input(0) == x && graph.scalar(cube.input(1)) == Some(3.0),
            "Mul" => sides(&cube).into_iter().any(|[one, square]| {
                let square = graph.producer_of(square, "Mul");
                one == x && square.is_some_and(|square| square.inputs == [x, x])
            }),
            _ => false,
        };
        (is_cube && is_near(factor, 0.044_715)).then_some(x)
    })
}

/// What a value was before it was cast: runtimes compute erf in float, also where all else is double.
fn uncast<'a>(graph: &Graph<'a>, value: &'a str) -> &'a str {
    graph.producer_of(value, "Cast").filter(Node::is_cast_to_float).map_or(value, |cast| cast.input(0))
}

/// Both orders of a node's two inputs.
fn sides<'a>(node: &Node<'a>) -> [[&'a str; 2]; 2] {
    let (a, b) = (node.input(0), node.input(1));
    [[a, b], [b, a]]
}

/// The other summand of 1.
fn plus_one<'a>(graph: &Graph<'a>, value: &str) -> Option<&'a str> {
    let sum = graph.producer_of(value, "Add")?;
    sides(&sum).into_iter().find(|[_, one]| graph.scalar(one) == Some(1.0)).map(|[other, _]| other)
}

/// The factor and the other operand of a product with a number, or a quotient by one.
fn scaled<'a>(graph: &Graph<'a>, value: &str) -> Option<(f64, &'a str)> {
    peeled(graph, &graph.producer(value)?)
}

fn peeled<'a>(graph: &Graph<'a>, node: &Node<'a>) -> Option<(f64, &'a str)> {
    match node.op {
        "Mul" => sides(node).into_iter().find_map(|[other, factor]| Some((graph.scalar(factor)?, other))),
        "Div" => Some((1.0 / graph.scalar(node.input(1))?, node.input(0))),
        _ => None,
    }
}

//! The backward pass: the chain rule from the loss to the first weights, module by module.

use chainrule_model::network::{Intermediates, activation_name};
use chainrule_model::{Activation, Layer, Mlp, Scalar};

use super::loss::sum_of_each_row;
use super::norm::Through;
use super::parameters::Parameters;
use super::{Formula, Matrix, Name, Quantity, norm};

/// A finished pass, and the forward quantities that its formulas use.
pub(super) struct Traced<'a, T: Scalar> {
    pub(super) mlp: &'a Mlp<T>,
    pub(super) parts: &'a Intermediates<T>,
    /// The gradients by the parameters, as a training step computes them.
    pub(super) gradients: &'a [T],
    pub(super) x: &'a Quantity,
    pub(super) params: &'a [Parameters],     // one for each module that learns
    pub(super) outputs: &'a [Quantity],      // one for each module
    pub(super) between: &'a [Vec<Quantity>], // one for each module
    /// The formula of the gradient of the loss by the network's output.
    pub(super) by_output: Formula,
}

/// The gradients of a backward pass.
pub(super) struct Gradients {
    /// All of them, in the order of the chain rule.
    pub(super) all: Vec<Quantity>,
    /// Those by w and b of each module with parameters, from the first module to the last.
    pub(super) by_parameters: Vec<[Quantity; 2]>,
}

/// Computes the gradients and their formulas.
pub(super) fn backward<T: Scalar>(traced: &Traced<'_, T>) -> Gradients {
    let Traced { mlp, parts, gradients, x, params, outputs, between, .. } = *traced;
    let by_output = |module: usize, formula: Formula, meaning: String| {
        let name = outputs[module].name.gradient();
        Quantity::computed(name, meaning, formula, Matrix::of(parts.gradient(module)))
    };
    let last = outputs.len() - 1;
    let mut d = by_output(last, traced.by_output.clone(), "gradient by the output".to_owned());
    let (mut all, mut by_parameters) = (vec![d.clone()], Vec::new());
    for module in (0..outputs.len()).rev() {
        let (input, output) = (if module == 0 { x } else { &outputs[module - 1] }, &outputs[module]);
        let layer = &mlp.layers()[module];
        let learned = params.iter().find(|learned| learned.module == module);
        if let Some(learned) = learned {
            let by_learned = gradients_by_parameters(learned, layer, input, &between[module], &d, gradients);
            all.extend(by_learned.clone());
            by_parameters.insert(0, by_learned);
        }
        let (formula, meaning) = match (layer, learned) {
            (Layer::Dense { .. }, Some(Parameters { w, number, .. })) => {
                (Formula::just(&d).times().transposed(w), format!("back through the weights of layer {number}"))
            }
            (layer, learned) => {
                let known = norm::through(
                    parts,
                    layer,
                    &Through { input, d: &d },
                    &between[module],
                    learned.zip(by_parameters.first()),
                );
                (known.unwrap_or_else(|| through(layer, input, output, &d)), format!("back through {layer}"))
            }
        };
        // Training does not need the gradient by the inputs and does not compute it.
        if module > 0 {
            d = by_output(module - 1, formula, meaning);
            all.push(d.clone());
        }
    }
    Gradients { all, by_parameters }
}

/// `dL/dW = input^T dL/dZ` and `dL/db = sum_of_rows(dL/dZ)`; of a normalisation, the sums over rows of dL/dA times what
/// was normalised, and of dL/dA.
fn gradients_by_parameters<T: Scalar>(
    learned: &Parameters,
    layer: &Layer,
    input: &Quantity,
    between: &[Quantity],
    dz: &Quantity,
    gradients: &[T],
) -> [Quantity; 2] {
    let (w, b) = (&learned.w, &learned.b);
    let ranges = learned.ranges();
    let sum_of_rows = Name::new("sum_of_rows", "\\sum_{\\text{rows}} ");
    let shaped = |range, like: &Matrix| Matrix::from_slice(&gradients[range], like.rows(), like.cols());
    let dw = match norm::normalised_by(layer, input, between) {
        Some(h) => Formula::just(dz).each_times().then(h).of(&sum_of_rows),
        None => Formula::default().transposed(input).times().value(dz),
    };
    let dw =
        Quantity::computed(w.name.gradient(), format!("gradient by the {}", w.meaning), dw, shaped(ranges.w, &w.value));
    let db = Formula::just(dz).of(&sum_of_rows);
    let db =
        Quantity::computed(b.name.gradient(), format!("gradient by the {}", b.meaning), db, shaped(ranges.b, &b.value));
    [dw, db]
}

/// The gradient by what went into a module other than a dense one, from that by what came out.
fn through(layer: &Layer, input: &Quantity, output: &Quantity, d: &Quantity) -> Formula {
    let start = Formula::just(d);
    match layer {
        Layer::Activation(Activation::Identity) => start,
        Layer::Activation(Activation::Relu) => start.each_times().then(Formula::just(input).same(" > 0").bracketed()),
        Layer::Activation(Activation::Sigmoid) => start
            .each_times()
            .value(output)
            .each_times()
            .then(Formula::default().same("1 - ").value(output).bracketed()),
        Layer::Activation(Activation::Tanh) => {
            start.each_times().then(Formula::default().same("1 - ").value(output).squared().bracketed())
        }
        Layer::Softmax => {
            // The Jacobian of a row is diag(a) - a a^T.
            let sum = sum_of_each_row(Formula::just(d).each_times().value(output));
            Formula::just(output).each_times().then(start.same(" - ").then(sum).bracketed())
        }
        Layer::LogSoftmax => {
            // That of a row of logarithms is the identity less e^a in every row of it.
            let p = Formula::just(output).of(&Name::new("exp", "\\exp"));
            start.same(" - ").then(p).each_times().then(sum_of_each_row(Formula::just(d)))
        }
        Layer::Activation(other) => slope(start, &activation_name(*other), input),
        other => slope(start, &other.to_string(), input),
    }
}

/// `d * name'(input)`, for what has no formula of its own here.
fn slope(start: Formula, name: &str, input: &Quantity) -> Formula {
    start.each_times().then(Formula::just(input).of(&Name::function(&format!("{name}'"))))
}

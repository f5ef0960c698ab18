//! The backward pass: the chain rule from the loss to the first weights, module by module.

use chainrule_model::{Activation, Dissection, Layer, Mlp, Scalar, activation_name};

use super::answers::sum_of_each_row;
use super::run::Parameters;
use super::{Formula, Matrix, Name, Quantity};

/// A pass that has been taken, and the forward quantities that its formulas speak of.
pub(super) struct Traced<'a, T: Scalar> {
    pub(super) mlp: &'a Mlp<T>,
    pub(super) parts: &'a Dissection<T>,
    /// By the parameters, as a step of training computes them.
    pub(super) gradients: &'a [T],
    pub(super) x: &'a Quantity,
    pub(super) params: &'a [Parameters], // one for each dense layer
    pub(super) outputs: &'a [Quantity],  // one for each module
    /// How the gradient of the loss by the network's output comes about.
    pub(super) by_output: Formula,
}

/// Every gradient in the order of the chain rule, and those of w and b of each dense layer again, from first to last.
pub(super) fn backward<T: Scalar>(traced: &Traced<'_, T>) -> (Vec<Quantity>, Vec<[Quantity; 2]>) {
    let Traced { mlp, parts, gradients, x, params, outputs, .. } = *traced;
    let by_output = |module: usize, formula: Formula, meaning: String| {
        let name = outputs[module].name.gradient();
        Quantity::computed(name, meaning, formula, Matrix::of(parts.gradient(module)))
    };
    let last = outputs.len() - 1;
    let mut d = by_output(last, traced.by_output.clone(), "gradient by the output".to_owned());
    let (mut quantities, mut tensors) = (vec![d.clone()], Vec::new());
    let mut dense = params.len();
    for module in (0..outputs.len()).rev() {
        let (input, output) = (if module == 0 { x } else { &outputs[module - 1] }, &outputs[module]);
        let (formula, meaning) = match &mlp.layers()[module] {
            Layer::Dense { .. } => {
                dense -= 1;
                let [dw, db] = by_parameters(&params[dense], dense + 1, input, &d, gradients);
                quantities.extend([dw.clone(), db.clone()]);
                tensors.insert(0, [dw, db]);
                let formula = Formula::just(&d).times().transposed(&params[dense].w);
                (formula, format!("back through the weights of layer {}", dense + 1))
            }
            layer => (through(layer, input, output, &d), format!("back through {layer}")),
        };
        // Nothing asks for the gradient by the inputs, and training does not compute it.
        if module > 0 {
            d = by_output(module - 1, formula, meaning);
            quantities.push(d.clone());
        }
    }
    (quantities, tensors)
}

/// `dL/dW = input^T dL/dZ` and `dL/db = sum_of_rows(dL/dZ)`.
fn by_parameters<T: Scalar>(
    layer: &Parameters,
    number: usize,
    input: &Quantity,
    dz: &Quantity,
    gradients: &[T],
) -> [Quantity; 2] {
    let (w, b) = (&layer.w, &layer.b);
    let (w_range, b_range) = layer.ranges();
    let shaped = |range, like: &Matrix| Matrix::from_slice(&gradients[range], like.rows(), like.cols());
    let dw = Formula::default().transposed(input).times().value(dz);
    let dw = Quantity::computed(
        w.name.gradient(),
        format!("gradient by the weights of layer {number}"),
        dw,
        shaped(w_range, &w.value),
    );
    let db = Formula::just(dz).of(&Name::new("sum_of_rows", "\\sum_{\\text{rows}} "));
    let db = Quantity::computed(
        b.name.gradient(),
        format!("gradient by the bias of layer {number}"),
        db,
        shaped(b_range, &b.value),
    );
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
        Layer::Activation(other) => slope(start, &activation_name(*other), input),
        other => slope(start, &other.to_string(), input),
    }
}

/// `d * name'(input)`, for what has no formula of its own here.
fn slope(start: Formula, name: &str, input: &Quantity) -> Formula {
    start.each_times().then(Formula::just(input).of(&Name::function(&format!("{name}'"))))
}

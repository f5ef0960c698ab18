//! The formulas of each module, forward and backward, as in a textbook. The backward formulas show what is computed,
//! not how: the passes of `chainrule-model` fuse them with the products. Numbers beside them are from evaluation mode;
//! where training differs, the formula says so.
//!
//! `dV` is the gradient of the loss by V. Rows are examples, so X is (n, inputs) and Z = X·W + b.

use chainrule_model::network::activation_name;
use chainrule_model::{Activation, Layer, Loss};

/// `W`, 12 as `W₁₂`.
pub(crate) fn numbered(letter: &str, number: usize) -> String {
    let digit = |digit: u8| char::from_u32(u32::from('₀') + u32::from(digit - b'0')).unwrap_or(' ');
    format!("{letter}{}", number.to_string().bytes().map(digit).collect::<String>())
}

/// The forward formula, and one formula per gradient.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Formulas {
    pub(crate) forward: String,
    pub(crate) backward: Vec<String>,
}

/// A module's formulas. `number` counts dense layers, or normalisations.
pub(crate) fn of_layer(layer: &Layer, number: usize, input: &str, output: &str) -> Formulas {
    let [w, b, gamma, beta] = ["W", "b", "γ", "β"].map(|letter| numbered(letter, number));
    let (forward, backward) = match layer {
        Layer::Dense { .. } => (
            format!("{output} = {input}·{w} + {b}"),
            vec![
                format!("d{w} = {input}ᵀ·d{output}"),
                format!("d{b} = Σ d{output} over rows"),
                format!("d{input} = d{output}·{w}ᵀ"),
            ],
        ),
        Layer::Softmax => (
            format!("{output} = exp({input}) / Σ exp({input})"),
            vec![format!("d{input} = {output} ⊙ (d{output} − Σ {output} ⊙ d{output})")],
        ),
        Layer::LogSoftmax => (
            format!("{output} = {input} − ln Σ exp({input})"),
            vec![format!("d{input} = d{output} − exp({output}) ⊙ Σ d{output}")],
        ),
        Layer::Activation(activation) => return of_activation(*activation, input, output),
        Layer::Dropout { p } => (
            format!("{output} = {input}; in training {input} ⊙ M / {}, M 0 for a share of {p}", 1.0 - p),
            vec![format!("d{input} = d{output}; in training d{output} ⊙ M / {}", 1.0 - p)],
        ),
        Layer::LayerNorm { eps, .. } => {
            let (h, root) = (format!("({input} − μ) / √(σ² + {eps})"), format!("√(σ² + {eps})"));
            (
                format!("{output} = {gamma} ⊙ {h} + {beta}, μ and σ² of each row"),
                vec![
                    format!("d{gamma} = Σ d{output} ⊙ {h} over rows"),
                    format!("d{beta} = Σ d{output} over rows"),
                    format!("G = {gamma} ⊙ d{output}, H = {h}"),
                    format!("d{input} = (G − mean(G) − H ⊙ mean(G ⊙ H)) / {root}"),
                ],
            )
        }
        Layer::BatchNorm { eps, .. } => {
            let (h, root) = (format!("({input} − μ) / √(σ² + {eps})"), format!("√(σ² + {eps})"));
            (
                format!("{output} = {gamma} ⊙ {h} + {beta}, μ and σ² running; in training of each column"),
                vec![
                    format!("d{gamma} = Σ d{output} ⊙ {h} over rows"),
                    format!("d{beta} = Σ d{output} over rows"),
                    format!("d{input} = {gamma} ⊙ d{output} / {root}"),
                    format!("in training {gamma} ⊙ (d{output} − d{beta} / n − H ⊙ d{gamma} / n) / {root}, H = {h}"),
                ],
            )
        }
        other => (format!("{output} = {other}({input})"), vec![format!("d{input} = d{output} times its derivative")]),
    };
    Formulas { forward, backward }
}

fn of_activation(activation: Activation, z: &str, a: &str) -> Formulas {
    let (forward, derivative) = match activation {
        Activation::Identity => (z.to_owned(), "1".to_owned()),
        Activation::Relu => (format!("max({z}, 0)"), format!("[{z} > 0]")),
        Activation::LeakyRelu(alpha) => {
            (format!("{z} if > 0, else {alpha}·{z}"), format!("(1 if {z} > 0, else {alpha})"))
        }
        Activation::Sigmoid => (format!("1 / (1 + exp(−{z}))"), format!("{a} ⊙ (1 − {a})")),
        Activation::Tanh => (format!("tanh({z})"), format!("(1 − {a}²)")),
        Activation::Elu(alpha) => {
            (format!("{z} if > 0, else {alpha}·(exp({z}) − 1)"), format!("(1 if {z} > 0, else {alpha}·exp({z}))"))
        }
        Activation::Gelu => (format!("{z} ⊙ Φ({z})"), format!("(Φ({z}) + {z} ⊙ φ({z}))")),
        Activation::Silu => (format!("{z} ⊙ σ({z})"), format!("σ({z}) ⊙ (1 + {z} ⊙ (1 − σ({z})))")),
        Activation::Softplus => (format!("ln(1 + exp({z}))"), format!("(1 − exp(−{a}))")),
        Activation::Softsign => (format!("{z} / (1 + |{z}|)"), format!("1 / (1 + |{z}|)²")),
        Activation::HardSigmoid => (format!("min(max({z} + 3, 0), 6) / 6"), format!("[0 < {a} < 1] / 6")),
        other => (format!("{}({z})", activation_name(other)), format!("{}′({z})", activation_name(other))),
    };
    Formulas { forward: format!("{a} = {forward}"), backward: vec![format!("d{z} = d{a} ⊙ {derivative}")] }
}

/// The loss of an output `y`.
pub(crate) fn of_loss(loss: Loss, y: &str, columns: usize) -> Formulas {
    let elements = if columns == 1 { "n".to_owned() } else { format!("{columns}n") };
    let (forward, gradient) = match loss {
        Loss::CrossEntropy => (format!("L = −1/n · Σ T ⊙ ln softmax({y})"), format!("(softmax({y}) − T) / n")),
        Loss::Mse => (format!("L = Σ ({y} − T)² / {elements}"), format!("2 ({y} − T) / {elements}")),
        Loss::HalfMse => (format!("L = ½ Σ ({y} − T)² / {elements}"), format!("({y} − T) / {elements}")),
        Loss::BinaryCrossEntropy => (
            format!("L = −Σ (T ⊙ ln σ({y}) + (1 − T) ⊙ ln(1 − σ({y}))) / {elements}"),
            format!("(σ({y}) − T) / {elements}"),
        ),
        Loss::Mae => (format!("L = Σ |{y} − T| / {elements}"), format!("sign({y} − T) / {elements}")),
        Loss::Huber(delta) => (
            format!("L = Σ huber({y} − T) / {elements}, ½e² to |e| = {delta}, {delta}(|e| − {delta}/2) beyond"),
            format!("clamp({y} − T, ±{delta}) / {elements}"),
        ),
        other => (format!("L = {other}({y}, T)"), format!("∂L/∂{y}")),
    };
    Formulas { forward, backward: vec![format!("d{y} = {gradient}")] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layer_is_written_as_on_paper() {
        let Formulas { forward, backward } = of_layer(&Layer::Dense { inputs: 2, outputs: 3 }, 12, "A₁₁", "Z₁₂");
        assert_eq!(forward, "Z₁₂ = A₁₁·W₁₂ + b₁₂");
        assert_eq!(backward, ["dW₁₂ = A₁₁ᵀ·dZ₁₂", "db₁₂ = Σ dZ₁₂ over rows", "dA₁₁ = dZ₁₂·W₁₂ᵀ"]);
        let Formulas { forward, backward } = of_layer(&Layer::Activation(Activation::Sigmoid), 1, "Z₁", "A₁");
        assert_eq!((forward.as_str(), backward[0].as_str()), ("A₁ = 1 / (1 + exp(−Z₁))", "dZ₁ = dA₁ ⊙ A₁ ⊙ (1 − A₁)"));
    }

    #[test]
    fn a_squared_loss_divides_by_its_elements() {
        assert_eq!(of_loss(Loss::HalfMse, "A₃", 1).backward, ["dA₃ = (A₃ − T) / n"]);
        assert_eq!(of_loss(Loss::BinaryCrossEntropy, "Z₁", 3).backward, ["dZ₁ = (σ(Z₁) − T) / 3n"]);
        assert_eq!(of_loss(Loss::Huber(0.5), "Z₁", 1).backward, ["dZ₁ = clamp(Z₁ − T, ±0.5) / n"]);
        assert_eq!(
            of_loss(Loss::Mse, "Z₁", 4),
            Formulas {
                forward: "L = Σ (Z₁ − T)² / 4n".to_owned(), backward: vec!["dZ₁ = 2 (Z₁ − T) / 4n".to_owned()]
            }
        );
    }
}

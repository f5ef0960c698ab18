//! The update: how each tensor of parameters moves, by the rule of the optimiser. The rules are those of
//! `chainrule_dense::update`, where their sources stand.

use std::ops::Range;

use chainrule_model::{Clip, Optimizer, Scalar, Update};

use super::number::brief;
use super::{Formula, Matrix, Quantity};

/// Weights or a bias, before the step.
pub(super) struct Tensor {
    pub(super) before: Quantity,
    pub(super) gradient: Quantity,
    /// Where it lies among all parameters.
    pub(super) range: Range<usize>,
}

/// What the step left behind.
pub(super) struct Moved<'a, T> {
    pub(super) params: &'a [T],
    /// The gradients as they were clipped, if they were.
    pub(super) clipped: Option<&'a [T]>,
    /// What the optimiser remembered before and after: one array after the other, each as the parameters.
    pub(super) before: &'a [T],
    pub(super) after: &'a [T],
    /// Counted from 1.
    pub(super) step: u64,
}

pub(super) fn update<T: Scalar>(update: Update, tensors: &[Tensor], moved: &Moved<'_, T>) -> Vec<Quantity> {
    tensors.iter().flat_map(|tensor| Move { update, tensor, moved }.quantities()).collect()
}

/// One tensor's step.
struct Move<'a, T> {
    update: Update,
    tensor: &'a Tensor,
    moved: &'a Moved<'a, T>,
}

impl<T: Scalar> Move<'_, T> {
    fn quantities(&self) -> Vec<Quantity> {
        let w = &self.tensor.before;
        let mut quantities = Vec::new();
        let clipped = self.clipped();
        let gradient = clipped.as_ref().unwrap_or(&self.tensor.gradient);
        quantities.extend(clipped.clone());
        let lr = |formula: Formula, lr| formula.number("lr", "\\eta", lr);
        let descend = |rate| lr(Formula::default().value(w).same(" - "), rate).scaling();
        let formula = match self.update.optimizer {
            Optimizer::Sgd { lr } => descend(lr).value(gradient),
            Optimizer::Momentum { lr, momentum, nesterov, weight_decay } => {
                let decayed = decayed(gradient, w, weight_decay);
                if momentum == 0.0 {
                    descend(lr).then(bracketed(decayed, weight_decay != 0.0))
                } else {
                    let [v] = self.memory(["v"]);
                    let next =
                        Formula::default().literal(momentum).scaling().value(&v.0).same(" + ").then(decayed.clone());
                    let v = remembered(&v.0, "the velocity", next, v.1);
                    quantities.push(v.clone());
                    let ahead = decayed.same(" + ").literal(momentum).scaling().value(&v);
                    if nesterov { descend(lr).then(bracketed(ahead, true)) } else { descend(lr).value(&v) }
                }
            }
            Optimizer::RmsProp { lr, alpha, eps, weight_decay } => {
                let [s] = self.memory(["s"]);
                let decayed = decayed(gradient, w, weight_decay);
                let s = self.mean_square(s, alpha, &decayed);
                quantities.push(s.clone());
                let root = root(&s).same(" + ").literal(eps);
                descend(lr).then(bracketed(decayed, weight_decay != 0.0)).same(" / ").then(bracketed(root, true))
            }
            Optimizer::Adam { lr: rate, beta1, beta2, eps, weight_decay }
            | Optimizer::AdamW { lr: rate, beta1, beta2, eps, weight_decay } => {
                let decoupled = matches!(self.update.optimizer, Optimizer::AdamW { .. }) && weight_decay != 0.0;
                let decayed = decayed(gradient, w, if decoupled { 0.0 } else { weight_decay });
                let [m, s] = self.memory(["m", "s"]);
                let next = Formula::default().literal(beta1).scaling().value(&m.0).same(" + ").literal(1.0 - beta1);
                let next = next.scaling().then(bracketed(decayed.clone(), decayed.0.len() > 1));
                let m = remembered(&m.0, "the running mean", next, m.1);
                let s = self.mean_square(s, beta2, &decayed);
                quantities.extend([m.clone(), s.clone()]);
                let start = Formula::default().value(w);
                let start = if decoupled {
                    lr(start.scaling().same("(1 - "), rate).scaling().literal(weight_decay).same(") - ")
                } else {
                    start.same(" - ")
                };
                let unbias =
                    |formula: Formula, beta: f64| power(formula.same(" / (1 - "), beta, self.moved.step).same(")");
                let mean = unbias(Formula::default().value(&m), beta1);
                let square = unbias(Formula::default().value(&s), beta2);
                let root =
                    Formula::default().sign("sqrt(", "\\sqrt{").then(square).sign(")", "}").same(" + ").literal(eps);
                lr(start, rate).scaling().then(mean).same(" / ").then(bracketed(root, true))
            }
            other => {
                Formula::default().same(&format!("{}(", other.name())).value(w).same(", ").value(gradient).same(")")
            }
        };
        let after = self.cut(self.moved.params);
        quantities.push(Quantity::computed(w.name.clone(), format!("new {}", w.meaning), formula, after).replacing());
        quantities
    }

    /// This tensor's part of something laid out as the parameters.
    fn cut(&self, laid_out: &[T]) -> Matrix {
        let shape = &self.tensor.before.value;
        Matrix::from_slice(&laid_out[self.tensor.range.clone()], shape.rows(), shape.cols())
    }

    fn clipped(&self) -> Option<Quantity> {
        let (clip, clipped) = self.update.clip.zip(self.moved.clipped)?;
        let gradient = &self.tensor.gradient;
        let formula = match clip {
            Clip::Value(limit) => {
                let start = Formula::default().sign("min(", "\\min(").literal(limit);
                let start = start.sign(", max(", ", \\max(").literal(-limit).same(", ");
                start.value(gradient).same("))")
            }
            Clip::Norm(limit) => {
                let start = Formula::default().value(gradient).scaling().sign("min(1, ", "\\min(1, ").literal(limit);
                start.sign(" / (|all gradients| + 1e-6))", " / (\\lVert \\nabla L \\rVert + 10^{-6}))")
            }
            other => Formula::default().value(gradient).same(&format!(", {other}")),
        };
        let mut name = gradient.name.clone();
        name.text = format!("clip({})", name.text);
        name.latex = format!("\\operatorname{{clip}}\\left({}\\right)", name.latex);
        Some(Quantity::computed(name, clip.to_string(), formula, self.cut(clipped)))
    }

    /// What the optimiser remembers of the tensor, before and after the step.
    fn memory<const N: usize>(&self, letters: [&str; N]) -> [(Quantity, Matrix); N] {
        let each = |moments: &[T], i: usize| {
            let length = moments.len() / N;
            self.cut(&moments[i * length..(i + 1) * length])
        };
        let mut i = 0;
        letters.map(|letter| {
            let before = Quantity::given(self.tensor.before.name.memory(letter), "", each(self.moved.before, i));
            let after = each(self.moved.after, i);
            i += 1;
            (before, after)
        })
    }

    /// `s <- keep * s + (1 - keep) * g^2`.
    fn mean_square(&self, (before, after): (Quantity, Matrix), keep: f64, g: &Formula) -> Quantity {
        let start = Formula::default().literal(keep).scaling().value(&before).same(" + ").literal(1.0 - keep).scaling();
        let next = start.same("(").then(g.clone()).sign(")^2", ")^{2}");
        remembered(&before, "the running mean square", next, after)
    }
}

fn remembered(before: &Quantity, meaning: &str, formula: Formula, after: Matrix) -> Quantity {
    Quantity::computed(before.name.clone(), meaning, formula, after).replacing()
}

/// The gradient, with the decay that is added to it.
fn decayed(gradient: &Quantity, w: &Quantity, weight_decay: f64) -> Formula {
    let formula = Formula::default().value(gradient);
    if weight_decay == 0.0 { formula } else { formula.same(" + ").literal(weight_decay).scaling().value(w) }
}

fn bracketed(formula: Formula, needed: bool) -> Formula {
    if needed { Formula::default().same("(").then(formula).same(")") } else { formula }
}

fn root(of: &Quantity) -> Formula {
    Formula::default().sign("sqrt(", "\\sqrt{").value(of).sign(")", "}")
}

fn power(formula: Formula, base: f64, exponent: u64) -> Formula {
    let base = brief(base);
    formula.sign(format!("{base}^{exponent}"), format!("{base}^{{{exponent}}}"))
}

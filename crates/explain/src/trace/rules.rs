//! The formulas of the optimisers' rules and of decay: those of `chainrule_kernel::Rule`, which names their sources, and
//! of `chainrule_model::optim::Decay`.

use chainrule_model::Optimizer;
use chainrule_model::optim::Decay;

use super::number::{brief, latex};
use super::{Formula, Matrix, Name, Quantity};

/// The quantities of the formulas: a tensor of parameters before the step, and its gradient.
pub(super) struct Ground<'a> {
    pub(super) w: &'a Quantity,
    pub(super) gradient: &'a Quantity,
    /// The optimiser's state of the tensor, before and after the step.
    pub(super) memory: Vec<StateChange>,
    /// The decay of the tensor, apart from the optimiser's own.
    pub(super) decay: Decay,
    /// Counted from 1.
    pub(super) step: u64,
}

/// An array of the optimiser's state, before and after the step.
#[derive(Clone)]
pub(super) struct StateChange {
    pub(super) before: Matrix,
    pub(super) after: Matrix,
}

/// The result of a rule.
pub(super) struct RuleStep {
    /// The new state of the optimiser.
    pub(super) state: Vec<Quantity>,
    /// The formula of the new tensor.
    pub(super) formula: Formula,
}

impl RuleStep {
    fn new(state: impl Into<Vec<Quantity>>, formula: Formula) -> Self {
        RuleStep { state: state.into(), formula }
    }
}

/// The formulas of the new optimiser state and of the new tensor.
pub(super) fn rule(optimizer: Optimizer, on: &Ground<'_>) -> RuleStep {
    match optimizer {
        Optimizer::Sgd { lr } => RuleStep::new([], on.sgd_step(lr).then(factor(on.decayed(0.0, lr)))),
        Optimizer::Momentum { lr, momentum: 0.0, weight_decay, .. } => {
            RuleStep::new([], on.sgd_step(lr).then(factor(on.decayed(weight_decay, lr))))
        }
        Optimizer::Momentum { lr, momentum, nesterov, weight_decay } => {
            let g = on.decayed(weight_decay, lr);
            let v = on.remember(0, "v", "the velocity", |v| scaled(momentum, v).same(" + ").then(g.clone()));
            let ahead = || g.clone().same(" + ").then(scaled(momentum, &v)).bracketed();
            let formula = if nesterov { on.sgd_step(lr).then(ahead()) } else { on.sgd_step(lr).value(&v) };
            RuleStep::new([v], formula)
        }
        Optimizer::RmsProp { lr, alpha, eps, weight_decay } => {
            let g = on.decayed(weight_decay, lr);
            let s = on.mean_square(0, alpha, &g);
            let root = Formula::just(&s).root().same(" + ").literal(eps).bracketed();
            RuleStep::new([s], on.sgd_step(lr).then(factor(g)).same(" / ").then(root))
        }
        Optimizer::AdaGrad { lr, lr_decay, eps, weight_decay, .. } => {
            let g = on.decayed(weight_decay, lr);
            let next = |s: &Quantity| Formula::just(s).same(" + ").then(g.clone().bracketed().squared());
            let s = on.remember(0, "s", "the sum of squares", next);
            let root = Formula::just(&s).root().same(" + ").literal(eps).bracketed();
            let start = rate(on.kept(lr).same(" - "), lr);
            let slowed = if lr_decay == 0.0 {
                start
            } else {
                let so_far = Formula::default().same("1 + ").literal((on.step - 1) as f64).scaling().literal(lr_decay);
                start.same(" / ").then(so_far.bracketed())
            };
            RuleStep::new([s], slowed.scaling().then(factor(g)).same(" / ").then(root))
        }
        Optimizer::Adam { lr, beta1, beta2, eps, weight_decay } => {
            let start = on.kept(lr).same(" - ");
            on.adam(on.decayed(weight_decay, lr), start, lr, [beta1, beta2, eps])
        }
        Optimizer::AdamW { lr, beta1, beta2, eps, weight_decay } => {
            let kept = rate(Formula::default().same("1 - "), lr).scaling().literal(weight_decay).bracketed();
            let start = on.kept(lr).scaling().then(kept).same(" - ");
            on.adam(on.decayed(0.0, lr), start, lr, [beta1, beta2, eps])
        }
        // An optimiser without formulas here is shown by its name.
        other => RuleStep::new([], Formula::just(on.w).same(", ").value(on.gradient).of(&Name::function(other.name()))),
    }
}

impl Ground<'_> {
    /// `w - lr * `.
    fn sgd_step(&self, lr: f64) -> Formula {
        rate(self.kept(lr).same(" - "), lr).scaling()
    }

    /// The parameters, less what decays apart from the gradient.
    fn kept(&self, lr: f64) -> Formula {
        let w = Formula::just(self.w);
        if self.decay.decoupled == 0.0 {
            return w;
        }
        w.scaling().then(rate(Formula::default().same("1 - "), lr).scaling().literal(self.decay.decoupled).bracketed())
    }

    /// The gradient, with the decays that are added to it.
    fn decayed(&self, weight_decay: f64, lr: f64) -> Formula {
        let (mut g, l2) = (Formula::just(self.gradient), weight_decay + self.decay.l2);
        if self.decay.l1 != 0.0 {
            let sign = Formula::just(self.w).of(&Name::function("sign"));
            g = g.same(" + ").literal(self.decay.l1).scaling().then(sign);
        }
        if l2 == 0.0 { g } else { g.same(" + ").literal(l2).scaling().then(self.kept(lr)) }
    }

    /// The new value of a part of the state.
    fn remember(&self, index: usize, letter: &str, meaning: &str, next: impl FnOnce(&Quantity) -> Formula) -> Quantity {
        let StateChange { before, after } = self.memory[index].clone();
        let name = self.w.name.memory(letter);
        let formula = next(&Quantity::given(name.clone(), meaning, before));
        Quantity::computed(name, meaning, formula, after).replacing()
    }

    /// `s <- keep * s + (1 - keep) * g^2`.
    fn mean_square(&self, index: usize, keep: f64, g: &Formula) -> Quantity {
        let gained = |g: Formula| Formula::default().literal(1.0 - keep).scaling().then(g.bracketed().squared());
        let next = |s: &Quantity| scaled(keep, s).same(" + ").then(gained(g.clone()));
        self.remember(index, "s", "the running mean square", next)
    }

    /// `start lr * m / (1 - beta1^t) / (sqrt(s / (1 - beta2^t)) + eps)`.
    fn adam(&self, g: Formula, start: Formula, lr: f64, [beta1, beta2, eps]: [f64; 3]) -> RuleStep {
        let gained = Formula::default().literal(1.0 - beta1).scaling().then(factor(g.clone()));
        let m = self.remember(0, "m", "the running mean", |m| scaled(beta1, m).same(" + ").then(gained));
        let s = self.mean_square(1, beta2, &g);
        let unbiased = |moment: &Quantity, beta: f64| {
            let share = power(Formula::default().same("1 - "), beta, self.step).bracketed();
            Formula::just(moment).same(" / ").then(share)
        };
        let root = unbiased(&s, beta2).root().same(" + ").literal(eps).bracketed();
        let formula = rate(start, lr).scaling().then(unbiased(&m, beta1)).same(" / ").then(root);
        RuleStep::new([m, s], formula)
    }
}

fn rate(before: Formula, lr: f64) -> Formula {
    before.number("lr", "\\eta", lr)
}

/// `0.9 * v`.
fn scaled(by: f64, quantity: &Quantity) -> Formula {
    Formula::default().literal(by).scaling().value(quantity)
}

/// In brackets if it is a sum, to be multiplied.
fn factor(formula: Formula) -> Formula {
    if formula.0.len() > 1 { formula.bracketed() } else { formula }
}

/// `0.9^3`.
fn power(before: Formula, base: f64, exponent: u64) -> Formula {
    let base = brief(base);
    before.sign(format!("{base}^{exponent}"), format!("{}^{{{exponent}}}", latex(&base)))
}

//! The optimisers: their names, their settings, and the update rule of each step.
//!
//! A new optimiser is a variant here with its arm in each `match`, and its loop in `chainrule_kernel::Rule`, with its
//! formula and source.

use chainrule_kernel::{Rule, Scalar};

use crate::error::ModelError;
use crate::power::power;

/// An optimiser with its settings, as PyTorch's optimiser of the same name.
///
/// ```
/// # use chainrule_model as chainrule;
/// use chainrule::Optimizer;
///
/// let adam = Optimizer::by_name("adam")?.with("lr", 3e-4)?.with("beta2", 0.99)?;
/// let spelt_out = Optimizer::Adam { lr: 3e-4, beta1: 0.9, beta2: 0.99, eps: 1e-8, weight_decay: 0.0 };
/// assert_eq!(adam, spelt_out);
/// assert_eq!(adam.to_string(), "adam with learning rate 0.0003, beta2 0.99");
/// # Ok::<(), chainrule_model::ModelError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Optimizer {
    /// `w <- w - lr * dw`: stochastic gradient descent. See [`Rule::Sgd`].
    Sgd {
        /// The learning rate.
        lr: f64,
    },
    /// SGD with a velocity, with decay, or both: `v <- momentum * v + dw`, `w <- w - lr * v`. See [`Rule::Momentum`].
    Momentum {
        /// The learning rate.
        lr: f64,
        /// The share of the velocity that is kept in a step; with 0 there is no velocity.
        momentum: f64,
        /// Whether to use Nesterov's momentum.
        nesterov: bool,
        /// The factor of w that is added to its gradient (L2).
        weight_decay: f64,
    },
    /// `w <- w - lr * dw / (rms(dw) + eps)`, with a running root mean square. See [`Rule::RmsProp`].
    RmsProp {
        /// The learning rate.
        lr: f64,
        /// The decay rate of the running mean square.
        alpha: f64,
        /// Added to the root in the denominator.
        eps: f64,
        /// The factor of w that is added to its gradient (L2).
        weight_decay: f64,
    },
    /// `w <- w - lr * dw / (sqrt(s) + eps)`, with s the sum of all squares of dw so far. See [`Rule::AdaGrad`].
    AdaGrad {
        /// The learning rate of the first step.
        lr: f64,
        /// The decay of the learning rate: at step t, counted from 1, it is `lr / (1 + (t - 1) * lr_decay)`.
        lr_decay: f64,
        /// The initial value of s.
        initial: f64,
        /// Added to the root in the denominator.
        eps: f64,
        /// The factor of w that is added to its gradient (L2).
        weight_decay: f64,
    },
    /// `w <- w - lr * mean(dw) / (rms(dw) + eps)`, with running means. See [`Rule::Adam`].
    Adam {
        /// The learning rate.
        lr: f64,
        /// The decay rate of the running mean.
        beta1: f64,
        /// The decay rate of the running mean square.
        beta2: f64,
        /// Added to the root in the denominator.
        eps: f64,
        /// The factor of w that is added to its gradient (L2).
        weight_decay: f64,
    },
    /// Adam with weight decay that is decoupled from the gradient: `w <- w * (1 - lr * weight_decay)` first. See
    /// [`Rule::Adam`].
    AdamW {
        /// The learning rate.
        lr: f64,
        /// The decay rate of the running mean.
        beta1: f64,
        /// The decay rate of the running mean square.
        beta2: f64,
        /// Added to the root in the denominator.
        eps: f64,
        /// The factor of lr * w that is subtracted from w.
        weight_decay: f64,
    },
}

/// The names of the optimisers.
pub const OPTIMIZER_NAMES: &[&str] = &["sgd", "rmsprop", "adagrad", "adam", "adamw"];

/// A mutable reference to a setting.
pub(super) enum Field<'a> {
    Number(&'a mut f64),
    Switch(&'a mut bool),
}

impl Optimizer {
    /// The optimiser of this name with PyTorch's defaults, except that the learning rate of `sgd` is 0.1.
    ///
    /// # Errors
    /// When there is none.
    pub fn by_name(name: &str) -> Result<Self, ModelError> {
        let (beta1, beta2, eps, weight_decay) = (0.9, 0.999, 1e-8, 0.0);
        match name {
            "sgd" => Ok(Optimizer::Sgd { lr: 0.1 }),
            "rmsprop" => Ok(Optimizer::RmsProp { lr: 0.01, alpha: 0.99, eps, weight_decay }),
            "adagrad" => Ok(Optimizer::AdaGrad { lr: 0.01, lr_decay: 0.0, initial: 0.0, eps: 1e-10, weight_decay }),
            "adam" => Ok(Optimizer::Adam { lr: 0.001, beta1, beta2, eps, weight_decay }),
            "adamw" => Ok(Optimizer::AdamW { lr: 0.001, beta1, beta2, eps, weight_decay: 0.01 }),
            _ => Err(ModelError::UnknownName {
                what: "optimizer",
                found: name.to_owned(),
                known: OPTIMIZER_NAMES.join(", "),
            }),
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Optimizer::Sgd { .. } | Optimizer::Momentum { .. } => "sgd",
            Optimizer::RmsProp { .. } => "rmsprop",
            Optimizer::AdaGrad { .. } => "adagrad",
            Optimizer::Adam { .. } => "adam",
            Optimizer::AdamW { .. } => "adamw",
        }
    }

    /// Its learning rate.
    pub fn lr(self) -> f64 {
        match self {
            Optimizer::Sgd { lr }
            | Optimizer::Momentum { lr, .. }
            | Optimizer::RmsProp { lr, .. }
            | Optimizer::AdaGrad { lr, .. }
            | Optimizer::Adam { lr, .. }
            | Optimizer::AdamW { lr, .. } => lr,
        }
    }

    /// The same with another learning rate, as a schedule sets it: from step to step, and 0 too.
    #[must_use]
    pub fn at_rate(mut self, rate: f64) -> Self {
        match &mut self {
            Optimizer::Sgd { lr }
            | Optimizer::Momentum { lr, .. }
            | Optimizer::RmsProp { lr, .. }
            | Optimizer::AdaGrad { lr, .. }
            | Optimizer::Adam { lr, .. }
            | Optimizer::AdamW { lr, .. } => *lr = rate,
        }
        self
    }

    /// How many numbers it remembers of each parameter.
    pub fn moments(self) -> usize {
        match self {
            Optimizer::Sgd { .. } => 0,
            Optimizer::Momentum { momentum, .. } => usize::from(momentum != 0.0),
            Optimizer::RmsProp { .. } | Optimizer::AdaGrad { .. } => 1,
            Optimizer::Adam { .. } | Optimizer::AdamW { .. } => 2,
        }
    }

    /// The value of its moments before the first step.
    pub(crate) fn initial_moment(self) -> f64 {
        match self {
            Optimizer::AdaGrad { initial, .. } => initial,
            _ => 0.0,
        }
    }

    pub(super) fn fields(&mut self) -> Vec<(&'static str, Field<'_>)> {
        use Field::{Number, Switch};
        match self {
            Optimizer::Sgd { lr } => vec![("lr", Number(lr))],
            Optimizer::Momentum { lr, momentum, nesterov, weight_decay } => vec![
                ("lr", Number(lr)),
                ("momentum", Number(momentum)),
                ("nesterov", Switch(nesterov)),
                ("weight-decay", Number(weight_decay)),
            ],
            Optimizer::RmsProp { lr, alpha, eps, weight_decay } => vec![
                ("lr", Number(lr)),
                ("alpha", Number(alpha)),
                ("eps", Number(eps)),
                ("weight-decay", Number(weight_decay)),
            ],
            Optimizer::AdaGrad { lr, lr_decay, initial, eps, weight_decay } => vec![
                ("lr", Number(lr)),
                ("lr-decay", Number(lr_decay)),
                ("initial", Number(initial)),
                ("eps", Number(eps)),
                ("weight-decay", Number(weight_decay)),
            ],
            Optimizer::Adam { lr, beta1, beta2, eps, weight_decay }
            | Optimizer::AdamW { lr, beta1, beta2, eps, weight_decay } => vec![
                ("lr", Number(lr)),
                ("beta1", Number(beta1)),
                ("beta2", Number(beta2)),
                ("eps", Number(eps)),
                ("weight-decay", Number(weight_decay)),
            ],
        }
    }

    /// The rule of step t, counted from 1. Settings and what follows from them alone are f64, rounded once to the element
    /// type, as PyTorch does with its Python floats.
    ///
    /// # Panics
    /// When t is 0.
    pub fn rule<T: Scalar>(self, t: u64) -> Rule<T> {
        self.rule_with(t, 0.0)
    }

    /// As [`Optimizer::rule`], with `l2` added to the factor of w in its gradient.
    pub(crate) fn rule_with<T: Scalar>(self, t: u64, l2: f64) -> Rule<T> {
        assert!(t > 0, "steps are counted from 1");
        let n = T::from_f64;
        match self {
            Optimizer::Sgd { lr } => Rule::Sgd { lr: n(lr), decay: n(l2) },
            Optimizer::Momentum { lr, momentum: 0.0, weight_decay, .. } => {
                Rule::Sgd { lr: n(lr), decay: n(weight_decay + l2) }
            }
            Optimizer::Momentum { lr, momentum, nesterov, weight_decay } => {
                Rule::Momentum { lr: n(lr), momentum: n(momentum), nesterov, decay: n(weight_decay + l2) }
            }
            Optimizer::RmsProp { lr, alpha, eps, weight_decay } => {
                let (keep, gain) = (n(alpha), n(1.0 - alpha));
                Rule::RmsProp { lr: n(lr), keep, gain, eps: n(eps), decay: n(weight_decay + l2) }
            }
            Optimizer::AdaGrad { lr, lr_decay, eps, weight_decay, .. } => {
                let lr = lr / (1.0 + (t - 1) as f64 * lr_decay);
                Rule::AdaGrad { lr: n(lr), eps: n(eps), decay: n(weight_decay + l2) }
            }
            Optimizer::Adam { lr, beta1, beta2, eps, weight_decay }
            | Optimizer::AdamW { lr, beta1, beta2, eps, weight_decay } => {
                let decoupled = matches!(self, Optimizer::AdamW { .. });
                let (decay, shrink) = if decoupled { (0.0, 1.0 - lr * weight_decay) } else { (weight_decay, 1.0) };
                let (step, root) = (lr / (1.0 - power(beta1, t)), (1.0 - power(beta2, t)).sqrt());
                Rule::Adam {
                    step: n(step),
                    root: n(root),
                    gain1: n(1.0 - beta1),
                    keep2: n(beta2),
                    gain2: n(1.0 - beta2),
                    eps: n(eps),
                    decay: n(decay + l2),
                    shrink: n(shrink),
                }
            }
        }
    }
}

//! What is done with a gradient: the rules by which parameters move, and their settings by name.
//!
//! A new rule is a variant here with its arm in each `match`, and its loop in `chainrule_kernel::Rule`, where the
//! formulas and their sources stand. Command lines are made from [`SETTINGS`] and [`OPTIMIZER_NAMES`].

use std::fmt;

use chainrule_dense::update;
use chainrule_kernel::{Kernel, Rule, Scalar};

use crate::{ModelError, Moments};

/// A rule that turns gradients into a step, as PyTorch's optimiser of the same name.
///
/// ```
/// use chainrule_model::Optimizer;
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
        /// The share of the velocity that is kept; without any, nothing is remembered.
        momentum: f64,
        /// Whether a step looks ahead by the velocity.
        nesterov: bool,
        /// The factor of w that is added to its gradient.
        weight_decay: f64,
    },
    /// `w <- w - lr * dw / (rms(dw) + eps)`, with a running root mean square. See [`Rule::RmsProp`].
    RmsProp {
        /// The learning rate.
        lr: f64,
        /// The share of the mean square that is kept.
        alpha: f64,
        /// What is added to the root.
        eps: f64,
        /// The factor of w that is added to its gradient.
        weight_decay: f64,
    },
    /// `w <- w - lr * mean(dw) / (rms(dw) + eps)`, with running means. See [`Rule::Adam`].
    Adam {
        /// The learning rate.
        lr: f64,
        /// The share of the mean that is kept.
        beta1: f64,
        /// The share of the mean square that is kept.
        beta2: f64,
        /// What is added to the root.
        eps: f64,
        /// The factor of w that is added to its gradient.
        weight_decay: f64,
    },
    /// Adam whose decay is apart from the gradient: `w <- w * (1 - lr * weight_decay)` first. See [`Rule::Adam`].
    AdamW {
        /// The learning rate.
        lr: f64,
        /// The share of the mean that is kept.
        beta1: f64,
        /// The share of the mean square that is kept.
        beta2: f64,
        /// What is added to the root.
        eps: f64,
        /// What w loses in a step, in units of lr.
        weight_decay: f64,
    },
}

/// The names of the optimisers.
pub const OPTIMIZER_NAMES: &[&str] = &["sgd", "rmsprop", "adam", "adamw"];

/// A setting that one or more of the optimisers have.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Setting {
    /// Its name.
    pub name: &'static str,
    /// As a sentence says it.
    pub words: &'static str,
    /// What it does.
    pub meaning: &'static str,
    /// What it may be.
    pub range: Range,
}

/// The values that a setting may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Range {
    /// Above 0.
    Positive,
    /// 0 or more.
    NotNegative,
    /// From 0 to below 1.
    Share,
    /// 0 for off, 1 for on.
    Switch,
}

impl Range {
    /// Whether the value is among them; NaN and infinity never are.
    pub fn contains(self, value: f64) -> bool {
        match self {
            Range::Positive => value.is_finite() && value > 0.0,
            Range::NotNegative => value.is_finite() && value >= 0.0,
            Range::Share => (0.0..1.0).contains(&value),
            Range::Switch => value == 0.0 || value == 1.0,
        }
    }

    /// The values, as `expected ...` goes on.
    pub fn words(self) -> &'static str {
        match self {
            Range::Positive => "a finite number above 0",
            Range::NotNegative => "a finite number, 0 or more",
            Range::Share => "a number from 0 to below 1",
            Range::Switch => "0 or 1",
        }
    }
}

const fn setting(name: &'static str, words: &'static str, meaning: &'static str, range: Range) -> Setting {
    Setting { name, words, meaning, range }
}

/// Every setting of every optimiser.
pub const SETTINGS: &[Setting] = &[
    setting("lr", "learning rate", "The learning rate", Range::Positive),
    setting("momentum", "momentum", "The share of the last step's velocity that is kept", Range::Share),
    setting("nesterov", "nesterov", "Look ahead by the velocity, which is Nesterov's momentum", Range::Switch),
    setting("alpha", "alpha", "The share of the mean square that is kept", Range::Share),
    setting("beta1", "beta1", "The share of the mean that is kept", Range::Share),
    setting("beta2", "beta2", "The share of the mean square that is kept", Range::Share),
    setting("eps", "eps", "What is added to the root that a step is divided by", Range::Positive),
    setting("weight-decay", "weight decay", "How strongly weights are drawn to 0", Range::NotNegative),
];

/// Where an optimiser keeps a setting.
enum Field<'a> {
    Number(&'a mut f64),
    Switch(&'a mut bool),
}

impl Optimizer {
    /// The optimiser of this name with PyTorch's defaults, save that the learning rate of `sgd` is 0.1.
    ///
    /// # Errors
    /// When there is none.
    pub fn by_name(name: &str) -> Result<Self, ModelError> {
        let (beta1, beta2, eps, weight_decay) = (0.9, 0.999, 1e-8, 0.0);
        match name {
            "sgd" => Ok(Optimizer::Sgd { lr: 0.1 }),
            "rmsprop" => Ok(Optimizer::RmsProp { lr: 0.01, alpha: 0.99, eps, weight_decay }),
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
            Optimizer::Adam { .. } => "adam",
            Optimizer::AdamW { .. } => "adamw",
        }
    }

    /// How many numbers it remembers of each parameter.
    pub fn moments(self) -> usize {
        match self {
            Optimizer::Sgd { .. } => 0,
            Optimizer::Momentum { momentum, .. } => usize::from(momentum != 0.0),
            Optimizer::RmsProp { .. } => 1,
            Optimizer::Adam { .. } | Optimizer::AdamW { .. } => 2,
        }
    }

    fn fields(&mut self) -> Vec<(&'static str, Field<'_>)> {
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
        assert!(t > 0, "steps are counted from 1");
        let n = T::from_f64;
        match self {
            Optimizer::Sgd { lr } => Rule::Sgd { lr: n(lr), decay: T::ZERO },
            Optimizer::Momentum { lr, momentum: 0.0, weight_decay, .. } => {
                Rule::Sgd { lr: n(lr), decay: n(weight_decay) }
            }
            Optimizer::Momentum { lr, momentum, nesterov, weight_decay } => {
                Rule::Momentum { lr: n(lr), momentum: n(momentum), nesterov, decay: n(weight_decay) }
            }
            Optimizer::RmsProp { lr, alpha, eps, weight_decay } => {
                let (keep, gain) = (n(alpha), n(1.0 - alpha));
                Rule::RmsProp { lr: n(lr), keep, gain, eps: n(eps), decay: n(weight_decay) }
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
                    decay: n(decay),
                    shrink: n(shrink),
                }
            }
        }
    }

    /// Moves the parameters by one step.
    ///
    /// # Errors
    /// When `moments` were made for another optimiser or another number of parameters; nothing has moved then.
    ///
    /// # Panics
    /// When there are not as many gradients as parameters.
    pub fn update<T: Scalar>(
        self,
        kernel: &Kernel<T>,
        params: &mut [T],
        grads: &[T], // as params
        moments: &mut Moments<T>,
    ) -> Result<(), ModelError> {
        moments.check(self, params.len())?;
        let rule = self.rule(moments.count_step());
        let memory = moments.range(rule.moments(), 0..params.len());
        update::update(kernel, rule, params, grads, memory);
        Ok(())
    }
}

/// `base^exponent` by squaring: multiplications only, so the same bits everywhere, which the platform's `pow` does not
/// promise.
fn power(mut base: f64, mut exponent: u64) -> f64 {
    let mut product = 1.0;
    while exponent > 0 {
        if exponent % 2 == 1 {
            product *= base;
        }
        base *= base;
        exponent /= 2;
    }
    product
}

/// What holds for every optimiser alike.
impl Optimizer {
    /// Its settings and their values, with 1 for a switch that is on.
    pub fn settings(self) -> Vec<(&'static Setting, f64)> {
        let value = |field| match field {
            Field::Number(number) => *number,
            Field::Switch(switch) => f64::from(u8::from(*switch)),
        };
        self.with_velocity().fields().into_iter().map(|(name, field)| (known(name), value(field))).collect()
    }

    /// The same with one setting changed.
    ///
    /// # Errors
    /// When it has no setting of that name, or the value is out of its range.
    pub fn with(self, name: &str, value: f64) -> Result<Self, ModelError> {
        let mut changed = self.with_velocity();
        match changed.fields().into_iter().find(|(field, _)| *field == name) {
            Some((_, Field::Number(number))) => *number = value,
            Some((_, Field::Switch(switch))) => *switch = value != 0.0,
            None => {
                let names: Vec<&str> = self.settings().iter().map(|(setting, _)| setting.name).collect();
                let (found, known) = (name.to_owned(), names.join(", "));
                return Err(ModelError::NoSetting { optimizer: self.name(), found, known });
            }
        }
        in_range(known(name), value)?;
        Ok(match changed {
            Optimizer::Momentum { lr, momentum: 0.0, nesterov: false, weight_decay: 0.0 } => Optimizer::Sgd { lr },
            changed => changed,
        })
    }

    /// Plain SGD with all the settings that it could have.
    fn with_velocity(self) -> Self {
        match self {
            Optimizer::Sgd { lr } => Optimizer::Momentum { lr, momentum: 0.0, nesterov: false, weight_decay: 0.0 },
            other => other,
        }
    }

    /// Refuses settings that mean nothing.
    ///
    /// # Errors
    /// When one is out of its range, or `nesterov` is on without momentum.
    pub fn check(self) -> Result<(), ModelError> {
        self.settings().into_iter().try_for_each(|(setting, value)| in_range(setting, value))?;
        match self {
            Optimizer::Momentum { momentum: 0.0, nesterov: true, .. } => {
                Err(ModelError::Setting { what: "momentum", found: 0.0, expected: "more than 0, for nesterov" })
            }
            _ => Ok(()),
        }
    }
}

fn known(name: &str) -> &'static Setting {
    SETTINGS.iter().find(|setting| setting.name == name).expect("every field is in the table")
}

fn in_range(setting: &'static Setting, value: f64) -> Result<(), ModelError> {
    match setting.range.contains(value) {
        true => Ok(()),
        false => Err(ModelError::Setting { what: setting.words, found: value, expected: setting.range.words() }),
    }
}

/// The name, the learning rate, and what differs from the defaults: `sgd with learning rate 0.1, momentum 0.9, nesterov`.
impl fmt::Display for Optimizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let defaults = Optimizer::by_name(self.name()).expect("a name of ours").settings();
        f.write_str(self.name())?;
        let mut before = " with ";
        for ((setting, value), (_, default)) in self.settings().into_iter().zip(defaults) {
            if setting.name != "lr" && value == default {
                continue;
            }
            match setting.range {
                Range::Switch => write!(f, "{before}{}", setting.words)?,
                _ => write!(f, "{before}{} {}", setting.words, Brief(value))?,
            }
            before = ", ";
        }
        Ok(())
    }
}

/// A number as people write it: `0.001`, `1e-8`.
struct Brief(f64);

impl fmt::Display for Brief {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 != 0.0 && !(1e-4..1e6).contains(&self.0.abs()) {
            write!(f, "{:e}", self.0)
        } else {
            write!(f, "{}", self.0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_power_is_what_repeated_multiplication_gives() {
        for base in [0.0, 0.5, 0.9, 0.999] {
            let mut want = 1.0;
            for exponent in 0..2000 {
                let got = power(base, exponent);
                assert!((got - want).abs() <= 1e-12 * want, "{base}^{exponent}: {got}, not {want}");
                want *= base;
            }
        }
        assert_eq!((power(0.5, 10), power(0.0, 0), power(0.9, u64::MAX)), (1.0 / 1024.0, 1.0, 0.0));
    }
}

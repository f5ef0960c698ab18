//! Weight decay and L1, L2 penalties, separately for weights and biases.

use chainrule_dense::Step;
use chainrule_kernel::{Rule, Scalar};

use crate::error::ModelError;
use crate::optimizer::kind::Optimizer;

/// The decay of one group of parameters.
///
/// ```text
/// w <- w - lr * decoupled * w
/// g <- dw + l1 * sign(w) + l2 * w
/// ```
///
/// and then the optimiser takes its step with g. The `l1` term is the gradient of `l1 * sum |w|`, the `l2` term that of `l2
/// / 2 * sum w^2`, which PyTorch calls weight decay; `decoupled` is the decay of AdamW. Clipping comes first, so it applies
/// to the gradient of the loss alone.
///
/// Source: Tibshirani, "Regression Shrinkage and Selection via the Lasso", 1996; Loshchilov and Hutter, "Decoupled Weight
/// Decay Regularization", 2019.
///
/// ```
/// # use chainrule_model as chainrule;
/// use chainrule::optim::{Decay, Decays};
///
/// let l1 = Decay { l1: 1e-4, ..Decay::default() };
/// assert!(Decays { weights: l1, biases: Decay::default() }.check().is_ok());
/// assert!(Decays { weights: Decay { l1: f64::NAN, ..l1 }, ..Decays::default() }.check().is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Decay {
    /// The factor of sign(w) that is added to the gradient.
    pub l1: f64,
    /// The factor of w that is added to the gradient, in addition to the optimiser's own weight decay.
    pub l2: f64,
    /// The factor of lr * w that is subtracted from w.
    pub decoupled: f64,
}

/// The decay of each group of parameters. The optimiser's own weight decay applies to all parameters in addition;
/// [`Group::decay_only`] restricts it to one group.
///
/// ```
/// # use chainrule_model as chainrule;
/// use chainrule::optim::{Decay, Group};
///
/// let decays = Group::by_name("weights")?.decays(Decay { l2: 1e-3, ..Decay::default() });
/// assert_eq!((decays.weights.l2, decays.biases.l2), (1e-3, 0.0));
/// # Ok::<(), chainrule::ModelError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Decays {
    /// Of the weights of dense layers.
    pub weights: Decay,
    /// Of all other parameters: biases, and gamma and beta of normalisations.
    pub biases: Decay,
}

/// Which parameters decay.
///
/// ```
/// # use chainrule_model as chainrule;
/// use chainrule::optim::{GROUP_NAMES, Group};
///
/// assert_eq!(GROUP_NAMES, ["all", "weights", "biases"]);
/// assert_eq!(Group::by_name("biases")?, Group::Biases);
/// assert!(Group::by_name("bias").is_err());
/// # Ok::<(), chainrule::ModelError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Group {
    /// Weights and biases: the default of PyTorch's optimisers.
    #[default]
    All,
    /// Weights alone, as in most published recipes.
    Weights,
    /// Biases alone.
    Biases,
}

/// The names of the groups.
pub const GROUP_NAMES: &[&str] = &["all", "weights", "biases"];

impl Group {
    /// The group of this name.
    ///
    /// # Errors
    /// When there is none.
    pub fn by_name(name: &str) -> Result<Self, ModelError> {
        match name {
            "all" => Ok(Group::All),
            "weights" => Ok(Group::Weights),
            "biases" => Ok(Group::Biases),
            _ => Err(ModelError::UnknownName {
                what: "group of parameters",
                found: name.to_owned(),
                known: GROUP_NAMES.join(", "),
            }),
        }
    }

    /// This decay for the group, and none for the other parameters.
    pub fn decays(self, decay: Decay) -> Decays {
        let none = Decay::default();
        match self {
            Group::All => Decays { weights: decay, biases: decay },
            Group::Weights => Decays { weights: decay, biases: none },
            Group::Biases => Decays { weights: none, biases: decay },
        }
    }

    /// The optimiser without its own weight decay, and that decay, L2 or decoupled, for this group, with `l1` in addition.
    /// The parameters of the group get the same bits as before.
    pub fn decay_only(self, optimizer: Optimizer, l1: f64) -> (Optimizer, Decays) {
        if self == Group::All {
            return (optimizer, self.decays(Decay { l1, ..Decay::default() }));
        }
        let (without, decay) = split_decay(optimizer);
        (without, self.decays(Decay { l1, ..decay }))
    }
}

/// The optimiser without its weight decay, and the weight decay as a [`Decay`].
fn split_decay(mut optimizer: Optimizer) -> (Optimizer, Decay) {
    let none = Decay::default();
    let decay = match &mut optimizer {
        Optimizer::Sgd { .. } => none,
        Optimizer::Momentum { weight_decay, .. }
        | Optimizer::RmsProp { weight_decay, .. }
        | Optimizer::AdaGrad { weight_decay, .. }
        | Optimizer::Adam { weight_decay, .. } => Decay { l2: std::mem::take(weight_decay), ..none },
        Optimizer::AdamW { weight_decay, .. } => Decay { decoupled: std::mem::take(weight_decay), ..none },
    };
    (optimizer, decay)
}

impl Decay {
    pub(crate) fn step<T: Scalar>(self, optimizer: Optimizer, t: u64) -> Step<T> {
        let rule: Rule<T> = optimizer.rule_with(t, self.l2);
        Step { rule, l1: T::from_f64(self.l1), shrink: T::from_f64(1.0 - optimizer.lr() * self.decoupled) }
    }

    fn settings(self) -> [(&'static str, f64); 3] {
        [("L1 decay", self.l1), ("L2 decay", self.l2), ("decoupled decay", self.decoupled)]
    }
}

impl Decays {
    /// Checks the ranges.
    ///
    /// # Errors
    /// [`ModelError::Setting`] when a factor is not a finite number, 0 or more.
    pub fn check(self) -> Result<(), ModelError> {
        match self.settings().find(|(_, value)| !(value.is_finite() && *value >= 0.0)) {
            Some((what, found)) => Err(ModelError::Setting { what, found, expected: "a finite number, 0 or more" }),
            None => Ok(()),
        }
    }

    pub(crate) fn settings(self) -> impl Iterator<Item = (&'static str, f64)> {
        [self.weights, self.biases].into_iter().flat_map(Decay::settings)
    }

    /// A description of each factor that is not 0, with its group: `L1 decay 0.001 of weights`.
    pub fn words(self) -> Vec<String> {
        let mut words = Vec::new();
        for ((what, weights), (_, biases)) in self.weights.settings().into_iter().zip(self.biases.settings()) {
            if weights == biases && weights != 0.0 {
                words.push(format!("{what} {weights}"));
                continue;
            }
            let groups = [("weights", weights), ("biases", biases)];
            let of = |(group, value): (&str, f64)| (value != 0.0).then(|| format!("{what} {value} of {group}"));
            words.extend(groups.into_iter().filter_map(of));
        }
        words
    }
}

/// The step of each group.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Steps<T> {
    pub(crate) weights: Step<T>,
    pub(crate) biases: Step<T>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_tell_what_decays_and_whose() {
        let l1 = Decay { l1: 0.001, ..Decay::default() };
        assert_eq!(Group::All.decays(l1).words(), ["L1 decay 0.001"]);
        let both = Decay { decoupled: 0.01, ..l1 };
        assert_eq!(
            Group::Weights.decays(both).words(),
            ["L1 decay 0.001 of weights", "decoupled decay 0.01 of weights"]
        );
        assert!(Decays::default().words().is_empty());
    }

    #[test]
    fn decays_that_mean_nothing_are_refused() {
        for bad in [-0.1, f64::NAN, f64::INFINITY] {
            let decays = Group::Biases.decays(Decay { l1: bad, ..Decay::default() });
            let text = decays.check().unwrap_err().to_string();
            assert!(
                text.starts_with("L1 decay is ") && text.ends_with("expected a finite number, 0 or more"),
                "{text}"
            );
        }
        assert_eq!(
            Group::by_name("w").unwrap_err().to_string(),
            "there is no group of parameters `w`; known are all, weights, biases"
        );
        GROUP_NAMES.iter().for_each(|name| assert!(Group::by_name(name).is_ok()));
    }
}

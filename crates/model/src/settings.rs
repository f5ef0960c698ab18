//! The check of a step's settings, before every step: a few comparisons, and only if one fails the search for the setting
//! that is wrong.
//!
//! A setting must be in its range in f64, in which it is given, and again in the element type, in which it is used: an eps
//! of 1e-300 is 0 in f32, and a learning rate of 1e300 infinite. So must values that several settings determine: Adam's
//! step is `lr / (1 - beta1^t)`, and a decay may be the sum of two settings.

use chainrule_dense::Step;
use chainrule_kernel::{Rule, Scalar};

use crate::decay::Steps;
use crate::{Clip, Decay, ModelError, Optimizer, SettingRange, Update};

impl Update {
    /// Checks the settings. `steps` are the steps of the groups of parameters, computed from them.
    ///
    /// Arguments are references, here and below: copying values that were just written stalls on the stores. A step of
    /// 6-64-8-4 took 50 ns longer with the steps passed and returned by value.
    ///
    /// # Errors
    /// When a setting is out of its range. A learning rate of 0 is in range: schedules end there.
    #[inline]
    pub(crate) fn check_steps<T: Scalar>(&self, steps: &Steps<T>) -> Result<(), ModelError> {
        let Update { clip, optimizer, decay } = self;
        let is_sound = is_sound::<T>(optimizer)
            && clip.is_none_or(|clip| clip.check_in::<T>().is_ok())
            && not_negative(&decay.weights)
            && not_negative(&decay.biases)
            && is_finite(&steps.weights)
            && is_finite(&steps.biases);
        if is_sound { Ok(()) } else { Err(self.fault::<T>()) }
    }

    /// The error for the setting that is out of range, if one is.
    #[cold]
    fn fault<T: Scalar>(&self) -> ModelError {
        let named = || -> Result<(), ModelError> {
            for (setting, value) in self.optimizer.settings() {
                let range = if setting.name == "lr" { SettingRange::NotNegative } else { setting.range };
                range.check_in::<T>(setting.words, value)?;
            }
            self.optimizer.at_rate(1.0).check()?;
            self.clip.map_or(Ok(()), Clip::check_in::<T>)?;
            self.decay.check()?;
            for (what, value) in self.decay.settings() {
                SettingRange::NotNegative.check_in::<T>(what, value)?;
            }
            Ok(())
        };
        // Each is in range, and a value computed from several is not.
        let together = || {
            let (what, found) = ("learning rate", self.optimizer.lr());
            let expected = "a number that makes finite steps with the betas and decays beside it in the element type";
            ModelError::Setting { what, found, expected }
        };
        named().err().unwrap_or_else(together)
    }
}

impl Clip {
    /// As [`Clip::check`], in an element type, where the limit must not be 0 or infinite either.
    #[inline]
    pub(crate) fn check_in<T: Scalar>(self) -> Result<(), ModelError> {
        let (what, limit) = match self {
            Clip::Value(limit) => ("the largest gradient", limit),
            Clip::Norm(limit) => ("the largest norm of the gradients", limit),
        };
        if positive::<T>(limit) { Ok(()) } else { SettingRange::Positive.check_in::<T>(what, limit) }
    }
}

#[inline]
fn positive<T: Scalar>(value: f64) -> bool {
    let value = T::from_f64(value);
    value > T::ZERO && value.is_finite()
}

#[inline]
fn share<T: Scalar>(value: f64) -> bool {
    value >= 0.0 && T::from_f64(value) < T::ONE
}

/// Whether the settings have the right sign and range. That computed values are finite is checked by [`is_finite`]. NaN
/// fails.
#[inline]
fn is_sound<T: Scalar>(optimizer: &Optimizer) -> bool {
    match *optimizer {
        Optimizer::Sgd { lr } => lr >= 0.0,
        Optimizer::Momentum { lr, momentum, nesterov, weight_decay } => {
            lr >= 0.0 && weight_decay >= 0.0 && share::<T>(momentum) && !(nesterov && momentum == 0.0)
        }
        Optimizer::RmsProp { lr, alpha, eps, weight_decay } => {
            lr >= 0.0 && weight_decay >= 0.0 && share::<T>(alpha) && positive::<T>(eps)
        }
        Optimizer::AdaGrad { lr, lr_decay, initial, eps, weight_decay } => {
            let are_finite = lr.is_finite() && lr_decay.is_finite() && T::from_f64(initial).is_finite();
            are_finite && lr >= 0.0 && lr_decay >= 0.0 && initial >= 0.0 && weight_decay >= 0.0 && positive::<T>(eps)
        }
        Optimizer::Adam { lr, beta1, beta2, eps, weight_decay }
        | Optimizer::AdamW { lr, beta1, beta2, eps, weight_decay } => {
            lr >= 0.0 && weight_decay >= 0.0 && share::<T>(beta1) && share::<T>(beta2) && positive::<T>(eps)
        }
    }
}

#[inline]
fn not_negative(Decay { l1, l2, decoupled }: &Decay) -> bool {
    *l1 >= 0.0 && *l2 >= 0.0 && *decoupled >= 0.0
}

/// Whether the numbers of a step in the element type are finite, which settings in range do not guarantee.
#[inline]
fn is_finite<T: Scalar>(Step { rule, l1, shrink }: &Step<T>) -> bool {
    let of_rule = match rule {
        Rule::Sgd { lr, decay } | Rule::Momentum { lr, decay, .. } => lr.is_finite() && decay.is_finite(),
        Rule::RmsProp { lr, decay, .. } | Rule::AdaGrad { lr, decay, .. } => lr.is_finite() && decay.is_finite(),
        Rule::Adam { step, decay, shrink, .. } => step.is_finite() && decay.is_finite() && shrink.is_finite(),
        _ => false, // a new rule fails here until it has an arm
    };
    of_rule && l1.is_finite() && shrink.is_finite()
}

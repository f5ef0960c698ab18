//! Whether a step's settings mean something, asked before every step: a few comparisons of numbers that are at hand, and
//! only when one of them fails the search for which.
//!
//! A setting must be in its range in f64, in which it is given, and again in the element type, in which it is used: an eps
//! of 1e-300 is 0 in f32, and a learning rate of 1e300 infinite. So must what follows from several: Adam's step is
//! `lr / (1 - beta1^t)`, a decay may come from two places.

use chainrule_dense::Step;
use chainrule_kernel::{Rule, Scalar};

use crate::decay::Steps;
use crate::{Clip, Decay, ModelError, Optimizer, SettingRange, Update};

impl Update {
    /// Refuses settings, given the steps of the groups of parameters that were made of them.
    ///
    /// By reference, as all below: a copy of what was just written waits for it. A step of 6-64-8-4 took 50 ns longer with
    /// the steps passed and returned by value.
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

    /// Which setting is out of its range, given that one is.
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
        // Each alone is in range, and what they make together is not.
        let together = || {
            let (what, found) = ("learning rate", self.optimizer.lr());
            let expected = "a number that makes finite steps with the betas and decays beside it in the element type";
            ModelError::Setting { what, found, expected }
        };
        named().err().unwrap_or_else(together)
    }
}

impl Clip {
    /// As [`Clip::check`], in an element type, in which a limit must not be 0 or infinite either.
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

/// What a step's numbers make finite or not; here only the sign is asked. NaN is neither.
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

/// Of a step in the element type, the numbers that settings in range may still have made infinite.
#[inline]
fn is_finite<T: Scalar>(Step { rule, l1, shrink }: &Step<T>) -> bool {
    let of_rule = match rule {
        Rule::Sgd { lr, decay } | Rule::Momentum { lr, decay, .. } => lr.is_finite() && decay.is_finite(),
        Rule::RmsProp { lr, decay, .. } | Rule::AdaGrad { lr, decay, .. } => lr.is_finite() && decay.is_finite(),
        Rule::Adam { step, decay, shrink, .. } => step.is_finite() && decay.is_finite() && shrink.is_finite(),
        _ => false, // a rule that is new: its first step fails until it stands here
    };
    of_rule && l1.is_finite() && shrink.is_finite()
}

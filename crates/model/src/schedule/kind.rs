//! The schedules: pure functions of the step.
//!
//! A new one is a variant here with its arm in each `match`: name, settings, formula.

use super::cosine::cos_pi;
use crate::error::ModelError;
use crate::optimizer::setting::SettingRange;
use crate::power::power;

/// A schedule of the learning rate. All begin with the optimiser's rate except one-cycle, which has it at its peak. Steps
/// are counted from 0; [`Span`] has the number of steps in an epoch. Settings are those of PyTorch's `lr_scheduler`.
///
/// ```
/// # use chainrule_model as chainrule;
/// use chainrule::optim::{Schedule, Span};
///
/// let schedule: Schedule = "step:10:0.5".parse()?;
/// assert_eq!(schedule, Schedule::Step { every: 10, factor: 0.5 });
/// let run = Span { epochs: 30, steps: 100 };
/// assert_eq!([0, 999, 1000, 2000].map(|step| schedule.rate(0.1, step, run)), [0.1, 0.1, 0.05, 0.025]);
/// # Ok::<(), chainrule_model::ModelError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[non_exhaustive]
pub enum Schedule {
    /// `lr`, always.
    #[default]
    Constant,
    /// `lr * factor^(epoch / every)`, the quotient rounded down: PyTorch's `StepLR`.
    Step {
        /// Epochs between two changes.
        every: u64,
        /// What the rate is multiplied by.
        factor: f64,
    },
    /// `lr * factor^epoch`: PyTorch's `ExponentialLR`.
    Exponential {
        /// What the rate is multiplied by after each epoch.
        factor: f64,
    },
    /// From lr to `min_lr` along half a cosine over the whole run, step by step:
    ///
    /// ```text
    /// rate = min_lr + (lr - min_lr) * (1 + cos(pi * t / t_max)) / 2
    /// ```
    ///
    /// with t of t_max steps done. Source: Loshchilov and Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts",
    /// 2017, equation 5; PyTorch's `CosineAnnealingLR`.
    Cosine {
        /// The rate at the end.
        min_lr: f64,
    },
    /// The cosine with restarts: the first cycle has `first` epochs, each later one is `times` as long as the one before.
    /// Source: as [`Schedule::Cosine`]; PyTorch's `CosineAnnealingWarmRestarts`.
    Restarts {
        /// Epochs before the first restart.
        first: u64,
        /// How many times longer each cycle is than the one before.
        times: u64,
        /// Where each cycle ends.
        min_lr: f64,
    },
    /// From `lr / start` up to lr along half a cosine over the share `rise` of all steps, then down to
    /// `lr / start / end` over the others. Momentum stays as it is.
    ///
    /// Source: Smith and Topin, "Super-Convergence: Very Fast Training of Neural Networks Using Large Learning Rates",
    /// 2018; the two phases and their cosines are PyTorch's `OneCycleLR`, where lr is `max_lr`.
    OneCycle {
        /// The share of steps that go up.
        rise: f64,
        /// How many times smaller the first rate is than the largest.
        start: f64,
        /// How many times smaller the last rate is than the first.
        end: f64,
    },
    /// Multiplied by `factor` when the validation loss has not fallen for more than `patience` epochs: PyTorch's
    /// `ReduceLROnPlateau`. [`Rates`](crate::optim::Rates) keeps count.
    Plateau {
        /// What the rate is multiplied by.
        factor: f64,
        /// Epochs without a better loss before the rate changes.
        patience: u64,
        /// A loss is better below `best * (1 - threshold)`.
        threshold: f64,
        /// Epochs after a change that are not counted.
        cooldown: u64,
        /// The lowest rate.
        min_lr: f64,
    },
}

/// The names of the schedules.
pub const SCHEDULE_NAMES: &[&str] = &["constant", "step", "exponential", "cosine", "restarts", "one-cycle", "plateau"];

/// The length of a run.
///
/// ```
/// # use chainrule_model as chainrule;
/// use chainrule::optim::{Schedule, Span};
///
/// let run = Span { epochs: 10, steps: 1000 };
/// assert_eq!(Schedule::Constant.rate(0.1, 999, run), 0.1);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Epochs of the run.
    pub epochs: u64,
    /// Steps of an epoch; at least 1.
    pub steps: u64,
}

impl Span {
    fn all_steps(self) -> u64 {
        self.epochs.saturating_mul(self.steps)
    }
}

/// A linear warm-up: the rate of the schedule is multiplied by `start + (1 - start) * t / (epochs * steps)` until that is
/// 1. PyTorch's `LinearLR` under `ChainedScheduler`.
///
/// Source: Goyal et al., "Accurate, Large Minibatch SGD: Training ImageNet in 1 Hour", 2017, section 2.2.
///
/// ```
/// # use chainrule_model as chainrule;
/// use chainrule::optim::{Span, WarmUp};
///
/// let warm_up = WarmUp::over(2);
/// let run = Span { epochs: 10, steps: 100 }; // steps of each epoch
/// assert!(warm_up.factor(0, run) < warm_up.factor(100, run) && warm_up.factor(200, run) == 1.0);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WarmUp {
    /// Epochs until the full rate.
    pub epochs: u64,
    /// The share of the rate that the first step has.
    pub start: f64,
}

impl WarmUp {
    /// Over `epochs` epochs from a third of the rate, PyTorch's default.
    pub fn over(epochs: u64) -> Self {
        WarmUp { epochs, start: 1.0 / 3.0 }
    }

    /// The factor of the rate at a step, counted from 0.
    pub fn factor(self, step: u64, run: Span) -> f64 {
        let length = self.epochs.saturating_mul(run.steps);
        if step >= length { 1.0 } else { self.start + (1.0 - self.start) * (step as f64 / length as f64) }
    }

    /// Checks the range of `start`.
    ///
    /// # Errors
    /// When the share is not above 0 and at most 1.
    pub fn check(self) -> Result<(), ModelError> {
        in_range("the warm-up's first share", self.start, SettingRange::Proportion)
    }
}

/// A mutable reference to a setting.
pub(super) enum Field<'a> {
    Number(&'a mut f64),
    Count(&'a mut u64),
}

/// A setting of a schedule.
pub(super) struct Setting<'a> {
    pub(super) name: &'static str,
    pub(super) field: Field<'a>,
    pub(super) range: SettingRange,
}

impl Schedule {
    /// The schedule of this name with PyTorch's defaults; where PyTorch has none, `step` halves the rate every
    /// 10 epochs, `exponential` multiplies it by 0.95 each epoch, and `restarts` restarts after 10 epochs.
    ///
    /// # Errors
    /// When there is none.
    pub fn by_name(name: &str) -> Result<Self, ModelError> {
        match name {
            "constant" => Ok(Schedule::Constant),
            "step" => Ok(Schedule::Step { every: 10, factor: 0.5 }),
            "exponential" => Ok(Schedule::Exponential { factor: 0.95 }),
            "cosine" => Ok(Schedule::Cosine { min_lr: 0.0 }),
            "restarts" => Ok(Schedule::Restarts { first: 10, times: 1, min_lr: 0.0 }),
            "one-cycle" => Ok(Schedule::OneCycle { rise: 0.3, start: 25.0, end: 1e4 }),
            "plateau" => {
                let (factor, patience, threshold, cooldown) = (0.1, 10, 1e-4, 0);
                Ok(Schedule::Plateau { factor, patience, threshold, cooldown, min_lr: 0.0 })
            }
            _ => Err(ModelError::UnknownName {
                what: "schedule",
                found: name.to_owned(),
                known: SCHEDULE_NAMES.join(", "),
            }),
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Schedule::Constant => "constant",
            Schedule::Step { .. } => "step",
            Schedule::Exponential { .. } => "exponential",
            Schedule::Cosine { .. } => "cosine",
            Schedule::Restarts { .. } => "restarts",
            Schedule::OneCycle { .. } => "one-cycle",
            Schedule::Plateau { .. } => "plateau",
        }
    }

    /// Its settings, in the order of the text form.
    pub(super) fn settings(&mut self) -> Vec<Setting<'_>> {
        use Field::{Count, Number};
        let setting = |name, field, range| Setting { name, field, range };
        use SettingRange::{NotNegative, Positive, Proportion, Share};
        match self {
            Schedule::Constant => vec![],
            Schedule::Step { every, factor } => {
                vec![setting("every", Count(every), Positive), setting("factor", Number(factor), Positive)]
            }
            Schedule::Exponential { factor } => vec![setting("factor", Number(factor), Positive)],
            Schedule::Cosine { min_lr } => vec![setting("min-lr", Number(min_lr), NotNegative)],
            Schedule::Restarts { first, times, min_lr } => vec![
                setting("first", Count(first), Positive),
                setting("times", Count(times), Positive),
                setting("min-lr", Number(min_lr), NotNegative),
            ],
            Schedule::OneCycle { rise, start, end } => {
                vec![
                    setting("rise", Number(rise), Share),
                    setting("start", Number(start), Positive),
                    setting("end", Number(end), Positive),
                ]
            }
            Schedule::Plateau { factor, patience, threshold, cooldown, min_lr } => vec![
                setting("factor", Number(factor), Proportion),
                setting("patience", Count(patience), NotNegative),
                setting("threshold", Number(threshold), Share),
                setting("cooldown", Count(cooldown), NotNegative),
                setting("min-lr", Number(min_lr), NotNegative),
            ],
        }
    }

    /// The learning rate of a step, counted from 0, where the optimiser's own is `lr`. For [`Schedule::Plateau`] it is
    /// `lr`: [`Rates`](crate::optim::Rates) lowers that according to the losses.
    pub fn rate(self, lr: f64, step: u64, run: Span) -> f64 {
        let epoch = step / run.steps.max(1);
        match self {
            Schedule::Constant | Schedule::Plateau { .. } => lr,
            Schedule::Step { every, factor } => lr * power(factor, epoch / every.max(1)),
            Schedule::Exponential { factor } => lr * power(factor, epoch),
            Schedule::Cosine { min_lr } => along_cosine(lr, min_lr, share(step, run.all_steps())),
            Schedule::Restarts { first, times, min_lr } => {
                let (mut done, mut length) = (step, first.saturating_mul(run.steps).max(1));
                if times <= 1 {
                    done %= length; // all cycles alike: there may be any number of them
                }
                while done >= length {
                    done -= length;
                    length = length.saturating_mul(times.max(1));
                }
                along_cosine(lr, min_lr, share(done, length))
            }
            Schedule::OneCycle { rise, start, end } => {
                let (total, first) = (run.all_steps() as f64, lr / start);
                // The step at which the rate is largest, which need not be a whole number; the last step is total - 1.
                let (step, peak) = (step as f64, rise * total - 1.0);
                if step <= peak && peak > 0.0 {
                    along_cosine(first, lr, step / peak)
                } else {
                    along_cosine(lr, first / end, ((step - peak) / (total - 1.0 - peak)).min(1.0))
                }
            }
        }
    }
}

/// From one value at 0 to another at 1: `to + (from - to) * (1 + cos(pi * share)) / 2`.
fn along_cosine(from: f64, to: f64, share: f64) -> f64 {
    to + (from - to) * (1.0 + cos_pi(share)) / 2.0
}

fn share(done: u64, of: u64) -> f64 {
    if done >= of { 1.0 } else { done as f64 / of as f64 }
}

pub(super) fn in_range(what: &'static str, value: f64, range: SettingRange) -> Result<(), ModelError> {
    match range.contains(value) {
        true => Ok(()),
        false => Err(ModelError::Setting { what, found: value, expected: range.words() }),
    }
}

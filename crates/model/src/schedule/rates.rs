//! The learning rates of one run: a schedule, its warm-up, and the state of a plateau schedule.

use super::kind::{Schedule, Span, WarmUp};

/// The smallest change of the rate: PyTorch's `eps` of `ReduceLROnPlateau`.
const LEAST_CHANGE: f64 = 1e-8;

/// Computes the learning rate of each step; takes the validation loss of each epoch.
///
/// ```
/// # use chainrule_model as chainrule;
/// use chainrule::optim::{Rates, Span, WarmUp};
///
/// let run = Span { epochs: 10, steps: 2 };
/// let mut rates = Rates::new("plateau:0.5:patience=0".parse()?, Some(WarmUp::over(1)), 0.3, run);
/// assert!((rates.at(0) - 0.1).abs() < 1e-15 && rates.at(2) == 0.3);
/// rates.validated(1.0);
/// rates.validated(1.0); // no better
/// assert_eq!(rates.at(4), 0.15);
/// # Ok::<(), chainrule_model::ModelError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Rates {
    schedule: Schedule,
    warm_up: Option<WarmUp>,
    run: Span,
    /// The optimiser's rate, lowered by a plateau schedule.
    lr: f64,
    best: f64,
    /// Epochs since the best loss.
    bad: u64,
    /// Epochs left of the cooldown.
    cooling: u64,
}

/// What [`Rates`] change in the course of a run: by a plateau schedule alone.
///
/// ```
/// # use chainrule_model as chainrule;
/// use chainrule::optim::{Rates, Span};
///
/// let rates = || Rates::new("plateau:0.5:patience=0".parse().unwrap(), None, 0.3, Span { epochs: 10, steps: 2 });
/// let (mut first, mut second) = (rates(), rates());
/// first.validated(1.0);
/// second.set_state(first.state());
/// first.validated(1.0);
/// second.validated(1.0);
/// assert!(second == first && first.state().lr == 0.15);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RatesState {
    /// The rate that the schedule starts from.
    pub lr: f64,
    /// The lowest validation loss; infinite before the first.
    pub best: f64,
    /// Epochs since then.
    pub bad: u64,
    /// Epochs left of the cooldown.
    pub cooling: u64,
}

impl Rates {
    /// What has changed since [`Rates::new`].
    pub fn state(&self) -> RatesState {
        let Rates { lr, best, bad, cooling, .. } = *self;
        RatesState { lr, best, bad, cooling }
    }

    /// Goes on from a state of rates with the same settings.
    pub fn set_state(&mut self, state: RatesState) {
        let RatesState { lr, best, bad, cooling } = state;
        (self.lr, self.best, self.bad, self.cooling) = (lr, best, bad, cooling);
    }

    /// For a run whose optimiser has the learning rate `lr`.
    pub fn new(schedule: Schedule, warm_up: Option<WarmUp>, lr: f64, run: Span) -> Self {
        Rates { schedule, warm_up, run, lr, best: f64::INFINITY, bad: 0, cooling: 0 }
    }

    /// The learning rate of a step of the run, counted from 0.
    pub fn at(&self, step: u64) -> f64 {
        let rate = self.schedule.rate(self.lr, step, self.run);
        self.warm_up.map_or(rate, |warm_up| warm_up.factor(step, self.run) * rate)
    }

    /// Records the validation loss of an epoch, and lowers the rate if patience is exceeded. The order of the checks is
    /// PyTorch's.
    pub fn validated(&mut self, loss: f64) {
        let Schedule::Plateau { factor, patience, threshold, cooldown, min_lr } = self.schedule else { return };
        if loss < self.best * (1.0 - threshold) {
            (self.best, self.bad) = (loss, 0);
        } else {
            self.bad += 1;
        }
        if self.cooling > 0 {
            (self.cooling, self.bad) = (self.cooling - 1, 0);
        }
        if self.bad > patience {
            let lower = (self.lr * factor).max(min_lr);
            if self.lr - lower > LEAST_CHANGE {
                self.lr = lower;
            }
            (self.cooling, self.bad) = (cooldown, 0);
        }
    }
}

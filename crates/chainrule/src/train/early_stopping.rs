//! Early stopping: ends a run when the validation results no longer improve.

use std::fmt;

use super::{EpochReport, Snapshot};
use crate::{Error, Result};
use chainrule_kernel::Scalar;
use chainrule_model::Mlp;

/// The result on the validation rows that early stopping compares.
///
/// ```
/// use chainrule::train::{EarlyStopping, Monitor};
///
/// let early = EarlyStopping { monitor: Monitor::Accuracy, ..EarlyStopping::new(5) };
/// assert_eq!((early.patience, Monitor::default()), (5, Monitor::Loss));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Monitor {
    /// The mean loss; lower is better.
    #[default]
    Loss,
    /// The share of right answers, which should rise. There are none without class labels: neither with values nor with several
    /// labels to a row.
    Accuracy,
}

impl Monitor {
    /// All of them.
    pub const ALL: &[Monitor] = &[Monitor::Loss, Monitor::Accuracy];
}

/// `loss`, `accuracy`.
impl fmt::Display for Monitor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Monitor::Loss => "loss",
            Monitor::Accuracy => "accuracy",
        })
    }
}

/// Ends a run that no longer gets better, and gives the network the weights of its best epoch, whether the run was ended by
/// this or by anything else.
///
/// Source: Prechelt, "Early Stopping - But When?", 1998; the counting is that of Keras' `EarlyStopping` with
/// `restore_best_weights`.
///
/// ```
/// use chainrule::train::EarlyStopping;
/// use chainrule::TrainConfig;
///
/// // At most 200 epochs, and none after five that were no better on the validation rows.
/// let config = TrainConfig::default().epochs(200).early_stopping(EarlyStopping::new(5));
/// config.check()?;
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EarlyStopping {
    /// The number of epochs in a row without improvement after which the run ends.
    pub patience: usize,
    /// The least improvement on the best epoch: it must be more than this; 0.
    pub min_delta: f64,
    /// The result that is compared; the loss.
    pub monitor: Monitor,
}

impl EarlyStopping {
    /// Early stopping by the validation loss, where any improvement counts.
    pub fn new(patience: usize) -> Self {
        EarlyStopping { patience, min_delta: 0.0, monitor: Monitor::Loss }
    }

    pub(super) fn check(self) -> Result<()> {
        let refuse =
            |name, found: String, expected: &str| Err(Error::Argument { name, found, expected: expected.to_owned() });
        if self.patience == 0 {
            return refuse("patience", "0".to_owned(), "at least 1");
        }
        if !(self.min_delta.is_finite() && self.min_delta >= 0.0) {
            return refuse("min delta", self.min_delta.to_string(), "a finite number, 0 or more");
        }
        Ok(())
    }
}

/// The best epoch so far.
pub(super) struct Best<T: Scalar> {
    settings: EarlyStopping,
    /// The monitored result, negated for accuracy: smaller is better.
    score: f64,
    epoch: Option<EpochReport>,
    /// Epochs since the best one.
    waited: usize,
    weights: Snapshot<T>,
}

/// The best epoch so far, without its weights.
pub(super) struct BestState {
    pub(super) score: f64,
    pub(super) epoch: Option<EpochReport>,
    pub(super) waited: usize,
}

impl<T: Scalar> Best<T> {
    pub(super) fn state(&self) -> BestState {
        BestState { score: self.score, epoch: self.epoch.clone(), waited: self.waited }
    }

    /// Goes on from a state; returns whether patience is exhausted.
    pub(super) fn set_state(&mut self, state: BestState) -> bool {
        let BestState { score, epoch, waited } = state;
        (self.score, self.epoch, self.waited) = (score, epoch, waited);
        self.waited >= self.settings.patience
    }

    /// With the weights of the best epoch.
    pub(super) fn network(&self) -> &Mlp<T> {
        self.weights.network()
    }

    pub(super) fn network_mut(&mut self) -> &mut Mlp<T> {
        self.weights.network_mut()
    }

    pub(super) fn new(settings: EarlyStopping, mlp: &Mlp<T>) -> Result<Self> {
        Ok(Best { settings, score: f64::INFINITY, epoch: None, waited: 0, weights: Snapshot::of(mlp)? })
    }

    /// Records an epoch; returns whether patience is exhausted.
    pub(super) fn is_over(&mut self, epoch: &EpochReport, mlp: &Mlp<T>) -> bool {
        let Some(validation) = &epoch.validation else { return false };
        let score = match self.settings.monitor {
            Monitor::Loss => validation.loss,
            Monitor::Accuracy => -validation.accuracy.unwrap_or(0.0),
        };
        if score < self.score - self.settings.min_delta {
            (self.score, self.epoch, self.waited) = (score, Some(epoch.clone()), 0);
            self.weights.take(mlp);
        } else {
            self.waited += 1;
        }
        self.waited >= self.settings.patience
    }

    /// Gives the network the weights of the best epoch; returns its report.
    pub(super) fn restore(self, mlp: &mut Mlp<T>) -> Option<EpochReport> {
        if self.epoch.is_some() {
            self.weights.restore(mlp);
        }
        self.epoch
    }
}

//! The report of a training run.

use super::Evaluation;

/// The report of one epoch.
///
/// ```
/// use chainrule::data::digits;
/// use chainrule::{EpochReport, Mlp, TrainConfig, Trainer};
/// use std::ops::ControlFlow;
///
/// let network = Mlp::builder(64).dense(10).build()?;
/// let trainer = Trainer::new(TrainConfig::default().epochs(1))?;
/// trainer.fit(network, &digits::<f32>(), None, |report: &EpochReport| {
///     println!("epoch {}: loss {:.4}, {:.2} s", report.epoch, report.loss, report.seconds);
///     ControlFlow::Continue(())
/// })?;
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct EpochReport {
    /// Counted from 1.
    pub epoch: usize,
    /// The mean training loss over the rows, with weights and label smoothing. The loss of a row is that before the step
    /// which uses the row; with L-BFGS it is the loss after the iteration.
    pub loss: f64,
    /// The share of rows whose class was predicted right, before the same steps, without weights; `None` without classes.
    pub accuracy: Option<f64>,
    /// The evaluation on the validation rows after the epoch, if there are any. It has no confusion matrix;
    /// [`Model::evaluate`](crate::Model::evaluate) computes one.
    pub validation: Option<Evaluation>,
    /// The learning rate of its last step; none with L-BFGS.
    pub learning_rate: Option<f64>,
    /// Wall time of the epoch's steps in seconds, with gathering and without validation.
    pub seconds: f64,
    /// The [`weights_sha256`](crate::weights_sha256) of the parameters after the epoch; empty without
    /// [`TrainConfig::epoch_hashes`](super::TrainConfig::epoch_hashes).
    pub weights_sha256: String,
}

/// Why a run ended.
///
/// ```
/// use chainrule::data::digits;
/// use chainrule::train::StopReason;
/// use chainrule::{EpochReport, Mlp, TrainConfig, Trainer};
/// use std::ops::ControlFlow;
///
/// let network = Mlp::builder(64).dense(10).build()?;
/// let trainer = Trainer::new(TrainConfig::default().epochs(9))?;
/// let report = trainer.fit(network, &digits::<f32>(), None, |_: &EpochReport| ControlFlow::Break(()))?.report;
/// assert_eq!(report.stop_reason, StopReason::ByObserver);
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum StopReason {
    /// All epochs are done.
    Finished,
    /// Early stopping: no improvement for as many epochs as its patience.
    EarlyStopped,
    /// L-BFGS found no lower loss.
    Converged,
    /// The observer returned `ControlFlow::Break` after an epoch.
    ByObserver,
    /// A [`StopHandle`](super::StopHandle) was used; the last epoch may be partial.
    Stopped,
}

/// The report of a run.
///
/// ```
/// use chainrule::data::digits;
/// use chainrule::train::StopReason;
/// use chainrule::{Mlp, TrainConfig, Trainer};
///
/// let network = Mlp::builder(64).dense(10).build()?;
/// let trainer = Trainer::new(TrainConfig::default().epochs(2).batch(100))?;
/// let report = trainer.fit(network, &digits::<f32>(), None, ())?.report;
/// assert_eq!((report.steps, report.stop_reason), (2 * 18, StopReason::Finished));
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct TrainReport {
    /// The last whole epochs, as many as [`TrainConfig::history`](super::TrainConfig::history) says: all, up to 1,000.
    pub epochs: Vec<EpochReport>,
    /// How many whole epochs there were.
    pub epochs_run: usize,
    /// Steps taken.
    pub steps: usize,
    /// Wall time of all steps in seconds, with gathering and without validation.
    pub step_seconds: f64,
    /// Wall time of the run in seconds.
    pub seconds: f64,
    /// Why it ended.
    pub stop_reason: StopReason,
    /// With early stopping the number of the best epoch, counted from 1; the network has its weights.
    pub best: Option<usize>,
    /// The report of the best epoch, whether or not it is among `epochs`.
    pub best_epoch: Option<EpochReport>,
}

impl TrainReport {
    /// The mean wall time of a step in microseconds, with gathering and without validation.
    pub fn step_us(&self) -> f64 {
        1e6 * self.step_seconds / self.steps.max(1) as f64
    }
}

//! What a training run says of itself.

use super::Evaluation;

/// One epoch.
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
    /// The mean loss over the rows, each measured just before the step that learned from it, with the weights and the
    /// smoothing that it learned with; with L-BFGS all of them after the iteration.
    pub loss: f64,
    /// The share of rows that were right, measured likewise but each counting the same; `None` without classes.
    pub accuracy: Option<f64>,
    /// The validation part after the epoch, if there is one; without its confusion matrix, for which
    /// [`Model::evaluate`](crate::Model::evaluate) can be asked.
    pub validation: Option<Evaluation>,
    /// The learning rate of its last step; none with L-BFGS.
    pub learning_rate: Option<f64>,
    /// Wall time of the epoch's steps, gathering included and validation not.
    pub seconds: f64,
    /// What [`weights_sha256`](crate::weights_sha256) says of the parameters after the epoch.
    pub weights_sha256: String,
}

/// How a run ended.
///
/// ```
/// use chainrule::data::digits;
/// use chainrule::train::Ending;
/// use chainrule::{EpochReport, Mlp, TrainConfig, Trainer};
/// use std::ops::ControlFlow;
///
/// let network = Mlp::builder(64).dense(10).build()?;
/// let trainer = Trainer::new(TrainConfig::default().epochs(9))?;
/// let report = trainer.fit(network, &digits::<f32>(), None, |_: &EpochReport| ControlFlow::Break(()))?.report;
/// assert_eq!(report.ending, Ending::ByObserver);
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ending {
    /// All epochs are done.
    Finished,
    /// Early stopping: it no longer got better.
    EarlyStopped,
    /// L-BFGS found nothing lower.
    Converged,
    /// The observer broke it off after an epoch.
    ByObserver,
    /// A [`StopHandle`](super::StopHandle) was used; the last epoch may be partial.
    Stopped,
}

/// A whole run.
///
/// ```
/// use chainrule::data::digits;
/// use chainrule::train::Ending;
/// use chainrule::{Mlp, TrainConfig, Trainer};
///
/// let network = Mlp::builder(64).dense(10).build()?;
/// let trainer = Trainer::new(TrainConfig::default().epochs(2).batch(100))?;
/// let report = trainer.fit(network, &digits::<f32>(), None, ())?.report;
/// assert_eq!((report.steps, report.ending), (2 * 18, Ending::Finished));
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
    /// Wall time of all steps, gathering included and validation not.
    pub step_seconds: f64,
    /// Wall time of the run.
    pub seconds: f64,
    /// How it ended.
    pub ending: Ending,
    /// With early stopping the best epoch, counted from 1, whose weights the network has.
    pub best: Option<usize>,
    /// What was reported of that epoch, whether or not it is among the last ones.
    pub best_epoch: Option<EpochReport>,
}

impl TrainReport {
    /// The mean wall time of a step in microseconds, gathering included and validation not.
    pub fn step_us(&self) -> f64 {
        1e6 * self.step_seconds / self.steps.max(1) as f64
    }
}

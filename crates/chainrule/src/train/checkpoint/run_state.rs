//! What a run knows beside its network and the state of its optimiser, as it stands in a file.

use chainrule_model::optim::RatesState;
use serde::{Deserialize, Serialize};

use super::identity::Identity;
use crate::train::{EpochReport, Evaluation};

/// A run after one of its steps.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::train) struct RunRecord {
    pub(in crate::train) identity: Identity,
    /// What its program says of how it was called.
    pub(in crate::train) command: Vec<String>,
    /// The epoch under way, counted from 1; one more than the last between epochs.
    pub(in crate::train) epoch: usize,
    /// Of the steps of this epoch so far.
    pub(in crate::train) sums: SumsRecord,
    /// Steps of the run so far.
    pub(in crate::train) steps: usize,
    pub(in crate::train) step_seconds: f64,
    pub(in crate::train) seconds: f64,
    pub(in crate::train) rates: RatesRecord,
    /// With early stopping.
    pub(in crate::train) best: Option<BestRecord>,
    /// Of the network after the last whole epoch: minibatches that each batch normalisation has seen.
    pub(in crate::train) last_finite_batches: Vec<u64>,
    /// The reports that are kept.
    pub(in crate::train) history: Vec<EpochRecord>,
}

impl RunRecord {
    /// All that is counted.
    pub(super) fn counts(&self) -> impl Iterator<Item = u64> {
        let RatesRecord { bad, cooling, .. } = self.rates;
        let own = [self.epoch, self.steps, self.sums.steps, self.sums.right].map(|count| count as u64);
        let best = self.best.iter().flat_map(|best| best.batches.iter().copied().chain([best.waited as u64]));
        own.into_iter().chain([bad, cooling]).chain(self.last_finite_batches.iter().copied()).chain(best)
    }
}

/// Sums over the steps of an epoch so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::train) struct SumsRecord {
    /// The sum of loss times mass.
    pub(in crate::train) loss: f64,
    pub(in crate::train) mass: f64,
    pub(in crate::train) right: usize,
    pub(in crate::train) steps: usize,
}

/// The state of early stopping, without the weights of the best epoch.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::train) struct BestRecord {
    /// `None` before the first: JSON has no infinity.
    pub(in crate::train) score: Option<f64>,
    pub(in crate::train) epoch: Option<EpochRecord>,
    pub(in crate::train) waited: usize,
    pub(in crate::train) batches: Vec<u64>,
}

/// The state of the rates.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::train) struct RatesRecord {
    lr: f64,
    /// `None` before the first validation.
    best: Option<f64>,
    bad: u64,
    cooling: u64,
}

impl From<RatesState> for RatesRecord {
    fn from(state: RatesState) -> Self {
        let RatesState { lr, best, bad, cooling } = state;
        RatesRecord { lr, best: Some(best).filter(|best| best.is_finite()), bad, cooling }
    }
}

impl From<RatesRecord> for RatesState {
    fn from(record: RatesRecord) -> Self {
        let RatesRecord { lr, best, bad, cooling } = record;
        RatesState { lr, best: best.unwrap_or(f64::INFINITY), bad, cooling }
    }
}

/// An [`EpochReport`]. Its numbers are finite, or the run would have ended.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::train) struct EpochRecord {
    pub(in crate::train) epoch: usize,
    loss: f64,
    accuracy: Option<f64>,
    validation: Option<EvaluationRecord>,
    learning_rate: Option<f64>,
    seconds: f64,
    weights_sha256: String,
}

/// An [`Evaluation`] after an epoch.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EvaluationRecord {
    rows: usize,
    loss: f64,
    accuracy: Option<f64>,
    mae: Option<f64>,
    r2: Option<f64>,
}

impl From<&EpochReport> for EpochRecord {
    fn from(report: &EpochReport) -> Self {
        let finite = |value: Option<f64>| value.filter(|value| value.is_finite());
        EpochRecord {
            epoch: report.epoch,
            loss: report.loss,
            accuracy: report.accuracy,
            validation: report.validation.as_ref().map(|validation| EvaluationRecord {
                rows: validation.rows,
                loss: validation.loss,
                accuracy: validation.accuracy,
                mae: finite(validation.mae),
                r2: finite(validation.r2),
            }),
            learning_rate: report.learning_rate,
            seconds: report.seconds,
            weights_sha256: report.weights_sha256.clone(),
        }
    }
}

impl From<&EpochRecord> for EpochReport {
    fn from(record: &EpochRecord) -> Self {
        EpochReport {
            epoch: record.epoch,
            loss: record.loss,
            accuracy: record.accuracy,
            validation: record.validation.as_ref().map(|validation| Evaluation {
                rows: validation.rows,
                loss: validation.loss,
                accuracy: validation.accuracy,
                confusion: None,
                mae: validation.mae,
                r2: validation.r2,
            }),
            learning_rate: record.learning_rate,
            seconds: record.seconds,
            weights_sha256: record.weights_sha256.clone(),
        }
    }
}

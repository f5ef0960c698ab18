//! The second run of `train` on a table: on the rows to train on and to validate on, for as many epochs as were best.

use std::ops::ControlFlow;

use chainrule::train::{Monitor, Observer, StopReason};
use chainrule::{EpochReport, Error, Model, Scalar, TrainConfig, TrainReport, Trainer};

use crate::failure::Failure;
use crate::interrupt;
use crate::output::plural;
use crate::rows::Rows;

/// What came of it.
pub(crate) enum Refit {
    /// The model has learned from so many rows.
    Done { rows: usize, epochs: usize },
    /// It was interrupted, diverged, or has a minibatch of too few rows: the model is that of the first run.
    Kept { because: &'static str },
}

const INTERRUPTED: &str = "was interrupted";
const ONE_ROW: &str = "was left out: its last minibatch would have one row, too few for batch_norm; another --batch leaves \
                       another rest";

impl Refit {
    pub(crate) fn rows(&self) -> Option<usize> {
        match self {
            Refit::Done { rows, .. } => Some(*rows),
            Refit::Kept { .. } => None,
        }
    }

    /// Epochs of the second run, where the model is its.
    pub(crate) fn epochs(&self) -> Option<usize> {
        match self {
            Refit::Done { epochs, .. } => Some(*epochs),
            Refit::Kept { .. } => None,
        }
    }

    pub(crate) fn is_interrupted(&self) -> bool {
        matches!(self, Refit::Kept { because: INTERRUPTED })
    }
}

/// The line that says whose the weights are, where early stopping chose an epoch.
pub(crate) fn words(refit: Option<&Refit>, report: &TrainReport, config: &TrainConfig) -> Option<String> {
    let (best, epochs) = (report.best?, report.epochs_run);
    let least = config.early_stopping.filter(|stopping| is_beaten(report, stopping.monitor));
    let least = least.map(|stopping| format!("better by more than {} (--min-delta)", stopping.min_delta));
    let whose = match &least {
        None => format!("the weights are those of epoch {best}, the best of {epochs}"),
        Some(better) => format!("the weights are those of epoch {best}, the last of {epochs} that was {better}"),
    };
    Some(match refit {
        None => whose,
        Some(Refit::Kept { because }) => format!("{whose}; the run over all rows {because}"),
        Some(Refit::Done { rows, epochs: again }) => format!(
            "epoch {best} of {epochs} was the {} on the rows to validate on; the weights are those of a new run of {} over \
             these rows too, {} in all",
            least.map_or("best".to_owned(), |better| format!("last that was {better}")),
            plural(*again, "epoch"),
            plural(*rows, "row")
        ),
    })
}

/// Whether a later epoch than the one that was chosen was better, by too little to count.
fn is_beaten(report: &TrainReport, monitor: Monitor) -> bool {
    let score = |epoch: &EpochReport| {
        let validation = epoch.validation.as_ref()?;
        match monitor {
            Monitor::Accuracy => validation.accuracy.map(|accuracy| -accuracy),
            _ => Some(validation.loss),
        }
    };
    let Some(best) = &report.best_epoch else { return false };
    let mut later = report.epochs.iter().filter(|epoch| epoch.epoch > best.epoch);
    score(best).is_some_and(|best| later.any(|later| score(later).is_some_and(|later| later < best)))
}

/// Trains `start` on both parts and puts it in the model's place, if the first run found a best epoch by itself.
pub(crate) fn run<T: Scalar>(
    start: Option<Model<T>>,
    rows: &Rows<T>,
    trainer: &Trainer,
    first: &TrainReport,
    model: &mut Model<T>,
) -> Result<Option<Refit>, Failure> {
    let (Some(mut again), Some(whole), Some(best)) = (start, &rows.whole, first.best) else { return Ok(None) };
    let Some(how) = rows.usual.refit else { return Ok(None) };
    if !matches!(first.stop_reason, StopReason::EarlyStopped | StopReason::Finished) {
        return Ok(None);
    }
    let report = match trainer.refit(&mut again, whole, best, how, Interruptible { trainer }) {
        Ok(report) => report,
        Err(Error::Diverged { .. }) => return Ok(Some(Refit::Kept { because: "diverged" })),
        // Of the rows alone, which are more: everything else was the same in the first run.
        Err(Error::Argument { name: "batch", .. }) => return Ok(Some(Refit::Kept { because: ONE_ROW })),
        Err(error) => return Err(error.into()),
    };
    if report.stop_reason == StopReason::Stopped {
        return Ok(Some(Refit::Kept { because: INTERRUPTED }));
    }
    again.split = again.split.map(chainrule::data::Split::refit);
    *model = again;
    Ok(Some(Refit::Done { rows: whole.rows(), epochs: report.epochs_run }))
}

/// Passes a signal on to the run.
struct Interruptible<'a> {
    trainer: &'a Trainer,
}

impl<T: Scalar> Observer<T> for Interruptible<'_> {
    fn step(&mut self, _done: usize, _total: usize) {
        if interrupt::stopped_by().is_some() {
            self.trainer.stop_handle().stop();
        }
    }

    fn epoch(&mut self, _report: &EpochReport) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

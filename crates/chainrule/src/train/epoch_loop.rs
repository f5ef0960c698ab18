//! The loop over the epochs of a training run. An epoch is a sequence of steps on minibatches, or one iteration of L-BFGS
//! over all rows; then come a check that every number is finite, the validation, and the observer.
//!
//! All buffers are allocated before the loop. Time is measured here and nowhere below.

use std::ops::ControlFlow;
use std::time::Instant;

use chainrule_kernel::Scalar;
use chainrule_model::optim::{Lbfgs, LbfgsOutcome, Rates, Update};
use chainrule_model::{Mlp, ModelError};

use super::criterion::Criterion;
use super::early_stopping::Best;
use super::evaluate::Evaluator;
use super::finite::{NotFinite, first_not_finite};
use super::history::KeptReports;
use super::learner::{IterationResult, Learner, StepRows, StepSizes, StepStats, TrainingTask};
use super::prepare::{check_repeatable, rows_that_count};
use super::{EpochReport, Evaluation, Observer, Snapshot, StopHandle, StopReason, TrainConfig, TrainReport};
use crate::compatibility::check_rows;
use crate::data::{Batches, Dataset};
use crate::{Divergence, Error, Result};

/// How an epoch trains the network.
enum Method<T> {
    /// By steps on minibatches, or on groups of them.
    Steps { batches: Batches, update: Update, rates: Rates },
    /// By one iteration of L-BFGS over all these rows.
    Iteration { rows: Vec<usize>, lbfgs: Lbfgs<T> },
}

/// The results of an epoch's steps, or of its iteration.
#[derive(Clone, Copy)]
struct EpochStats {
    /// The mean loss over its rows.
    loss: f64,
    /// Rows whose class was predicted right; 0 without classes.
    right: usize,
    /// Of the last step; `None` with L-BFGS.
    learning_rate: Option<f64>,
    /// Steps taken.
    steps: usize,
    end: EpochEnd,
}

/// How the steps of an epoch ended.
#[derive(Clone, Copy, PartialEq)]
enum EpochEnd {
    /// All rows were used.
    Whole,
    /// L-BFGS found no lower loss; the run is over.
    Converged,
    /// The run was stopped before the last step of the epoch.
    Stopped,
}

/// The input of a run: settings, stop handle, training task and validation data.
pub(super) struct RunSetup<'a, T, C> {
    pub(super) config: &'a TrainConfig,
    pub(super) stop: &'a StopHandle,
    pub(super) task: TrainingTask<'a, T, C>,
    pub(super) validation: Option<ValidationSet<'a, T>>,
}

/// The rows of a validation.
pub(super) struct ValidationSet<'a, T> {
    pub(super) data: &'a Dataset<T>,
    /// Whether its targets are classes, so that the accuracy is computed.
    pub(super) with_accuracy: bool,
}

impl<T> Clone for ValidationSet<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for ValidationSet<'_, T> {}

/// The state of a run, except for its network.
struct EpochLoop<'a, T: Scalar, C, O> {
    config: &'a TrainConfig,
    stop: &'a StopHandle,
    observer: &'a mut O,
    method: Method<T>,
    learner: Learner<'a, T, C>,
    /// Rows of an epoch.
    rows: usize,
    evaluator: Option<Evaluator<'a, T>>,
    best: Option<Best<T>>,
    /// The network after the last epoch in which every number was finite.
    last_finite: Snapshot<T>,
    steps: usize,
    step_seconds: f64,
    epochs_run: usize,
    history: KeptReports,
    stop_reason: StopReason,
}

/// Trains a network that was checked to be compatible with the data.
pub(super) fn run<T: Scalar, C: Criterion<T>>(
    run: RunSetup<'_, T, C>,
    mlp: &mut Mlp<T>,
    observer: &mut impl Observer<T>,
) -> Result<TrainReport> {
    let config = run.config;
    let mut epochs = EpochLoop::new(run, mlp, observer)?;
    let started = Instant::now();
    for epoch in 1..=config.epochs {
        if epochs.run(mlp, epoch)?.is_break() {
            break;
        }
    }
    Ok(epochs.into_report(mlp, started))
}

impl<'a, T: Scalar, C: Criterion<T>, O: Observer<T>> EpochLoop<'a, T, C, O> {
    fn new(run: RunSetup<'a, T, C>, mlp: &Mlp<T>, observer: &'a mut O) -> Result<Self> {
        let RunSetup { config, stop, task, validation } = run;
        let counting = rows_that_count(task.data)?;
        let rows = counting.as_ref().map_or(task.data.rows(), Vec::len);
        let (method, learner) = if let Some(settings) = config.lbfgs {
            check_repeatable(mlp)?;
            let (rows, lbfgs) = (counting.unwrap_or_else(|| (0..rows).collect()), Lbfgs::new(settings));
            (Method::Iteration { rows, lbfgs }, Learner::of_all_rows(mlp, task)?)
        } else {
            let size = config.batch.saturating_mul(config.accumulate);
            let batches = match counting {
                Some(counting) => Batches::of(counting, size, config.order)?,
                None => Batches::new(rows, size, config.order)?,
            };
            let (batch, update) = (config.batch.min(rows), config.update());
            check_rows(mlp, rows, batch)?;
            let room = StepSizes { batch, update, accumulates: config.accumulate > 1 };
            let learner = Learner::new(mlp, task, room)?;
            (Method::Steps { batches, update, rates: config.rates(rows) }, learner)
        };
        Ok(EpochLoop {
            config,
            stop,
            observer,
            method,
            learner,
            rows,
            evaluator: validation.map(|ValidationSet { data, with_accuracy }| {
                Evaluator::new(mlp, data, with_accuracy).of_values(config.loss)
            }),
            best: config.early_stopping.map(|settings| Best::new(settings, mlp)).transpose()?,
            last_finite: Snapshot::of(mlp)?,
            steps: 0,
            step_seconds: 0.0,
            epochs_run: 0,
            history: KeptReports::new(config.history),
            stop_reason: StopReason::Finished,
        })
    }

    /// Runs an epoch, counted from 1; returns whether another one may follow. On an error the network is restored to its
    /// state after the last epoch in which every number was finite.
    fn run(&mut self, mlp: &mut Mlp<T>, epoch: usize) -> Result<ControlFlow<()>> {
        let started = Instant::now();
        let result = self.train_epoch(mlp, epoch);
        let seconds = started.elapsed().as_secs_f64();
        self.step_seconds += seconds;
        let validated = result.and_then(|stats| Ok((stats, self.validate(mlp, epoch, stats)?)));
        let (stats, validation) = validated.inspect_err(|_| self.last_finite.restore(mlp))?;
        if stats.end == EpochEnd::Stopped {
            self.stop_reason = StopReason::Stopped;
            return Ok(ControlFlow::Break(()));
        }
        self.last_finite.take(mlp);
        if let (Method::Steps { rates, .. }, Some(validation)) = (&mut self.method, &validation) {
            rates.validated(validation.loss);
        }
        let accuracy = self.learner.task.with_accuracy.then(|| stats.right as f64 / self.rows as f64);
        let report = EpochReport {
            epoch,
            loss: stats.loss,
            accuracy,
            validation,
            learning_rate: stats.learning_rate,
            seconds,
            weights_sha256: if self.config.epoch_hashes { crate::weights_sha256(mlp) } else { String::new() },
        };
        let is_over = self.best.as_mut().is_some_and(|best| best.is_over(&report, mlp));
        let goes_on = self.observer.epoch(&report).is_continue();
        self.observer.network(&report, mlp);
        self.history.add(report);
        self.epochs_run = epoch;
        if !goes_on {
            self.stop_reason = StopReason::ByObserver;
        } else if is_over {
            self.stop_reason = StopReason::EarlyStopped;
        } else if stats.end == EpochEnd::Converged {
            self.stop_reason = StopReason::Converged;
        }
        Ok(if self.stop_reason == StopReason::Finished { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    }

    /// The steps of an epoch, or its iteration of L-BFGS.
    fn train_epoch(&mut self, mlp: &mut Mlp<T>, epoch: usize) -> Result<EpochStats> {
        let EpochLoop { config, stop, observer, method, learner, steps, .. } = self;
        let mut sums = StepSums::default();
        match method {
            Method::Iteration { .. } if stop.is_stopped() => Ok(sums.into_stats(None, EpochEnd::Stopped)),
            Method::Iteration { rows, lbfgs } => {
                let at = StepNumber { epoch, step: 1 };
                let IterationResult { outcome, stats } =
                    learner.iterate(mlp, rows, lbfgs).map_err(|error| at.refused(error))?;
                *steps += 1;
                observer.step(*steps, config.epochs);
                let StepStats { loss, right, .. } = stats;
                if !loss.is_finite() {
                    return Err(at.diverged(mlp, learner, loss));
                }
                let end = if outcome == LbfgsOutcome::Moved { EpochEnd::Whole } else { EpochEnd::Converged };
                Ok(EpochStats { loss, right, learning_rate: None, steps: 1, end })
            }
            Method::Steps { batches, update, rates } => {
                let total = config.epochs.saturating_mul(batches.per_epoch());
                let mut rate = update.optimizer.lr();
                let mut minibatches = batches.epoch(epoch as u64 - 1).peekable();
                while let Some(rows) = minibatches.next() {
                    if stop.is_stopped() {
                        return Ok(sums.into_stats(Some(rate), EpochEnd::Stopped));
                    }
                    rate = rates.at(*steps as u64);
                    let next = minibatches.peek().copied().unwrap_or_default();
                    let update = Update { optimizer: update.optimizer.at_rate(rate), ..*update };
                    let at = StepNumber { epoch, step: sums.steps + 1 };
                    let step = StepRows { rows, next };
                    let stats = learner.step(mlp, step, update).map_err(|error| at.refused(error))?;
                    if !stats.loss.is_finite() {
                        return Err(at.diverged(mlp, learner, stats.loss));
                    }
                    sums.add(stats);
                    *steps += 1;
                    observer.step(*steps, total);
                }
                Ok(sums.into_stats(Some(rate), EpochEnd::Whole))
            }
        }
    }

    /// The evaluation on the validation rows, if there are any and the epoch is whole. An error if a number of the network,
    /// or an output or a loss of the validation rows, is infinite or NaN.
    fn validate(&mut self, mlp: &Mlp<T>, epoch: usize, stats: EpochStats) -> Result<Option<Evaluation>> {
        let EpochStats { loss, steps, end, .. } = stats;
        let diverged = |what, layer| Error::Diverged { epoch, step: steps, loss, layer, what };
        if let Some(NotFinite { what, layer }) = first_not_finite(mlp).filter(|_| steps > 0) {
            return Err(diverged(what, layer));
        }
        let Some(evaluator) = self.evaluator.as_mut().filter(|_| end != EpochEnd::Stopped) else { return Ok(None) };
        evaluator.run(mlp, &mut self.learner.task.criterion).map(Some).map_err(|error| match error {
            Error::OutputNotFinite { row, output, value } => {
                diverged(Divergence::ValidationOutput { row, output, value }, None)
            }
            Error::LossNotFinite { first, last, loss: value } => {
                diverged(Divergence::ValidationLoss { first, last, value }, None)
            }
            other => other,
        })
    }

    /// The report of the run. With early stopping the network gets the weights of its best epoch.
    fn into_report(self, mlp: &mut Mlp<T>, started: Instant) -> TrainReport {
        let best_epoch = self.best.and_then(|best| best.restore(mlp));
        TrainReport {
            epochs: self.history.into_epochs(),
            epochs_run: self.epochs_run,
            steps: self.steps,
            step_seconds: self.step_seconds,
            seconds: started.elapsed().as_secs_f64(),
            stop_reason: self.stop_reason,
            best: best_epoch.as_ref().map(|report| report.epoch),
            best_epoch,
        }
    }
}

/// Sums over the steps of an epoch so far.
#[derive(Default)]
struct StepSums {
    /// The sum of loss times mass.
    loss: f64,
    mass: f64,
    right: usize,
    steps: usize,
}

impl StepSums {
    fn add(&mut self, step: StepStats) {
        self.loss += step.loss * step.mass;
        self.mass += step.mass;
        self.right += step.right;
        self.steps += 1;
    }

    fn into_stats(self, learning_rate: Option<f64>, end: EpochEnd) -> EpochStats {
        let StepSums { loss, mass, right, steps } = self;
        EpochStats { loss: loss / mass, right, learning_rate, steps, end }
    }
}

/// A step of a run, both counted from 1.
#[derive(Clone, Copy)]
struct StepNumber {
    epoch: usize,
    step: usize,
}

impl StepNumber {
    /// An error of the network, with the step in which it occurred.
    fn refused(self, error: Error) -> Error {
        let StepNumber { epoch, step } = self;
        match error {
            Error::Model(ModelError::LossGradient { loss, found: value, .. }) => {
                Error::Diverged { epoch, step, loss, layer: None, what: Divergence::Gradient { value } }
            }
            Error::Model(source) => Error::Step { epoch, step, source },
            other => other,
        }
    }

    /// The error of a step whose loss is infinite or NaN.
    fn diverged<T: Scalar, C: Criterion<T>>(self, mlp: &Mlp<T>, learner: &Learner<'_, T, C>, loss: f64) -> Error {
        let StepNumber { epoch, step } = self;
        let layer = mlp.first_not_finite(&learner.workspace).ok().flatten();
        Error::Diverged { epoch, step, loss, layer, what: Divergence::Loss }
    }
}

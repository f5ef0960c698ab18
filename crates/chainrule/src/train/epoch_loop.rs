//! The loop over the epochs of a training run. An epoch is a sequence of steps on minibatches, or one iteration of L-BFGS
//! over all rows; then come a check that every number is finite, the validation, and the observer.
//!
//! All buffers are allocated before the loop. Time is measured here and nowhere below.

use std::ops::ControlFlow;
use std::time::Instant;

use chainrule_kernel::Scalar;
use chainrule_model::Mlp;
use chainrule_model::optim::{Lbfgs, LbfgsOutcome, Rates, Update};

use super::checkpoint::{Checkpoint, Checkpoints, Identity, Keeper, SumsRecord};
use super::criterion::Criterion;
use super::decision::Decision;
use super::early_stopping::Best;
use super::epoch_stats::{EpochEnd, EpochStats, StepNumber};
use super::evaluate::Evaluator;
use super::finite::{NotFinite, first_not_finite};
use super::history::KeptReports;
use super::learner::{IterationResult, Learner, StepRows, StepSizes, StepStats, TrainingTask};
use super::prepare::{check_checkpoints, check_repeatable, rows_that_count};
use super::{EpochReport, Evaluation, Observer, Snapshot, StopHandle, StopReason, TrainConfig, TrainReport};
use crate::compatibility::check_rows;
use crate::data::{Batches, Dataset};
use crate::{Divergence, Error, Result};

/// How an epoch trains the network.
pub(super) enum Method<T> {
    /// By steps on minibatches, or on groups of them. While an epoch takes its steps, it holds the minibatches.
    Steps { batches: Option<Batches>, rates: Rates },
    /// By one iteration of L-BFGS over all these rows.
    Iteration { rows: Vec<usize>, lbfgs: Lbfgs<T> },
}

/// The input of a run: settings, stop handle, training task and validation data.
pub(super) struct RunSetup<'a, T, C> {
    pub(super) config: &'a TrainConfig,
    pub(super) stop: &'a StopHandle,
    pub(super) task: TrainingTask<'a, T, C>,
    pub(super) validation: Option<ValidationSet<'a, T>>,
    pub(super) checkpoints: Option<&'a Checkpoints>,
    /// Where the run goes on.
    pub(super) from: Option<&'a Checkpoint>,
}

/// The rows of a validation.
pub(super) struct ValidationSet<'a, T> {
    pub(super) data: &'a Dataset<T>,
    /// How rows are answered, so that the accuracy is computed.
    pub(super) decision: Decision,
}

impl<T> Clone for ValidationSet<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for ValidationSet<'_, T> {}

/// The state of a run, except for its network.
pub(super) struct EpochLoop<'a, T: Scalar, C> {
    pub(super) config: &'a TrainConfig,
    pub(super) stop: &'a StopHandle,
    /// Behind a pointer: the loop with what it calls is compiled once for all observers.
    pub(super) observer: &'a mut (dyn Observer<T> + Send),
    pub(super) method: Method<T>,
    pub(super) learner: Learner<'a, T, C>,
    /// Rows of an epoch.
    pub(super) rows: usize,
    pub(super) evaluator: Option<Evaluator<'a, T>>,
    pub(super) best: Option<Best<T>>,
    /// The network after the last epoch in which every number was finite.
    pub(super) last_finite: Snapshot<T>,
    /// The epoch under way, counted from 1, and its steps so far.
    pub(super) epoch: usize,
    pub(super) sums: SumsRecord,
    pub(super) steps: usize,
    pub(super) step_seconds: f64,
    /// Of the run before it was interrupted.
    pub(super) seconds_before: f64,
    pub(super) started: Instant,
    pub(super) epochs_run: usize,
    pub(super) history: KeptReports,
    pub(super) stop_reason: StopReason,
    pub(super) keeper: Option<Keeper<'a>>,
    /// Known where there are checkpoints.
    pub(super) identity: Option<Identity>,
}

/// Trains a network that was checked to be compatible with the data.
pub(super) fn run<T: Scalar, C: Criterion<T>>(
    run: RunSetup<'_, T, C>,
    mlp: &mut Mlp<T>,
    observer: &mut (dyn Observer<T> + Send),
) -> Result<TrainReport> {
    let (checkpoints, from) = (run.checkpoints, run.from);
    let mut epochs = EpochLoop::new(run, mlp, observer)?;
    if let Some(from) = from {
        epochs.go_on(mlp, from)?;
    }
    if let Some(checkpoints) = checkpoints {
        epochs.keeper = Some(Keeper::new(checkpoints, from.and(Some(epochs.position())))?);
    }
    while epochs.epoch <= epochs.config.epochs && epochs.stop_reason == StopReason::Finished {
        if epochs.run(mlp)?.is_break() {
            break;
        }
    }
    epochs.keep_last(mlp)?;
    Ok(epochs.into_report(mlp))
}

impl<'a, T: Scalar, C: Criterion<T>> EpochLoop<'a, T, C> {
    fn new(run: RunSetup<'a, T, C>, mlp: &Mlp<T>, observer: &'a mut (dyn Observer<T> + Send)) -> Result<Self> {
        let RunSetup { config, stop, task, validation, checkpoints, from } = run;
        let has_identity = checkpoints.is_some() || from.is_some();
        check_checkpoints(config, has_identity)?;
        let identity = has_identity.then(|| Identity::of(config, mlp, task.data, validation.map(|set| set.data)));
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
            (Method::Steps { batches: Some(batches), rates: config.rates(rows) }, learner)
        };
        Ok(EpochLoop {
            config,
            stop,
            observer,
            method,
            learner,
            rows,
            evaluator: validation
                .map(|ValidationSet { data, decision }| Evaluator::new(mlp, data, decision).of_values(config.loss)),
            best: config.early_stopping.map(|settings| Best::new(settings, mlp)).transpose()?,
            last_finite: Snapshot::of(mlp)?,
            epoch: 1,
            sums: SumsRecord::default(),
            steps: 0,
            step_seconds: 0.0,
            seconds_before: 0.0,
            started: Instant::now(),
            epochs_run: 0,
            history: KeptReports::new(config.history),
            stop_reason: StopReason::Finished,
            keeper: None,
            identity,
        })
    }

    /// Runs an epoch, or the rest of it; returns whether another one may follow. On an error the network is restored to its
    /// state after the last epoch in which every number was finite.
    fn run(&mut self, mlp: &mut Mlp<T>) -> Result<ControlFlow<()>> {
        let (started, epoch) = (Instant::now(), self.epoch);
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
        let accuracy = self.learner.task.decision.is_some().then(|| stats.right as f64 / self.rows as f64);
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
        (self.epochs_run, self.epoch, self.sums) = (epoch, epoch + 1, SumsRecord::default());
        if !goes_on {
            self.stop_reason = StopReason::ByObserver;
        } else if is_over {
            self.stop_reason = StopReason::EarlyStopped;
        } else if stats.end == EpochEnd::Converged {
            self.stop_reason = StopReason::Converged;
        }
        if self.keeper.as_ref().is_some_and(|keeper| keeper.is_due_after(epoch)) {
            self.keep(mlp)?;
        }
        Ok(if self.stop_reason == StopReason::Finished { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    }

    /// The steps of an epoch, or its iteration of L-BFGS.
    fn train_epoch(&mut self, mlp: &mut Mlp<T>, epoch: usize) -> Result<EpochStats> {
        match self.method {
            Method::Iteration { .. } if self.stop.is_stopped() => Ok(self.sums.into_stats(None, EpochEnd::Stopped)),
            Method::Iteration { .. } => self.iterate(mlp, epoch),
            Method::Steps { .. } => self.take_steps(mlp, epoch),
        }
    }

    fn iterate(&mut self, mlp: &mut Mlp<T>, epoch: usize) -> Result<EpochStats> {
        let EpochLoop { config, observer, method, learner, steps, .. } = self;
        let Method::Iteration { rows, lbfgs } = method else { unreachable!("asked for by its kind") };
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

    /// The steps of an epoch that are still to be taken.
    fn take_steps(&mut self, mlp: &mut Mlp<T>, epoch: usize) -> Result<EpochStats> {
        let Method::Steps { batches, .. } = &mut self.method else { unreachable!("asked for by its kind") };
        let mut held = batches.take().expect("put back after each epoch");
        let stats = self.steps_on(&mut held, mlp, epoch);
        if let Method::Steps { batches, .. } = &mut self.method {
            *batches = Some(held);
        }
        stats
    }

    fn steps_on(&mut self, batches: &mut Batches, mlp: &mut Mlp<T>, epoch: usize) -> Result<EpochStats> {
        let total = self.config.epochs.saturating_mul(batches.per_epoch());
        let mut minibatches = batches.epoch(epoch as u64 - 1).skip(self.sums.steps).peekable();
        // Of the last step: a run may go on behind the last one of an epoch.
        let mut rate = self.rate(self.steps.saturating_sub(1));
        while let Some(rows) = minibatches.next() {
            if self.stop.is_stopped() {
                return Ok(self.sums.into_stats(Some(rate), EpochEnd::Stopped));
            }
            rate = self.rate(self.steps);
            let update = self.config.update();
            let update = Update { optimizer: update.optimizer.at_rate(rate), ..update };
            let step = StepRows { rows, next: minibatches.peek().copied().unwrap_or_default() };
            let at = StepNumber { epoch, step: self.sums.steps + 1 };
            let stats = self.learner.step(mlp, step, update).map_err(|error| at.refused(error))?;
            if !stats.loss.is_finite() {
                return Err(at.diverged(mlp, &self.learner, stats.loss));
            }
            self.sums.add(stats);
            self.steps += 1;
            self.observer.step(self.steps, total);
            if self.keeper.as_ref().is_some_and(|keeper| keeper.is_due(self.steps)) {
                self.keep(mlp)?;
            }
        }
        Ok(self.sums.into_stats(Some(rate), EpochEnd::Whole))
    }

    /// The learning rate of a step of the run, counted from 0.
    fn rate(&self, step: usize) -> f64 {
        match &self.method {
            Method::Steps { rates, .. } => rates.at(step as u64),
            Method::Iteration { .. } => 0.0,
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
    fn into_report(self, mlp: &mut Mlp<T>) -> TrainReport {
        let best_epoch = self.best.and_then(|best| best.restore(mlp));
        TrainReport {
            epochs: self.history.into_epochs(),
            epochs_run: self.epochs_run,
            steps: self.steps,
            step_seconds: self.step_seconds,
            seconds: self.seconds_before + self.started.elapsed().as_secs_f64(),
            stop_reason: self.stop_reason,
            best: best_epoch.as_ref().map(|report| report.epoch),
            best_epoch,
        }
    }
}

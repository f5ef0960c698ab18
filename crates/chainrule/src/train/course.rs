//! One training run: epoch after epoch, each of steps on minibatches or of one iteration over all rows, then a look at what
//! they left, then validation, then the observer.
//!
//! All buffers are made before the loop. The clock is read here and nowhere below.

use std::ops::ControlFlow;
use std::time::Instant;

use chainrule_kernel::Scalar;
use chainrule_model::optim::{Lbfgs, LbfgsOutcome, Rates, Update};
use chainrule_model::{Mlp, ModelError};

use super::criterion::Criterion;
use super::early_stopping::Best;
use super::evaluate::Evaluator;
use super::finite::first_not_finite;
use super::history::Kept;
use super::learner::{Iterated, Learner, Lesson, Seen, StepRoom, StepRows};
use super::prepare::{check_repeatable, rows_that_count};
use super::{Ending, EpochReport, Evaluation, Observer, Snapshot, StopHandle, TrainConfig, TrainReport};
use crate::compatibility::check_rows;
use crate::data::{Batches, Dataset};
use crate::{Divergence, Error, Result};

/// How an epoch learns.
enum Method<T> {
    /// By steps, on minibatches or on groups of them.
    Steps { batches: Batches, update: Update, rates: Rates },
    /// By an iteration over all these rows.
    Iteration { rows: Vec<usize>, lbfgs: Lbfgs<T> },
}

/// What an epoch's learning came to.
struct Learned {
    seen: Seen,
    /// The learning rate of its last step, if it had one.
    rate: Option<f64>,
    /// Steps that it took, or that were tried.
    steps: usize,
    end: End,
}

/// How an epoch's learning ended.
#[derive(Clone, Copy, PartialEq)]
enum End {
    /// All its rows were seen.
    Whole,
    /// They were, and nothing better was found; the run is over.
    Last,
    /// It was broken off.
    Stopped,
}

/// What a run is told: its settings, what stops it, what it learns from and what it is validated on.
pub(super) struct Run<'a, T, C> {
    pub(super) config: &'a TrainConfig,
    pub(super) stop: &'a StopHandle,
    pub(super) lesson: Lesson<'a, T, C>,
    pub(super) validation: Option<Judge<'a, T>>,
}

/// Rows that a network is validated on.
pub(super) struct Judge<'a, T> {
    pub(super) data: &'a Dataset<T>,
    /// Whether right answers are counted.
    pub(super) counts: bool,
}

impl<T> Clone for Judge<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Judge<'_, T> {}

/// A run under way, but for its network.
struct EpochLoop<'a, T: Scalar, C, O> {
    config: &'a TrainConfig,
    stop: &'a StopHandle,
    observer: &'a mut O,
    method: Method<T>,
    learner: Learner<'a, T, C>,
    /// Rows that an epoch sees.
    rows: usize,
    evaluator: Option<Evaluator<'a, T>>,
    best: Option<Best<T>>,
    /// The network after the last epoch of which everything was finite.
    good: Snapshot<T>,
    steps: usize,
    step_seconds: f64,
    epochs_run: usize,
    kept: Kept,
    ending: Ending,
}

/// Trains a network that fits what it learns from and what it is validated on.
pub(super) fn run<T: Scalar, C: Criterion<T>>(
    run: Run<'_, T, C>,
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
    fn new(run: Run<'a, T, C>, mlp: &Mlp<T>, observer: &'a mut O) -> Result<Self> {
        let Run { config, stop, lesson, validation } = run;
        let counting = rows_that_count(lesson.data)?;
        let rows = counting.as_ref().map_or(lesson.data.rows(), Vec::len);
        let (method, learner) = if let Some(settings) = config.lbfgs {
            check_repeatable(mlp)?;
            let (rows, lbfgs) = (counting.unwrap_or_else(|| (0..rows).collect()), Lbfgs::new(settings));
            (Method::Iteration { rows, lbfgs }, Learner::of_all_rows(mlp, lesson)?)
        } else {
            let size = config.batch.saturating_mul(config.accumulate);
            let batches = match counting {
                Some(counting) => Batches::of(counting, size, config.order)?,
                None => Batches::new(rows, size, config.order)?,
            };
            let (batch, update) = (config.batch.min(rows), config.update());
            check_rows(mlp, rows, batch)?;
            let room = StepRoom { batch, update, accumulates: config.accumulate > 1 };
            let learner = Learner::new(mlp, lesson, room)?;
            (Method::Steps { batches, update, rates: config.rates(rows) }, learner)
        };
        Ok(EpochLoop {
            config,
            stop,
            observer,
            method,
            learner,
            rows,
            evaluator: validation.map(|Judge { data, counts }| Evaluator::new(mlp, data, counts)),
            best: config.early_stopping.map(|settings| Best::new(settings, mlp)).transpose()?,
            good: Snapshot::of(mlp)?,
            steps: 0,
            step_seconds: 0.0,
            epochs_run: 0,
            kept: Kept::new(config.history),
            ending: Ending::Finished,
        })
    }

    /// One epoch, counted from 1, and whether another one may follow. On an error the network is as it was after the last
    /// good one.
    fn run(&mut self, mlp: &mut Mlp<T>, epoch: usize) -> Result<ControlFlow<()>> {
        let started = Instant::now();
        let learned = self.learn(mlp, epoch);
        let seconds = started.elapsed().as_secs_f64();
        self.step_seconds += seconds;
        let judged = learned.and_then(|learned| Ok((self.judge(mlp, epoch, &learned)?, learned)));
        let (validation, learned) = judged.inspect_err(|_| self.good.restore(mlp))?;
        if learned.end == End::Stopped {
            self.ending = Ending::Stopped;
            return Ok(ControlFlow::Break(()));
        }
        self.good.take(mlp);
        if let (Method::Steps { rates, .. }, Some(validation)) = (&mut self.method, &validation) {
            rates.validated(validation.loss);
        }
        let accuracy = self.learner.lesson.counts.then(|| learned.seen.right as f64 / self.rows as f64);
        let report = EpochReport {
            epoch,
            loss: learned.seen.loss,
            accuracy,
            validation,
            learning_rate: learned.rate,
            seconds,
            weights_sha256: crate::weights_sha256(mlp),
        };
        let is_over = self.best.as_mut().is_some_and(|best| best.is_over(&report, mlp));
        let goes_on = self.observer.epoch(&report).is_continue();
        self.observer.network(&report, mlp);
        self.kept.add(report);
        self.epochs_run = epoch;
        if !goes_on {
            self.ending = Ending::ByObserver;
        } else if is_over {
            self.ending = Ending::EarlyStopped;
        } else if learned.end == End::Last {
            self.ending = Ending::Converged;
        }
        Ok(if self.ending == Ending::Finished { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    }

    /// The steps of an epoch, or its iteration.
    fn learn(&mut self, mlp: &mut Mlp<T>, epoch: usize) -> Result<Learned> {
        let EpochLoop { config, stop, observer, method, learner, steps, .. } = self;
        let mut sums = Sums::default();
        match method {
            Method::Iteration { .. } if stop.is_stopped() => Ok(sums.into_learned(None, End::Stopped)),
            Method::Iteration { rows, lbfgs } => {
                let at = StepNumber { epoch, step: 1 };
                let Iterated { outcome, seen } =
                    learner.iterate(mlp, rows, lbfgs).map_err(|error| at.refused(error))?;
                *steps += 1;
                observer.step(*steps, config.epochs);
                if !seen.loss.is_finite() {
                    return Err(at.diverged(mlp, learner, seen.loss));
                }
                let end = if outcome == LbfgsOutcome::Moved { End::Whole } else { End::Last };
                Ok(Learned { seen, rate: None, steps: 1, end })
            }
            Method::Steps { batches, update, rates } => {
                let total = config.epochs.saturating_mul(batches.per_epoch());
                let mut rate = update.optimizer.lr();
                let mut minibatches = batches.epoch(epoch as u64 - 1).peekable();
                while let Some(rows) = minibatches.next() {
                    if stop.is_stopped() {
                        return Ok(sums.into_learned(Some(rate), End::Stopped));
                    }
                    rate = rates.at(*steps as u64);
                    let next = minibatches.peek().copied().unwrap_or_default();
                    let update = Update { optimizer: update.optimizer.at_rate(rate), ..*update };
                    let at = StepNumber { epoch, step: sums.steps + 1 };
                    let step = StepRows { rows, next };
                    let seen = learner.step(mlp, step, update).map_err(|error| at.refused(error))?;
                    if !seen.loss.is_finite() {
                        return Err(at.diverged(mlp, learner, seen.loss));
                    }
                    sums.add(seen);
                    *steps += 1;
                    observer.step(*steps, total);
                }
                Ok(sums.into_learned(Some(rate), End::Whole))
            }
        }
    }

    /// Refuses an epoch that left anything but finite numbers, be it in the network or on the validation rows; otherwise
    /// how good it is on these, if there are any and all steps were taken.
    fn judge(&mut self, mlp: &Mlp<T>, epoch: usize, learned: &Learned) -> Result<Option<Evaluation>> {
        let Learned { seen, steps, end, .. } = *learned;
        let diverged = |what, layer| Error::Diverged { epoch, step: steps, loss: seen.loss, layer, what };
        if let Some((what, layer)) = first_not_finite(mlp).filter(|_| steps > 0) {
            return Err(diverged(what, layer));
        }
        let Some(evaluator) = self.evaluator.as_mut().filter(|_| end != End::Stopped) else { return Ok(None) };
        evaluator.run(mlp, &mut self.learner.lesson.criterion).map(Some).map_err(|error| match error {
            Error::OutputNotFinite { row, output, value } => {
                diverged(Divergence::ValidationOutput { row, output, value }, None)
            }
            Error::LossNotFinite { first, last, loss: value } => {
                diverged(Divergence::ValidationLoss { first, last, value }, None)
            }
            other => other,
        })
    }

    /// What is said of the run, whose network gets the weights of its best epoch if that was looked for.
    fn into_report(self, mlp: &mut Mlp<T>, started: Instant) -> TrainReport {
        let best_epoch = self.best.and_then(|best| best.restore(mlp));
        TrainReport {
            epochs: self.kept.into_epochs(),
            epochs_run: self.epochs_run,
            steps: self.steps,
            step_seconds: self.step_seconds,
            seconds: started.elapsed().as_secs_f64(),
            ending: self.ending,
            best: best_epoch.as_ref().map(|report| report.epoch),
            best_epoch,
        }
    }
}

/// What the steps of an epoch have seen so far.
#[derive(Default)]
struct Sums {
    /// Of losses times masses.
    loss: f64,
    mass: f64,
    right: usize,
    steps: usize,
}

impl Sums {
    fn add(&mut self, seen: Seen) {
        self.loss += seen.loss * seen.mass;
        self.mass += seen.mass;
        self.right += seen.right;
        self.steps += 1;
    }

    fn into_learned(self, rate: Option<f64>, end: End) -> Learned {
        let Sums { loss, mass, right, steps } = self;
        Learned { seen: Seen { loss: loss / mass, mass, right }, rate, steps, end }
    }
}

/// A step of a run, both counted from 1.
#[derive(Clone, Copy)]
struct StepNumber {
    epoch: usize,
    step: usize,
}

impl StepNumber {
    /// What the network refuses, with the step in which it did.
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

    /// The error of a step whose loss is no finite number.
    fn diverged<T: Scalar, C: Criterion<T>>(self, mlp: &Mlp<T>, learner: &Learner<'_, T, C>, loss: f64) -> Error {
        let StepNumber { epoch, step } = self;
        let layer = mlp.first_not_finite(&learner.workspace).ok().flatten();
        Error::Diverged { epoch, step, loss, layer, what: Divergence::Loss }
    }
}

//! One training run: epoch after epoch, each of steps on minibatches or of one iteration over all rows, then validation, then
//! the observer.
//!
//! All buffers are made before the loop. The clock is read here and nowhere below.

use std::time::Instant;

use chainrule_kernel::Scalar;
use chainrule_model::{Layer, Lbfgs, LbfgsOutcome, Mlp, Objective, Rates, Update};

use super::class_weights::loss_weights;
use super::early_stopping::Best;
use super::evaluate::{Evaluator, has_classes};
use super::learner::{Learner, Seen};
use super::{Ending, EpochReport, Observer, Snapshot, StopHandle, TrainConfig, TrainReport};
use crate::data::{Batches, Dataset};
use crate::fit::{check_fit, check_rows};
use crate::{Error, Result};

/// How an epoch learns that is made of steps, on minibatches or on groups of them; the others are an iteration over all rows.
struct Steps {
    batches: Batches,
    update: Update,
    rates: Rates,
}

/// What an epoch came to.
enum Epoch {
    /// All its rows were seen.
    Whole { seen: Seen, rate: Option<f64> },
    /// An iteration that found nothing better; the run is over.
    Last { seen: Seen },
    /// Broken off.
    Stopped,
}

pub(super) fn run<T: Scalar>(
    config: &TrainConfig,
    stop: &StopHandle,
    mlp: &mut Mlp<T>,
    (train, validation): (&Dataset<T>, Option<&Dataset<T>>),
    observer: &mut impl Observer<T>,
) -> Result<TrainReport> {
    check_fit(mlp, train, config.loss)?;
    match validation {
        Some(validation) => check_fit(mlp, validation, config.loss)?,
        None => config.check_without_validation()?,
    }
    let counts = has_classes(train, config.loss);
    let weights = loss_weights::<T>(config, train, mlp.outputs())?;
    let objective = Objective { outputs: weights.as_deref(), smoothing: config.label_smoothing, ..config.loss.into() };
    let seeing = (objective, counts);
    let (mut method, mut learner) = match config.lbfgs {
        None => {
            let accumulate = config.accumulate;
            let batches = Batches::new(train.rows(), config.batch.saturating_mul(accumulate), config.order)?;
            let rates = config.rates(train.rows());
            let (batch, update) = (config.batch.min(train.rows()), config.update());
            check_rows(mlp, train.rows(), batch)?;
            let learner = Learner::new(mlp, train, seeing, batch, (update, accumulate > 1))?;
            (Some(Steps { batches, update, rates }), learner)
        }
        Some(_) => {
            check_repeatable(mlp)?;
            (None, Learner::of_all_rows(mlp, train, seeing)?)
        }
    };
    let mut lbfgs = Lbfgs::new(config.lbfgs.unwrap_or_default());
    let mut evaluator = validation.map(|data| (Evaluator::new(mlp, data), data));
    let mut best = config.early_stopping.map(|settings| Best::new(settings, mlp));
    let mut good = Snapshot::of(mlp);

    let started = Instant::now();
    let mut report = TrainReport {
        epochs: Vec::new(),
        steps: 0,
        step_seconds: 0.0,
        seconds: 0.0,
        ending: Ending::Finished,
        best: None,
    };
    for epoch in 0..config.epochs {
        let epoch_started = Instant::now();
        let learned = match &mut method {
            Some(Steps { batches, update, rates }) => {
                let total = config.epochs.saturating_mul(batches.per_epoch());
                let mut told = |done| {
                    observer.step(done, total);
                    !stop.is_stopped()
                };
                let when = (epoch, !stop.is_stopped());
                steps(mlp, &mut learner, (batches, *update, rates), when, (&mut report.steps, &mut told))
            }
            None if stop.is_stopped() => Ok(Epoch::Stopped),
            None => learner.iterate(mlp, &mut lbfgs).and_then(|(outcome, seen)| {
                report.steps += 1;
                observer.step(report.steps, config.epochs);
                match outcome {
                    _ if !seen.loss.is_finite() => Err(diverged(mlp, &learner, (epoch, 0), seen.loss)),
                    LbfgsOutcome::Moved => Ok(Epoch::Whole { seen, rate: None }),
                    LbfgsOutcome::Converged | LbfgsOutcome::Stuck => Ok(Epoch::Last { seen }),
                }
            }),
        };
        let seconds = epoch_started.elapsed().as_secs_f64();
        report.step_seconds += seconds;
        let learned = learned.inspect_err(|_| good.restore(mlp))?;
        let (seen, rate) = match learned {
            Epoch::Stopped => {
                report.ending = Ending::Stopped;
                break;
            }
            Epoch::Last { seen } => {
                report.ending = Ending::Converged;
                (seen, None)
            }
            Epoch::Whole { seen, rate } => (seen, rate),
        };
        good.take(mlp);

        let validation = match &mut evaluator {
            Some((evaluator, data)) => Some(evaluator.run(mlp, data, config.loss)?),
            None => None,
        };
        if let (Some(Steps { rates, .. }), Some(validation)) = (&mut method, &validation) {
            rates.validated(validation.loss);
        }
        let is_over = match (&mut best, &validation) {
            (Some(best), Some(validation)) => best.is_over(epoch + 1, validation, mlp),
            _ => false,
        };
        let accuracy = counts.then(|| seen.right as f64 / train.rows() as f64);
        let epoch = EpochReport {
            epoch: epoch + 1,
            loss: seen.loss,
            accuracy,
            validation,
            learning_rate: rate,
            seconds,
            weights_sha256: crate::weights_sha256(mlp),
        };
        let goes_on = observer.epoch(&epoch).is_continue();
        observer.network(&epoch, mlp);
        report.epochs.push(epoch);
        if !goes_on {
            report.ending = Ending::ByObserver;
        } else if is_over {
            report.ending = Ending::EarlyStopped;
        }
        if report.ending != Ending::Finished {
            break;
        }
    }
    report.best = best.and_then(|best| best.restore(mlp));
    report.seconds = started.elapsed().as_secs_f64();
    Ok(report)
}

/// The steps of one epoch. `told` hears how many are done and answers whether to go on.
fn steps<T: Scalar>(
    mlp: &mut Mlp<T>,
    learner: &mut Learner<'_, T>,
    (batches, update, rates): (&mut Batches, Update, &Rates),
    (epoch, goes_on): (usize, bool),
    (done, told): (&mut usize, &mut impl FnMut(usize) -> bool),
) -> Result<Epoch> {
    let (mut total, mut mass, mut right) = (0.0, 0.0, 0);
    let (mut rate, mut goes_on) = (update.optimizer.lr(), goes_on);
    let mut minibatches = batches.epoch(epoch as u64).enumerate().peekable();
    while let Some((step, rows)) = minibatches.next() {
        if !goes_on {
            return Ok(Epoch::Stopped);
        }
        rate = rates.at(*done as u64);
        let next = minibatches.peek().map_or(&[][..], |(_, next)| next);
        let seen = learner.step(mlp, (rows, next), Update { optimizer: update.optimizer.at_rate(rate), ..update })?;
        if !seen.loss.is_finite() {
            return Err(diverged(mlp, learner, (epoch, step), seen.loss));
        }
        total += seen.loss * seen.mass;
        mass += seen.mass;
        right += seen.right;
        *done += 1;
        goes_on = told(*done);
    }
    Ok(Epoch::Whole { seen: Seen { loss: total / mass, mass, right }, rate: Some(rate) })
}

fn diverged<T: Scalar>(mlp: &Mlp<T>, learner: &Learner<'_, T>, (epoch, step): (usize, usize), loss: f64) -> Error {
    let layer = mlp.first_not_finite(&learner.workspace);
    Error::Diverged { epoch: epoch + 1, step: step + 1, loss, layer }
}

/// Refuses, for L-BFGS, networks whose loss over the same rows is not the same each time, or not the one of evaluation.
fn check_repeatable<T: Scalar>(mlp: &Mlp<T>) -> Result<()> {
    let changes = |layer: &&Layer| matches!(layer, Layer::Dropout { .. } | Layer::BatchNorm { .. });
    match mlp.layers().iter().find(changes) {
        Some(layer) => Err(Error::Argument {
            name: "lbfgs",
            found: format!("a network with {layer}"),
            expected: "layers that do the same in each pass".to_owned(),
        }),
        None => Ok(()),
    }
}

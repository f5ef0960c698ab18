//! The loop: for each epoch, gather minibatch after minibatch, step, validate, tell the observer.
//!
//! All buffers are made before the loop. The clock is read here and nowhere below.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use chainrule_kernel::Scalar;
use chainrule_model::{Mlp, Objective, Update, Workspace};

use super::class_weights::loss_weights;
use super::evaluate::{Evaluator, has_classes};
use super::minibatch::Minibatch;
use super::{Ending, EpochReport, Observer, TrainConfig, TrainReport};
use crate::data::{Batches, Dataset};
use crate::fit::{check_fit, check_rows};
use crate::forked;
use crate::{Error, Result};

/// Trains networks.
///
/// ```
/// use chainrule::data::{Preprocess, digits};
/// use chainrule::{EpochReport, Mlp, TrainConfig, Trainer};
/// use std::ops::ControlFlow;
///
/// let mut data = digits::<f32>();
/// data.preprocess(&Preprocess::Scale { factor: 1.0 / 16.0 })?;
/// let (train, test) = data.split(0.2, 42)?;
/// let mut mlp = Mlp::builder(64).dense(32).relu().dense(10).seed(42).build()?;
/// let trainer = Trainer::new(TrainConfig { epochs: 5, ..TrainConfig::default() })?;
/// let each_epoch = |report: &EpochReport| {
///     assert!(report.loss.is_finite());
///     ControlFlow::Continue(())
/// };
/// let report = trainer.fit(&mut mlp, &train, Some(&test), each_epoch)?;
/// let validation = report.epochs[4].validation.as_ref().unwrap();
/// assert!(validation.accuracy.unwrap() > 0.85);
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug)]
pub struct Trainer {
    config: TrainConfig,
    pool: Option<Pool>,
    stop: StopHandle,
}

/// Threads of the trainer's own.
#[derive(Debug)]
struct Pool {
    threads: rayon::ThreadPool,
    process: forked::Process,
}

/// Stops a training run from anywhere: another thread, a signal handler. The step that runs is finished first.
#[derive(Debug, Clone, Default)]
pub struct StopHandle(Arc<AtomicBool>);

impl StopHandle {
    /// Asks for the end.
    pub fn stop(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether the end was asked for.
    pub fn is_stopped(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl Trainer {
    /// A trainer with these settings, and its threads if it has some of its own.
    ///
    /// # Errors
    /// When a setting is out of range, or the threads cannot be started.
    pub fn new(config: TrainConfig) -> Result<Self> {
        config.check()?;
        let start = |threads: usize| {
            let build = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
            let threads = build.map_err(|error| Error::Threads { threads, reason: error.to_string() })?;
            Ok::<_, Error>(Pool { threads, process: forked::Process::current() })
        };
        Ok(Trainer { pool: config.threads.map(start).transpose()?, config, stop: StopHandle::default() })
    }

    /// The settings.
    pub fn config(&self) -> &TrainConfig {
        &self.config
    }

    /// What stops this trainer's run.
    pub fn stop_handle(&self) -> StopHandle {
        self.stop.clone()
    }

    /// How many threads may take part.
    pub fn threads(&self) -> usize {
        self.pool.as_ref().map_or_else(rayon::current_num_threads, |pool| pool.threads.current_num_threads())
    }

    /// Runs `work` on this trainer's threads.
    ///
    /// In a process that was forked since they were started, this waits forever: there are none.
    pub fn install<R: Send>(&self, work: impl FnOnce() -> R + Send) -> R {
        match &self.pool {
            Some(pool) => pool.threads.install(work),
            None => work(),
        }
    }

    /// Refuses to wait for threads that this process does not have.
    fn check_process(&self) -> Result<()> {
        match &self.pool {
            Some(pool) => pool.process.check(),
            None => forked::check(),
        }
    }

    /// Trains `mlp` on `train`, validating on `validation` after each epoch. When stopped, the network keeps what it
    /// has learned so far.
    ///
    /// The result depends on the network, the data and the settings; not on the number of threads, nor on whether there
    /// is validation or what the observer does.
    ///
    /// # Errors
    /// When the data do not fit the network or the loss; when the network has batch normalisation and a minibatch would
    /// have a single row; when the trainer's threads are those of a process that this one was forked from; and when the
    /// loss stops being a finite number: then training ends at that step, and the network has the parameters of the
    /// last whole epoch.
    pub fn fit<T: Scalar>(
        &self,
        mlp: &mut Mlp<T>,
        train: &Dataset<T>,
        validation: Option<&Dataset<T>>,
        mut observer: impl Observer + Send,
    ) -> Result<TrainReport> {
        self.check_process()?;
        self.install(|| self.run(mlp, train, validation, &mut observer))
    }

    fn run<T: Scalar>(
        &self,
        mlp: &mut Mlp<T>,
        train: &Dataset<T>,
        validation: Option<&Dataset<T>>,
        observer: &mut impl Observer,
    ) -> Result<TrainReport> {
        let TrainConfig { epochs, batch, loss, optimizer, clip, order, .. } = self.config;
        check_fit(mlp, train, loss)?;
        if let Some(validation) = validation {
            check_fit(mlp, validation, loss)?;
        }
        let weights = loss_weights::<T>(&self.config, train, mlp.outputs())?;
        let smoothing = self.config.label_smoothing;
        let objective = Objective { outputs: weights.as_deref(), smoothing, ..loss.into() };
        let mut batches = Batches::new(train.rows(), batch, order)?;
        check_rows(mlp, train.rows(), batches.batch())?;
        let mut workspace = Workspace::for_training(mlp, batches.batch(), optimizer)?;
        let update = Update { clip, optimizer };
        let mut minibatch = Minibatch::new(train, batches.batch());
        let mut evaluator = validation.map(|data| (Evaluator::new(mlp, data), data));
        let counts = has_classes(train, loss);
        let total_steps = epochs.saturating_mul(batches.per_epoch());
        let mut good = mlp.clone();

        let started = Instant::now();
        let mut report =
            TrainReport { epochs: Vec::new(), steps: 0, step_seconds: 0.0, seconds: 0.0, ending: Ending::Finished };
        'epochs: for epoch in 0..epochs {
            let epoch_started = Instant::now();
            let (mut total, mut mass, mut right) = (0.0, 0.0, 0);
            for (step, rows) in batches.epoch(epoch as u64).enumerate() {
                if self.stop.is_stopped() {
                    report.step_seconds += epoch_started.elapsed().as_secs_f64();
                    report.ending = Ending::Stopped;
                    break 'epochs;
                }
                minibatch.gather(train, rows);
                let value = mlp.step(minibatch.x(), minibatch.targets(), objective, update, &mut workspace)?;
                if !value.is_finite() {
                    let layer = mlp.first_not_finite(&workspace);
                    mlp.copy_from(&good);
                    return Err(Error::Diverged { epoch: epoch + 1, step: step + 1, loss: value, layer });
                }
                let counted = objective.mass(minibatch.targets());
                total += value * counted;
                mass += counted;
                right += if counts { minibatch.count_right(workspace.output()) } else { 0 };
                report.steps += 1;
                observer.step(report.steps, total_steps);
            }
            let seconds = epoch_started.elapsed().as_secs_f64();
            report.step_seconds += seconds;
            good.copy_from(mlp);

            let validation = match &mut evaluator {
                Some((evaluator, data)) => Some(evaluator.run(mlp, data, loss)?),
                None => None,
            };
            let rows = train.rows() as f64;
            let accuracy = counts.then(|| right as f64 / rows);
            let (loss, weights_sha256) = (total / mass, crate::weights_sha256(mlp));
            let epoch = EpochReport { epoch: epoch + 1, loss, accuracy, validation, seconds, weights_sha256 };
            let goes_on = observer.epoch(&epoch).is_continue();
            report.epochs.push(epoch);
            if !goes_on {
                report.ending = Ending::ByObserver;
                break;
            }
        }
        report.seconds = started.elapsed().as_secs_f64();
        Ok(report)
    }
}

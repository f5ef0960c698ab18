//! Who trains: settings, threads, and what stops them. The loop itself stands in `course.rs`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chainrule_kernel::Scalar;
use chainrule_model::Mlp;

use super::{Observer, TrainConfig, TrainReport, course};
use crate::data::Dataset;
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

    /// Trains `mlp` on `train`, validating on `validation` after each epoch. When stopped, the network keeps what it has
    /// learned so far; with early stopping it ends with the weights of its best epoch.
    ///
    /// The result depends on the network, the data and the settings; not on the number of threads, nor on what the observer
    /// does, nor on whether there is validation, unless early stopping or a plateau asks for it.
    ///
    /// # Errors
    /// When the data do not fit the network or the loss; when the network has batch normalisation and a minibatch would
    /// have a single row; when validation is asked for and there is none; when the trainer's threads are those of a
    /// process that this one was forked from; and when the loss stops being a finite number: then training ends at that
    /// step, and the network has the parameters of the last whole epoch.
    pub fn fit<T: Scalar>(
        &self,
        mlp: &mut Mlp<T>,
        train: &Dataset<T>,
        validation: Option<&Dataset<T>>,
        mut observer: impl Observer<T> + Send,
    ) -> Result<TrainReport> {
        self.check_process()?;
        self.install(|| course::run(&self.config, &self.stop, mlp, (train, validation), &mut observer))
    }
}

//! The trainer: settings, threads and stop handle. The loop over epochs is in `epoch_loop.rs`.

use chainrule_kernel::Scalar;
use chainrule_model::Mlp;
use chainrule_model::network::Objective;

use super::criterion::{Known, Own};
use super::decision::Decision;
use super::epoch_loop::{RunSetup, ValidationSet};
use super::learner::TrainingTask;
use super::loss_weights::loss_weights;
use super::prepare::{check_own_loss, check_start, check_validation};
use super::{Checkpoint, Checkpoints, LossBatch, Observer, StopHandle, TrainConfig, TrainReport, epoch_loop};
use crate::compatibility::check_compatible;
use crate::data::Dataset;
use crate::described::Described;
use crate::forked;
use crate::{Error, Model, Result};

/// Trains networks and returns models.
///
/// ```
/// use chainrule::data::digits;
/// use chainrule::{EpochReport, Mlp, TrainConfig, Trainer};
/// use std::ops::ControlFlow;
///
/// let (train, test) = digits::<f32>().scaled(1.0 / 16.0)?.split(0.2, 42)?;
/// let network = Mlp::builder(64).dense(32).relu().dense(10).seed(42).build()?;
/// let trainer = Trainer::new(TrainConfig::default().epochs(5))?;
/// let each_epoch = |report: &EpochReport| {
///     assert!(report.loss.is_finite());
///     ControlFlow::Continue(())
/// };
/// let trained = trainer.fit(network, &train, Some(&test), each_epoch)?;
/// let validation = trained.report.epochs[4].validation.as_ref().unwrap();
/// assert!(validation.accuracy.unwrap() > 0.85);
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug)]
pub struct Trainer {
    config: TrainConfig,
    pool: Option<Pool>,
    stop: StopHandle,
    checkpoints: Option<Checkpoints>,
}

/// The result of training: the model, and the report of the run.
///
/// ```
/// use chainrule::data::digits;
/// use chainrule::{Mlp, TrainConfig, Trained, Trainer};
///
/// let network = Mlp::builder(64).dense(10).build()?;
/// let data = digits::<f32>().scaled(1.0 / 16.0)?;
/// let Trained { model, report, .. } = Trainer::new(TrainConfig::default())?.fit(network, &data, None, ())?;
/// println!("{:.1} s; {:?}", report.seconds, model.class_names);
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Trained<T: Scalar> {
    /// The trained model.
    pub model: Model<T>,
    /// The report of the run.
    pub report: TrainReport,
}

/// The settings of a run on a network, and its checkpoints.
#[derive(Clone, Copy)]
pub(super) struct NetworkRun<'a> {
    pub(super) config: &'a TrainConfig,
    pub(super) checkpoints: Option<&'a Checkpoints>,
    pub(super) from: Option<&'a Checkpoint>,
}

/// The trainer's own threads.
#[derive(Debug)]
struct Pool {
    threads: rayon::ThreadPool,
    process: forked::Process,
}

impl Trainer {
    /// A trainer with these settings. Starts its own threads if the settings give their number.
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
        Ok(Trainer {
            pool: config.threads.map(start).transpose()?,
            config,
            stop: StopHandle::default(),
            checkpoints: None,
        })
    }

    /// The same trainer, whose runs write checkpoints; a folder holds those of one run. Those of [`Trainer::refit`] write none: a
    /// refit that was interrupted is made again, from the same start.
    ///
    /// A run that cannot write one ends with the error; those that are there stay.
    ///
    /// # Errors
    /// Those of [`Checkpoints::check`].
    pub fn with_checkpoints(self, checkpoints: Checkpoints) -> Result<Self> {
        checkpoints.check()?;
        Ok(Trainer { checkpoints: Some(checkpoints), ..self })
    }

    /// The settings.
    pub fn config(&self) -> &TrainConfig {
        &self.config
    }

    /// A handle that stops this trainer's runs.
    pub fn stop_handle(&self) -> StopHandle {
        self.stop.clone()
    }

    /// The number of threads that its runs use.
    pub fn threads(&self) -> usize {
        let shared = || {
            // To ask is to start them, and a process that is forked later has to know.
            let _ = forked::check();
            rayon::current_num_threads()
        };
        self.pool.as_ref().map_or_else(shared, |pool| pool.threads.current_num_threads())
    }

    /// Runs `work` on this trainer's threads.
    ///
    /// In a process that was forked after the threads were started, this waits forever: a forked process does not have
    /// them.
    pub fn install<R: Send>(&self, work: impl FnOnce() -> R + Send) -> R {
        match &self.pool {
            Some(pool) => pool.threads.install(work),
            None => work(),
        }
    }

    /// An error if this is a forked process without the threads.
    fn check_process(&self) -> Result<()> {
        match &self.pool {
            Some(pool) => pool.process.check(),
            None => forked::check(),
        }
    }

    /// Trains a network on `train`, validating on `validation` after each epoch, and returns the model, with the
    /// preprocessing and the classes of the training rows. When stopped, the network has the weights of the last step; with
    /// early stopping, the weights of its best epoch. The observer is a closure that takes an
    /// [`EpochReport`](super::EpochReport), anything else that is an [`Observer`], or `()`:
    ///
    /// ```
    /// use chainrule::data::digits;
    /// use chainrule::{Mlp, TrainConfig, Trained, Trainer};
    ///
    /// let network = Mlp::builder(64).dense(10).build()?;
    /// let data = digits::<f32>().scaled(1.0 / 16.0)?;
    /// let trainer = Trainer::new(TrainConfig::default().epochs(2))?;
    /// let Trained { model, report, .. } = trainer.fit(network, &data, None, ())?;
    /// assert!(report.epochs[1].loss < report.epochs[0].loss);
    /// assert_eq!(model.preprocess, *data.preprocessing());
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// Validation rows that are not preprocessed yet are preprocessed as `train` was.
    ///
    /// The result depends on the network, the data and the settings; not on the number of threads, nor on the
    /// observer, nor on the validation data, unless early stopping or a plateau schedule uses them.
    ///
    /// # Errors
    /// When the data do not fit the network or the loss, or the two parts are preprocessed in different ways; when a number
    /// of the network is infinite or NaN before the first step; when the network has batch normalisation and a minibatch
    /// would have a single row; when validation is asked for and there is none; when the trainer's threads are those of a
    /// process that this one was forked from; and [`Error::Step`] when the network refuses a step.
    ///
    /// [`Error::Diverged`] when the loss of a step is infinite or NaN: then training ends at that step; and when after the
    /// last step of an epoch, or where the run was stopped, a parameter or a running statistic is, or after an epoch an
    /// output or the loss of the validation rows. The network is lost then; [`Trainer::resume`] keeps it.
    pub fn fit<T: Scalar>(
        &self,
        network: Mlp<T>,
        train: &Dataset<T>,
        validation: Option<&Dataset<T>>,
        observer: impl Observer<T> + Send,
    ) -> Result<Trained<T>> {
        let mut model = Model::new(network, self.config.loss).described_by(train);
        let report = self.resume(&mut model, train, validation, observer)?;
        Ok(Trained { model, report })
    }

    /// Continues to train a model, for example a loaded one: as [`Trainer::fit`], but in place. The model's preprocessing
    /// is applied to all rows that are not preprocessed yet; its loss becomes [`TrainConfig::loss`], and where that is another one, its
    /// task that of the rows, or of the loss. Names of its classes stay where these rows have none. What its file tells of earlier
    /// rows, [`Model::split`] and [`Model::facts`], stays as well: it is the application's to renew.
    ///
    /// # Errors
    /// As [`Trainer::fit`], and when rows are preprocessed in another way than the model's, or have other classes or columns. After [`Error::Diverged`] the
    /// model has the parameters and running statistics of the last epoch of which everything was finite.
    pub fn resume<T: Scalar>(
        &self,
        model: &mut Model<T>,
        train: &Dataset<T>,
        validation: Option<&Dataset<T>>,
        mut observer: impl Observer<T> + Send,
    ) -> Result<TrainReport> {
        self.run_from(None, model, train, validation, &mut observer)
    }

    fn run_from<T: Scalar>(
        &self,
        from: Option<&Checkpoint>,
        model: &mut Model<T>,
        train: &Dataset<T>,
        validation: Option<&Dataset<T>>,
        observer: &mut (dyn Observer<T> + Send),
    ) -> Result<TrainReport> {
        let train = model.prepared(train)?;
        check_compatible(&model.mlp, &train, self.config.loss)?;
        train.task().map_or(Ok(()), |task| task.check(self.config.loss))?;
        model.learns_by(self.config.loss, &train);
        let setup = NetworkRun { config: &self.config, checkpoints: self.checkpoints.as_ref(), from };
        self.fit_network_by(setup, &mut model.mlp, &train, validation, observer)
    }

    /// Goes on with a run from its checkpoint: as [`Trainer::resume`], of which the model, the rows and this trainer's settings were.
    /// What comes of it is, bit for bit, what would have come of the run if it had not been interrupted, with any number of threads;
    /// the model's weights are replaced first. [`Checkpoints`](super::Checkpoints) has an example.
    ///
    /// # Errors
    /// As [`Trainer::resume`]; [`Error::OtherRun`](crate::Error::OtherRun) when settings, layers or rows are other ones, with each
    /// difference; and when the checkpoint is none of a run.
    pub fn continue_run<T: Scalar>(
        &self,
        checkpoint: &Checkpoint,
        model: &mut Model<T>,
        train: &Dataset<T>,
        validation: Option<&Dataset<T>>,
        mut observer: impl Observer<T> + Send,
    ) -> Result<TrainReport> {
        self.run_from(Some(checkpoint), model, train, validation, &mut observer)
    }

    /// As [`Trainer::fit`], with a loss of the caller's own instead of [`TrainConfig::loss`], which then only evaluates the
    /// model. The loss is given a minibatch and a gradient buffer of zeros, writes its gradient by each element of the
    /// output, row-major, and returns its value, the mean over the minibatch's rows: see
    /// [`Mlp::backward_with`](chainrule_model::Mlp::backward_with). Validation calls it too, and uses the value alone. The
    /// loss of an epoch is the mean of its minibatches' values, weighted by their rows, or in training by the sum of the
    /// rows' weights if the dataset has any.
    ///
    /// ```
    /// use chainrule::data::{Dataset, Features, Targets};
    /// use chainrule::train::LossBatch;
    /// use chainrule::{Loss, Mlp, TargetsRef, TrainConfig, Trainer};
    ///
    /// // The 0.9-quantile of a column that is 1, 2, ..., 10 whatever the feature: 9 of 10 rows lie at most there.
    /// let features = Features::new(10, 1, vec![0.0; 10])?;
    /// let data = Dataset::new(features, Targets::Values { values: (1..=10).map(f64::from).collect(), cols: 1 })?;
    /// let pinball = |batch: LossBatch<'_, f64>, dy: &mut [f64]| {
    ///     let TargetsRef::Values(t) = batch.targets else { panic!("values were given") };
    ///     let rows = t.rows() as f64;
    ///     let mut total = 0.0;
    ///     for (row, dy) in dy.iter_mut().enumerate() {
    ///         let error = t.get(row, 0) - batch.output.get(row, 0);
    ///         total += if error > 0.0 { 0.9 * error } else { -0.1 * error };
    ///         *dy = if error > 0.0 { -0.9 } else { 0.1 } / rows;
    ///     }
    ///     total / rows
    /// };
    /// let network = Mlp::builder(1).dense(1).build_as::<f64>()?;
    /// let trainer = Trainer::new(TrainConfig::default().epochs(2000).loss(Loss::Mae))?;
    /// let model = trainer.fit_with(network, &data, None, pinball, ())?.model;
    /// assert!((model.mlp.params()[1] - 9.0).abs() < 0.2);
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    ///
    /// Targets may have any number of columns, for example with further data of a row. The accuracy is computed if the
    /// targets are classes and each has an output.
    ///
    /// # Errors
    /// As [`Trainer::fit`], except for the checks of targets, which only the library's losses make; when class weights,
    /// positive weights or label smoothing are set; and [`Error::Diverged`] also when the loss writes a gradient that is
    /// infinite or NaN.
    pub fn fit_with<T: Scalar>(
        &self,
        network: Mlp<T>,
        train: &Dataset<T>,
        validation: Option<&Dataset<T>>,
        loss: impl FnMut(LossBatch<'_, T>, &mut [T]) -> f64 + Send, // of a minibatch and its gradient, (batch, outputs)
        observer: impl Observer<T> + Send,
    ) -> Result<Trained<T>> {
        let mut model = Model::new(network, self.config.loss).described_by(train);
        let report = self.fit_network_with(&mut model.mlp, train, validation, loss, observer)?;
        model.name_classes(train);
        Ok(Trained { model, report })
    }

    /// As [`Trainer::resume`], for a network without the rest of a model: the caller has to preprocess the rows of
    /// predictions as those of training. For experiments and comparisons; a model that is to be saved is trained by
    /// [`Trainer::fit`].
    ///
    /// # Errors
    /// As [`Trainer::resume`].
    pub fn fit_network<T: Scalar>(
        &self,
        mlp: &mut Mlp<T>,
        train: &Dataset<T>,
        validation: Option<&Dataset<T>>,
        mut observer: impl Observer<T> + Send,
    ) -> Result<TrainReport> {
        let setup = NetworkRun { config: &self.config, checkpoints: self.checkpoints.as_ref(), from: None };
        self.fit_network_by(setup, mlp, train, validation, &mut observer)
    }

    /// The same by other settings, except for the number of threads.
    pub(super) fn fit_network_by<T: Scalar>(
        &self,
        setup: NetworkRun<'_>,
        mlp: &mut Mlp<T>,
        train: &Dataset<T>,
        validation: Option<&Dataset<T>>,
        observer: &mut (dyn Observer<T> + Send),
    ) -> Result<TrainReport> {
        let NetworkRun { config, checkpoints, from } = setup;
        let _running = self.stop.begin();
        self.check_process()?;
        check_compatible(mlp, train, config.loss)?;
        let validation = validation.map(|data| Described::of(train).prepared(data)).transpose()?;
        let validation = validation.as_deref();
        validation.map_or(Ok(()), |validation| check_compatible(mlp, validation, config.loss))?;
        let validation = validation.map(|data| ValidationSet { data, decision: Decision::of(data, config.loss) });
        check(config, mlp, validation, &config.loss.to_string())?;
        let weights = loss_weights::<T>(config, train, mlp.outputs())?;
        let (outputs, smoothing) = (weights.as_deref(), config.label_smoothing);
        let criterion = Known(Objective { outputs, smoothing, ..config.loss.into() });
        let task = TrainingTask { data: train, criterion, decision: Decision::of(train, config.loss) };
        let run = RunSetup { config, stop: &self.stop, task, validation, checkpoints, from };
        self.install(|| epoch_loop::run(run, mlp, observer))
    }

    /// As [`Trainer::fit_network`], with a loss of the caller's own: see [`Trainer::fit_with`].
    ///
    /// # Errors
    /// As [`Trainer::fit_with`].
    pub fn fit_network_with<T: Scalar>(
        &self,
        mlp: &mut Mlp<T>,
        train: &Dataset<T>,
        validation: Option<&Dataset<T>>,
        loss: impl FnMut(LossBatch<'_, T>, &mut [T]) -> f64 + Send, // of a minibatch and its gradient, (batch, outputs)
        mut observer: impl Observer<T> + Send,
    ) -> Result<TrainReport> {
        let _running = self.stop.begin();
        self.check_process()?;
        let config = &self.config;
        check_own_loss(config, mlp, train)?;
        let validation = validation.map(|data| Described::of(train).prepared(data)).transpose()?;
        let validation = validation.as_deref();
        validation.map_or(Ok(()), |validation| check_own_loss(config, mlp, validation))?;
        let validation = validation.map(|data| ValidationSet { data, decision: Decision::of_own_loss(data, mlp) });
        check(config, mlp, validation, "a loss of your own")?;
        let task = TrainingTask { data: train, criterion: Own(loss), decision: Decision::of_own_loss(train, mlp) };
        let checkpoints = self.checkpoints.as_ref();
        let run = RunSetup { config, stop: &self.stop, task, validation, checkpoints, from: None };
        self.install(|| epoch_loop::run(run, mlp, &mut observer))
    }
}

/// The checks for both kinds of loss.
fn check<T: Scalar>(
    config: &TrainConfig,
    mlp: &Mlp<T>,
    validation: Option<ValidationSet<'_, T>>,
    loss: &str,
) -> Result<()> {
    check_start(mlp)?;
    check_validation(config, validation.map(|set| set.decision.is_some()), loss)
}

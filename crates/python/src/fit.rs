//! A training run: what `chainrule.Trainer.fit` computes.

use std::ops::ControlFlow;
use std::sync::Arc;

use chainrule::data::{Order, Scaling};
use chainrule::optim::{Clip, LbfgsSettings, Schedule};
use chainrule::train::{
    Checkpoint, ClassWeights, EarlyStopping, History, LossBatch, Settings as KeptSettings, StopReason,
};
use chainrule::{
    EpochReport, Facts, Loss, MatRef, Optimizer, Scalar, TargetsRef, Task, TrainConfig, TrainReport, Trainer,
};
use numpy::{Element, IntoPyArray, PyArrayMethods, PyReadonlyArray2};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::arrays::in_order;
use crate::calls::{Caller, run_calling};
use crate::checkpoints::{Best, Kept};
use crate::failure::Failure;
use crate::learner::Learner;
use crate::mlp::{AnyLearner, Mlp};
use crate::model::{Inner, Model};
use crate::part::{Part, Ready};
use crate::threads::usual;

/// The settings of a run, from a dict.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Settings {
    loss: String,
    optimizer: String,
    epochs: usize,
    batch_size: usize,
    seed: u64,
    shuffle: bool,
    schedule: Option<String>,
    clip_norm: Option<f64>,
    balance_classes: bool,
    label_smoothing: f64,
    patience: Option<usize>,
    min_delta: f64,
    preprocess: Option<String>,
    threads: Option<usize>,
}

/// An epoch: its number, loss and accuracy of the rows learned from; loss, accuracy, mean absolute error and R2 of the
/// validation rows; learning rate, seconds.
type Epoch = (usize, f64, Option<f64>, Option<f64>, Option<f64>, Option<f64>, Option<f64>, Option<f64>, f64);

/// Epochs, why the run ended, the best epoch, steps, seconds.
type Report = (Vec<Epoch>, &'static str, Option<usize>, usize, f64);

/// The functions of Python that a run calls.
#[derive(Clone)]
struct Functions {
    /// Of (outputs, targets, weights): the loss and its gradient.
    loss: Option<Arc<Py<PyAny>>>,
    /// Of an epoch: whether the run goes on.
    epoch: Option<Arc<Py<PyAny>>>,
}

/// Refuses settings that are out of their range.
#[pyfunction]
pub(crate) fn check_settings(settings: Settings) -> PyResult<()> {
    settings.scaling()?;
    Ok(settings.config()?.check().map_err(Failure::from)?)
}

/// A run, but for its model and rows.
struct Run<'a> {
    trainer: Trainer,
    functions: &'a Functions,
    kept: Option<&'a Kept>,
    from: Option<Checkpoint>,
}

impl<'a> Run<'a> {
    fn new(settings: &Settings, functions: &'a Functions, kept: Option<&'a Kept>) -> Result<Self, Failure> {
        let trainer = Trainer::new(settings.config()?)?;
        let Some(kept) = kept else { return Ok(Run { trainer, functions, kept: None, from: None }) };
        if functions.loss.is_some() {
            let text = "checkpoints with a loss of your own: a run could not tell whether it goes on with the same one; \
                        expected none, or a named loss";
            return Err(Failure::input(text));
        }
        let trainer = trainer.with_checkpoints(kept.settings()?)?;
        Ok(Run { trainer, functions, kept: Some(kept), from: kept.start()? })
    }
}

/// Trains the network in place; returns a model with a copy, and the report.
#[pyfunction]
pub(crate) fn fit(
    py: Python<'_>,
    mlp: &Mlp,
    parts: (Bound<'_, PyTuple>, Option<Bound<'_, PyTuple>>),
    settings: Settings,
    functions: (Option<Py<PyAny>>, Option<Py<PyAny>>),
    kept: Option<Kept>,
) -> PyResult<(Model, Report)> {
    let functions = Functions { loss: functions.0.map(Arc::new), epoch: functions.1.map(Arc::new) };
    let (run, scaling) = (Run::new(&settings, &functions, kept.as_ref())?, settings.scaling()?);
    let mut lent = mlp.lend()?;
    match lent.learner() {
        AnyLearner::Single(learner) => {
            let (model, report) = trained(py, learner, &parts, scaling, &run)?;
            Ok((Model { inner: Inner::Single(model) }, report))
        }
        AnyLearner::Double(learner) => {
            let (model, report) = trained(py, learner, &parts, scaling, &run)?;
            Ok((Model { inner: Inner::Double(model) }, report))
        }
    }
}

fn trained<T: Element + Scalar>(
    py: Python<'_>,
    learner: &mut Learner<T>,
    parts: &(Bound<'_, PyTuple>, Option<Bound<'_, PyTuple>>),
    scaling: Option<Scaling>,
    run: &Run<'_>,
) -> PyResult<(chainrule::Model<T>, Report)> {
    let trainer = &run.trainer;
    let train = Part::<T>::new(&parts.0)?;
    let validation = parts.1.as_ref().map(Part::<T>::new).transpose()?;
    let (start, handle) = (learner.mlp.try_clone().map_err(Failure::from)?, trainer.stop_handle());
    let mut made = None;
    let work = |caller: &Caller| {
        let ready = trainer.install(|| train.ready(validation, scaling))?;
        let model = made.insert(chainrule::Model::new(start, trainer.config().loss).described_by(&ready.train));
        model.split = ready.split.clone();
        let report = fitted(run, model, &ready, caller)?;
        describe(model, run, &ready, report.epochs_run, report.best);
        Ok(report)
    };
    let result = run_calling(py, || handle.stop(), work);
    if let Some(model) = &made {
        // Also where the run was ended: the weights of its last step, or of its last epoch that was finite.
        learner.replace(model.mlp.try_clone().map_err(Failure::from)?);
    }
    let report = summary(&result?);
    Ok((made.ok_or_else(|| Failure::Internal("a run without a model".to_owned()))?, report))
}

fn fitted<T: Element + Scalar>(
    run: &Run<'_>,
    model: &mut chainrule::Model<T>,
    ready: &Ready<T>,
    caller: &Caller,
) -> Result<TrainReport, Failure> {
    let Run { trainer, functions, kept, from } = run;
    let (train, validation) = (&ready.train, ready.validation.as_ref());
    let observer = |report: &EpochReport| match &functions.epoch {
        None => ControlFlow::Continue(()),
        Some(function) => {
            let (function, epoch) = (Arc::clone(function), epoch(report));
            let goes_on = caller.call(move |py| function.bind(py).call1((epoch,))?.extract::<bool>());
            if goes_on == Some(true) { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        }
    };
    let Some(function) = &functions.loss else {
        let Some(kept) = kept else { return Ok(trainer.resume(model, train, validation, observer)?) };
        let mut described = model.clone();
        describe(&mut described, run, ready, 0, None);
        let mut failed = None;
        let observers = (observer, Best::new(kept, described, from.as_ref(), &mut failed)?);
        let report = match from {
            Some(from) => trainer.continue_run(from, model, train, validation, observers)?,
            None => trainer.resume(model, train, validation, observers)?,
        };
        return failed.map_or(Ok(report), |error| Err(error.into()));
    };
    let own = |batch: LossBatch<'_, T>, dy: &mut [T]| match ask(caller, function, batch) {
        Some((value, gradient)) if gradient.len() == dy.len() => {
            dy.copy_from_slice(&gradient);
            value
        }
        // What was raised is the result of the run.
        _ => f64::NAN,
    };
    Ok(trainer.fit_network_with(&mut model.mlp, train, validation, own, observer)?)
}

/// The caller's loss of a minibatch and its gradient, (batch, outputs); `None` where it raised.
fn ask<T: Element + Scalar>(
    caller: &Caller,
    function: &Arc<Py<PyAny>>,
    batch: LossBatch<'_, T>,
) -> Option<(f64, Vec<T>)> {
    let function = Arc::clone(function);
    let (rows, outputs) = (batch.output.rows(), batch.output.cols());
    let output = elements(batch.output);
    let weights = batch.weights.map(<[T]>::to_vec);
    let (classes, values) = match batch.targets {
        TargetsRef::Classes(classes) => (Some(classes.iter().map(|&class| i64::from(class)).collect::<Vec<_>>()), None),
        TargetsRef::Values(values) => (None, Some((elements(values), values.cols()))),
    };
    caller.call(move |py| {
        let output = output.into_pyarray(py).reshape([rows, outputs])?;
        let targets = match (classes, values) {
            (Some(classes), _) => classes.into_pyarray(py).into_any(),
            (None, Some((values, cols))) => values.into_pyarray(py).reshape([rows, cols])?.into_any(),
            (None, None) => py.None().into_bound(py),
        };
        let weights = weights.map(|weights| weights.into_pyarray(py));
        let found = function.bind(py).call1((output, targets, weights))?;
        let (value, gradient): (f64, PyReadonlyArray2<'_, T>) = found.extract()?;
        Ok((value, in_order(&gradient, "the gradient")?.to_vec()))
    })
}

/// The elements of a matrix, row-major.
pub(crate) fn elements<T: Scalar>(matrix: MatRef<'_, T>) -> Vec<T> {
    (0..matrix.rows()).flat_map(|i| (0..matrix.cols()).map(move |j| matrix.get(i, j))).collect()
}

impl Settings {
    fn scaling(&self) -> Result<Option<Scaling>, Failure> {
        Ok(self.preprocess.as_deref().map(str::parse).transpose()?)
    }

    fn config(&self) -> Result<TrainConfig, Failure> {
        let is_lbfgs = self.optimizer.trim() == "lbfgs";
        let usual_settings = TrainConfig::default();
        let optimizer = match is_lbfgs {
            true => usual_settings.optimizer,
            false => self.optimizer.parse::<Optimizer>()?,
        };
        let schedule = self.schedule.as_deref().map_or(Ok(Schedule::Constant), str::parse)?;
        let stopping = |patience| EarlyStopping { min_delta: self.min_delta, ..EarlyStopping::new(patience) };
        Ok(TrainConfig {
            epochs: self.epochs,
            batch: self.batch_size,
            loss: self.loss.parse::<Loss>()?,
            optimizer,
            lbfgs: is_lbfgs.then(LbfgsSettings::default),
            schedule,
            clip: self.clip_norm.map(Clip::Norm),
            class_weights: if self.balance_classes { ClassWeights::Balanced } else { ClassWeights::Equal },
            label_smoothing: self.label_smoothing,
            early_stopping: self.patience.map(stopping),
            order: if self.shuffle { Order::Shuffled { seed: self.seed } } else { Order::Sequential },
            // Its own, so that functions that are called back may compute in the others.
            threads: Some(self.threads.unwrap_or_else(usual)),
            history: History::All,
            epoch_hashes: false,
            ..usual_settings
        })
    }
}

/// Says in the model how it was trained, for this many epochs.
fn describe<T: Scalar>(
    model: &mut chainrule::Model<T>,
    run: &Run<'_>,
    ready: &Ready<T>,
    epochs: usize,
    best_epoch: Option<usize>,
) {
    if ready.train.classes().is_some() {
        // Also with a loss of values, whose targets are 1 at the class and 0 elsewhere.
        model.task = Some(Task::Classification);
    }
    // Classes that are numbers stay numbers.
    model.class_names = ready.train.class_names().map(<[String]>::to_vec);
    model.facts = Some(Facts {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        kernel: model.mlp.kernel_name().to_owned(),
        rows: ready.train.rows(),
        epochs,
        best_epoch,
        own_loss: run.functions.loss.is_some(),
        settings: Some(KeptSettings::of(run.trainer.config())),
        ..Facts::default()
    });
}

fn epoch(report: &EpochReport) -> Epoch {
    let found = report.validation.as_ref();
    (
        report.epoch,
        report.loss,
        report.accuracy,
        found.map(|found| found.loss),
        found.and_then(|found| found.accuracy),
        found.and_then(|found| found.mae),
        found.and_then(|found| found.r2),
        report.learning_rate,
        report.seconds,
    )
}

fn summary(report: &TrainReport) -> Report {
    let reason = match report.stop_reason {
        StopReason::Finished => "finished",
        StopReason::EarlyStopped => "early-stopped",
        StopReason::Converged => "converged",
        StopReason::ByObserver => "callback",
        _ => "stopped",
    };
    (report.epochs.iter().map(epoch).collect(), reason, report.best, report.steps, report.seconds)
}

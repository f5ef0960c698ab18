//! Training and evaluation on arrays.

use std::ops::ControlFlow;

use chainrule::data::{Dataset, Preprocess};
use chainrule::train::StopReason;
use chainrule::{EpochReport, Model, Scalar, TrainReport, Trainer};

use crate::border::ChainruleEpoch;
use crate::data::{Data, dataset};
use crate::held::{AnyModel, Held, copy, each};
use crate::options::Options;
use crate::status::{CHAINRULE_ERROR_UNSUPPORTED, Failure};
use crate::types::{
    CHAINRULE_PREPARED, CHAINRULE_STOP_CALLBACK, CHAINRULE_STOP_CONVERGED, CHAINRULE_STOP_EARLY,
    CHAINRULE_STOP_FINISHED, ChainruleEvaluation, ChainruleTrainReport,
};

/// The rows of a run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RunData<'a, U> {
    pub(crate) train: Data<'a, U>,
    pub(crate) validation: Option<Data<'a, U>>,
}

/// A trained copy of a model. `on_epoch` says whether the run goes on.
pub(crate) fn train<U: Scalar>(
    start: &Held,
    data: RunData<'_, U>,
    options: &Options<'_>,
    on_epoch: impl FnMut(&ChainruleEpoch) -> bool + Send,
) -> Result<(Held, ChainruleTrainReport), Failure> {
    // A trainer of threads of its own needs no others, also in a process that was forked.
    if options.threads == 0 {
        chainrule::start_threads()?;
    }
    let (model, report) = match &start.model {
        AnyModel::Single(model) => {
            let (model, report) = trained(model, data, options, on_epoch)?;
            (AnyModel::Single(model), report)
        }
        AnyModel::Double(model) => {
            let (model, report) = trained(model, data, options, on_epoch)?;
            (AnyModel::Double(model), report)
        }
    };
    Ok((model.into(), report))
}

fn trained<T: Scalar, U: Scalar>(
    start: &Model<T>,
    data: RunData<'_, U>,
    options: &Options<'_>,
    mut on_epoch: impl FnMut(&ChainruleEpoch) -> bool + Send,
) -> Result<(Model<T>, ChainruleTrainReport), Failure> {
    let trainer = Trainer::new(options.config(start.loss)?)?;
    let mut model = copy(start)?;
    let train = prepared(&mut model, data.train, options)?;
    let validation = data.validation.map(|data| dataset(&model, data)).transpose()?;
    if model.schema.is_none() {
        let (target, task) = (model.target.clone(), model.task);
        model = model.described_by(&train);
        (model.target, model.task) = (target, task);
    }
    let observer = |report: &EpochReport| match on_epoch(&epoch(report)) {
        true => ControlFlow::Continue(()),
        false => ControlFlow::Break(()),
    };
    let report = trainer.resume(&mut model, &train, validation.as_ref(), observer)?;
    Ok((model, summary(&report)))
}

/// The rows to train on, as the network takes them. A preprocessing that the options ask for becomes the model's.
fn prepared<T: Scalar, U: Scalar>(
    model: &mut Model<T>,
    data: Data<'_, U>,
    options: &Options<'_>,
) -> Result<Dataset<T>, Failure> {
    if options.preprocess.is_none() {
        return dataset(model, data);
    }
    if model.schema.is_some() || data.flags & CHAINRULE_PREPARED != 0 {
        let text = "preprocess is given for rows that are prepared already, by the model of a table or by \
                    CHAINRULE_PREPARED; expected NULL";
        return Err(Failure::new(CHAINRULE_ERROR_UNSUPPORTED, text));
    }
    model.preprocess = Preprocess::None;
    let raw = dataset(model, data)?;
    if let Some(preprocess) = options.preprocess(&raw)? {
        model.preprocess = preprocess;
    }
    drop(raw);
    dataset(model, data)
}

fn epoch(report: &EpochReport) -> ChainruleEpoch {
    let validation = report.validation.as_ref();
    ChainruleEpoch {
        epoch: report.epoch,
        loss: report.loss,
        validation_loss: validation.map_or(f64::NAN, |found| found.loss),
        validation_accuracy: validation.and_then(|found| found.accuracy).unwrap_or(f64::NAN),
        seconds: report.seconds,
    }
}

fn summary(report: &TrainReport) -> ChainruleTrainReport {
    let last = report.best_epoch.as_ref().or(report.epochs.last()).map(epoch);
    ChainruleTrainReport {
        size: size_of::<ChainruleTrainReport>(),
        epochs: report.epochs_run,
        steps: report.steps,
        best_epoch: report.best.unwrap_or(0),
        loss: last.map_or(f64::NAN, |epoch| epoch.loss),
        validation_loss: last.map_or(f64::NAN, |epoch| epoch.validation_loss),
        validation_accuracy: last.map_or(f64::NAN, |epoch| epoch.validation_accuracy),
        seconds: report.seconds,
        stop_reason: match report.stop_reason {
            StopReason::EarlyStopped => CHAINRULE_STOP_EARLY,
            StopReason::Converged => CHAINRULE_STOP_CONVERGED,
            StopReason::ByObserver | StopReason::Stopped => CHAINRULE_STOP_CALLBACK,
            _ => CHAINRULE_STOP_FINISHED,
        },
    }
}

/// How good the model is on these rows.
pub(crate) fn evaluate<U: Scalar>(held: &Held, data: Data<'_, U>) -> Result<ChainruleEvaluation, Failure> {
    each!(&held.model, model => {
        let found = model.evaluate(&dataset(model, data)?)?;
        Ok(ChainruleEvaluation {
            size: size_of::<ChainruleEvaluation>(),
            rows: found.rows,
            loss: found.loss,
            accuracy: found.accuracy.unwrap_or(f64::NAN),
            mean_absolute_error: found.mae.unwrap_or(f64::NAN),
            r2: found.r2.unwrap_or(f64::NAN),
        })
    })
}

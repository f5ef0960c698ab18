//! What `train` says of a run: before its first step, at its end, as JSON, and in the model's file.

use std::path::Path;

use chainrule::data::{Dataset, Source, Split, SplitBy};
use chainrule::train::{Settings, StopReason};
use chainrule::{Evaluation, Facts, Model, Scalar, Task, TrainConfig, TrainReport, Trainer, weights_sha256};
use serde::Serialize;

use crate::args::TrainArgs;
use crate::checkpoint::telling;
use crate::data::print_notes;
use crate::escape::{shown, typed};
use crate::interrupt;
use crate::limits;
use crate::network::sketch;
use crate::output::{Output, become_features, brief, grouped, loss_of, percent, plural, seconds};
use crate::refit::Refit;
use crate::rows::Rows;
use crate::schedule_args;

/// The first JSON line: everything that makes the run again.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename = "start")]
pub(crate) struct StartLine<'a> {
    version: &'a str,
    command: Vec<String>,
    data: String,
    /// Tells other data from the same.
    data_hash: Option<&'a str>,
    rows: usize,
    validation_rows: usize,
    test_rows: usize,
    features: Option<Vec<String>>,
    classes: Option<&'a [String]>,
    task: Task,
    target: &'a [String],
    loss: String,
    optimizer: String,
    batch: usize,
    epochs: usize,
    patience: Option<usize>,
    seed: u64,
    split_seed: Option<u64>,
    split_by: Option<SplitBy>,
    layers: Vec<String>,
    parameters: usize,
    preprocess: String,
    dtype: &'a str,
    kernel: &'a str,
    threads: usize,
}

/// The last JSON line.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename = "done")]
pub(crate) struct DoneLine<'a> {
    epochs: usize,
    steps: usize,
    test_loss: Option<f64>,
    /// Of a regression: what the loss is of.
    #[serde(skip_serializing_if = "Option::is_none")]
    loss_of: Option<&'static str>,
    test_accuracy: Option<f64>,
    /// In the targets' own unit.
    test_mae: Option<f64>,
    test_r2: Option<f64>,
    task: Option<Task>,
    seconds: f64,
    step_us: f64,
    weights_sha256: String,
    threads: usize,
    kernel: &'a str,
    interrupted: bool,
    /// With --patience: the epoch that the weights are from.
    best_epoch: Option<usize>,
    /// The rows of the training and validation parts, where the network was trained anew on both for that many epochs.
    refit_rows: Option<usize>,
    saved: Option<String>,
    /// The folder of its checkpoints, from which an interrupted run goes on.
    pub(crate) checkpoints: Option<String>,
}

pub(crate) fn start<'a, T: Scalar>(
    args: &TrainArgs,
    model: &'a Model<T>,
    rows: &'a Rows<T>,
    trainer: &Trainer,
) -> StartLine<'a> {
    let config = trainer.config();
    let count = |part: &Option<Dataset<T>>| part.as_ref().map_or(0, Dataset::rows);
    StartLine {
        version: env!("CARGO_PKG_VERSION"),
        command: telling(&args.command),
        data: args.data.to_string(),
        data_hash: rows.split.as_ref().map(|split| split.data().1),
        rows: rows.train.rows(),
        validation_rows: count(&rows.validation),
        test_rows: count(&rows.test),
        features: model.schema.as_ref().map(|schema| schema.feature_names()),
        classes: rows.train.class_names(),
        task: rows.task,
        target: model.target.names(),
        loss: model.loss.to_string(),
        optimizer: if config.lbfgs.is_some() { "lbfgs".to_owned() } else { config.optimizer.to_string() },
        batch: config.batch,
        epochs: config.epochs,
        patience: config.early_stopping.map(|stopping| stopping.patience),
        seed: args.seed,
        split_seed: rows.split.as_ref().map(|split| split.request().seed),
        split_by: rows.split.as_ref().map(|split| split.request().by),
        layers: model.mlp.layers().iter().map(ToString::to_string).collect(),
        parameters: model.mlp.params().len(),
        preprocess: model.preprocess.to_string(),
        dtype: T::NAME,
        kernel: model.mlp.kernel_name(),
        threads: trainer.threads(),
    }
}

/// The last JSON line of a run.
pub(crate) fn done<'a, T: Scalar>(
    report: &TrainReport,
    model: &'a Model<T>,
    trainer: &Trainer,
    tested: Option<&Evaluation>,
    refit: Option<&Refit>,
    saved: Option<&Path>,
) -> DoneLine<'a> {
    DoneLine {
        epochs: report.epochs_run,
        steps: report.steps,
        test_loss: tested.map(|tested| tested.loss),
        loss_of: tested.and_then(|_| loss_of(model.task, false)),
        test_accuracy: tested.and_then(|tested| tested.accuracy),
        test_mae: tested.and_then(|tested| tested.mae),
        test_r2: tested.and_then(|tested| tested.r2),
        task: model.task,
        seconds: report.seconds,
        step_us: report.step_us(),
        weights_sha256: weights_sha256(&model.mlp),
        threads: trainer.threads(),
        kernel: model.mlp.kernel_name(),
        interrupted: report.stop_reason == StopReason::Stopped,
        best_epoch: report.best,
        refit_rows: refit.and_then(Refit::rows),
        saved: saved.map(|path| path.display().to_string()),
        checkpoints: None,
    }
}

/// What the model's file remembers of the run.
pub(crate) fn facts<T: Scalar>(
    args: &TrainArgs,
    config: &TrainConfig,
    report: &TrainReport,
    model: &Model<T>,
    rows: &Rows<T>,
    tested: Option<&Evaluation>,
) -> Facts {
    let scores = tested.map(|tested| {
        let scores =
            [("loss", Some(tested.loss)), ("accuracy", tested.accuracy), ("MAE", tested.mae), ("R2", tested.r2)];
        let is = rows.test_is;
        scores.iter().filter_map(|(name, score)| Some((format!("{name} {is}"), (*score)?))).collect()
    });
    Facts {
        command: telling(&args.command),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        kernel: model.mlp.kernel_name().to_owned(),
        data: args.data.to_string(),
        rows: if model.split.as_ref().is_some_and(Split::is_refit) { rows.whole.as_ref() } else { None }
            .unwrap_or(&rows.train)
            .rows(),
        epochs: report.epochs_run,
        refit_epochs: None,
        row_weights: args.fitting.row_weights().map(str::to_owned),
        own_loss: false,
        best_epoch: report.best,
        scores: scores.unwrap_or_default(),
        settings: Some(Settings::of(config)),
    }
}

pub(crate) fn tell_beginning<T: Scalar>(
    args: &TrainArgs,
    model: &Model<T>,
    data: &Rows<T>,
    trainer: &Trainer,
    output: &mut Output,
) {
    let train = &data.train;
    let parts = [("to validate on", &data.validation), (data.test_is, &data.test)];
    let parts = parts.iter().filter_map(|(is, part)| Some(format!(", {} {is}", grouped(part.as_ref()?.rows()))));
    let parts: String = parts.collect();
    let targets = match train.classes() {
        Some(classes) => plural(classes, "class"),
        None => plural(train.targets().width(), "value"),
    };
    let columns = model.schema.as_ref().map_or(0, |schema| schema.column_names().len());
    let (rows, features) = (plural(train.rows(), "row"), become_features(columns, train.cols()));
    output.say(format_args!("{}: {rows} to train on{parts}; {features}, {targets}", shown(&args.data)));
    // As the file of settings has them, not as they are typed.
    args.notes.iter().for_each(|note| output.say(shown(note)));
    print_notes(&data.notes, output);
    if !model.target.names().is_empty() {
        let (names, scaled) = (shown(model.target.names().join(", ")), model.target.scaling().is_some());
        let scaled = if scaled { ", standardised for training" } else { "" };
        let scaled = if args.raw_targets { "" } else { scaled };
        let targets = if train.classes().is_some() { targets } else { format!("{targets} a row") };
        output.say(format_args!("target {names}: {targets}, {}, {}{scaled}", data.task, model.loss));
    }
    let mlp = &model.mlp;
    let (parameters, threads) = (plural(mlp.params().len(), "parameter"), plural(trainer.threads(), "thread"));
    output.say(format_args!("network: {}; {parameters}, {}, {threads}", sketch(mlp), mlp.kernel_name()));
    let order = if args.no_shuffle { "in order".to_owned() } else { format!("seed {}", args.seed) };
    let TrainConfig { optimizer, batch, epochs, .. } = *trainer.config();
    let clip = trainer.config().clip.map(|clip| format!(", {clip}")).unwrap_or_default();
    let (weights, schedule) = (args.weights.words(), schedule_args::words(trainer.config()));
    output.say(match trainer.config().lbfgs {
        Some(_) => format!("{}{weights}, lbfgs, all rows at once{schedule}\n", model.loss),
        None => {
            format!(
                "{}{weights}, {optimizer}{clip}{schedule}, batches of {batch}, {}, {order}\n",
                model.loss,
                plural(epochs, "epoch")
            )
        }
    });
}

/// What is said at the end; `whose` says which epoch the weights are of.
pub(crate) fn tell_end(
    args: &TrainArgs,
    report: &TrainReport,
    whose: Option<String>,
    tested: Option<(&Evaluation, &str)>,
    saved: Option<&Path>,
    output: &mut Output,
) {
    output.say("");
    if report.stop_reason == StopReason::Stopped {
        output.say(match report.steps {
            steps if report.best.is_some() => format!("interrupted after {}", plural(steps, "step")),
            steps => format!("interrupted after {}; this is the model at that point", plural(steps, "step")),
        });
    }
    if report.stop_reason == StopReason::Converged {
        output.say(format_args!("lbfgs found no lower loss after {}", plural(report.steps, "iteration")));
    }
    if let Some(whose) = whose {
        output.say(whose);
    }
    if let Some((tested, is)) = tested {
        let rows = plural(tested.rows, "row");
        output.say(match (tested.accuracy, tested.mae, tested.r2) {
            (Some(accuracy), ..) => format!("{is}: {} of {rows} right, loss {:.5}", percent(accuracy), tested.loss),
            (None, Some(mae), Some(r2)) => {
                format!("{is}: R2 {r2:.4}, mean absolute error {}, loss {} over {rows}", brief(mae), brief(tested.loss))
            }
            _ => format!("{is}: loss {} over {rows}", brief(tested.loss)),
        });
    }
    let (steps, time) = (plural(report.steps, "step"), seconds(report.seconds));
    output.say(format_args!("{steps} in {time}, {:.1} us a step", report.step_us()));
    if let Some(path) = saved {
        // Of several files, which a pattern named, one is a source too.
        let source = match &args.data {
            Source::Files(paths) => paths.first().map(|path| path.display().to_string()).unwrap_or_default(),
            source => source.to_string(),
        };
        let options = args.columns.needed_again() + &args.memory.needed_again() + &limits::needed_again();
        let rows = match &args.data {
            Source::Stdin => format!("{options} < ROWS"),
            _ => format!(" --data {}{options}", typed(&source)),
        };
        let (saved, model) = (shown(path.display()), typed(&path.display().to_string()));
        output.say(format_args!("saved {saved}; predict with: chainrule predict {model}{rows}"));
    }
    let folder = args.run.run.as_deref().or(args.checkpoints.folder());
    if let (true, Some(folder)) = (interrupt::stopped_by().is_some(), folder) {
        output.say(format_args!("go on with: chainrule train --resume {}", shown(folder.display())));
    }
}

//! `chainrule train`: checks the options, reads the data, trains, saves and reports.

use std::path::Path;

use chainrule::data::{Order, Split};
use chainrule::kernel::Kernel;
use chainrule::optim::{Clip, LbfgsSettings};
use chainrule::train::{StopReason, Usual};
use chainrule::{
    DType, Evaluation, Facts, Loss, Model, ModelError, ModelFile, Optimizer, Scalar, Task, TrainConfig, TrainReport,
    Trainer, weights_sha256,
};
use serde::Serialize;

use crate::args::TrainArgs;
use crate::cv;
use crate::data::{Named, print_notes};
use crate::doctor::{Patient, Run, Watch};
use crate::escape::shown;
use crate::failure::Failure;
use crate::files::{self, Inputs};
use crate::interrupt;
use crate::network::{ArchitectureArgs, sketch};
use crate::output::{Output, brief, grouped, percent, plural, seconds, tell};
use crate::progress::{Progress, Sight, Size};
use crate::refit::{self, Refit};
use crate::rows::Rows;
use crate::schedule_args;

/// The last JSON line.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename = "done")]
struct DoneLine<'a> {
    epochs: usize,
    steps: usize,
    test_loss: Option<f64>,
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
}

pub(crate) fn run(args: &TrainArgs) -> Result<(), Failure> {
    args.optimizer.lbfgs()?;
    args.optimizer
        .or_named("sgd")
        .optimizer()
        .or(args.optimizer.or_named("adam").optimizer())
        .map(drop)
        .or_else(|failure| if args.optimizer.is_lbfgs() { Ok(()) } else { Err(failure) })?;
    args.data().check_target()?;
    if let Some(test) = args.test_data() {
        test.check()?;
    }
    if let Some(path) = &args.save {
        files::check_output("--save", path, &args.inputs())?;
    }
    let init: Option<(ModelFile, &Path)> = match args.init.as_deref() {
        Some(path) => Some((args.order.open(path)?, path)),
        None => args.order.refuse_without("with --init").map(|()| None)?,
    };
    match args.dtype.or(init.as_ref().map(|(file, _)| file.dtype())).unwrap_or(DType::F32) {
        DType::F32 => train::<f32>(args, init),
        DType::F64 => train::<f64>(args, init),
    }
}

fn train<T: Scalar>(args: &TrainArgs, init: Option<(ModelFile, &Path)>) -> Result<(), Failure> {
    let wanted = ArchitectureArgs {
        hidden: args.hidden.as_ref(),
        activation: args.activation,
        norm: args.norm,
        dropout: args.dropout,
        init: args.init_weights,
    };
    let first = match &init {
        Some((file, path)) => Some((wanted.load::<T>(file, path)?, file.has_architecture())),
        None => None,
    };
    let stored = first.as_ref().filter(|(_, described)| *described).map(|(model, _)| model);
    if let Some(loss) = args.loss.or(stored.map(|model| model.loss)) {
        args.weights.check(loss)?;
    }
    Kernel::<T>::selected().map_err(ModelError::from)?;

    let mut output = Output::new(args.json, args.quiet);
    let rows = Rows::<T>::read(args, stored)?;
    let loss = args.loss.or(stored.map(|model| model.loss)).unwrap_or(rows.task.usual_loss());
    args.weights.check(loss)?;
    let trainer = Trainer::new(args.config(loss, &rows.usual)?)?;
    let mut model = match first {
        Some((mut model, _)) => {
            model.mlp.reseed(args.seed);
            model
        }
        None => Model::new(wanted.build(rows.shape(args.seed))?, loss),
    };
    model.loss = loss;
    model = model.described_by(&rows.train);
    model.split = rows.split.clone();
    let (train, watched) = (&rows.train, rows.watched());

    interrupt::stop_training(trainer.stop_handle());
    tell_beginning(args, &model, &rows, &trainer, &mut output);
    cv::run(args, &rows, &trainer, &wanted, &mut output)?;
    let mut watch = Watch::default();
    watch.look(&Patient::of(&model), train, &trainer, Run::BEFORE, &mut output)?;
    let config = trainer.config();
    let size = Size { rows: train.rows(), batch: rows_a_step(config, train.rows()), epochs: config.epochs };
    let sight = Sight { watch: &mut watch, train, trainer: &trainer, rate_changes: args.schedule.changes_rate() };
    let progress = Progress::new(&mut output, sight, size, !args.quiet, args.save.is_some());
    if let Some(signal) = interrupt::stopped_by() {
        return Err(Failure::Interrupted(signal));
    }
    let start = rows.whole.as_ref().map(|_| model.clone());
    let fitted = trainer.resume(&mut model, train, watched, progress);
    if let Err(chainrule::Error::Diverged { epoch, .. }) = &fitted {
        // An error here does not hide the divergence.
        let _ = watch.look(&Patient::of(&model), train, &trainer, Run::AFTER, &mut output);
        if let Some(path) = &args.save {
            keep_after_divergence(&model, path, epoch - 1, &mut output);
        }
    }
    let report = fitted?;
    // Do not replace a file with a model that has not taken a step.
    if let (0, StopReason::Stopped, Some(signal)) = (report.steps, report.stop_reason, interrupt::stopped_by()) {
        return Err(Failure::Interrupted(signal));
    }
    let refit = refit::run(start, &rows, &trainer, &report, &mut model)?;
    let tested = tested(&report, &model, &rows, &trainer);
    model.facts = Some(facts(args, &report, &model, &rows, tested.as_ref().ok().and_then(Option::as_ref)));
    let saved = args.save.as_deref();
    if let Some(path) = saved {
        files::keep(path, || model.save(path))?;
    }
    let tested = tested.inspect_err(|_| {
        saved.iter().for_each(|path| output.say(format_args!("saved {}", shown(path.display()))));
    })?;
    if !report.epochs.is_empty() {
        let losses: Vec<f64> = report.epochs.iter().map(|epoch| epoch.loss).collect();
        let rate = report.epochs.last().and_then(|epoch| epoch.learning_rate);
        let run = Run { losses: &losses, rate, ..Run::AFTER };
        watch.look(&Patient::of(&model), train, &trainer, run, &mut output)?;
    }
    tell_end(args, &report, refit.as_ref(), tested.as_ref().map(|tested| (tested, rows.test_is)), saved, &mut output);
    let done = done(&report, &model, &trainer, tested.as_ref(), saved);
    output.json(&DoneLine { refit_rows: refit.as_ref().and_then(Refit::rows), ..done });
    output.finish()
}

/// What the model's file remembers of the run.
fn facts<T: Scalar>(
    args: &TrainArgs,
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
        command: std::env::args_os().skip(1).map(|arg| arg.to_string_lossy().into_owned()).collect(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        kernel: model.mlp.kernel_name().to_owned(),
        data: args.data.to_string(),
        rows: if model.split.as_ref().is_some_and(Split::is_refit) { rows.whole.as_ref() } else { None }
            .unwrap_or(&rows.train)
            .rows(),
        epochs: report.epochs_run,
        best_epoch: report.best,
        scores: scores.unwrap_or_default(),
    }
}

/// The last JSON line of a run.
fn done<'a, T: Scalar>(
    report: &TrainReport,
    model: &'a Model<T>,
    trainer: &Trainer,
    tested: Option<&Evaluation>,
    saved: Option<&Path>,
) -> DoneLine<'a> {
    DoneLine {
        epochs: report.epochs_run,
        steps: report.steps,
        test_loss: tested.map(|tested| tested.loss),
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
        refit_rows: None,
        saved: saved.map(|path| path.display().to_string()),
    }
}

/// The evaluation on the test part: of the last or best epoch where it was watched, otherwise computed now.
fn tested<T: Scalar>(
    report: &TrainReport,
    model: &Model<T>,
    rows: &Rows<T>,
    trainer: &Trainer,
) -> Result<Option<Evaluation>, Failure> {
    let Some(test) = &rows.test else { return Ok(None) };
    if report.steps == 0 {
        return Ok(None);
    }
    // What an epoch reports of values is in the unit that was learned in.
    let is_scaled = model.target.scaling().is_some();
    let watched = match report {
        _ if rows.validation.is_some() || is_scaled => None,
        TrainReport { best_epoch: Some(best), .. } => best.validation.clone(),
        TrainReport { stop_reason: StopReason::Stopped, .. } => None,
        _ => report.epochs.last().and_then(|epoch| epoch.validation.clone()),
    };
    match watched {
        Some(watched) => Ok(Some(watched)),
        None => Ok(Some(trainer.install(|| model.evaluate(test))?)),
    }
}

/// Saves the weights of the last complete epoch of a run that diverged; the error of the run is reported separately.
fn keep_after_divergence<T: Scalar>(model: &Model<T>, path: &Path, epochs: usize, output: &mut Output) {
    let shown_path = shown(path.display());
    if epochs == 0 {
        return;
    }
    match files::keep(path, || model.save(path)) {
        Ok(()) => output.say(format_args!("saved {shown_path} as it was after epoch {epochs}")),
        Err(error) => tell(format_args!("error: {shown_path} is not saved: {}", shown(error))),
    }
}

impl TrainArgs {
    /// The input files of the run.
    fn inputs(&self) -> Inputs {
        let labels = self.columns.labels.as_deref();
        let inputs = Inputs::default().source("--data", Some(&self.data)).file("--labels", labels);
        let inputs = inputs.source("--test-data", self.test_data.as_ref());
        inputs.file("--test-labels", self.test_labels.as_deref()).file("--init", self.init.as_deref())
    }

    pub(crate) fn data(&self) -> Named<'_> {
        Named::data(&self.data, &self.columns, self.loss)
    }

    pub(crate) fn test_data(&self) -> Option<Named<'_>> {
        let (options, labels) = (["--test-data", "--test-labels"], self.test_labels.as_deref());
        let (columns, loss) = (&self.columns, self.loss);
        self.test_data.as_ref().map(|source| Named { source, options, labels, columns, loss })
    }

    fn config(&self, loss: Loss, usual: &Usual) -> Result<TrainConfig, Failure> {
        let order = if self.no_shuffle { Order::Sequential } else { Order::Shuffled { seed: self.seed } };
        let clip = self.clip_norm.map(Clip::Norm).or(self.clip_value.map(Clip::Value));
        let is_lbfgs = self.optimizer.is_lbfgs();
        let optimizer = match is_lbfgs {
            true => Optimizer::Sgd { lr: 0.1 },
            false => self.optimizer.or_named(usual.optimizer).optimizer()?,
        };
        let config = TrainConfig {
            epochs: self.epochs.unwrap_or(usual.epochs),
            batch: self.batch.unwrap_or(usual.batch),
            loss,
            optimizer,
            clip,
            order,
            threads: self.threads,
            lbfgs: is_lbfgs.then(LbfgsSettings::default),
            // Of a small table it takes longer than the steps.
            epoch_hashes: usual.refit.is_none(),
            ..TrainConfig::default()
        };
        Ok(self.schedule.applied_to(self.weights.apply(config), usual))
    }
}

/// The number of rows in a step.
fn rows_a_step(config: &TrainConfig, rows: usize) -> usize {
    let batch = config.batch.saturating_mul(config.accumulate);
    if config.lbfgs.is_some() { rows } else { batch.min(rows) }
}

fn tell_beginning<T: Scalar>(
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
    let targets = match (data.task, train.classes()) {
        (_, Some(classes)) => plural(classes, "class"),
        (_, None) => plural(train.targets().width(), "value"),
    };
    let (rows, columns) = (plural(train.rows(), "row"), plural(train.cols(), "feature"));
    output.say(format_args!("{}: {rows} to train on{parts}; {columns}, {targets}", shown(&args.data)));
    print_notes(&data.notes, output);
    if !model.target.names().is_empty() {
        let (names, scaled) = (shown(model.target.names().join(", ")), model.target.scaling().is_some());
        let scaled = if scaled { ", standardised for training" } else { "" };
        output.say(format_args!("target {names}: {targets} a row, {}, {}{scaled}", data.task, model.loss));
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

fn tell_end(
    args: &TrainArgs,
    report: &TrainReport,
    refit: Option<&Refit>,
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
    if let (Some(best), Some(refit)) = (report.best, refit) {
        output.say(refit.words(best, report.epochs_run));
    } else if let Some(best) = report.best {
        output.say(format_args!("the weights are those of epoch {best}, the best of {}", report.epochs_run));
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
        let (path, source) = (shown(path.display()), shown(&args.data));
        output.say(format_args!("saved {path}; predict with: chainrule predict {path} --data {source}"));
    }
}

//! `chainrule train`: checks the options, reads the data, trains, saves and reports.

use std::path::Path;

use chainrule::data::{Dataset, Order, Preprocess};
use chainrule::kernel::Kernel;
use chainrule::optim::{Clip, LbfgsSettings};
use chainrule::train::Ending;
use chainrule::{
    DType, Evaluation, Loss, Model, ModelError, ModelFile, Optimizer, Scalar, TrainConfig, TrainReport, Trainer,
    weights_sha256,
};
use serde::Serialize;

use crate::args::TrainArgs;
use crate::data::{Named, NetworkSize, Parts, divide};
use crate::doctor::{Patient, Run, Watch};
use crate::escape::shown;
use crate::failure::Failure;
use crate::files::{self, Inputs};
use crate::interrupt;
use crate::network::{ArchitectureArgs, sketch};
use crate::output::{Output, grouped, percent, plural, seconds, tell};
use crate::progress::{Progress, Sight, Size};
use crate::schedule_args;
use crate::values::Preprocessing;

/// The last JSON line.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename = "done")]
struct DoneLine<'a> {
    epochs: usize,
    steps: usize,
    test_loss: Option<f64>,
    test_accuracy: Option<f64>,
    seconds: f64,
    step_us: f64,
    weights_sha256: String,
    threads: usize,
    kernel: &'a str,
    interrupted: bool,
    /// With --patience: the epoch that the weights are from.
    best_epoch: Option<usize>,
    saved: Option<String>,
}

pub(crate) fn run(args: &TrainArgs) -> Result<(), Failure> {
    let is_lbfgs = args.optimizer.lbfgs()?;
    let optimizer = if is_lbfgs { Optimizer::Sgd { lr: 0.1 } } else { args.optimizer.optimizer()? };
    args.data().check()?;
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
        DType::F32 => train::<f32>(args, optimizer, init),
        DType::F64 => train::<f64>(args, optimizer, init),
    }
}

fn train<T: Scalar>(args: &TrainArgs, optimizer: Optimizer, init: Option<(ModelFile, &Path)>) -> Result<(), Failure> {
    let wanted = ArchitectureArgs {
        hidden: args.hidden.as_ref(),
        activation: args.activation,
        norm: args.norm,
        dropout: args.dropout,
    };
    let first = match &init {
        Some((file, path)) => Some((wanted.load::<T>(file, path)?, file.has_architecture())),
        None => None,
    };
    let stored = first.as_ref().filter(|(_, described)| *described).map(|(model, _)| model);
    let loss = args.loss.or(stored.map(|model| model.loss)).unwrap_or_default();
    args.weights.check(loss)?;
    let trainer = Trainer::new(args.config(loss, optimizer))?;
    Kernel::<T>::selected().map_err(ModelError::from)?;

    let parts = read::<T>(args, first.as_ref().map(|(model, _)| NetworkSize::of(model)))?;
    let preprocess = preprocess(args, &parts, stored)?;
    let mut model = match first {
        Some((mut model, _)) => {
            model.mlp.reseed(args.seed);
            model
        }
        None => Model::new(wanted.build(parts.train.cols(), parts.train.targets().width(), args.seed)?, loss),
    };
    (model.loss, model.preprocess) = (loss, preprocess);
    let Parts { mut train, mut test, test_is, .. } = parts;
    train.preprocess(&model.preprocess)?;
    if let Some(test) = &mut test {
        test.preprocess(&model.preprocess)?;
    }

    interrupt::stop_training(trainer.stop_handle());
    let mut output = Output::new(args.json, args.quiet);
    tell_beginning(args, &model, &train, test.as_ref().map(|test| (test, test_is)), &trainer, &mut output);
    let mut watch = Watch::default();
    watch.look(&Patient::of(&model), &train, &trainer, Run::BEFORE, &mut output)?;
    let size = Size { rows: train.rows(), batch: rows_a_step(trainer.config(), train.rows()), epochs: args.epochs };
    let sight =
        Sight { watch: &mut watch, train: &train, trainer: &trainer, rate_changes: args.schedule.changes_rate() };
    let progress = Progress::new(&mut output, sight, size, !args.quiet, args.save.is_some());
    if let Some(signal) = interrupt::stopped_by() {
        return Err(Failure::Interrupted(signal));
    }
    let fitted = trainer.resume(&mut model, &train, test.as_ref(), progress);
    if let Err(chainrule::Error::Diverged { epoch, .. }) = &fitted {
        // An error here does not hide the divergence.
        let _ = watch.look(&Patient::of(&model), &train, &trainer, Run::AFTER, &mut output);
        if let Some(path) = &args.save {
            keep_after_divergence(&model, path, epoch - 1, &mut output);
        }
    }
    let report = fitted?;
    // Do not replace a file with a model that has not taken a step.
    if let (0, Ending::Stopped, Some(signal)) = (report.steps, report.ending, interrupt::stopped_by()) {
        return Err(Failure::Interrupted(signal));
    }
    let saved = args.save.as_deref();
    if let Some(path) = saved {
        files::keep(path, || model.save(path))?;
    }
    let tested = tested(&report, &model, test.as_ref(), &trainer).inspect_err(|_| {
        saved.iter().for_each(|path| output.say(format_args!("saved {}", shown(path.display()))));
    })?;
    if !report.epochs.is_empty() {
        let losses: Vec<f64> = report.epochs.iter().map(|epoch| epoch.loss).collect();
        let rate = report.epochs.last().and_then(|epoch| epoch.learning_rate);
        let run = Run { losses: &losses, rate, ..Run::AFTER };
        watch.look(&Patient::of(&model), &train, &trainer, run, &mut output)?;
    }
    tell_end(args, &report, tested.as_ref().map(|tested| (tested, test_is)), saved, &mut output);
    output.json(&done(&report, &model, &trainer, tested.as_ref(), saved));
    output.finish()
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
        seconds: report.seconds,
        step_us: report.step_us(),
        weights_sha256: weights_sha256(&model.mlp),
        threads: trainer.threads(),
        kernel: model.mlp.kernel_name(),
        interrupted: report.ending == Ending::Stopped,
        best_epoch: report.best,
        saved: saved.map(|path| path.display().to_string()),
    }
}

/// The preprocessing: from the command line, the file of the initial weights, or the source.
fn preprocess<T: Scalar>(args: &TrainArgs, parts: &Parts<T>, stored: Option<&Model<T>>) -> Result<Preprocess, Failure> {
    Ok(match (&args.preprocess, stored) {
        (Preprocessing::Auto, Some(model)) => model.preprocess.clone(),
        (Preprocessing::Auto, None) => parts.preprocess.clone(),
        (Preprocessing::None, _) => Preprocess::None,
        (Preprocessing::Standardize, _) => Preprocess::standardize(parts.train.features())?,
        (Preprocessing::Scale(factor), _) => Preprocess::Scale { factor: *factor },
    })
}

/// The evaluation on the test part: of the last or best epoch, or computed now if that epoch was interrupted.
fn tested<T: Scalar>(
    report: &TrainReport,
    model: &Model<T>,
    test: Option<&Dataset<T>>,
    trainer: &Trainer,
) -> Result<Option<Evaluation>, Failure> {
    Ok(match (report, test) {
        (_, None) => None,
        (TrainReport { steps: 0, .. }, _) => None,
        (TrainReport { best_epoch: Some(best), .. }, _) => best.validation.clone(),
        (TrainReport { ending: Ending::Stopped, .. }, Some(test)) => Some(trainer.install(|| model.evaluate(test))?),
        _ => report.epochs.last().and_then(|epoch| epoch.validation.clone()),
    })
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
        let inputs = Inputs::default().source("--data", Some(&self.data)).file("--labels", self.labels.as_deref());
        let inputs = inputs.source("--test-data", self.test_data.as_ref());
        inputs.file("--test-labels", self.test_labels.as_deref()).file("--init", self.init.as_deref())
    }

    fn data(&self) -> Named<'_> {
        Named { source: &self.data, options: ["--data", "--labels"], labels: self.labels.as_deref() }
    }

    fn test_data(&self) -> Option<Named<'_>> {
        let options = ["--test-data", "--test-labels"];
        self.test_data.as_ref().map(|source| Named { source, options, labels: self.test_labels.as_deref() })
    }

    fn config(&self, loss: Loss, optimizer: Optimizer) -> TrainConfig {
        let order = if self.no_shuffle { Order::Sequential } else { Order::Shuffled { seed: self.seed } };
        let clip = self.clip_norm.map(Clip::Norm).or(self.clip_value.map(Clip::Value));
        let threads = self.threads;
        let lbfgs = self.optimizer.is_lbfgs().then(LbfgsSettings::default);
        let config = TrainConfig {
            epochs: self.epochs,
            batch: self.batch,
            loss,
            optimizer,
            clip,
            order,
            threads,
            lbfgs,
            ..TrainConfig::default()
        };
        self.schedule.applied_to(self.weights.apply(config))
    }
}

/// The number of rows in a step.
fn rows_a_step(config: &TrainConfig, rows: usize) -> usize {
    let batch = config.batch.saturating_mul(config.accumulate);
    if config.lbfgs.is_some() { rows } else { batch.min(rows) }
}

/// Reads the training and test parts; with a network, checks that they fit it.
fn read<T: Scalar>(args: &TrainArgs, network: Option<NetworkSize>) -> Result<Parts<T>, Failure> {
    let loaded = args.data().load::<T>(args.classes, network)?;
    let Some(test_named) = args.test_data() else {
        return divide(loaded, args.holdout, args.seed);
    };
    let test = test_named.load::<T>(loaded.data.classes(), None)?;
    let test = test.test.unwrap_or(test.data);
    test_named.check_columns(test.cols(), loaded.data.cols(), "columns of the data to train on")?;
    Ok(Parts { train: loaded.data, test: Some(test), test_is: "test", preprocess: loaded.preprocess })
}

fn tell_beginning<T: Scalar>(
    args: &TrainArgs,
    model: &Model<T>,
    train: &Dataset<T>,
    test: Option<(&Dataset<T>, &str)>,
    trainer: &Trainer,
    output: &mut Output,
) {
    let test = test.map(|(test, is)| format!(", {} {is}", grouped(test.rows()))).unwrap_or_default();
    let targets = match train.classes() {
        Some(classes) => plural(classes, "class"),
        None => plural(train.targets().width(), "value"),
    };
    let (rows, columns) = (plural(train.rows(), "row"), plural(train.cols(), "feature"));
    output.say(format_args!("{}: {rows} to train on{test}; {columns}, {targets}", shown(&args.data)));
    let mlp = &model.mlp;
    let (parameters, threads) = (plural(mlp.params().len(), "parameter"), plural(trainer.threads(), "thread"));
    output.say(format_args!("network: {}; {parameters}, {}, {threads}", sketch(mlp), mlp.kernel_name()));
    let order = if args.no_shuffle { "in order".to_owned() } else { format!("seed {}", args.seed) };
    let (optimizer, batch) = (trainer.config().optimizer, args.batch);
    let clip = trainer.config().clip.map(|clip| format!(", {clip}")).unwrap_or_default();
    let (weights, schedule) = (args.weights.words(), schedule_args::words(trainer.config()));
    output.say(match trainer.config().lbfgs {
        Some(_) => format!("{}{weights}, lbfgs, all rows at once{schedule}\n", model.loss),
        None => format!("{}{weights}, {optimizer}{clip}{schedule}, batches of {batch}, {order}\n", model.loss),
    });
}

fn tell_end(
    args: &TrainArgs,
    report: &TrainReport,
    tested: Option<(&Evaluation, &str)>,
    saved: Option<&Path>,
    output: &mut Output,
) {
    output.say("");
    if report.ending == Ending::Stopped {
        output.say(match report.steps {
            steps if report.best.is_some() => format!("interrupted after {}", plural(steps, "step")),
            steps => format!("interrupted after {}; this is the model at that point", plural(steps, "step")),
        });
    }
    if report.ending == Ending::Converged {
        output.say(format_args!("lbfgs found no lower loss after {}", plural(report.steps, "iteration")));
    }
    if let Some(best) = report.best {
        output.say(format_args!("the weights are those of epoch {best}, the best of {}", report.epochs_run));
    }
    if let Some((tested, is)) = tested {
        let rows = plural(tested.rows, "row");
        output.say(match tested.accuracy {
            Some(accuracy) => format!("{is}: {} of {rows} right, loss {:.5}", percent(accuracy), tested.loss),
            None => format!("{is}: loss {:.5} over {rows}", tested.loss),
        });
    }
    let (steps, time) = (plural(report.steps, "step"), seconds(report.seconds));
    output.say(format_args!("{steps} in {time}, {:.1} us a step", report.step_us()));
    if let Some(path) = saved {
        let (path, source) = (shown(path.display()), shown(&args.data));
        output.say(format_args!("saved {path}; predict with: chainrule predict {path} --data {source}"));
    }
}

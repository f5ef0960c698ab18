//! `chainrule train`: checks the options, reads the data, trains, saves and reports.

use std::path::Path;

use chainrule::data::{Dataset, Order};
use chainrule::kernel::Kernel;
use chainrule::optim::{Clip, LbfgsSettings};
use chainrule::train::{Checkpoint, ClassWeights, StopReason, TensorBoard, Usual};
use chainrule::{
    DType, Evaluation, Loss, Model, ModelError, ModelFile, Optimizer, Scalar, TrainConfig, TrainReport, Trainer,
};

use crate::args::TrainArgs;
use crate::checkpoint::{self, Resumed, resumed};
use crate::config::configured;
use crate::cv;
use crate::data::Named;
use crate::data_command;
use crate::doctor::{Patient, Run, Watch};
use crate::escape::shown;
use crate::failure::Failure;
use crate::files;
use crate::idle;
use crate::interrupt;
use crate::network::ArchitectureArgs;
use crate::output::{Output, seconds, tell};
use crate::page;
use crate::progress::{Progress, Sight, Size};
use crate::refit;
use crate::rows::Rows;
use crate::run_folder::{self, RunLog};
use crate::text_options;
use crate::train_files;
use crate::train_report::{done, facts, start, tell_beginning, tell_end};

pub(crate) fn run(args: Box<TrainArgs>) -> Result<(), Failure> {
    let (args, given) = configured(args)?;
    let Resumed { args, checkpoint } = resumed(args, given)?;
    let args = &*args;
    args.optimizer.lbfgs()?;
    if let (true, Some(_)) = (args.optimizer.is_lbfgs(), args.checkpoints.folder()) {
        return Err(Failure::Usage("lbfgs has no checkpoints: its past steps are not stored".to_owned()));
    }
    if checkpoint.is_none() {
        idle::refuse(args)?;
    }
    // Which optimiser is usual depends on the rows; what neither of them takes is bad usage before they are read.
    let optimizer = |usual| args.optimizer.or_named(usual).optimizer();
    if let (false, Err(failure), Err(_)) = (args.optimizer.is_lbfgs(), optimizer("sgd"), optimizer("adam")) {
        return Err(failure);
    }
    text_options::refuse_of_images(&args.fitting.given(), args.data().source, "--data")?;
    // A model knows its target.
    if args.init.is_some() {
        args.data().check()?
    } else {
        args.data().check_target()?
    }
    if let Some(test) = args.test_data() {
        // Targets in a file of their own for the one are not in a column of the other.
        if args.columns.target.is_empty() && args.init.is_none() { test.check_target()? } else { test.check()? }
    }
    run_folder::check(args)?;
    train_files::check(args)?;
    let init: Option<(ModelFile, &Path)> = match args.init.as_deref() {
        Some(path) => Some((args.order.open(path)?, path)),
        None => args.order.refuse_without("with --init").map(|()| None)?,
    };
    match args.dtype.or(init.as_ref().map(|(file, _)| file.dtype())).unwrap_or(DType::F32) {
        DType::F32 => train::<f32>(args, init, checkpoint.as_ref()),
        DType::F64 => train::<f64>(args, init, checkpoint.as_ref()),
    }
}

fn train<T: Scalar>(
    args: &TrainArgs,
    init: Option<(ModelFile, &Path)>,
    checkpoint: Option<&Checkpoint>,
) -> Result<(), Failure> {
    let wanted = args.architecture();
    let first = match &init {
        Some((file, path)) => Some((wanted.load::<T>(file, path)?, file.has_architecture())),
        None => None,
    };
    let stored = first.as_ref().filter(|(_, described)| *described).map(|(model, _)| model);
    if stored.is_none_or(|model| model.target.names().is_empty()) {
        args.data().check_target()?;
    }
    let (on, kept) = args.going_on(first.as_ref().map(|(model, _)| model), stored.is_some())?;
    first.iter().filter_map(|(model, _)| args.drops_row_weights(model)).for_each(tell);
    if on.optimizer.is_lbfgs() && checkpoint.is_none() {
        idle::refuse_of_steps(args)?;
    }
    let mut args = on;
    let Ready { mut model, mut rows, trainer } = ready(&args, first, &wanted)?;
    rows.notes.splice(..0, kept);
    let mut output = Output::new(args.json, args.quiet);
    let train = &rows.train;

    interrupt::stop_training(trainer.stop_handle());
    // Rows that the network cannot learn from are refused before anything is said of a run.
    model.sample(train, 1)?;
    let mut log = RunLog::begin(&mut args, &model, &rows, trainer.config(), checkpoint)?;
    let args = &args;
    tell_beginning(args, &model, &rows, &trainer, &mut output);
    output.json(&start(args, &model, &rows, &trainer));
    if checkpoint.is_none() {
        cv::run(args, &rows, &trainer, &wanted, &mut output)?;
    }
    let trainer = args.checkpoints.applied_to(trainer, &args.command)?;
    data_command::warn(&rows.findings, &mut output);
    let mut watch = Watch::after(rows.findings.iter().map(|finding| finding.kind));
    watch.look(&Patient::of(&model).trained_by(trainer.config()), train, &trainer, Run::BEFORE, &mut output)?;
    let config = trainer.config();
    let size = Size { rows: train.rows(), batch: rows_a_step(config, train.rows()), epochs: config.epochs };
    let mut board = args.tensorboard.as_ref().map(TensorBoard::create).transpose()?;
    let sight = Sight {
        watch: &mut watch,
        train,
        trainer: &trainer,
        rate_changes: args.schedule.changes_rate(),
        is_verbose: args.verbose,
        board: board.as_mut(),
    };
    if let Some(checkpoint) = checkpoint {
        checkpoint::tell_resumed(checkpoint, &model, &mut output);
    }
    let progress = Progress::new(&mut output, sight, size, !args.quiet, train_files::are_written(args));
    if let Some(signal) = interrupt::stopped_by() {
        return Err(Failure::Interrupted(signal));
    }
    let start = rows.whole.as_ref().map(|_| model.clone());
    let fitted = checkpoint::train(&trainer, checkpoint, &mut model, &rows, (log.observer(), progress));
    if let Err(chainrule::Error::Diverged { epoch, .. }) = &fitted {
        // An error here does not hide the divergence.
        let run = Run { losses: &[f64::NAN], ..Run::AFTER };
        let _ = watch.look(&Patient::of(&model).trained_by(trainer.config()), train, &trainer, run, &mut output);
        keep_after_divergence(&model, args, epoch - 1, &mut output);
    }
    let report = fitted?;
    if checkpoint.is_some_and(|from| from.steps() == report.steps as u64) && report.stop_reason != StopReason::Stopped {
        checkpoint::tell_finished(args, report.epochs_run, trainer.config().epochs, &mut output);
    }
    // Do not replace a file with a model that has not taken a step.
    if let (0, StopReason::Stopped, Some(signal)) = (report.steps, report.stop_reason, interrupt::stopped_by()) {
        return Err(Failure::Interrupted(signal));
    }
    let refit = refit::run(start, &rows, &trainer, &report, &mut model)?;
    let tested = tested(&report, &model, &rows, &trainer);
    let mut facts =
        facts(args, trainer.config(), &report, &model, &rows, tested.as_ref().ok().and_then(Option::as_ref));
    facts.refit_epochs = refit.as_ref().and_then(refit::Refit::epochs);
    model.facts = Some(facts);
    let saved = args.save.as_deref();
    if let Some(path) = saved {
        files::keep(path, || model.save(path))?;
    }
    log.finish(&model)?;
    let tested = tested.inspect_err(|_| {
        saved.iter().for_each(|path| output.say(format_args!("saved {}", shown(path.display()))));
    })?;
    look_at_the_end(&mut watch, &report, &model, &rows, &trainer, &mut output)?;
    let tested = tested.as_ref();
    board.map_or(Ok(()), TensorBoard::finish)?;
    let title = saved.map_or_else(|| args.data.to_string(), |path| path.display().to_string());
    page::of_run(args, title, subject(args, &model, &rows, &report, &trainer), &trainer, &mut output)?;
    let whose = refit::words(refit.as_ref(), &report, trainer.config());
    tell_end(args, &report, whose, tested.map(|tested| (tested, rows.test_is)), saved, &mut output);
    let mut line = done(&report, &model, &trainer, tested, refit.as_ref(), saved);
    line.checkpoints = args.checkpoints.folder().map(|folder| folder.display().to_string());
    output.json(&line);
    output.finish()?;
    let is_stopped = report.stop_reason == StopReason::Stopped || refit.is_some_and(|refit| refit.is_interrupted());
    interrupt::stopped_by().filter(|_| is_stopped).map_or(Ok(()), |signal| Err(Failure::Stopped(signal)))
}

/// The doctor's look at a run that is over.
fn look_at_the_end<T: Scalar>(
    watch: &mut Watch,
    report: &TrainReport,
    model: &Model<T>,
    rows: &Rows<T>,
    trainer: &Trainer,
    output: &mut Output,
) -> Result<(), Failure> {
    let Some(last) = report.epochs.last() else { return Ok(()) };
    let (train, rate) = (&rows.train, last.learning_rate);
    let losses: Vec<f64> = report.epochs.iter().map(|epoch| epoch.loss).collect();
    let validation = validation_losses(report, trainer.config(), train);
    let keeps_best = report.best.is_some();
    let run = Run { losses: &losses, validation_losses: &validation, keeps_best, rate, ..Run::AFTER };
    watch.look(&Patient::of(model).trained_by(trainer.config()), train, trainer, run, output)
}

/// What a page about the run is written from: the rows that were not learned from, where there are any.
fn subject<'a, T: Scalar>(
    args: &TrainArgs,
    model: &'a Model<T>,
    rows: &'a Rows<T>,
    report: &'a TrainReport,
    trainer: &Trainer,
) -> page::Subject<'a, T> {
    let (data, part) = match (&rows.test, &rows.validation) {
        (Some(test), _) => (test, "test"),
        (None, Some(validation)) if rows.whole.is_none() => (validation, "validation"),
        _ => (rows.whole.as_ref().unwrap_or(&rows.train), "train (no other rows were left)"),
    };
    let remarks = vec![
        ("optimiser".to_owned(), trainer.config().optimizer.to_string()),
        ("time".to_owned(), format!("{}, {:.1} us a step", seconds(report.seconds), report.step_us())),
        ("threads".to_owned(), trainer.threads().to_string()),
    ];
    page::Subject { model, data, rows: format!("{}, {part}", args.data), epochs: &report.epochs, remarks }
}

/// What a run begins with.
struct Ready<T: Scalar> {
    model: Model<T>,
    rows: Rows<T>,
    trainer: Trainer,
}

/// Reads the rows and makes the model, or goes on with the first one, which may say how it is to be trained.
fn ready<T: Scalar>(
    args: &TrainArgs,
    first: Option<(Model<T>, bool)>,
    wanted: &ArchitectureArgs<'_>,
) -> Result<Ready<T>, Failure> {
    let stored = first.as_ref().filter(|(_, described)| *described).map(|(model, _)| model);
    let own_loss = args.loss.or(stored.map(|model| model.loss));
    if let Some(loss) = own_loss {
        args.weights.check(loss)?;
    }
    Kernel::<T>::selected().map_err(ModelError::from)?;
    let rows = Rows::<T>::read(args, stored)?;
    let loss = own_loss.unwrap_or(rows.task.usual_loss());
    args.weights.check(loss)?;
    let config = args.config(loss, &rows.usual)?;
    args.schedule.check(&config)?;
    let trainer = Trainer::new(config)?;
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
    Ok(Ready { model, rows, trainer })
}

/// The losses of the rows held out after each epoch, where they are of the same kind as those of the rows trained on: without
/// weights and smoothing.
fn validation_losses<T: Scalar>(report: &TrainReport, config: &TrainConfig, train: &Dataset<T>) -> Vec<f64> {
    let is_plain = config.class_weights == ClassWeights::Equal
        && config.positive_weights.is_none()
        && config.label_smoothing == 0.0
        && train.weights().is_none();
    let loss = |epoch: &chainrule::EpochReport| epoch.validation.as_ref().map(|validation| validation.loss);
    let losses = is_plain.then(|| report.epochs.iter().map(loss).collect::<Option<Vec<f64>>>());
    losses.flatten().unwrap_or_default()
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

/// Saves the weights of the last complete epoch of a run that diverged, where no model is replaced by them; the error of the run is
/// reported separately.
fn keep_after_divergence<T: Scalar>(model: &Model<T>, args: &TrainArgs, epochs: usize, output: &mut Output) {
    if let Some(folder) = args.checkpoints.folder() {
        output.say(format_args!("the checkpoints of the steps before stay in {}", shown(folder.display())));
    }
    let (Some(path), true) = (&args.save, epochs > 0) else { return };
    let shown_path = shown(path.display());
    let line = match ModelFile::is_one(path) {
        true => format!("{shown_path} stays as it was before this run"),
        false => match files::keep(path, || model.save(path)) {
            Ok(()) => format!("saved {shown_path} as it was after epoch {epochs}, before the run diverged"),
            Err(error) => return tell(format_args!("error: {shown_path} is not saved: {}", shown(error))),
        },
    };
    if output.is_words() { output.say(line) } else { tell(line) }
}

impl TrainArgs {
    pub(crate) fn architecture(&self) -> ArchitectureArgs<'_> {
        ArchitectureArgs {
            hidden: self.hidden.as_ref(),
            activation: self.activation,
            norm: self.norm,
            dropout: self.dropout,
            init: self.init_weights,
        }
    }

    pub(crate) fn data(&self) -> Named<'_> {
        let beside = self.test_data.as_ref().map(|source| ("--test-data", source));
        let labels_beside = self.test_labels.as_deref().map(|file| ("--test-labels", file));
        let named = Named::data(&self.data, &self.columns, self.loss).within(&self.memory);
        Named { beside, labels_beside, ..named }
    }

    pub(crate) fn test_data(&self) -> Option<Named<'_>> {
        let (options, labels) = (["--test-data", "--test-labels"], self.test_labels.as_deref());
        let (columns, loss) = (&self.columns, self.loss);
        let memory = Some(&self.memory);
        let beside = Some(("--data", &self.data));
        let labels_beside = columns.labels.as_deref().map(|file| ("--labels", file));
        let named = |source| Named { source, options, labels, columns, loss, memory, beside, labels_beside };
        self.test_data.as_ref().map(named)
    }

    fn config(&self, loss: Loss, usual: &Usual) -> Result<TrainConfig, Failure> {
        let order = if self.no_shuffle { Order::Sequential } else { Order::Shuffled { seed: self.seed } };
        let clip = self.clip_norm.map(Clip::Norm).or(self.clip_value.map(Clip::Value));
        let is_lbfgs = self.optimizer.is_lbfgs();
        let optimizer = match is_lbfgs {
            true => Optimizer::Sgd { lr: 0.1 },
            false => self.optimizer.or_usual(usual)?,
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

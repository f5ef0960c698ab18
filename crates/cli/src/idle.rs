//! Options of `train` that change nothing because of others. Typed ones are refused; those of a file of settings are left out where
//! the other one is typed (`config.rs`).

use chainrule::data::{Scaling, Source};
use chainrule::train::Usual;
use chainrule::{Loss, Task};

use crate::args::TrainArgs;
use crate::data::Named;
use crate::failure::Failure;
use crate::text_options;
use crate::values::Preprocessing;

/// Options that change nothing.
#[derive(Debug)]
pub(crate) struct Idle {
    /// As they are typed, `--batch`.
    pub(crate) options: Vec<&'static str>,
    /// The options of which one makes it so.
    pub(crate) because: Vec<&'static str>,
    /// What is said behind `--batch is`; `None` where they are refused elsewhere.
    why: Option<String>,
}

const OF_STEPS: &str =
    "for optimizers that take steps: lbfgs takes all rows at once and finds the length of its steps itself";

/// Refuses those of the command line.
pub(crate) fn refuse(args: &TrainArgs) -> Result<(), Failure> {
    for Idle { options, why, .. } in of(args) {
        let Some(why) = why else { continue };
        text_options::refuse(&options, |are, them| format!("{are} {why}; leave {them} out"))?;
    }
    Ok(())
}

/// Refuses options of steps where the run of --init's file, which is gone on with, was one of L-BFGS.
pub(crate) fn refuse_of_steps(args: &TrainArgs) -> Result<(), Failure> {
    text_options::refuse(&steps(args), |are, them| format!("{are} {OF_STEPS}; leave {them} out"))
}

/// All that change nothing.
pub(crate) fn of(args: &TrainArgs) -> Vec<Idle> {
    let mut found = Vec::new();
    let mut add = |options: Vec<&'static str>, because: &[&'static str], why: Option<String>| {
        if !options.is_empty() {
            found.push(Idle { options, because: because.to_vec(), why });
        }
    };
    let why = |why: &str| Some(why.to_owned());
    if args.optimizer.is_lbfgs() {
        add(steps(args), &["--optimizer"], why(OF_STEPS));
        let kept = [("--every", args.checkpoints.every.is_some()), ("--keep", args.checkpoints.keep.is_some())];
        let is = "for checkpoints, and lbfgs has none: its past steps are not stored";
        add(given(&kept), &["--optimizer"], why(is));
    }
    let none = "about hidden layers, and --hidden none has none";
    add(args.architecture().without_hidden(), &["--hidden"], why(none));
    if args.init.is_none() {
        if args.schedule.has_group_alone() && !decays(args) {
            add(vec!["--decay-of"], &["--optimizer"], why("about --weight-decay and --l1, and there is neither"));
        }
        if args.shuffle && args.run.config.is_none() {
            let is = "for --init, where the run of its file kept the rows in their order: a new network's are shuffled";
            add(vec!["--shuffle"], &[], why(is));
        }
        if let Some((because, is)) = without_refit(args).filter(|_| args.no_refit) {
            add(vec!["--no-refit"], &because, Some(is));
        }
        if args.split_seed.is_some() && !splits_at_random(args) {
            let tested = [("--test-data", args.test_data.is_some()), ("--holdout", args.holdout.is_some())];
            let because = [given(&tested), without_stopping(args)].concat();
            add(vec!["--split-seed"], &because, why("for rows that are drawn at random, and here none are"));
        }
        // Of a file of settings it stays: without it the column would be learned from.
        let is_last = args.holdout.is_some_and(|holdout| holdout.is_last);
        if args.fitting.group().is_some() && is_last && args.run.config.is_none() {
            let is =
                "for rows that are drawn, and --holdout last splits them by their order (--drop leaves out its column)";
            add(vec!["--group"], &[], why(is));
        }
        if let (Some(task), Some(_), false) = (task(args), args.classes, is_images(&args.data)) {
            add(vec!["--classes"], &["--task", "--loss"], Some(format!("for classes, and the task is {task}")));
        }
        if let Some(task) = task(args) {
            let is_of_values = task == Task::Regression;
            let other = [
                ("--raw-targets", args.raw_targets && !is_of_values),
                ("--monitor", args.schedule.watches_accuracy() && task != Task::Binary),
            ];
            add(given(&other), &["--task", "--loss"], None);
        }
        if !args.schedule.has_patience() {
            let because = without_stopping(args);
            let options = if because.is_empty() { Vec::new() } else { args.schedule.of_stopping() };
            add(options, &because, None);
        }
    }
    if args.validation == Some(0.0) {
        add(args.schedule.of_validation(), &["--validation"], None);
    }
    add(of_columns(args), &["--data"], None);
    let files = ["--data", "--labels", "--test-data", "--test-labels"];
    let of_text = args.columns.of_text().into_iter().filter(|option| is_about_nothing(option, &args.data()));
    add(of_text.collect(), &files, None);
    let has_labels = args.test_data.as_ref().is_some_and(Source::has_targets) && args.test_labels.is_some();
    add(given(&[("--test-labels", has_labels)]), &["--test-data"], None);
    found
}

fn given(options: &[(&'static str, bool)]) -> Vec<&'static str> {
    options.iter().filter(|(_, is_given)| *is_given).map(|(option, _)| *option).collect()
}

/// Those of steps over minibatches.
fn steps(args: &TrainArgs) -> Vec<&'static str> {
    let own = [
        ("--batch", args.batch.is_some()),
        ("--clip-norm", args.clip_norm.is_some()),
        ("--clip-value", args.clip_value.is_some()),
        ("--no-shuffle", args.no_shuffle),
        ("--shuffle", args.shuffle),
    ];
    [given(&own), args.schedule.of_steps()].concat()
}

/// Whether parameters decay by the optimiser. What is no optimiser is refused elsewhere.
fn decays(args: &TrainArgs) -> bool {
    let Ok(optimizer) = args.optimizer.or_named("adam").optimizer() else { return true };
    optimizer.settings().iter().any(|(setting, value)| setting.name == "weight-decay" && *value != 0.0)
}

fn is_images(source: &Source) -> bool {
    matches!(source, Source::Digits | Source::Mnist(_))
}

/// The options each of which keeps a run from stopping early, unless --patience asks for it.
fn without_stopping(args: &TrainArgs) -> Vec<&'static str> {
    given(&[
        ("--epochs", args.epochs.is_some()),
        ("--optimizer", args.optimizer.is_lbfgs()),
        ("--validation", args.validation == Some(0.0)),
        ("--data", is_images(&args.data)),
    ])
}

/// Why the network is not trained anew on the rows to validate on, behind the options that make it so: where that is known before
/// rows are read.
fn without_refit(args: &TrainArgs) -> Option<(Vec<&'static str>, String)> {
    let runs = "for runs that are followed by another one over the rows to validate on too, and";
    let fixed = without_stopping(args);
    if is_images(&args.data) && Usual::for_images().refit.is_none() {
        Some((vec!["--data"], format!("{runs} that of {} is not: a table's is", args.data)))
    } else if args.validation == Some(0.0) {
        Some((vec!["--validation"], format!("{runs} --validation 0 leaves none")))
    } else if args.schedule.is_plateau() {
        Some((vec!["--schedule"], format!("{runs} one with a plateau schedule is not")))
    } else if !fixed.is_empty() && !args.schedule.has_patience() {
        Some((fixed, format!("{runs} one without early stopping (--patience) is not")))
    } else {
        None
    }
}

/// Whether rows are drawn by a seed: may be, where that depends on the rows.
fn splits_at_random(args: &TrainArgs) -> bool {
    let is_drawn = args.holdout.is_none_or(|holdout| !holdout.is_last);
    let has_own_test = args.test_data.is_some() || matches!(args.data, Source::Mnist(_)) && args.holdout.is_none();
    let tests = !has_own_test && args.holdout.is_none_or(|holdout| holdout.share != Some(0.0));
    let validates = match args.validation {
        Some(share) => share > 0.0,
        None => args.schedule.needs_validation() || without_stopping(args).is_empty(),
    };
    is_drawn && (args.cv.is_some() || tests || validates)
}

/// The task, where options say it and it is none of classes.
fn task(args: &TrainArgs) -> Option<Task> {
    let of_loss = || match args.loss? {
        // Of a target that is neither yes nor no it is.
        Loss::CrossEntropy | Loss::BinaryCrossEntropy => None,
        loss => Some(Task::of_loss(loss, 1)),
    };
    args.columns.task.or_else(of_loss).filter(|task| *task != Task::Classification)
}

/// Those about columns and targets, of rows that are images with labels or have their own targets.
fn of_columns(args: &TrainArgs) -> Vec<&'static str> {
    if !args.data.has_targets() {
        return Vec::new();
    }
    let labels = given(&[("--labels", args.columns.labels.is_some())]);
    if !is_images(&args.data) {
        return labels;
    }
    let is_of_columns = |scaling: &Scaling| matches!(scaling, Scaling::Minmax | Scaling::Robust);
    let of_values = [
        ("--preprocess", matches!(&args.preprocess, Preprocessing::As(scaling) if is_of_columns(scaling))),
        ("--raw-targets", args.raw_targets),
        ("--classes", args.classes.is_some()),
        ("--task", args.columns.task.is_some_and(|task| task != Task::Classification)),
    ];
    [labels, args.columns.of_tables(), args.fitting.given(), given(&of_values)].concat()
}

/// Whether an option about text is given where no file of the command is text.
fn is_about_nothing(option: &'static str, named: &Named<'_>) -> bool {
    named.check_text(&[option]).is_err()
}

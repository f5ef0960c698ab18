//! The rows that `train` learns from, chooses by and reports on.

use std::collections::HashSet;
use std::path::Path;

use chainrule::data::{DataFinding, Dataset, Examples, Fitted, Parts, Schema, Split, SplitBy, SplitRequest};
use chainrule::train::{Recipe, Usual};
use chainrule::{Model, Scalar, Task};

use crate::args::TrainArgs;
use crate::args::defaults::HOLDOUT;
use crate::data::all_rows;
use crate::escape::shown;
use crate::failure::Failure;
use crate::findings::Looked;
use crate::network::Fit;
use crate::output::plural;
use crate::split_words;
use crate::values::Preprocessing;

/// The three parts, ready for a network.
pub(crate) struct Rows<T> {
    pub(crate) train: Dataset<T>,
    pub(crate) validation: Option<Dataset<T>>,
    /// Both together, where the network is to be trained anew on them.
    pub(crate) whole: Option<Dataset<T>>,
    pub(crate) test: Option<Dataset<T>>,
    /// What the test part is called in messages.
    pub(crate) test_is: &'static str,
    /// How the rows were split, if they were.
    pub(crate) split: Option<Split>,
    pub(crate) task: Task,
    /// All rows, before they were split.
    pub(crate) examples: Examples,
    /// The settings that suit these rows.
    pub(crate) usual: Usual,
    /// What was taken for granted.
    pub(crate) notes: Vec<String>,
    /// What is likely to go wrong.
    pub(crate) findings: Vec<DataFinding>,
}

impl<T: Scalar> Rows<T> {
    /// Reads and splits them; with a model that training goes on with, as it was trained.
    pub(crate) fn read(args: &TrainArgs, stored: Option<&Model<T>>) -> Result<Self, Failure> {
        let mut request = args.fitting.applied_to(args.data().request());
        request.classes = args.classes;
        let examples = match stored {
            Some(model) => {
                args.refuse_settled(model)?;
                let examples = request.read_for(model)?;
                examples.check_for(model)?;
                check_target(args, &examples, model)?;
                examples
            }
            None => request.read()?,
        };
        if args.raw_targets && examples.task() != Task::Regression {
            return Err(Failure::Usage(format!(
                "--raw-targets is for values, which are standardised otherwise: the task here is {}, whose targets are as they are",
                examples.task()
            )));
        }
        let mut notes = examples.notes().to_vec();
        let usual = usual(args, &examples);
        notes.extend(epochs_are_fixed(args, &examples));
        let is_watched = usual.patience.is_some() || args.schedule.needs_validation();
        let validation = args.validation.unwrap_or(if is_watched { usual.validation } else { 0.0 });
        if validation == 0.0 && is_watched {
            let expected = "0.1 for example, or neither --patience nor a plateau schedule";
            return Err(Failure::Usage(format!(
                "training is stopped by rows that it does not learn from and that are not tested on: give it some by \
                 --validation, {expected}"
            )));
        }
        let (parts, split) = parts(args, &examples, stored, validation, &mut notes)?;
        let refits = usual.refit.is_some() && usual.patience.is_some() && !args.no_refit && !args.schedule.is_plateau();
        let both = refits.then(|| both(&parts)).filter(|both| both.len() > parts.train.len());
        let fitted = fitted(args, &examples, both.as_ref().unwrap_or(&parts.train), stored)?;
        if args.run.config.is_none() {
            args.fitting.refuse_unknown_of_none(&examples, &fitted)?;
        }
        notes.extend(examples.filled(&fitted));
        let test_file = test_file(args, &examples, &fitted, &mut notes)?;
        let own_test = examples.test().filter(|_| args.holdout.is_none());
        let tested = test_file.as_ref().map(|test| test.test().unwrap_or(test)).or(own_test);
        let mut findings = match args.quiet && !args.json {
            true => Vec::new(),
            false => {
                let is_wide = size_of::<T>() > size_of::<f32>();
                let looked =
                    Looked { args, examples: &examples, parts: &parts, refit: both.as_deref(), tested, is_wide };
                looked.findings(&mut notes)
            }
        };
        if fitted.schema().is_some_and(Schema::takes_unknown) {
            findings.retain(|finding| finding.kind != "rare-categories");
        }
        // Said with what to do about it.
        if findings.iter().any(|finding| matches!(finding.kind, "single-class" | "empty-classes")) {
            notes.retain(|note| !(note.starts_with("warning: ") && note.contains(" the class ")));
        }
        let held_out = [&parts.validation, &parts.test];
        let of_test = tested.map_or(0, |test| test.unknown_categories(&all_rows(test), &fitted));
        let unknown = held_out.iter().fold(of_test, |sum, rows| sum + examples.unknown_categories(rows, &fitted));
        let refused = match fitted.schema().is_some_and(Schema::takes_unknown) {
            true => "",
            false => "; predictions refuse such rows, unless --unknown zeros",
        };
        if unknown > 0 {
            notes.push(format!(
                "warning: {unknown} of the rows held out have a category that training does not see: taken as none of those \
                 that it does{refused}"
            ));
        }
        let new = stored.map_or(0, |_| examples.unknown_categories(&parts.train, &fitted));
        if new > 0 {
            notes.push(format!(
                "warning: {} to train on {} a category that the model does not know: learned from as none of those that it \
                 does{refused}",
                plural(new, "row"),
                if new == 1 { "has" } else { "have" }
            ));
        }
        let part = |rows: &[usize]| match rows {
            [] => Ok(None),
            rows => examples.dataset::<T>(rows, &fitted).map(Some),
        };
        let train = examples.dataset::<T>(&parts.train, &fitted)?;
        let validation = part(&parts.validation)?;
        let whole = part(both.as_deref().unwrap_or_default())?;
        let (test, test_is) = match tested {
            Some(test) => (Some(test.dataset::<T>(&all_rows(test), &fitted)?), "test"),
            None => (part(&parts.test)?, "held out"),
        };
        notes.splice(..0, split_words::lines(args, &examples, (&parts, split.as_ref()), &train));
        let task = examples.task();
        Ok(Rows { train, validation, whole, test, test_is, split, task, examples, usual, notes, findings })
    }

    /// What a network of its own has to fit.
    pub(crate) fn shape(&self, seed: u64) -> Fit {
        let (inputs, outputs) = (self.train.cols(), self.train.targets().width());
        Fit { inputs, outputs, seed, usual_init: self.usual.init }
    }

    /// How the model is made of them, for more splits of the same kind.
    pub(crate) fn recipe(&self, args: &TrainArgs) -> Recipe {
        let scaling = match &args.preprocess {
            Preprocessing::Auto => self.examples.usual_scaling(),
            Preprocessing::As(scaling) => *scaling,
        };
        Recipe { scaling, raw_targets: args.raw_targets, refit: self.usual.refit.filter(|_| self.whole.is_some()) }
    }

    /// The rows that each epoch is measured on: those to validate on, or else those to test on, by which nothing is chosen.
    pub(crate) fn watched(&self) -> Option<&Dataset<T>> {
        self.validation.as_ref().or(self.test.as_ref())
    }
}

/// The rows of --test-data, read as those that are learned from; what of them could be meant otherwise is noted.
fn test_file(
    args: &TrainArgs,
    examples: &Examples,
    fitted: &Fitted,
    notes: &mut Vec<String>,
) -> Result<Option<Examples>, Failure> {
    let Some(named) = args.test_data() else { return Ok(None) };
    let test = args.fitting.applied_to(named.request()).read_to_test(examples, fitted)?;
    let source = named.source.to_string();
    notes.extend(test.notes().iter().filter_map(|note| {
        match note.split_once(": ").filter(|(mark, _)| matches!(*mark, "note" | "warning")) {
            Some((mark, words)) => Some(format!("{mark}: {source}: {words}")),
            None => note.ends_with(" left out").then(|| format!("{source}: {note}")),
        }
    }));
    Ok(Some(test))
}

/// That it is the model's own target that is learned.
fn check_target<T: Scalar>(args: &TrainArgs, examples: &Examples, model: &Model<T>) -> Result<(), Failure> {
    let (given, known) = (examples.target_names(), model.target.names());
    if given.is_empty() || known.is_empty() || given == known {
        return Ok(());
    }
    let init = args.init.as_deref().unwrap_or(Path::new("its file")).display();
    Err(Failure::Usage(format!(
        "--target {}: the model of {init} was trained on {}; another target is for a new network, without --init",
        given.join(","),
        known.join(",")
    )))
}

/// The settings that suit the rows: early stopping only where nothing on the command line speaks against it.
fn usual(args: &TrainArgs, examples: &Examples) -> Usual {
    let mut usual = match examples.is_table() {
        true => Usual::for_table(examples.rows()),
        false => Usual::for_images(),
    };
    let is_fixed = args.epochs.is_some() || args.optimizer.is_lbfgs() || args.validation == Some(0.0);
    if is_fixed && !args.schedule.has_patience() {
        usual.patience = None;
    }
    // Too few rows for a part of their own that says anything.
    if examples.rows() < FEWEST_WATCHED && args.validation.is_none() && !args.schedule.needs_validation() {
        usual.patience = None;
    }
    usual
}

/// That a number of epochs alone turned off the early stopping that a table is otherwise trained with.
fn epochs_are_fixed(args: &TrainArgs, examples: &Examples) -> Option<String> {
    let epochs = args.epochs.filter(|_| !args.optimizer.is_lbfgs() && !args.schedule.needs_validation())?;
    if !examples.is_table() || examples.rows() < FEWEST_WATCHED || args.validation.is_some() || args.init.is_some() {
        return None;
    }
    let patience = Usual::for_table(examples.rows()).patience?;
    Some(format!(
        "without early stopping, since --epochs is given: {} run; --patience {patience} stops early, as without --epochs",
        if epochs == 1 { "1 epoch is".to_owned() } else { format!("all {epochs} epochs are") }
    ))
}

/// With fewer rows none are set aside to stop training by.
const FEWEST_WATCHED: usize = 12;

/// The rows to train on and to validate on, in their order.
fn both(parts: &Parts) -> Vec<usize> {
    let mut both = [&parts.train[..], &parts.validation].concat();
    both.sort_unstable();
    both
}

/// The rows of each part, and how they were drawn.
fn parts<T: Scalar>(
    args: &TrainArgs,
    examples: &Examples,
    stored: Option<&Model<T>>,
    validation: f64,
    notes: &mut Vec<String>,
) -> Result<(Parts, Option<Split>), Failure> {
    let has_own_test = args.test_data.is_some() || (examples.test().is_some() && args.holdout.is_none());
    let is_last = args.holdout.is_some_and(|holdout| holdout.is_last);
    let share = args.holdout.and_then(|holdout| holdout.share);
    let before = stored.and_then(|model| model.split.as_ref()).filter(|_| !has_own_test);
    let mut why_anew = None;
    if let Some(split) = before {
        if examples.is_like(split) {
            args.refuse_other_group(split)?;
        }
        match examples.split_again(split) {
            Ok(before) => {
                let then = split.request();
                let request = SplitRequest {
                    test: share.unwrap_or(then.test),
                    validation: match args.validation {
                        None if then.validation > 0.0 => then.validation,
                        _ => validation,
                    },
                    seed: args.split_seed.unwrap_or(then.seed),
                    by: if is_last { SplitBy::Last } else { then.by },
                };
                return split_on(args, examples, split, (&before, &request), notes);
            }
            Err(error) => why_anew = Some(error),
        }
    }
    // Other rows are split in the way that those before them were.
    let then = before.map(Split::request);
    let is_free = args.holdout.is_none() && args.fitting.group().is_none();
    let is_last = is_last || then.is_some_and(|then| then.by == SplitBy::Last && is_free);
    let request = SplitRequest {
        test: if has_own_test {
            0.0
        } else {
            share.or(then.map(|then| then.test).filter(|test| *test > 0.0)).unwrap_or(HOLDOUT)
        },
        validation: match then {
            Some(then) if args.validation.is_none() && then.validation > 0.0 && validation > 0.0 => then.validation,
            _ => validation,
        },
        seed: args.split_seed.unwrap_or(args.seed),
        by: if is_last { SplitBy::Last } else { examples.usual_split() },
    };
    if let (Some(error), true) = (why_anew, request.test + request.validation > 0.0) {
        notes.push(format!(
            "warning: rows are split anew, so the model may have learned from some that it is tested on now: {error}"
        ));
    }
    if stored.is_some_and(|model| model.split.is_none()) && !has_own_test && request.test + request.validation > 0.0 {
        let model = args.init.as_deref().unwrap_or(Path::new("the model")).display();
        notes.push(format!(
            "{} does not say which rows it was trained on: it may have learned from some of those held out now, whose score \
             is then too good",
            shown(model)
        ));
    }
    // Together they come from a file of settings, of which one is kept: typed both are refused.
    if let (SplitBy::Last, Some(group)) = (request.by, args.fitting.group()) {
        notes.push(format!(
            "note: rows are split by their order (holdout = last), so those of one {} are not kept together; the column is not \
             learned from",
            shown(group)
        ));
    }
    let parts = examples.split(&request)?;
    Ok((parts, Some(examples.remember(&request))))
}

/// The parts of rows that a model was trained on, as before or as asked for.
///
/// # Errors
/// When a row to test on is one that the model has learned from.
fn split_on(
    args: &TrainArgs,
    examples: &Examples,
    split: &Split,
    (before, request): (&Parts, &SplitRequest),
    notes: &mut Vec<String>,
) -> Result<(Parts, Option<Split>), Failure> {
    if *request == split.request() {
        notes.push("rows are split as when the model was trained".to_owned());
        return Ok((before.clone(), Some(split.clone())));
    }
    let parts = examples.split(request)?;
    let learned: HashSet<usize> = split.learned(before).collect();
    let seen = |rows: &[usize]| rows.iter().filter(|row| learned.contains(row)).count();
    let (tested, model) = (seen(&parts.test), args.init.as_deref().unwrap_or(Path::new("the model")).display());
    if tested > 0 {
        return Err(Failure::Usage(format!(
            "{tested} of the {} rows that --holdout or --split-seed choose to test on are among those that {model} has learned \
             from: without the two it is tested on the rows that it has never seen, and --test-data tests on another file",
            parts.test.len()
        )));
    }
    notes.push("the rows to test on are those of when the model was trained, or some of them".to_owned());
    let validated = seen(&parts.validation);
    if validated > 0 {
        let all = parts.validation.len();
        notes.push(format!(
            "warning: {model} has learned from {validated} of the {all} rows to validate on: their loss is lower than that of \
             other rows"
        ));
    }
    Ok((parts, Some(examples.remember(request))))
}

/// How rows are made ready: as the model that training goes on with was trained, or as suits the rows that are learned from
/// in the end.
fn fitted<T: Scalar>(
    args: &TrainArgs,
    examples: &Examples,
    learned: &[usize],
    stored: Option<&Model<T>>,
) -> Result<Fitted, Failure> {
    let scaling = match (&args.preprocess, stored) {
        (asked, Some(model)) if asked.is_of(&model.preprocess) => {
            let fitted = model.fitted();
            return Ok(args.fitting.unknown().map_or(fitted.clone(), |unknown| fitted.with_unknown(unknown)));
        }
        (Preprocessing::Auto, _) => examples.usual_scaling(),
        (Preprocessing::As(scaling), _) => *scaling,
    };
    let fitted = examples.fit(learned, scaling)?;
    Ok(if args.raw_targets { fitted.with_targets_as_they_are() } else { fitted })
}

//! Reads the rows of a command, as its options about data say, and shows what was taken for granted.

use std::path::Path;

use chainrule::data::{AsItIs, Dataset, Examples, Features, Fitted, Missing, Request, Source};
use chainrule::{Loss, Model, Scalar};

use crate::args::{ColumnArgs, MemoryArgs};
use crate::escape::shown;
use crate::failure::Failure;
use crate::output::{Output, plural, tell};
use crate::report::in_options;
use crate::text_options;

/// A source as it is named on the command line.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Named<'a> {
    pub(crate) source: &'a Source,
    /// The option that names the source, and the one that names its labels.
    pub(crate) options: [&'static str; 2],
    pub(crate) labels: Option<&'a Path>,
    pub(crate) columns: &'a ColumnArgs,
    pub(crate) loss: Option<Loss>,
    pub(crate) memory: Option<&'a MemoryArgs>,
    /// The other source of the same command, with the option that names it.
    pub(crate) beside: Option<(&'static str, &'a Source)>,
    /// The file of its labels, with the option that names it.
    pub(crate) labels_beside: Option<(&'static str, &'a Path)>,
}

impl<'a> Named<'a> {
    /// The source of `--data`.
    pub(crate) fn data(source: &'a Source, columns: &'a ColumnArgs, loss: Option<Loss>) -> Self {
        Named {
            source,
            options: ["--data", "--labels"],
            labels: columns.labels.as_deref(),
            columns,
            loss,
            memory: None,
            beside: None,
            labels_beside: None,
        }
    }

    /// Refuses labels for a source that has its own, and options about text where no file of the command is text.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        let [data, labels] = self.options;
        text_options::refuse_of_images(&self.columns.of_tables(), self.source, data)?;
        match (self.source.has_targets(), self.labels) {
            (true, Some(file)) => {
                let (source, file) = (self.source, file.display());
                Err(Failure::Usage(format!("{labels} {file} is not needed: {source} has its own labels")))
            }
            _ => self.check_text(&self.columns.of_text()),
        }
    }

    /// Refuses these options about text where no file of the command is text.
    pub(crate) fn check_text(&self, given: &[&'static str]) -> Result<(), Failure> {
        text_options::check(given, self.files())
    }

    /// The files of the command, each behind its option.
    fn files(&self) -> impl Iterator<Item = (&'static str, Source)> {
        let [data, labels] = self.options;
        let sources = [Some((data, self.source)), self.beside];
        let label_files = [self.labels.map(|file| (labels, file)), self.labels_beside];
        let sources = sources.into_iter().flatten().map(|(option, source)| (option, source.clone()));
        let label_files = label_files.into_iter().flatten();
        sources.chain(label_files.map(|(option, file)| (option, Source::File(file.to_path_buf()))))
    }

    /// As [`Named::check`], and refuses a file in which nobody says what is to be learned.
    pub(crate) fn check_target(&self) -> Result<(), Failure> {
        let [data, labels] = self.options;
        if let (Source::File(_) | Source::Files(_) | Source::Stdin, None, true) =
            (self.source, self.labels, self.columns.target.is_empty())
        {
            return Err(Failure::Usage(format!(
                "{data} {}: what is to be learned? Name a column of it with --target, or a file of targets with {labels}",
                self.source
            )));
        }
        self.check()
    }

    /// The same, of which so much is in memory.
    pub(crate) fn within(self, memory: &'a MemoryArgs) -> Self {
        Named { memory: Some(memory), ..self }
    }

    pub(crate) fn request(&self) -> Request {
        let mut request = self.columns.request(self.source, self.labels, self.loss);
        request.memory = self.memory.and_then(MemoryArgs::memory);
        request
    }

    /// Refuses options that a model which knows its columns does not follow.
    fn check_known<T: Scalar>(&self, model: &Model<T>) -> Result<(), Failure> {
        let Some(schema) = &model.schema else { return Ok(()) };
        if let Some(option) = self.columns.chosen() {
            return Err(Failure::Usage(format!(
                "{option} is for a new network: the model knows which columns it takes, and passes over others; leave it out"
            )));
        }
        match self.columns.missing().filter(|wanted| *wanted != Missing::Drop) {
            Some(wanted) if schema.missing() != Some(wanted) => Err(Failure::Usage(match schema.missing() {
                Some(filled) => format!(
                    "--missing {wanted} is for a new network: the model fills missing values by {filled}; leave it out, or \
                     --missing drop"
                ),
                None => format!(
                    "--missing {wanted} is for a new network: the model was trained on rows that lacked nothing; --missing drop \
                     leaves out those that do"
                ),
            })),
            _ => Ok(()),
        }
    }

    /// Reads the rows to run a model on, which learns from the options what its file does not say.
    pub(crate) fn read_for<T: Scalar>(&self, model: &mut Model<T>) -> Result<Examples, Failure> {
        self.check_known(model)?;
        if model.target.names().is_empty() && !self.source.has_targets() {
            self.check_target()?;
        }
        let is_told = tell_task(model, self.columns.task, self.loss)?;
        let examples = self.request().read_for(model)?;
        self.check_targets(&examples, model, is_told)?;
        Ok(examples)
    }

    /// Checks rows with targets, whose task a model that does not know its own takes.
    fn check_targets<T: Scalar>(
        &self,
        examples: &Examples,
        model: &mut Model<T>,
        is_told: bool,
    ) -> Result<(), Failure> {
        say_notes(examples.notes());
        examples.check_for(model)?;
        if !is_told {
            let task = examples.task();
            tell(format_args!("note: the targets say {task}; if that is not what the model learned: --task or --loss"));
            (model.task, model.loss) = (Some(task), task.usual_loss());
        }
        Ok(())
    }

    /// All rows as a model takes them, ready; without targets where nobody names one and the source does not have the model's.
    /// What is then left out is said.
    pub(crate) fn load_with_or_without<T: Scalar>(
        &self,
        model: &mut Model<T>,
        without: &str,
    ) -> Result<Dataset<T>, Failure> {
        if is_there_once(self.source) {
            return match self.read_once(model)? {
                AsItIs::Labelled(examples) => Ok(examples.dataset_for(&all_rows(&examples), model)?),
                AsItIs::Unlabelled { features, notes } => self.unlabelled(model, features, &notes, without),
            };
        }
        self.check_known(model)?;
        if self.may_have_target(model)? {
            return self.load_for(model);
        }
        tell_task(model, self.columns.task, self.loss)?;
        let (features, notes) = self.request().read_features(model)?;
        self.unlabelled(model, features, &notes, without)
    }

    /// The rows of a source that can be read once, with the model's targets where they are there or somebody names others.
    pub(crate) fn read_once<T: Scalar>(&self, model: &mut Model<T>) -> Result<AsItIs<T>, Failure> {
        self.check_known(model)?;
        let is_told = tell_task(model, self.columns.task, self.loss)?;
        let read = self.request().read_as_it_is(model)?;
        if let AsItIs::Labelled(examples) = &read {
            self.check_targets(examples, model, is_told)?;
        }
        Ok(read)
    }

    /// Rows without targets. What is then left out is said.
    pub(crate) fn unlabelled<T: Scalar>(
        &self,
        model: &Model<T>,
        features: Features<T>,
        notes: &[String],
        without: &str,
    ) -> Result<Dataset<T>, Failure> {
        say_notes(notes);
        let source = self.source.to_string();
        tell(format_args!(
            "note: {} has no target, so {without} left out; --target or --labels names one",
            shown(source)
        ));
        Ok(model.unlabelled(features)?)
    }

    /// Whether somebody names a target, or the source, which is read for it, has the model's.
    pub(crate) fn may_have_target<T: Scalar>(&self, model: &Model<T>) -> Result<bool, Failure> {
        let is_named = self.source.has_targets() || self.labels.is_some() || !self.columns.target.is_empty();
        Ok(is_named || self.request().has_targets_of(model)?)
    }

    /// All rows as a model takes them, ready.
    pub(crate) fn load_for<T: Scalar>(&self, model: &mut Model<T>) -> Result<Dataset<T>, Failure> {
        let examples = self.read_for(model)?;
        Ok(examples.dataset_for(&all_rows(&examples), model)?)
    }

    /// All rows for a new network, with what suits them.
    pub(crate) fn load_new<T: Scalar>(&self) -> Result<(Examples, Fitted, Dataset<T>), Failure> {
        self.check_target()?;
        let examples = self.request().read()?;
        say_notes(examples.notes());
        let rows = all_rows(&examples);
        let fitted = examples.fit(&rows, examples.usual_scaling())?;
        let data = examples.dataset(&rows, &fitted)?;
        Ok((examples, fitted, data))
    }
}

/// Whether nobody can read it twice: standard input, and a pipe in a file's place, such as `<(command)` of a shell.
pub(crate) fn is_there_once(source: &Source) -> bool {
    match source {
        Source::Stdin => true,
        Source::File(path) => std::fs::metadata(path).is_ok_and(|what| !what.is_file() && !what.is_dir()),
        _ => false,
    }
}

pub(crate) fn all_rows(examples: &Examples) -> Vec<usize> {
    (0..examples.rows()).collect()
}

/// Tells a model what its outputs mean, by --task or --loss; whether it knows now.
///
/// # Errors
/// When it was trained for another task.
pub(crate) fn tell_task<T: Scalar>(
    model: &mut Model<T>,
    task: Option<chainrule::Task>,
    loss: Option<Loss>,
) -> Result<bool, Failure> {
    refuse_other_task(model, task, loss)?;
    refuse_other_outputs(model, task.or(loss.map(|loss| chainrule::Task::of_loss(loss, model.mlp.outputs()))))?;
    if let Some(loss) = loss {
        let task = task.or(model.task);
        let told = task.unwrap_or(chainrule::Task::of_loss(loss, model.mlp.outputs()));
        told.check(loss)?;
        (model.loss, model.task) = (loss, Some(told));
    } else if let Some(task) = task {
        if task.check(model.loss).is_err() || model.task.is_none() {
            model.loss = task.usual_loss();
        }
        model.task = Some(task);
    }
    Ok(model.task.is_some())
}

/// Refuses a task that a network with such outputs cannot have.
fn refuse_other_outputs<T: Scalar>(model: &Model<T>, task: Option<chainrule::Task>) -> Result<(), Failure> {
    use chainrule::Task::{Binary, Classification};
    let outputs = model.mlp.outputs();
    let why = match task {
        Some(Binary) if outputs != 1 => "a binary task has one output: --task classification, or multi-label",
        Some(Classification) if outputs == 1 => {
            "classes have an output each, two at least: --task binary (the logit of yes), or regression (a value)"
        }
        _ => return Ok(()),
    };
    Err(Failure::Usage(format!("the network has {}, and {why}", plural(outputs, "output"))))
}

/// Refuses a task that a model was not trained for, and a loss of such.
fn refuse_other_task<T: Scalar>(
    model: &Model<T>,
    task: Option<chainrule::Task>,
    loss: Option<Loss>,
) -> Result<(), Failure> {
    let Some(own) = model.task else { return Ok(()) };
    let option = match (task, loss) {
        (Some(task), _) if task != own => format!("--task {task}"),
        (_, Some(loss)) if own.check(loss).is_err() => format!("--loss {loss}"),
        _ => return Ok(()),
    };
    Err(Failure::Usage(format!(
        "{option} is for a file that does not say what it was trained for: this model learned {own}, by {}; leave it out",
        model.loss
    )))
}

/// As [`tell_task`], where the loss says nothing but the task: another one than the model's is refused, too.
pub(crate) fn tell_what_is_not_said<T: Scalar>(
    model: &mut Model<T>,
    task: Option<chainrule::Task>,
    loss: Option<Loss>,
) -> Result<bool, Failure> {
    refuse_other_loss(model, loss)?;
    tell_task(model, task, loss)
}

/// Refuses a loss that a model was not trained by; one of another task is refused as such.
pub(crate) fn refuse_other_loss<T: Scalar>(model: &Model<T>, loss: Option<Loss>) -> Result<(), Failure> {
    refuse_other_task(model, None, loss)?;
    match loss {
        Some(loss) if model.task.is_some() && loss != model.loss => Err(Failure::Usage(format!(
            "--loss {loss} is for a file that does not name its loss: this model was trained by {}; leave it out",
            model.loss
        ))),
        _ => Ok(()),
    }
}

/// What was taken for granted and could be meant otherwise, on standard error.
pub(crate) fn say_notes(notes: &[String]) {
    notes.iter().filter(|note| is_marked(note)).for_each(|note| tell(shown(in_options(note.clone()))));
}

/// Whether it is to be seen wherever it is found, and not only before training.
fn is_marked(note: &str) -> bool {
    note.starts_with("warning: ") || note.starts_with("note: ")
}

/// The same among the lines of a run.
pub(crate) fn print_notes(notes: &[String], output: &mut Output) {
    if output.is_quiet() {
        return;
    }
    let (warnings, notes): (Vec<&String>, Vec<&String>) = notes.iter().partition(|note| is_marked(note));
    notes.into_iter().for_each(|note| output.say(shown(in_options(note.clone()))));
    warnings.into_iter().for_each(|warning| tell(shown(in_options(warning.clone()))));
}

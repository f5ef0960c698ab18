//! `chainrule predict`: predictions for rows, on standard output or in a file.

use std::fmt::Display;
use std::io::{self, IsTerminal};

use chainrule::atomic::write_atomically;
use chainrule::data::{Answerable, Features, Request, Source, write_npy, write_npy_labels};
use chainrule::{DType, Error, Layer, Loss, Model, ModelFile, Scalar, Task};

use crate::args::PredictArgs;
use crate::data::{say_notes, tell_what_is_not_said};
use crate::escape::shown;
use crate::failure::Failure;
use crate::files::{self, Files};
use crate::layers::model_of;
use crate::limits::limits;
use crate::output::{Output, tell};
use crate::predictions::{Are, Predictions, answered_row, io_error, names, print, print_json, titles};
use crate::text_options;
use crate::values::Table;

pub(crate) fn run(args: &PredictArgs) -> Result<(), Failure> {
    // Which columns are categories is what the model knows of other files than text.
    text_options::check(&args.text.given_of_any(), [("--data", args.data.clone().unwrap_or(Source::Stdin))])?;
    if let Some(table) = &args.output {
        let files = Files::default().file("MODEL", Some(&args.model)).source("--data", args.data.as_ref());
        let files = if args.data.is_none() { files.stdin() } else { files };
        files.output("--output", Some(table.path())).check()?;
    }
    let file = args.order.open(&args.model)?;
    match file.dtype() {
        DType::F32 => predict::<f32>(args, &file),
        DType::F64 => predict::<f64>(args, &file),
    }
}

fn predict<T: Scalar + Display>(args: &PredictArgs, file: &ModelFile) -> Result<(), Failure> {
    let mut model = model_of::<T>(file, &args.model, args.activation)?;
    settle_task(args, &mut model)?;
    let Answerable { features, lacking, .. } = answerable::<T>(args, &model)?;
    if let Some(rounded) = args.rounding.rounded(&model, &features)? {
        tell(rounded.line.text());
        model = rounded.model;
    }
    // Where memory is bounded, some rows after the others.
    let at_once = if args.memory.memory().is_some() { AT_ONCE } else { features.rows() + lacking.len() };
    let parts = Parts { args, model: &model, features: &features, lacking: &lacking, at_once };
    match &args.output {
        Some(table) => Ok(save(table, &parts)?),
        None => {
            let mut output = Output::new(false, false);
            let to_terminal = io::stdout().is_terminal();
            parts.each(|first, predictions| {
                if args.json {
                    output.write(|out| print_json(out, &model, &predictions, first));
                } else {
                    output.write(|out| print(out, &model, &predictions, to_terminal));
                }
                Ok(())
            })?;
            output.finish()
        }
    }
}

/// Rows that are predicted at once where memory is bounded.
const AT_ONCE: usize = 1 << 16;

/// The rows that are predicted, some at once.
struct Parts<'a, T: Scalar> {
    args: &'a PredictArgs,
    model: &'a Model<T>,
    features: &'a Features<T>,
    /// Rows of the source, counted from 0, that are not among them: in their place stands nothing.
    lacking: &'a [usize],
    at_once: usize,
}

impl<T: Scalar> Parts<'_, T> {
    /// Shows the predictions for some rows after the others, and the number of the first.
    fn each(&self, mut see: impl FnMut(usize, Predictions<T>) -> Result<(), Error>) -> Result<(), Error> {
        let rows = self.features.rows() + self.lacking.len();
        if self.lacking.is_empty() && self.at_once >= rows {
            return see(0, predictions(self.model, self.features, self.args)?);
        }
        for first in (0..rows).step_by(self.at_once) {
            see(first, self.between(first, rows.min(first + self.at_once))?)?;
        }
        Ok(())
    }

    /// The predictions for the rows from `first` to before `end`.
    fn between(&self, first: usize, end: usize) -> Result<Predictions<T>, Error> {
        let lacking_before = |row: usize| self.lacking.partition_point(|&lacking| lacking < row);
        let (before, until) = (lacking_before(first), lacking_before(end));
        let lacking: Vec<usize> = self.lacking[before..until].iter().map(|row| row - first).collect();
        let some: Vec<usize> = (first - before..end - until).collect();
        if some.is_empty() {
            // One that is answered says what the others lack.
            let one = predictions(self.model, &self.features.select(&[0])?, self.args)?;
            return Ok(one.blank(end - first));
        }
        let answered =
            predictions(self.model, &self.features.select(&some)?, self.args).map_err(|error| match error {
                Error::OutputNotFinite { row, output, value } => {
                    let row = first + answered_row(&lacking, row - 1) + 1;
                    Error::OutputNotFinite { row, output, value }
                }
                other => other,
            })?;
        Ok(answered.with_blanks(&lacking))
    }

    /// All predictions.
    fn all(&self) -> Result<Predictions<T>, Error> {
        let mut all = None;
        self.each(|_, some| {
            match (&mut all, some) {
                (Some(Predictions::Classes(all)), Predictions::Classes(some)) => all.extend(some),
                (Some(Predictions::Numbers { numbers, .. }), Predictions::Numbers { numbers: some, .. }) => {
                    numbers.extend(some);
                }
                (Some(Predictions::Values { values, .. }), Predictions::Values { values: some, .. }) => {
                    values.extend(some);
                }
                (all, some) => *all = Some(some),
            }
            Ok(())
        })?;
        Ok(all.unwrap_or(Predictions::Classes(Vec::new())))
    }
}

/// What the outputs mean, where the file does not say: of a single one nobody can tell.
fn settle_task<T: Scalar>(args: &PredictArgs, model: &mut Model<T>) -> Result<(), Failure> {
    let has_softmax = matches!(model.mlp.layers().last(), Some(Layer::Softmax | Layer::LogSoftmax));
    if tell_what_is_not_said(model, args.task, args.loss)? || args.raw {
        return Ok(());
    }
    let (path, outputs) = (shown(args.model.display()), model.mlp.outputs());
    if outputs == 1 && !has_softmax {
        return Err(Failure::Usage(format!(
            "{path} does not say what its output means: --task regression (a value) or --task binary (the logit of yes)"
        )));
    }
    if !has_softmax {
        tell(format_args!(
            "note: {path} does not say what its {outputs} outputs mean; taken as logits of classes, of which one is true: \
             --task multi-label or --task regression for others"
        ));
    }
    (model.task, model.loss) = (Some(Task::Classification), Loss::CrossEntropy);
    Ok(())
}

fn answerable<T: Scalar>(args: &PredictArgs, model: &Model<T>) -> Result<Answerable<T>, Error> {
    let source = args.data.clone().unwrap_or(Source::Stdin);
    if source == Source::Stdin && io::stdin().is_terminal() {
        tell("reading rows of text from the terminal; end with Ctrl-D");
    }
    let mut request = Request::new(source.clone());
    request.format = args.text.format();
    request.limits = limits();
    request.memory = args.memory.memory();
    let read = request.read_answerable(model)?;
    say_notes(&read.notes);
    let inputs = model.mlp.inputs();
    if read.features.cols() != inputs {
        let (found, expected) =
            (format!("{} columns", read.features.cols()), format!("{inputs}, the inputs of the network"));
        return Err(Error::Shape { origin: source.to_string(), found, expected });
    }
    Ok(read)
}

fn predictions<T: Scalar>(
    model: &Model<T>,
    features: &Features<T>,
    args: &PredictArgs,
) -> Result<Predictions<T>, Error> {
    let cols = model.mlp.outputs();
    let numbers = |numbers: Vec<T>, are: Are| Predictions::Numbers { numbers, cols, are };
    if args.raw {
        return Ok(numbers(model.predict_raw(features)?, Are::Raw));
    }
    if args.proba {
        return Ok(numbers(model.predict_proba(features)?, Are::Probabilities));
    }
    match model.task {
        Some(Task::Classification | Task::Binary) => {
            Ok(Predictions::Classes(model.predict_classes(features)?.into_iter().map(Some).collect()))
        }
        Some(Task::MultiLabel) => {
            let is_yes = |logit: T| if logit > T::ZERO { T::ONE } else { T::ZERO };
            Ok(numbers(model.predict(features)?.into_iter().map(is_yes).collect(), Are::Answers))
        }
        _ => {
            let mut values = model.predict_values(features)?;
            if size_of::<T>() == size_of::<f32>() {
                values.iter_mut().enumerate().for_each(|(at, value)| *value = in_digits(*value, model, at % cols));
            }
            Ok(Predictions::Values { values, cols })
        }
    }
}

/// That a file of class numbers has nothing for a row without an answer.
fn no_blank_class(lacking: &[usize]) -> Error {
    let row = lacking.first().map_or(0, |row| row + 1);
    Error::Argument {
        name: "output",
        found: format!(".npy, whose numbers of classes leave none out, and row {row} lacks a value and has no answer"),
        expected: "a .csv file, in which its place is empty; or --proba, in which it is NaN".to_owned(),
    }
}

/// Says which number stands for which class, where a file holds numbers and the classes are called otherwise.
fn tell_class_numbers<T: Scalar>(model: &Model<T>) {
    const NAMED: usize = 12;
    let names = names(model);
    if names.iter().enumerate().any(|(class, name)| *name != class.to_string()) {
        let numbered = names.iter().take(NAMED).enumerate().map(|(class, name)| format!("{class} = {}", shown(name)));
        let more = if names.len() > NAMED { ", ..." } else { "" };
        let numbered = numbered.collect::<Vec<_>>().join(", ");
        tell(format_args!("note: classes are numbered in .npy: {numbered}{more}; .csv has their names"));
    }
}

fn save<T: Scalar + Display>(table: &Table, parts: &Parts<'_, T>) -> Result<(), Error> {
    let model = parts.model;
    files::keep(table.path(), || match table {
        Table::Npy(path) => match parts.all()? {
            Predictions::Classes(classes) => {
                tell_class_numbers(model);
                let all: Option<Vec<u32>> = classes.iter().copied().collect();
                let all = all.ok_or_else(|| no_blank_class(parts.lacking))?;
                write_npy_labels(path, &all)
            }
            Predictions::Numbers { numbers, cols, .. } => write_npy(path, numbers.len() / cols, cols, &numbers),
            Predictions::Values { values, cols } => write_npy(path, values.len() / cols, cols, &values),
        },
        Table::Csv(path) => {
            let mut failed = None;
            let written = write_atomically(path, |out| {
                let outcome = parts.each(|first, predictions| {
                    let io = |error| Error::Io { path: path.clone(), action: "write", source: error };
                    if first == 0 {
                        let mut csv = csv::Writer::from_writer(&mut *out);
                        csv.write_record(titles(model, &predictions)).map_err(|error| io(io_error(error)))?;
                        csv.flush().map_err(io)?;
                    }
                    print(&mut *out, model, &predictions, false).map_err(io)
                });
                outcome.map_err(|error| {
                    failed = Some(error);
                    io::ErrorKind::Other.into()
                })
            });
            failed.map_or(written, Err)
        }
    })
}

/// A value of this column rounded to the digits that a network's number in f32 gives it: of 1,000,000,000 + a few by the deviation
/// of the few.
fn in_digits<T: Scalar>(value: f64, model: &Model<T>, column: usize) -> f64 {
    // What a unit in the last place of f32, of a number near 1, is at most worth; half of it is rounded off anyway.
    const LAST_PLACE: f64 = 1.0 / (1 << 25) as f64;
    let from_mean = match model.target.scaling() {
        Some((mean, _)) if model.target.is_log1p(column) => (1.0 + value) * (value.ln_1p() - mean[column]).abs(),
        Some((mean, _)) => (value - mean[column]).abs(),
        None => value.abs(),
    };
    let places = value.abs().log10().floor() - (from_mean * LAST_PLACE).log10().floor();
    if !(0.0..17.0).contains(&places) {
        // Less than its last place is nothing.
        return if places < 0.0 { 0.0 } else { value };
    }
    let rounded: f64 = format!("{value:.*e}", places as usize).parse().unwrap_or(value);
    if rounded.is_finite() { rounded } else { value }
}

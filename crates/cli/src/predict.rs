//! `chainrule predict`: predictions for rows, on standard output or in a file.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};

use chainrule::atomic::write_atomically;
use chainrule::data::{Features, Request, Source, write_csv_to, write_npy, write_npy_labels};
use chainrule::{DType, Error, Layer, Loss, Model, ModelFile, Scalar, Task};

use crate::args::PredictArgs;
use crate::data::{say_notes, tell_what_is_not_said};
use crate::escape::{self, shown};
use crate::failure::Failure;
use crate::files::{self, Files};
use crate::layers::model_of;
use crate::limits::limits;
use crate::output::{Output, tell};
use crate::text_options;
use crate::values::Table;

/// What is predicted for each row.
enum Predictions<T> {
    /// (rows)
    Classes(Vec<u32>),
    /// (rows, cols)
    Numbers { numbers: Vec<T>, cols: usize, are: Are },
}

/// What numbers are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Are {
    /// Of each class, or of yes.
    Probabilities,
    /// In the unit of the targets.
    Values,
    /// 1 for yes and 0 for no, of each of several questions.
    Answers,
    /// As the network gives them.
    Raw,
}

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
    let features = features::<T>(args, &model)?;
    if let Some(rounded) = args.rounding.rounded(&model, &features)? {
        tell(rounded.line.text());
        model = rounded.model;
    }
    // Where memory is bounded, some rows after the others.
    let at_once = if args.memory.memory().is_some() { AT_ONCE } else { features.rows() };
    let parts = Parts { args, model: &model, features: &features, at_once };
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
    at_once: usize,
}

impl<T: Scalar> Parts<'_, T> {
    /// Shows the predictions for some rows after the others, and the number of the first.
    fn each(&self, mut see: impl FnMut(usize, Predictions<T>) -> Result<(), Error>) -> Result<(), Error> {
        let rows = self.features.rows();
        if self.at_once >= rows {
            return see(0, predictions(self.model, self.features, self.args)?);
        }
        for first in (0..rows).step_by(self.at_once) {
            let some: Vec<usize> = (first..rows.min(first + self.at_once)).collect();
            let features = self.features.select(&some)?;
            let predictions = predictions(self.model, &features, self.args).map_err(|error| match error {
                Error::OutputNotFinite { row, output, value } => {
                    Error::OutputNotFinite { row: first + row, output, value }
                }
                other => other,
            })?;
            see(first, predictions)?;
        }
        Ok(())
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

fn features<T: Scalar>(args: &PredictArgs, model: &Model<T>) -> Result<Features<T>, Error> {
    let source = args.data.clone().unwrap_or(Source::Stdin);
    if source == Source::Stdin && io::stdin().is_terminal() {
        tell("reading rows of text from the terminal; end with Ctrl-D");
    }
    let mut request = Request::new(source.clone());
    request.format = args.text.format();
    request.limits = limits();
    request.memory = args.memory.memory();
    let (features, notes) = request.read_features(model)?;
    say_notes(&notes);
    let inputs = model.mlp.inputs();
    if features.cols() != inputs {
        let (found, expected) =
            (format!("{} columns", features.cols()), format!("{inputs}, the inputs of the network"));
        return Err(Error::Shape { origin: source.to_string(), found, expected });
    }
    Ok(features)
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
        Some(Task::Classification | Task::Binary) => Ok(Predictions::Classes(model.predict_classes(features)?)),
        Some(Task::MultiLabel) => {
            let is_yes = |logit: T| if logit > T::ZERO { T::ONE } else { T::ZERO };
            Ok(numbers(model.predict(features)?.into_iter().map(is_yes).collect(), Are::Answers))
        }
        _ => Ok(numbers(model.predict(features)?, Are::Values)),
    }
}

/// What predictions are called, at the head of a file and as keys of JSON.
fn titles<T: Scalar>(model: &Model<T>, predictions: &Predictions<T>) -> Vec<String> {
    let target = model.target.names();
    match *predictions {
        Predictions::Classes(_) => vec![target.first().cloned().unwrap_or_else(|| "class".to_owned())],
        Predictions::Numbers { cols, are, .. } => (0..cols).map(|at| title(model, at, are)).collect(),
    }
}

/// What the numbers of an output are called.
fn title<T: Scalar>(model: &Model<T>, at: usize, are: Are) -> String {
    let (classes, target, outputs) = (names(model), model.target.names(), model.mlp.outputs());
    let name = match model.target.answers() {
        // One probability, that of yes.
        Some([_, yes]) if outputs == 1 => Some(yes.to_owned()),
        _ if classes.len() == outputs => classes.get(at).cloned(),
        _ if target.len() == outputs => target.get(at).cloned(),
        _ => None,
    };
    match (are, name) {
        // Bare names of classes may be numbers, which nobody tells from a row.
        (Are::Probabilities, Some(name)) => format!("P({name})"),
        (Are::Values | Are::Answers, Some(name)) => name,
        (Are::Raw, Some(name)) => format!("output {name}"),
        (_, None) => format!("output {}", at + 1),
    }
}

/// The names of what is predicted: of the classes, or of no and yes.
fn names<T: Scalar>(model: &Model<T>) -> Vec<String> {
    match model.target.answers() {
        Some(answers) => answers.map(str::to_owned).to_vec(),
        None => model.class_names.clone().unwrap_or_default(),
    }
}

fn save<T: Scalar + Display>(table: &Table, parts: &Parts<'_, T>) -> Result<(), Error> {
    let model = parts.model;
    files::keep(table.path(), || match table {
        Table::Npy(path) => match parts.all()? {
            Predictions::Classes(classes) => write_npy_labels(path, &classes),
            Predictions::Numbers { numbers, cols, .. } => write_npy(path, numbers.len() / cols, cols, &numbers),
        },
        Table::Csv(path) => {
            let mut failed = None;
            let written = write_atomically(path, |out| {
                let outcome = parts.each(|first, predictions| {
                    let io = |error| Error::Io { path: path.clone(), action: "write", source: error };
                    if first == 0 {
                        let mut csv = csv::Writer::from_writer(&mut *out);
                        csv.write_record(titles(model, &predictions)).map_err(|error| io(error.into()))?;
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

/// As CSV (RFC 4180), in which a class name is one record, whatever it contains. On a terminal it is escaped to one
/// line.
fn print<T: Scalar + Display>(
    out: &mut dyn Write,
    model: &Model<T>,
    predictions: &Predictions<T>,
    to_terminal: bool,
) -> io::Result<()> {
    match predictions {
        Predictions::Numbers { numbers, cols, .. } => write_csv_to(out, *cols, numbers),
        Predictions::Classes(classes) => {
            let names = names(model);
            let name = |class: u32| names.get(class as usize).cloned().unwrap_or_else(|| class.to_string());
            if to_terminal {
                return classes.iter().try_for_each(|&class| writeln!(out, "{}", shown(name(class))));
            }
            let mut csv = csv::Writer::from_writer(out);
            for &class in classes {
                csv.write_record([name(class)])?;
            }
            csv.flush()
        }
    }
}

/// One object a row: the class by its name, or the number of each output by its own.
fn print_json<T: Scalar>(
    out: &mut dyn Write,
    model: &Model<T>,
    predictions: &Predictions<T>,
    first: usize,
) -> io::Result<()> {
    let names = names(model);
    match predictions {
        Predictions::Classes(classes) => classes.iter().enumerate().try_for_each(|(row, &class)| {
            let name = names.get(class as usize).cloned().unwrap_or_else(|| class.to_string());
            let line = serde_json::json!({ "row": first + row + 1, "class": name });
            writeln!(out, "{}", escape::json(line.to_string()))
        }),
        Predictions::Numbers { numbers, cols, are } => {
            let titles = titles(model, predictions);
            let number = |value: &T| -> serde_json::Value {
                match are {
                    Are::Answers => u8::from(*value > T::ZERO).into(),
                    _ => value.to_f64().into(),
                }
            };
            numbers.chunks_exact(*cols).enumerate().try_for_each(|(row, values)| {
                let values: serde_json::Map<String, serde_json::Value> =
                    titles.iter().cloned().zip(values.iter().map(number)).collect();
                let line = serde_json::json!({ "row": first + row + 1, "outputs": values });
                writeln!(out, "{}", escape::json(line.to_string()))
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chainrule::Mlp;

    fn printed(to_terminal: bool) -> String {
        let names = ["a\x1b[31m\nb", "Paris, \"F\"", "plain"].map(str::to_owned).to_vec();
        let mlp = Mlp::<f32>::builder(1).dense(3).build().unwrap();
        let model = Model::new(mlp, Loss::CrossEntropy).with_class_names(names);
        let mut out = Vec::new();
        print(&mut out, &model, &Predictions::Classes(vec![0, 1, 2, 3]), to_terminal).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn names_are_quoted_for_programs_and_shown_to_people() {
        assert_eq!(printed(false), "\"a\x1b[31m\nb\"\n\"Paris, \"\"F\"\"\"\nplain\n3\n");
        assert_eq!(printed(true), "a\\u{1b}[31m\\nb\nParis, \"F\"\nplain\n3\n");
    }
}

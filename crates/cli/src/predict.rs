//! `chainrule predict`: predictions for rows, on standard output or in a file.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};

use chainrule::atomic::write_atomically;
use chainrule::data::{Features, write_csv, write_csv_to, write_npy, write_npy_labels};
use chainrule::{DType, Error, Loss, Model, ModelFile, Scalar};

use crate::args::PredictArgs;
use crate::escape::shown;
use crate::failure::Failure;
use crate::files::{self, Inputs};
use crate::limits::limits;
use crate::output::{Output, tell};
use crate::values::Table;

/// What is predicted for each row.
enum Predictions<T> {
    /// (rows)
    Classes(Vec<u32>),
    /// (rows, cols): probabilities or values.
    Numbers { numbers: Vec<T>, cols: usize },
}

pub(crate) fn run(args: &PredictArgs) -> Result<(), Failure> {
    if let Some(table) = &args.output {
        let inputs = Inputs::default().file("MODEL", Some(&args.model)).source("--data", args.data.as_ref());
        let inputs = if args.data.is_none() { inputs.stdin() } else { inputs };
        files::check_output("--output", table.path(), &inputs)?;
    }
    let file = args.order.open(&args.model)?;
    match file.dtype() {
        DType::F32 => predict::<f32>(args, &file),
        DType::F64 => predict::<f64>(args, &file),
    }
}

fn predict<T: Scalar>(args: &PredictArgs, file: &ModelFile) -> Result<(), Failure> {
    let model = file.model::<T>(args.activation)?;
    let features = features::<T>(args, model.mlp.inputs())?;
    let predictions = predictions(&model, &features, args.proba)?;
    match &args.output {
        Some(table) => Ok(save(table, &model, &predictions)?),
        None => {
            let mut output = Output::new(false, false);
            let to_terminal = io::stdout().is_terminal();
            output.write(|out| print(out, &model, &predictions, to_terminal));
            output.finish()
        }
    }
}

fn features<T: Scalar>(args: &PredictArgs, inputs: usize) -> Result<Features<T>, Error> {
    let (features, origin) = match &args.data {
        Some(source) => (limits().load_features::<T>(source)?, source.to_string()),
        None => {
            if io::stdin().is_terminal() {
                tell(format_args!(
                    "reading rows of {inputs} comma-separated numbers from the terminal; end with Ctrl-D"
                ));
            }
            (limits().parse_csv_features("stdin", io::stdin().lock())?, "stdin".to_owned())
        }
    };
    if features.cols() != inputs {
        let (found, expected) =
            (format!("{} columns", features.cols()), format!("{inputs}, the inputs of the network"));
        return Err(Error::Shape { origin, found, expected });
    }
    Ok(features)
}

fn predictions<T: Scalar>(model: &Model<T>, features: &Features<T>, proba: bool) -> Result<Predictions<T>, Error> {
    let cols = model.mlp.outputs();
    if proba || (model.loss == Loss::BinaryCrossEntropy && !model.is_classifier()) {
        Ok(Predictions::Numbers { numbers: model.predict_proba(features)?, cols })
    } else if model.is_classifier() {
        Ok(Predictions::Classes(model.predict_classes(features)?))
    } else {
        Ok(Predictions::Numbers { numbers: model.predict(features)?, cols })
    }
}

fn save<T: Scalar + Display>(table: &Table, model: &Model<T>, predictions: &Predictions<T>) -> Result<(), Error> {
    files::keep(table.path(), || match (table, predictions) {
        (Table::Npy(path), Predictions::Classes(classes)) => write_npy_labels(path, classes),
        (Table::Npy(path), Predictions::Numbers { numbers, cols }) => {
            write_npy(path, numbers.len() / cols, *cols, numbers)
        }
        (Table::Csv(path), Predictions::Numbers { numbers, cols }) => write_csv(path, *cols, numbers),
        (Table::Csv(path), predictions) => write_atomically(path, |out| print(out, model, predictions, false)),
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
        Predictions::Numbers { numbers, cols } => write_csv_to(out, *cols, numbers),
        Predictions::Classes(classes) => {
            let names = model.class_names.as_deref().unwrap_or_default();
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

//! What is predicted: of which kind it is, what it is called, and how it is written.

use std::fmt::Display;
use std::io::{self, Write};

use chainrule::data::write_csv_to;
use chainrule::{Model, Scalar};

use crate::escape::{self, shown};

/// What is predicted for each row.
pub(crate) enum Predictions<T> {
    /// (rows)
    Classes(Vec<u32>),
    /// (rows, cols)
    Numbers { numbers: Vec<T>, cols: usize, are: Are },
    /// (rows, cols), in the unit of the targets, which may need more digits than the network's numbers have.
    Values { values: Vec<f64>, cols: usize },
}

/// What numbers are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Are {
    /// Of each class, or of yes.
    Probabilities,
    /// 1 for yes and 0 for no, of each of several questions.
    Answers,
    /// As the network gives them.
    Raw,
}

/// What predictions are called, at the head of a file and as keys of JSON.
pub(crate) fn titles<T: Scalar>(model: &Model<T>, predictions: &Predictions<T>) -> Vec<String> {
    let target = model.target.names();
    match *predictions {
        Predictions::Classes(_) => match target {
            [name] => vec![name.clone()],
            // One column for each class has no name of its own.
            _ => vec!["class".to_owned()],
        },
        Predictions::Numbers { cols, are, .. } => (0..cols).map(|at| title(model, at, Some(are))).collect(),
        Predictions::Values { cols, .. } => (0..cols).map(|at| title(model, at, None)).collect(),
    }
}

/// What the numbers of an output are called; `None`: values in the unit of the targets.
fn title<T: Scalar>(model: &Model<T>, at: usize, are: Option<Are>) -> String {
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
        (Some(Are::Probabilities), Some(name)) => format!("P({name})"),
        (None | Some(Are::Answers), Some(name)) => name,
        (Some(Are::Raw), Some(name)) => format!("output {name}"),
        (_, None) => format!("output {}", at + 1),
    }
}

/// The names of what is predicted: of the classes, or of no and yes.
pub(crate) fn names<T: Scalar>(model: &Model<T>) -> Vec<String> {
    match model.target.answers() {
        Some(answers) => answers.map(str::to_owned).to_vec(),
        None => model.class_names.clone().unwrap_or_default(),
    }
}

/// As CSV (RFC 4180), in which a class name is one record, whatever it contains. On a terminal it is escaped to one
/// line.
pub(crate) fn print<T: Scalar + Display>(
    out: &mut dyn Write,
    model: &Model<T>,
    predictions: &Predictions<T>,
    to_terminal: bool,
) -> io::Result<()> {
    match predictions {
        Predictions::Numbers { numbers, cols, .. } => write_csv_to(out, *cols, numbers),
        Predictions::Values { values, cols } => write_csv_to(out, *cols, values),
        Predictions::Classes(classes) => {
            let names = names(model);
            let name = |class: u32| names.get(class as usize).cloned().unwrap_or_else(|| class.to_string());
            if to_terminal {
                return classes.iter().try_for_each(|&class| writeln!(out, "{}", shown(name(class))));
            }
            let mut csv = csv::Writer::from_writer(out);
            for &class in classes {
                csv.write_record([name(class)]).map_err(io_error)?;
            }
            csv.flush()
        }
    }
}

/// What failed where it was written to: a closed pipe stays one.
pub(crate) fn io_error(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

/// One object a row: the class by its name, or the number of each output by its own.
pub(crate) fn print_json<T: Scalar>(
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
            let number = |value: &T| -> serde_json::Value {
                match are {
                    Are::Answers => u8::from(*value > T::ZERO).into(),
                    _ => value.to_f64().into(),
                }
            };
            let rows = numbers.chunks_exact(*cols).map(|row| row.iter().map(number).collect());
            print_outputs(out, &titles(model, predictions), rows, first)
        }
        Predictions::Values { values, cols } => {
            let rows = values.chunks_exact(*cols).map(|row| row.iter().map(|&value| value.into()).collect());
            print_outputs(out, &titles(model, predictions), rows, first)
        }
    }
}

/// One object a row, with the number of each output by its own name.
fn print_outputs(
    out: &mut dyn Write,
    titles: &[String],
    rows: impl Iterator<Item = Vec<serde_json::Value>>,
    first: usize,
) -> io::Result<()> {
    for (row, values) in rows.enumerate() {
        let values: serde_json::Map<String, serde_json::Value> = titles.iter().cloned().zip(values).collect();
        let line = serde_json::json!({ "row": first + row + 1, "outputs": values });
        writeln!(out, "{}", escape::json(line.to_string()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use chainrule::{Loss, Mlp};

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

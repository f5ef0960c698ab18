//! What is predicted: of which kind it is, what it is called, and how it is written.

use std::fmt::Display;
use std::io::{self, Write};

use chainrule::data::write_csv_to;
use chainrule::{Model, Scalar};

use crate::escape::{self, shown};

/// What is predicted for each row; of rows that have no answer numbers are NaN, which no others are.
pub(crate) enum Predictions<T> {
    /// (rows)
    Classes(Vec<Option<u32>>),
    /// (rows, cols)
    Numbers { numbers: Vec<T>, cols: usize, are: Are },
    /// (rows, cols), in the unit of the targets, which may need more digits than the network's numbers have.
    Values { values: Vec<f64>, cols: usize },
}

/// The place of an answered row, counted from 0 among those, among all rows, of which these lack an answer.
pub(crate) fn answered_row(lacking: &[usize], row: usize) -> usize {
    lacking.iter().fold(row, |row, &lacking| row + usize::from(lacking <= row))
}

impl<T: Scalar> Predictions<T> {
    /// The same with rows that have no answer at these places of all rows, in their order.
    pub(crate) fn with_blanks(self, lacking: &[usize]) -> Self {
        match self {
            _ if lacking.is_empty() => self,
            Predictions::Classes(classes) => Predictions::Classes(spread(&classes, 1, lacking, None)),
            Predictions::Numbers { numbers, cols, are } => {
                let numbers = spread(&numbers, cols, lacking, T::from_f64(f64::NAN));
                Predictions::Numbers { numbers, cols, are }
            }
            Predictions::Values { values, cols } => {
                Predictions::Values { values: spread(&values, cols, lacking, f64::NAN), cols }
            }
        }
    }

    /// As many rows of the same kind, none of which has an answer.
    pub(crate) fn blank(self, rows: usize) -> Self {
        match self {
            Predictions::Classes(_) => Predictions::Classes(vec![None; rows]),
            Predictions::Numbers { cols, are, .. } => {
                Predictions::Numbers { numbers: vec![T::from_f64(f64::NAN); rows * cols], cols, are }
            }
            Predictions::Values { cols, .. } => Predictions::Values { values: vec![f64::NAN; rows * cols], cols },
        }
    }
}

/// Rows of `cols` cells, with rows of blanks at these places of the result.
fn spread<V: Copy>(cells: &[V], cols: usize, lacking: &[usize], blank: V) -> Vec<V> {
    let mut all = Vec::with_capacity(cells.len() + lacking.len() * cols);
    let (mut rows, mut lacking) = (cells.chunks_exact(cols), lacking.iter().peekable());
    loop {
        if lacking.next_if(|&&at| at * cols == all.len()).is_some() {
            all.extend(std::iter::repeat_n(blank, cols));
        } else if let Some(row) = rows.next() {
            all.extend_from_slice(row);
        } else {
            return all;
        }
    }
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
        Predictions::Numbers { numbers, cols, .. } => print_numbers(out, *cols, numbers),
        Predictions::Values { values, cols } => print_numbers(out, *cols, values),
        Predictions::Classes(classes) => {
            let names = names(model);
            let name = |class: Option<u32>| class.map_or_else(String::new, |class| name_of(&names, class));
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

/// The name of a class, or its number.
fn name_of(names: &[String], class: u32) -> String {
    names.get(class as usize).cloned().unwrap_or_else(|| class.to_string())
}

/// Numbers as CSV; the cells of a row that has no answer are empty, a single one `""`, since readers pass over empty lines.
fn print_numbers<N: Scalar + Display>(
    out: &mut dyn Write,
    cols: usize,
    numbers: &[N], /* (rows, cols) */
) -> io::Result<()> {
    let is_blank = |row: &[N]| row.iter().all(|number| number.to_f64().is_nan());
    if !numbers.chunks_exact(cols).any(is_blank) {
        return write_csv_to(out, cols, numbers);
    }
    for alike in numbers.chunks_exact(cols).collect::<Vec<_>>().chunk_by(|a, b| is_blank(a) == is_blank(b)) {
        match is_blank(alike[0]) {
            false => write_csv_to(&mut *out, cols, &alike.concat())?,
            true => {
                let blank = if cols == 1 { "\"\"".to_owned() } else { ",".repeat(cols - 1) };
                alike.iter().try_for_each(|_| writeln!(out, "{blank}"))?;
            }
        }
    }
    Ok(())
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
            let name = class.map(|class| name_of(&names, class));
            let line = serde_json::json!({ "row": first + row + 1, "class": name });
            writeln!(out, "{}", escape::json(line.to_string()))
        }),
        Predictions::Numbers { numbers, cols, are } => {
            let number = |value: &T| -> serde_json::Value {
                match are {
                    _ if !value.is_finite() => serde_json::Value::Null,
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
        print(&mut out, &model, &Predictions::Classes([0, 1, 2, 3].map(Some).to_vec()), to_terminal).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn rows_without_an_answer_keep_their_places() {
        let classes = Predictions::<f32>::Classes(vec![Some(2), Some(1)]).with_blanks(&[0, 2, 4]);
        assert!(matches!(&classes, Predictions::Classes(all) if *all == [None, Some(2), None, Some(1), None]));
        assert_eq!([0, 1].map(|row| answered_row(&[0, 2, 4], row)), [1, 3]);
        let mut out = Vec::new();
        print_numbers(&mut out, 2, &[1.5, 2.0, f64::NAN, f64::NAN, 3.0, 4.0]).unwrap();
        print_numbers(&mut out, 1, &[f32::NAN, 0.5]).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "1.5,2\n,\n3,4\n\"\"\n0.5\n");
    }

    #[test]
    fn names_are_quoted_for_programs_and_shown_to_people() {
        assert_eq!(printed(false), "\"a\x1b[31m\nb\"\n\"Paris, \"\"F\"\"\"\nplain\n3\n");
        assert_eq!(printed(true), "a\\u{1b}[31m\\nb\nParis, \"F\"\nplain\n3\n");
    }
}

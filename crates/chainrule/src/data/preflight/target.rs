//! What is learned: rows of each class, or the scale of the values.

use serde::Serialize;

use crate::Task;
use crate::data::examples::Examples;
use crate::data::target_columns::TargetData;
use crate::data::values::Values;

/// What the targets are.
///
/// ```
/// # #[cfg(feature = "csv")] {
/// use chainrule::data::{Request, Source, SplitRequest};
///
/// let target = Request::new(Source::parse("iris")?).preflight(&SplitRequest::default())?.target.unwrap();
/// assert_eq!((target.names, target.classes[0].clone()), (vec!["species".to_owned()], ("setosa".to_owned(), 50)));
/// # }
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct TargetProfile {
    /// The names of the columns, where they have some.
    pub names: Vec<String>,
    /// What is learned.
    pub task: Task,
    /// Classes and the rows of each, also of no and yes; none of values.
    pub classes: Vec<(String, usize)>,
    /// The scale of each column of values, as it stands in the file; none of classes.
    pub values: Vec<ValueScale>,
}

/// The scale of values to be learned.
///
/// ```
/// # #[cfg(feature = "csv")] {
/// use chainrule::data::{Request, Source, SplitRequest};
///
/// let target = Request::new(Source::parse("diabetes")?).preflight(&SplitRequest::default())?.target.unwrap();
/// assert_eq!((target.values[0].min, target.values[0].max), (25.0, 346.0));
/// # }
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ValueScale {
    /// The smallest.
    pub min: f64,
    /// The mean.
    pub mean: f64,
    /// The largest.
    pub max: f64,
    /// The standard deviation (of the population).
    pub deviation: f64,
}

impl TargetProfile {
    pub(super) fn of(examples: &Examples) -> Self {
        let (mut classes, mut scales) = (Vec::new(), Vec::new());
        match examples.target_data() {
            TargetData::Classes { labels, names } => {
                classes.extend(names.iter().map(|name| (name.clone(), 0)));
                labels.iter().for_each(|&label| classes[label as usize].1 += 1);
            }
            TargetData::Values(values) if values.cols() == 1 && examples.task() == Task::Binary => {
                let names = examples.target.answers.clone().unwrap_or(["0".to_owned(), "1".to_owned()]);
                let mut yes = 0;
                values.each(0, |value| yes += usize::from(value > 0.5));
                classes.extend(names.into_iter().zip([values.rows() - yes, yes]));
            }
            TargetData::Values(values) => scales.extend((0..values.cols()).map(|column| scale(values, column))),
        }
        TargetProfile { names: examples.target_names().to_vec(), task: examples.task(), classes, values: scales }
    }
}

fn scale(values: &Values, column: usize) -> ValueScale {
    let n = values.rows().max(1) as f64;
    let (mut low, mut high, mut sum, mut squares) = (f64::INFINITY, f64::NEG_INFINITY, 0.0, 0.0);
    values.each(column, |t| (low, high, sum) = (low.min(t), high.max(t), sum + t));
    let mean = if low == high { low } else { sum / n };
    values.each(column, |t| squares += (t - mean).powi(2));
    ValueScale { min: low, mean, max: high, deviation: (squares / n).sqrt() }
}

/// Gives the class of each of these rows to `see`, of classes or of one question; `None` of values.
fn each_label(examples: &Examples, rows: impl Iterator<Item = usize>, mut see: impl FnMut(u32)) -> Option<()> {
    match examples.target_data() {
        TargetData::Classes { labels, .. } => rows.for_each(|row| see(labels[row])),
        TargetData::Values(values) if values.cols() == 1 && examples.task() == Task::Binary => {
            let mut cursor = values.cursor();
            rows.for_each(|row| see(u32::from(cursor.at(row)[0] > 0.5)));
        }
        TargetData::Values(_) => return None,
    }
    Some(())
}

/// The class of each of these rows, of classes or of one question.
pub(super) fn labels(examples: &Examples, rows: impl Iterator<Item = usize>) -> Option<Vec<u32>> {
    let mut labels = Vec::with_capacity(rows.size_hint().0);
    each_label(examples, rows, |label| labels.push(label))?;
    Some(labels)
}

/// Which of the classes, or of no and yes, occur among these rows; `None` of values.
pub(super) fn marked_classes(examples: &Examples, classes: usize, rows: &[usize]) -> Option<Vec<bool>> {
    let mut marks = vec![false; classes];
    // Probabilities of yes are no classes, and have none.
    let mark = |label: u32| marks.get_mut(label as usize).into_iter().for_each(|mark| *mark = true);
    each_label(examples, rows.iter().copied(), mark)?;
    Some(marks)
}

//! The columns of the table that features came from, and what a row holds in each.

use std::ops::Range;

use chainrule_kernel::Scalar;

use crate::data::{Dataset, Preprocess};
use crate::report::words::number;

/// The columns, and which features are of each.
pub(crate) fn columns<T: Scalar>(data: &Dataset<T>) -> Vec<(String, Range<usize>)> {
    match data.schema() {
        Some(schema) => schema.columns_of_features(),
        None => (0..data.cols()).map(|column| (format!("column {}", column + 1), column..column + 1)).collect(),
    }
}

/// What a preprocessed row holds in a column, in the column's own unit or as its category.
pub(crate) fn cell<T: Scalar>(
    preprocess: &Preprocess,
    (name, range): &(String, Range<usize>),
    names: &[String], // of the features
    row: &[T],        // (features)
) -> String {
    let values: Vec<f64> = range.clone().map(|feature| undone(preprocess, feature, row[feature].to_f64())).collect();
    let is_missing = |feature: usize| names.get(feature).is_some_and(|name| name.ends_with(" is missing"));
    match &values[..] {
        [value] => number(*value),
        [_, flag] if is_missing(range.start + 1) && *flag > 0.5 => "missing".to_owned(),
        [value, _] if is_missing(range.start + 1) => number(*value),
        one_hot => {
            let level = one_hot.iter().position(|value| *value > 0.5).and_then(|at| names.get(range.start + at));
            let level = level.and_then(|level| level.strip_prefix(&format!("{name}=")));
            level.unwrap_or("another").to_owned()
        }
    }
}

/// The feature in its own unit.
fn undone(preprocess: &Preprocess, feature: usize, value: f64) -> f64 {
    match preprocess {
        Preprocess::None => value,
        Preprocess::Scale { factor } => value / factor,
        Preprocess::Standardize { mean: shift, std: scale } | Preprocess::Shift { shift, scale } => {
            value * scale[feature] + shift[feature]
        }
    }
}

//! The columns of the table that features came from, and what a row holds in each.

use std::ops::Range;

use chainrule_kernel::Scalar;

use crate::data::{Dataset, Kind, Preprocess, exp_m1, ln_1p};
use crate::report::words::{read_back, value_read};

/// A column of the table.
pub(crate) struct TableColumn<'a> {
    /// As messages call it.
    pub(crate) name: String,
    /// The features that are of it.
    pub(crate) range: Range<usize>,
    kind: Option<&'a Kind>,
}

/// The columns, and which features are of each.
pub(crate) fn columns<T: Scalar>(data: &Dataset<T>) -> Vec<TableColumn<'_>> {
    match data.schema() {
        Some(schema) => {
            let named = schema.columns_of_features().into_iter().zip(&schema.columns);
            named.map(|((name, range), column)| TableColumn { name, range, kind: Some(&column.kind) }).collect()
        }
        None => (0..data.cols())
            .map(|at| TableColumn { name: format!("column {}", at + 1), range: at..at + 1, kind: None })
            .collect(),
    }
}

impl TableColumn<'_> {
    /// Whether each feature is of a category.
    pub(crate) fn is_category(&self) -> bool {
        matches!(self.kind, Some(Kind::Category { .. }))
    }

    /// What a preprocessed row, (features), holds in the column, as the table says it: the number that was read, the category,
    /// or the word of yes or no.
    pub(crate) fn cell<T: Scalar>(&self, preprocess: &Preprocess, row: &[T]) -> String {
        let at = self.range.start;
        let is_set = |feature: usize| undone(preprocess, feature, row[feature].to_f64()) > 0.5;
        match self.kind {
            Some(Kind::Number { indicator: true, .. } | Kind::Flag { indicator: true, .. }) if is_set(at + 1) => {
                "missing".to_owned()
            }
            Some(Kind::Flag { no, yes, .. }) => {
                let value = undone(preprocess, at, row[at].to_f64());
                match (value - value.round()).abs() < 1e-6 {
                    true => if is_set(at) { yes } else { no }.clone(),
                    // What was put where a value was missing.
                    false => value_read(value),
                }
            }
            Some(Kind::Category { levels, .. }) => levels
                .iter()
                .zip(self.range.clone())
                .find(|(_, feature)| is_set(*feature))
                .map_or("another", |(level, _)| level)
                .to_owned(),
            kind => {
                let is_log1p = matches!(kind, Some(Kind::Number { log1p: true, .. }));
                let ready = |value: f64| done(preprocess, at, if is_log1p { ln_1p(value) } else { value });
                let value = undone(preprocess, at, row[at].to_f64());
                let value = if is_log1p { exp_m1(value) } else { value };
                value_read(read_back(value, |value| T::from_f64(ready(value)) == row[at]))
            }
        }
    }
}

/// The feature as a network takes it.
fn done(preprocess: &Preprocess, feature: usize, value: f64) -> f64 {
    match preprocess {
        Preprocess::None => value,
        Preprocess::Scale { factor } => value * factor,
        Preprocess::Standardize { mean: shift, std: scale } | Preprocess::Shift { shift, scale } => {
            (value - shift[feature]) / scale[feature]
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Features;

    #[test]
    fn a_value_is_shown_as_it_was_read() {
        let read = [0.0, 34.0, -7.25, 1234.5, 0.003, 1e6, 22.6];
        let rows: Vec<f64> = read.iter().flat_map(|value| [*value, value * 1e3 + 5.0]).collect();
        let preprocess = Preprocess::standardize(&Features::new(read.len(), 2, rows.clone()).unwrap()).unwrap();
        for (row, value) in rows.chunks_exact(2).zip(read) {
            let mut ready = row.to_vec();
            preprocess.apply_to_row(&mut ready);
            let narrow: Vec<f32> = ready.iter().map(|value| *value as f32).collect();
            let column = |at: usize| TableColumn { name: String::new(), range: at..at + 1, kind: None };
            // In f32 what is below its precision beside a million is lost; in f64 nothing is.
            if value == 0.0 || value.abs() >= 1.0 {
                assert_eq!(column(0).cell(&preprocess, &narrow), value.to_string());
            }
            assert_eq!(column(0).cell(&preprocess, &ready), value.to_string());
            assert_eq!(column(1).cell(&preprocess, &ready), (value * 1e3 + 5.0).to_string());
        }
    }
}

//! A table of finite numbers: what a network is shown. It carries no targets; [`Dataset`](crate::data::Dataset)
//! adds them.

use crate::{Error, Place, Result};
use chainrule_kernel::Scalar;

/// A table of finite numbers, row-major, with at least one row and one column.
#[derive(Debug, Clone, PartialEq)]
pub struct Features<T> {
    rows: usize,
    cols: usize,
    data: Vec<T>, // (rows, cols)
}

impl<T: Scalar> Features<T> {
    /// A table from its numbers, `(rows, cols)`, row-major.
    ///
    /// # Errors
    /// When `data` does not hold `rows * cols` numbers, when there are none, or when one is NaN or infinite.
    pub fn new(rows: usize, cols: usize, data: Vec<T>) -> Result<Self> {
        Self::from_origin("features", rows, cols, data)
    }

    /// As [`Features::new`]; errors name `origin`.
    pub(crate) fn from_origin(origin: &str, rows: usize, cols: usize, data: Vec<T>) -> Result<Self> {
        for (what, count) in [("rows", rows), ("columns", cols)] {
            if count == 0 {
                return Err(Error::Empty { origin: origin.to_string(), what });
            }
        }
        if rows.checked_mul(cols) != Some(data.len()) {
            return Err(Error::Shape {
                origin: origin.to_string(),
                found: format!("{} numbers", data.len()),
                expected: format!("{rows} rows of {cols} columns"),
            });
        }
        check_finite(origin, cols, &data)?;
        Ok(Features { rows, cols, data })
    }

    /// How many rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// How many columns.
    pub fn cols(&self) -> usize {
        self.cols
    }

    /// All numbers, `(rows, cols)`, row-major.
    pub fn data(&self) -> &[T] {
        &self.data
    }

    /// The row with this index, `(cols)`.
    ///
    /// # Panics
    /// When `index` is not below [`rows`](Self::rows).
    pub fn row(&self, index: usize) -> &[T] {
        assert!(index < self.rows, "row {index} of {}", self.rows);
        &self.data[index * self.cols..][..self.cols]
    }

    /// The rows with these indices, in their order, as a table of its own.
    ///
    /// # Errors
    /// When there are none, or one is not below [`rows`](Self::rows).
    pub fn select(&self, rows: &[usize]) -> Result<Self> {
        check_rows(rows, self.rows)?;
        let mut data = Vec::with_capacity(rows.len() * self.cols);
        for &row in rows {
            data.extend_from_slice(self.row(row));
        }
        Ok(Features { rows: rows.len(), cols: self.cols, data })
    }

    /// Replaces every number by what `map` makes of its column and itself. All of it, or on an error none of it.
    pub(crate) fn map(&mut self, map: impl Fn(usize, f64) -> f64) -> Result<()> {
        let mapped = |index: usize, value: T| T::from_f64(map(index % self.cols, value.to_f64()));
        for (index, &value) in self.data.iter().enumerate() {
            let result = mapped(index, value);
            if !result.is_finite() {
                return Err(Error::NotFinite {
                    origin: "preprocessed features".to_string(),
                    place: Place::cell(index, self.cols),
                    value: result.to_f64(),
                });
            }
        }
        let cols = self.cols;
        for (index, value) in self.data.iter_mut().enumerate() {
            *value = T::from_f64(map(index % cols, value.to_f64()));
        }
        Ok(())
    }
}

/// Refuses NaN and infinity in a row-major table of `cols` columns.
pub(crate) fn check_finite<T: Scalar>(origin: &str, cols: usize, data: &[T]) -> Result<()> {
    match data.iter().position(|value| !value.is_finite()) {
        None => Ok(()),
        Some(index) => Err(Error::NotFinite {
            origin: origin.to_string(),
            place: Place::cell(index, cols),
            value: data[index].to_f64(),
        }),
    }
}

/// Refuses a selection of nothing or of rows that do not exist.
pub(crate) fn check_rows(selected: &[usize], rows: usize) -> Result<()> {
    if selected.is_empty() {
        return Err(Error::Empty { origin: "the selection".to_string(), what: "rows" });
    }
    match selected.iter().find(|row| **row >= rows) {
        None => Ok(()),
        Some(row) => Err(Error::Argument {
            name: "row index",
            found: row.to_string(),
            expected: format!("an index below {rows}, the number of rows"),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_is_not_finite_is_named_by_row_and_column() {
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            for index in 0..6 {
                let mut data = vec![1.0; 6];
                data[index] = bad;
                let message = Features::new(2, 3, data).unwrap_err().to_string();
                let place = format!("features, row {}, column {}: found {bad}", index / 3 + 1, index % 3 + 1);
                assert!(message.starts_with(&place), "{message}");
            }
        }
    }

    #[test]
    fn a_table_needs_rows_columns_and_as_many_numbers_as_it_claims() {
        let message = |rows, cols, n| Features::new(rows, cols, vec![0.5; n]).unwrap_err().to_string();
        assert!(message(0, 3, 0).contains("no rows"));
        assert!(message(3, 0, 0).contains("no columns"));
        assert!(message(2, 3, 5).contains("found 5 numbers, expected 2 rows of 3 columns"));
        assert!(message(2, 3, 7).contains("found 7 numbers"));
        // rows * cols wraps to 0.
        assert!(message(1 << 32, 1 << 32, 0).contains("found 0 numbers"));
    }

    #[test]
    fn a_selection_repeats_and_reorders_rows_and_refuses_what_is_not_there() {
        let table = Features::new(3, 2, vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]).unwrap();
        let chosen = table.select(&[2, 0, 2]).unwrap();
        assert_eq!((chosen.rows(), chosen.data()), (3, &[5.0, 6.0, 1.0, 2.0, 5.0, 6.0][..]));
        assert!(table.select(&[0, 3]).unwrap_err().to_string().contains("found 3"));
        assert!(table.select(&[]).is_err());
    }

    #[test]
    fn a_map_that_overflows_changes_nothing() {
        let mut table = Features::new(2, 1, vec![1.0f32, 3e38]).unwrap();
        let error = table.map(|_, x| x * 10.0).unwrap_err();
        assert!(error.to_string().contains("row 2, column 1"), "{error}");
        assert_eq!(table.data(), [1.0, 3e38]);
    }
}

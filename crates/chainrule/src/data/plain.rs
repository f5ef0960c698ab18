//! Tables of numbers alone, as features or targets without names.

use chainrule_kernel::Scalar;

use super::features::Features;
use super::numbers::{labels, narrow, values};
use super::roles::refuse_missing;
use super::table::{Cells, Table};
use super::targets::Targets;
use crate::{Error, Place, Result};

impl Table {
    /// Every column as a feature, all of them numbers.
    ///
    /// # Errors
    /// When a column holds words, a value is missing, or a number overflows `T`.
    pub fn into_features<T: Scalar>(self) -> Result<Features<T>> {
        self.check_numbers()?;
        let cols = self.cols();
        let mut data = Vec::new();
        let (rows, origin) = (self.rows(), self.origin().to_owned());
        let count = rows.checked_mul(cols);
        if !matches!(count.map(|count| data.try_reserve_exact(count)), Some(Ok(()))) {
            return Err(Error::no_memory("features", rows));
        }
        // Blocks are given back one after the other.
        for block in self.into_number_blocks() {
            for value in block {
                let place = Place::cell(data.len(), cols);
                data.push(narrow(&origin, place, value)?);
            }
        }
        Features::from_origin(&origin, rows, cols, data)
    }

    /// Every column as a target: a single one holds labels, which must be whole, several hold values. `classes` is the number
    /// of classes when it is known; else the largest label tells.
    ///
    /// # Errors
    /// As [`Table::into_features`], and [`Error::Label`].
    pub fn into_targets<T: Scalar>(self, classes: Option<usize>) -> Result<Targets<T>> {
        self.check_numbers()?;
        let (origin, cols) = (self.origin().to_owned(), self.cols());
        let numbers = self.into_number_blocks().concat();
        match cols {
            1 => labels(&origin, &numbers, classes),
            _ => values(&origin, cols, &numbers, classes),
        }
    }

    fn check_numbers(&self) -> Result<()> {
        if let Some((at, sign)) = (0..self.cols()).find_map(|at| Some((at, self.sign(at)?))) {
            let expected = format!("numbers alone: every column is read as they are here, {:?} too", self.title(at));
            let place = Place::Cell { row: 1, column: at + 1 };
            return Err(Error::format(self.origin(), place, format!("numbers with {}", sign.text()), expected));
        }
        let all: Vec<usize> = (0..self.cols()).collect();
        refuse_missing(self, &all)?;
        let words = all.into_iter().find(|&column| matches!(self.columns()[column].cells, Cells::Words { .. }));
        let Some(column) = words else { return Ok(()) };
        let word = self.word(0, column).unwrap_or_default();
        let found = format!("{:?}", word.chars().take(40).collect::<String>());
        let expected = format!("a number: every column is read as one here, {:?} too", self.title(column));
        Err(Error::format(self.origin(), Place::Cell { row: 1, column: column + 1 }, found, expected))
    }
}

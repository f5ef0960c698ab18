//! Numbers in brackets, in which accounts write what is below zero: `(12.50)`. What was read so is said, since a text may be meant.

use super::amounts::as_typed;
use super::cell::{Decimal, bracketed};
use super::columns::{Column, title};

/// Columns that are told of.
const MOST: usize = 12;

/// The first numbers in brackets of columns.
#[derive(Debug, Default)]
pub(super) struct Brackets {
    /// Columns, each with its first such cell and what it was read as.
    found: Vec<(usize, String, f64)>,
}

impl Brackets {
    /// The number of a cell of this column, if it stands in brackets.
    pub(super) fn number(&mut self, column: usize, cell: &[u8], decimal: Decimal) -> Option<f64> {
        let value = bracketed(cell, decimal)?;
        if self.found.len() < MOST && self.found.iter().all(|(at, ..)| *at != column) {
            self.found.push((column, String::from_utf8_lossy(cell).into_owned(), value));
        }
        Some(value)
    }

    /// A note for each of those columns, but for those that nothing is asked of.
    pub(super) fn notes(&self, columns: &[Column], are_left_out: &[bool]) -> Vec<String> {
        let note = |(at, cell, value): &(usize, String, f64)| {
            let title = title(columns.get(*at).and_then(|column| column.name.as_deref()), *at);
            let typed = as_typed(&title);
            format!(
                "note: {title}: {cell} is read as {value}, below zero as accounts write it; if it is a text: categories = {typed}"
            )
        };
        self.found.iter().filter(|(at, ..)| !are_left_out[*at]).map(note).collect()
    }
}

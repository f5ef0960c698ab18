//! The sign of money or percent that the numbers of a column had where a model was trained, and those of a table that it is asked
//! about: 5 % is not 0.05, and a price in euros none in dollars.

use super::table::{Sign, Table};
use crate::{Error, Result};

/// What is known of a column.
pub(super) struct KnownSign<'a> {
    pub(super) title: &'a str,
    pub(super) sign: Option<Sign>,
}

impl KnownSign<'_> {
    /// Compares a column of a table with it. Numbers without a sign may be in the same unit: a note says so.
    ///
    /// # Errors
    /// When the column has another sign, or one where there was none.
    pub(super) fn check(&self, table: &Table, column: usize) -> Result<Option<String>> {
        let (title, origin) = (self.title, table.origin());
        match (self.sign, table.sign(column)) {
            (None, None) => Ok(None),
            (known, found) if known == found => Ok(None),
            (Some(_), None) if table.columns()[column].missing == table.rows() => Ok(None),
            (Some(known), None) => Ok(Some(format!(
                "note: {title}: its numbers have no {} here, as they had where the model was trained: they are taken as they are",
                known.text()
            ))),
            (known, Some(found)) => Err(Error::Shape {
                origin: origin.to_owned(),
                found: format!("numbers with {} in {title:?}", found.text()),
                expected: known.map_or("numbers without a sign, as the model was trained on".to_owned(), |known| {
                    format!("numbers with {}, as the model was trained on", known.text())
                }),
            }),
        }
    }
}

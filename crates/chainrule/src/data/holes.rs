//! What a row of a table lacks.

use chainrule_kernel::Scalar;

use super::examples::{Examples, Inputs};
use super::request::Request;
use super::source::Whole;
use super::table::{Cell, Table};
use crate::{Model, Result};

impl Examples {
    /// The columns that are learned from in which an example, counted from 0, holds nothing: their places, counted from 0, in the
    /// order of the model's columns. None of images.
    ///
    /// ```
    /// # #[cfg(feature = "csv")] {
    /// use chainrule::data::{Missing, Request, Source};
    ///
    /// let path = std::env::temp_dir().join(format!("holes-{}.csv", std::process::id()));
    /// std::fs::write(&path, "a,b,y\n1,2,0\n3,,1\n5,6,0\n")?;
    /// let mut request = Request::new(Source::File(path.clone())).target("y");
    /// request.missing = Some(Missing::Median);
    /// let examples = request.read()?;
    /// std::fs::remove_file(path)?;
    /// assert_eq!((examples.missing_in(0), examples.missing_in(1)), (vec![], vec![1]));
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn missing_in(&self, row: usize) -> Vec<usize> {
        match &self.x {
            Inputs::Table { table, columns, rows } if row < rows.rows().len() => {
                holes(table, columns, rows.rows().at(row))
            }
            _ => Vec::new(),
        }
    }
}

impl Request {
    /// As [`Examples::missing_in`], of a row of features that [`Request::read_features`] reads for a model.
    ///
    /// # Errors
    /// As [`Request::read_features`].
    pub fn missing_in<T: Scalar>(&self, model: &Model<T>, row: usize) -> Result<Vec<usize>> {
        let Some(schema) = &model.schema else { return Ok(Vec::new()) };
        match self.source.read_whole(&schema.known_to(&self.format, false), self.within())? {
            Whole::Table(table) if row < table.rows() => Ok(holes(&table, &schema.locate(&table)?.columns, row)),
            _ => Ok(Vec::new()),
        }
    }
}

fn holes(table: &Table, columns: &[usize], row: usize) -> Vec<usize> {
    let mut cursor = table.cursor(columns);
    let cells = cursor.at(row);
    (0..columns.len()).filter(|&place| cells.cell(columns[place]) == Cell::Missing).collect()
}

//! What a row of a table lacks, and what a model puts there.

use chainrule_kernel::Scalar;

use super::examples::{Examples, Inputs};
use super::request::Request;
use super::schema::{Kind, Schema, title_of};
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

/// Columns that a note names.
const NAMED: usize = 12;

impl Schema {
    /// A note of the columns in which values are missing that the model fills; they are these columns of the table.
    pub(super) fn filled(&self, table: &Table, columns: &[usize]) -> Option<String> {
        let how = self.missing()?;
        let is_filled = |kind: &Kind| match kind {
            Kind::Number { fill, .. } | Kind::Flag { fill, .. } => fill.is_some(),
            Kind::Category { fill, .. } => fill.is_some(),
        };
        let located = self.columns.iter().zip(columns).filter(|(column, _)| is_filled(&column.kind));
        let counted: Vec<String> = located
            .map(|(column, &at)| (column, table.columns()[at].missing))
            .filter(|(_, missing)| *missing > 0)
            .map(|(column, missing)| format!("{missing} in {}", title_of(column)))
            .collect();
        let named = counted.get(..NAMED).unwrap_or(&counted).join(", ");
        let more =
            if counted.len() > NAMED { format!(" and {} more columns", counted.len() - NAMED) } else { String::new() };
        let rows = table.rows();
        (!counted.is_empty())
            .then(|| format!("note: missing values are filled as in training, by {how}: {named}{more}, of {rows} rows"))
    }
}

fn holes(table: &Table, columns: &[usize], row: usize) -> Vec<usize> {
    let mut cursor = table.cursor(columns);
    let cells = cursor.at(row);
    (0..columns.len()).filter(|&place| cells.cell(columns[place]) == Cell::Missing).collect()
}

//! What a row of a table lacks, and what a model puts there.

use chainrule_kernel::Scalar;

use super::encoder::{level_of, levels_of};
use super::examples::{Examples, Inputs};
use super::fitted::Fitted;
use super::policies::Unknown;
use super::request::Request;
use super::schema::{Kind, Schema, title_of};
use super::schema_fit::NO_WORD;
use super::source::Whole;
use super::table::{Cell, Cells, Row, Table};
use super::target_labels::label_name;
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

    /// In which columns values are missing that are filled, by what was fitted, in words; `None` where nothing is.
    pub fn filled(&self, fitted: &Fitted) -> Option<String> {
        match (&self.x, &fitted.schema) {
            (Inputs::Table { table, columns, .. }, Some(schema)) => schema.filled(table, columns, ""),
            _ => None,
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
    /// A note of the columns in which values are missing that are filled, and by what; they are these columns of the table.
    pub(super) fn filled(&self, table: &Table, columns: &[usize], when: &str) -> Option<String> {
        let how = self.missing()?;
        let by = |kind: &Kind| match kind {
            Kind::Number { fill, .. } => fill.map(|fill| format!("({})", brief(fill))),
            Kind::Flag { fill, no, yes, .. } => fill.map(|fill| format!("({})", if fill > 0.5 { yes } else { no })),
            Kind::Category { fill, .. } if fill.as_deref() == Some(NO_WORD) => {
                Some("as a category of its own".to_owned())
            }
            Kind::Category { fill, .. } => fill.as_ref().map(|fill| format!("({fill})")),
        };
        let counted: Vec<String> = self
            .columns
            .iter()
            .zip(columns)
            .map(|(column, &at)| (column, table.columns()[at].missing))
            .filter(|(_, missing)| *missing > 0)
            .filter_map(|(column, missing)| Some(format!("{missing} in {} {}", title_of(column), by(&column.kind)?)))
            .collect();
        let named = counted.get(..NAMED).unwrap_or(&counted).join(", ");
        let more =
            if counted.len() > NAMED { format!(" and {} more columns", counted.len() - NAMED) } else { String::new() };
        let rows = table.rows();
        (!counted.is_empty())
            .then(|| format!("missing values are filled{when}, by {how}: {named}{more}, of {rows} rows"))
    }

    /// A note of the categories of these columns of the table that training did not see and that are taken as none.
    pub(super) fn unknown(&self, table: &Table, columns: &[usize]) -> Option<String> {
        let mut counted = Vec::new();
        for (column, &at) in self.columns.iter().zip(columns) {
            let Kind::Category { levels, unknown: Unknown::Zeros, .. } = &column.kind else { continue };
            let known = match &table.columns()[at].cells {
                Cells::Words { words, .. } => levels_of(levels, words),
                Cells::Numbers { .. } => Vec::new(),
            };
            let mut cursor = table.cursor(&[at]);
            let is_new = |cells: Row<'_, '_>| match (cells.cell(at), &table.columns()[at].cells) {
                (Cell::Word(_), Cells::Words { slot, .. }) => known.get(cells.code(*slot) as usize) == Some(&None),
                (Cell::Number(value), _) => level_of(levels, &value.to_string()).is_none(),
                _ => false,
            };
            let (mut count, mut first) = (0, None);
            for row in 0..table.rows() {
                let cells = cursor.at(row);
                if is_new(cells) {
                    count += 1;
                    first.get_or_insert_with(|| label_name(cells.cell(at)));
                }
            }
            let Some(first) = first else { continue };
            counted.push(format!("{count} in {}, such as {first:?}", title_of(column)));
        }
        let named = counted.get(..NAMED).unwrap_or(&counted).join(", ");
        let more =
            if counted.len() > NAMED { format!(" and {} more columns", counted.len() - NAMED) } else { String::new() };
        let rows = table.rows();
        (!counted.is_empty()).then(|| {
            format!("note: categories that training did not see are taken as none of those that it did: {named}{more}, of {rows} rows")
        })
    }

    /// A note of columns of numbers in which this table has yes and no, true and false, that are read as 1 and 0.
    pub(super) fn answers_as_numbers(&self, table: &Table, columns: &[usize]) -> Option<String> {
        let is_either = |word: &String| ["true", "false"].iter().any(|either| either.eq_ignore_ascii_case(word));
        let are_words = |at: usize| match &table.columns()[at].cells {
            Cells::Words { words, .. } => words.all().iter().all(is_either),
            Cells::Numbers { .. } => false,
        };
        let located = self.columns.iter().zip(columns);
        let titles: Vec<String> = located
            .filter(|(column, at)| matches!(column.kind, Kind::Number { .. }) && are_words(**at))
            .map(|(column, _)| title_of(column))
            .collect();
        let named = titles.get(..NAMED).unwrap_or(&titles).join(", ");
        let more = if titles.len() > NAMED { " and others" } else { "" };
        let read = "true and false are read as 1 and 0: the model was trained on numbers there";
        (!titles.is_empty()).then(|| format!("note: {named}{more}: {read}"))
    }
}

/// A number in six digits.
fn brief(value: f64) -> String {
    let digits: f64 = format!("{value:.5e}").parse().unwrap_or(value);
    digits.to_string()
}

fn holes(table: &Table, columns: &[usize], row: usize) -> Vec<usize> {
    let mut cursor = table.cursor(columns);
    let cells = cursor.at(row);
    (0..columns.len()).filter(|&place| cells.cell(columns[place]) == Cell::Missing).collect()
}

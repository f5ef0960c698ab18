//! Turns rows of a table into features, as a schema says.

use chainrule_kernel::Scalar;

use super::features::Features;
use super::log1p::ln_1p;
use super::numbers::narrow;
use super::policies::Unknown;
use super::preprocess::Preprocess;
use super::schema::{Kind, Located, Schema, SchemaColumn};
use super::table::{Cell, Cells, Table};
use crate::{Error, Place, Result};

impl Schema {
    /// The features of these rows, preprocessed in f64 before they are narrowed to `T`.
    pub(crate) fn features<T: Scalar>(
        &self,
        table: &Table,
        rows: &[usize],
        preprocess: &Preprocess,
        takes_unknown: bool,
    ) -> Result<Features<T>> {
        let located = self.locate(table)?;
        let width = self.width();
        preprocess.check(width)?;
        let mut data: Vec<T> = Vec::new();
        let count = rows.len().checked_mul(width);
        if !matches!(count.map(|count| data.try_reserve_exact(count)), Some(Ok(()))) {
            return Err(Error::no_memory("features", rows.len()));
        }
        let mut encoder = self.encoder(table, located);
        encoder.takes_unknown = takes_unknown;
        let mut cells = vec![0.0; width];
        for &row in rows {
            encoder.row(row, &mut cells)?;
            preprocess.apply_to_row(&mut cells);
            for (column, &value) in cells.iter().enumerate() {
                let place = Place::Cell { row: row + 1, column: column + 1 };
                data.push(narrow(table.origin(), place, value)?);
            }
        }
        let mut features = Features::from_origin(table.origin(), rows.len(), width, data)?;
        features.set_preprocessing(preprocess.clone());
        Ok(features)
    }

    /// What turns rows of this table into features.
    pub(crate) fn encoder<'a>(&'a self, table: &'a Table, located: Located) -> Encoder<'a> {
        let plan = |(column, &at): (&'a SchemaColumn, &usize)| {
            let codes = match (&column.kind, &table.columns()[at].cells) {
                // Each word of the table is looked up once.
                (Kind::Category { levels, .. }, Cells::Words { words, .. }) => {
                    words.all().iter().map(|word| level_of(levels, word)).collect()
                }
                _ => Vec::new(),
            };
            Encoded { column, at, codes }
        };
        let columns = self.columns.iter().zip(&located.columns).map(plan).collect();
        Encoder { table, columns, takes_unknown: false }
    }
}

/// A column of a schema in a table.
struct Encoded<'a> {
    column: &'a SchemaColumn,
    at: usize,
    /// The category of each word of the table.
    codes: Vec<Option<usize>>,
}

/// Turns rows of a table into features.
pub(crate) struct Encoder<'a> {
    table: &'a Table,
    columns: Vec<Encoded<'a>>,
    /// Whether a category that training did not see is none of those that it did.
    takes_unknown: bool,
}

impl Encoder<'_> {
    /// Writes the features of a row, not preprocessed, (width).
    pub(crate) fn row(&self, row: usize, into: &mut [f64]) -> Result<()> {
        let mut rest = into;
        for encoded in &self.columns {
            let (here, behind) = rest.split_at_mut(encoded.column.kind.width());
            rest = behind;
            if let Cells::Numbers { slot } = self.table.columns()[encoded.at].cells
                && let Kind::Number { log1p, .. } = encoded.column.kind
            {
                let value = self.table.value(row, slot);
                if !value.is_nan() {
                    here[0] = if log1p { self.logarithm(row, encoded, value)? } else { value };
                    here[1..].fill(0.0);
                    continue;
                }
            }
            self.cell(row, encoded, here)?;
            if let Kind::Number { log1p: true, .. } = encoded.column.kind {
                here[0] = self.logarithm(row, encoded, here[0])?;
            }
        }
        Ok(())
    }

    fn logarithm(&self, row: usize, encoded: &Encoded<'_>, value: f64) -> Result<f64> {
        if value > -1.0 {
            return Ok(ln_1p(value));
        }
        let place = Place::Cell { row: row + 1, column: encoded.at + 1 };
        let expected = above_minus_1(&self.table.title(encoded.at));
        Err(Error::format(self.table.origin(), place, value.to_string(), expected))
    }

    fn cell(&self, row: usize, encoded: &Encoded<'_>, into: &mut [f64]) -> Result<()> {
        let refuse = |found: String, expected: String| {
            let place = Place::Cell { row: row + 1, column: encoded.at + 1 };
            Err(Error::format(self.table.origin(), place, found, expected))
        };
        let title = || self.table.title(encoded.at);
        let cell = self.table.cell(row, encoded.at);
        into.fill(0.0);
        match (&encoded.column.kind, cell) {
            (Kind::Number { fill: Some(fill), .. } | Kind::Flag { fill: Some(fill), .. }, Cell::Missing) => {
                into[0] = *fill;
                into[1..].fill(1.0);
            }
            (Kind::Category { levels, fill: Some(fill), .. }, Cell::Missing) => {
                levels.iter().zip(into).for_each(|(level, into)| *into = f64::from(u8::from(level == fill)));
            }
            (_, Cell::Missing) => {
                let expected = format!(
                    "a value in {:?}: the model was not told how to fill what is missing (missing = median or the like, when it \
                     is trained)",
                    title()
                );
                return refuse("a missing value".to_owned(), expected);
            }
            (Kind::Number { .. }, Cell::Number(value)) => into[0] = value,
            (Kind::Number { .. }, Cell::Word(word)) if word.eq_ignore_ascii_case("false") => {}
            (Kind::Number { .. }, Cell::Word(word)) if word.eq_ignore_ascii_case("true") => into[0] = 1.0,
            (Kind::Number { .. }, Cell::Word(word)) => {
                return refuse(format!("{word:?}"), format!("a number in {:?}, as the model was trained on", title()));
            }
            (Kind::Flag { no, yes, .. }, cell) => match spelled(cell) {
                word if word.eq_ignore_ascii_case(yes) || word == "1" => into[0] = 1.0,
                word if word.eq_ignore_ascii_case(no) || word == "0" => {}
                word => return refuse(format!("{word:?}"), format!("{no:?} or {yes:?} in {:?}", title())),
            },
            (Kind::Category { levels, unknown, .. }, cell) => {
                let level = match (cell, &self.table.columns()[encoded.at].cells) {
                    (Cell::Word(_), Cells::Words { slot, .. }) => {
                        encoded.codes.get(self.table.code(row, *slot) as usize).copied().flatten()
                    }
                    (Cell::Number(value), _) => level_of(levels, &value.to_string()),
                    _ => None,
                };
                match (level, unknown) {
                    (Some(level), _) => into[level] = 1.0,
                    (None, Unknown::Zeros) => {}
                    (None, Unknown::Error) if self.takes_unknown => {}
                    (None, Unknown::Error) => {
                        let listed = levels.iter().take(20).map(String::as_str).collect::<Vec<_>>().join(", ");
                        let more =
                            if levels.len() > 20 { format!(", ... ({} in all)", levels.len()) } else { String::new() };
                        let expected = format!(
                            "a category of {:?} that was trained on: {listed}{more}; a model trained with unknown = zeros \
                             takes others",
                            title()
                        );
                        return refuse(format!("{:?}", spelled(cell)), expected);
                    }
                }
            }
        }
        Ok(())
    }
}

/// What is expected of a number whose logarithm is taken.
pub(super) fn above_minus_1(title: &str) -> String {
    format!("a number above -1 in {title:?}, of which log1p takes ln(1 + x)")
}

/// Which of the categories a text names: as it is written, or as the same number.
fn level_of(levels: &[String], text: &str) -> Option<usize> {
    levels.iter().position(|level| level == text).or_else(|| {
        let number: f64 = text.parse().ok()?;
        levels.iter().position(|level| level.parse() == Ok(number))
    })
}

/// A cell as it would be written.
fn spelled(cell: Cell<'_>) -> String {
    match cell {
        Cell::Missing => String::new(),
        Cell::Number(value) => value.to_string(),
        Cell::Word(word) => word.to_owned(),
    }
}

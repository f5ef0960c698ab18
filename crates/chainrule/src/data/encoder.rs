//! Turns rows of a table into features, by a schema.

use chainrule_kernel::Scalar;

use super::features::Features;
use super::features_builder::FeaturesBuilder;
use super::log1p::ln_1p;
use super::memory::Memory;
use super::numbers::narrow_preprocessed;
use super::policies::Unknown;
use super::preprocess::Preprocess;
use super::schema::{Kind, Located, Schema, SchemaColumn};
use super::table::{Cell, Cells, Cursor, Row, Table, TableRows, Words, answer};
use crate::{Error, Place, Result};

/// The features that are wanted.
#[derive(Clone, Copy)]
pub(crate) struct Wanted<'a> {
    pub(crate) table: &'a Table,
    pub(crate) rows: TableRows<'a>,
    pub(crate) preprocess: &'a Preprocess,
    /// Whether a category that training did not see is none of those that it did.
    pub(crate) takes_unknown: bool,
    /// How much of it they may take.
    pub(crate) memory: Option<&'a Memory>,
}

impl Schema {
    /// The features of these rows, preprocessed in f64 before they are narrowed to `T`.
    pub(crate) fn features<T: Scalar>(&self, wanted: Wanted<'_>) -> Result<Features<T>> {
        let Wanted { table, rows, preprocess, takes_unknown, memory } = wanted;
        let located = self.locate(table)?;
        let width = self.width();
        preprocess.check(width)?;
        let mut features = FeaturesBuilder::<T>::new(table.origin(), rows.len(), width, memory)?;
        let mut encoder = self.encoder(table, located);
        encoder.takes_unknown = takes_unknown;
        let mut cells = vec![0.0; width];
        for row in rows.iter() {
            encoder.row(row, &mut cells)?;
            preprocess.apply_to_row(&mut cells);
            for (feature, &value) in cells.iter().enumerate() {
                features.push(narrow_preprocessed(table.origin(), value, || encoder.source(row, feature))?)?;
            }
        }
        table.check_read()?;
        let mut features = features.finish()?;
        features.set_preprocessing(preprocess.clone());
        Ok(features)
    }

    /// What turns rows of this table into features.
    pub(crate) fn encoder<'a>(&'a self, table: &'a Table, located: Located) -> Encoder<'a> {
        let plan = |(column, &at): (&'a SchemaColumn, &usize)| {
            let codes = match (&column.kind, &table.columns()[at].cells) {
                // Each word of the table is looked up once.
                (Kind::Category { levels, .. }, Cells::Words { words, .. }) => levels_of(levels, words),
                _ => Vec::new(),
            };
            Encoded { column, at, codes }
        };
        let columns = self.columns.iter().zip(&located.columns).map(plan).collect();
        Encoder { table, cursor: table.cursor(&located.columns), columns, takes_unknown: false }
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
    cursor: Cursor<'a>,
    columns: Vec<Encoded<'a>>,
    /// Whether a category that training did not see is none of those that it did.
    takes_unknown: bool,
}

impl Encoder<'_> {
    /// Writes the features of a row, not preprocessed, (width).
    pub(crate) fn row(&mut self, row: usize, into: &mut [f64]) -> Result<()> {
        let Encoder { table, cursor, columns, takes_unknown } = self;
        let cells = cursor.at(row);
        let mut rest = into;
        for encoded in &*columns {
            let (here, behind) = rest.split_at_mut(encoded.column.kind.width());
            rest = behind;
            if let Cells::Numbers { slot } = table.columns()[encoded.at].cells
                && let Kind::Number { log1p, .. } = encoded.column.kind
            {
                let value = cells.value(slot);
                if !value.is_nan() {
                    here[0] = if log1p { encoded.logarithm(table, row, value)? } else { value };
                    here[1..].fill(0.0);
                    continue;
                }
            }
            encoded.cell(At { table, row, cells, takes_unknown: *takes_unknown }, here)?;
            if let Kind::Number { log1p: true, .. } = encoded.column.kind {
                here[0] = encoded.logarithm(table, row, here[0])?;
            }
        }
        Ok(())
    }

    /// The cell that a feature of a row comes from, and what it holds.
    fn source(&mut self, row: usize, feature: usize) -> (Place, String) {
        let mut end = 0;
        let column = self.columns.iter().find(|encoded| {
            end += encoded.column.kind.width();
            feature < end
        });
        let at = column.map_or(0, |encoded| encoded.at);
        let found = match self.cursor.at(row).cell(at) {
            Cell::Number(value) => format!("{value:?}"),
            other => spelled(other),
        };
        (Place::Cell { row: row + 1, column: at + 1 }, found)
    }
}

/// A row that is turned into features.
#[derive(Clone, Copy)]
struct At<'a, 'c> {
    table: &'a Table,
    row: usize,
    cells: Row<'a, 'c>,
    takes_unknown: bool,
}

impl Encoded<'_> {
    fn logarithm(&self, table: &Table, row: usize, value: f64) -> Result<f64> {
        if value > -1.0 {
            return Ok(ln_1p(value));
        }
        let place = Place::Cell { row: row + 1, column: self.at + 1 };
        let expected = above_minus_1(&table.title(self.at));
        Err(Error::format(table.origin(), place, value.to_string(), expected))
    }

    fn cell(&self, at: At<'_, '_>, into: &mut [f64]) -> Result<()> {
        let At { table, row, cells, takes_unknown } = at;
        let refuse = |found: String, expected: String| {
            let place = Place::Cell { row: row + 1, column: self.at + 1 };
            Err(Error::format(table.origin(), place, found, expected))
        };
        let title = || table.title(self.at);
        let cell = cells.cell(self.at);
        into.fill(0.0);
        match (&self.column.kind, cell) {
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
                word => match answer(&word) {
                    // As another program writes it.
                    Some(is_yes) => into[0] = f64::from(u8::from(is_yes)),
                    None => return refuse(format!("{word:?}"), format!("{no:?} or {yes:?} in {:?}", title())),
                },
            },
            (Kind::Category { levels, unknown, .. }, cell) => {
                let level = match (cell, &table.columns()[self.at].cells) {
                    (Cell::Word(_), Cells::Words { slot, .. }) => {
                        self.codes.get(cells.code(*slot) as usize).copied().flatten()
                    }
                    (Cell::Number(value), _) => level_of(levels, &value.to_string()),
                    _ => None,
                };
                match (level, unknown) {
                    (Some(level), _) => into[level] = 1.0,
                    (None, Unknown::Zeros) => {}
                    (None, Unknown::Error) if takes_unknown => {}
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

/// Which of the categories each word names, as [`level_of`]: a column may have thousands of both.
pub(super) fn levels_of(levels: &[String], words: &Words) -> Vec<Option<usize>> {
    let mut found = vec![None; words.all().len()];
    // The first of two that are alike is the one that is found.
    for (at, level) in levels.iter().enumerate().rev() {
        if let Some(code) = words.find(level) {
            found[code as usize] = Some(at);
        }
    }
    let unnamed = found.iter_mut().zip(words.all()).filter(|(found, _)| found.is_none());
    unnamed.for_each(|(found, word)| *found = same_number(levels, word));
    found
}

/// Which of the categories a text names: as it is written, or as the same number.
pub(super) fn level_of(levels: &[String], text: &str) -> Option<usize> {
    levels.iter().position(|level| level == text).or_else(|| same_number(levels, text))
}

/// The first category that is the same number.
fn same_number(levels: &[String], text: &str) -> Option<usize> {
    let number: f64 = text.parse().ok()?;
    levels.iter().position(|level| level.parse() == Ok(number))
}

/// A cell as it would be written.
fn spelled(cell: Cell<'_>) -> String {
    match cell {
        Cell::Missing => String::new(),
        Cell::Number(value) => value.to_string(),
        Cell::Word(word) => word.to_owned(),
    }
}

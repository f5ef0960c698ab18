//! Targets that are numbers: values, and answers to several questions.

use super::numbers::EXACT;
use super::roles::typed_column;
use super::table::{Cell, answer};
use super::target_columns::{TargetColumns, TargetData, TargetFound};
use super::values::ValuesBuilder;
use crate::{Error, Result, Task};

impl TargetColumns<'_> {
    /// The number in each column. To questions, yes and no are answers too.
    pub(super) fn values(&self, task: Task) -> Result<TargetFound> {
        let cols = self.columns.len();
        let mut values = ValuesBuilder::new(self.rows.len(), cols, self.memory)?;
        let mut cursor = self.table.cursor(self.columns);
        let mut words = None;
        for row in self.rows.iter() {
            let cells = cursor.at(row);
            for &column in self.columns {
                values.push(match cells.cell(column) {
                    Cell::Number(value) => value,
                    Cell::Missing => return Err(self.missing(row, column)),
                    Cell::Word(word) => match answer(word).filter(|_| task == Task::MultiLabel) {
                        Some(is_yes) => {
                            words.get_or_insert_with(|| (self.table.title(column), word.to_owned(), u8::from(is_yes)));
                            f64::from(u8::from(is_yes))
                        }
                        None => {
                            let expected = match task {
                                Task::MultiLabel => format!("a number for {task}, or yes or no, true or false"),
                                _ => format!("a number for {task}"),
                            };
                            return Err(self.refuse(row, column, format!("{word:?}"), expected));
                        }
                    },
                })?;
            }
        }
        let note = |(title, word, is_yes)| {
            format!("{word} in {title:?} is read as {is_yes}, and its opposite as {}", 1 - is_yes)
        };
        let notes = words.map(note).into_iter().collect();
        let data = TargetData::Values(values.finish()?);
        Ok(TargetFound { task, data, answers: None, notes, signs: Vec::new() })
    }

    /// Whether a column holds whole numbers that f64 does not tell from their neighbours.
    pub(super) fn has_inexact(&self, column: usize) -> bool {
        let mut cursor = self.cursor(column);
        let is_inexact = |row: usize| matches!(cursor.at(row).cell(column), Cell::Number(x) if x.abs() >= EXACT);
        self.rows.iter().any(is_inexact)
    }

    /// The same where they lie closer together than their size is worth in values: numbers of something.
    pub(super) fn are_inexact(&self, column: usize) -> bool {
        let (mut cursor, mut least, mut most) = (self.cursor(column), f64::INFINITY, f64::NEG_INFINITY);
        for row in self.rows.iter() {
            match cursor.at(row).cell(column) {
                Cell::Number(value) if value.abs() < EXACT / 2.0 => return false,
                Cell::Number(value) => (least, most) = (least.min(value), most.max(value)),
                _ => {}
            }
        }
        let largest = most.abs().max(least.abs());
        largest >= EXACT && most - least < 1e-9 * largest
    }

    pub(super) fn inexact(&self, column: usize) -> Error {
        Error::Argument {
            name: "target",
            found: format!(
                "whole numbers beyond 2^53 in {:?}, of which several are the same in f64",
                self.table.title(column)
            ),
            expected: format!(
                "labels that are told apart: categories = {} reads them as texts; values: task = regression",
                typed_column(self.table, column)
            ),
        }
    }
}

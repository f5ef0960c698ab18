//! Which columns are learned as `ln(1 + x)`: asked for by name, of features and of targets.

use std::collections::HashMap;

use super::choice::marks;
use super::encoder::above_minus_1;
use super::table::{Cell, Cells, Table, TableRows};
use super::target_columns::{TargetData, TargetFound};
use crate::{Error, Place, Result, Task};

/// The columns of features and of targets that may be meant.
pub(super) struct Columns<'a> {
    pub(super) table: &'a Table,
    pub(super) features: &'a [usize],
    /// Where the targets are, in a file of their own or in the same.
    pub(super) target_table: &'a Table,
    pub(super) targets: &'a [usize],
    pub(super) rows: TableRows<'a>,
}

/// Of which logarithms are taken.
#[derive(Debug, Default)]
pub(super) struct Logarithms {
    /// Columns of the table.
    pub(super) features: Vec<usize>,
    /// (outputs), or nothing where it is of none.
    pub(super) targets: Vec<bool>,
}

impl Columns<'_> {
    /// Finds the columns of these names or numbers.
    ///
    /// # Errors
    /// [`Error::UnknownName`], and for a column that is not learned, holds no numbers, or has one that is not above -1.
    pub(super) fn logarithms(&self, wanted: &[String], found: &TargetFound) -> Result<Logarithms> {
        let (table, target_table) = (self.table, self.target_table);
        let mut logarithms = Logarithms::default();
        if wanted.is_empty() {
            return Ok(logarithms);
        }
        let (names, target_names) = (table.names(), target_table.names());
        let outputs: HashMap<usize, usize> = self.targets.iter().copied().zip(0..).collect();
        let is_feature = marks(self.features, table.cols());
        let is_one_table = std::ptr::eq(table, target_table);
        // Names that hold commas come in parts, of which either table may know the whole.
        for name in &target_names.joined(&names.joined(wanted)) {
            // A number means a column of the features' file.
            let of_target = target_names.place(name);
            let column = match of_target.filter(|at| !is_one_table && outputs.contains_key(at)) {
                Some(_) => None,
                None => Some(names.find(name)?),
            };
            let of_target = if is_one_table { column } else { of_target };
            if let Some(&output) = of_target.and_then(|at| outputs.get(&at)) {
                self.check_target(name, found)?;
                logarithms.targets.resize(self.targets.len(), false);
                logarithms.targets[output] = true;
                check_above(target_table, self.targets[output], self.rows)?;
            } else if let Some(column) = column.filter(|&column| is_feature[column]) {
                if let Cells::Words { .. } = table.columns()[column].cells {
                    return refuse(format!("{name:?}, a column of categories"), "a column of numbers");
                }
                check_above(table, column, self.rows)?;
                logarithms.features.push(column);
            } else {
                return refuse(format!("{name:?}, which is left out"), "a column that is learned from, or the target");
            }
        }
        Ok(logarithms)
    }

    fn check_target(&self, name: &str, found: &TargetFound) -> Result<()> {
        match (&found.data, found.task) {
            (TargetData::Values(_), Task::Regression) => Ok(()),
            (_, task) => refuse(format!("the target {name:?} of a {task} task"), "the target of a regression"),
        }
    }
}

fn refuse<R>(found: String, expected: &str) -> Result<R> {
    Err(Error::Argument { name: "log1p", found, expected: expected.to_owned() })
}

fn check_above(table: &Table, column: usize, rows: TableRows<'_>) -> Result<()> {
    let mut cursor = table.cursor(&[column]);
    let below = |row: usize| match cursor.at(row).cell(column) {
        Cell::Number(value) if value <= -1.0 => Some((row, value)),
        _ => None,
    };
    let Some((row, value)) = rows.iter().find_map(below) else { return table.check_read() };
    let place = Place::Cell { row: row + 1, column: column + 1 };
    Err(Error::format(table.origin(), place, value.to_string(), above_minus_1(&table.title(column))))
}

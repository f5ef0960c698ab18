//! Which task the values of the targets speak of, where nobody says.

use chainrule_model::Loss;

use super::table::{Cell, Cells};
use super::target_columns::{FEW, TargetColumns, TargetRequest};
use super::target_one_hot::is_yes;
use crate::{Error, Result, Task};

/// So many, counted from 0 or 1, may be classes; more are values.
const PERHAPS: usize = 256;
/// Rows that a class needs for its number to look like one.
const ROWS_A_CLASS: usize = 10;

impl TargetColumns<'_> {
    /// The task: the one that is asked for, or that of the loss, or the one that the values speak of.
    pub(super) fn task(&self, request: TargetRequest<'_>) -> Result<Task> {
        if let Some(task) = request.task {
            return Ok(task);
        }
        match (request.loss, self.columns) {
            (Some(Loss::BinaryCrossEntropy), &[column]) if !self.is_binary(column)? => return Ok(Task::Classification),
            (Some(loss), _) => return Ok(Task::of_loss(loss, self.columns.len())),
            (None, _) => {}
        }
        let &[column] = self.columns else { return self.task_of_several() };
        if request.class_names.is_some() || request.classes.is_some() {
            return Ok(Task::Classification);
        }
        if let Cells::Words { .. } = self.table.columns()[column].cells {
            return Ok(Task::Classification);
        }
        let counts = self.whole_numbers(column, PERHAPS);
        let Some(counts) = counts else {
            return if self.are_inexact(column) { Err(self.inexact(column)) } else { Ok(Task::Regression) };
        };
        let different = counts.len();
        let rows: usize = counts.values().sum();
        let (first, last) = (counts.keys().next().copied(), counts.keys().last().copied());
        // Labels stand close to one another, or have many rows each; 138, 154, 193, ... of twenty rows are values.
        let is_dense = last.zip(first).is_some_and(|(last, first)| last - first < 2 * different as i64);
        let are_labels = (is_dense && 3 * rows >= 4 * different) || rows >= ROWS_A_CLASS * different;
        if different <= FEW && (different <= 2 || are_labels) {
            return Ok(Task::Classification);
        }
        let counts_up = matches!(first, Some(0 | 1))
            && last.zip(first).is_some_and(|(last, first)| (last - first) as usize + 1 == different);
        if counts_up && rows >= ROWS_A_CLASS * different {
            let title = self.table.title(column);
            return Err(Error::Argument {
                name: "target",
                found: format!("{different} different whole numbers in {title:?}"),
                expected: "to be told what they are: task = classification (labels) or task = regression (values)"
                    .to_owned(),
            });
        }
        Ok(Task::Regression)
    }

    fn task_of_several(&self) -> Result<Task> {
        let mut cursor = self.table.cursor(self.columns);
        let (mut are_one_hot, mut are_numbers) = (true, true);
        for row in self.rows.iter() {
            let row = cursor.at(row);
            let mut count = 0;
            for &column in self.columns {
                let cell = row.cell(column);
                match is_yes(cell) {
                    Some(yes) => count += usize::from(yes),
                    None if cell == Cell::Missing => {}
                    None => return Ok(Task::Regression),
                }
                are_numbers &= !matches!(cell, Cell::Word(_));
            }
            are_one_hot &= count == 1;
        }
        // What would be refused is not offered.
        let ways = [
            are_one_hot.then_some("classification (one-hot: each row has one yes)"),
            Some("multi-label (yes or no in each)"),
            are_numbers.then_some("regression (values)"),
        ];
        let ways = ways.into_iter().flatten().collect::<Vec<_>>().join(" or ");
        Err(Error::Argument {
            name: "target",
            found: format!("{} columns of 0 and 1, or of yes and no", self.columns.len()),
            expected: format!("to be told what they are: task = {ways}"),
        })
    }
}

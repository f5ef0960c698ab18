//! Targets that have a column for each class.

use super::table::{Cell, answer};
use super::target_columns::{TargetColumns, TargetData, TargetFound, TargetRequest};
use super::target_labels::some;
use crate::{Error, Result, Task};

impl TargetColumns<'_> {
    /// Classes of which each has a column of its own, 1 or yes in the rows of the class and 0 or no elsewhere, called as the columns,
    /// or by numbers from 0 where these have no names; `None` where they are something else, such as probabilities.
    pub(super) fn one_hot(&self, request: TargetRequest<'_>) -> Result<Option<TargetFound>> {
        let title = |(class, &column): (usize, &usize)| match self.table.has_names() {
            true => self.table.title(column),
            false => class.to_string(),
        };
        let names: Vec<String> = self.columns.iter().enumerate().map(title).collect();
        let mut notes = Vec::new();
        let by_place = || (0..names.len() as u32).collect::<Vec<_>>();
        let (names, class_of) = match request.class_names {
            Some(known) if known.len() != names.len() => return Ok(None),
            Some(known) if !self.table.has_names() => {
                if known != names {
                    notes.push(format!(
                        "note: columns of the target are taken in the order of the model's classes: {}",
                        some(known)
                    ));
                }
                (known.to_vec(), by_place())
            }
            Some(known) => (known.to_vec(), self.classes_of(&names, known)?),
            None => {
                let class_of = by_place();
                (names, class_of)
            }
        };
        let mut labels = Vec::with_capacity(self.rows.len());
        let mut cursor = self.table.cursor(self.columns);
        for row in self.rows.iter() {
            let cells = cursor.at(row);
            let mut label = None;
            for (&class, &column) in class_of.iter().zip(self.columns) {
                match is_yes(cells.cell(column)) {
                    Some(false) => {}
                    Some(true) if label.is_none() => label = Some(class),
                    _ => return Ok(None),
                }
            }
            let Some(label) = label else { return Ok(None) };
            labels.push(label);
        }
        let data = TargetData::Classes { labels, names };
        Ok(Some(TargetFound { task: Task::Classification, data, answers: None, notes, signs: Vec::new() }))
    }

    /// The class of a model that each of these columns is: by its name, or by its place where the model's classes are numbers from 0.
    fn classes_of(&self, names: &[String], known: &[String]) -> Result<Vec<u32>> {
        let class = |name: &String| known.iter().position(|class| class == name).map(|class| class as u32);
        if let Some(classes) = names.iter().map(class).collect::<Option<Vec<u32>>>() {
            return Ok(classes);
        }
        if known.iter().enumerate().all(|(class, name)| *name == class.to_string()) {
            return Ok((0..names.len() as u32).collect());
        }
        Err(Error::Argument {
            name: "target",
            found: format!("the columns {} of {}", some(names), self.table.origin()),
            expected: format!("a column for each class of the model: {}", some(known)),
        })
    }
}

/// Whether a cell says yes, or no: by 1 and 0, or in words; `None` of any other.
pub(super) fn is_yes(cell: Cell<'_>) -> Option<bool> {
    match cell {
        Cell::Number(0.0) => Some(false),
        Cell::Number(1.0) => Some(true),
        Cell::Word(word) => answer(word),
        _ => None,
    }
}

//! Targets that have a column for each class.

use super::table::Cell;
use super::target_columns::{TargetColumns, TargetData, TargetFound, TargetRequest};
use crate::{Result, Task};

impl TargetColumns<'_> {
    /// Classes of which each has a column of its own, 1 in the rows of the class and 0 elsewhere, called as the columns; `None` where
    /// they are something else, such as probabilities, or have no names.
    pub(super) fn one_hot(&self, request: TargetRequest<'_>) -> Result<Option<TargetFound>> {
        if !self.table.has_names() {
            return Ok(None);
        }
        let names: Vec<String> = self.columns.iter().map(|&column| self.table.title(column)).collect();
        // Of a model that numbers them they stay numbers.
        let names = match request.class_names {
            Some(known) if known.len() != names.len() => return Ok(None),
            Some(known) => known.to_vec(),
            None => names,
        };
        let mut labels = Vec::with_capacity(self.rows.len());
        let mut cursor = self.table.cursor(self.columns);
        for row in self.rows.iter() {
            let cells = cursor.at(row);
            let mut label = None;
            for (class, &column) in self.columns.iter().enumerate() {
                match cells.cell(column) {
                    Cell::Number(0.0) => {}
                    Cell::Number(1.0) if label.is_none() => label = Some(class as u32),
                    _ => return Ok(None),
                }
            }
            let Some(label) = label else { return Ok(None) };
            labels.push(label);
        }
        let data = TargetData::Classes { labels, names };
        Ok(Some(TargetFound { task: Task::Classification, data, answers: None, notes: Vec::new(), signs: Vec::new() }))
    }
}

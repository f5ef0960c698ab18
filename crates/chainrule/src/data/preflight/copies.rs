//! Rows that occur more than once, told by hashes of 64 bits.

use std::collections::HashSet;

use crate::data::content::Content;
use crate::data::examples::{Examples, Inputs};
use crate::data::roles::duplicates;
use crate::data::split::Parts;
use crate::data::table::Table;
use crate::data::target_columns::TargetData;

/// Rows that occur again.
pub(super) struct Copies {
    /// Rows that occur before.
    pub(super) within: usize,
    /// Rows held out that are trained on too.
    pub(super) across: Option<usize>,
}

impl Copies {
    pub(super) fn of(examples: &Examples, parts: Option<&Parts>) -> Self {
        let hashes: Vec<u64> = (0..examples.rows()).map(|row| hash(examples, row)).collect();
        let across = parts.map(|parts| {
            let known: HashSet<u64> = parts.train.iter().map(|&row| hashes[row]).collect();
            parts.validation.iter().chain(&parts.test).filter(|&&row| known.contains(&hashes[row])).count()
        });
        Copies { within: duplicates(&hashes), across }
    }
}

/// Rows of a table that occur before, all columns alike.
pub(super) fn within(table: &Table) -> usize {
    let columns: Vec<usize> = (0..table.cols()).collect();
    let hash = |row: usize| {
        let mut content = Content::new();
        content.row(table, &columns, row);
        content.finish()
    };
    duplicates(&(0..table.rows()).map(hash).collect::<Vec<u64>>())
}

fn hash(examples: &Examples, row: usize) -> u64 {
    let mut content = Content::new();
    match &examples.x {
        Inputs::Table { table, columns, rows } => content.row(table, columns, rows[row]),
        Inputs::Bytes(bytes) => match bytes.features.cells_as_bytes() {
            [] => bytes.features.row(row).iter().for_each(|cell| content.number(*cell)),
            cells => content.bytes(&cells[row * bytes.features.cols()..][..bytes.features.cols()]),
        },
    }
    match examples.target_data() {
        TargetData::Classes { labels, .. } => content.number(f64::from(labels[row])),
        TargetData::Values { values, cols } => values[row * cols..][..*cols].iter().for_each(|t| content.number(*t)),
    }
    content.finish()
}

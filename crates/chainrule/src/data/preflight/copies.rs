//! Rows that occur more than once, told by hashes of 64 bits.

use std::collections::HashSet;

use crate::data::content::Content;
use crate::data::examples::{Examples, Inputs};
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
        let hashes = hashes(examples);
        let across = parts.map(|parts| {
            let known: HashSet<u64> = parts.train.iter().map(|&row| hashes[row]).collect();
            parts.validation.iter().chain(&parts.test).filter(|&&row| known.contains(&hashes[row])).count()
        });
        Copies { within: duplicates(&hashes), across }
    }
}

/// Rows of other examples, with the same columns and targets, that these rows learn from too.
pub(super) fn learned(examples: &Examples, rows: &[usize], test: &Examples) -> usize {
    let own = hashes(examples);
    let known: HashSet<u64> = rows.iter().map(|&row| own[row]).collect();
    let columns = same_columns(examples, test);
    (0..test.rows()).filter(|&row| known.contains(&hash(test, columns.as_deref(), row))).count()
}

/// The columns of other examples that are called as these are, in their order; `None` where not all are there.
fn same_columns(examples: &Examples, test: &Examples) -> Option<Vec<usize>> {
    let ((table, columns, _), (other, ..)) = (examples.table()?, test.table()?);
    let find = |&at: &usize| {
        let name = table.name(at)?;
        (0..other.cols()).find(|&their| other.name(their) == Some(name))
    };
    columns.iter().map(find).collect()
}

fn hashes(examples: &Examples) -> Vec<u64> {
    (0..examples.rows()).map(|row| hash(examples, None, row)).collect()
}

/// Number of hashes that occurred before: rows with equal hashes are taken as equal.
fn duplicates(hashes: &[u64]) -> usize {
    let mut seen = HashSet::with_capacity(hashes.len());
    hashes.iter().filter(|hash| !seen.insert(**hash)).count()
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

/// Of a row, by these columns of a table or by those of its features.
fn hash(examples: &Examples, by: Option<&[usize]>, row: usize) -> u64 {
    let mut content = Content::new();
    match &examples.x {
        Inputs::Table { table, columns, rows } => content.row(table, by.unwrap_or(columns), rows[row]),
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

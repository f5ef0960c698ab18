//! Columns that hold what another holds, and numbers that a number here cannot tell apart.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::column::{ColumnKind, ColumnProfile};
use super::finding::{DataFinding, NAMED, listed};
use crate::data::choice::typed;
use crate::data::content::Content;
use crate::data::numbers::EXACT;
use crate::data::table::Table;

/// With fewer rows, columns may be alike by chance.
const ROWS: usize = 20;

/// Columns that hold the same as an earlier one in every row, told by hashes of 64 bits: it is learned from twice.
pub(super) fn copied(columns: &[ColumnProfile], table: &Table) -> Option<DataFinding> {
    if table.rows() < ROWS {
        return None;
    }
    // Of many columns of yes and no, many have as many of each: all that may be alike are looked at in one pass.
    let mut of_key = HashMap::<Key, usize>::new();
    let varying = || columns.iter().filter(|column| column.different > 1);
    varying().for_each(|column| *of_key.entry(key(column)).or_default() += 1);
    let may_be_alike: Vec<&ColumnProfile> = varying().filter(|column| of_key[&key(column)] > 1).collect();
    let mut earlier = HashMap::<u64, &ColumnProfile>::new();
    let mut copies: Vec<(String, String)> = Vec::new();
    for (column, hash) in may_be_alike.iter().zip(hashes(table, &may_be_alike)) {
        match earlier.entry(hash) {
            Entry::Occupied(other) => copies.push((column.title(), other.get().title())),
            Entry::Vacant(place) => _ = place.insert(column),
        }
    }
    let (titles, _): (Vec<String>, Vec<String>) = copies.iter().cloned().unzip();
    let seen = match &copies[..] {
        [] => return None,
        [(column, other)] => format!("column {column:?} holds the same as {other:?} in every row"),
        all => {
            let named: Vec<String> = all.iter().map(|(column, other)| format!("{column} ({other})")).collect();
            format!("{} columns hold the same as another in every row: {}", all.len(), listed(&named))
        }
    };
    let advice = format!("--drop {}", typed(&titles.iter().take(NAMED).cloned().collect::<Vec<_>>().join(",")));
    Some(DataFinding { kind: "copied-columns", number: copies.len() as f64, columns: titles, seen, advice })
}

/// What columns have in common that are alike: the bits of the least number, the mean and the largest, the most frequent word,
/// values that are missing, and different ones.
type Key = ([u64; 3], Option<String>, usize, usize);

fn key(column: &ColumnProfile) -> Key {
    let bits = [column.min, column.mean, column.max].map(|number| number.map_or(0, f64::to_bits));
    (bits, column.most_frequent.as_ref().map(|(word, _)| word.clone()), column.missing, column.different)
}

/// A hash of the cells of each of these columns.
fn hashes(table: &Table, columns: &[&ColumnProfile]) -> Vec<u64> {
    let columns: Vec<usize> = columns.iter().map(|column| column.number - 1).collect();
    let mut contents = vec![Content::new(); columns.len()];
    let mut cursor = table.cursor(&columns);
    for row in 0..table.rows() {
        let cells = cursor.at(row);
        columns.iter().zip(&mut contents).for_each(|(&column, content)| content.row(cells, &[column]));
    }
    contents.into_iter().map(Content::finish).collect()
}

/// That whole numbers of a column are too large to be told apart: they name something.
pub(super) fn inexact(column: &ColumnProfile) -> Option<DataFinding> {
    let largest = column.max.into_iter().chain(column.min).map(f64::abs).fold(0.0, f64::max);
    (column.kind == ColumnKind::Whole && largest > EXACT).then(|| {
        let title = column.title();
        let typed = typed(&title);
        DataFinding {
            kind: "inexact-numbers",
            number: largest,
            seen: format!(
                "column {title:?} holds whole numbers up to {largest:e}; beyond 2^53, 9.007e15, neighbours are read as the same number"
            ),
            advice: format!("--drop {typed} if they name rows, --categories {typed} if they name something that recurs"),
            columns: vec![title],
        }
    })
}

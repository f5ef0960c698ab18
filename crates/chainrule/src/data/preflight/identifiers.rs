//! Columns whose every value is another: names or numbers of the rows, which tell nothing about rows that are not there.

use super::column::{ColumnKind, ColumnProfile};
use crate::data::table::{Cells, Table};

/// With fewer rows, values that differ say nothing.
const ROWS: usize = 20;
/// The same of texts, each of which becomes a feature.
const ROWS_OF_TEXT: usize = 10;
/// Values that are compared, spread evenly.
const COMPARED: usize = 4096;
/// Numbers from a range of so many times their count number the rows in another order.
const DENSE: f64 = 1.25;
/// Rows, and digits of each number, from which it is told that they were drawn.
const DRAWN_ROWS: usize = 50;
const DRAWN_DIGITS: f64 = 1e5;
/// The 95 % limit of Kolmogorov and Smirnov for the distance from a distribution, times the root of the rows.
const DISTANCE: f64 = 1.358;
/// What a column of identifiers is called, or ends in behind `_`, `-`, a blank, or a small letter where it is a large one.
const NAMES: [&str; 6] = ["id", "uuid", "guid", "key", "identifier", "serial"];

/// What is said of a column whose every value is another and names its row; not of measurements, which may all differ.
pub(super) fn identifier(table: &Table, column: &ColumnProfile) -> Option<String> {
    let title = column.title();
    if column.missing > 0 || column.different < table.rows().min(1 << 16) {
        return None;
    }
    match (&table.columns()[column.number - 1].cells, column.kind) {
        (Cells::Words { .. }, ColumnKind::Category | ColumnKind::Text) if table.rows() >= ROWS_OF_TEXT => {
            Some(format!(
                "column {title:?} holds another text in each of {0} rows: it becomes {0} features, each of which tells one row",
                table.rows()
            ))
        }
        (&Cells::Numbers { slot }, ColumnKind::Whole) if table.rows() >= ROWS => {
            let numbers = has_name(&title) || is_dense(table, column) || is_drawn(table, column, slot);
            numbers.then(|| {
                format!(
                    "column {title:?} holds another whole number in each of {} rows: it looks like a number of the row",
                    table.rows()
                )
            })
        }
        _ => None,
    }
}

fn has_name(title: &str) -> bool {
    let lower = title.to_lowercase();
    NAMES.iter().any(|name| {
        let Some(before) = lower.strip_suffix(name) else { return false };
        let is_capital = title[before.len().min(title.len())..].starts_with(|c: char| c.is_ascii_uppercase());
        match before.chars().next_back() {
            None | Some('_' | '-' | ' ' | '.') => true,
            Some(_) => is_capital && title.chars().any(|c| c.is_ascii_lowercase()),
        }
    })
}

/// Whether the numbers fill their range, in any order.
fn is_dense(table: &Table, column: &ColumnProfile) -> bool {
    let (Some(min), Some(max)) = (column.min, column.max) else { return false };
    max - min + 1.0 <= DENSE * table.rows() as f64
}

/// Whether the numbers have many digits, all as many, and lie as evenly as if they were drawn.
fn is_drawn(table: &Table, column: &ColumnProfile, slot: usize) -> bool {
    let (Some(min), Some(max)) = (column.min, column.max) else { return false };
    if table.rows() < DRAWN_ROWS || min < DRAWN_DIGITS || min.log10().floor() != max.log10().floor() {
        return false;
    }
    let count = table.rows().min(COMPARED);
    let mut cursor = table.cursor(&[column.number - 1]);
    let mut values: Vec<f64> = (0..count)
        .map(|i| cursor.at((i as u128 * table.rows() as u128 / count as u128) as usize).value(slot))
        .collect();
    values.sort_unstable_by(f64::total_cmp);
    let n = count as f64;
    let distance = |(at, value): (usize, &f64)| {
        let share = (value - min) / (max - min);
        (share - at as f64 / n).abs().max(((at + 1) as f64 / n - share).abs())
    };
    values.iter().enumerate().map(distance).fold(0.0, f64::max) < DISTANCE / n.sqrt()
}

#[cfg(test)]
mod tests {
    use super::has_name;

    #[test]
    fn columns_of_identifiers_are_told_by_their_names() {
        for name in ["id", "ID", "Id", "customer_id", "customerId", "CustomerID", "user id", "uuid", "row-key"] {
            assert!(has_name(name), "{name}");
        }
        for name in ["paid", "humid", "grid", "monkey", "PAID", "idea", "price", "", "fluid"] {
            assert!(!has_name(name), "{name}");
        }
    }
}

//! Columns whose every value is another: names or numbers of the rows, which tell nothing about rows that are not there.

use super::column::{ColumnKind, ColumnProfile};
use crate::data::table::{Cells, Table};

/// With fewer rows, values that differ say nothing.
const ROWS: usize = 20;
/// The same of texts, each of which becomes a feature.
const ROWS_OF_TEXT: usize = 10;
/// What a column of identifiers is called, or ends in behind `_`, `-`, a blank, or a small letter where it is a large one.
const NAMES: [&str; 9] = ["id", "uuid", "guid", "key", "identifier", "serial", "nr", "number", "index"];

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
        (Cells::Numbers { .. }, ColumnKind::Whole) if table.rows() >= ROWS => {
            let numbers = has_name(&title) || is_permutation(table, column);
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

/// Whether the numbers, all different, are 0 or 1 to the number of rows, in any order.
fn is_permutation(table: &Table, column: &ColumnProfile) -> bool {
    let (Some(min), Some(max)) = (column.min, column.max) else { return false };
    (min == 0.0 || min == 1.0) && max - min + 1.0 == table.rows() as f64
}

#[cfg(test)]
mod tests {
    use super::has_name;

    #[test]
    fn columns_of_identifiers_are_told_by_their_names() {
        for name in [
            "id",
            "ID",
            "Id",
            "customer_id",
            "customerId",
            "CustomerID",
            "user id",
            "uuid",
            "row-key",
            "rowNumber",
            "order nr",
        ] {
            assert!(has_name(name), "{name}");
        }
        for name in ["paid", "humid", "grid", "monkey", "PAID", "idea", "price", "", "fluid"] {
            assert!(!has_name(name), "{name}");
        }
    }
}

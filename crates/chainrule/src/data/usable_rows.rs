//! Which rows of a table are examples.

use super::policies::Missing;
use super::roles::refuse_missing;
use super::table::{Cell, Kept, Table};
use super::target_labels::{Targeted, lacks_class, refuse_missing_targets};
use crate::{Error, Result};

/// The rows that are examples: all, or those that lack nothing where what lacks is to be dropped.
pub(super) fn usable_rows(
    table: &Table,
    features: &[usize],
    target: Targeted<'_>,
    missing: Option<Missing>,
    notes: &mut Vec<String>,
) -> Result<Kept> {
    let has_holes = |table: &Table, columns: &[usize]| columns.iter().any(|&at| table.columns()[at].missing > 0);
    let lacking = |rows: &mut Kept, table: &Table, columns: &[usize], is_missing: &dyn Fn(usize, Cell<'_>) -> bool| {
        let (mut cursor, before) = (table.cursor(columns), rows.rows().len());
        rows.retain(|row| {
            let cells = cursor.at(row);
            !columns.iter().any(|&column| is_missing(column, cells.cell(column)))
        });
        before - rows.rows().len()
    };
    let Targeted { table: targets, columns: target_columns, classes, .. } = target;
    let mut rows = Kept::All(table.rows());
    let Some(missing) = missing else {
        refuse_missing(table, features)?;
        refuse_missing_targets(target)?;
        return Ok(rows);
    };
    let lacks_one = |column, cell: Cell<'_>| lacks_class(cell, targets.na_is_text(column), classes);
    let without = lacking(&mut rows, targets, target_columns, &lacks_one);
    if without > 0 {
        notes.push(format!("{} without a target left out", rows_of(without)));
    }
    if missing == Missing::Drop && has_holes(table, features) {
        let lacking = lacking(&mut rows, table, features, &|_, cell| cell == Cell::Missing);
        notes.push(format!("{} with missing values left out", rows_of(lacking)));
    }
    if rows.rows().len() == 0 {
        return Err(Error::Empty { origin: table.origin().to_owned(), what: "rows without missing values" });
    }
    Ok(rows)
}

/// Whether a note says that rows were left out.
pub(crate) fn is_of_rows_left_out(note: &str) -> bool {
    note.ends_with(" without a target left out") || note.ends_with(" with missing values left out")
}

/// `1 row`, `2 rows`.
fn rows_of(count: usize) -> String {
    format!("{count} {}", if count == 1 { "row" } else { "rows" })
}

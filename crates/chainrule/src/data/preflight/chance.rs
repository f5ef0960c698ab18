//! How many rows are alike because there are few different ones.

use super::column::ColumnRole;
use super::report::Preflight;

/// Whether chance explains this number of equal rows: with few different values, some pairs of rows are equal anyway.
pub(super) fn are_by_chance(found: &Preflight, alike: usize, pairs: f64) -> bool {
    // Columns that go together have fewer combinations than are counted here.
    const MORE: f64 = 3.0;
    let used = found.columns.iter().filter(|column| column.role != ColumnRole::LeftOut);
    let different = used.map(|column| (column.different + usize::from(column.missing > 0)).max(1) as f64);
    let combinations = different.fold(None, |all: Option<f64>, of| Some(all.unwrap_or(1.0) * of));
    combinations.is_some_and(|combinations| alike as f64 <= MORE * pairs / combinations)
}

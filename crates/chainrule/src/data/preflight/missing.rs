//! What is missing, where nobody says what to do about it: `train` refuses it.

use super::column::{ColumnProfile, ColumnRole, becomes};
use super::finding::{DataFinding, listed};
use super::report::Preflight;

impl Preflight {
    /// The same where nobody says what to do about missing values: with what `train` says then. So many rows have no target.
    pub(super) fn with_missing(mut self, without_target: usize) -> Self {
        for column in &mut self.columns {
            column.becomes = becomes(column, None);
        }
        if !self.columns.is_empty() {
            let is_feature = |column: &&ColumnProfile| column.role == ColumnRole::Feature;
            self.features = self.columns.iter().filter(is_feature).map(|column| column.width(None)).sum();
        }
        if let Some(finding) = missing_values(&self.columns) {
            self.findings.insert(0, finding);
        }
        if without_target > 0 {
            self.notes.retain(|note| !note.ends_with(" without a target left out"));
            let rows = self.rows;
            let names = self.target.as_ref().map(|target| target.names.clone()).unwrap_or_default();
            let finding = DataFinding {
                kind: "missing-targets",
                number: without_target as f64,
                seen: format!(
                    "{without_target} of {} rows have no target{}; what is said here is of the other {rows}",
                    rows + without_target,
                    if names.is_empty() { String::new() } else { format!(" ({})", listed(&names)) },
                ),
                advice: "--missing drop leaves them out, and so do the other ways of --missing; train refuses them without it"
                    .to_owned(),
                columns: names,
            };
            self.findings.insert(0, finding);
        }
        self
    }
}

/// Missing values of the columns that are learned from.
fn missing_values(columns: &[ColumnProfile]) -> Option<DataFinding> {
    let holes = |column: &&ColumnProfile| column.missing > 0 && column.role == ColumnRole::Feature;
    let holes: Vec<&ColumnProfile> = columns.iter().filter(holes).collect();
    let total: usize = holes.iter().map(|column| column.missing).sum();
    (total > 0).then(|| {
        let counts: Vec<String> = holes.iter().map(|column| format!("{} {}", column.title(), column.missing)).collect();
        let features = columns.iter().filter(|column| column.role == ColumnRole::Feature).count();
        let seen = format!(
            "missing values in {} of {features} columns that are learned from, {total} in all: {}",
            holes.len(),
            listed(&counts)
        );
        let advice =
            "--missing median (or mean, most-frequent, indicator, drop); train refuses them without it".to_owned();
        let titles = holes.iter().map(|column| column.title()).collect();
        DataFinding { kind: "missing-values", columns: titles, number: total as f64, seen, advice }
    })
}

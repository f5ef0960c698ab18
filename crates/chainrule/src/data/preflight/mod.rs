//! A look at data before anything is learned from them: what each column holds and becomes, what the targets are, and what
//! is likely to go wrong, each finding with a number and with what to type. Nothing is changed, and nothing is printed.
//!
//! One pass over the cells and a hash of each row; what compares columns with targets looks at a few thousand rows.

mod alike_columns;
mod chance;
mod checks;
mod coarse_targets;
mod column;
mod copies;
mod finding;
mod identifiers;
mod look;
mod missing;
mod read;
mod report;
mod spellings;
mod target;
mod untrained;

pub use column::{ColumnKind, ColumnProfile, ColumnRole};
pub use finding::DataFinding;
pub use report::{PartSizes, Preflight};
pub use target::{TargetProfile, ValueScale};

#[cfg(all(test, feature = "csv"))]
mod tests;

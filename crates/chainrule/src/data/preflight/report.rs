//! What a look at data found.

use serde::Serialize;

use super::column::ColumnProfile;
use super::finding::DataFinding;
use super::target::TargetProfile;
use crate::data::split::Parts;

/// What was found in data before training. It serialises.
///
/// ```
/// # #[cfg(feature = "csv")] {
/// use chainrule::data::{Request, Source, SplitRequest};
///
/// let found = Request::new(Source::parse("iris")?).preflight(&SplitRequest::default())?;
/// assert_eq!((found.rows, found.columns.len(), found.features), (150, 5, 4));
/// assert_eq!(found.columns[0].name.as_deref(), Some("sepal_length"));
/// for finding in &found.findings {
///     println!("{finding}"); // what was seen, and what to type
/// }
/// # }
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Preflight {
    /// Where the data came from.
    pub origin: String,
    /// Rows of the source.
    pub rows: usize,
    /// Columns of a table; none of images.
    pub columns: Vec<ColumnProfile>,
    /// Features that a network would get: numbers, and one for each category.
    pub features: usize,
    /// What is learned, where that is said.
    pub target: Option<TargetProfile>,
    /// Rows of the parts, where they were split.
    pub parts: Option<PartSizes>,
    /// Rows that occur before, features and targets alike.
    pub duplicate_rows: usize,
    /// Rows held out that occur among those trained on, where rows were split.
    pub shared_rows: Option<usize>,
    /// What is likely to go wrong.
    pub findings: Vec<DataFinding>,
    /// What was taken for granted, in words.
    pub notes: Vec<String>,
}

/// Rows of each part.
///
/// ```
/// # #[cfg(feature = "csv")] {
/// use chainrule::data::{Request, Source, SplitRequest};
/// let found = Request::new(Source::parse("wine")?).preflight(&SplitRequest::default())?;
/// let parts = found.parts.unwrap();
/// assert_eq!((parts.train, parts.validation, parts.test), (142, 0, 36));
/// # }
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct PartSizes {
    /// Trained on.
    pub train: usize,
    /// Validated on.
    pub validation: usize,
    /// Tested on.
    pub test: usize,
}

impl PartSizes {
    /// How many rows these parts have.
    pub(super) fn of(parts: &Parts) -> Self {
        PartSizes { train: parts.train.len(), validation: parts.validation.len(), test: parts.test.len() }
    }
}

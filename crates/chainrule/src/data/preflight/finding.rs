//! One thing that is likely to go wrong.

use std::fmt;

use serde::Serialize;

/// What was found in data, with its number and with what to type. `Display` prints both sentences.
///
/// ```
/// # #[cfg(feature = "csv")] {
/// use chainrule::data::{Preflight, Table, TextFormat};
///
/// let text: String = (0..100).map(|row| format!("{row},7\n")).collect();
/// let table = Table::parse("x.csv", format!("id,same\n{text}").as_bytes(), &TextFormat::default())?;
/// let findings = Preflight::of_table(&table).findings;
/// assert_eq!(findings[1].kind, "index-column");
/// assert_eq!(findings[1].to_string(), "column \"id\" counts the rows\n  do:    --drop id, unless it means something");
/// # }
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct DataFinding {
    /// A name for programs; the doctor's findings of the same kind have the same.
    pub kind: &'static str,
    /// The columns that it speaks of, by name or by number from 1.
    pub columns: Vec<String>,
    /// The number that shows it: rows, columns, a share.
    pub number: f64,
    /// What was seen, with that number.
    pub seen: String,
    /// What to type or to check.
    #[serde(rename = "do")]
    pub advice: String,
}

impl fmt::Display for DataFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n  do:    {}", self.seen, self.advice)
    }
}

/// Columns that a finding names.
pub(super) const NAMED: usize = 12;

/// The first names and, of more, their number.
pub(super) fn listed(names: &[String]) -> String {
    let more = if names.len() > NAMED { format!(", ... {} in all", names.len()) } else { String::new() };
    names.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ") + &more
}

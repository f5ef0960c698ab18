//! What is done about values that are missing, and about categories that training did not see.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// What is done about missing values.
///
/// ```
/// use chainrule::data::Missing;
/// assert_eq!("most-frequent".parse::<Missing>()?, Missing::MostFrequent);
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Missing {
    /// The mean of the column's numbers; of words the most frequent one.
    Mean,
    /// The median of the column's numbers; of words the most frequent one.
    Median,
    /// The value that occurs most.
    MostFrequent,
    /// Rows that lack a value are left out.
    Drop,
    /// The median, and a column of its own that says where it stands; of words a category of its own.
    Indicator,
}

const MISSINGS: [(&str, Missing); 5] = [
    ("mean", Missing::Mean),
    ("median", Missing::Median),
    ("most-frequent", Missing::MostFrequent),
    ("drop", Missing::Drop),
    ("indicator", Missing::Indicator),
];

impl FromStr for Missing {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let wanted = text.replace('_', "-");
        let known = MISSINGS.iter().find(|(name, _)| *name == wanted).map(|(_, missing)| *missing);
        known.ok_or_else(|| Error::unknown_name("treatment of missing values", text, &MISSINGS.map(|(name, _)| name)))
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MISSINGS.iter().find(|(_, missing)| missing == self).map_or("", |(name, _)| name))
    }
}

/// What is done about a category that training did not see.
///
/// ```
/// use chainrule::data::{Request, Source, Unknown};
///
/// let mut request = Request::new(Source::parse("houses.csv")?).target("price");
/// request.unknown = Unknown::Zeros;
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Unknown {
    /// It is refused, with its row.
    #[default]
    Error,
    /// It is 0 in the column of every category.
    Zeros,
}

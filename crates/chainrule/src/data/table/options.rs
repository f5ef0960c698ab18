//! What may be said of a text file before it is read.

use super::cell::Decimal;
use super::dialect::Delimiter;

/// How to read a text file. What is `None` is detected from its first lines.
///
/// ```
/// use chainrule::data::{Delimiter, TextFormat};
///
/// let format = TextFormat { delimiter: Delimiter::parse("semicolon"), header: Some(true), ..TextFormat::default() };
/// assert_eq!(format.delimiter, Some(Delimiter::Byte(b';')));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TextFormat {
    /// What stands between cells.
    pub delimiter: Option<Delimiter>,
    /// How fractions are written.
    pub decimal: Option<Decimal>,
    /// Whether the first line names the columns.
    pub header: Option<bool>,
    /// Columns, by name or by number from 1, whose numbers are names of categories.
    pub categories: Vec<String>,
    /// Columns of texts, by name or by number from 1, in which `NA`, `NaN`, `null`, `?` and the like are texts as any others: only an
    /// empty cell is a missing value there.
    pub na_as_text: Vec<String>,
    /// Columns, by name or by number from 1, that nothing is asked of: whatever their cells are mixed of is no error.
    pub left_out: Vec<String>,
    /// Columns, by name or by number from 1, that something is asked of, where it is known of which: all others are left out.
    pub used: Option<Vec<String>>,
    /// Lines above the table that are passed over.
    pub skip_lines: usize,
    /// Columns that a model knows, or that are asked for, by their names: a first line that has them all is a header, whatever it looks
    /// like.
    pub known_columns: Vec<String>,
    /// Columns that a model knows as categories: their numbers are names, where the file has them.
    pub known_categories: Vec<String>,
    /// Columns of which a model knows that `NA` and the like are texts there.
    pub known_na_as_text: Vec<String>,
    /// How fractions were written where a model was trained: taken where nothing is said and the file can be read so.
    pub known_decimal: Option<Decimal>,
    /// Whether it is read for a model that exists: what is read otherwise than where it was trained is said.
    pub for_model: bool,
}

//! A place in a file or a table. Rows, columns and lines count from 1, as people count; byte offsets
//! from 0, as hex viewers do.

use std::fmt;

/// A place in a file or a table.
///
/// ```
/// use chainrule::data::Features;
/// use chainrule::{Error, Place};
///
/// let Err(Error::NotFinite { place, .. }) = Features::new(2, 2, vec![0.0, 1.0, f32::NAN, 3.0]) else { panic!() };
/// assert_eq!((place, place.to_string()), (Place::Cell { row: 2, column: 1 }, "row 2, column 1".to_owned()));
/// ```
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A byte, counted from 0; in the inflated bytes when the file is compressed.
    Byte(u64),
    /// The header, of a format whose header is text.
    Header,
    /// A module of a network, counted from 0, as model files count them.
    Module(usize),
    /// A row of a table, counted from 1.
    Row(usize),
    /// A cell of a table, both counted from 1.
    Cell {
        /// The row.
        row: usize,
        /// The column.
        column: usize,
    },
    /// A cell of a text file, all counted from 1. The row counts rows of data, so a header or an empty line makes it
    /// smaller than the line.
    Text {
        /// The row.
        row: usize,
        /// The column.
        column: usize,
        /// The line in the file.
        line: u64,
    },
    /// A character of a text file, both counted from 1.
    Character {
        /// The line.
        line: usize,
        /// The character in the line.
        column: usize,
    },
}

impl Place {
    /// The row with this index, which counts from 0.
    pub(crate) fn row(index: usize) -> Self {
        Place::Row(index + 1)
    }

    /// The cell with this index in row-major order, in a table of `cols` columns.
    pub(crate) fn cell(index: usize, cols: usize) -> Self {
        Place::Cell { row: index / cols + 1, column: index % cols + 1 }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Byte(offset) => write!(f, "byte {offset}"),
            Place::Header => write!(f, "header"),
            Place::Module(module) => write!(f, "module {module}"),
            Place::Row(row) => write!(f, "row {row}"),
            Place::Cell { row, column } => write!(f, "row {row}, column {column}"),
            Place::Character { line, column } => write!(f, "line {line}, column {column}"),
            Place::Text { row, column, line } => write!(f, "row {row}, column {column} (line {line})"),
        }
    }
}

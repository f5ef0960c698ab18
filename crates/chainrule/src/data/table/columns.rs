//! Named columns of numbers or of words, in which values may be missing.

use super::cell::Decimal;
use super::padded::Padded;
use super::sign::Sign;
use super::store::Store;
use super::words::Words;
use crate::data::choice::ColumnNames;
use crate::{Error, Result};

/// Rows whose numbers lie together.
pub(super) const BLOCK: usize = 4096;

/// Rows of a table, at most: their numbers have 32 bits.
const ROWS_MAX: usize = u32::MAX as usize - (1 << 20);

/// Named columns of numbers or words.
///
/// ```
/// # #[cfg(feature = "csv")] {
/// use chainrule::data::{Table, TextFormat};
///
/// let table = Table::parse("houses.csv", &b"rooms,town\n3,Bonn\nNA,Ulm\n"[..], &TextFormat::default())?;
/// assert_eq!((table.rows(), table.cols(), table.name(1)), (2, 2, Some("town")));
/// assert_eq!((table.number(0, 0), table.number(1, 0), table.word(1, 1)), (Some(3.0), None, Some("Ulm")));
/// # }
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Table {
    pub(super) origin: String,
    pub(super) columns: Vec<Column>,
    pub(super) rows: usize,
    /// The first rows, which are not in memory.
    pub(super) stored: usize,
    pub(super) store: Option<Box<Store>>,
    /// (BLOCK, numbers) each, but the last: NaN where a value is missing.
    pub(super) numbers: Vec<Vec<f64>>,
    pub(super) number_columns: usize,
    /// (rows in memory, words)
    pub(super) words: Vec<u32>,
    pub(super) word_columns: usize,
    pub(super) notes: Vec<String>,
    /// How fractions are written, of a text that shows it or is said to.
    pub(super) decimal: Option<Decimal>,
    pub(super) padded: Padded,
}

/// A column, and where its cells lie.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    pub(crate) name: Option<String>,
    pub(crate) cells: Cells,
    /// Rows without a value.
    pub(crate) missing: usize,
    /// What was taken off its numbers.
    pub(crate) sign: Option<Sign>,
}

#[derive(Debug, Clone)]
pub(crate) enum Cells {
    Numbers {
        slot: usize,
    },
    /// In a box: of a million columns most are numbers.
    Words {
        slot: usize,
        words: Box<Words>,
    },
}

/// What a cell holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Cell<'a> {
    Missing,
    Number(f64),
    Word(&'a str),
}

impl Table {
    /// A table without rows.
    pub(crate) fn new(origin: &str, columns: Vec<Column>) -> Self {
        let number_columns = columns.iter().filter(|column| matches!(column.cells, Cells::Numbers { .. })).count();
        let word_columns = columns.len() - number_columns;
        let origin = origin.to_owned();
        let (numbers, words, notes) = (Vec::new(), Vec::new(), Vec::new());
        let (stored, store) = (0, None);
        let (rows, decimal, padded) = (0, None, Padded::default());
        Table {
            origin,
            columns,
            rows,
            stored,
            store,
            numbers,
            number_columns,
            words,
            word_columns,
            notes,
            decimal,
            padded,
        }
    }

    /// A table of numbers, (rows, cols), without names.
    pub(crate) fn of_numbers(origin: &str, cols: usize, numbers: &[f64]) -> Result<Self> {
        let mut table = Table::without_names(origin, cols);
        for row in numbers.chunks_exact(cols) {
            table.push(row)?;
        }
        if table.rows == 0 {
            return Err(Error::Empty { origin: origin.to_owned(), what: "rows" });
        }
        Ok(table)
    }

    /// A table without rows, for numbers.
    pub(crate) fn without_names(origin: &str, cols: usize) -> Self {
        let column = |slot| Column { name: None, cells: Cells::Numbers { slot }, missing: 0, sign: None };
        Table::new(origin, (0..cols).map(column).collect())
    }

    /// Appends a row of numbers, (cols).
    pub(crate) fn push(&mut self, row: &[f64]) -> Result<()> {
        for (column, value) in self.columns.iter_mut().zip(row) {
            column.missing += usize::from(value.is_nan());
        }
        self.room()?.extend_from_slice(row);
        self.rows += 1;
        Ok(())
    }

    /// The same with names of its columns.
    pub(crate) fn with_names(mut self, names: Vec<String>) -> Self {
        self.columns.iter_mut().zip(names).for_each(|(column, name)| column.name = Some(name));
        self
    }

    /// The same with a column of words behind the others, a number of `all` for each row.
    pub(crate) fn with_words(mut self, name: &str, codes: Vec<u32>, all: &[String]) -> Self {
        let mut words = Box::<Words>::default();
        for word in all {
            // A word that is text is UTF-8.
            let _ = words.code(word.as_bytes());
        }
        let cells = Cells::Words { slot: 0, words };
        self.columns.push(Column { name: Some(name.to_owned()), cells, missing: 0, sign: None });
        (self.words, self.word_columns) = (codes, 1);
        self
    }

    /// Where the numbers of the next row go.
    pub(crate) fn room(&mut self) -> Result<&mut Vec<f64>> {
        if self.store.is_some() && self.is_due() {
            self.store_rows()?;
        }
        let no_memory = |_| Error::no_memory("rows of a table", self.rows);
        let at = self.block();
        if at == self.numbers.len() {
            check_rows(self.rows)?;
            self.numbers.try_reserve(1).map_err(no_memory)?;
            self.numbers.push(Vec::new());
        }
        let block = &mut self.numbers[at];
        let wanted = block.len() + self.number_columns;
        if block.capacity() < wanted {
            // Doubling, up to a whole block: a short table is small, and so is one of a million columns.
            let most = BLOCK.saturating_mul(self.number_columns).max(wanted);
            let first = self.number_columns.saturating_mul(64).min(8192);
            let capacity = (2 * block.capacity()).max(first).clamp(wanted, most);
            block.try_reserve_exact(capacity - block.len()).map_err(no_memory)?;
        }
        Ok(block)
    }

    /// Where the file came from.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Number of rows; at least 1.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of columns; at least 1.
    pub fn cols(&self) -> usize {
        self.columns.len()
    }

    /// What the header calls this column, counted from 0.
    pub fn name(&self, column: usize) -> Option<&str> {
        self.columns.get(column)?.name.as_deref()
    }

    /// Whether the first line named the columns.
    pub fn has_names(&self) -> bool {
        self.columns.iter().any(|column| column.name.is_some())
    }

    /// What all columns are called, to be found by it.
    pub(crate) fn names(&self) -> ColumnNames<'_> {
        ColumnNames::new(self.columns.iter().map(|column| column.name.as_deref()))
    }

    /// The column in messages: `rooms`, or `column 3` where it has no name.
    pub(crate) fn title(&self, column: usize) -> String {
        title(self.name(column), column)
    }

    /// What was taken for granted when the file was read, in words.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// How fractions are written, of a text that shows it or is said to.
    pub(crate) fn decimal(&self) -> Option<Decimal> {
        self.decimal
    }

    /// What was taken off the numbers of a column.
    pub(crate) fn sign(&self, column: usize) -> Option<Sign> {
        self.columns[column].sign
    }

    /// Whether `NA` and the like are texts in a column as any others.
    pub(crate) fn na_is_text(&self, column: usize) -> bool {
        matches!(&self.columns[column].cells, Cells::Words { words, .. } if words.na_is_text)
    }

    /// The first number of a column that was written with zeros ahead of it.
    pub(crate) fn padded(&self, column: usize) -> Option<&str> {
        self.padded.of(column)
    }

    /// The same, which came from elsewhere.
    pub(crate) fn with_origin(mut self, origin: String) -> Self {
        self.origin = origin;
        self
    }

    /// Adds to what was taken for granted.
    pub(crate) fn note(&mut self, note: String) {
        self.notes.push(note);
    }

    /// The number in a cell, both counted from 0; `None` where it is missing or a word.
    pub fn number(&self, row: usize, column: usize) -> Option<f64> {
        match self.cell(row, column) {
            Cell::Number(value) => Some(value),
            _ => None,
        }
    }

    /// The word in a cell, both counted from 0; `None` where it is missing or a number.
    pub fn word(&self, row: usize, column: usize) -> Option<&str> {
        match self.cell(row, column) {
            Cell::Word(word) => Some(word),
            _ => None,
        }
    }

    /// The numbers of all rows, a block of rows after the other; of a table whose rows are all in memory.
    pub(crate) fn into_number_blocks(self) -> Vec<Vec<f64>> {
        self.numbers
    }

    pub(crate) fn columns(&self) -> &[Column] {
        &self.columns
    }

    pub(crate) fn cell(&self, row: usize, column: usize) -> Cell<'_> {
        self.cursor(&[column]).at(row).cell(column)
    }
}

/// Refuses more rows than have numbers of 32 bits.
pub(super) fn check_rows(rows: usize) -> Result<()> {
    if rows <= ROWS_MAX {
        return Ok(());
    }
    let expected = format!("at most {ROWS_MAX}");
    Err(Error::Argument { name: "rows of a table", found: rows.to_string(), expected })
}

/// `rooms`, or `column 3`.
pub(crate) fn title(name: Option<&str>, column: usize) -> String {
    match name {
        Some(name) if !name.is_empty() => name.to_owned(),
        _ => format!("column {}", column.saturating_add(1)),
    }
}

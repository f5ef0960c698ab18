//! Goes through the rows of a table, wherever they lie.

use super::columns::{BLOCK, Cell, Cells, Table};
use crate::data::window::Window;

/// Reads one row after the other.
pub(crate) struct Cursor<'a> {
    table: &'a Table,
    /// Of kinds of cells that somebody asks for.
    numbers: Option<Window<f64, 8>>,
    codes: Option<Window<u32, 4>>,
}

/// The cells of a row.
#[derive(Clone, Copy)]
pub(crate) struct Row<'a, 'c> {
    table: &'a Table,
    numbers: &'c [f64],
    codes: &'c [u32],
}

impl Table {
    /// Goes through these columns.
    pub(crate) fn cursor(&self, columns: &[usize]) -> Cursor<'_> {
        let are_words = |&at: &usize| matches!(self.columns[at].cells, Cells::Words { .. });
        let (has_words, has_numbers) = (columns.iter().any(are_words), !columns.iter().all(are_words));
        let numbers = has_numbers.then(|| Window::new(f64::from_le_bytes as fn([u8; 8]) -> f64));
        let codes = has_words.then(|| Window::new(u32::from_le_bytes as fn([u8; 4]) -> u32));
        Cursor { table: self, numbers, codes }
    }
}

impl<'a> Cursor<'a> {
    /// A row, counted from 0; of its cells those of the columns that the cursor is for.
    #[inline]
    pub(crate) fn at(&mut self, row: usize) -> Row<'a, '_> {
        let table = self.table;
        match row.checked_sub(table.stored) {
            Some(at) => {
                let numbers = &table.numbers[at / BLOCK][at % BLOCK * table.number_columns..][..table.number_columns];
                let codes = &table.words[at * table.word_columns..][..table.word_columns];
                Row { table, numbers, codes }
            }
            None => self.stored(row),
        }
    }

    #[cold]
    #[inline(never)]
    fn stored(&mut self, row: usize) -> Row<'a, '_> {
        let table = self.table;
        let Some((numbers, words)) = table.store.as_ref().and_then(|store| store.files.as_ref()) else {
            return Row { table, numbers: &[], codes: &[] };
        };
        let Cursor { numbers: of_numbers, codes: of_words, .. } = self;
        Row {
            table,
            numbers: of_numbers.as_mut().map_or(&[], |window| window.row(numbers, table.stored, row)),
            codes: of_words.as_mut().map_or(&[], |window| window.row(words, table.stored, row)),
        }
    }
}

impl<'a> Row<'a, '_> {
    /// NaN where it is missing.
    #[inline]
    pub(crate) fn value(self, slot: usize) -> f64 {
        self.numbers[slot]
    }

    #[inline]
    pub(crate) fn code(self, slot: usize) -> u32 {
        self.codes[slot]
    }

    /// The cell in this column.
    #[inline]
    pub(crate) fn cell(self, column: usize) -> Cell<'a> {
        match &self.table.columns[column].cells {
            Cells::Numbers { slot } => match self.value(*slot) {
                value if value.is_nan() => Cell::Missing,
                value => Cell::Number(value),
            },
            Cells::Words { slot, words } => match words.word(self.code(*slot)) {
                None => Cell::Missing,
                Some(word) => Cell::Word(word),
            },
        }
    }
}

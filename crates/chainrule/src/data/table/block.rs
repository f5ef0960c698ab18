//! Rows that come by columns, appended to a table.

use super::cell::is_missing;
use super::columns::{Cells, Table};
use super::words::MISSING_WORD;
use crate::{Error, Result};

/// Some cells of a column.
#[derive(Debug)]
pub(crate) enum Block {
    /// NaN where a value is missing.
    Numbers(Vec<f64>),
    /// The numbers of words, by [`Table::code_of`].
    Words(Vec<u32>),
}

impl Block {
    /// The cells at these places; missing ones where there is none.
    pub(crate) fn at(&self, places: impl Iterator<Item = usize>) -> Self {
        match self {
            Block::Numbers(all) => Block::Numbers(places.map(|at| all.get(at).copied().unwrap_or(f64::NAN)).collect()),
            Block::Words(all) => Block::Words(places.map(|at| all.get(at).copied().unwrap_or(MISSING_WORD)).collect()),
        }
    }
}

impl Table {
    /// The number of a word of this column, which holds words; that of none where the word says that nothing is there.
    pub(crate) fn code_of(&mut self, column: usize, word: &str) -> u32 {
        match &mut self.columns[column].cells {
            Cells::Words { words, .. } if !is_missing(word.as_bytes()) => {
                words.code(word.as_bytes()).unwrap_or(MISSING_WORD)
            }
            _ => MISSING_WORD,
        }
    }

    /// Appends rows, one block of cells for each column, of the column's kind.
    pub(crate) fn append(&mut self, rows: usize, blocks: &[Block]) -> Result<()> {
        let no_memory = |_| Error::no_memory("rows of a table", rows);
        self.words.try_reserve(rows * self.word_columns).map_err(no_memory)?;
        for row in 0..rows {
            self.room()?;
            let block = self.block();
            for (column, cells) in self.columns.iter_mut().zip(blocks) {
                let is_missing = match cells {
                    Block::Numbers(numbers) => {
                        self.numbers[block].push(numbers[row]);
                        numbers[row].is_nan()
                    }
                    Block::Words(codes) => {
                        self.words.push(codes[row]);
                        codes[row] == MISSING_WORD
                    }
                };
                column.missing += usize::from(is_missing);
            }
            self.rows += 1;
        }
        Ok(())
    }
}

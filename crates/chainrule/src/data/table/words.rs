//! The words of a column, each kept once.

use std::collections::HashMap;

use super::cell::is_missing;

/// A cell without a word.
pub(crate) const MISSING_WORD: u32 = u32::MAX;

/// Different words that a column may have and still be of use: beyond it lies free text, or names of the rows.
const MOST: usize = 1 << 16;

/// Different words, numbered in the order in which they occur.
#[derive(Debug, Clone, Default)]
pub(crate) struct Words {
    words: Vec<String>,
    codes: HashMap<Box<[u8]>, u32>,
    /// Whether there were more than are kept; the rest have the number of the last.
    pub(crate) are_too_many: bool,
    /// Whether `NA` and the like are words: only an empty cell is missing.
    pub(crate) na_is_text: bool,
    /// Cells in which `NA` or the like stood for a missing value.
    pub(crate) na_cells: usize,
}

impl Words {
    /// None yet. With `na_is_text`, `NA` and the like will be words.
    pub(crate) fn new(na_is_text: bool) -> Self {
        Words { na_is_text, ..Words::default() }
    }

    /// The number of the word in a cell, in UTF-8; [`MISSING_WORD`] where none is there.
    pub(crate) fn cell(&mut self, cell: &[u8]) -> Result<u32, std::str::Utf8Error> {
        let is_empty = cell.is_empty();
        if is_empty || (!self.na_is_text && is_missing(cell)) {
            self.na_cells += usize::from(!is_empty);
            return Ok(MISSING_WORD);
        }
        self.code(cell)
    }

    /// The number of this word, in UTF-8, whatever it is.
    pub(crate) fn code(&mut self, word: &[u8]) -> Result<u32, std::str::Utf8Error> {
        if let Some(&code) = self.codes.get(word) {
            return Ok(code);
        }
        let text = std::str::from_utf8(word)?;
        if self.words.len() >= MOST {
            self.are_too_many = true;
            return Ok(MOST as u32 - 1);
        }
        let code = self.words.len() as u32;
        self.words.push(text.to_owned());
        self.codes.insert(word.into(), code);
        Ok(code)
    }

    /// The number of this word, if it is one of them.
    pub(crate) fn find(&self, word: &str) -> Option<u32> {
        self.codes.get(word.as_bytes()).copied()
    }

    /// The word of this number, if it is one.
    pub(crate) fn word(&self, code: u32) -> Option<&str> {
        self.words.get(code as usize).map(String::as_str)
    }

    /// All of them, in the order of their numbers.
    pub(crate) fn all(&self) -> &[String] {
        &self.words
    }
}

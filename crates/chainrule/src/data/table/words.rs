//! The words of a column, each kept once.

use std::collections::HashMap;

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
}

impl Words {
    /// The number of this word, in UTF-8.
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

//! A hash of what data hold, by which a model's file tells the data that it was trained on from others. It is no protection
//! against somebody who wants two tables to look alike.

use super::table::{Cell, Table};
use super::target_columns::TargetData;

/// Mixes words of 64 bits, as FNV-1a does bytes, with a rotation between.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Content(u64);

impl Content {
    pub(crate) fn new() -> Self {
        Content(0xcbf2_9ce4_8422_2325)
    }

    fn word(&mut self, word: u64) {
        self.0 = (self.0 ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
    }

    pub(crate) fn number(&mut self, value: f64) {
        // 0 and -0 are the same number.
        self.word((value + 0.0).to_bits());
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        let mut words = bytes.chunks_exact(8);
        for word in &mut words {
            let mut eight = [0; 8];
            eight.copy_from_slice(word);
            self.word(u64::from_le_bytes(eight));
        }
        words.remainder().iter().for_each(|&byte| self.word(u64::from(byte)));
        self.word(bytes.len() as u64);
    }

    /// These columns of these rows.
    pub(crate) fn table(&mut self, table: &Table, columns: &[usize], rows: &[usize]) {
        for &row in rows {
            self.row(table, columns, row);
        }
    }

    pub(crate) fn row(&mut self, table: &Table, columns: &[usize], row: usize) {
        for &column in columns {
            match table.cell(row, column) {
                Cell::Missing => self.word(u64::MAX),
                // 0 and -0 are the same number.
                Cell::Number(value) => self.word((value + 0.0).to_bits()),
                Cell::Word(word) => self.bytes(word.as_bytes()),
            }
        }
    }

    pub(crate) fn target(&mut self, target: &TargetData) {
        match target {
            TargetData::Classes { labels, names } => {
                labels.iter().for_each(|&label| self.bytes(names[label as usize].as_bytes()));
            }
            TargetData::Values { values, .. } => values.iter().for_each(|value| self.word((value + 0.0).to_bits())),
        }
    }

    pub(crate) fn finish(self) -> u64 {
        self.0 ^ (self.0 >> 31)
    }
}

//! A hash of what data hold, by which a model's file tells the data that it was trained on from others. It is no protection
//! against somebody who wants two tables to look alike.

use chainrule_kernel::Scalar;

use super::features::Features;
use super::table::{Cell, Row, Table, TableRows};
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
        let rest = self.words(bytes);
        self.rest_of_bytes(rest, bytes.len());
    }

    /// The whole words of these bytes; returns what is left of them.
    fn words<'b>(&mut self, bytes: &'b [u8]) -> &'b [u8] {
        let (words, rest) = bytes.as_chunks();
        words.iter().for_each(|word| self.word(u64::from_le_bytes(*word)));
        rest
    }

    fn rest_of_bytes(&mut self, rest: &[u8], length: usize) {
        rest.iter().for_each(|&byte| self.word(u64::from(byte)));
        self.word(length as u64);
    }

    /// The bytes of all rows, which come some at once; those of features that are held as numbers are none.
    pub(crate) fn images<T: Scalar>(&mut self, features: &Features<T>) {
        let (mut left, mut length) = (Vec::new(), 0);
        features.each_bytes(0..features.rows(), |bytes| {
            length += bytes.len();
            if left.is_empty() {
                left.extend_from_slice(self.words(bytes));
            } else {
                left.extend_from_slice(bytes);
                let rest = self.words(&left).len();
                left.drain(..left.len() - rest);
            }
        });
        self.rest_of_bytes(&left, length);
    }

    /// These columns of these rows.
    pub(crate) fn table(&mut self, table: &Table, columns: &[usize], rows: TableRows<'_>) {
        let mut cursor = table.cursor(columns);
        for row in rows.iter() {
            self.row(cursor.at(row), columns);
        }
    }

    pub(crate) fn row(&mut self, row: Row<'_, '_>, columns: &[usize]) {
        for &column in columns {
            match row.cell(column) {
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
            TargetData::Values(values) => {
                let mut cursor = values.cursor();
                (0..values.rows()).for_each(|row| cursor.at(row).iter().for_each(|value| self.number(*value)));
            }
        }
    }

    pub(crate) fn finish(self) -> u64 {
        self.0 ^ (self.0 >> 31)
    }
}

/// A hash of the group of each row.
pub(crate) fn of_groups(groups: &[u32]) -> String {
    let mut content = Content::new();
    groups.iter().for_each(|&group| content.word(u64::from(group)));
    format!("{:016x}", content.finish())
}

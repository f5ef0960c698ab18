//! Rows that occur more than once, told by hashes of 64 bits. Of many rows only those are looked at whose hashes fall in a
//! share of all hashes: with a row all of its copies.

use crate::data::content::Content;
use crate::data::examples::{Examples, Inputs};
use crate::data::split::Parts;
use crate::data::table::Table;
use crate::data::target_columns::TargetData;

/// Hashes that are compared, about; at most twice as many rows are looked at whole.
const COMPARED: usize = 1 << 21;

/// Rows that occur again.
pub(super) struct Copies {
    /// Rows that occur before.
    pub(super) within: usize,
    /// Rows held out that are trained on too.
    pub(super) across: Option<usize>,
    /// Of how many different rows one was looked at; 1 where all were.
    pub(super) one_in: usize,
}

impl Copies {
    pub(super) fn of(examples: &Examples, parts: Option<&Parts>) -> Self {
        let mut hashes = Hashes::of(examples.rows());
        let is_trained_on = parts.map_or_else(Vec::new, |parts| bits(examples.rows(), &parts.train));
        each_hash(examples, None, |row, hash| hashes.add(hash, is_set(&is_trained_on, row)));
        let mut copies = hashes.copies();
        copies.across = copies.across.filter(|_| parts.is_some());
        copies
    }
}

/// Rows of other examples, with the same columns and targets, that these rows learn from too.
pub(super) fn learned(examples: &Examples, rows: &[usize], test: &Examples) -> Copies {
    let mut hashes = Hashes::of(examples.rows() + test.rows());
    let is_learned = bits(examples.rows(), rows);
    each_hash(examples, None, |row, hash| {
        if is_set(&is_learned, row) {
            hashes.add(hash, true);
        }
    });
    let columns = same_columns(examples, test);
    each_hash(test, columns.as_deref(), |_, hash| hashes.add(hash, false));
    hashes.copies()
}

/// One bit a row, set for the rows given.
fn bits(count: usize, rows: &[usize]) -> Vec<u64> {
    let mut bits = vec![0; count.div_ceil(64)];
    rows.iter().for_each(|&row| bits[row / 64] |= 1 << (row % 64));
    bits
}

fn is_set(bits: &[u64], row: usize) -> bool {
    bits.get(row / 64).is_some_and(|bits| bits >> (row % 64) & 1 == 1)
}

/// The columns of other examples that are called as these are, in their order; `None` where not all are there.
fn same_columns(examples: &Examples, test: &Examples) -> Option<Vec<usize>> {
    let ((table, columns, _), (other, ..)) = (examples.table()?, test.table()?);
    let theirs = other.names();
    columns.iter().map(|&at| theirs.place(table.name(at)?)).collect()
}

/// Rows of a table that occur before, all columns alike.
pub(super) fn within(table: &Table) -> Copies {
    let columns: Vec<usize> = (0..table.cols()).collect();
    let (mut hashes, mut cursor) = (Hashes::of(table.rows()), table.cursor(&columns));
    for row in 0..table.rows() {
        let mut content = Content::new();
        content.row(cursor.at(row), &columns);
        hashes.add(content.finish(), false);
    }
    Copies { across: None, ..hashes.copies() }
}

/// The hashes that are compared.
struct Hashes {
    one_in: usize,
    /// Each with whether its row is trained on.
    all: Vec<(u64, bool)>,
}

impl Hashes {
    /// With room for this count of rows.
    fn of(rows: usize) -> Self {
        Hashes { one_in: rows.div_ceil(2 * COMPARED).next_power_of_two().max(1), all: Vec::new() }
    }

    fn add(&mut self, hash: u64, is_trained_on: bool) {
        // The product's first bits are those of no other hash of the same row.
        let share = hash.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        if share.is_multiple_of(self.one_in as u64) {
            self.all.push((hash, is_trained_on));
        }
    }

    fn copies(mut self) -> Copies {
        self.all.sort_unstable();
        let alike = || self.all.chunk_by(|a, b| a.0 == b.0);
        let within = self.all.len() - alike().count();
        let held_out = |alike: &[(u64, bool)]| alike.iter().filter(|(_, is_trained_on)| !is_trained_on).count();
        let across =
            alike().map(held_out).zip(alike()).filter(|(out, all)| *out < all.len()).map(|(out, _)| out).sum::<usize>();
        let one_in = self.one_in;
        Copies { within: within * one_in, across: Some(across * one_in), one_in }
    }
}

/// Shows the hash of each row, by these columns of a table or by those of its features, and its target.
fn each_hash(examples: &Examples, by: Option<&[usize]>, mut see: impl FnMut(usize, u64)) {
    let mut targets = match examples.target_data() {
        TargetData::Classes { .. } => None,
        TargetData::Values(values) => Some(values.cursor()),
    };
    let mut finish = |mut content: Content, row: usize| {
        match examples.target_data() {
            TargetData::Classes { labels, .. } => content.number(f64::from(labels[row])),
            TargetData::Values(_) => {
                targets.iter_mut().for_each(|targets| targets.at(row).iter().for_each(|t| content.number(*t)));
            }
        }
        see(row, content.finish());
    };
    match &examples.x {
        Inputs::Table { table, columns, rows } => {
            let columns = by.unwrap_or(columns);
            let mut cursor = table.cursor(columns);
            for (place, row) in rows.rows().iter().enumerate() {
                let mut content = Content::new();
                content.row(cursor.at(row), columns);
                finish(content, place);
            }
        }
        Inputs::Bytes(bytes) => {
            let (features, mut row) = (&bytes.features, 0);
            let mut of_bytes = |bytes: &[u8]| {
                let mut content = Content::new();
                content.bytes(bytes);
                finish(content, row);
                row += 1;
            };
            features
                .each_bytes(0..features.rows(), |bytes| bytes.chunks_exact(features.cols()).for_each(&mut of_bytes));
            // Those that are no bytes.
            for row in row..features.rows() {
                let mut content = Content::new();
                features.row(row).iter().for_each(|cell| content.number(*cell));
                finish(content, row);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_rows_a_share_is_looked_at_and_with_each_all_its_copies() {
        // 2^23 rows, each a quarter of the time a copy of one before, which is held out.
        let rows = 1 << 23;
        let mut hashes = Hashes::of(rows);
        assert_eq!(hashes.one_in, 2);
        for row in 0..rows as u64 {
            let of = if row % 4 == 3 { row - 3 } else { row };
            let mut content = Content::new();
            content.number(of as f64);
            hashes.add(content.finish(), row % 4 != 3);
        }
        let Copies { within, across, .. } = hashes.copies();
        let expected = rows as f64 / 4.0;
        assert!((within as f64 / expected - 1.0).abs() < 0.01, "{within}");
        assert_eq!(across, Some(within));
    }

    #[test]
    fn of_few_rows_all_are_looked_at() {
        let mut hashes = Hashes::of(5);
        let all = [(1, true), (2, false), (1, false), (2, false), (3, true)];
        all.into_iter().for_each(|(hash, is)| hashes.add(hash, is));
        let Copies { within, across, one_in } = hashes.copies();
        assert_eq!((within, across, one_in), (2, Some(1), 1));
    }
}

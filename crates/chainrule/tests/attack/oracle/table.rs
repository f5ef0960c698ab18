//! Tables of text, and of files of arrays and columns: what is read is finite, and the same when it is read in other pieces or
//! written as NPY and read again.

use super::{ORIGIN, folder, same_bits, written};
use chainrule::data::{Table, TextFormat, write_npy};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Read, Write};

/// Text with words, in the dialect that its first lines have: the same in whatever pieces it comes.
pub(crate) fn text(bytes: &[u8]) -> bool {
    let whole = Table::parse(ORIGIN, bytes, &TextFormat::default()).map(|table| digest(&table));
    let pieces = Table::parse(ORIGIN, Pieces(bytes), &TextFormat::default()).map(|table| digest(&table));
    let is_accepted = whole.is_ok();
    let [whole, pieces] = [whole, pieces].map(|read| read.map_err(|error| error.to_string()));
    assert_eq!(whole, pieces, "read in pieces, the table differs");
    is_accepted
}

/// An NPZ archive, of one array or with one that is called `a`.
pub(crate) fn npz(bytes: &[u8]) -> bool {
    in_file(".npz", bytes, &["", ":a"])
}

/// A safetensors file, of one tensor or with one that is called `a`.
pub(crate) fn tensors(bytes: &[u8]) -> bool {
    in_file(".safetensors", bytes, &["", ":a"])
}

/// A Parquet file.
#[cfg(feature = "parquet")]
pub(crate) fn parquet(bytes: &[u8]) -> bool {
    in_file(".parquet", bytes, &[""])
}

/// An Arrow file.
#[cfg(feature = "parquet")]
pub(crate) fn arrow(bytes: &[u8]) -> bool {
    in_file("", bytes, &[""])
}

fn in_file(ending: &str, bytes: &[u8], keys: &[&str]) -> bool {
    let mut file = tempfile::Builder::new().suffix(ending).tempfile_in(folder()).expect("a temporary file");
    file.write_all(bytes).expect("a temporary file takes the bytes");
    let mut is_accepted = false;
    for key in keys {
        let path = format!("{}{key}", file.path().display());
        let Ok(table) = Table::read(path, &TextFormat::default()) else { continue };
        is_accepted = true;
        let numbers: Vec<usize> =
            (0..table.cols()).filter(|&at| (0..table.rows()).all(|row| table.word(row, at).is_none())).collect();
        let data: Vec<f64> = (0..table.rows())
            .flat_map(|row| numbers.iter().map(move |&at| (row, at)))
            .map(|(row, at)| table.number(row, at).unwrap_or(f64::NAN))
            .collect();
        assert!(!data.iter().any(|value| value.is_infinite()), "an infinite number");
        if numbers.is_empty() {
            continue;
        }
        let npy = written(|path| write_npy(path, table.rows(), numbers.len(), &data));
        let mut copy = tempfile::Builder::new().suffix(".npy").tempfile_in(folder()).expect("a temporary file");
        copy.write_all(&npy).expect("a temporary file takes the bytes");
        let again = Table::read(copy.path(), &TextFormat::default()).expect("what was written is read");
        let back: Vec<f64> = (0..again.rows())
            .flat_map(|row| (0..again.cols()).map(move |at| (row, at)))
            .map(|(row, at)| again.number(row, at).unwrap_or(f64::NAN))
            .collect();
        assert!(same_bits(&data, &back), "read again, the numbers differ");
    }
    is_accepted
}

/// A table's size and a hash of its names and cells: two tables of a million columns would be too much at once.
fn digest(table: &Table) -> (usize, usize, u64) {
    let mut hasher = DefaultHasher::new();
    for column in 0..table.cols() {
        table.name(column).hash(&mut hasher);
        for row in 0..table.rows() {
            let number = table.number(row, column);
            assert!(number.is_none_or(f64::is_finite), "a number that is not finite");
            number.map(f64::to_bits).hash(&mut hasher);
            table.word(row, column).hash(&mut hasher);
        }
    }
    (table.rows(), table.cols(), hasher.finish())
}

/// Gives a thousand bytes at a time.
struct Pieces<'a>(&'a [u8]);

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.0.len().min(buffer.len()).min(997);
        buffer[..count].copy_from_slice(&self.0[..count]);
        self.0 = &self.0[count..];
        Ok(count)
    }
}

//! A table of finite numbers: what a network is shown. It carries no targets; [`Dataset`](crate::data::Dataset)
//! adds them.
//!
//! Images stay bytes until a minibatch wants their rows: fetching a row from memory takes longer than making numbers of it.

use std::borrow::Cow;
use std::ops::Range;

use crate::data::Preprocess;
use crate::data::memory::Memory;
use crate::data::stored::{StoredRows, decode};
use crate::forked;
use crate::{Error, Place, Result};
use chainrule_kernel::{ByteLut, Kernel, Scalar, prefetch};
use rayon::prelude::*;

/// A table of this many bytes is in the caches without being asked for.
const SMALL_TABLE: usize = 256 << 10;
/// So much of the next minibatch is asked for while this one is learned from, at most: a part of the second-level cache.
/// Steps of 784-16-16-10 on shuffled rows of MNIST as bytes, 32 at a time, take 0.93 of the time for it (Zen 5), of
/// 784-64-10, 64 at a time, 0.98. Asked for row by row while others are copied they take as long, to the second level
/// alone too.
const MOST_AHEAD: usize = 256 << 10;
/// Rows asked for before they are copied, in the order that a minibatch has. 32 rows of MNIST at random, from memory: as
/// bytes 7.7 us without, 4.0 with one ahead, 3.2 with 2, 3.0 with 3 or 4, 4.0 with 8; as f32 10.6 without, 7.7 with 4.
const AHEAD: usize = 4;
/// Rows that a thread reads from a scratch file before another one is called in.
const STORED_TOGETHER: usize = 32;

/// A table of finite numbers, row-major, with at least one row and one column.
///
/// ```
/// use chainrule::data::Features;
///
/// let features = Features::new(2, 3, vec![0.0, 1.0, 2.0, 3.0, 4.0, 5.0])?;
/// assert_eq!((features.rows(), features.cols(), &*features.row(1)), (2, 3, &[3.0, 4.0, 5.0][..]));
/// let pixels = Features::<f32>::from_bytes(1, 2, vec![0, 255])?; // kept as bytes, a quarter of the memory
/// assert_eq!(*pixels.data(), [0.0, 255.0]);
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Features<T> {
    pub(super) rows: usize,
    pub(super) cols: usize,
    pub(super) cells: Cells<T>, // (rows, cols)
    /// What was done to the numbers since they came from their source.
    pub(super) preprocessing: Preprocess,
}

#[derive(Debug, Clone)]
pub(super) enum Cells<T> {
    Numbers(Vec<T>),
    Bytes(Vec<u8>, Box<ByteLut<T>>),
    /// The same where memory does not hold them.
    StoredNumbers(StoredRows),
    StoredBytes(StoredRows, Box<ByteLut<T>>),
}

/// The same numbers, however they are held.
impl<T: Scalar> PartialEq for Features<T> {
    fn eq(&self, other: &Self) -> bool {
        (self.rows, self.cols) == (other.rows, other.cols) && (0..self.rows).all(|row| self.row(row) == other.row(row))
    }
}

impl<T: Scalar> Features<T> {
    /// A table from its numbers, `(rows, cols)`, row-major.
    ///
    /// # Errors
    /// When `data` does not hold `rows * cols` numbers, when there are none, or when one is NaN or infinite.
    pub fn new(rows: usize, cols: usize, data: Vec<T>) -> Result<Self> {
        Self::from_origin("features", rows, cols, data)
    }

    /// A table of bytes, `(rows, cols)`, row-major: each stands for the number it is, 0 to 255, and takes one byte of
    /// memory. Scaling keeps them bytes; standardising makes numbers of them.
    ///
    /// # Errors
    /// When `bytes` does not hold `rows * cols`, or there are none.
    pub fn from_bytes(rows: usize, cols: usize, bytes: Vec<u8>) -> Result<Self> {
        Self::bytes_from_origin("features", rows, cols, bytes)
    }

    /// As [`Features::new`]; errors name `origin`.
    pub(crate) fn from_origin(origin: &str, rows: usize, cols: usize, data: Vec<T>) -> Result<Self> {
        check_count(origin, rows, cols, data.len())?;
        check_finite(origin, cols, &data)?;
        Ok(Features { rows, cols, cells: Cells::Numbers(data), preprocessing: Preprocess::None })
    }

    /// As [`Features::from_bytes`]; errors name `origin`.
    pub(crate) fn bytes_from_origin(origin: &str, rows: usize, cols: usize, bytes: Vec<u8>) -> Result<Self> {
        check_count(origin, rows, cols, bytes.len())?;
        let cells = Cells::Bytes(bytes, Box::new(ByteLut::scaled(1.0)));
        Ok(Features { rows, cols, cells, preprocessing: Preprocess::None })
    }

    /// Numbers that lie row by row in a scratch file of this shape; errors name `origin`.
    pub(crate) fn of_stored(origin: &str, [rows, cols, count]: [usize; 3], cells: StoredRows) -> Result<Self> {
        check_count(origin, rows, cols, count)?;
        Ok(Features { rows, cols, cells: Cells::StoredNumbers(cells), preprocessing: Preprocess::None })
    }

    /// The same of bytes that each stand for the number that it is.
    pub(crate) fn of_stored_bytes(origin: &str, [rows, cols, count]: [usize; 3], cells: StoredRows) -> Result<Self> {
        check_count(origin, rows, cols, count)?;
        let cells = Cells::StoredBytes(cells, Box::new(ByteLut::scaled(1.0)));
        Ok(Features { rows, cols, cells, preprocessing: Preprocess::None })
    }

    /// That all rows that were asked for could be read, where they lie in a scratch file.
    pub(crate) fn check_read(&self) -> Result<()> {
        match &self.cells {
            Cells::Numbers(_) | Cells::Bytes(..) => Ok(()),
            Cells::StoredNumbers(rows) | Cells::StoredBytes(rows, _) => rows.check_read(),
        }
    }

    /// The bound of memory that they are kept to, where they lie in a scratch file.
    pub(crate) fn memory(&self) -> Option<&Memory> {
        match &self.cells {
            Cells::Numbers(_) | Cells::Bytes(..) => None,
            Cells::StoredNumbers(rows) | Cells::StoredBytes(rows, _) => Some(rows.memory()),
        }
    }

    /// How many rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// How many columns.
    pub fn cols(&self) -> usize {
        self.cols
    }

    /// What was done to the numbers since they came from their source: by [`Preprocess::apply`], which is remembered. It
    /// is what lets a model tell rows that it has to preprocess from rows that are ready.
    pub fn preprocessing(&self) -> &Preprocess {
        &self.preprocessing
    }

    /// The same, to which this was done elsewhere: a model that does it takes them as they are.
    ///
    /// ```
    /// use chainrule::data::{Features, Preprocess};
    ///
    /// let halves = Features::new(1, 2, vec![0.5, 1.0])?.with_preprocessing(Preprocess::Scale { factor: 0.5 });
    /// assert!(Preprocess::Scale { factor: 0.5 }.apply(&mut halves.clone()).is_err()); // not twice
    /// # Ok::<(), chainrule::Error>(())
    /// ```
    #[must_use]
    pub fn with_preprocessing(self, done: Preprocess) -> Self {
        Features { preprocessing: done, ..self }
    }

    /// Remembers what was done to the numbers.
    pub(crate) fn set_preprocessing(&mut self, done: Preprocess) {
        self.preprocessing = done;
    }

    /// All numbers, `(rows, cols)`, row-major; made for the occasion when they are held as bytes or in a scratch file.
    pub fn data(&self) -> Cow<'_, [T]> {
        self.numbers(0, self.rows)
    }

    /// The row with this index, `(cols)`.
    ///
    /// # Panics
    /// When `index` is not below [`rows`](Self::rows).
    pub fn row(&self, index: usize) -> Cow<'_, [T]> {
        assert!(index < self.rows, "row {index} of {}", self.rows);
        self.numbers(index, 1)
    }

    fn numbers(&self, first: usize, rows: usize) -> Cow<'_, [T]> {
        let cells = first * self.cols..(first + rows) * self.cols;
        match &self.cells {
            Cells::Numbers(data) => Cow::Borrowed(&data[cells]),
            Cells::Bytes(bytes, map) => bytes[cells].iter().map(|&byte| map.value(byte)).collect(),
            Cells::StoredNumbers(_) | Cells::StoredBytes(..) => {
                let mut numbers = vec![T::ZERO; cells.len()];
                self.copy_stored(first..first + rows, &mut numbers);
                Cow::Owned(numbers)
            }
        }
    }

    /// Copies rows that lie in a scratch file.
    fn copy_stored(
        &self,
        rows: impl ExactSizeIterator<Item = usize>,
        to: &mut [T], // (rows, cols)
    ) {
        match &self.cells {
            Cells::Numbers(_) | Cells::Bytes(..) => {}
            Cells::StoredNumbers(stored) => stored.copy(rows, to, decode),
            Cells::StoredBytes(stored, map) => stored.copy(rows, to, |bytes, to| dequantize(map, bytes, to)),
        }
    }

    /// Copies the rows with these indices to `to`, `(rows, cols)`; nothing is allocated.
    ///
    /// # Panics
    /// When an index is not below [`rows`](Self::rows), or `to` is not as long as the rows.
    pub(crate) fn copy_rows(&self, rows: &[usize], to: &mut [T]) {
        if let Cells::StoredNumbers(_) | Cells::StoredBytes(..) = self.cells {
            assert!(rows.iter().all(|row| *row < self.rows), "rows of {}", self.rows);
            if rows.len() <= STORED_TOGETHER || forked::check().is_err() {
                return self.copy_stored(rows.iter().copied(), to);
            }
            // Waiting for the operating system is shared.
            let parts = to.par_chunks_mut(STORED_TOGETHER * self.cols).zip(rows.par_chunks(STORED_TOGETHER));
            return parts.for_each(|(to, rows)| self.copy_stored(rows.iter().copied(), to));
        }
        for (i, place) in to.chunks_exact_mut(self.cols).enumerate() {
            if let Some(&soon) = rows.get(i + AHEAD) {
                self.prefetch_row(soon);
            }
            self.copy_row(rows[i], place);
        }
    }

    /// Copies the row with this index to `to`, `(cols)`; nothing is allocated.
    ///
    /// # Panics
    /// When `index` is not below [`rows`](Self::rows), or `to` is not as long as a row.
    pub fn copy_row(&self, index: usize, to: &mut [T]) {
        assert!(index < self.rows, "row {index} of {}", self.rows);
        let row = index * self.cols..(index + 1) * self.cols;
        match &self.cells {
            Cells::Numbers(data) => to.copy_from_slice(&data[row]),
            Cells::Bytes(bytes, map) => dequantize(map, &bytes[row], to),
            Cells::StoredNumbers(_) | Cells::StoredBytes(..) => self.copy_stored(index..index + 1, to),
        }
    }

    /// Asks for the row with this index to be brought to the caches, soon to be copied.
    ///
    /// # Panics
    /// When `index` is not below [`rows`](Self::rows).
    pub(crate) fn prefetch_row(&self, index: usize) {
        let row = index * self.cols..(index + 1) * self.cols;
        match &self.cells {
            Cells::Numbers(data) => prefetch(&data[row]),
            Cells::Bytes(bytes, _) => prefetch(&bytes[row]),
            Cells::StoredNumbers(_) | Cells::StoredBytes(..) => {}
        }
    }

    /// Asks for these rows, or for as many of the first as make sense, to be brought to the caches, to be copied after a
    /// step. Those that do not exist are passed over.
    pub(crate) fn prefetch(&self, rows: &[usize]) {
        let cell = match &self.cells {
            Cells::Numbers(_) => size_of::<T>(),
            Cells::Bytes(..) => 1,
            Cells::StoredNumbers(_) | Cells::StoredBytes(..) => return,
        };
        let row_bytes = self.cols * cell;
        if self.rows * row_bytes <= SMALL_TABLE {
            return;
        }
        rows.iter()
            .take(MOST_AHEAD / row_bytes)
            .filter(|row| **row < self.rows)
            .for_each(|row| self.prefetch_row(*row));
    }

    /// The rows with these indices, in their order, as a table of its own.
    ///
    /// # Errors
    /// When there are none, one is not below [`rows`](Self::rows), or memory does not hold them.
    pub fn select(&self, rows: &[usize]) -> Result<Self> {
        check_rows(rows, self.rows)?;
        let cells = match &self.cells {
            Cells::Numbers(data) => Cells::Numbers(select(rows, self.cols, data)?),
            Cells::Bytes(bytes, map) => Cells::Bytes(select(rows, self.cols, bytes)?, map.clone()),
            Cells::StoredNumbers(stored) => Cells::StoredNumbers(stored.select(rows)),
            Cells::StoredBytes(stored, map) => Cells::StoredBytes(stored.select(rows), map.clone()),
        };
        Ok(Features { rows: rows.len(), cols: self.cols, cells, preprocessing: self.preprocessing.clone() })
    }

    /// Shows the bytes of these rows, where they are held as bytes: some rows at once, in their order.
    pub(crate) fn each_bytes(&self, rows: Range<usize>, mut see: impl FnMut(&[u8])) {
        match &self.cells {
            Cells::Numbers(_) | Cells::StoredNumbers(_) => {}
            Cells::Bytes(bytes, _) => see(&bytes[rows.start * self.cols..rows.end * self.cols]),
            Cells::StoredBytes(stored, _) => {
                let at_once = (1_usize << 16).div_ceil(self.cols);
                let mut bytes = vec![0_u8; at_once.min(rows.len()) * self.cols];
                for first in rows.clone().step_by(at_once) {
                    let some = first..rows.end.min(first + at_once);
                    let bytes = &mut bytes[..some.len() * self.cols];
                    stored.copy(some, bytes, |from, to| to.copy_from_slice(from));
                    see(bytes);
                }
            }
        }
    }
}

/// The numbers that bytes stand for.
fn dequantize<T: Scalar>(map: &ByteLut<T>, bytes: &[u8], to: &mut [T]) {
    // All kernels write the same bits; where the process names one that does not exist, that is not found out here.
    match Kernel::selected() {
        Ok(kernel) => kernel.dequantize(map, bytes, to),
        Err(_) => to.iter_mut().zip(bytes).for_each(|(to, &byte)| *to = map.value(byte)),
    }
}

/// The rows of a table with these indices, which have been checked.
pub(crate) fn select<C: Copy>(rows: &[usize], cols: usize, cells: &[C]) -> Result<Vec<C>> {
    let mut selected = Vec::new();
    let reserved = rows.len().checked_mul(cols).map(|count| selected.try_reserve_exact(count));
    if !matches!(reserved, Some(Ok(()))) {
        return Err(Error::no_memory("rows to select", rows.len()));
    }
    rows.iter().for_each(|row| selected.extend_from_slice(&cells[row * cols..][..cols]));
    Ok(selected)
}

fn check_count(origin: &str, rows: usize, cols: usize, found: usize) -> Result<()> {
    for (what, count) in [("rows", rows), ("columns", cols)] {
        if count == 0 {
            return Err(Error::Empty { origin: origin.to_string(), what });
        }
    }
    if rows.checked_mul(cols) != Some(found) {
        return Err(Error::Shape {
            origin: origin.to_string(),
            found: format!("{found} numbers"),
            expected: format!("{rows} rows of {cols} columns"),
        });
    }
    Ok(())
}

/// Refuses NaN and infinity in a row-major table of `cols` columns.
pub(crate) fn check_finite<T: Scalar>(origin: &str, cols: usize, data: &[T]) -> Result<()> {
    match data.iter().position(|value| !value.is_finite()) {
        None => Ok(()),
        Some(index) => Err(Error::NotFinite {
            origin: origin.to_string(),
            place: Place::cell(index, cols),
            value: data[index].to_f64(),
        }),
    }
}

/// Refuses a selection of nothing or of rows that do not exist.
pub(crate) fn check_rows(selected: &[usize], rows: usize) -> Result<()> {
    if selected.is_empty() {
        return Err(Error::Empty { origin: "the selection".to_string(), what: "rows" });
    }
    match selected.iter().find(|row| **row >= rows) {
        None => Ok(()),
        Some(row) => Err(Error::Argument {
            name: "row index",
            found: row.to_string(),
            expected: format!("an index below {rows}, the number of rows"),
        }),
    }
}

#[cfg(test)]
mod tests;

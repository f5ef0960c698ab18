//! A table of finite numbers: what a network is shown. It carries no targets; [`Dataset`](crate::data::Dataset)
//! adds them.
//!
//! Images stay bytes until a minibatch wants their rows: fetching a row from memory takes longer than making numbers of it.

use std::borrow::Cow;

use crate::data::Preprocess;
use crate::{Error, Place, Result};
use chainrule_kernel::{ByteLut, Kernel, Scalar, prefetch};

/// A table of this many bytes is in the caches without being asked for.
const SMALL_TABLE: usize = 256 << 10;
/// So much of the next minibatch is asked for while this one is learned from, at most: a part of the second-level cache.
/// Steps of 784-16-16-10 on shuffled rows of MNIST as bytes, 32 at a time, take 0.93 of the time for it (Zen 5), of
/// 784-64-10, 64 at a time, 0.98. Asked for row by row while others are copied they take as long, to the second level
/// alone too.
const MOST_AHEAD: usize = 256 << 10;

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
    rows: usize,
    cols: usize,
    cells: Cells<T>, // (rows, cols)
    /// What was done to the numbers since they came from their source.
    preprocessing: Preprocess,
}

#[derive(Debug, Clone)]
enum Cells<T> {
    Numbers(Vec<T>),
    Bytes(Vec<u8>, Box<ByteLut<T>>),
}

/// The same numbers, however they are held.
impl<T: PartialEq> PartialEq for Features<T> {
    fn eq(&self, other: &Self) -> bool {
        (self.rows, self.cols) == (other.rows, other.cols) && self.cells.numbers().eq(other.cells.numbers())
    }
}

impl<T> Cells<T> {
    fn numbers(&self) -> Box<dyn Iterator<Item = &T> + '_> {
        match self {
            Cells::Numbers(data) => Box::new(data.iter()),
            Cells::Bytes(bytes, map) => Box::new(bytes.iter().map(|&byte| &map.values()[usize::from(byte)])),
        }
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

    /// Remembers what was done to the numbers.
    pub(crate) fn set_preprocessing(&mut self, done: Preprocess) {
        self.preprocessing = done;
    }

    /// All numbers, `(rows, cols)`, row-major; made for the occasion when they are held as bytes.
    pub fn data(&self) -> Cow<'_, [T]> {
        self.numbers(0, self.rows * self.cols)
    }

    /// The row with this index, `(cols)`.
    ///
    /// # Panics
    /// When `index` is not below [`rows`](Self::rows).
    pub fn row(&self, index: usize) -> Cow<'_, [T]> {
        assert!(index < self.rows, "row {index} of {}", self.rows);
        self.numbers(index * self.cols, self.cols)
    }

    fn numbers(&self, start: usize, count: usize) -> Cow<'_, [T]> {
        match &self.cells {
            Cells::Numbers(data) => Cow::Borrowed(&data[start..start + count]),
            Cells::Bytes(bytes, map) => bytes[start..start + count].iter().map(|&byte| map.value(byte)).collect(),
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
            // All kernels write the same bits; where the process names one that does not exist, that is not found out here.
            Cells::Bytes(bytes, map) => match Kernel::selected() {
                Ok(kernel) => kernel.dequantize(map, &bytes[row], to),
                Err(_) => to.copy_from_slice(&self.row(index)),
            },
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
        }
    }

    /// Asks for these rows, or for as many of the first as make sense, to be brought to the caches, to be copied after a
    /// step. Those that do not exist are passed over.
    pub(crate) fn prefetch(&self, rows: &[usize]) {
        let cell = match &self.cells {
            Cells::Numbers(_) => size_of::<T>(),
            Cells::Bytes(..) => 1,
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
        };
        Ok(Features { rows: rows.len(), cols: self.cols, cells, preprocessing: self.preprocessing.clone() })
    }

    /// The bytes of a table that is held as bytes; of others nothing.
    pub(crate) fn cells_as_bytes(&self) -> &[u8] {
        match &self.cells {
            Cells::Numbers(_) => &[],
            Cells::Bytes(bytes, _) => bytes,
        }
    }

    /// The same numbers in another type; bytes that have not been preprocessed stay bytes.
    pub(crate) fn into_type<U: Scalar>(self) -> Result<Features<U>> {
        let (rows, cols) = (self.rows, self.cols);
        match self.cells {
            Cells::Bytes(bytes, _) if self.preprocessing == Preprocess::None => {
                Features::bytes_from_origin("features", rows, cols, bytes)
            }
            Cells::Bytes(..) => {
                let data = self.data().iter().map(|x| U::from_f64(x.to_f64())).collect();
                Features::from_origin("features", rows, cols, data)
            }
            Cells::Numbers(data) => {
                let data = data.into_iter().map(|x| U::from_f64(x.to_f64())).collect();
                Features::from_origin("features", rows, cols, data)
            }
        }
    }

    /// Multiplies every number, in f64. All of them, or on an error none.
    pub(crate) fn scale(&mut self, factor: f64) -> Result<()> {
        let Cells::Bytes(bytes, map) = &mut self.cells else {
            return self.map(|_, x| x * factor);
        };
        let is_untouched = **map == ByteLut::scaled(1.0);
        let scaled = match is_untouched {
            true => ByteLut::scaled(factor),
            false => map.mapped(|x| T::from_f64(x.to_f64() * factor)),
        };
        check_results(self.cols, bytes.iter().map(|&byte| scaled.value(byte)))?;
        **map = scaled;
        Ok(())
    }

    /// Replaces every number by what `map` makes of its column and itself. All of it, or on an error none of it.
    pub(crate) fn map(&mut self, map: impl Fn(usize, f64) -> f64) -> Result<()> {
        let cols = self.cols;
        let mapped = |index: usize, value: T| T::from_f64(map(index % cols, value.to_f64()));
        check_results(cols, self.data().iter().enumerate().map(|(index, &value)| mapped(index, value)))?;
        if let Cells::Bytes(..) = self.cells {
            self.cells = Cells::Numbers(self.data().into_owned());
        }
        if let Cells::Numbers(data) = &mut self.cells {
            data.iter_mut().enumerate().for_each(|(index, value)| *value = mapped(index, *value));
        }
        Ok(())
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

fn check_results<T: Scalar>(cols: usize, mut results: impl Iterator<Item = T>) -> Result<()> {
    let mut bad = None;
    let index = results.position(|result| {
        bad = Some(result);
        !result.is_finite()
    });
    match (index, bad) {
        (Some(index), Some(result)) => Err(Error::NotFinite {
            origin: "preprocessed features".to_string(),
            place: Place::cell(index, cols),
            value: result.to_f64(),
        }),
        _ => Ok(()),
    }
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
mod tests {
    use super::*;

    #[test]
    fn a_number_that_is_not_finite_is_named_by_row_and_column() {
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            for index in 0..6 {
                let mut data = vec![1.0; 6];
                data[index] = bad;
                let message = Features::new(2, 3, data).unwrap_err().to_string();
                let place = format!("features, row {}, column {}: found {bad}", index / 3 + 1, index % 3 + 1);
                assert!(message.starts_with(&place), "{message}");
            }
        }
    }

    #[test]
    fn a_table_needs_rows_columns_and_as_many_numbers_as_it_claims() {
        let message = |rows, cols, n| Features::new(rows, cols, vec![0.5; n]).unwrap_err().to_string();
        assert!(message(0, 3, 0).contains("no rows"));
        assert!(message(3, 0, 0).contains("no columns"));
        assert!(message(2, 3, 5).contains("found 5 numbers, expected 2 rows of 3 columns"));
        assert!(message(2, 3, 7).contains("found 7 numbers"));
        // rows * cols wraps to 0.
        assert!(message(1 << 32, 1 << 32, 0).contains("found 0 numbers"));
    }

    #[test]
    fn a_selection_repeats_and_reorders_rows_and_refuses_what_is_not_there() {
        let table = Features::new(3, 2, vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]).unwrap();
        let chosen = table.select(&[2, 0, 2]).unwrap();
        assert_eq!((chosen.rows(), &*chosen.data()), (3, &[5.0, 6.0, 1.0, 2.0, 5.0, 6.0][..]));
        assert!(table.select(&[0, 3]).unwrap_err().to_string().contains("found 3"));
        assert!(table.select(&[]).is_err());
    }

    #[test]
    fn a_map_that_overflows_changes_nothing() {
        let mut table = Features::new(2, 1, vec![1.0f32, 3e38]).unwrap();
        let error = table.map(|_, x| x * 10.0).unwrap_err();
        assert!(error.to_string().contains("row 2, column 1"), "{error}");
        assert_eq!(*table.data(), [1.0, 3e38]);
        let mut bytes = Features::<f32>::from_bytes(2, 1, vec![1, 200]).unwrap();
        let error = bytes.scale(1e37).unwrap_err();
        assert!(error.to_string().contains("row 2, column 1"), "{error}");
        assert_eq!(*bytes.data(), [1.0, 200.0]);
    }

    #[test]
    fn bytes_have_the_bits_of_the_same_numbers_whatever_is_done_to_them() {
        let bytes: Vec<u8> = (0..=255).collect();
        let numbers = bytes.iter().map(|&byte| f32::from(byte)).collect();
        let mut bytes = Features::<f32>::from_bytes(16, 16, bytes).unwrap();
        let mut numbers = Features::new(16, 16, numbers).unwrap();
        for step in 0..3 {
            assert_eq!(bytes, numbers);
            let (mut row, mut same) = ([0.0; 16], [0.0; 16]);
            bytes.copy_row(11, &mut row);
            numbers.copy_row(11, &mut same);
            assert_eq!((row, &row[..]), (same, &*bytes.row(11)));
            assert_eq!(bytes.select(&[3, 3, 1]).unwrap(), numbers.select(&[3, 3, 1]).unwrap());
            match step {
                0 | 1 => [&mut bytes, &mut numbers].map(|table| table.scale(1.0 / 255.0).unwrap()),
                _ => [&mut bytes, &mut numbers].map(|table| table.map(|column, x| x - column as f64).unwrap()),
            };
        }
        assert_eq!(bytes, numbers);
        assert!(Features::<f32>::from_bytes(2, 2, vec![0; 3]).unwrap_err().to_string().contains("found 3 numbers"));
    }
}

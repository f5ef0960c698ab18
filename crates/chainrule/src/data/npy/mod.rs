//! NumPy's format: numbers of any width and either byte order, in C or Fortran order, versions 1 to 3. Neither
//! objects (they are pickles, which run code), nor structures, nor strings, nor complex numbers. Beside single arrays, those of
//! NPZ archives and the tensors of safetensors files.

mod array;
mod bounded;
mod header;
mod npz;
mod tensors;

use crate::atomic::write_atomically;
use crate::data::contents::{BYTE, Bytes, Contents, Inflated};
use crate::data::input::{Input, open};
use crate::data::memory::{Memory, Within};
use crate::data::numbers::{labels, values};
use crate::data::{Features, Limits, Table, Targets};
use crate::{Error, Place, Result};
use array::Array;
use bounded::{Rows, Taken};
use chainrule_kernel::Scalar;
pub(crate) use header::header_of;
pub(crate) use npz::{npz_numbers, npz_text, zip_names};
use std::io::{self, BufReader, Read, Write};
use std::path::Path;

/// Parses features: an array of two dimensions or more, a row for each index of the first. Errors name `origin`.
///
/// # Errors
/// [`Error::Format`] for what is not a whole NPY file of numbers or has another shape, [`Error::NotFinite`],
/// [`Error::Empty`].
pub fn parse_npy_features<T: Scalar>(origin: &str, bytes: &[u8]) -> Result<Features<T>> {
    features_of(Array::read(origin, bytes, Some(bytes.len() as u64), Limits::default())?, origin)
}

/// Parses targets. One dimension holds labels, which must be whole whatever their type, and so does a single column
/// of integers; a single column of floats holds values, as do several columns. Errors name `origin`.
///
/// `classes` is the number of classes when it is known; else the largest label tells.
///
/// # Errors
/// Those of [`parse_npy_features`], and [`Error::Label`].
pub fn parse_npy_targets<T: Scalar>(origin: &str, bytes: &[u8], classes: Option<usize>) -> Result<Targets<T>> {
    targets_of(Array::read(origin, bytes, Some(bytes.len() as u64), Limits::default())?, origin, classes)
}

/// Reads features from a file, as [`parse_npy_features`].
///
/// # Errors
/// Those of [`parse_npy_features`], and [`Error::Io`] when reading fails.
pub fn read_npy_features<T: Scalar>(path: impl AsRef<Path>) -> Result<Features<T>> {
    features_from(open(path.as_ref(), Limits::default())?)
}

/// Reads targets from a file, as [`parse_npy_targets`].
///
/// # Errors
/// Those of [`parse_npy_targets`], and [`Error::Io`] when reading fails.
pub fn read_npy_targets<T: Scalar>(path: impl AsRef<Path>, classes: Option<usize>) -> Result<Targets<T>> {
    targets_from(open(path.as_ref(), Limits::default())?, classes)
}

/// How arrays lie in a file.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Layout {
    /// One, in a file of its own.
    Npy,
    /// Several, in a zip archive.
    Npz,
    /// Several, as safetensors.
    Tensors,
}

/// An opened file of arrays.
pub(crate) struct Arrays<'a> {
    pub(crate) layout: Layout,
    pub(crate) input: Input,
    /// What reads its bytes, if they are compressed as a whole.
    pub(crate) inflated: Option<Inflated>,
    /// Which array is meant.
    pub(crate) key: Option<&'a str>,
    /// How much of it rows may take.
    pub(crate) memory: Option<&'a Memory>,
}

impl Arrays<'_> {
    /// The array that is meant, and what errors call it.
    fn take(self, rows: Rows) -> Result<(String, Taken)> {
        let Arrays { layout, input, inflated, key, memory } = self;
        let origin = input.origin.clone();
        let within = Within { limits: input.limits, memory };
        match (layout, inflated) {
            (Layout::Npy, Some(reader)) => Ok((origin.clone(), bounded::take(&origin, reader, None, within, rows)?)),
            (Layout::Npy, None) => {
                let Input { reader, len, .. } = input;
                Ok((origin.clone(), bounded::take(&origin, BufReader::new(reader), len, within, rows)?))
            }
            (_, Some(_)) => {
                Err(Error::format(&origin, Place::Byte(0), "an archive in a compressed file", "the archive itself"))
            }
            (Layout::Npz, None) => {
                let file = input.reader.into_inner().1;
                let read = |named: &str, reader: BufReader<Box<dyn Read + '_>>| {
                    bounded::take(named, reader, None, within, rows)
                };
                npz::array(&origin, file, key, within.limits, read)
            }
            (Layout::Tensors, None) => {
                if let (Some(memory), Some(len)) = (memory, input.len) {
                    let why = || "a safetensors file lies in memory whole, and its numbers as f64".to_owned();
                    memory.check_bytes(&origin, 3 * u128::from(len), why)?;
                }
                tensors::array(&origin, input, key).map(|(named, array)| (named, Taken::Array(array)))
            }
        }
    }

    /// A table, or where the elements are bytes images.
    pub(crate) fn contents(self) -> Result<Contents> {
        let (origin, array) = match self.take(Rows::Features)? {
            (origin, Taken::Array(array)) => (origin, array),
            (_, Taken::Stored(contents)) => return Ok(contents),
        };
        let (rows, cols) = match array.shape[..] {
            [rows, _, ..] => (rows, array.data.len() / rows),
            _ => return Err(array.wrong_shape(&origin, "two dimensions or more: rows, then columns")),
        };
        if array.bytes {
            let bytes = array.data.iter().map(|&value| value as u8).collect();
            let features = Features::bytes_from_origin(&origin, rows, cols, bytes)?;
            return Ok(Contents::Bytes(Bytes { features, labels: None, factor: BYTE }));
        }
        table_of(&origin, cols, &array.data).map(Contents::Table)
    }

    /// A table of targets, a column of them or several.
    pub(crate) fn target_table(self) -> Result<Table> {
        let (origin, array) = match self.take(Rows::Targets)? {
            (origin, Taken::Array(array)) => (origin, array),
            (_, Taken::Stored(Contents::Table(table))) => return Ok(table),
            (origin, Taken::Stored(Contents::Bytes(_))) => {
                return Err(Error::format(&origin, Place::Header, "images", "targets"));
            }
        };
        match array.shape[..] {
            [_] => table_of(&origin, 1, &array.data),
            [_, cols] => table_of(&origin, cols, &array.data),
            _ => Err(array.wrong_shape(&origin, "one dimension for labels, or two for values")),
        }
    }
}

fn table_of(
    origin: &str,
    cols: usize,
    numbers: &[f64], // (rows, cols)
) -> Result<Table> {
    if let Some(at) = numbers.iter().position(|value| value.is_infinite()) {
        let (place, value) = (Place::cell(at, cols), numbers[at]);
        return Err(Error::NotFinite { origin: origin.to_owned(), place, value });
    }
    Table::of_numbers(origin, cols, numbers)
}

pub(crate) fn features_from<T: Scalar>(input: Input) -> Result<Features<T>> {
    let origin = input.origin.clone();
    features_of(Array::from_input(input)?, &origin)
}

pub(crate) fn targets_from<T: Scalar>(input: Input, classes: Option<usize>) -> Result<Targets<T>> {
    let origin = input.origin.clone();
    targets_of(Array::from_input(input)?, &origin, classes)
}

fn features_of<T: Scalar>(array: Array<T>, origin: &str) -> Result<Features<T>> {
    match array.shape[..] {
        [rows, _, ..] => Features::from_origin(origin, rows, array.data.len() / rows, array.data),
        _ => Err(array.wrong_shape(origin, "two dimensions or more: rows, then columns")),
    }
}

fn targets_of<T: Scalar>(array: Array<f64>, origin: &str, classes: Option<usize>) -> Result<Targets<T>> {
    match array.shape[..] {
        [_] => labels(origin, &array.data, classes),
        [_, 1] if !array.floats => labels(origin, &array.data, classes),
        [_, cols] => values(origin, cols, &array.data, classes),
        _ => Err(array.wrong_shape(origin, "one dimension for labels, or two for values")),
    }
}

/// Writes a table as an NPY file of its own type, whole or not at all.
///
/// # Errors
/// [`Error::Shape`] when `data` does not hold `rows * cols` numbers, [`Error::Io`] when writing fails.
pub fn write_npy<T: Scalar>(
    path: impl AsRef<Path>,
    rows: usize,
    cols: usize,
    data: &[T], // (rows, cols)
) -> Result<()> {
    if rows.checked_mul(cols) != Some(data.len()) {
        return Err(Error::Shape {
            origin: path.as_ref().display().to_string(),
            found: format!("{} numbers to write", data.len()),
            expected: format!("{rows} rows of {cols} columns"),
        });
    }
    let shape = [rows as u64, cols as u64];
    write_atomically(path, |file| match T::NAME {
        "f32" => write_array(file, &header_of("<f4", &shape), data.iter().map(|x| (x.to_f64() as f32).to_le_bytes())),
        _ => write_array(file, &header_of("<f8", &shape), data.iter().map(|x| x.to_f64().to_le_bytes())),
    })
}

/// Writes labels as an NPY file of one dimension of 64-bit integers, whole or not at all.
///
/// # Errors
/// [`Error::Io`] when writing fails.
pub fn write_npy_labels(path: impl AsRef<Path>, labels: &[u32]) -> Result<()> {
    write_atomically(path, |file| {
        write_array(file, &header_of("<i8", &[labels.len() as u64]), labels.iter().map(|&x| i64::from(x).to_le_bytes()))
    })
}

fn write_array<const WIDTH: usize>(
    file: &mut dyn io::Write,
    header: &[u8],
    elements: impl Iterator<Item = [u8; WIDTH]>,
) -> io::Result<()> {
    let mut file = io::BufWriter::new(file);
    file.write_all(header)?;
    for element in elements {
        file.write_all(&element)?;
    }
    file.flush()
}

#[cfg(test)]
mod tests {
    use super::array::tests::npy;
    use super::*;

    fn features(dict: &str, data: &[u8]) -> Result<Features<f64>> {
        parse_npy_features("x.npy", &npy(1, dict, data))
    }

    fn targets(descr: &str, shape: &str, data: &[u8]) -> Result<Targets<f32>> {
        let dict = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}");
        parse_npy_targets("y.npy", &npy(1, &dict, data), None)
    }

    fn f8(values: &[f64]) -> Vec<u8> {
        values.iter().flat_map(|x| x.to_le_bytes()).collect()
    }

    #[test]
    fn features_have_a_row_for_each_index_of_the_first_dimension() {
        let table =
            features("{'descr': '|u1', 'fortran_order': False, 'shape': (2, 2, 2), }", &[0, 1, 2, 3, 4, 5, 6, 7]);
        let table = table.unwrap();
        assert_eq!((table.rows(), table.cols()), (2, 4));
        assert_eq!(*table.row(1), [4.0, 5.0, 6.0, 7.0]);
        for (shape, data) in [("(2,)", &[1, 2][..]), ("()", &[1])] {
            let dict = format!("{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}");
            let message = features(&dict, data).unwrap_err().to_string();
            assert!(message.contains(&format!("found shape {shape}, expected two dimensions")), "{message}");
        }
    }

    #[test]
    fn a_feature_that_is_not_finite_is_named_by_row_and_column_in_either_order() {
        // Element 1 of the file is row 1, column 2 in C order and row 2, column 1 in Fortran order.
        for (order, place) in [("False", "row 1, column 2"), ("True", "row 2, column 1")] {
            let dict = format!("{{'descr': '<f8', 'fortran_order': {order}, 'shape': (2, 2), }}");
            let message = features(&dict, &f8(&[0.0, f64::NAN, 0.0, 0.0])).unwrap_err().to_string();
            assert_eq!(message, format!("x.npy, {place}: found NaN, expected a finite number"));
        }
        let bytes = npy(1, "{'descr': '<f8', 'fortran_order': False, 'shape': (1, 2), }", &f8(&[1.0, 1e300]));
        let message = parse_npy_features::<f32>("x.npy", &bytes).unwrap_err().to_string();
        assert!(message.contains("found 1e300, expected a number within the range of f32"), "{message}");
    }

    #[test]
    fn one_dimension_holds_labels_and_so_does_a_column_of_integers() {
        let labels = |labels: &[u32], classes| Targets::Classes { labels: labels.to_vec(), classes };
        assert_eq!(targets("|i1", "(3,)", &[0, 2, 1]).unwrap(), labels(&[0, 2, 1], 3));
        assert_eq!(targets("|u1", "(3, 1)", &[0, 2, 1]).unwrap(), labels(&[0, 2, 1], 3));
        assert_eq!(targets("|b1", "(3,)", &[0, 1, 1]).unwrap(), labels(&[0, 1, 1], 2));
        assert_eq!(targets("<f8", "(2,)", &f8(&[3.0, 0.0])).unwrap(), labels(&[3, 0], 4));
    }

    #[test]
    fn columns_of_floats_and_several_columns_hold_values() {
        let values = |values: &[f32], cols| Targets::Values { values: values.to_vec(), cols };
        assert_eq!(targets("<f8", "(2, 1)", &f8(&[0.5, 1.0])).unwrap(), values(&[0.5, 1.0], 1));
        assert_eq!(targets("|u1", "(1, 2)", &[0, 1]).unwrap(), values(&[0.0, 1.0], 2));
        let message = targets("<f8", "(1, 2)", &f8(&[0.0, f64::INFINITY])).unwrap_err().to_string();
        assert!(message.contains("y.npy, row 1, column 2: found inf"), "{message}");
        assert!(targets("|u1", "(1, 1, 1)", &[0]).unwrap_err().to_string().contains("one dimension for labels"));
    }

    #[test]
    fn a_label_that_is_none_is_named_by_its_row() {
        for (value, shown) in
            [(-1.0, "-1"), (0.5, "0.5"), (0.99999999, "0.99999999"), (f64::NAN, "NaN"), (1e20, "1000")]
        {
            let message = targets("<f8", "(2,)", &f8(&[1.0, value])).unwrap_err().to_string();
            assert!(message.starts_with(&format!("y.npy, row 2: found label {shown}")), "{message}");
        }
        assert!(targets("|i1", "(2,)", &[0, 0xff]).unwrap_err().to_string().contains("row 2: found label -1"));
        let dict = "{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }";
        let message = parse_npy_targets::<f32>("y.npy", &npy(1, dict, &[3, 9]), Some(9)).unwrap_err().to_string();
        assert_eq!(message, "y.npy, row 2: found label 9, expected 0 to 8 for 9 classes");
    }

    #[test]
    fn what_is_written_is_read_back_bit_for_bit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.npy");
        let single = [0.1f32, -0.0, f32::MIN_POSITIVE / 4.0, f32::MAX, 1.0, 2.0];
        write_npy(&path, 3, 2, &single).unwrap();
        let back = read_npy_features::<f32>(&path).unwrap();
        assert_eq!(back.rows(), 3);
        assert!(back.data().iter().zip(&single).all(|(a, b)| a.to_bits() == b.to_bits()));
        assert_eq!(std::fs::metadata(&path).unwrap().len(), 128 + 24);
        write_npy(&path, 1, 2, &[0.1f64, 1e300]).unwrap();
        assert_eq!(*read_npy_features::<f64>(&path).unwrap().data(), [0.1, 1e300]);
        write_npy_labels(&path, &[7, 0, u32::MAX - 1]).unwrap();
        let labels = Targets::Classes { labels: vec![7, 0, u32::MAX - 1], classes: u32::MAX as usize };
        assert_eq!(read_npy_targets::<f32>(&path, Some(u32::MAX as usize)).unwrap(), labels);
        let message = write_npy(&path, 2, 2, &[0.0f32; 3]).unwrap_err().to_string();
        assert!(message.contains("3 numbers to write, expected 2 rows of 2 columns"), "{message}");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_pipe_is_read_though_it_does_not_tell_its_length() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let bytes = npy(1, "{'descr': '|u1', 'fortran_order': False, 'shape': (1, 2), }", &[5, 6]);
        std::thread::scope(|scope| {
            scope.spawn(|| std::fs::write(&pipe, &bytes).unwrap());
            assert_eq!(*read_npy_features::<f32>(&pipe).unwrap().data(), [5.0, 6.0]);
        });
    }
}

//! Text files that hold numbers alone, as features or as targets, and how such files are written. Delimiter, decimal sign and
//! header are told by the first lines: see [`Table::parse`].

use crate::Result;
use crate::atomic::write_atomically;
use crate::data::input::open;
use crate::data::table::read_text;
use crate::data::{Features, Limits, Targets, TextFormat};
use chainrule_kernel::Scalar;
use std::fmt::{self, Display};
use std::io::{self, Read, Write};
use std::path::Path;

/// Parses features, a row a line, from any reader. Errors name `origin`, the row (of data), the column and the line.
///
/// ```
/// let text = "width,height\n1,2.5\n-3,4e1\n";
/// let table = chainrule::data::parse_csv_features::<f32>("stdin", text.as_bytes())?;
/// assert_eq!((table.rows(), &*table.row(1)), (2, &[-3.0, 40.0][..]));
/// # Ok::<(), chainrule::Error>(())
/// ```
///
/// # Errors
/// [`Error::Format`](crate::Error::Format) for a cell that is no number and for a row of another length than the first,
/// [`Error::NotFinite`](crate::Error::NotFinite), [`Error::Empty`](crate::Error::Empty), [`Error::OverLimit`](crate::Error::OverLimit) (see [`Limits`]), and [`Error::Io`](crate::Error::Io) when reading fails.
pub fn parse_csv_features<T: Scalar>(origin: &str, reader: impl Read) -> Result<Features<T>> {
    features_within(origin, reader, Limits::default())
}

/// Parses targets, a row a line, from any reader: a single column holds labels, which must be whole, several hold values. Errors name
/// `origin`.
///
/// `classes` is the number of classes when it is known; else the largest label tells.
///
/// # Errors
/// Those of [`parse_csv_features`], and [`Error::Label`](crate::Error::Label).
pub fn parse_csv_targets<T: Scalar>(origin: &str, reader: impl Read, classes: Option<usize>) -> Result<Targets<T>> {
    targets_within(origin, reader, classes, Limits::default())
}

/// As [`parse_csv_features`].
pub(crate) fn features_within<T: Scalar>(origin: &str, reader: impl Read, limits: Limits) -> Result<Features<T>> {
    read_text(origin, reader, &TextFormat::default(), limits.into())?.into_features()
}

/// As [`parse_csv_targets`].
pub(crate) fn targets_within<T: Scalar>(
    origin: &str,
    reader: impl Read,
    classes: Option<usize>,
    limits: Limits,
) -> Result<Targets<T>> {
    read_text(origin, reader, &TextFormat::default(), limits.into())?.into_targets(classes)
}

/// Reads features from a file, as [`parse_csv_features`].
///
/// # Errors
/// Those of [`parse_csv_features`].
pub fn read_csv_features<T: Scalar>(path: impl AsRef<Path>) -> Result<Features<T>> {
    let input = open(path.as_ref(), Limits::default())?;
    features_within(&input.origin, input.reader, input.limits)
}

/// Reads targets from a file, as [`parse_csv_targets`].
///
/// # Errors
/// Those of [`parse_csv_targets`].
pub fn read_csv_targets<T: Scalar>(path: impl AsRef<Path>, classes: Option<usize>) -> Result<Targets<T>> {
    let input = open(path.as_ref(), Limits::default())?;
    targets_within(&input.origin, input.reader, classes, input.limits)
}

/// Writes a table as a CSV file without a header, whole or not at all. Numbers are written so that reading them
/// gives them back.
///
/// # Errors
/// [`Error::Io`](crate::Error::Io) when writing fails.
///
/// # Panics
/// When `cols` is 0 or `data` does not fill its last row.
pub fn write_csv<N: Display>(
    path: impl AsRef<Path>,
    cols: usize,
    data: &[N], // (data.len() / cols, cols)
) -> Result<()> {
    write_atomically(path, |file| write_csv_to(file, cols, data))
}

/// As [`write_csv`], to any writer.
///
/// # Errors
/// Those of the writer.
///
/// # Panics
/// When `cols` is 0 or `data` does not fill its last row.
pub fn write_csv_to<N: Display>(
    mut writer: impl Write,
    cols: usize,
    data: &[N], // (data.len() / cols, cols)
) -> io::Result<()> {
    assert!(cols > 0 && data.len().is_multiple_of(cols), "{} numbers in rows of {cols}", data.len());
    let mut text = String::new();
    for row in data.chunks_exact(cols) {
        for (column, number) in row.iter().enumerate() {
            let separator = if column == 0 { "" } else { "," };
            text.clear();
            let _ = fmt::Write::write_fmt(&mut text, format_args!("{number}")); // no error: it is a string
            match small(&text) {
                None => write!(writer, "{separator}{text}")?,
                Some((sign, digits, exponent)) => {
                    let (first, rest) = digits.split_at(1);
                    let point = if rest.is_empty() { "" } else { "." };
                    write!(writer, "{separator}{sign}{first}{point}{rest}e-{exponent}")?;
                }
            }
        }
        writeln!(writer)?;
    }
    Ok(())
}

/// Of a number below 1e-4 its sign, its digits, and the place of the first: `0.0000123` is 1.23e-5.
fn small(text: &str) -> Option<(&str, &str, usize)> {
    let (sign, size) = text.strip_prefix('-').map_or(("", text), |size| ("-", size));
    let places = size.strip_prefix("0.")?;
    let digits = places.trim_start_matches('0');
    let zeros = places.len() - digits.len();
    (zeros >= 4 && !digits.is_empty()).then_some((sign, digits, zeros + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Features<f64>> {
        parse_csv_features("x.csv", text.as_bytes())
    }

    fn message(text: &str) -> String {
        read(text).unwrap_err().to_string()
    }

    #[test]
    fn small_numbers_are_written_by_their_digits_and_exponent() {
        let numbers = [1.638_064_3e-37f32, -3.8670364e-6, 1e-5, 0.000_123, 0.5, 0.0, f32::MIN_POSITIVE, 1e-45];
        let mut file = Vec::new();
        write_csv_to(&mut file, 4, &numbers).unwrap();
        let text = String::from_utf8(file).unwrap();
        assert_eq!(text, "1.6380643e-37,-3.8670364e-6,1e-5,0.000123\n0.5,0,1.1754944e-38,1e-45\n");
        assert_eq!(*parse_csv_features::<f32>("x.csv", text.as_bytes()).unwrap().data(), numbers);
    }

    #[test]
    fn numbers_are_read_with_and_without_a_header() {
        for text in ["1,2.5\n-3,4e1\n", "1,2.5\r\n-3,4e1", "a,b\n1,2.5\n-3,4e1\n", "\u{feff}1, 2.5\n\n\"-3\",  +4e1\n"]
        {
            let table = read(text).unwrap();
            assert_eq!((table.rows(), &*table.data()), (2, &[1.0, 2.5, -3.0, 40.0][..]), "{text:?}");
        }
        assert_eq!(read(",width\n1,2").unwrap().rows(), 1);
    }

    #[test]
    fn a_row_with_a_number_in_it_is_no_header() {
        let starts = |text, start| assert!(message(text).starts_with(start), "{}", message(text));
        starts("1,x,3\n4,5,6\n", "x.csv, row 1, column 2 (line 1): found \"x\", expected a number");
        starts("id,1,2\n4,5,6\n", "x.csv, row 1, column 1 (line 1): found \"id\", expected a number");
        starts("1,,3\n", "x.csv, row 1, column 2: found a missing value");
        starts(",,\n1,2,3\n", "x.csv, row 1, column 1: found a missing value");
        starts("nan,inf\n", "x.csv, row 1, column 2 (line 1): found inf, expected a finite number");
    }

    #[test]
    fn a_bad_cell_is_named_by_row_column_and_line() {
        assert!(message("a,b\n1,2\n\n3,4\n5,six\n").contains("row 3, column 2 (line 5): found \"six\""));
        assert!(message("1,2\n3,NaN\n").contains("row 2, column 2: found a missing value"));
        assert!(message("1,2\n-inf,4\n").contains("row 2, column 1 (line 2): found -inf"));
        assert!(message("1,2\n3,1e999\n").contains("found inf"));
        assert!(message("1,2\n3,\"never closed\n").contains("row 2, column 1 (line 2): found a quote that is opened"));
        let long = message(&format!("1\n{}\n", "é".repeat(100)));
        assert!(long.contains(&format!("{}\"...", "é".repeat(40))) && !long.contains(&"é".repeat(41)), "{long}");
        let error = parse_csv_features::<f64>("x.csv", &b"1\n\xff\xfe\n"[..]).unwrap_err();
        assert!(error.to_string().contains("row 2, column 1"), "{error}");
        let error = parse_csv_features::<f32>("x.csv", &b"1\n1e300\n"[..]).unwrap_err();
        assert!(error.to_string().contains("found 1e300, expected a number within the range of f32"), "{error}");
    }

    #[test]
    fn a_ragged_row_is_named_with_both_lengths() {
        let expected = "x.csv, row 2, column 3 (line 2): found 2 cells, expected 3 cells, as in the first row";
        assert_eq!(message("1,2,3\n4,5\n"), expected);
        let expected = "x.csv, row 1, column 3 (line 2): found 4 cells, expected 2 cells, as in the first row";
        assert_eq!(message("a,b\n4,5,6,7\n"), expected);
        assert!(message("1,2\n3,4,\n").contains("found 3 cells"));
    }

    #[test]
    fn no_rows_are_refused() {
        for text in ["", "\n\n"] {
            assert_eq!(message(text), "x.csv has no rows; at least one is needed", "{text:?}");
        }
    }

    #[test]
    fn one_column_holds_labels_and_several_hold_values() {
        let read = |text: &str, classes| parse_csv_targets::<f32>("y.csv", text.as_bytes(), classes);
        assert_eq!(read("label\n0\n2\n1.0\n", None).unwrap(), Targets::Classes { labels: vec![0, 2, 1], classes: 3 });
        assert_eq!(read("0.5,1\n", None).unwrap(), Targets::Values { values: vec![0.5, 1.0], cols: 2 });
        let message = read("label\n0\n1.5\n", None).unwrap_err().to_string();
        assert!(message.starts_with("y.csv, row 2: found label 1.5, expected a whole number"), "{message}");
        assert!(read("0\n3\n", Some(3)).unwrap_err().to_string().contains("y.csv, row 2: found label 3"));
        assert!(read("0\n-1\n", None).is_err());
    }

    #[test]
    fn what_is_written_is_read_back_bit_for_bit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.csv");
        let numbers = [0.1f32, -0.0, 1.1754944e-38, f32::MAX, 1.0 / 3.0, 2.0];
        write_csv(&path, 2, &numbers).unwrap();
        let back = read_csv_features::<f32>(&path).unwrap();
        assert_eq!(back.rows(), 3);
        assert!(back.data().iter().zip(&numbers).all(|(a, b)| a.to_bits() == b.to_bits()));
        let mut text = Vec::new();
        write_csv_to(&mut text, 1, &[7u32, 0]).unwrap();
        assert_eq!(text, b"7\n0\n");
    }
}

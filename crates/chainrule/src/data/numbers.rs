//! What numbers of a file mean once they are f64: features of a narrower type, labels, or values. Which of these they
//! are is decided by the readers.

use crate::data::Targets;
use crate::{Error, Place, Result};
use chainrule_kernel::Scalar;

/// Whole numbers below this are all f64.
pub(crate) const EXACT: f64 = (1_u64 << 53) as f64;

/// Rounds to `T`. A number beyond its range is refused by its own name, before it becomes infinite; NaN and infinity
/// pass, as the check of the whole table will name their row and column.
pub(crate) fn narrow<T: Scalar>(origin: &str, place: Place, value: f64) -> Result<T> {
    within_range(value).ok_or_else(|| {
        let expected = format!("a number within the range of {}", T::NAME);
        Error::format(origin, place, format!("{value:e}"), expected)
    })
}

/// The same of a number that has been preprocessed, which a file does not hold: it is refused by `found`, what the file says.
pub(crate) fn narrow_preprocessed<T: Scalar>(
    origin: &str,
    value: f64,
    found: impl FnOnce() -> (Place, String),
) -> Result<T> {
    within_range(value).ok_or_else(|| {
        let (place, found) = found();
        let expected =
            format!("a number that preprocessing leaves within the range of {}; it becomes {value:e}", T::NAME);
        Error::format(origin, place, found, expected)
    })
}

/// The number rounded to `T`, unless that makes an infinite one of it.
fn within_range<T: Scalar>(value: f64) -> Option<T> {
    Some(T::from_f64(value)).filter(|narrowed| narrowed.is_finite() || !value.is_finite())
}

/// Labels, one a row. They are told to be whole as f64 whatever `T` is: rounded to f32, 0.99999999 would pass for 1.
pub(crate) fn labels<T: Scalar>(origin: &str, numbers: &[f64], classes: Option<usize>) -> Result<Targets<T>> {
    let mut labels = room("labels", numbers.len())?;
    for (row, &number) in numbers.iter().enumerate() {
        labels.push(label(origin, row, number)?);
    }
    Targets::from_labels(origin, labels, classes)
}

/// An empty vector with the capacity for this many numbers.
fn room<N>(name: &'static str, count: usize) -> Result<Vec<N>> {
    let mut vector = Vec::new();
    vector.try_reserve_exact(count).map_err(|_| Error::no_memory(name, count))?;
    Ok(vector)
}

fn label(origin: &str, row: usize, number: f64) -> Result<u32> {
    let label = number as u32; // saturates, and NaN becomes 0: the comparison tells
    if f64::from(label) == number {
        return Ok(label);
    }
    Err(Error::Label {
        origin: origin.to_string(),
        place: Place::row(row),
        found: number.to_string(),
        expected: "a whole number from 0".to_string(),
    })
}

/// Values in rows of `cols`, which have no number of classes.
pub(crate) fn values<T: Scalar>(
    origin: &str,
    cols: usize,
    numbers: &[f64], // (rows, cols)
    classes: Option<usize>,
) -> Result<Targets<T>> {
    if let Some(classes) = classes {
        return Err(Error::Argument {
            name: "number of classes",
            found: classes.to_string(),
            expected: format!("none, as {origin} holds values and no labels"),
        });
    }
    let mut values = room("values", numbers.len())?;
    for (index, &number) in numbers.iter().enumerate() {
        values.push(narrow(origin, Place::cell(index, cols), number)?);
    }
    let targets = Targets::Values { values, cols };
    targets.check(origin)?;
    Ok(targets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_a_whole_number_from_0() {
        for (number, whole) in [(0.0, 0), (-0.0, 0), (7.0, 7), (4294967295.0, u32::MAX)] {
            assert_eq!(label("y", 0, number).unwrap(), whole);
        }
        for number in [-1.0, 0.5, 6.999999, 0.99999999, 4294967296.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let message = labels::<f32>("y", &[0.0, 1.0, number], None).unwrap_err().to_string();
            assert_eq!(message, format!("y, row 3: found label {number}, expected a whole number from 0"));
        }
    }

    #[test]
    fn values_must_fit_their_type_and_have_no_classes() {
        let values = |number, classes| values::<f32>("y", 2, &[0.0, 0.0, 0.0, number], classes);
        assert_eq!(values(0.5, None).unwrap().rows(), 2);
        let message = values(1e300, None).unwrap_err().to_string();
        assert_eq!(message, "y, row 2, column 2: found 1e300, expected a number within the range of f32");
        assert!(values(f64::NAN, None).unwrap_err().to_string().contains("row 2, column 2: found NaN"));
        assert!(values(0.5, Some(2)).unwrap_err().to_string().contains("number of classes: found 2, expected none"));
    }
}

//! Matrices of an example: rows of numbers, all of one length, and where each of them stands.

use chainrule_kernel::Scalar;

use crate::Result;
use crate::located::Value;

/// Rows of numbers, such as the element type can hold.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Rows {
    pub(super) rows: usize,
    pub(super) cols: usize,
    pub(super) values: Vec<f64>, // (rows, cols)
}

impl Rows {
    /// `[[1, 2], [3, 4]]`: at least one row, of at least one number.
    pub(super) fn read(value: &Value<'_>, type_holds: fn(f64) -> bool) -> Result<Self> {
        let expected = "rows of numbers: [[1, 2], [3, 4]], say";
        let (mut rows, mut cols, mut values) = (0, 0, Vec::new());
        for row in value.array(expected)? {
            let numbers = row_of(&row, expected, type_holds)?;
            if rows == 0 {
                cols = numbers.len();
            }
            if numbers.len() != cols {
                let found = format!("{} numbers in row {}", numbers.len(), rows + 1);
                return Err(row.error(found, format!("{cols}, as the first row has")));
            }
            values.extend(numbers);
            rows += 1;
        }
        if values.is_empty() {
            return Err(value.refused(expected));
        }
        Ok(Rows { rows, cols, values })
    }

    /// In the element type.
    pub(super) fn as_type<T: Scalar>(&self) -> Vec<T> {
        as_type(&self.values)
    }

    /// `2 x 3`.
    pub(super) fn shape(&self) -> String {
        format!("{} x {}", self.rows, self.cols)
    }
}

pub(super) fn as_type<T: Scalar>(values: &[f64]) -> Vec<T> {
    values.iter().map(|&value| T::from_f64(value)).collect()
}

/// `[1, 2]`.
pub(super) fn row_of(value: &Value<'_>, expected: &str, type_holds: fn(f64) -> bool) -> Result<Vec<f64>> {
    let number = |element: Value<'_>| -> Result<f64> {
        let number = element.number()?;
        if type_holds(number) { Ok(number) } else { Err(element.refused("a number that f32 can hold")) }
    };
    value.array(expected)?.map(number).collect()
}

//! What a network should answer: the number of a class, or numbers. Whether they fit the features is checked where
//! the two meet, in [`Dataset`](crate::data::Dataset).

use crate::data::features::{check_finite, check_rows, select};
use crate::{Error, Place, Result};
use chainrule_kernel::Scalar;

/// Without a given number of classes, a label from here on is taken for a mistake: the network's last layer would
/// have as many columns.
const INFERRED_CLASSES_MAX: u32 = 1 << 16;
/// As many as labels of 32 bits can tell apart.
const CLASSES_MAX: u64 = 1 << 32;

/// The targets of a table's rows.
///
/// ```
/// use chainrule::data::Targets;
///
/// let classes = Targets::<f32>::Classes { labels: vec![2, 0], classes: 3 };
/// let values = Targets::Values { values: vec![0.5_f32, 1.0, -1.0, 0.0], cols: 2 };
/// assert_eq!((classes.rows(), classes.width(), values.rows(), values.width()), (2, 3, 2, 2));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum Targets<T> {
    /// Each row belongs to one class.
    Classes {
        /// The class of each row, `(rows)`, each below `classes`.
        labels: Vec<u32>,
        /// How many classes there are, whether or not all occur.
        classes: usize,
    },
    /// Each row has numbers of its own.
    Values {
        /// The numbers, `(rows, cols)`, row-major.
        values: Vec<T>,
        /// How many numbers a row has.
        cols: usize,
    },
}

/// A caller's buffer for the targets of one minibatch.
///
/// ```
/// use chainrule::data::{TargetsMut, digits};
///
/// let data = digits::<f32>();
/// let (mut x, mut one_hot) = ([0.0; 2 * 64], [0.0; 2 * 10]);
/// data.gather(&[0, 5], &mut x, TargetsMut::Values(&mut one_hot));
/// assert_eq!(one_hot.iter().sum::<f32>(), 2.0);
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug)]
pub enum TargetsMut<'a, T> {
    /// Takes the class of each row, `(batch)`.
    Classes(&'a mut [u32]),
    /// Takes each row's numbers, `(batch, width)`; a class becomes a one-hot row.
    Values(&'a mut [T]),
}

impl<T: Scalar> Targets<T> {
    /// How many outputs a network needs to answer with one of these: the number of classes, or of columns.
    pub fn width(&self) -> usize {
        match self {
            Targets::Classes { classes, .. } => *classes,
            Targets::Values { cols, .. } => *cols,
        }
    }

    /// How many rows have a target. Values that do not fill their last row count without it.
    pub fn rows(&self) -> usize {
        match self {
            Targets::Classes { labels, .. } => labels.len(),
            Targets::Values { values, cols } => values.len().checked_div(*cols).unwrap_or(0),
        }
    }

    /// Classes of these labels: as many as `classes`, or as the largest label asks for.
    ///
    /// # Errors
    /// When a label is not below `classes`; when that is unknown and a label is so large that it looks like a mistake.
    pub(crate) fn from_labels(origin: &str, labels: Vec<u32>, classes: Option<usize>) -> Result<Self> {
        let largest = labels.iter().copied().max().unwrap_or(0);
        if classes.is_none() && largest >= INFERRED_CLASSES_MAX {
            return Err(Error::Label {
                origin: origin.to_string(),
                place: labels.iter().position(|&label| label == largest).map_or(Place::Row(1), Place::row),
                found: largest.to_string(),
                expected: format!("below {INFERRED_CLASSES_MAX} unless the number of classes is given"),
            });
        }
        let targets = Targets::Classes { labels, classes: classes.unwrap_or(largest as usize + 1) };
        targets.check(origin)?;
        Ok(targets)
    }

    /// Refuses labels that are not below the number of classes, values that are not finite, and rows cut short.
    pub(crate) fn check(&self, origin: &str) -> Result<()> {
        match self {
            Targets::Classes { classes, .. } if *classes as u64 > CLASSES_MAX => Err(Error::Argument {
                name: "number of classes",
                found: classes.to_string(),
                expected: format!("at most {CLASSES_MAX}, as labels have 32 bits"),
            }),
            Targets::Classes { labels, classes } => match labels.iter().position(|&label| label as usize >= *classes) {
                None => Ok(()),
                Some(row) => Err(Error::Label {
                    origin: origin.to_string(),
                    place: Place::row(row),
                    found: labels[row].to_string(),
                    expected: match classes {
                        0 => "at least one class".to_string(),
                        _ => format!("0 to {} for {classes} classes", classes - 1),
                    },
                }),
            },
            Targets::Values { cols: 0, .. } => Err(Error::Empty { origin: origin.to_string(), what: "columns" }),
            Targets::Values { values, cols } if values.len() % cols != 0 => Err(Error::Shape {
                origin: origin.to_string(),
                found: format!("{} numbers", values.len()),
                expected: format!("whole rows of {cols}"),
            }),
            Targets::Values { values, cols } => check_finite(origin, *cols, values),
        }
    }

    /// The targets with these indices, in their order.
    pub(crate) fn select(&self, rows: &[usize]) -> Result<Self> {
        check_rows(rows, self.rows())?;
        Ok(match self {
            Targets::Classes { labels, classes } => {
                Targets::Classes { labels: select(rows, 1, labels)?, classes: *classes }
            }
            Targets::Values { values, cols } => Targets::Values { values: select(rows, *cols, values)?, cols: *cols },
        })
    }

    /// Copies the targets with these indices to a caller's buffer.
    ///
    /// # Panics
    /// When the buffer does not fit `rows`, or takes classes where there are values.
    pub(crate) fn gather(&self, rows: &[usize], into: TargetsMut<'_, T>) {
        match (self, into) {
            (Targets::Classes { labels, .. }, TargetsMut::Classes(into)) => {
                assert_eq!(into.len(), rows.len(), "places for labels, and rows");
                for (place, &row) in into.iter_mut().zip(rows) {
                    *place = labels[row];
                }
            }
            (Targets::Classes { labels, classes }, TargetsMut::Values(into)) => {
                assert_eq!(
                    Some(into.len()),
                    rows.len().checked_mul(*classes),
                    "places for one-hot rows, and rows x classes"
                );
                into.fill(T::ZERO);
                for (place, &row) in into.chunks_exact_mut(*classes).zip(rows) {
                    place[labels[row] as usize] = T::ONE;
                }
            }
            (Targets::Values { values, cols }, TargetsMut::Values(into)) => {
                assert_eq!(into.len(), rows.len() * cols, "places for values, and rows x columns");
                for (place, &row) in into.chunks_exact_mut(*cols).zip(rows) {
                    place.copy_from_slice(&values[row * cols..][..*cols]);
                }
            }
            (Targets::Values { .. }, TargetsMut::Classes(_)) => panic!("values are not classes"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_label_tells_the_classes_unless_they_are_given() {
        let width = |labels, classes| Targets::<f32>::from_labels("y", labels, classes).map(|targets| targets.width());
        assert_eq!(width(vec![0, 4, 1], None).unwrap(), 5);
        assert_eq!(width(vec![0, 4, 1], Some(10)).unwrap(), 10);
        let message = width(vec![0, 4, 1], Some(4)).unwrap_err().to_string();
        assert_eq!(message, "y, row 2: found label 4, expected 0 to 3 for 4 classes");
        let message = width(vec![0, 1, 4_000_000_000], None).unwrap_err().to_string();
        assert!(message.starts_with("y, row 3: found label 4000000000, expected below 65536"), "{message}");
        assert!(width(vec![70_000], Some(70_001)).is_ok());
    }
}

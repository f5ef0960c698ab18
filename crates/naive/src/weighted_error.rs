//! The losses of single errors e = y - t with weights of rows, forward and backward: squared, absolute, Huber's.

use crate::shape::check_matrix;
use crate::{Float, LossWeights, RowsShape};

/// What an error costs.
///
/// ```
/// use chainrule_naive::Cost;
///
/// assert_eq!((Cost::Squared.forward(3.0), Cost::Absolute.forward(-3.0), Cost::Huber(1.0).forward(3.0)), (9.0, 3.0, 2.5));
/// assert_eq!(Cost::Huber(1.0).backward(-3.0), -1.0);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cost {
    /// e^2.
    Squared,
    /// |e|.
    Absolute,
    /// e^2 / 2 for |e| up to this delta, delta * (|e| - delta / 2) beyond.
    Huber(f64),
}

impl Cost {
    /// The cost of an error.
    pub fn forward<T: Float>(self, e: T) -> T {
        let zero = T::rounded(0.0);
        let size = if e < zero { -e } else { e };
        match self {
            Cost::Squared => e * e,
            Cost::Absolute => size,
            Cost::Huber(delta) if size.widen() <= delta => T::rounded(0.5) * e * e,
            Cost::Huber(delta) => T::rounded(delta) * (size - T::rounded(0.5 * delta)),
        }
    }

    /// Its slope; at the kink of the absolute error, 0.
    pub fn backward<T: Float>(self, e: T) -> T {
        let zero = T::rounded(0.0);
        let sign = |size: f64| match e.partial_cmp(&zero) {
            Some(std::cmp::Ordering::Less) => T::rounded(-size),
            Some(std::cmp::Ordering::Greater) => T::rounded(size),
            _ => e,
        };
        match self {
            Cost::Squared => T::rounded(2.0) * e,
            Cost::Absolute => sign(1.0),
            Cost::Huber(delta) if e.widen().abs() <= delta => e,
            Cost::Huber(delta) => sign(delta),
        }
    }
}

/// The mean over all elements of what their errors cost, each counted as its row is; or the sum.
///
/// # Panics
/// If y, t or weights do not fit `shape`.
pub fn error_forward<T: Float>(
    shape: RowsShape,
    cost: Cost,
    y: &[T], // (batch, classes)
    t: &[T], // (batch, classes)
    weights: LossWeights<'_, T>,
) -> T {
    check_matrix("y", y.len(), (shape.batch, shape.classes));
    check_matrix("t", t.len(), (shape.batch, shape.classes));
    let of_rows = weights.of_rows(shape);
    let mut sum = T::rounded(0.0);
    for at in 0..y.len() {
        sum += of_rows[at / shape.classes] * cost.forward(y[at] - t[at]);
    }
    sum / divisor(shape, weights, &of_rows)
}

/// The gradient of [`error_forward`] by y. Shape (batch, classes).
///
/// # Panics
/// As [`error_forward`].
pub fn error_backward<T: Float>(
    shape: RowsShape,
    cost: Cost,
    y: &[T], // (batch, classes)
    t: &[T], // (batch, classes)
    weights: LossWeights<'_, T>,
) -> Vec<T> {
    check_matrix("y", y.len(), (shape.batch, shape.classes));
    check_matrix("t", t.len(), (shape.batch, shape.classes));
    let of_rows = weights.of_rows(shape);
    let divisor = divisor(shape, weights, &of_rows);
    (0..y.len()).map(|at| of_rows[at / shape.classes] * cost.backward(y[at] - t[at]) / divisor).collect()
}

fn divisor<T: Float>(shape: RowsShape, weights: LossWeights<'_, T>, of_rows: &[T]) -> T {
    if weights.sum { T::rounded(1.0) } else { weights.divisor(of_rows) * T::rounded(shape.classes as f64) }
}

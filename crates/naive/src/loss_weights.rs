//! The weights of rows and outputs in a loss, and its reduction over rows, mean or sum.

use crate::shape::check_pair;
use crate::{Float, RowsShape};

/// Weights of rows and outputs, and the reduction.
///
/// ```
/// use chainrule_naive::{Cost, LossWeights, RowsShape, error_forward};
///
/// let shape = RowsShape { batch: 2, classes: 1 };
/// let weights = LossWeights { rows: Some(&[1.0, 3.0]), ..LossWeights::default() };
/// assert_eq!(error_forward(shape, Cost::Absolute, &[1.0, 2.0], &[0.0, 0.0], weights), (1.0 + 3.0 * 2.0) / 4.0);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LossWeights<'a, T> {
    /// (batch); each counts 1 when there are none.
    pub rows: Option<&'a [T]>,
    /// (classes): of each class for cross-entropy, of a 1 at each output for binary cross-entropy.
    pub outputs: Option<&'a [T]>,
    /// The share of a target that is spread evenly over the classes, for cross-entropy.
    pub smoothing: f64,
    /// The sum over rows instead of their mean.
    pub sum: bool,
}

/// Rows and outputs count 1 each, and rows come together as a mean.
impl<T> Default for LossWeights<'_, T> {
    fn default() -> Self {
        LossWeights { rows: None, outputs: None, smoothing: 0.0, sum: false }
    }
}

impl<T: Float> LossWeights<'_, T> {
    /// The weights of the rows, written out.
    pub(crate) fn of_rows(&self, shape: RowsShape) -> Vec<T> {
        written_out("weights of rows", self.rows, shape.batch)
    }

    /// The weights of the outputs, written out.
    pub(crate) fn of_outputs(&self, shape: RowsShape) -> Vec<T> {
        written_out("weights of outputs", self.outputs, shape.classes)
    }

    /// What the sum over rows is divided by, when rows of these weights are to have a mean.
    pub(crate) fn divisor(&self, weights: &[T]) -> T {
        if self.sum {
            return T::rounded(1.0);
        }
        let mut total = T::rounded(0.0);
        for &weight in weights {
            total += weight;
        }
        total
    }
}

fn written_out<T: Float>(name: &str, weights: Option<&[T]>, needed: usize) -> Vec<T> {
    match weights {
        None => vec![T::rounded(1.0); needed],
        Some(weights) => {
            check_pair(name, weights.len(), "their number", needed);
            weights.to_vec()
        }
    }
}

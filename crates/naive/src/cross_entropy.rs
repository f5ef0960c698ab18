//! Cross-entropy from logits: softmax and the negative logarithm as one loss, forward and backward.
//!
//! The mean is over the rows of the batch. An empty batch has no mean: its loss is NaN, as in PyTorch, and its gradient
//! is empty. There is no version that takes probabilities: their logarithm is lost where they round to 0 or 1.

use crate::shape::{check_matrix, check_pair};
use crate::{Float, RowsShape, log_softmax, softmax_forward};

/// What each row of a batch should have been.
///
/// ```
/// use chainrule_naive::{RowsShape, Targets, cross_entropy_forward};
///
/// let shape = RowsShape { batch: 1, classes: 2 };
/// let logits = [0.0_f64, 3.0];
/// let label = cross_entropy_forward(shape, &logits, Targets::Labels(&[1]));
/// assert_eq!(label, cross_entropy_forward(shape, &logits, Targets::Distributions(&[0.0, 1.0])));
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Targets<'a, T> {
    /// The right class of each row, counted from 0: (batch).
    Labels(
        /// (batch)
        &'a [u32],
    ),
    /// A weight for each class of each row, one-hot or probabilities or any other numbers: (batch, classes). Nothing is
    /// assumed of them; in particular not that a row sums to 1.
    Distributions(
        /// (batch, classes)
        &'a [T],
    ),
}

/// The mean over the rows of -sum over i of t_i * ln(softmax(z)_i), with 0 * ln 0 = 0.
///
/// For a label that is -ln(softmax(z)_label). Bishop, *Pattern Recognition and Machine Learning*, equation 4.108,
/// divided by the batch.
///
/// # Panics
/// If logits or targets do not fit `shape`, or a label is not below `classes`.
pub fn cross_entropy_forward<T: Float>(
    shape: RowsShape,
    logits: &[T],            // (batch, classes)
    targets: Targets<'_, T>, // (batch) labels or (batch, classes) distributions
) -> T {
    let RowsShape { batch, classes } = shape;
    let targets = one_row_each(shape, targets);
    let logs = log_softmax(shape, logits);
    let mut sum = T::rounded(0.0);
    for at in 0..batch * classes {
        if targets[at] != T::rounded(0.0) {
            sum += -(targets[at] * logs[at]);
        }
    }
    sum / T::rounded(batch as f64)
}

/// The gradient of [`cross_entropy_forward`] by the logits: (softmax(z) * sum(t) - t) / batch. Shape (batch, classes).
///
/// sum(t) is the sum of the row's targets, 1 for labels and probabilities; with it, the formula is Bishop's
/// equation 4.109 and the notebooks' `(probs - target) / batch`.
///
/// # Panics
/// As [`cross_entropy_forward`].
pub fn cross_entropy_backward<T: Float>(
    shape: RowsShape,
    logits: &[T],            // (batch, classes)
    targets: Targets<'_, T>, // (batch) labels or (batch, classes) distributions
) -> Vec<T> {
    let RowsShape { batch, classes } = shape;
    let targets = one_row_each(shape, targets);
    let a = softmax_forward(shape, logits);
    let mut dlogits = vec![T::rounded(0.0); batch * classes];
    for row in 0..batch {
        let mut total = T::rounded(0.0);
        for class in 0..classes {
            total += targets[row * classes + class];
        }
        for class in 0..classes {
            let at = row * classes + class;
            dlogits[at] = (a[at] * total - targets[at]) / T::rounded(batch as f64);
        }
    }
    dlogits
}

/// The targets as one row of weights for each row of logits: (batch, classes). A label becomes a one-hot row.
pub(crate) fn one_row_each<T: Float>(shape: RowsShape, targets: Targets<'_, T>) -> Vec<T> {
    let RowsShape { batch, classes } = shape;
    match targets {
        Targets::Labels(labels) => {
            check_pair("labels", labels.len(), "the batch", batch);
            let mut rows = vec![T::rounded(0.0); batch * classes];
            for (row, &label) in labels.iter().enumerate() {
                let label = label as usize;
                assert!(label < classes, "the label of row {row} is {label}, there are {classes} classes");
                rows[row * classes + label] = T::rounded(1.0);
            }
            rows
        }
        Targets::Distributions(rows) => {
            check_matrix("targets", rows.len(), (batch, classes));
            rows.to_vec()
        }
    }
}

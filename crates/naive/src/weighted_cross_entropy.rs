//! Cross-entropy from logits with weights of rows and classes and with smoothed labels, forward and backward.
//!
//! The formulas are PyTorch's: `CrossEntropyLoss` with `weight` and `label_smoothing`. Weights of rows are as if a row
//! of weight 2 stood there twice.

use crate::cross_entropy::one_row_each;
use crate::{Float, LossWeights, RowsShape, Targets, log_softmax, softmax_forward};

/// The sum over the rows of -r * sum over i of w_i * ((1 - e) * t_i + e / classes) * ln(softmax(z)_i), r and w the
/// weights of the row and the class, e the smoothing. Of a label c the first part alone has w_c. The mean divides by
/// the sum of r, and of labels by the sum of r * w_c.
///
/// # Panics
/// If logits, targets or weights do not fit `shape`, or a label is not below `classes`.
pub fn weighted_cross_entropy_forward<T: Float>(
    shape: RowsShape,
    logits: &[T],            // (batch, classes)
    targets: Targets<'_, T>, // (batch) labels or (batch, classes) distributions
    weights: LossWeights<'_, T>,
) -> T {
    let RowsShape { batch, classes } = shape;
    let (goals, divisor) = goals(shape, targets, weights);
    let logs = log_softmax(shape, logits);
    let mut sum = T::rounded(0.0);
    for at in 0..batch * classes {
        if goals[at] != T::rounded(0.0) {
            sum += -(goals[at] * logs[at]);
        }
    }
    sum / divisor
}

/// The gradient of [`weighted_cross_entropy_forward`] by the logits. Shape (batch, classes).
///
/// # Panics
/// As [`weighted_cross_entropy_forward`].
pub fn weighted_cross_entropy_backward<T: Float>(
    shape: RowsShape,
    logits: &[T],            // (batch, classes)
    targets: Targets<'_, T>, // (batch) labels or (batch, classes) distributions
    weights: LossWeights<'_, T>,
) -> Vec<T> {
    let RowsShape { batch, classes } = shape;
    let (goals, divisor) = goals(shape, targets, weights);
    let a = softmax_forward(shape, logits);
    let mut dlogits = vec![T::rounded(0.0); batch * classes];
    for row in 0..batch {
        // The logarithm of softmax i has the slope [i = j] - a_j by logit j.
        for i in 0..classes {
            for j in 0..classes {
                let is_same = T::rounded(if i == j { 1.0 } else { 0.0 });
                dlogits[row * classes + j] += goals[row * classes + i] * (a[row * classes + j] - is_same) / divisor;
            }
        }
    }
    dlogits
}

/// What the logarithms are multiplied by, (batch, classes), and what the sum is divided by.
fn goals<T: Float>(shape: RowsShape, targets: Targets<'_, T>, weights: LossWeights<'_, T>) -> (Vec<T>, T) {
    let RowsShape { batch, classes } = shape;
    let (of_rows, of_classes) = (weights.of_rows(shape), weights.of_outputs(shape));
    let mut goals = one_row_each(shape, targets);
    let kept = T::rounded(1.0 - weights.smoothing);
    let spread = T::rounded(weights.smoothing / classes as f64);
    for row in 0..batch {
        for class in 0..classes {
            let at = row * classes + class;
            goals[at] = of_rows[row] * of_classes[class] * (kept * goals[at] + spread);
        }
    }
    let counts: Vec<T> = match targets {
        Targets::Labels(labels) => (0..batch).map(|row| of_rows[row] * of_classes[labels[row] as usize]).collect(),
        Targets::Distributions(_) => of_rows,
    };
    (goals, weights.divisor(&counts))
}

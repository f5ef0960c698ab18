//! Binary cross-entropy from logits, forward and backward: each output is a binary label.
//!
//! Yes or no is a softmax over the logits z and 0, which is how it is computed here: the sigmoid of z is the first of
//! the two probabilities, and the logarithms of both are those of a softmax.

use crate::shape::check_matrix;
use crate::{Float, LossWeights, RowsShape, log_softmax, softmax_forward};

/// The mean over all elements of -p * t * ln(sigmoid(z)) - (1 - t) * ln(1 - sigmoid(z)), p the weight of a 1 at that
/// output: PyTorch's `BCEWithLogitsLoss` with `pos_weight`. Elements count as their rows do.
///
/// # Panics
/// If logits, targets or weights do not fit `shape`.
pub fn binary_cross_entropy_forward<T: Float>(
    shape: RowsShape,
    logits: &[T],  // (batch, classes)
    targets: &[T], // (batch, classes)
    weights: LossWeights<'_, T>,
) -> T {
    check_matrix("targets", targets.len(), (shape.batch, shape.classes));
    let logs = log_softmax(yes_and_no(shape), &beside_0(logits));
    let (of_rows, of_ones) = (weights.of_rows(shape), weights.of_outputs(shape));
    let (one, zero) = (T::rounded(1.0), T::rounded(0.0));
    let mut sum = zero;
    for at in 0..logits.len() {
        let (row, output) = (at / shape.classes, at % shape.classes);
        let (yes, no) = (of_ones[output] * targets[at], one - targets[at]);
        if of_rows[row] != zero && yes != zero {
            sum += -(of_rows[row] * yes * logs[2 * at]);
        }
        if of_rows[row] != zero && no != zero {
            sum += -(of_rows[row] * no * logs[2 * at + 1]);
        }
    }
    sum / divisor(shape, weights, &of_rows)
}

/// The gradient of [`binary_cross_entropy_forward`] by the logits: (1 - t) * sigmoid(z) - p * t * (1 - sigmoid(z)),
/// divided as there. Shape (batch, classes).
///
/// # Panics
/// As [`binary_cross_entropy_forward`].
pub fn binary_cross_entropy_backward<T: Float>(
    shape: RowsShape,
    logits: &[T],  // (batch, classes)
    targets: &[T], // (batch, classes)
    weights: LossWeights<'_, T>,
) -> Vec<T> {
    check_matrix("targets", targets.len(), (shape.batch, shape.classes));
    let a = softmax_forward(yes_and_no(shape), &beside_0(logits));
    let (of_rows, of_ones) = (weights.of_rows(shape), weights.of_outputs(shape));
    let divisor = divisor(shape, weights, &of_rows);
    let one = T::rounded(1.0);
    let gradient = |at: usize| {
        let (row, output) = (at / shape.classes, at % shape.classes);
        let (yes, no) = (of_ones[output] * targets[at], one - targets[at]);
        of_rows[row] * (no * a[2 * at] - yes * a[2 * at + 1]) / divisor
    };
    (0..logits.len()).map(gradient).collect()
}

fn yes_and_no(shape: RowsShape) -> RowsShape {
    RowsShape { batch: shape.batch * shape.classes, classes: 2 }
}

/// Each logit and a 0: (batch * classes, 2).
fn beside_0<T: Float>(logits: &[T]) -> Vec<T> {
    logits.iter().flat_map(|&z| [z, T::rounded(0.0)]).collect()
}

fn divisor<T: Float>(shape: RowsShape, weights: LossWeights<'_, T>, of_rows: &[T]) -> T {
    if weights.sum { T::rounded(1.0) } else { weights.divisor(of_rows) * T::rounded(shape.classes as f64) }
}

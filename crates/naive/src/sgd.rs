//! Gradient descent: one step against the gradient, without momentum or decay.

use crate::Float;
use crate::shape::check_pair;

/// w := w - learning_rate * dw, element by element. Weights and biases alike.
///
/// # Panics
/// If w and dw differ in length.
pub fn sgd_step<T: Float>(
    w: &mut [T], // any shape
    dw: &[T],    // as w
    learning_rate: T,
) {
    check_pair("dw", dw.len(), "w", w.len());
    for at in 0..w.len() {
        w[at] -= learning_rate * dw[at];
    }
}

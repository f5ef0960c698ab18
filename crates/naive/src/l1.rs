//! L1: what draws every parameter to 0 by the same amount, however large it is.

use crate::Float;
use crate::shape::check_pair;

/// The gradient of the loss with `l1 * sum |w|` added to it: dw := dw + l1 * sign(w), with sign(0) = 0.
///
/// # Panics
/// If w and dw differ in length.
pub fn l1_gradient<T: Float>(
    w: &[T],      // any shape
    dw: &mut [T], // as w
    l1: f64,
) {
    check_pair("dw", dw.len(), "w", w.len());
    let (zero, l1) = (T::rounded(0.0), T::rounded(l1));
    for at in 0..w.len() {
        if w[at] > zero {
            dw[at] += l1;
        }
        if w[at] < zero {
            dw[at] -= l1;
        }
    }
}

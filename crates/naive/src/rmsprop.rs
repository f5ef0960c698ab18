//! Descent by the gradient over its root mean square, as PyTorch's `RMSprop` without momentum, not centred.

use crate::Float;
use crate::shape::check_pair;

/// The settings of [`rmsprop_step`].
///
/// ```
/// use chainrule_naive::{RmsProp, rmsprop_step};
///
/// let (mut w, mut s) = ([1.0_f64], [0.0]);
/// rmsprop_step(&mut w, &[2.0], &mut s, RmsProp { lr: 0.5, alpha: 0.75, eps: 0.0, weight_decay: 0.0 });
/// assert_eq!((w, s), ([0.0], [1.0]));
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RmsProp {
    /// The learning rate.
    pub lr: f64,
    /// What is kept of the mean square.
    pub alpha: f64,
    /// Added to the root.
    pub eps: f64,
    /// The factor of w in its own gradient.
    pub weight_decay: f64,
}

/// g := dw + weight_decay * w, s := alpha * s + (1 - alpha) * g^2, w := w - lr * g / (sqrt(s) + eps). Before the first
/// step s is 0.
///
/// # Panics
/// If w, dw and s differ in length.
pub fn rmsprop_step<T: Float>(
    w: &mut [T], // any shape
    dw: &[T],    // as w
    s: &mut [T], // as w
    settings: RmsProp,
) {
    check_pair("dw", dw.len(), "w", w.len());
    check_pair("s", s.len(), "w", w.len());
    let (lr, eps) = (T::rounded(settings.lr), T::rounded(settings.eps));
    let (alpha, rest) = (T::rounded(settings.alpha), T::rounded(1.0 - settings.alpha));
    let weight_decay = T::rounded(settings.weight_decay);
    for at in 0..w.len() {
        let g = dw[at] + weight_decay * w[at];
        s[at] = alpha * s[at] + rest * g * g;
        w[at] -= lr * g / (s[at].sqrt() + eps);
    }
}

//! AdaGrad: the larger the past gradients of a parameter, the smaller its steps. As PyTorch's `Adagrad`.

use crate::Float;
use crate::shape::check_pair;

/// The settings of [`adagrad_step`].
///
/// ```
/// use chainrule_naive::{AdaGrad, adagrad_step};
///
/// let (mut w, mut s) = ([1.0_f64], [0.0]);
/// adagrad_step(&mut w, &[2.0], &mut s, AdaGrad { lr: 0.1, lr_decay: 0.0, eps: 0.0, weight_decay: 0.0 }, 1);
/// assert_eq!((w, s), ([0.9], [4.0]));
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AdaGrad {
    /// The learning rate of the first step.
    pub lr: f64,
    /// The decay of the learning rate.
    pub lr_decay: f64,
    /// Added to the square root.
    pub eps: f64,
    /// L2 decay: the factor of w in its own gradient.
    pub weight_decay: f64,
}

/// Step t, counted from 1: g := dw + weight_decay * w, s := s + g^2, and
/// w := w - lr / (1 + (t - 1) * lr_decay) * g / (sqrt(s) + eps).
///
/// # Panics
/// If w, dw and s differ in length.
pub fn adagrad_step<T: Float>(
    w: &mut [T], // any shape
    dw: &[T],    // as w
    s: &mut [T], // as w
    settings: AdaGrad,
    t: u64,
) {
    check_pair("dw", dw.len(), "w", w.len());
    check_pair("s", s.len(), "w", w.len());
    let AdaGrad { lr, lr_decay, eps, weight_decay } = settings;
    let lr = lr / (1.0 + (t - 1) as f64 * lr_decay);
    let (lr, eps, weight_decay) = (T::rounded(lr), T::rounded(eps), T::rounded(weight_decay));
    for at in 0..w.len() {
        let g = dw[at] + weight_decay * w[at];
        s[at] += g * g;
        w[at] -= lr * g / (s[at].sqrt() + eps);
    }
}

//! Gradient descent with a velocity, plain or Nesterov's, as PyTorch's `SGD` with dampening 0.

use crate::Float;
use crate::shape::check_pair;

/// The settings of [`momentum_step`].
///
/// ```
/// use chainrule_naive::{Momentum, momentum_step};
///
/// let (mut w, mut v) = ([1.0_f64], [0.0]);
/// let settings = Momentum { lr: 0.5, momentum: 0.5, nesterov: false, weight_decay: 0.0 };
/// momentum_step(&mut w, &[1.0], &mut v, settings);
/// momentum_step(&mut w, &[1.0], &mut v, settings);
/// assert_eq!((w, v), ([1.0 - 0.5 - 0.75], [1.5]));
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Momentum {
    /// The learning rate.
    pub lr: f64,
    /// What is kept of the velocity.
    pub momentum: f64,
    /// Whether the step looks ahead.
    pub nesterov: bool,
    /// The factor of w in its own gradient.
    pub weight_decay: f64,
}

/// g := dw + weight_decay * w, v := momentum * v + g, and then w := w - lr * v or, for Nesterov's,
/// w := w - lr * (g + momentum * v). Before the first step v is 0.
///
/// # Panics
/// If w, dw and v differ in length.
pub fn momentum_step<T: Float>(
    w: &mut [T], // any shape
    dw: &[T],    // as w
    v: &mut [T], // as w
    settings: Momentum,
) {
    check_pair("dw", dw.len(), "w", w.len());
    check_pair("v", v.len(), "w", w.len());
    let (lr, momentum) = (T::rounded(settings.lr), T::rounded(settings.momentum));
    let weight_decay = T::rounded(settings.weight_decay);
    for at in 0..w.len() {
        let g = dw[at] + weight_decay * w[at];
        v[at] = momentum * v[at] + g;
        let step = if settings.nesterov { g + momentum * v[at] } else { v[at] };
        w[at] -= lr * step;
    }
}

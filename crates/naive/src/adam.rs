//! Adam, and AdamW, whose weight decay is decoupled from the gradient. As PyTorch's `Adam` and `AdamW`,
//! without AMSGrad.

use crate::Float;
use crate::shape::check_pair;

/// The settings of [`adam_step`] and [`adamw_step`].
///
/// ```
/// use chainrule_naive::{Adam, adam_step};
///
/// let (mut w, mut m, mut s) = ([1.0_f64], [0.0], [0.0]);
/// let adam = Adam { lr: 0.1, beta1: 0.9, beta2: 0.999, eps: 1e-8, weight_decay: 0.0 };
/// adam_step(&mut w, &[2.0], &mut m, &mut s, adam, 1);
/// assert!((w[0] - 0.9).abs() < 1e-8); // whatever the gradient's size, the first step is as long as the rate
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Adam {
    /// The learning rate.
    pub lr: f64,
    /// The decay rate of the mean, beta1.
    pub beta1: f64,
    /// The decay rate of the mean square, beta2.
    pub beta2: f64,
    /// Added to the square root.
    pub eps: f64,
    /// The weight decay.
    pub weight_decay: f64,
}

/// Step t, counted from 1: g := dw + weight_decay * w, then
///
/// - m := m + (1 - beta1) * (g - m), s := beta2 * s + (1 - beta2) * g^2, both 0 before the first step;
/// - w := w - lr / (1 - beta1^t) * m / (sqrt(s) / sqrt(1 - beta2^t) + eps).
///
/// # Panics
/// If w, dw, m and s differ in length.
pub fn adam_step<T: Float>(
    w: &mut [T], // any shape
    dw: &[T],    // as w
    m: &mut [T], // as w
    s: &mut [T], // as w
    settings: Adam,
    t: u64,
) {
    check_pair("dw", dw.len(), "w", w.len());
    check_pair("m", m.len(), "w", w.len());
    check_pair("s", s.len(), "w", w.len());
    let Adam { lr, beta1, beta2, eps, weight_decay } = settings;
    // beta to the power of t.
    let (mut beta1_t, mut beta2_t) = (1.0, 1.0);
    for _ in 0..t {
        beta1_t *= beta1;
        beta2_t *= beta2;
    }
    let (step, root) = (T::rounded(lr / (1.0 - beta1_t)), T::rounded((1.0 - beta2_t).sqrt()));
    let (rest1, beta2, rest2) = (T::rounded(1.0 - beta1), T::rounded(beta2), T::rounded(1.0 - beta2));
    let (eps, weight_decay) = (T::rounded(eps), T::rounded(weight_decay));
    for at in 0..w.len() {
        let g = dw[at] + weight_decay * w[at];
        m[at] += rest1 * (g - m[at]);
        s[at] = beta2 * s[at] + rest2 * g * g;
        w[at] -= step * m[at] / (s[at].sqrt() / root + eps);
    }
}

/// w := (1 - lr * weight_decay) * w, then as [`adam_step`] without decay.
///
/// # Panics
/// As [`adam_step`].
pub fn adamw_step<T: Float>(
    w: &mut [T], // any shape
    dw: &[T],    // as w
    m: &mut [T], // as w
    s: &mut [T], // as w
    settings: Adam,
    t: u64,
) {
    let kept = T::rounded(1.0 - settings.lr * settings.weight_decay);
    for at in 0..w.len() {
        w[at] = kept * w[at];
    }
    adam_step(w, dw, m, s, Adam { weight_decay: 0.0, ..settings }, t);
}

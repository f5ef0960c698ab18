//! Dropout with a given mask, forward and backward. What is kept is divided by 1 - p (Srivastava and others, *Dropout:
//! a simple way to prevent neural networks from overfitting*, 2014, section 10).

use crate::Float;
use crate::shape::check_pair;

/// y = x / (1 - p) where the mask says so, 0 elsewhere.
///
/// # Panics
/// If x and the mask differ in length.
pub fn dropout_forward<T: Float>(
    p: f64,
    mask: &[bool], // as x
    x: &[T],       // any shape
) -> Vec<T> {
    check_pair("the mask", mask.len(), "x", x.len());
    x.iter().zip(mask).map(|(&x, &kept)| if kept { x / T::rounded(1.0 - p) } else { T::rounded(0.0) }).collect()
}

/// The chain rule through [`dropout_forward`], which is linear in x: the same factors.
///
/// # Panics
/// If dy and the mask differ in length.
pub fn dropout_backward<T: Float>(
    p: f64,
    mask: &[bool], // as dy
    dy: &[T],      // any shape
) -> Vec<T> {
    dropout_forward(p, mask, dy)
}

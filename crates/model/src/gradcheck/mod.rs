//! Gradient checking: compares the gradients of [`Mlp::backward`](crate::Mlp::backward) with finite differences of
//! [`Mlp::forward`](crate::Mlp::forward) and the loss.
//!
//! All computations are in f64, on a copy of the network. `f(t)` is the loss with `t v` added to a tensor; it is evaluated
//! at six points around 0, and its slope there (`slope.rs`) must equal the product of the gradient with `v`. The directions
//! `v` are random directions of each tensor, random directions of all tensors together, and single coordinates. The allowed
//! difference is computed: from the truncation error of the differences, the rounding of the loss (`noise.rs`), and the
//! rounding of the gradient. No tolerance is chosen by hand.
//!
//! The tensors are the `input`, the parameters of every module (`0.weight`, `0.bias`, ...), and the `output`. The row of
//! the `output` checks the derivative of the loss alone: where it is right and the others are wrong, the fault is in a
//! layer.
//!
//! The pass is a training pass: batch normalisation uses the statistics of the minibatch, and dropout drops the same units
//! in every evaluation.
//!
//! Where a piecewise function such as ReLU changes its piece within the step, no slope can be compared. Such a direction is
//! tried again with smaller steps, and discarded if none serves; so is a direction along which the loss itself has a kink.
//! A tensor with more than [`Settings::max_discarded`] of its directions discarded does not pass.

mod check;
mod kinks;
mod noise;
mod report;
mod settings;
mod slope;
mod subject;
mod tensor_check;
#[cfg(test)]
mod tests;

pub use check::{gradcheck, gradcheck_with};
pub use report::{Position, Report, TensorReport, Verdict, Worst};
pub use settings::Settings;

//! Gradients against slopes: is what [`Mlp::backward`](crate::Mlp::backward) computes the derivative of what [`Mlp::forward`](crate::Mlp::forward) and the loss
//! compute?
//!
//! Everything is done in f64, on a copy of the network: `f(t)`, the loss with a tensor moved by `t v`, is measured at six
//! points around 0, and its slope there (`slope.rs`) must be the gradient's product with `v`. The directions `v` are random
//! ones through each tensor, random ones through all of them, and single coordinates. How far the two may be apart follows
//! from the measurement: the truncation of the differences, the rounding of the loss (`noise.rs`), the rounding of the
//! gradient. No tolerance is chosen by hand.
//!
//! The tensors are the `input`, `0.weight` and `0.bias` of every module that learns, and the `output`: that row is the loss's
//! own derivative, and says whether a loss or a layer is wrong when all rows before it are.
//!
//! What is checked is a training pass: batch normalisation goes by the minibatch, and dropout leaves out the same units
//! every time.
//!
//! Where a piecewise function (ReLU) changes its piece within the step, there is no slope to compare with. Such a
//! direction is tried again with a smaller step, and is discarded in the end; so is one along which the loss itself has
//! a kink. A tensor of which more than [`Settings::max_discarded`] were discarded has not passed.

mod check;
mod kinks;
mod measure;
mod noise;
mod report;
mod settings;
mod slope;
mod subject;
#[cfg(test)]
mod tests;

pub use check::{gradcheck, gradcheck_with};
pub use report::{Position, Report, TensorReport, Verdict, Worst};
pub use settings::Settings;

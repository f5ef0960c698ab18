//! What is done with a gradient.

use chainrule_kernel::Scalar;

/// A rule that turns gradients into a step.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Optimizer {
    /// `w <- w - lr * dw`: stochastic gradient descent.
    Sgd {
        /// The learning rate.
        lr: f64,
    },
}

/// The names of the optimisers.
pub const OPTIMIZER_NAMES: &[&str] = &["sgd"];

impl Optimizer {
    /// Moves the parameters by one step.
    ///
    /// # Panics
    /// When there are not as many gradients as parameters.
    pub fn update<T: Scalar>(self, params: &mut [T], grads: &[T]) {
        match self {
            Optimizer::Sgd { lr } => chainrule_dense::update::sgd(params, grads, lr, 0.0),
        }
    }
}

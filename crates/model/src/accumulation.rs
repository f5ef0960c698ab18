//! Gradients of several minibatches, brought together for one step.

use chainrule_dense::sum;
use chainrule_kernel::Scalar;

use crate::{Mlp, ModelError, Workspace};

/// The weighted sum of gradients. Each minibatch's gradient is that of its own mean loss; with the share of rows that it has
/// among all of the step's, the sum is the gradient of the mean loss over all of them: what one minibatch of all those rows
/// would give, but for the order in which the rows are added. A group that is smaller than the others counts its own rows
/// alone, so its step is as long as any other.
///
/// ```
/// # use chainrule_model as chainrule;
/// use chainrule::{Accumulation, Loss, MatRef, Mlp, Optimizer, Targets, Workspace};
///
/// // Two minibatches of one row, then the step that a single one of both would take.
/// let mut mlp = Mlp::builder(1).dense(1).build_as::<f64>()?;
/// let sgd = Optimizer::Sgd { lr: 0.1 };
/// let mut workspace = Workspace::for_training(&mlp, 1, sgd)?;
/// let mut sum = Accumulation::new(&mlp)?;
/// for (x, t) in [(1.0, 2.0), (3.0, 4.0)] {
///     let (x, t) = ([x], [t]);
///     let x = MatRef::new(&x, 1, 1);
///     mlp.forward_training(x, &mut workspace)?;
///     mlp.backward(x, Targets::Values(MatRef::new(&t, 1, 1)), Loss::Mse, &mut workspace)?;
///     sum.add(&workspace, 0.5);
/// }
/// assert_eq!(sum.gradients().len(), mlp.params().len());
/// sum.step(&mut mlp, sgd, &mut workspace)?;
/// # Ok::<(), chainrule::ModelError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Accumulation<T> {
    grads: Vec<T>, // as the parameters
}

impl<T: Scalar> Accumulation<T> {
    /// Room for the gradients of a network.
    ///
    /// # Errors
    /// When there is not so much memory.
    pub fn new(mlp: &Mlp<T>) -> Result<Self, ModelError> {
        let (mut grads, count) = (Vec::new(), mlp.params().len());
        let too_large = |_| ModelError::TooLarge { what: format!("the gradients of {count} parameters") };
        grads.try_reserve_exact(count).map_err(too_large)?;
        grads.resize(count, T::ZERO);
        Ok(Accumulation { grads })
    }

    /// Begins a new group.
    pub fn clear(&mut self) {
        self.grads.fill(T::ZERO);
    }

    /// Adds what the last backward pass left, times its share of the group's rows.
    ///
    /// # Panics
    /// When the workspace is another network's.
    pub fn add(&mut self, workspace: &Workspace<T>, share: f64) {
        sum::add(&mut self.grads, workspace.gradients(), share);
    }

    /// The sum so far, laid out as [`Mlp::params`].
    pub fn gradients(&self) -> &[T] {
        &self.grads
    }

    /// One step by the sum; the workspace remembers what the optimiser does. Clipping sees the whole sum and changes it.
    ///
    /// # Errors
    /// As [`Mlp::update`].
    pub fn step(
        &mut self,
        mlp: &mut Mlp<T>,
        update: impl Into<crate::Update>,
        workspace: &mut Workspace<T>,
    ) -> Result<(), ModelError> {
        mlp.update(update, &mut self.grads, &mut workspace.moments)
    }
}

//! Gradient accumulation: the gradients of several minibatches, summed for one step.

use std::sync::Arc;

use chainrule_dense::sum;
use chainrule_kernel::{Aligned, Scalar};

use crate::layout::Layout;
use crate::memory::zeros;
use crate::workspace::WORKSPACE;
use crate::{Mlp, ModelError, Workspace};

/// A weighted sum of gradients. The gradient of a minibatch is that of its own mean loss. Weighted by the minibatch's share
/// of the rows in the group, the sum is the gradient of the mean loss over all rows of the group: that of one minibatch of
/// all those rows, except for the order of summation. The last group of an epoch may be smaller; the shares are those of
/// its own rows.
///
/// ```
/// # use chainrule_model as chainrule;
/// use chainrule::optim::Accumulation;
/// use chainrule::{Loss, MatRef, Mlp, Optimizer, TargetsRef, Workspace};
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
///     mlp.backward(x, TargetsRef::Values(MatRef::new(&t, 1, 1)), Loss::Mse, &mut workspace)?;
///     sum.add(&workspace, 0.5)?;
/// }
/// assert_eq!(sum.gradients().len(), mlp.params().len());
/// sum.step(&mut mlp, sgd, &mut workspace)?;
/// # Ok::<(), chainrule::ModelError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Accumulation<T: Scalar> {
    /// The layout of the network that it was made for.
    layout: Arc<Layout<T>>,
    grads: Aligned<T>, // as the parameters
}

impl<T: Scalar> Accumulation<T> {
    /// A sum of 0 for the gradients of a network.
    ///
    /// # Errors
    /// When there is not enough memory.
    pub fn new(mlp: &Mlp<T>) -> Result<Self, ModelError> {
        let count = mlp.params().len();
        let grads = zeros(count).map_err(|memory| memory.of(format!("the gradients of {count} parameters")))?;
        Ok(Accumulation { layout: Arc::clone(&mlp.layout), grads })
    }

    /// Sets the sum to 0, for a new group.
    pub fn clear(&mut self) {
        self.grads.fill(T::ZERO);
    }

    /// Adds the gradients of the workspace's last backward pass, times the minibatch's share of the rows in the group. A forward pass
    /// alone, and [`Mlp::step`], which applies gradients as it computes them, leave those of an earlier pass there.
    ///
    /// # Errors
    /// When the workspace was made for a network of other layers, or the share is infinite or NaN; nothing is added
    /// then.
    pub fn add(&mut self, workspace: &Workspace<T>, share: f64) -> Result<(), ModelError> {
        self.layout.check("accumulate", WORKSPACE, &workspace.layout)?;
        if !share.is_finite() {
            let (what, expected) = ("the share of a minibatch in its group", "a finite number");
            return Err(ModelError::Setting { what, found: share, expected });
        }
        sum::add(&mut self.grads, workspace.gradients(), share);
        Ok(())
    }

    /// The sum so far, laid out as [`Mlp::params`].
    pub fn gradients(&self) -> &[T] {
        &self.grads
    }

    /// One step along the sum, with the optimiser's state in the workspace. Clipping applies to the whole sum and changes
    /// it. The sum stays: [`Accumulation::clear`] begins the next group.
    ///
    /// # Errors
    /// As [`Mlp::update`], and when the network or the workspace has other layers than the one that this was made for.
    pub fn step(
        &mut self,
        mlp: &mut Mlp<T>,
        update: impl Into<crate::Update>,
        workspace: &mut Workspace<T>,
    ) -> Result<(), ModelError> {
        mlp.layout.check("step", "the sum of gradients", &self.layout)?;
        mlp.layout.check("step", WORKSPACE, &workspace.layout)?;
        mlp.update(update, &mut self.grads, &mut workspace.optimizer_state)
    }
}

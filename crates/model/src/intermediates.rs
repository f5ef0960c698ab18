//! A network whose every value and gradient can be read: each module is computed on its own and keeps its output and the
//! gradient by it. For explaining, not for training: [`Mlp`] fuses an activation into the layer before it and computes
//! gradients in place, which is faster and keeps fewer numbers. Both compute the same bits.

use std::sync::Arc;

use chainrule_dense::Activation;
use chainrule_kernel::{MatRef, Scalar};

use crate::layer::Op;
use crate::layer::layer_op::Kept;
use crate::layout::places;
use crate::{Layer, Mlp, ModelError, Objective, TargetsRef, Workspace};

/// The output of every module of a network in one pass, and the gradient by each.
///
/// ```
/// # use chainrule_model as chainrule;
/// use chainrule::network::Intermediates;
/// use chainrule::{Loss, MatRef, Mlp, TargetsRef};
///
/// let mlp = Mlp::builder(2).dense(3).relu().dense(1).build()?;
/// let (x, t) = ([1.0, 2.0], [0.5]);
/// let (x, targets) = (MatRef::new(&x, 1, 2), TargetsRef::Values(MatRef::new(&t, 1, 1)));
/// let mut parts = Intermediates::new(&mlp, 1);
/// parts.forward(x)?;
/// parts.backward(x, targets, Loss::Mse)?;
/// let (z1, da1) = (parts.output(0), parts.gradient(1));
/// assert_eq!((z1.cols(), da1.cols()), (3, 3));
/// # Ok::<(), chainrule_model::ModelError>(())
/// ```
#[derive(Debug)]
pub struct Intermediates<T: Scalar> {
    pub(crate) mlp: Mlp<T>,
    workspace: Workspace<T>,
    /// For each module the operation that keeps its output, and the gradient by it.
    kept: Vec<usize>,
}

impl<T: Scalar> Intermediates<T> {
    /// A copy of the network as it is now, for minibatches of up to `max_batch` rows.
    ///
    /// # Panics
    /// When there is not enough memory; [`Intermediates::try_new`] returns an error instead.
    pub fn new(mlp: &Mlp<T>, max_batch: usize) -> Self {
        Intermediates::try_new(mlp, max_batch).unwrap_or_else(|error| panic!("{error}"))
    }

    /// As [`Intermediates::new`].
    ///
    /// # Errors
    /// [`ModelError::TooLarge`] when there is not enough memory.
    pub fn try_new(mlp: &Mlp<T>, max_batch: usize) -> Result<Self, ModelError> {
        // An identity in front: after backward it holds the gradient by the input, which training does not compute.
        let mut ops = vec![Op::Activation(Activation::Identity)];
        let kept = places(mlp.layers()).map(|(layer, place)| {
            ops.push(Op::of(layer, place));
            if !matches!(layer, Layer::Dense { .. }) {
                // Backward turns the gradient by an operation's output into that by its input, in place; this one
                // changes nothing, so what it holds is still the gradient by the output.
                ops.push(Op::Activation(Activation::Identity));
            }
            ops.len() - 1
        });
        let kept = kept.collect();
        let mlp = Mlp { layout: Arc::new(mlp.layout.with_ops(ops)), ..mlp.try_clone()? };
        let workspace = Workspace::try_new(&mlp, max_batch)?;
        Ok(Intermediates { mlp, workspace, kept })
    }

    /// As [`Mlp::forward`].
    ///
    /// # Errors
    /// As [`Mlp::forward`].
    pub fn forward(
        &mut self,
        x: MatRef<'_, T>, // (batch, inputs)
    ) -> Result<(), ModelError> {
        self.mlp.forward(x, &mut self.workspace).map(drop)
    }

    /// As [`Mlp::forward_training`]: with the masks and the statistics that the network itself would have.
    ///
    /// # Errors
    /// As [`Mlp::forward_training`].
    pub fn forward_training(
        &mut self,
        x: MatRef<'_, T>, // (batch, inputs)
    ) -> Result<(), ModelError> {
        self.mlp.forward_training(x, &mut self.workspace).map(drop)
    }

    /// As [`Mlp::backward`].
    ///
    /// # Errors
    /// As [`Mlp::backward`].
    pub fn backward<'t>(
        &mut self,
        x: MatRef<'_, T>, // (batch, inputs)
        targets: TargetsRef<'_, T>,
        loss: impl Into<Objective<'t, T>>,
    ) -> Result<f64, ModelError> {
        self.mlp.backward(x, targets, loss, &mut self.workspace)
    }

    /// As [`Mlp::backward_with`]: the gradients are of whatever this function of the outputs is.
    ///
    /// # Errors
    /// As [`Mlp::backward_with`].
    pub fn backward_with(
        &mut self,
        x: MatRef<'_, T>,                                  // (batch, inputs)
        loss: impl FnOnce(MatRef<'_, T>, &mut [T]) -> f64, // of the output and its gradient, both (batch, outputs)
    ) -> Result<f64, ModelError> {
        self.mlp.backward_with(x, loss, &mut self.workspace)
    }

    /// The output of a module, (batch, width), by its index in [`Mlp::layers`].
    ///
    /// # Panics
    /// When there is no such module; so for [`Intermediates::gradient`].
    pub fn output(&self, module: usize) -> MatRef<'_, T> {
        let op = &self.workspace.ops[self.kept[module]];
        MatRef::new(&op.a[..self.workspace.pass.batch * op.width], self.workspace.pass.batch, op.width)
    }

    /// The gradient of the loss by the output of a module, (batch, width).
    pub fn gradient(&self, module: usize) -> MatRef<'_, T> {
        let op = &self.workspace.ops[self.kept[module]];
        MatRef::new(&op.da[..self.workspace.pass.batch * op.width], self.workspace.pass.batch, op.width)
    }

    /// The gradient of the loss by the input, (batch, inputs).
    pub fn input_gradient(&self) -> MatRef<'_, T> {
        let op = &self.workspace.ops[0];
        MatRef::new(&op.da[..self.workspace.pass.batch * op.width], self.workspace.pass.batch, op.width)
    }

    /// The means and variances that a normalisation used: of the rows for a layer normalisation, of the columns for a batch
    /// normalisation; `None` for other modules. Variances are divided by the number of elements.
    ///
    /// # Panics
    /// When there is no such module.
    pub fn statistics(&self, module: usize) -> Option<(&[f64], &[f64])> {
        let means = match self.mlp.layers()[module] {
            Layer::LayerNorm { .. } => self.workspace.pass.batch,
            Layer::BatchNorm { width, .. } => width,
            _ => return None,
        };
        // The identity that keeps its output comes right after its own operation.
        let Kept::Statistics(statistics) = &self.workspace.ops[self.kept[module] - 1].kept else { return None };
        Some((&statistics.mean[..means], &statistics.variance[..means]))
    }

    /// Whether the last forward pass was one for training.
    pub fn is_training(&self) -> bool {
        self.workspace.pass.is_training
    }

    /// The mask of a dropout layer in the last pass, (batch, width), 1 where the unit was kept; `None` for other modules
    /// and in evaluation.
    ///
    /// # Panics
    /// When there is no such module.
    pub fn mask(&self, module: usize) -> Option<&[u8]> {
        let Layer::Dropout { .. } = self.mlp.layers()[module] else { return None };
        let op = &self.workspace.ops[self.kept[module] - 1];
        let Kept::Mask(mask) = &op.kept else { return None };
        self.workspace.pass.is_training.then(|| &mask[..self.workspace.pass.batch * op.width])
    }

    /// The gradients by the parameters, laid out as [`Mlp::params`].
    pub fn gradients(&self) -> &[T] {
        self.workspace.gradients()
    }
}

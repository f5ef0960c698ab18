//! The forward and backward pass of a network. The training step is in `step.rs`.
//!
//! The passes use the buffers of the caller's [`Workspace`] and allocate nothing. A workspace of another network, and in
//! the backward pass an x that is not that of the forward pass, are errors before anything is computed.

use chainrule_kernel::{MatRef, Scalar};

use crate::backward::{self, Network};
use crate::finite::check_output_gradient;
use crate::layer::each;
use crate::layer::layer_op::{Forward, LayerOp, Weights};
use crate::layout::Layout;
use crate::workspace::{Input, Pass, WORKSPACE, Workspace};
use crate::{Mlp, ModelError, Objective, TargetsRef};

impl<T: Scalar> Mlp<T> {
    /// The network's output, (batch, outputs), for x of (batch, inputs); it is stored in the workspace. This is an
    /// evaluation pass: dropout is the identity, and batch normalisation uses its running statistics.
    ///
    /// # Errors
    /// When x is not as wide as the network's input, it has more rows than the workspace was made for, or the workspace was
    /// made for a network of other layers, so for all of the passes; when x's rows are not contiguous and the first
    /// module is not a dense one. After a pass that failed, no backward pass is possible.
    pub fn forward<'w>(
        &self,
        x: MatRef<'_, T>, // (batch, inputs)
        workspace: &'w mut Workspace<T>,
    ) -> Result<MatRef<'w, T>, ModelError> {
        self.run_forward(false, x, workspace)
    }

    /// As [`Mlp::forward`], for training: dropout drops units, and batch normalisation uses the statistics of the
    /// minibatch. The network does not change, and the same x gives the same output until [`Mlp::commit_pass`] is called.
    ///
    /// # Errors
    /// As [`Mlp::forward`], and when batch normalisation gets fewer than two rows.
    pub fn forward_training<'w>(
        &self,
        x: MatRef<'_, T>, // (batch, inputs)
        workspace: &'w mut Workspace<T>,
    ) -> Result<MatRef<'w, T>, ModelError> {
        self.run_forward(true, x, workspace)
    }

    /// Commits the training pass that the workspace holds: updates the running statistics of batch normalisation, and makes
    /// the next pass draw new dropout masks. [`Mlp::step`] does this itself. After a pass of evaluation, or one that
    /// failed, nothing changes.
    ///
    /// # Errors
    /// When the workspace was made for a network of other layers; nothing changes then.
    pub fn commit_pass(&mut self, workspace: &Workspace<T>) -> Result<(), ModelError> {
        self.layout.check("commit_pass", WORKSPACE, &workspace.layout)?;
        if workspace.pass.is_training && workspace.pass.of.is_some() {
            self.commit_unchecked(workspace);
        }
        Ok(())
    }

    /// As [`Mlp::commit_pass`], for a workspace of this network that holds a training pass.
    pub(crate) fn commit_unchecked(&mut self, workspace: &Workspace<T>) {
        self.passes += 1;
        if self.running.is_empty() {
            return;
        }
        for (op, here) in self.layout.ops.iter().zip(&workspace.ops) {
            each!(op, layer => layer.commit(workspace.pass.batch, &here.kept, &mut self.running));
        }
        self.batches.iter_mut().for_each(|batches| *batches += 1);
    }

    fn run_forward<'w>(
        &self,
        is_training: bool,
        x: MatRef<'_, T>, // (batch, inputs)
        workspace: &'w mut Workspace<T>,
    ) -> Result<MatRef<'w, T>, ModelError> {
        self.run_pass(is_training, x, workspace)?;
        workspace.pass.of = Some(Input::of(x));
        Ok(workspace.output())
    }

    /// A forward pass for a step: the identity of x is not recorded, so that no later backward pass can use it.
    #[inline]
    pub(crate) fn run_pass(
        &self,
        is_training: bool,
        x: MatRef<'_, T>, // (batch, inputs)
        workspace: &mut Workspace<T>,
    ) -> Result<(), ModelError> {
        (workspace.pass.batch, workspace.pass.of) = (0, None);
        let batch = x.rows();
        self.layout.check("forward", WORKSPACE, &workspace.layout)?;
        self.check_input("forward", x)?;
        if batch > workspace.max_batch {
            return Err(ModelError::Batch { found: batch, made_for: workspace.max_batch });
        }
        workspace.pass.is_training = false;
        self.run_operations(is_training, x, workspace)?;
        (workspace.pass.batch, workspace.pass.is_training) = (batch, is_training);
        Ok(())
    }

    /// Checks the width and strides of x.
    pub(crate) fn check_input(&self, operation: &'static str, x: MatRef<'_, T>) -> Result<(), ModelError> {
        if x.cols() != self.inputs() {
            let (found, expected) = ((x.rows(), x.cols()), (x.rows(), self.inputs()));
            return Err(ModelError::Shape { operation, what: "x", found, expected });
        }
        // Products read any strides; the other operations need contiguous rows.
        if !each!(&self.layout.ops[0], layer => layer.takes_any_strides()) && !x.has_contiguous_rows() {
            return Err(ModelError::Strides { operation, found: x.col_stride(), layer: self.layout.layers[0] });
        }
        Ok(())
    }

    /// Runs every operation in order, on a checked x.
    fn run_operations(
        &self,
        is_training: bool,
        x: MatRef<'_, T>, // (batch, inputs)
        workspace: &mut Workspace<T>,
    ) -> Result<(), ModelError> {
        let (batch, numbers) = (x.rows(), self.numbers());
        let pass = Forward { numbers, is_training, seed: self.seed, pass: self.passes };
        for (i, op) in self.layout.ops.iter().enumerate() {
            let (before, rest) = workspace.ops.split_at_mut(i);
            let x = if i == 0 { x } else { before[i - 1].output(batch) };
            each!(op, layer => layer.forward(&pass, x, &mut rest[0])?);
        }
        Ok(())
    }

    /// Returns the loss of the forward pass that the workspace holds, and computes its gradients by every parameter into
    /// [`Workspace::gradients`]. The pass may be that of [`Mlp::forward`] or [`Mlp::forward_training`], of the same `x`. A
    /// [`Loss`](crate::Loss) is a mean over the rows; for weights and sums see [`Objective`].
    ///
    /// # Errors
    /// As [`Objective::backward`], and when cross-entropy follows a softmax or log-softmax layer, or binary cross-entropy a
    /// sigmoid; when the workspace holds no forward pass, or x is not the matrix of that pass, at the same address; when
    /// the loss is finite and its gradient is not. x is read again: that its values did not change is not checked.
    pub fn backward<'t>(
        &self,
        x: MatRef<'_, T>, // (batch, inputs)
        targets: TargetsRef<'_, T>,
        loss: impl Into<Objective<'t, T>>,
        workspace: &mut Workspace<T>,
    ) -> Result<f64, ModelError> {
        self.check_pass(x, workspace)?;
        let value = self.loss(targets, loss, workspace)?;
        check_output_gradient(value, workspace)?;
        self.backpropagate(x, workspace);
        Ok(value)
    }

    /// As [`Mlp::backward`], with a loss of the caller's own. It is given the output and a gradient buffer of zeros, writes
    /// its gradient by each element of the output, row-major, and returns its value.
    ///
    /// ```
    /// # use chainrule_model as chainrule;
    /// use chainrule::{MatRef, Mlp, Optimizer, Workspace};
    ///
    /// let mut mlp = Mlp::builder(1).dense(1).build_as::<f64>()?;
    /// let (x, t) = ([0.0, 1.0, 2.0], [1.0, 3.0, 5.0]);
    /// // The mean of ln cosh(y - t), whose derivative is tanh(y - t).
    /// let log_cosh = |y: MatRef<'_, f64>, dy: &mut [f64]| {
    ///     let mut total = 0.0;
    ///     for (i, t) in t.iter().enumerate() {
    ///         let error = y.get(i, 0) - t;
    ///         total += error.cosh().ln() / 3.0;
    ///         dy[i] = error.tanh() / 3.0;
    ///     }
    ///     total
    /// };
    /// let x = MatRef::new(&x, 3, 1);
    /// let mut workspace = Workspace::new(&mlp, 3);
    /// for _ in 0..1000 {
    ///     mlp.step_with(x, log_cosh, Optimizer::Sgd { lr: 0.3 }, &mut workspace)?;
    /// }
    /// mlp.forward(x, &mut workspace)?;
    /// assert!(mlp.backward_with(x, log_cosh, &mut workspace)? < 1e-6);
    /// # Ok::<(), chainrule_model::ModelError>(())
    /// ```
    ///
    /// # Errors
    /// As [`Mlp::backward`], and when the minibatch is empty.
    pub fn backward_with(
        &self,
        x: MatRef<'_, T>,                                  // (batch, inputs)
        loss: impl FnOnce(MatRef<'_, T>, &mut [T]) -> f64, // of the output and its gradient, both (batch, outputs)
        workspace: &mut Workspace<T>,
    ) -> Result<f64, ModelError> {
        self.check_pass(x, workspace)?;
        let value = own(loss, workspace)?;
        check_output_gradient(value, workspace)?;
        self.backpropagate(x, workspace);
        Ok(value)
    }

    /// Checks that the workspace holds a forward pass of x.
    fn check_pass(&self, x: MatRef<'_, T>, workspace: &Workspace<T>) -> Result<(), ModelError> {
        const OPERATION: &str = "backward";
        self.layout.check(OPERATION, WORKSPACE, &workspace.layout)?;
        let Some(of) = workspace.pass.of else { return Err(ModelError::NoPass { operation: OPERATION }) };
        let (found, expected) = ((x.rows(), x.cols()), (workspace.pass.batch, self.inputs()));
        if found != expected {
            return Err(ModelError::Shape { operation: OPERATION, what: "x", found, expected });
        }
        if Input::of(x) != of { Err(ModelError::OtherInput) } else { Ok(()) }
    }

    /// Computes the gradients by the parameters from the gradient by the output, which the workspace holds.
    pub(crate) fn backpropagate(&self, x: MatRef<'_, T>, workspace: &mut Workspace<T>) {
        let Workspace { ops, grads, pass: Pass { batch, is_training, .. }, .. } = workspace;
        let Layout { kernel, ops: of, .. } = &*self.layout;
        let network = Network { kernel, ops: of, batch: *batch, is_training: *is_training };
        backward::run(network, x, Weights::Kept(&self.params), ops, grads);
    }

    /// The loss of the output that the workspace holds.
    ///
    /// # Errors
    /// As [`Mlp::backward`], except for those of x.
    pub fn loss<'t>(
        &self,
        targets: TargetsRef<'_, T>,
        loss: impl Into<Objective<'t, T>>,
        workspace: &mut Workspace<T>,
    ) -> Result<f64, ModelError> {
        self.layout.check("loss", WORKSPACE, &workspace.layout)?;
        if workspace.pass.of.is_none() && workspace.pass.batch == 0 {
            return Err(ModelError::NoPass { operation: "loss" });
        }
        self.loss_and_gradient(targets, loss.into(), workspace)
    }

    /// As [`Mlp::loss`], for a workspace of this network that holds a pass. Writes the gradient by the output as well.
    #[inline]
    pub(crate) fn loss_and_gradient(
        &self,
        targets: TargetsRef<'_, T>,
        objective: Objective<'_, T>,
        workspace: &mut Workspace<T>,
    ) -> Result<f64, ModelError> {
        objective.loss.check_after(self.layout.layers.last())?;
        let (output, dy) = workspace.output_and_gradient();
        objective.backward(self.layout.kernel, output, targets, dy)
    }

    /// The network's output, written row-major into `output`, for any number of rows, as many at a time as the workspace
    /// holds.
    ///
    /// # Errors
    /// As [`Mlp::forward`], however many rows there are, and when `output` does not have `x.rows() * outputs` elements.
    pub fn predict_into(
        &self,
        x: MatRef<'_, T>, // (rows, inputs)
        output: &mut [T], // (rows, outputs)
        workspace: &mut Workspace<T>,
    ) -> Result<(), ModelError> {
        let (rows, width) = (x.rows(), self.outputs());
        self.layout.check("predict", WORKSPACE, &workspace.layout)?;
        check_predictions(output.len(), rows, width)?;
        if rows > 0 && workspace.max_batch == 0 {
            return Err(ModelError::Batch { found: rows, made_for: 0 });
        }
        for start in (0..rows).step_by(workspace.max_batch.max(1)) {
            let end = rows.min(start + workspace.max_batch);
            self.forward(x.rows_in(start..end), workspace)?;
            let n = (end - start) * width;
            let last = &workspace.ops[workspace.ops.len() - 1];
            output[start * width..end * width].copy_from_slice(&last.a[..n]);
        }
        Ok(())
    }
}

/// Checks that a buffer of `found` elements holds predictions of (rows, outputs).
pub(crate) fn check_predictions(found: usize, rows: usize, outputs: usize) -> Result<(), ModelError> {
    if rows.checked_mul(outputs) == Some(found) {
        return Ok(());
    }
    let (found, expected) = ((found / outputs.max(1), outputs), (rows, outputs));
    Err(ModelError::Shape { operation: "predict", what: "the output", found, expected })
}

/// The caller's own loss of the output that the workspace holds. Writes the gradient by the output into the workspace.
pub(crate) fn own<T: Scalar>(
    loss: impl FnOnce(MatRef<'_, T>, &mut [T]) -> f64,
    workspace: &mut Workspace<T>,
) -> Result<f64, ModelError> {
    if workspace.pass.batch == 0 {
        return Err(ModelError::EmptyBatch);
    }
    let (output, dy) = workspace.output_and_gradient();
    dy.fill(T::ZERO);
    Ok(loss(output, dy))
}

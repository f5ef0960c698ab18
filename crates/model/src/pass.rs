//! What a network computes: forward, backward by the chain rule, and the step that joins them.
//!
//! Everything runs in the caller's [`Workspace`] and allocates nothing.

use std::ops::Range;

use chainrule_dense::{Step, activation, update};
use chainrule_kernel::{MatMut, MatRef, Scalar};

use crate::backward::{self, Network, Weights};
use crate::decay::Steps;
use crate::mlp::{Mlp, Op};
use crate::workspace::{OpWorkspace, Workspace};
use crate::{ModelError, Moments, Objective, Targets, Update};
use crate::{batch_norm, dropout, layer_norm, softmax};

impl<T: Scalar> Mlp<T> {
    /// The network's output, (batch, outputs), for x of (batch, inputs). It stays in the workspace. This is evaluation:
    /// dropout leaves nothing out, and batch normalisation goes by its running statistics.
    ///
    /// # Errors
    /// When x is not as wide as the network's input, its rows are not contiguous, or it has more rows than the
    /// workspace has room for.
    ///
    /// # Panics
    /// When the workspace was made for a network of other layers; so for all of the passes.
    pub fn forward<'w>(
        &self,
        x: MatRef<'_, T>, // (batch, inputs)
        workspace: &'w mut Workspace<T>,
    ) -> Result<MatRef<'w, T>, ModelError> {
        self.run_forward(false, x, workspace)
    }

    /// As [`Mlp::forward`], for training: dropout leaves units out, and batch normalisation goes by the minibatch.
    /// Nothing of the network changes, and the same x gives the same output until [`Mlp::settle`] is called.
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

    /// Ends a training pass, which the workspace holds: batch normalisation's running statistics move, and the next
    /// pass leaves out other units. [`Mlp::step`] does this itself. After a pass of evaluation there is nothing to end.
    ///
    /// # Panics
    /// When the workspace was made for a network of other layers.
    pub fn settle(&mut self, workspace: &Workspace<T>) {
        if !workspace.is_training {
            return;
        }
        self.passes += 1;
        if self.running.is_empty() {
            return;
        }
        for (op, here) in self.ops.iter().zip(&workspace.ops) {
            if let Op::BatchNorm { norm, momentum, running, .. } = *op {
                let running = &mut self.running[running..running + 2 * norm.width];
                batch_norm::settle(momentum, workspace.batch, &here.statistics, running);
            }
        }
        self.batches.iter_mut().for_each(|batches| *batches += 1);
    }

    fn run_forward<'w>(
        &self,
        is_training: bool,
        x: MatRef<'_, T>, // (batch, inputs)
        workspace: &'w mut Workspace<T>,
    ) -> Result<MatRef<'w, T>, ModelError> {
        let batch = x.rows();
        if x.cols() != self.inputs {
            let expected = (batch, self.inputs);
            return Err(ModelError::Shape { operation: "forward", what: "x", found: (batch, x.cols()), expected });
        }
        if batch > workspace.max_batch {
            return Err(ModelError::Batch { found: batch, made_for: workspace.max_batch });
        }
        assert!(workspace.ops.len() == self.ops.len(), "a workspace of another network");
        (workspace.batch, workspace.is_training) = (batch, is_training);
        for i in 0..self.ops.len() {
            let (before, rest) = workspace.ops.split_at_mut(i);
            let here = &mut rest[0];
            let x = if i == 0 { x } else { before[i - 1].output(batch) };
            let n = batch * here.width;
            match self.ops[i] {
                Op::Dense { shape, offset } => {
                    let (w, b) = Op::ranges(shape, offset);
                    let plan = here.plan.as_mut().expect("a dense operation has a plan");
                    assert!(plan.shape() == shape, "a workspace of another network");
                    let a = MatMut::new(&mut here.a[..n], batch, here.width);
                    let (w, b) = (&self.params[w], &self.params[b]);
                    if here.z.is_empty() {
                        plan.forward(x, w, b, a);
                    } else {
                        plan.forward_keeping(x, w, b, MatMut::new(&mut here.z[..n], batch, here.width), a);
                    }
                }
                Op::Activation(activation) => {
                    let a = MatMut::new(&mut here.a[..n], batch, here.width);
                    activation::activate(self.kernel, activation, x, a);
                }
                Op::Softmax => {
                    copy_rows(x, &mut here.a[..n]);
                    softmax::forward(self.kernel, here.width, &mut here.a[..n]);
                }
                Op::LogSoftmax => {
                    copy_rows(x, &mut here.a[..n]);
                    softmax::log_forward(self.kernel, here.width, &mut here.a[..n]);
                }
                Op::Dropout { p, module } => {
                    copy_rows(x, &mut here.a[..n]);
                    if is_training {
                        let key = dropout::Key { seed: self.seed, pass: self.passes, module };
                        dropout::draw(p, key, &mut here.mask[..n]);
                        dropout::forward(p, &here.mask[..n], &mut here.a[..n]);
                    }
                }
                Op::LayerNorm(norm) => {
                    let (gamma, beta) = norm.ranges();
                    let learned = (&self.params[gamma], &self.params[beta]);
                    layer_norm::forward(norm.eps, x, learned, &mut here.a[..n], Some(&mut here.statistics));
                }
                Op::BatchNorm { norm, module, running, .. } => {
                    if !is_training {
                        let running = &self.running[running..running + 2 * norm.width];
                        batch_norm::recall(norm.eps, running, &mut here.statistics);
                    } else if batch < 2 {
                        return Err(ModelError::BatchNormRows { module, found: batch });
                    } else {
                        batch_norm::measure(norm.eps, x, &mut here.statistics);
                    }
                    let (gamma, beta) = norm.ranges();
                    let learned = (&self.params[gamma], &self.params[beta]);
                    batch_norm::forward(x, learned, &mut here.a[..n], &here.statistics);
                }
            }
        }
        Ok(workspace.output())
    }

    /// Given that the workspace holds the forward pass of `x`, the loss, and its gradients by every parameter in
    /// [`Workspace::gradients`]: of what that pass computed, be it [`Mlp::forward`] or [`Mlp::forward_training`]. A
    /// [`Loss`](crate::Loss) is a mean over the rows; for weights and sums see [`Objective`].
    ///
    /// # Errors
    /// As [`Objective::backward`], and when cross-entropy follows a softmax or log-softmax layer, or binary cross-entropy a sigmoid.
    pub fn backward<'t>(
        &self,
        x: MatRef<'_, T>, // (batch, inputs)
        targets: Targets<'_, T>,
        loss: impl Into<Objective<'t, T>>,
        workspace: &mut Workspace<T>,
    ) -> Result<f64, ModelError> {
        let value = self.loss(targets, loss, workspace)?;
        self.backpropagate(x, workspace)?;
        Ok(value)
    }

    /// As [`Mlp::backward`], with a loss of the caller's own: it is given the output, writes its gradient by each element
    /// of that, row-major, and answers its value. What it leaves unwritten is 0.
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
    /// When x is not the one of the forward pass, or the minibatch is empty.
    pub fn backward_with(
        &self,
        x: MatRef<'_, T>,                                  // (batch, inputs)
        loss: impl FnOnce(MatRef<'_, T>, &mut [T]) -> f64, // of the output and its gradient, both (batch, outputs)
        workspace: &mut Workspace<T>,
    ) -> Result<f64, ModelError> {
        let value = own(loss, workspace)?;
        self.backpropagate(x, workspace)?;
        Ok(value)
    }

    /// From the gradient by the output, which the workspace holds, to those by the parameters.
    fn backpropagate(&self, x: MatRef<'_, T>, workspace: &mut Workspace<T>) -> Result<(), ModelError> {
        let batch = workspace.batch;
        if (x.rows(), x.cols()) != (batch, self.inputs) {
            let (found, expected) = ((x.rows(), x.cols()), (batch, self.inputs));
            return Err(ModelError::Shape { operation: "backward", what: "x", found, expected });
        }
        let Workspace { ops, grads, is_training, .. } = workspace;
        let network = Network { kernel: self.kernel, ops: &self.ops, batch, is_training: *is_training };
        backward::run(network, x, Weights::Kept(&self.params), ops, grads);
        Ok(())
    }

    /// The loss of the output that the workspace holds.
    ///
    /// # Errors
    /// As [`Mlp::backward`].
    pub fn loss<'t>(
        &self,
        targets: Targets<'_, T>,
        loss: impl Into<Objective<'t, T>>,
        workspace: &mut Workspace<T>,
    ) -> Result<f64, ModelError> {
        let objective = loss.into();
        objective.loss.check_after(self.layers.last())?;
        let (output, dy) = workspace.output_and_gradient();
        objective.backward(self.kernel, output, targets, dy)
    }

    /// One step of training: a forward pass for training, backward, update by an [`Optimizer`](crate::Optimizer) or an
    /// [`Update`]. Answers the loss before the update.
    ///
    /// Weights move as soon as their gradient is there, which is stored nowhere; an update that clips waits for all of
    /// them. To see gradients, call [`Mlp::forward_training`], [`Mlp::backward`], [`Mlp::update`] and [`Mlp::settle`]: the
    /// bits are the same. A loss that is infinite or NaN moves nothing: it has no gradient to follow, and
    /// [`Mlp::first_not_finite`] says where it came from.
    ///
    /// # Errors
    /// As [`Mlp::forward_training`] and [`Mlp::backward`], and when the workspace was not made for the optimiser; the
    /// parameters are then as they were.
    pub fn step<'t>(
        &mut self,
        x: MatRef<'_, T>, // (batch, inputs)
        targets: Targets<'_, T>,
        loss: impl Into<Objective<'t, T>>,
        update: impl Into<Update>,
        workspace: &mut Workspace<T>,
    ) -> Result<f64, ModelError> {
        let measure = |mlp: &Self, workspace: &mut Workspace<T>| mlp.loss(targets, loss, workspace);
        self.step_by(x, measure, update.into(), workspace)
    }

    /// As [`Mlp::step`], with a loss of the caller's own: see [`Mlp::backward_with`].
    ///
    /// # Errors
    /// As [`Mlp::forward`], when the minibatch is empty, and when the workspace was not made for the optimiser; the
    /// parameters are then as they were.
    pub fn step_with(
        &mut self,
        x: MatRef<'_, T>,                                  // (batch, inputs)
        loss: impl FnOnce(MatRef<'_, T>, &mut [T]) -> f64, // of the output and its gradient, both (batch, outputs)
        update: impl Into<Update>,
        workspace: &mut Workspace<T>,
    ) -> Result<f64, ModelError> {
        self.step_by(x, |_, workspace| own(loss, workspace), update.into(), workspace)
    }

    /// A step that goes down what `measure` writes into the workspace as the gradient by the output.
    fn step_by(
        &mut self,
        x: MatRef<'_, T>,
        measure: impl FnOnce(&Self, &mut Workspace<T>) -> Result<f64, ModelError>,
        update: Update,
        workspace: &mut Workspace<T>,
    ) -> Result<f64, ModelError> {
        workspace.moments.check(update.optimizer, self.params.len())?;
        self.forward_training(x, workspace)?;
        let value = measure(self, workspace)?;
        if !value.is_finite() {
            return Ok(value);
        }
        if update.clip.is_some() || (update.wants_strips() && !workspace.strips) {
            self.backpropagate(x, workspace)?;
            let Workspace { grads, moments, .. } = workspace;
            self.update(update, grads, moments)?;
            self.settle(workspace);
            return Ok(value);
        }
        let Workspace { ops, grads, moments, batch, is_training, .. } = workspace;
        let steps = update.steps(moments.count_step());
        let network = Network { kernel: self.kernel, ops: &self.ops, batch: *batch, is_training: *is_training };
        let weights = Weights::Moved { params: &mut self.params, steps, moments };
        backward::run(network, x, weights, ops, grads);
        self.settle(workspace);
        Ok(value)
    }

    /// Moves every parameter by gradients that are there as a whole, clipping those first where the update says so: what
    /// [`Mlp::step`] does after its passes, to the same bits.
    ///
    /// # Errors
    /// When `moments` were made for another optimiser or another number of parameters; nothing has moved then.
    ///
    /// # Panics
    /// When there are not as many gradients as parameters.
    pub fn update(
        &mut self,
        update: impl Into<Update>,
        grads: &mut [T], // as the parameters
        moments: &mut Moments<T>,
    ) -> Result<(), ModelError> {
        let update = update.into();
        moments.check(update.optimizer, self.params.len())?;
        if let Some(clip) = update.clip {
            clip.apply(grads);
        }
        let Steps { weights, biases } = update.steps(moments.count_step());
        let arrays = weights.rule.moments();
        let mut part = |step: Step<T>, range: Range<usize>| {
            let memory = moments.range(arrays, range.clone());
            update::update(self.kernel, step, &mut self.params[range.clone()], &grads[range], memory);
        };
        if weights == biases {
            part(weights, 0..grads.len());
            return Ok(());
        }
        for op in &self.ops {
            match *op {
                Op::Dense { shape, offset } => {
                    let (w, b) = Op::ranges(shape, offset);
                    part(weights, w);
                    part(biases, b);
                }
                Op::LayerNorm(norm) | Op::BatchNorm { norm, .. } => part(biases, norm.learned()),
                Op::Activation(_) | Op::Softmax | Op::LogSoftmax | Op::Dropout { .. } => {}
            }
        }
        Ok(())
    }

    /// The dense layer, counted from 1, in which the first number that is infinite or NaN stands after the forward pass
    /// that the workspace holds: among its parameters, or in its output.
    pub fn first_not_finite(&self, workspace: &Workspace<T>) -> Option<usize> {
        let is_bad = |values: &[T]| values.iter().any(|value| !value.is_finite());
        let mut layer = 0;
        for (op, here) in self.ops.iter().zip(&workspace.ops) {
            if let Op::Dense { shape, offset } = *op {
                layer += 1;
                let (w, b) = Op::ranges(shape, offset);
                if is_bad(&self.params[w.start..b.end]) {
                    return Some(layer);
                }
            }
            if is_bad(&here.a[..workspace.batch * here.width]) {
                return Some(layer.max(1));
            }
        }
        None
    }

    /// The network's output, written row-major into `output`, for any number of rows, a workspace's worth at a time.
    ///
    /// # Errors
    /// When x is not as wide as the network's input or `output` does not have `x.rows() * outputs` elements.
    pub fn predict_into(
        &self,
        x: MatRef<'_, T>, // (rows, inputs)
        output: &mut [T], // (rows, outputs)
        workspace: &mut Workspace<T>,
    ) -> Result<(), ModelError> {
        let (rows, width) = (x.rows(), self.outputs());
        if output.len() != rows * width {
            let (found, expected) = ((output.len() / width.max(1), width), (rows, width));
            return Err(ModelError::Shape { operation: "predict", what: "the output", found, expected });
        }
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

/// The caller's own loss of the output that the workspace holds, its gradient behind it.
fn own<T: Scalar>(
    loss: impl FnOnce(MatRef<'_, T>, &mut [T]) -> f64,
    workspace: &mut Workspace<T>,
) -> Result<f64, ModelError> {
    if workspace.batch == 0 {
        return Err(ModelError::EmptyBatch);
    }
    let (output, dy) = workspace.output_and_gradient();
    dy.fill(T::ZERO);
    Ok(loss(output, dy))
}

impl<T: Scalar> OpWorkspace<T> {
    fn output(&self, batch: usize) -> MatRef<'_, T> {
        MatRef::new(&self.a[..batch * self.width], batch, self.width)
    }
}

fn copy_rows<T: Scalar>(from: MatRef<'_, T>, to: &mut [T]) {
    let width = from.cols().max(1);
    to.chunks_exact_mut(width).enumerate().for_each(|(i, row)| row.copy_from_slice(from.row(i)));
}

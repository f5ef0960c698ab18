//! What a network computes: forward, backward by the chain rule, and the step that joins them.
//!
//! Everything runs in the caller's [`Workspace`] and allocates nothing.

use chainrule_kernel::{MatMut, MatRef, Scalar};

use crate::backward::{self, Network, Weights};
use crate::mlp::{Mlp, Op};
use crate::workspace::{OpWorkspace, Workspace};
use crate::{Layer, Loss, ModelError, Targets, Update};
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
                    plan.forward(x, &self.params[w], &self.params[b], a);
                }
                Op::Activation(activation) => {
                    copy_rows(x, &mut here.a[..n]);
                    self.kernel.activate(activation, MatMut::new(&mut here.a[..n], 1, n));
                }
                Op::Softmax => {
                    copy_rows(x, &mut here.a[..n]);
                    softmax::forward(self.kernel, here.width, &mut here.a[..n]);
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

    /// Given that the workspace holds the forward pass of `x`, the mean loss, and its gradients by every parameter
    /// in [`Workspace::gradients`]: of what that pass computed, be it [`Mlp::forward`] or [`Mlp::forward_training`].
    ///
    /// # Errors
    /// When the targets do not fit the output, a label is not among its classes, the minibatch is empty, or
    /// cross-entropy follows a softmax layer.
    pub fn backward(
        &self,
        x: MatRef<'_, T>, // (batch, inputs)
        targets: Targets<'_, T>,
        loss: Loss,
        workspace: &mut Workspace<T>,
    ) -> Result<f64, ModelError> {
        let value = self.loss(targets, loss, workspace)?;
        let batch = workspace.batch;
        if (x.rows(), x.cols()) != (batch, self.inputs) {
            let (found, expected) = ((x.rows(), x.cols()), (batch, self.inputs));
            return Err(ModelError::Shape { operation: "backward", what: "x", found, expected });
        }
        let Workspace { ops, grads, is_training, .. } = workspace;
        let network = Network { kernel: self.kernel, ops: &self.ops, batch, is_training: *is_training };
        backward::run(network, x, Weights::Kept(&self.params), ops, grads);
        Ok(value)
    }

    /// The mean loss of the output that the workspace holds.
    ///
    /// # Errors
    /// As [`Mlp::backward`].
    pub fn loss(&self, targets: Targets<'_, T>, loss: Loss, workspace: &mut Workspace<T>) -> Result<f64, ModelError> {
        if loss == Loss::CrossEntropy && self.layers.last() == Some(&Layer::Softmax) {
            return Err(ModelError::SoftmaxTwice);
        }
        let batch = workspace.batch;
        let last = workspace.ops.last_mut().expect("a network has layers");
        let n = batch * last.width;
        let output = MatRef::new(&last.a[..n], batch, last.width);
        loss.backward(self.kernel, output, targets, &mut last.da[..n])
    }

    /// One step of training: a forward pass for training, backward, update by an [`Optimizer`](crate::Optimizer) or an
    /// [`Update`]. Answers the mean loss before the update.
    ///
    /// Weights move as soon as their gradient is there, which is stored nowhere; an update that clips waits for all of
    /// them. To see gradients, call [`Mlp::forward_training`], [`Mlp::backward`],
    /// [`Optimizer::update`](crate::Optimizer::update) and [`Mlp::settle`]: the bits are the same. A loss that is
    /// infinite or NaN moves nothing: it has no gradient to follow, and [`Mlp::first_not_finite`] says where it came
    /// from.
    ///
    /// # Errors
    /// As [`Mlp::forward_training`] and [`Mlp::backward`], and when the workspace was not made for the optimiser; the
    /// parameters are then as they were.
    pub fn step(
        &mut self,
        x: MatRef<'_, T>, // (batch, inputs)
        targets: Targets<'_, T>,
        loss: Loss,
        update: impl Into<Update>,
        workspace: &mut Workspace<T>,
    ) -> Result<f64, ModelError> {
        let Update { clip, optimizer } = update.into();
        workspace.moments.check(optimizer, self.params.len())?;
        self.forward_training(x, workspace)?;
        if let Some(clip) = clip {
            let value = self.backward(x, targets, loss, workspace)?;
            if !value.is_finite() {
                return Ok(value);
            }
            let Workspace { grads, moments, .. } = workspace;
            clip.apply(grads);
            optimizer.update(self.kernel, &mut self.params, grads, moments)?;
            self.settle(workspace);
            return Ok(value);
        }
        let value = self.loss(targets, loss, workspace)?;
        if !value.is_finite() {
            return Ok(value);
        }
        let Workspace { ops, grads, moments, batch, is_training, .. } = workspace;
        let rule = optimizer.rule(moments.count_step());
        let network = Network { kernel: self.kernel, ops: &self.ops, batch: *batch, is_training: *is_training };
        let weights = Weights::Moved { params: &mut self.params, rule, moments };
        backward::run(network, x, weights, ops, grads);
        self.settle(workspace);
        Ok(value)
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

impl<T: Scalar> OpWorkspace<T> {
    fn output(&self, batch: usize) -> MatRef<'_, T> {
        MatRef::new(&self.a[..batch * self.width], batch, self.width)
    }
}

fn copy_rows<T: Scalar>(from: MatRef<'_, T>, to: &mut [T]) {
    let width = from.cols().max(1);
    to.chunks_exact_mut(width).enumerate().for_each(|(i, row)| row.copy_from_slice(from.row(i)));
}

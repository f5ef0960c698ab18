//! What a network computes: forward, backward by the chain rule, and the step that joins them.
//!
//! Everything runs in the caller's [`Workspace`] and allocates nothing.

use std::ops::Range;

use chainrule_dense::{Step, update};
use chainrule_kernel::{MatMut, MatRef, Scalar};

use crate::backward::{self, Network, Weights};
use crate::decay::Steps;
use crate::mlp::{Mlp, Op};
use crate::softmax;
use crate::workspace::{OpWorkspace, Workspace};
use crate::{Layer, Loss, ModelError, Moments, Targets, Update};

impl<T: Scalar> Mlp<T> {
    /// The network's output, (batch, outputs), for x of (batch, inputs). It stays in the workspace.
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
        let batch = x.rows();
        if x.cols() != self.inputs {
            let expected = (batch, self.inputs);
            return Err(ModelError::Shape { operation: "forward", what: "x", found: (batch, x.cols()), expected });
        }
        if batch > workspace.max_batch {
            return Err(ModelError::Batch { found: batch, made_for: workspace.max_batch });
        }
        assert!(workspace.ops.len() == self.ops.len(), "a workspace of another network");
        workspace.batch = batch;
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
            }
        }
        Ok(workspace.output())
    }

    /// Given that the workspace holds the forward pass of `x`, the mean loss, and its gradients by every parameter
    /// in [`Workspace::gradients`].
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
        let Workspace { ops, grads, .. } = workspace;
        let network = Network { kernel: self.kernel, ops: &self.ops, batch };
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

    /// One step of training: forward, backward, update by an [`Optimizer`](crate::Optimizer) or an [`Update`]. Answers the
    /// mean loss before the update.
    ///
    /// Weights move as soon as their gradient is there, which is stored nowhere; an update that clips waits for all of
    /// them. To see gradients, call [`Mlp::forward`], [`Mlp::backward`] and [`Mlp::update`]: the bits are the same. A loss that is infinite or NaN moves nothing:
    /// it has no gradient to follow, and [`Mlp::first_not_finite`] says where it came from.
    ///
    /// # Errors
    /// As [`Mlp::forward`] and [`Mlp::backward`], and when the workspace was not made for the optimiser; the parameters
    /// are then as they were.
    pub fn step(
        &mut self,
        x: MatRef<'_, T>, // (batch, inputs)
        targets: Targets<'_, T>,
        loss: Loss,
        update: impl Into<Update>,
        workspace: &mut Workspace<T>,
    ) -> Result<f64, ModelError> {
        let update = update.into();
        workspace.moments.check(update.optimizer, self.params.len())?;
        self.forward(x, workspace)?;
        if update.clip.is_some() || (update.wants_strips() && !workspace.strips) {
            let value = self.backward(x, targets, loss, workspace)?;
            if !value.is_finite() {
                return Ok(value);
            }
            let Workspace { grads, moments, .. } = workspace;
            self.update(update, grads, moments)?;
            return Ok(value);
        }
        let value = self.loss(targets, loss, workspace)?;
        if !value.is_finite() {
            return Ok(value);
        }
        let Workspace { ops, grads, moments, batch, .. } = workspace;
        let steps = update.steps(moments.count_step());
        let network = Network { kernel: self.kernel, ops: &self.ops, batch: *batch };
        let weights = Weights::Moved { params: &mut self.params, steps, moments };
        backward::run(network, x, weights, ops, grads);
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
            if let Op::Dense { shape, offset } = *op {
                let (w, b) = Op::ranges(shape, offset);
                part(weights, w);
                part(biases, b);
            }
        }
        Ok(())
    }

    /// The dense layer, counted from 1, in which the first number that is infinite or NaN stands after the forward pass that
    /// the workspace holds: among its parameters, or in its output.
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

//! A training step: forward, loss, backward and update. The weights are updated as soon as their gradient is computed.
//!
//! All checks come before the first change.

use std::ops::Range;

use chainrule_dense::{Step, update};
use chainrule_kernel::{MatRef, Scalar};

use crate::backward::{self, Network};
use crate::decay::Steps;
use crate::error::check_gradients;
use crate::finite::check_output_gradient;
use crate::layer::each;
use crate::layer::layer_op::{LayerOp, Weights};
use crate::layout::Layout;
use crate::pass::own;
use crate::workspace::{Pass, Workspace};
use crate::{Clip, Mlp, ModelError, Objective, OptimizerState, TargetsRef, Update};

impl<T: Scalar> Mlp<T> {
    /// One training step: a training pass forward, the backward pass, and the update by an [`Optimizer`](crate::Optimizer)
    /// or an [`Update`]. Returns the loss before the update.
    ///
    /// Weights are updated as soon as their gradient is computed, which is not stored; an update that clips computes all
    /// gradients first. To see gradients, call [`Mlp::forward_training`], [`Mlp::backward`], [`Mlp::update`] and
    /// [`Mlp::commit_pass`]: the bits are the same. A loss that is infinite or NaN is returned and changes nothing;
    /// [`Mlp::first_not_finite`] finds its origin. Parameters that overflow in a step show in the loss of the next step,
    /// and after the last step in [`Mlp::check_finite`]. Values are not looked at: those of the cross-entropies have to be
    /// probabilities, each from 0 to 1.
    ///
    /// # Errors
    /// As [`Mlp::forward_training`] and [`Mlp::backward`], when the workspace was not made for the optimiser, and when a
    /// setting is out of its range, in f64 or in the element type; a learning rate of 0, which schedules end at, is in
    /// range. The parameters are then as they were.
    pub fn step<'t>(
        &mut self,
        x: MatRef<'_, T>, // (batch, inputs)
        targets: TargetsRef<'_, T>,
        loss: impl Into<Objective<'t, T>>,
        update: impl Into<Update>,
        workspace: &mut Workspace<T>,
    ) -> Result<f64, ModelError> {
        let loss = |mlp: &Self, workspace: &mut Workspace<T>| {
            let objective = loss.into();
            let value = mlp.loss_and_gradient(targets, objective, workspace)?;
            if !objective.bounds_its_gradient() {
                check_output_gradient(value, workspace)?;
            }
            Ok(value)
        };
        self.step_by(x, loss, update.into(), workspace)
    }

    /// As [`Mlp::step`], with a loss of the caller's own: see [`Mlp::backward_with`].
    ///
    /// # Errors
    /// As [`Mlp::step`], and when the minibatch is empty.
    pub fn step_with(
        &mut self,
        x: MatRef<'_, T>,                                  // (batch, inputs)
        loss: impl FnOnce(MatRef<'_, T>, &mut [T]) -> f64, // of the output and its gradient, both (batch, outputs)
        update: impl Into<Update>,
        workspace: &mut Workspace<T>,
    ) -> Result<f64, ModelError> {
        let loss = |_: &Self, workspace: &mut Workspace<T>| {
            let value = own(loss, workspace)?;
            check_output_gradient(value, workspace)?;
            Ok(value)
        };
        self.step_by(x, loss, update.into(), workspace)
    }

    /// A step with any loss: `loss` returns the value and writes the gradient by the output into the workspace.
    fn step_by(
        &mut self,
        x: MatRef<'_, T>,
        loss: impl FnOnce(&Self, &mut Workspace<T>) -> Result<f64, ModelError>,
        update: Update,
        workspace: &mut Workspace<T>,
    ) -> Result<f64, ModelError> {
        let steps = update.steps(workspace.optimizer_state.steps() + 1);
        update.check_steps(&steps)?;
        workspace.optimizer_state.check(update.optimizer, self.params.len())?;
        self.run_pass(true, x, workspace)?;
        let value = loss(self, workspace)?;
        if !value.is_finite() {
            return Ok(value);
        }
        workspace.optimizer_state.count_step();
        if update.clip.is_some() || (update.wants_strips() && !workspace.strips) {
            self.backpropagate(x, workspace);
            let Workspace { grads, optimizer_state, .. } = workspace;
            self.move_by(update.clip, steps, grads, optimizer_state);
        } else {
            let Workspace { ops, grads, optimizer_state, pass: Pass { batch, is_training, .. }, .. } = workspace;
            let Layout { kernel, ops: of, .. } = &*self.layout;
            let network = Network { kernel, ops: of, batch: *batch, is_training: *is_training };
            let weights = Weights::Moved { params: &mut self.params, steps, state: optimizer_state };
            backward::run(network, x, weights, ops, grads);
        }
        self.commit_unchecked(workspace);
        Ok(value)
    }

    /// Updates every parameter by given gradients, which are clipped first if the update says so: the same bits as
    /// [`Mlp::step`].
    ///
    /// # Errors
    /// When `state` was made for another optimiser or another number of parameters, there are not as many gradients as
    /// parameters, or a setting is out of its range, as for [`Mlp::step`]; nothing is changed then.
    pub fn update(
        &mut self,
        update: impl Into<Update>,
        grads: &mut [T], // as the parameters
        state: &mut OptimizerState<T>,
    ) -> Result<(), ModelError> {
        let update = update.into();
        let steps = update.steps(state.steps() + 1);
        update.check_steps(&steps)?;
        state.check(update.optimizer, self.params.len())?;
        check_gradients(grads.len(), self.params.len())?;
        state.count_step();
        self.move_by(update.clip, steps, grads, state);
        Ok(())
    }

    /// As [`Mlp::update`], with checked arguments.
    fn move_by(&mut self, clip: Option<Clip>, steps: Steps<T>, grads: &mut [T], state: &mut OptimizerState<T>) {
        if let Some(clip) = clip {
            clip.apply(grads);
        }
        let Steps { weights, biases } = steps;
        let (arrays, layout) = (weights.rule.moments(), &*self.layout);
        let mut part = |step: Step<T>, range: Range<usize>| {
            if range.is_empty() {
                return;
            }
            let memory = state.range(arrays, range.clone());
            update::update(layout.kernel, step, &mut self.params[range.clone()], &grads[range], memory);
        };
        if weights == biases {
            return part(weights, 0..grads.len());
        }
        for op in &layout.ops {
            let learned = each!(op, layer => layer.learned());
            part(weights, learned.weights);
            part(biases, learned.biases);
        }
    }
}

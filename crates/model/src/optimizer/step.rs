//! One step of an optimiser on parameters and gradients of the caller.

use chainrule_dense::update;
use chainrule_kernel::{Kernel, Scalar};

use super::kind::Optimizer;
use crate::error::{ModelError, check_gradients};
use crate::optimizer_state::OptimizerState;
use crate::update::Update;

impl Optimizer {
    /// Updates the parameters by one step.
    ///
    /// # Errors
    /// When `state` was made for another optimiser or another number of parameters, there are not as many gradients as
    /// parameters, or a setting is out of its range, as for [`crate::Mlp::step`]; nothing is changed then.
    pub fn update<T: Scalar>(
        self,
        kernel: &Kernel<T>,
        params: &mut [T],
        grads: &[T], // as params
        state: &mut OptimizerState<T>,
    ) -> Result<(), ModelError> {
        let update = Update::from(self);
        let steps = update.steps(state.steps() + 1);
        update.check_steps(&steps)?;
        state.check(self, params.len())?;
        check_gradients(grads.len(), params.len())?;
        state.count_step();
        let rule = steps.weights.rule;
        let memory = state.range(rule.moments(), 0..params.len());
        update::update(kernel, rule, params, grads, memory);
        Ok(())
    }
}

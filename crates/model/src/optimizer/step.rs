//! One step of an optimiser alone, over parameters and gradients that the caller holds.

use chainrule_dense::update;
use chainrule_kernel::{Kernel, Scalar};

use super::kind::Optimizer;
use crate::error::{ModelError, check_gradients};
use crate::moments::Moments;
use crate::update::Update;

impl Optimizer {
    /// Moves the parameters by one step.
    ///
    /// # Errors
    /// When `moments` were made for another optimiser or another number of parameters, there are not as many gradients as
    /// parameters, or a setting is out of its range, as for [`crate::Mlp::step`]; nothing has moved then.
    pub fn update<T: Scalar>(
        self,
        kernel: &Kernel<T>,
        params: &mut [T],
        grads: &[T], // as params
        moments: &mut Moments<T>,
    ) -> Result<(), ModelError> {
        let update = Update::from(self);
        let steps = update.steps(moments.steps() + 1);
        update.check_steps(&steps)?;
        moments.check(self, params.len())?;
        check_gradients(grads.len(), params.len())?;
        moments.count_step();
        let rule = steps.weights.rule;
        let memory = moments.range(rule.moments(), 0..params.len());
        update::update(kernel, rule, params, grads, memory);
        Ok(())
    }
}

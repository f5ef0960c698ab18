//! The state of an optimiser: what it carries from one step to the next.

use std::ops;

use chainrule_kernel::{Aligned, Scalar};

use crate::error::ModelError;
use crate::optimizer::kind::Optimizer;
use crate::optimizer::setting::SettingRange;

/// The number of steps so far and, for each parameter, [`Optimizer::moments`] numbers: a velocity, or a running mean and
/// mean square of its gradient. They begin at 0; AdaGrad's sum begins at its setting `initial`.
///
/// ```
/// # use chainrule_model as chainrule;
/// use chainrule::optim::OptimizerState;
/// use chainrule::{Mlp, Optimizer};
///
/// let mut mlp = Mlp::builder(1).dense(1).build_as::<f64>()?;
/// let momentum = Optimizer::by_name("sgd")?.with("momentum", 0.9)?;
/// let mut state = OptimizerState::new(momentum, mlp.params().len())?;
/// mlp.update(momentum, &mut [0.5, -1.0], &mut state)?;
/// assert_eq!((state.steps(), state.values()), (1, &[0.5, -1.0][..]));
/// # Ok::<(), chainrule::ModelError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct OptimizerState<T: Scalar> {
    made_for: Option<Optimizer>,
    steps: u64,
    /// The arrays of moments one after the other, each as long as the parameters.
    values: Aligned<T>,
}

impl<T: Scalar> OptimizerState<T> {
    /// The state of an optimiser that has none, such as plain SGD.
    pub(crate) fn none() -> Self {
        OptimizerState { made_for: None, steps: 0, values: Aligned::default() }
    }

    /// The state of `optimizer` before its first step, for this many parameters.
    ///
    /// # Errors
    /// [`ModelError::TooLarge`] when there is not enough memory; [`ModelError::Setting`] when AdaGrad's initial sum is not
    /// a finite number, 0 or more.
    pub fn new(optimizer: Optimizer, parameters: usize) -> Result<Self, ModelError> {
        SettingRange::NotNegative.check_in::<T>("initial sum", optimizer.initial_moment())?;
        let what = || format!("the state of {} for {parameters} parameters", optimizer.name());
        let too_large = || ModelError::TooLarge { what: what() };
        let length = parameters.checked_mul(optimizer.moments()).ok_or_else(too_large)?;
        let initial = T::from_f64(optimizer.initial_moment());
        let values = Aligned::try_filled(length, initial).map_err(|_| too_large())?;
        Ok(OptimizerState { made_for: Some(optimizer), steps: 0, values })
    }

    /// A state that was stored: what [`OptimizerState::steps`] and [`OptimizerState::values`] said of one that was made for this
    /// optimiser and this many parameters.
    ///
    /// ```
    /// # use chainrule_model as chainrule;
    /// use chainrule::optim::OptimizerState;
    /// use chainrule::{Mlp, Optimizer};
    ///
    /// let mut mlp = Mlp::builder(1).dense(1).build_as::<f64>()?;
    /// let adam = Optimizer::by_name("adam")?;
    /// let mut state = OptimizerState::new(adam, 2)?;
    /// mlp.update(adam, &mut [0.5, -1.0], &mut state)?;
    /// let (mut other, mut again) = (mlp.clone(), OptimizerState::restored(adam, state.steps(), state.values(), 2)?);
    /// mlp.update(adam, &mut [0.25, 3.0], &mut state)?;
    /// other.update(adam, &mut [0.25, 3.0], &mut again)?;
    /// assert!(again == state && other == mlp);
    /// # Ok::<(), chainrule::ModelError>(())
    /// ```
    ///
    /// # Errors
    /// As [`OptimizerState::new`], and [`ModelError::OptimizerState`] when there are not [`Optimizer::moments`] values for each
    /// parameter.
    pub fn restored(
        optimizer: Optimizer,
        steps: u64,
        values: &[T], // (moments, parameters)
        parameters: usize,
    ) -> Result<Self, ModelError> {
        let mut state = Self::new(optimizer, parameters)?;
        if values.len() != state.values.len() {
            let (needed, found) = (state.values.len(), values.len());
            let (optimizer, made_for) = (optimizer.name(), "another optimiser or network");
            return Err(ModelError::OptimizerState { optimizer, needed, made_for, found });
        }
        state.values.copy_from_slice(values);
        state.steps = steps;
        Ok(state)
    }

    /// The optimiser that it was made for; `None` of a workspace that was not made for training.
    pub fn optimizer(&self) -> Option<Optimizer> {
        self.made_for
    }

    /// Steps taken.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// The moments: one array after the other, each laid out as [`crate::Mlp::params`].
    pub fn values(&self) -> &[T] {
        &self.values
    }

    /// Refuses the state of another optimiser or of another number of parameters. Settings may differ from step to step.
    pub(crate) fn check(&self, optimizer: Optimizer, parameters: usize) -> Result<(), ModelError> {
        let needed = optimizer.moments().saturating_mul(parameters);
        let made_for = self.made_for.map(Optimizer::name);
        if needed == 0 || (made_for == Some(optimizer.name()) && self.values.len() == needed) {
            return Ok(());
        }
        let made_for = made_for.unwrap_or("an optimizer without state");
        Err(ModelError::OptimizerState { optimizer: optimizer.name(), needed, made_for, found: self.values.len() })
    }

    pub(crate) fn count_step(&mut self) -> u64 {
        self.steps += 1;
        self.steps
    }

    /// The moments of the parameters in `params`, from the first `arrays` arrays; the other slices are empty.
    pub(crate) fn range(&mut self, arrays: usize, params: ops::Range<usize>) -> [&mut [T]; 2] {
        let length = self.values.len() / arrays.max(1);
        let (first, second) = self.values.split_at_mut(length);
        [(first, 1), (second, 2)].map(|(array, nth)| if nth <= arrays { &mut array[params.clone()] } else { &mut [] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_parameter_has_a_place_in_each_array() {
        let mut state = OptimizerState::<f32>::new(Optimizer::by_name("adam").unwrap(), 3).unwrap();
        let [m, s] = state.range(2, 0..3);
        m.copy_from_slice(&[1.0, 2.0, 3.0]);
        s.copy_from_slice(&[4.0, 5.0, 6.0]);
        assert_eq!(state.values(), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    }

    #[test]
    fn more_than_the_machine_holds_is_refused() {
        for parameters in [usize::MAX, usize::MAX / 8] {
            let error = OptimizerState::<f64>::new(Optimizer::by_name("adam").unwrap(), parameters).unwrap_err();
            assert!(matches!(error, ModelError::TooLarge { .. }), "{error}");
        }
    }
}

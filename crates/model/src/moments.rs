//! What an optimiser remembers from one step to the next.

use std::ops;

use chainrule_kernel::{Aligned, Scalar};

use crate::error::ModelError;
use crate::optimizer::kind::Optimizer;
use crate::optimizer::setting::SettingRange;

/// The steps so far, and of each parameter as many numbers as the optimiser asks for: a velocity, a mean, a mean square.
/// All begin at 0, or where the optimiser's settings say.
///
/// ```
/// # use chainrule_model as chainrule;
/// use chainrule::optim::Moments;
/// use chainrule::{Mlp, Optimizer};
///
/// let mut mlp = Mlp::builder(1).dense(1).build_as::<f64>()?;
/// let momentum = Optimizer::by_name("sgd")?.with("momentum", 0.9)?;
/// let mut moments = Moments::new(momentum, mlp.params().len())?;
/// mlp.update(momentum, &mut [0.5, -1.0], &mut moments)?;
/// assert_eq!((moments.steps(), moments.values()), (1, &[0.5, -1.0][..]));
/// # Ok::<(), chainrule::ModelError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Moments<T: Scalar> {
    made_for: Option<Optimizer>,
    steps: u64,
    /// One after the other, each as the parameters.
    values: Aligned<T>,
}

impl<T: Scalar> Moments<T> {
    /// For an optimiser that remembers nothing.
    pub(crate) fn none() -> Self {
        Moments { made_for: None, steps: 0, values: Aligned::default() }
    }

    /// Room for what `optimizer` remembers of this many parameters.
    ///
    /// # Errors
    /// When there is not so much memory, or what AdaGrad's sum begins at is not a finite number, 0 or more.
    pub fn new(optimizer: Optimizer, parameters: usize) -> Result<Self, ModelError> {
        SettingRange::NotNegative.check_in::<T>("initial sum", optimizer.initial_moment())?;
        let what = || format!("what {} remembers of {parameters} parameters", optimizer.name());
        let too_large = || ModelError::TooLarge { what: what() };
        let length = parameters.checked_mul(optimizer.moments()).ok_or_else(too_large)?;
        let initial = T::from_f64(optimizer.initial_moment());
        let values = Aligned::try_filled(length, initial).map_err(|_| too_large())?;
        Ok(Moments { made_for: Some(optimizer), steps: 0, values })
    }

    /// Steps taken.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// What is remembered: one array after the other, each laid out as [`crate::Mlp::params`].
    pub fn values(&self) -> &[T] {
        &self.values
    }

    /// The settings may change from step to step, the rule may not.
    pub(crate) fn check(&self, optimizer: Optimizer, parameters: usize) -> Result<(), ModelError> {
        let needed = optimizer.moments().saturating_mul(parameters);
        let made_for = self.made_for.map(Optimizer::name);
        if needed == 0 || (made_for == Some(optimizer.name()) && self.values.len() == needed) {
            return Ok(());
        }
        let made_for = made_for.unwrap_or("no optimizer that remembers");
        Err(ModelError::Moments { optimizer: optimizer.name(), needed, made_for, found: self.values.len() })
    }

    pub(crate) fn count_step(&mut self) -> u64 {
        self.steps += 1;
        self.steps
    }

    /// The first `arrays` of what is remembered of some of the parameters; the others are empty.
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
        let mut moments = Moments::<f32>::new(Optimizer::by_name("adam").unwrap(), 3).unwrap();
        let [m, s] = moments.range(2, 0..3);
        m.copy_from_slice(&[1.0, 2.0, 3.0]);
        s.copy_from_slice(&[4.0, 5.0, 6.0]);
        assert_eq!(moments.values(), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    }

    #[test]
    fn more_than_the_machine_holds_is_refused() {
        for parameters in [usize::MAX, usize::MAX / 8] {
            let error = Moments::<f64>::new(Optimizer::by_name("adam").unwrap(), parameters).unwrap_err();
            assert!(matches!(error, ModelError::TooLarge { .. }), "{error}");
        }
    }
}

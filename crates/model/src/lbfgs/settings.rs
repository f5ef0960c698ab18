//! The settings of L-BFGS.

use crate::error::ModelError;

/// The settings of L-BFGS.
///
/// ```
/// # use chainrule_model as chainrule;
/// use chainrule::optim::LbfgsSettings;
///
/// let settings = LbfgsSettings { memory: 5, ..LbfgsSettings::default() };
/// settings.check()?;
/// assert!(LbfgsSettings { memory: 0, ..settings }.check().is_err());
/// # Ok::<(), chainrule::ModelError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LbfgsSettings {
    /// The number of past steps that the curvature is estimated from; 10.
    pub memory: usize,
    /// The most evaluations in one line search; 25.
    pub evaluations: usize,
    /// Converged when no element of the gradient is farther from 0; 1e-7.
    pub gradient_tolerance: f64,
    /// Converged when neither the loss nor any parameter changes by more in an iteration; 1e-9.
    pub change_tolerance: f64,
    /// The least decrease of the loss in a step, as a share of what the slope predicts (c1 of the Wolfe conditions); 1e-4.
    pub sufficient_decrease: f64,
    /// The largest slope after a step, as a share of the slope before it (c2 of the Wolfe conditions); 0.9.
    pub curvature: f64,
}

impl Default for LbfgsSettings {
    fn default() -> Self {
        LbfgsSettings {
            memory: 10,
            evaluations: 25,
            gradient_tolerance: 1e-7,
            change_tolerance: 1e-9,
            sufficient_decrease: 1e-4,
            curvature: 0.9,
        }
    }
}

impl LbfgsSettings {
    /// Checks the ranges.
    ///
    /// # Errors
    /// When memory or evaluations are 0, a tolerance is not a finite number of 0 or more, or not
    /// `0 < sufficient_decrease < curvature < 1`.
    pub fn check(self) -> Result<(), ModelError> {
        let refuse = |what, found, expected| Err(ModelError::Setting { what, found, expected });
        for (what, count) in [("memory", self.memory), ("evaluations", self.evaluations)] {
            if count == 0 {
                return refuse(what, 0.0, "at least 1");
            }
        }
        let tolerances = [("gradient tolerance", self.gradient_tolerance), ("change tolerance", self.change_tolerance)];
        for (what, tolerance) in tolerances {
            if !(tolerance.is_finite() && tolerance >= 0.0) {
                return refuse(what, tolerance, "a finite number, 0 or more");
            }
        }
        let (decrease, curvature) = (self.sufficient_decrease, self.curvature);
        if !(decrease > 0.0 && decrease < curvature) {
            return refuse("sufficient decrease", decrease, "a number above 0 and below the curvature's");
        }
        if curvature.is_nan() || curvature >= 1.0 {
            return refuse("curvature", curvature, "a number below 1");
        }
        Ok(())
    }
}

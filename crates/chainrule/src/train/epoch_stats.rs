//! What the steps of an epoch come to: sums so far, the results of a whole epoch, and errors that name their step.

use chainrule_kernel::Scalar;
use chainrule_model::{Mlp, ModelError};

use super::checkpoint::SumsRecord;
use super::criterion::Criterion;
use super::learner::{Learner, StepStats};
use crate::{Divergence, Error};

/// The results of an epoch's steps, or of its iteration.
#[derive(Clone, Copy)]
pub(super) struct EpochStats {
    /// The mean loss over its rows.
    pub(super) loss: f64,
    /// Rows whose class was predicted right; 0 without classes.
    pub(super) right: usize,
    /// Of the last step; `None` with L-BFGS.
    pub(super) learning_rate: Option<f64>,
    /// Steps taken.
    pub(super) steps: usize,
    pub(super) end: EpochEnd,
}

/// How the steps of an epoch ended.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum EpochEnd {
    /// All rows were used.
    Whole,
    /// L-BFGS found no lower loss; the run is over.
    Converged,
    /// The run was stopped before the last step of the epoch.
    Stopped,
}

impl SumsRecord {
    pub(super) fn add(&mut self, step: StepStats) {
        self.loss += step.loss * step.mass;
        self.mass += step.mass;
        self.right += step.right;
        self.steps += 1;
    }

    pub(super) fn into_stats(self, learning_rate: Option<f64>, end: EpochEnd) -> EpochStats {
        let SumsRecord { loss, mass, right, steps } = self;
        EpochStats { loss: loss / mass, right, learning_rate, steps, end }
    }
}

/// A step of a run, both counted from 1.
#[derive(Clone, Copy)]
pub(super) struct StepNumber {
    pub(super) epoch: usize,
    pub(super) step: usize,
}

impl StepNumber {
    /// An error of the network, with the step in which it occurred.
    pub(super) fn refused(self, error: Error) -> Error {
        let StepNumber { epoch, step } = self;
        match error {
            Error::Model(ModelError::LossGradient { loss, found: value, .. }) => {
                Error::Diverged { epoch, step, loss, layer: None, what: Divergence::Gradient { value } }
            }
            Error::Model(source) => Error::Step { epoch, step, source },
            other => other,
        }
    }

    /// The error of a step whose loss is infinite or NaN.
    pub(super) fn diverged<T: Scalar, C: Criterion<T>>(
        self,
        mlp: &Mlp<T>,
        learner: &Learner<'_, T, C>,
        loss: f64,
    ) -> Error {
        let StepNumber { epoch, step } = self;
        let layer = mlp.first_not_finite(&learner.workspace).ok().flatten();
        Error::Diverged { epoch, step, loss, layer, what: Divergence::Loss }
    }
}

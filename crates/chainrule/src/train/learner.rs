//! One step of training, on one minibatch or on several whose gradients are accumulated, and one iteration of L-BFGS over
//! all rows.

use chainrule_kernel::Scalar;
use chainrule_model::optim::{Accumulation, Lbfgs, LbfgsOutcome, Update};
use chainrule_model::{Mlp, ModelError, Workspace};

use super::criterion::Criterion;
use super::decision::Decision;
use super::minibatch::Minibatch;
use crate::Result;
use crate::data::Dataset;

/// Rows of a minibatch of a gradient over all rows: as many as the kernels multiply at once. It determines the order in
/// which rows are summed, so it does not depend on the machine.
const PART: usize = 1024;

/// The loss and the right predictions of the rows of a step.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct StepStats {
    /// The mean loss, before the step.
    pub(super) loss: f64,
    /// The number of the rows, or the sum of their weights.
    pub(super) mass: f64,
    /// Rows whose class was predicted right; 0 without classes.
    pub(super) right: usize,
}

/// The training data and the loss that is minimised.
pub(super) struct TrainingTask<'d, T, C> {
    pub(super) data: &'d Dataset<T>,
    pub(super) criterion: C,
    /// How rows are answered, so that the accuracy is computed.
    pub(super) decision: Decision,
}

/// What the buffers of a run's steps are made for.
#[derive(Clone, Copy)]
pub(super) struct StepSizes {
    /// Rows of the largest minibatch.
    pub(super) batch: usize,
    pub(super) update: Update,
    /// Whether a step may be of several minibatches.
    pub(super) accumulates: bool,
}

/// The rows of a step, and those of the next one, which are prefetched.
#[derive(Clone, Copy)]
pub(super) struct StepRows<'r> {
    pub(super) rows: &'r [usize],
    pub(super) next: &'r [usize],
}

/// The result of an iteration of L-BFGS.
pub(super) struct IterationResult {
    pub(super) outcome: LbfgsOutcome,
    /// Of the network after the iteration.
    pub(super) stats: StepStats,
}

/// Takes the steps of a run; holds their buffers.
pub(super) struct Learner<'d, T: Scalar, C> {
    pub(super) workspace: Workspace<T>,
    pub(super) task: TrainingTask<'d, T, C>,
    minibatch: Minibatch<T>,
    accumulation: Option<Accumulation<T>>,
}

impl<'d, T: Scalar, C: Criterion<T>> Learner<'d, T, C> {
    /// For steps.
    pub(super) fn new(mlp: &Mlp<T>, task: TrainingTask<'d, T, C>, sizes: StepSizes) -> Result<Self> {
        let StepSizes { batch, update, accumulates } = sizes;
        let workspace = Workspace::for_training(mlp, batch, update)?;
        let accumulation = accumulates.then(|| Accumulation::new(mlp)).transpose()?;
        let minibatch = Minibatch::new(task.data, batch);
        Ok(Learner { workspace, task, minibatch, accumulation })
    }

    /// For gradients over all rows.
    pub(super) fn of_all_rows(mlp: &Mlp<T>, task: TrainingTask<'d, T, C>) -> Result<Self> {
        let batch = PART.min(task.data.rows());
        let (workspace, minibatch) = (Workspace::try_new(mlp, batch)?, Minibatch::new(task.data, batch));
        Ok(Learner { workspace, task, minibatch, accumulation: Some(Accumulation::new(mlp)?) })
    }

    /// One step on these rows, in minibatches that fit the workspace. A loss that is infinite or NaN changes nothing.
    pub(super) fn step(&mut self, mlp: &mut Mlp<T>, step: StepRows<'_>, update: Update) -> Result<StepStats> {
        let StepRows { rows, next } = step;
        let batch = self.workspace.max_batch();
        if self.accumulation.is_none() || rows.len() <= batch {
            self.minibatch.gather(self.task.data, rows);
            self.task.data.check_read()?;
            self.task.data.prefetch(next);
            let loss = self.task.criterion.step(mlp, &self.minibatch, update, &mut self.workspace)?;
            return Ok(StepStats { loss, mass: self.task.criterion.mass(&self.minibatch), right: self.count_right() });
        }
        let stats = self.accumulate(mlp, rows.chunks(batch))?;
        if stats.loss.is_finite()
            && let Some(sum) = &mut self.accumulation
        {
            sum.step(mlp, update, &mut self.workspace)?;
        }
        Ok(stats)
    }

    /// The loss over several minibatches, with its gradient in the accumulation. Stops at a loss that is infinite or NaN.
    fn accumulate<'r>(
        &mut self,
        mlp: &mut Mlp<T>,
        parts: impl Iterator<Item = &'r [usize]> + Clone,
    ) -> Result<StepStats> {
        let mut stats = StepStats { mass: self.mass(parts.clone()), ..StepStats::default() };
        let Some(sum) = &mut self.accumulation else { return Ok(stats) };
        let TrainingTask { data, criterion, decision } = &mut self.task;
        sum.clear();
        for rows in parts {
            self.minibatch.gather(data, rows);
            data.check_read()?;
            mlp.forward_training(self.minibatch.x(), &mut self.workspace)?;
            let value = criterion.backward(mlp, &self.minibatch, &mut self.workspace)?;
            let share = criterion.mass(&self.minibatch) / stats.mass;
            sum.add(&self.workspace, share)?;
            stats.loss += share * value;
            stats.right += self.minibatch.count_right(self.workspace.output(), *decision);
            if !value.is_finite() {
                break;
            }
            mlp.commit_pass(&self.workspace)?;
        }
        Ok(stats)
    }

    /// The number of these rows, or the sum of their weights.
    fn mass<'r>(&mut self, parts: impl Iterator<Item = &'r [usize]>) -> f64 {
        let TrainingTask { data, criterion, .. } = &self.task;
        let counts_alike = criterion.counts_alike() && data.weights().is_none();
        let mut total = 0.0;
        for rows in parts {
            total += if counts_alike {
                rows.len() as f64
            } else {
                self.minibatch.gather(data, rows);
                criterion.mass(&self.minibatch)
            };
        }
        total
    }

    fn count_right(&self) -> usize {
        self.minibatch.count_right(self.workspace.output(), self.task.decision)
    }

    /// One iteration of L-BFGS over all these rows.
    pub(super) fn iterate(&mut self, mlp: &mut Mlp<T>, all: &[usize], lbfgs: &mut Lbfgs<T>) -> Result<IterationResult> {
        let mut params = mlp.params().to_vec();
        let (mut right, mut mass) = (0, 0.0);
        let mut objective = |params: &[T], gradient: &mut [T]| {
            mlp.params_mut().copy_from_slice(params);
            let stats = self.accumulate(mlp, all.chunks(PART))?;
            if let Some(sum) = &self.accumulation {
                gradient.copy_from_slice(sum.gradients());
            }
            (right, mass) = (stats.right, stats.mass);
            Ok::<_, crate::Error>(stats.loss)
        };
        let outcome = lbfgs.iterate(&mut params, &mut objective)?;
        mlp.params_mut().copy_from_slice(&params);
        if outcome == LbfgsOutcome::Moved {
            return Ok(IterationResult { outcome, stats: StepStats { loss: lbfgs.loss(), mass, right } });
        }
        // The last trial point is not the point that the parameters are at.
        Ok(IterationResult { outcome, stats: self.accumulate(mlp, all.chunks(PART))? })
    }
}

/// Turns an error about a setting of `chainrule-model` into this crate's error about an argument.
pub(super) fn as_argument(error: ModelError) -> crate::Error {
    match error {
        ModelError::Setting { what, found, expected } => {
            crate::Error::Argument { name: what, found: found.to_string(), expected: expected.to_owned() }
        }
        other => other.into(),
    }
}

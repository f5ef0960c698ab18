//! How a network learns from the rows of one step, or of one iteration: in one minibatch, in several whose gradients are
//! added up, or all rows at once.

use chainrule_kernel::Scalar;
use chainrule_model::{Accumulation, Lbfgs, LbfgsOutcome, Mlp, ModelError, Objective, Update, Workspace};

use super::minibatch::Minibatch;
use crate::Result;
use crate::data::Dataset;

/// Rows in a part of a gradient over all rows: as many as the kernels multiply at once. It enters the order in which rows
/// are added up, so it does not depend on the machine.
const PART: usize = 1024;

/// What was seen of some rows.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Seen {
    /// The mean loss, before the step.
    pub(super) loss: f64,
    /// What the rows count together: their number, or the sum of their weights.
    pub(super) mass: f64,
    /// Rows whose class was right; 0 where nobody counts.
    pub(super) right: usize,
}

/// The memory of a run's steps.
pub(super) struct Learner<'d, T: Scalar> {
    pub(super) workspace: Workspace<T>,
    data: &'d Dataset<T>,
    minibatch: Minibatch<T>,
    accumulation: Option<Accumulation<T>>,
    objective: Objective<'d, T>,
    /// Whether right answers are counted.
    counts: bool,
}

impl<'d, T: Scalar> Learner<'d, T> {
    /// For minibatches of up to `batch` rows, several of them a step if `accumulates`.
    pub(super) fn new(
        mlp: &Mlp<T>,
        data: &'d Dataset<T>,
        (objective, counts): (Objective<'d, T>, bool),
        batch: usize,
        (update, accumulates): (Update, bool),
    ) -> Result<Self> {
        let workspace = Workspace::for_training(mlp, batch, update)?;
        let accumulation = accumulates.then(|| Accumulation::new(mlp)).transpose()?;
        Ok(Learner { workspace, data, minibatch: Minibatch::new(data, batch), accumulation, objective, counts })
    }

    /// For gradients over all rows.
    pub(super) fn of_all_rows(
        mlp: &Mlp<T>,
        data: &'d Dataset<T>,
        (objective, counts): (Objective<'d, T>, bool),
    ) -> Result<Self> {
        let batch = PART.min(data.rows());
        let (workspace, minibatch) = (Workspace::new(mlp, batch), Minibatch::new(data, batch));
        Ok(Learner { workspace, data, minibatch, accumulation: Some(Accumulation::new(mlp)?), objective, counts })
    }

    /// One step on these rows, `batch` at a time, before one on the `next` ones. A loss that is not finite moves nothing.
    pub(super) fn step(
        &mut self,
        mlp: &mut Mlp<T>,
        (rows, next): (&[usize], &[usize]),
        update: Update,
    ) -> Result<Seen> {
        let batch = self.workspace.max_batch();
        if self.accumulation.is_none() || rows.len() <= batch {
            self.minibatch.gather(self.data, rows);
            self.data.prefetch(next);
            let (x, targets) = (self.minibatch.x(), self.minibatch.targets());
            let loss = mlp.step(x, targets, self.objective, update, &mut self.workspace)?;
            return Ok(Seen { loss, mass: self.objective.mass(targets), right: self.count_right() });
        }
        let seen = self.accumulate(mlp, rows.chunks(batch))?;
        if seen.loss.is_finite()
            && let Some(sum) = &mut self.accumulation
        {
            sum.step(mlp, update, &mut self.workspace)?;
        }
        Ok(seen)
    }

    /// The loss over minibatches, and its gradient in the accumulation. Stops at a loss that is not finite.
    fn accumulate<'r>(&mut self, mlp: &mut Mlp<T>, parts: impl Iterator<Item = &'r [usize]> + Clone) -> Result<Seen> {
        let mut seen = Seen { mass: self.mass(parts.clone()), ..Seen::default() };
        let Some(sum) = &mut self.accumulation else { return Ok(seen) };
        sum.clear();
        for rows in parts {
            self.minibatch.gather(self.data, rows);
            let (x, targets) = (self.minibatch.x(), self.minibatch.targets());
            mlp.forward_training(x, &mut self.workspace)?;
            let value = mlp.backward(x, targets, self.objective, &mut self.workspace)?;
            let share = self.objective.mass(targets) / seen.mass;
            sum.add(&self.workspace, share);
            seen.loss += share * value;
            seen.right += if self.counts { self.minibatch.count_right(self.workspace.output()) } else { 0 };
            if !value.is_finite() {
                break;
            }
            mlp.settle(&self.workspace);
        }
        Ok(seen)
    }

    /// What all these rows count together.
    fn mass<'r>(&mut self, parts: impl Iterator<Item = &'r [usize]>) -> f64 {
        let mut total = 0.0;
        for rows in parts {
            total += if self.objective.outputs.is_none() && self.objective.rows.is_none() {
                rows.len() as f64
            } else {
                self.minibatch.gather(self.data, rows);
                self.objective.mass(self.minibatch.targets())
            };
        }
        total
    }

    fn count_right(&self) -> usize {
        if self.counts { self.minibatch.count_right(self.workspace.output()) } else { 0 }
    }

    /// One iteration of L-BFGS over all rows; what is seen is of the network after it.
    pub(super) fn iterate(&mut self, mlp: &mut Mlp<T>, lbfgs: &mut Lbfgs<T>) -> Result<(LbfgsOutcome, Seen)> {
        let all: Vec<usize> = (0..self.data.rows()).collect();
        let mut params = mlp.params().to_vec();
        let (mut right, mut seen_mass) = (0, 0.0);
        let mut objective = |params: &[T], gradient: &mut [T]| {
            mlp.params_mut().copy_from_slice(params);
            let seen = self.accumulate(mlp, all.chunks(PART))?;
            if let Some(sum) = &self.accumulation {
                gradient.copy_from_slice(sum.gradients());
            }
            (right, seen_mass) = (seen.right, seen.mass);
            Ok::<_, crate::Error>(seen.loss)
        };
        let outcome = lbfgs.iterate(&mut params, &mut objective)?;
        mlp.params_mut().copy_from_slice(&params);
        if outcome == LbfgsOutcome::Moved {
            return Ok((outcome, Seen { loss: lbfgs.loss(), mass: seen_mass, right }));
        }
        // What was tried last is not where the parameters are.
        Ok((outcome, self.accumulate(mlp, all.chunks(PART))?))
    }
}

/// Names a setting that the library below knows, as this crate does.
pub(super) fn as_argument(error: ModelError) -> crate::Error {
    match error {
        ModelError::Setting { what, found, expected } => {
            crate::Error::Argument { name: what, found: found.to_string(), expected: expected.to_owned() }
        }
        other => other.into(),
    }
}

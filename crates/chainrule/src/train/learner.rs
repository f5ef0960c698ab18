//! How a network learns from the rows of one step, or of one iteration: in one minibatch, in several whose gradients are
//! added up, or all rows at once.

use chainrule_kernel::Scalar;
use chainrule_model::optim::{Accumulation, Lbfgs, LbfgsOutcome, Update};
use chainrule_model::{Mlp, ModelError, Workspace};

use super::criterion::Criterion;
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

/// What a learner learns from, and what it makes small.
pub(super) struct Lesson<'d, T, C> {
    pub(super) data: &'d Dataset<T>,
    pub(super) criterion: C,
    /// Whether right answers are counted.
    pub(super) counts: bool,
}

/// What a run's steps need room for.
#[derive(Clone, Copy)]
pub(super) struct StepRoom {
    /// Rows of the largest minibatch.
    pub(super) batch: usize,
    pub(super) update: Update,
    /// Whether a step may be of several minibatches.
    pub(super) accumulates: bool,
}

/// Which rows a step learns from, and which the one after it will.
#[derive(Clone, Copy)]
pub(super) struct StepRows<'r> {
    pub(super) rows: &'r [usize],
    pub(super) next: &'r [usize],
}

/// What came of an iteration of L-BFGS.
pub(super) struct Iterated {
    pub(super) outcome: LbfgsOutcome,
    /// Of the network after it.
    pub(super) seen: Seen,
}

/// The memory of a run's steps.
pub(super) struct Learner<'d, T: Scalar, C> {
    pub(super) workspace: Workspace<T>,
    pub(super) lesson: Lesson<'d, T, C>,
    minibatch: Minibatch<T>,
    accumulation: Option<Accumulation<T>>,
}

impl<'d, T: Scalar, C: Criterion<T>> Learner<'d, T, C> {
    /// For steps.
    pub(super) fn new(mlp: &Mlp<T>, lesson: Lesson<'d, T, C>, room: StepRoom) -> Result<Self> {
        let StepRoom { batch, update, accumulates } = room;
        let workspace = Workspace::for_training(mlp, batch, update)?;
        let accumulation = accumulates.then(|| Accumulation::new(mlp)).transpose()?;
        let minibatch = Minibatch::new(lesson.data, batch);
        Ok(Learner { workspace, lesson, minibatch, accumulation })
    }

    /// For gradients over all rows.
    pub(super) fn of_all_rows(mlp: &Mlp<T>, lesson: Lesson<'d, T, C>) -> Result<Self> {
        let batch = PART.min(lesson.data.rows());
        let (workspace, minibatch) = (Workspace::try_new(mlp, batch)?, Minibatch::new(lesson.data, batch));
        Ok(Learner { workspace, lesson, minibatch, accumulation: Some(Accumulation::new(mlp)?) })
    }

    /// One step on these rows, as many at a time as there is room for. A loss that is not finite moves nothing.
    pub(super) fn step(&mut self, mlp: &mut Mlp<T>, step: StepRows<'_>, update: Update) -> Result<Seen> {
        let StepRows { rows, next } = step;
        let batch = self.workspace.max_batch();
        if self.accumulation.is_none() || rows.len() <= batch {
            self.minibatch.gather(self.lesson.data, rows);
            self.lesson.data.prefetch(next);
            let loss = self.lesson.criterion.step(mlp, &self.minibatch, update, &mut self.workspace)?;
            return Ok(Seen { loss, mass: self.lesson.criterion.mass(&self.minibatch), right: self.count_right() });
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
        let Lesson { data, criterion, counts } = &mut self.lesson;
        sum.clear();
        for rows in parts {
            self.minibatch.gather(data, rows);
            mlp.forward_training(self.minibatch.x(), &mut self.workspace)?;
            let value = criterion.backward(mlp, &self.minibatch, &mut self.workspace)?;
            let share = criterion.mass(&self.minibatch) / seen.mass;
            sum.add(&self.workspace, share)?;
            seen.loss += share * value;
            seen.right += if *counts { self.minibatch.count_right(self.workspace.output()) } else { 0 };
            if !value.is_finite() {
                break;
            }
            mlp.commit_pass(&self.workspace)?;
        }
        Ok(seen)
    }

    /// What all these rows count together.
    fn mass<'r>(&mut self, parts: impl Iterator<Item = &'r [usize]>) -> f64 {
        let Lesson { data, criterion, .. } = &self.lesson;
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
        if self.lesson.counts { self.minibatch.count_right(self.workspace.output()) } else { 0 }
    }

    /// One iteration of L-BFGS over all these rows.
    pub(super) fn iterate(&mut self, mlp: &mut Mlp<T>, all: &[usize], lbfgs: &mut Lbfgs<T>) -> Result<Iterated> {
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
            return Ok(Iterated { outcome, seen: Seen { loss: lbfgs.loss(), mass: seen_mass, right } });
        }
        // What was tried last is not where the parameters are.
        Ok(Iterated { outcome, seen: self.accumulate(mlp, all.chunks(PART))? })
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

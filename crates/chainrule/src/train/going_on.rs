//! A run that leaves checkpoints and goes on from one: what is written of the loop over the epochs, and how it is put back.

use chainrule_kernel::Scalar;
use chainrule_model::Mlp;

use super::checkpoint::{BestRecord, Checkpoint, Position, RunContents, RunRecord, SumsRecord, TrainingState};
use super::criterion::Criterion;
use super::early_stopping::BestState;
use super::epoch_loop::{EpochLoop, Method};
use super::{EpochReport, StopReason};
use crate::{Error, Result};

impl<T: Scalar, C: Criterion<T>> EpochLoop<'_, T, C> {
    /// The epoch under way and its steps so far.
    pub(super) fn position(&self) -> Position {
        (self.epoch, self.sums.steps)
    }

    /// Writes the last checkpoint of the run, if it has checkpoints and the last one does not stand here.
    pub(super) fn keep_last(&mut self, mlp: &Mlp<T>) -> Result<()> {
        let position = self.position();
        match &self.keeper {
            Some(keeper) if self.steps > 0 && !keeper.has(position) => self.keep(mlp),
            _ => Ok(()),
        }
    }

    /// Writes a checkpoint. A network that is no longer finite is none to go on from: the next step, or the check behind the
    /// epoch, finds it.
    pub(super) fn keep(&mut self, mlp: &Mlp<T>) -> Result<()> {
        if !mlp.is_finite() {
            return Ok(());
        }
        let position = self.position();
        let Some(mut keeper) = self.keeper.take() else { return Ok(()) };
        let record = self.record(keeper.command().to_vec());
        let (last_finite, best) = (self.last_finite.network(), self.best.as_ref().map(|best| best.network()));
        let run = record.map(|record| RunContents { record, last_finite, best });
        let optimizer = self.learner.workspace.optimizer_state();
        let state = TrainingState { mlp, optimizer, run };
        let written = self.observer.checkpoint(&mut || keeper.write(position, self.steps, &state));
        self.keeper = Some(keeper);
        written
    }

    fn record(&self, command: Vec<String>) -> Option<RunRecord> {
        let (Some(identity), Method::Steps { rates, .. }) = (&self.identity, &self.method) else { return None };
        let best = self.best.as_ref().map(|best| {
            let BestState { score, epoch, waited } = best.state();
            let score = Some(score).filter(|score| score.is_finite());
            let epoch = epoch.as_ref().map(Into::into);
            BestRecord { score, epoch, waited, batches: best.network().batches().to_vec() }
        });
        Some(RunRecord {
            identity: identity.clone(),
            command,
            epoch: self.epoch,
            sums: self.sums,
            steps: self.steps,
            step_seconds: self.step_seconds,
            seconds: self.seconds_before + self.started.elapsed().as_secs_f64(),
            rates: rates.state().into(),
            best,
            last_finite_batches: self.last_finite.network().batches().to_vec(),
            history: self.history.epochs().map(Into::into).collect(),
        })
    }

    /// Puts the run and its network where the checkpoint left them.
    ///
    /// # Errors
    /// When it is that of another run, or does not fit itself. The network may be changed then.
    pub(super) fn go_on(&mut self, mlp: &mut Mlp<T>, from: &Checkpoint) -> Result<()> {
        let Some(run) = from.run() else {
            let expected = "that of a run of Trainer's; load_into takes this one";
            return Err(from.refuse("the state of a program's own loop", expected));
        };
        if let Some(identity) = &self.identity
            && let differences = run.identity.differences(identity)
            && !differences.is_empty()
        {
            return Err(Error::OtherRun { path: from.path().to_owned(), differences });
        }
        self.check_position(from, run)?;
        from.load_into(mlp, &mut self.learner.workspace)?;
        from.last_finite_into(run, self.last_finite.network_mut())?;
        match (&mut self.best, &run.best) {
            (Some(best), Some(record)) => {
                from.best_into(&record.batches, best.network_mut())?;
                let epoch = record.epoch.as_ref().map(EpochReport::from);
                let is_over = best.set_state(BestState {
                    score: record.score.unwrap_or(f64::INFINITY),
                    epoch,
                    waited: record.waited,
                });
                if is_over && run.sums.steps == 0 {
                    self.stop_reason = StopReason::EarlyStopped;
                }
            }
            (None, None) => {}
            _ => return Err(from.refuse("early stopping in one of settings and state", "it in both")),
        }
        if let Method::Steps { rates, .. } = &mut self.method {
            rates.set_state(run.rates.into());
        }
        (self.epoch, self.sums, self.steps) = (run.epoch, run.sums, run.steps);
        (self.step_seconds, self.seconds_before) = (run.step_seconds, run.seconds);
        self.epochs_run = run.epoch - 1;
        run.history.iter().for_each(|record| self.history.add(record.into()));
        Ok(())
    }

    /// Refuses a place that no run of these settings comes to.
    fn check_position(&self, from: &Checkpoint, run: &RunRecord) -> Result<()> {
        let Method::Steps { batches: Some(batches), .. } = &self.method else { return Ok(()) };
        let (epochs, steps) = (self.config.epochs, batches.per_epoch());
        let place = run.epoch.checked_sub(1).and_then(|before| before.checked_mul(steps)?.checked_add(run.sums.steps));
        let is_one = (1..=epochs + 1).contains(&run.epoch)
            && run.sums.steps <= if run.epoch > epochs { 0 } else { steps }
            && place == Some(run.steps);
        // An epoch without steps has no mean loss.
        let SumsRecord { loss, mass, right, steps: taken } = run.sums;
        let has_sums = taken == 0 || (mass > 0.0 && (loss / mass).is_finite() && right <= self.rows);
        if is_one && has_sums {
            return Ok(());
        }
        let found = format!("step {} of epoch {}, {} of the run", run.sums.steps, run.epoch, run.steps);
        Err(from.refuse(found, format!("one of {steps} steps of {epochs} epochs")))
    }
}

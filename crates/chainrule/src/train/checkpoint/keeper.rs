//! Writes the checkpoints of a run while it trains.

use std::time::Instant;

use chainrule_kernel::Scalar;

use super::file::TrainingState;
use super::folder::{file, prepare, prune};
use super::settings::{Checkpoints, Every};
use crate::Result;

/// A place in a run: the epoch under way, and its steps so far.
pub(in crate::train) type Position = (usize, usize);

/// The checkpoints of one run.
pub(in crate::train) struct Keeper<'a> {
    checkpoints: &'a Checkpoints,
    /// When the last one was written, or the run began.
    last: Instant,
    /// Where the last one stands.
    written: Option<Position>,
}

impl<'a> Keeper<'a> {
    /// Of a run that begins, or goes on from a position.
    ///
    /// # Errors
    /// When the folder cannot be made ready, or is that of another run.
    pub(in crate::train) fn new(checkpoints: &'a Checkpoints, from: Option<Position>) -> Result<Self> {
        prepare(&checkpoints.folder, from.is_none())?;
        Ok(Keeper { checkpoints, last: Instant::now(), written: from })
    }

    pub(in crate::train) fn command(&self) -> &[String] {
        &self.checkpoints.command
    }

    /// Whether one is due after this many steps of the run.
    pub(in crate::train) fn is_due(&self, steps: usize) -> bool {
        match self.checkpoints.every {
            Every::Steps(every) => steps.is_multiple_of(every),
            Every::Time(time) => self.last.elapsed() >= time,
            Every::Epochs(_) => false,
        }
    }

    /// Whether one is due after this epoch.
    pub(in crate::train) fn is_due_after(&self, epoch: usize) -> bool {
        matches!(self.checkpoints.every, Every::Epochs(every) if epoch.is_multiple_of(every))
    }

    /// Whether the last one stands here.
    pub(in crate::train) fn has(&self, position: Position) -> bool {
        self.written == Some(position)
    }

    /// Writes one, and removes those that are too many. If that fails, older ones stay.
    pub(in crate::train) fn write<T: Scalar>(
        &mut self,
        position: Position,
        steps: usize,
        state: &TrainingState<'_, T>,
    ) -> Result<()> {
        let Checkpoints { folder, keep, .. } = self.checkpoints;
        state.write(&file(folder, steps))?;
        (self.last, self.written) = (Instant::now(), Some(position));
        prune(folder, *keep, steps)
    }
}

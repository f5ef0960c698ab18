//! Who watches a training run.

use std::ops::ControlFlow;

use super::EpochReport;

/// Is told of each step and each epoch. Nothing it does changes what is computed, save by ending the run.
///
/// A closure that takes an [`EpochReport`] is one.
pub trait Observer {
    /// After each step: `done` of `total` steps of the run.
    fn step(&mut self, done: usize, total: usize) {
        let _ = (done, total);
    }

    /// After each epoch, and its validation. `Break` ends the run here.
    fn epoch(&mut self, report: &EpochReport) -> ControlFlow<()>;
}

impl<F: FnMut(&EpochReport) -> ControlFlow<()>> Observer for F {
    fn epoch(&mut self, report: &EpochReport) -> ControlFlow<()> {
        self(report)
    }
}

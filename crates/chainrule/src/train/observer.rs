//! The observer of a training run.

use std::ops::ControlFlow;

use chainrule_kernel::Scalar;
use chainrule_model::Mlp;

use super::EpochReport;
use crate::Result;

/// Called after each step and each epoch of a training run with elements T. An observer can stop the run; nothing else that
/// it does changes the result.
///
/// A closure that takes an [`EpochReport`] is an observer for any T; `()` is one that does nothing.
///
/// ```
/// use chainrule::data::digits;
/// use chainrule::train::Observer;
/// use chainrule::{EpochReport, Mlp, TrainConfig, Trainer};
/// use std::ops::ControlFlow;
///
/// /// Counts steps, and ends the run after the first epoch.
/// struct Once<'a>(&'a mut usize);
///
/// impl Observer<f32> for Once<'_> {
///     fn step(&mut self, done: usize, _total: usize) {
///         *self.0 = done;
///     }
///
///     fn epoch(&mut self, _report: &EpochReport) -> ControlFlow<()> {
///         ControlFlow::Break(())
///     }
/// }
///
/// let (network, mut steps) = (Mlp::builder(64).dense(10).build()?, 0);
/// let config = TrainConfig::default().epochs(9).batch(100);
/// Trainer::new(config)?.fit(network, &digits(), None, Once(&mut steps))?;
/// assert_eq!(steps, 18); // 1,797 rows
/// # Ok::<(), chainrule::Error>(())
/// ```
pub trait Observer<T: Scalar> {
    /// Called after each step: `done` of `total` steps of the run.
    fn step(&mut self, done: usize, total: usize) {
        let _ = (done, total);
    }

    /// Called after each epoch and its validation. `Break` ends the run.
    fn epoch(&mut self, report: &EpochReport) -> ControlFlow<()>;

    /// Called when a checkpoint is due, with the function that writes it: for a program that has something to say of it, or to keep
    /// away meanwhile. An error ends the run.
    ///
    /// # Errors
    /// Those of writing it.
    fn checkpoint(&mut self, write: &mut dyn FnMut() -> Result<()>) -> Result<()> {
        write()
    }

    /// Called after [`Observer::epoch`] with the network, whether or not the run goes on.
    fn network(&mut self, report: &EpochReport, mlp: &Mlp<T>) {
        let _ = (report, mlp);
    }
}

impl<T: Scalar, F: FnMut(&EpochReport) -> ControlFlow<()>> Observer<T> for F {
    fn epoch(&mut self, report: &EpochReport) -> ControlFlow<()> {
        self(report)
    }
}

/// Does nothing.
impl<T: Scalar> Observer<T> for () {
    fn epoch(&mut self, _: &EpochReport) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

/// Both, the first one first; the run ends when either says so.
impl<T: Scalar, A: Observer<T>, B: Observer<T>> Observer<T> for (A, B) {
    fn step(&mut self, done: usize, total: usize) {
        self.0.step(done, total);
        self.1.step(done, total);
    }

    fn epoch(&mut self, report: &EpochReport) -> ControlFlow<()> {
        let (first, second) = (self.0.epoch(report), self.1.epoch(report));
        if first.is_break() { first } else { second }
    }

    fn checkpoint(&mut self, write: &mut dyn FnMut() -> Result<()>) -> Result<()> {
        let (first, second) = (&mut self.0, &mut self.1);
        first.checkpoint(&mut || second.checkpoint(&mut *write))
    }

    fn network(&mut self, report: &EpochReport, mlp: &Mlp<T>) {
        self.0.network(report, mlp);
        self.1.network(report, mlp);
    }
}

/// That observer, or none.
impl<T: Scalar, O: Observer<T>> Observer<T> for Option<O> {
    fn step(&mut self, done: usize, total: usize) {
        if let Some(observer) = self {
            observer.step(done, total);
        }
    }

    fn epoch(&mut self, report: &EpochReport) -> ControlFlow<()> {
        self.as_mut().map_or(ControlFlow::Continue(()), |observer| observer.epoch(report))
    }

    fn checkpoint(&mut self, write: &mut dyn FnMut() -> Result<()>) -> Result<()> {
        match self {
            Some(observer) => observer.checkpoint(write),
            None => write(),
        }
    }

    fn network(&mut self, report: &EpochReport, mlp: &Mlp<T>) {
        if let Some(observer) = self {
            observer.network(report, mlp);
        }
    }
}

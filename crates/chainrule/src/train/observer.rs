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

//! Ending a run from outside.
//!
//! One number holds what was asked for and how many runs there are, so that a stop is never lost between two of them and
//! asking for it takes no lock: a signal handler may.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The bit that asks for the end; what is above it counts runs.
const STOPPED: usize = 1;
const RUN: usize = 2;

/// Stops a training run from anywhere: another thread, a signal handler. The step that runs is finished first.
///
/// It stops the runs of its trainer that are under way; if there is none, the next one, before its first step. When that
/// run has returned (of several at once, the last of them), the handle is as new: the trainer's next run is not stopped.
///
/// ```
/// use chainrule::data::digits;
/// use chainrule::train::Ending;
/// use chainrule::{Mlp, TrainConfig, Trainer};
///
/// let network = Mlp::builder(64).dense(10).build()?;
/// let trainer = Trainer::new(TrainConfig::default().epochs(1))?;
/// trainer.stop_handle().stop();
/// let report = trainer.fit(network.clone(), &digits(), None, ())?.report;
/// assert_eq!((report.ending, report.steps), (Ending::Stopped, 0));
/// assert_eq!(trainer.fit(network, &digits(), None, ())?.report.ending, Ending::Finished);
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct StopHandle(Arc<AtomicUsize>);

impl StopHandle {
    /// Asks for the end.
    pub fn stop(&self) {
        self.0.fetch_or(STOPPED, Ordering::Relaxed);
    }

    /// Whether the end was asked for, of a run that has not returned or not begun.
    pub fn is_stopped(&self) -> bool {
        self.0.load(Ordering::Relaxed) & STOPPED != 0
    }

    /// A run begins; it ends when what is returned is dropped.
    pub(super) fn begin(&self) -> Running<'_> {
        self.0.fetch_add(RUN, Ordering::Relaxed);
        Running(self)
    }
}

/// A run under way.
pub(super) struct Running<'a>(&'a StopHandle);

impl Drop for Running<'_> {
    /// The last run takes what was asked for with it, in the same instant in which it is counted off.
    fn drop(&mut self) {
        let ended = |state: usize| Some(if state < 2 * RUN { 0 } else { state - RUN });
        let _ = self.0.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, ended);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stop_lasts_until_the_last_run_has_returned() {
        let stop = StopHandle::default();
        stop.stop();
        let (one, two) = (stop.begin(), stop.begin());
        drop(one);
        assert!(stop.is_stopped());
        drop(two);
        assert!(!stop.is_stopped());
        let one = stop.begin();
        stop.stop();
        assert!(stop.is_stopped());
        drop(one);
        drop(stop.begin());
        assert!(!stop.is_stopped());
    }
}

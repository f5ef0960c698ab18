//! Stopping a run from outside.
//!
//! One atomic number holds the request to stop and the number of runs under way, so that a request is never lost between
//! two runs and takes no lock: a signal handler may make it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The bit of a request to stop; the bits above it count runs.
const STOPPED: usize = 1;
const RUN: usize = 2;

/// Stops a training run from another thread or a signal handler. The step under way is finished first.
///
/// A request stops all runs of the trainer that are under way; if there is none, the next run, before its first step. When
/// the last of these runs has returned, the request is cleared: the trainer's next run is not stopped.
///
/// ```
/// use chainrule::data::digits;
/// use chainrule::train::StopReason;
/// use chainrule::{Mlp, TrainConfig, Trainer};
///
/// let network = Mlp::builder(64).dense(10).build()?;
/// let trainer = Trainer::new(TrainConfig::default().epochs(1))?;
/// trainer.stop_handle().stop();
/// let report = trainer.fit(network.clone(), &digits(), None, ())?.report;
/// assert_eq!((report.stop_reason, report.steps), (StopReason::Stopped, 0));
/// assert_eq!(trainer.fit(network, &digits(), None, ())?.report.stop_reason, StopReason::Finished);
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct StopHandle(Arc<AtomicUsize>);

impl StopHandle {
    /// Requests the stop.
    pub fn stop(&self) {
        self.0.fetch_or(STOPPED, Ordering::Relaxed);
    }

    /// Whether a stop was requested and is not cleared yet.
    pub fn is_stopped(&self) -> bool {
        self.0.load(Ordering::Relaxed) & STOPPED != 0
    }

    /// Counts a run, until the returned value is dropped.
    pub(super) fn begin(&self) -> Running<'_> {
        self.0.fetch_add(RUN, Ordering::Relaxed);
        Running(self)
    }
}

/// A run under way.
pub(super) struct Running<'a>(&'a StopHandle);

impl Drop for Running<'_> {
    /// Clears the request with the last run, in one atomic operation.
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

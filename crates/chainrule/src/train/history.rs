//! The epoch reports that a run's report keeps.

use std::collections::VecDeque;

use super::EpochReport;

/// The default number of epoch reports that are kept, of some 300 bytes each.
const DEFAULT: usize = 1000;

/// The epochs whose reports a [`TrainReport`](super::TrainReport) has.
///
/// ```
/// use chainrule::data::digits;
/// use chainrule::train::History;
/// use chainrule::{Mlp, TrainConfig, Trainer};
///
/// let config = TrainConfig::default().epochs(5).history(History::Last(2));
/// let network = Mlp::builder(64).dense(10).build()?;
/// let report = Trainer::new(config)?.fit(network, &digits::<f32>(), None, ())?.report;
/// assert_eq!((report.epochs_run, report.epochs.len(), report.epochs[0].epoch), (5, 2, 4));
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum History {
    /// The given number of last ones, so that the memory of a run does not grow with its epochs.
    Last(usize),
    /// All of them, some 300 bytes each.
    All,
}

/// The last 1,000.
impl Default for History {
    fn default() -> Self {
        History::Last(DEFAULT)
    }
}

/// The epoch reports that are kept.
pub(super) struct KeptReports {
    history: History,
    epochs: VecDeque<EpochReport>,
}

impl KeptReports {
    pub(super) fn new(history: History) -> Self {
        KeptReports { history, epochs: VecDeque::new() }
    }

    pub(super) fn add(&mut self, epoch: EpochReport) {
        self.epochs.push_back(epoch);
        if let History::Last(most) = self.history
            && self.epochs.len() > most
        {
            self.epochs.pop_front();
        }
    }

    pub(super) fn epochs(&self) -> impl Iterator<Item = &EpochReport> {
        self.epochs.iter()
    }

    pub(super) fn into_epochs(self) -> Vec<EpochReport> {
        self.epochs.into()
    }
}

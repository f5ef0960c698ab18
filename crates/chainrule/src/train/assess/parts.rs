//! What the metrics of one kind of target add to an evaluation, while it is gathered.

use chainrule_model::Loss;
use chainrule_model::metrics::{ClassScores, Interval};

use super::found::{Baseline, OutputErrors};

/// The parts of an assessment that depend on what the targets are.
pub(super) struct Parts {
    pub(super) metrics: Vec<(&'static str, f64)>,
    pub(super) classes: Option<Vec<ClassScores>>,
    pub(super) outputs: Vec<OutputErrors>,
    pub(super) baseline: Baseline,
    pub(super) intervals: Vec<(&'static str, Interval)>,
}

impl Parts {
    pub(super) fn new(baseline: Baseline) -> Self {
        Parts { metrics: Vec::new(), classes: None, outputs: Vec::new(), baseline, intervals: Vec::new() }
    }

    /// A metric, and what the baseline has by it.
    pub(super) fn add(&mut self, name: &'static str, value: f64, baseline: Option<f64>) {
        self.metrics.push((name, value));
        self.baseline.metrics.extend(baseline.map(|value| (name, value)));
    }
}

/// What an error costs by a loss of errors; the cross-entropies are none.
pub(super) fn error_loss(loss: Loss, error: f64) -> f64 {
    match loss {
        Loss::HalfMse => 0.5 * error * error,
        Loss::Mae => error.abs(),
        Loss::Huber(delta) if error.abs() > delta => delta * (error.abs() - 0.5 * delta),
        Loss::Huber(_) => 0.5 * error * error,
        _ => error * error,
    }
}

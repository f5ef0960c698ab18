//! The progress of a training run: one line per epoch on standard output, and a progress bar on standard error if that
//! is a terminal.

use std::io::IsTerminal;
use std::ops::ControlFlow;

use chainrule::data::Dataset;
use chainrule::train::Observer;
use chainrule::{EpochReport, Mlp, Scalar, Trainer};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use serde::Serialize;

use crate::doctor::{Patient, Run, Watch};
use crate::interrupt;
use crate::output::{Output, percent};

/// The JSON line of an epoch.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename = "epoch")]
struct EpochLine<'a> {
    epoch: usize,
    loss: f64,
    accuracy: Option<f64>,
    learning_rate: Option<f64>,
    val_loss: Option<f64>,
    val_accuracy: Option<f64>,
    seconds: f64,
    /// Not of a table that is learned twice: it would take longer than the steps.
    #[serde(skip_serializing_if = "str::is_empty")]
    weights_sha256: &'a str,
}

/// The size of a run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    pub(crate) rows: usize,
    pub(crate) batch: usize,
    pub(crate) epochs: usize,
}

impl Size {
    /// The number of rows in this many steps; the last minibatch of an epoch may be smaller.
    fn rows_seen(self, steps: usize) -> u64 {
        let per_epoch = self.rows.div_ceil(self.batch);
        let (epochs, steps) = (steps / per_epoch, steps % per_epoch);
        epochs as u64 * self.rows as u64 + (steps * self.batch) as u64
    }

    fn all_rows(self) -> u64 {
        (self.epochs as u64).saturating_mul(self.rows as u64)
    }
}

pub(crate) struct Progress<'a, T: Scalar> {
    output: &'a mut Output,
    sight: Sight<'a, T>,
    bar: ProgressBar,
    size: Size,
    /// Whether to continue after a write to standard output failed, because a model will be saved.
    ignore_broken_pipe: bool,
}

/// What the doctor needs to examine a run.
pub(crate) struct Sight<'a, T: Scalar> {
    pub(crate) watch: &'a mut Watch,
    pub(crate) train: &'a Dataset<T>,
    pub(crate) trainer: &'a Trainer,
    /// Whether lines have a column for the learning rate, which changes then.
    pub(crate) rate_changes: bool,
}

impl<'a, T: Scalar> Progress<'a, T> {
    pub(crate) fn new(
        output: &'a mut Output,
        sight: Sight<'a, T>,
        size: Size,
        with_bar: bool,
        ignore_broken_pipe: bool,
    ) -> Self {
        let size = Size { batch: size.batch.min(size.rows), ..size };
        let bar = if with_bar && std::io::stderr().is_terminal() { bar(size) } else { ProgressBar::hidden() };
        Progress { output, sight, bar, size, ignore_broken_pipe }
    }
}

fn bar(size: Size) -> ProgressBar {
    let rate = |state: &ProgressState, text: &mut dyn std::fmt::Write| {
        let _ = text.write_str(&rate(state.per_sec()));
    };
    let epoch = move |state: &ProgressState, text: &mut dyn std::fmt::Write| {
        let epoch = (state.pos() / size.rows as u64 + 1).min(size.epochs as u64);
        let _ = write!(text, "epoch {epoch}/{}", size.epochs);
    };
    let style = ProgressStyle::with_template("{epoch} [{bar:32}] {percent:>3} %  {rate}  {eta} left");
    let bar = ProgressBar::with_draw_target(Some(size.all_rows()), ProgressDrawTarget::stderr());
    if let Ok(style) = style {
        bar.set_style(style.with_key("rate", rate).with_key("epoch", epoch).progress_chars("=> "));
    }
    bar
}

/// Rows per second, with few digits.
fn rate(rows: f64) -> String {
    match rows {
        r if r >= 1e6 => format!("{:.2} M rows/s", r / 1e6),
        r if r >= 1e3 => format!("{:.1} k rows/s", r / 1e3),
        r => format!("{r:.0} rows/s"),
    }
}

impl<T: Scalar> Observer<T> for Progress<'_, T> {
    fn step(&mut self, done: usize, _total: usize) {
        // A signal that arrived before the run started must still stop it.
        if interrupt::stopped_by().is_some() {
            self.sight.trainer.stop_handle().stop();
        }
        if !self.bar.is_hidden() {
            self.bar.set_position(self.size.rows_seen(done));
        }
    }

    fn epoch(&mut self, report: &EpochReport) -> ControlFlow<()> {
        let validation = report.validation.as_ref();
        let rate_changes = self.sight.rate_changes;
        self.bar.suspend(|| {
            if report.epoch == 1 {
                self.output.say(heading(report, rate_changes));
            }
            self.output.say(line(report, rate_changes));
            self.output.json(&EpochLine {
                epoch: report.epoch,
                loss: report.loss,
                accuracy: report.accuracy,
                learning_rate: report.learning_rate,
                val_loss: validation.map(|validation| validation.loss),
                val_accuracy: validation.and_then(|validation| validation.accuracy),
                seconds: report.seconds,
                weights_sha256: &report.weights_sha256,
            });
        });
        if self.output.is_broken() && !self.ignore_broken_pipe {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }

    /// Reports problems after the first epoch, not only after the last, while there is still time to act on them.
    fn network(&mut self, report: &EpochReport, mlp: &Mlp<T>) {
        if report.epoch > 1 || self.size.epochs == 1 {
            return;
        }
        let Sight { watch, train, trainer, .. } = &mut self.sight;
        let run = Run { when: "during", losses: &[report.loss], rate: report.learning_rate };
        let output = &mut *self.output;
        self.bar.suspend(|| {
            // If a network cannot be examined, training reports the same error.
            let _ = watch.look(&Patient { mlp, loss: trainer.config().loss }, train, trainer, run, output);
        });
    }
}

impl<T: Scalar> Drop for Progress<'_, T> {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// The columns of an epoch's line that this run has.
fn columns(report: &EpochReport, rate_changes: bool) -> Vec<(&'static str, String)> {
    let loss = |loss: f64| format!("{loss:.5}");
    let mut columns = vec![("epoch", report.epoch.to_string()), ("loss", loss(report.loss))];
    columns.extend(report.accuracy.map(|accuracy| ("accuracy", percent(accuracy))));
    if let Some(validation) = &report.validation {
        columns.push(("val loss", loss(validation.loss)));
        columns.extend(validation.accuracy.map(|accuracy| ("val accuracy", percent(accuracy))));
    }
    if let Some(rate) = report.learning_rate.filter(|_| rate_changes) {
        columns.push(("rate", format!("{rate:.3e}")));
    }
    columns.push(("seconds", format!("{:.3}", report.seconds)));
    // The same for runs with the same bits.
    if !report.weights_sha256.is_empty() {
        columns.push(("weights", report.weights_sha256.chars().take(8).collect()));
    }
    columns
}

fn width(name: &str) -> usize {
    name.len().max(9)
}

fn heading(report: &EpochReport, rate_changes: bool) -> String {
    let cells =
        columns(report, rate_changes).into_iter().map(|(name, _)| format!("{name:>width$}", width = width(name)));
    cells.collect::<Vec<_>>().join("  ")
}

fn line(report: &EpochReport, rate_changes: bool) -> String {
    let cells =
        columns(report, rate_changes).into_iter().map(|(name, cell)| format!("{cell:>width$}", width = width(name)));
    cells.collect::<Vec<_>>().join("  ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_step_of_an_epoch_sees_what_is_left() {
        let size = Size { rows: 10, batch: 4, epochs: 2 };
        assert_eq!([0, 1, 2, 3, 4, 6].map(|steps| size.rows_seen(steps)), [0, 4, 8, 10, 14, 20]);
        assert_eq!(size.all_rows(), 20);
    }

    #[test]
    fn rates_have_few_digits() {
        assert_eq!(
            [0.0, 999.4, 12_345.0, 2.5e6].map(rate),
            ["0 rows/s", "999 rows/s", "12.3 k rows/s", "2.50 M rows/s"]
        );
    }

    #[test]
    fn a_line_has_the_columns_that_the_run_has() {
        let weights_sha256 = "0123456789abcdef".to_owned();
        let (accuracy, validation, learning_rate) = (None, None, Some(0.025));
        let report =
            EpochReport { epoch: 3, loss: 0.5, accuracy, validation, learning_rate, seconds: 0.25, weights_sha256 };
        assert_eq!(heading(&report, false), "    epoch       loss    seconds    weights");
        assert_eq!(line(&report, false), "        3    0.50000      0.250   01234567");
        assert_eq!(line(&report, true), "        3    0.50000   2.500e-2      0.250   01234567");
    }
}

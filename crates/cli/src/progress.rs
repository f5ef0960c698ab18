//! The progress of a training run: one line per epoch on standard output, and a progress bar on standard error if that
//! is a terminal.

use std::io::IsTerminal;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};

use chainrule::data::Dataset;
use chainrule::train::{Observer, TensorBoard};
use chainrule::{EpochReport, Mlp, Scalar, Trainer};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use serde::Serialize;

use crate::doctor::{Patient, Run, Watch};
use crate::interrupt;
use crate::live_line::{LiveLine, USUAL_WIDTH};
use crate::output::{Output, brief, loss_of, percent};

/// The JSON line of an epoch.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename = "epoch")]
struct EpochLine<'a> {
    epoch: usize,
    loss: f64,
    /// Of a regression: what this loss and that of the rows to validate on are of.
    #[serde(skip_serializing_if = "Option::is_none")]
    loss_of: Option<&'static str>,
    accuracy: Option<f64>,
    learning_rate: Option<f64>,
    val_loss: Option<f64>,
    val_accuracy: Option<f64>,
    /// In the targets' own unit.
    val_mae: Option<f64>,
    val_r2: Option<f64>,
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
    losses: Losses,
    size: Size,
    /// Whether to continue after a write to standard output failed, because files are written too.
    ignore_broken_pipe: bool,
    /// The lowest loss of validation rows so far.
    best: f64,
    has_heading: bool,
}

/// What the doctor needs to examine a run.
pub(crate) struct Sight<'a, T: Scalar> {
    pub(crate) watch: &'a mut Watch,
    pub(crate) train: &'a Dataset<T>,
    pub(crate) trainer: &'a Trainer,
    /// Whether lines have a column for the learning rate, which changes then.
    pub(crate) rate_changes: bool,
    /// Whether every epoch has a line, with the hash of its weights.
    pub(crate) is_verbose: bool,
    /// Where epochs are written besides.
    pub(crate) board: Option<&'a mut TensorBoard>,
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
        let losses = Losses::default();
        let with_bar = with_bar && std::io::stderr().is_terminal();
        let bar = if with_bar { bar(size, losses.clone()) } else { ProgressBar::hidden() };
        Progress { output, sight, bar, losses, size, ignore_broken_pipe, best: f64::INFINITY, has_heading: false }
    }
}

impl<T: Scalar> Progress<'_, T> {
    /// Notes an epoch's loss for the line on the terminal.
    fn remember(&self, validation: Option<f64>, train: f64) {
        let mut losses = self.losses.lock().unwrap_or_else(PoisonError::into_inner);
        losses.0 = if validation.is_some() { "val loss" } else { "loss" };
        losses.1.push(validation.unwrap_or(train));
    }
}

/// The losses of the epochs so far, of validation rows where there are any, and what they are called.
type Losses = Arc<Mutex<(&'static str, Vec<f64>)>>;

fn bar(size: Size, losses: Losses) -> ProgressBar {
    let line = move |state: &ProgressState, text: &mut dyn std::fmt::Write| {
        let (name, losses) = &*losses.lock().unwrap_or_else(PoisonError::into_inner);
        let rows_per_second = state.per_sec();
        let live = LiveLine {
            epoch: (state.pos() / size.rows as u64 + 1).min(size.epochs as u64) as usize,
            epochs: size.epochs,
            share: f64::from(state.fraction()),
            name,
            losses,
            rows_per_second,
            remaining: (rows_per_second > 0.0).then(|| state.eta()),
        };
        // Anew each time: terminals are resized.
        let width = terminal_size::terminal_size_of(std::io::stderr()).map_or(USUAL_WIDTH, |(width, _)| width.0.into());
        let _ = text.write_str(&live.compose(width));
    };
    let bar = ProgressBar::with_draw_target(Some(size.all_rows()), ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{line}") {
        bar.set_style(style.with_key("line", line));
    }
    bar
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

    fn checkpoint(&mut self, write: &mut dyn FnMut() -> chainrule::Result<()>) -> chainrule::Result<()> {
        interrupt::undisturbed(write)
    }

    fn epoch(&mut self, report: &EpochReport) -> ControlFlow<()> {
        let validation = report.validation.as_ref();
        let rate_changes = self.sight.rate_changes;
        let is_verbose = self.sight.is_verbose;
        let loss = validation.map(|validation| validation.loss);
        let is_best = loss.is_some_and(|loss| loss < self.best);
        self.best = loss.unwrap_or(self.best).min(self.best);
        self.remember(loss, report.loss);
        if let Some(board) = &mut self.sight.board {
            board.write(report);
        }
        self.bar.suspend(|| {
            if !self.has_heading {
                self.has_heading = true;
                self.output.say(heading(report, rate_changes, is_verbose));
            }
            if is_verbose || is_shown(report.epoch, self.size.epochs) {
                let line = line(report, rate_changes, is_verbose);
                if is_best { self.output.say_best(line) } else { self.output.say(line) }
            }
            self.output.json(&EpochLine {
                epoch: report.epoch,
                loss: report.loss,
                loss_of: loss_of(self.sight.train.task(), self.sight.train.target().scaling().is_some()),
                accuracy: report.accuracy,
                learning_rate: report.learning_rate,
                val_loss: validation.map(|validation| validation.loss),
                val_accuracy: validation.and_then(|validation| validation.accuracy),
                val_mae: validation.and_then(|validation| validation.mae),
                val_r2: validation.and_then(|validation| validation.r2),
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
        let run = Run { when: "during", losses: &[report.loss], rate: report.learning_rate, ..Run::AFTER };
        let output = &mut *self.output;
        self.bar.suspend(|| {
            // If a network cannot be examined, training reports the same error.
            let patient = Patient { mlp, loss: trainer.config().loss, is_weighted: false }.trained_by(trainer.config());
            let _ = watch.look(&patient, train, trainer, run, output);
        });
    }
}

impl<T: Scalar> Drop for Progress<'_, T> {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// Lines of a whole run, about: more would push what was said before it off the screen.
const LINES: usize = 20;

/// Whether an epoch has a line: the first ones, the last, and some evenly between.
fn is_shown(epoch: usize, epochs: usize) -> bool {
    epochs <= LINES + LINES / 4 || epoch <= 3 || epoch == epochs || epoch.is_multiple_of(epochs.div_ceil(LINES))
}

/// The columns of an epoch's line that this run has.
fn columns(report: &EpochReport, rate_changes: bool, is_verbose: bool) -> Vec<(&'static str, String)> {
    let loss = brief;
    let mut columns = vec![("epoch", report.epoch.to_string()), ("loss", loss(report.loss))];
    columns.extend(report.accuracy.map(|accuracy| ("accuracy", percent(accuracy))));
    if let Some(validation) = &report.validation {
        columns.push(("val loss", loss(validation.loss)));
        columns.extend(validation.accuracy.map(|accuracy| ("val accuracy", percent(accuracy))));
        columns.extend(validation.r2.map(|r2| ("val R2", format!("{r2:.4}"))));
        columns.extend(validation.mae.map(|mae| ("val MAE", brief(mae))));
    }
    if let Some(rate) = report.learning_rate.filter(|_| rate_changes) {
        columns.push(("rate", format!("{rate:.3e}")));
    }
    columns.push(("seconds", format!("{:.3}", report.seconds)));
    if is_verbose && !report.weights_sha256.is_empty() {
        // The same for runs with the same bits.
        columns.push(("weights", report.weights_sha256.chars().take(8).collect()));
    }
    columns
}

fn width(name: &str) -> usize {
    name.len().max(9)
}

fn heading(report: &EpochReport, rate_changes: bool, is_verbose: bool) -> String {
    let cells = columns(report, rate_changes, is_verbose)
        .into_iter()
        .map(|(name, _)| format!("{name:>width$}", width = width(name)));
    cells.collect::<Vec<_>>().join("  ")
}

fn line(report: &EpochReport, rate_changes: bool, is_verbose: bool) -> String {
    let cells = columns(report, rate_changes, is_verbose)
        .into_iter()
        .map(|(name, cell)| format!("{cell:>width$}", width = width(name)));
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
    fn a_line_has_the_columns_that_the_run_has() {
        let weights_sha256 = "0123456789abcdef".to_owned();
        let (accuracy, validation, learning_rate) = (None, None, Some(0.025));
        let report =
            EpochReport { epoch: 3, loss: 0.5, accuracy, validation, learning_rate, seconds: 0.25, weights_sha256 };
        assert_eq!(heading(&report, false, true), "    epoch       loss    seconds    weights");
        assert_eq!(line(&report, false, true), "        3    0.50000      0.250   01234567");
        assert_eq!(line(&report, true, false), "        3    0.50000   2.500e-2      0.250");
    }

    #[test]
    fn a_long_run_has_some_twenty_lines() {
        for epochs in [1, 20, 25, 60, 200, 1000] {
            let lines = (1..=epochs).filter(|&epoch| is_shown(epoch, epochs)).count();
            assert!(lines == epochs || (17..=26).contains(&lines), "{epochs}: {lines}");
            assert!(is_shown(1, epochs) && is_shown(epochs, epochs));
        }
    }
}

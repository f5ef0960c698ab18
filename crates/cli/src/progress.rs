//! What a training run shows of itself while it runs: a line for each epoch on standard output, and a bar on standard
//! error when that is a terminal.

use std::io::IsTerminal;
use std::ops::ControlFlow;

use chainrule::{EpochReport, Observer};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use serde::Serialize;

use crate::output::{Output, percent};

/// A JSON line for an epoch.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename = "epoch")]
struct EpochLine<'a> {
    epoch: usize,
    loss: f64,
    accuracy: Option<f64>,
    val_loss: Option<f64>,
    val_accuracy: Option<f64>,
    seconds: f64,
    weights_sha256: &'a str,
}

/// How large a run is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    pub(crate) rows: usize,
    pub(crate) batch: usize,
    pub(crate) epochs: usize,
}

impl Size {
    /// Rows that these steps have seen: the last step of an epoch sees what is left.
    fn rows_seen(self, steps: usize) -> u64 {
        let per_epoch = self.rows.div_ceil(self.batch);
        let (epochs, steps) = (steps / per_epoch, steps % per_epoch);
        epochs as u64 * self.rows as u64 + (steps * self.batch) as u64
    }

    fn all_rows(self) -> u64 {
        (self.epochs as u64).saturating_mul(self.rows as u64)
    }
}

pub(crate) struct Progress<'a> {
    output: &'a mut Output,
    bar: ProgressBar,
    size: Size,
    /// Whether to go on when nobody reads the output any more: when a file is written in the end.
    stubborn: bool,
}

impl<'a> Progress<'a> {
    pub(crate) fn new(output: &'a mut Output, size: Size, with_bar: bool, stubborn: bool) -> Self {
        let size = Size { batch: size.batch.min(size.rows), ..size };
        let bar = if with_bar && std::io::stderr().is_terminal() { bar(size) } else { ProgressBar::hidden() };
        Progress { output, bar, size, stubborn }
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

/// Rows in a second, in a unit that leaves few digits.
fn rate(rows: f64) -> String {
    match rows {
        r if r >= 1e6 => format!("{:.2} M rows/s", r / 1e6),
        r if r >= 1e3 => format!("{:.1} k rows/s", r / 1e3),
        r => format!("{r:.0} rows/s"),
    }
}

impl Observer for Progress<'_> {
    fn step(&mut self, done: usize, _total: usize) {
        if !self.bar.is_hidden() {
            self.bar.set_position(self.size.rows_seen(done));
        }
    }

    fn epoch(&mut self, report: &EpochReport) -> ControlFlow<()> {
        let validation = report.validation.as_ref();
        self.bar.suspend(|| {
            if report.epoch == 1 {
                self.output.say(heading(report));
            }
            self.output.say(line(report));
            self.output.json(&EpochLine {
                epoch: report.epoch,
                loss: report.loss,
                accuracy: report.accuracy,
                val_loss: validation.map(|validation| validation.loss),
                val_accuracy: validation.and_then(|validation| validation.accuracy),
                seconds: report.seconds,
                weights_sha256: &report.weights_sha256,
            });
        });
        if self.output.is_broken() && !self.stubborn { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

impl Drop for Progress<'_> {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// The columns of an epoch's line: those that this run has.
fn columns(report: &EpochReport) -> Vec<(&'static str, String)> {
    let loss = |loss: f64| format!("{loss:.5}");
    let mut columns = vec![("epoch", report.epoch.to_string()), ("loss", loss(report.loss))];
    columns.extend(report.accuracy.map(|accuracy| ("accuracy", percent(accuracy))));
    if let Some(validation) = &report.validation {
        columns.push(("val loss", loss(validation.loss)));
        columns.extend(validation.accuracy.map(|accuracy| ("val accuracy", percent(accuracy))));
    }
    columns.push(("seconds", format!("{:.3}", report.seconds)));
    // Runs that are the same to the bit show the same.
    columns.push(("weights", report.weights_sha256.chars().take(8).collect()));
    columns
}

fn width(name: &str) -> usize {
    name.len().max(9)
}

fn heading(report: &EpochReport) -> String {
    let cells = columns(report).into_iter().map(|(name, _)| format!("{name:>width$}", width = width(name)));
    cells.collect::<Vec<_>>().join("  ")
}

fn line(report: &EpochReport) -> String {
    let cells = columns(report).into_iter().map(|(name, cell)| format!("{cell:>width$}", width = width(name)));
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
        let (accuracy, validation) = (None, None);
        let report = EpochReport { epoch: 3, loss: 0.5, accuracy, validation, seconds: 0.25, weights_sha256 };
        assert_eq!(heading(&report), "    epoch       loss    seconds    weights");
        assert_eq!(line(&report), "        3    0.50000      0.250   01234567");
    }
}

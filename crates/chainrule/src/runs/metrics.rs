//! What each epoch of a run came to, in a file that grows while the run trains: one line for an epoch, written at once, so that a
//! run that is killed has all of its whole epochs.

use std::fs::File;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use chainrule_kernel::Scalar;

use crate::atomic::write_atomically;
use crate::train::Observer;
use crate::{EpochReport, Error, Place, Result};

/// The first line. Columns that a run does not have are empty.
const HEADER: &str = "epoch,step,train_loss,train_accuracy,val_loss,val_accuracy,val_mae,val_r2,learning_rate,seconds";

/// A line of `metrics.csv`.
///
/// ```
/// use chainrule::runs::read_metrics;
///
/// let text = "epoch,step,train_loss,train_accuracy,val_loss,val_accuracy,val_mae,val_r2,learning_rate,seconds\n\
///             1,45,0.5,0.8,0.6,0.75,,,0.1,0.02\n";
/// let epochs = read_metrics("metrics.csv", text)?;
/// assert_eq!((epochs[0].step, epochs[0].val_accuracy, epochs[0].val_r2), (45, Some(0.75), None));
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct EpochMetrics {
    /// Counted from 1.
    pub epoch: usize,
    /// Steps of the run at its end.
    pub step: usize,
    /// [`EpochReport::loss`].
    pub train_loss: f64,
    /// [`EpochReport::accuracy`].
    pub train_accuracy: Option<f64>,
    /// Of the rows that each epoch is measured on: those to validate on, or else those to test on.
    pub val_loss: Option<f64>,
    /// The share of these rows whose class is right.
    pub val_accuracy: Option<f64>,
    /// Their mean absolute error, in the unit that is learned in.
    pub val_mae: Option<f64>,
    /// Their R2.
    pub val_r2: Option<f64>,
    /// Of the last step.
    pub learning_rate: Option<f64>,
    /// Wall time of the steps.
    pub seconds: f64,
}

impl EpochMetrics {
    /// Those of an epoch that ended with this step of the run.
    pub fn of(report: &EpochReport, step: usize) -> Self {
        let validation = report.validation.as_ref();
        EpochMetrics {
            epoch: report.epoch,
            step,
            train_loss: report.loss,
            train_accuracy: report.accuracy,
            val_loss: validation.map(|validation| validation.loss),
            val_accuracy: validation.and_then(|validation| validation.accuracy),
            val_mae: validation.and_then(|validation| validation.mae),
            val_r2: validation.and_then(|validation| validation.r2),
            learning_rate: report.learning_rate,
            seconds: report.seconds,
        }
    }

    fn line(&self) -> String {
        let cell = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
        let cells = [
            self.epoch.to_string(),
            self.step.to_string(),
            self.train_loss.to_string(),
            cell(self.train_accuracy),
            cell(self.val_loss),
            cell(self.val_accuracy),
            cell(self.val_mae),
            cell(self.val_r2),
            cell(self.learning_rate),
            format!("{:.6}", self.seconds),
        ];
        cells.join(",") + "\n"
    }

    /// Of a line; or which cell is wrong, counted from 0, and what it should be.
    fn parse(line: &str) -> std::result::Result<Self, (usize, &'static str)> {
        let cells: Vec<&str> = line.split(',').collect();
        let wanted = HEADER.split(',').count();
        if cells.len() != wanted {
            return Err((cells.len().min(wanted) - 1, "ten cells"));
        }
        let whole = |at: usize| cells[at].parse::<usize>().map_err(|_| (at, "a whole number"));
        let number = |at: usize| cells[at].parse::<f64>().map_err(|_| (at, "a number"));
        let maybe = |at: usize| if cells[at].is_empty() { Ok(None) } else { number(at).map(Some) };
        Ok(EpochMetrics {
            epoch: whole(0)?,
            step: whole(1)?,
            train_loss: number(2)?,
            train_accuracy: maybe(3)?,
            val_loss: maybe(4)?,
            val_accuracy: maybe(5)?,
            val_mae: maybe(6)?,
            val_r2: maybe(7)?,
            learning_rate: maybe(8)?,
            seconds: number(9)?,
        })
    }
}

/// The epochs in the text of a `metrics.csv`. A last line without its end, as a crash may leave it, is passed over.
///
/// # Errors
/// [`Error::Format`] with the line when it is none.
pub fn read_metrics(origin: &str, text: &str) -> Result<Vec<EpochMetrics>> {
    let mut lines = whole_lines(text).enumerate();
    let refuse = |(line, column): (usize, usize), found: &str, expected: &str| {
        let place = Place::Character { line: line + 1, column: column + 1 };
        Error::format(origin, place, found, expected)
    };
    match lines.next() {
        Some((_, HEADER)) => {}
        Some((_, other)) => return Err(refuse((0, 0), other, HEADER)),
        None => return Err(refuse((0, 0), "no whole line", HEADER)),
    }
    let epochs = lines.map(|(at, line)| {
        EpochMetrics::parse(line).map_err(|(cell, expected)| {
            let before: usize = line.split(',').take(cell).map(|cell| cell.chars().count() + 1).sum();
            refuse((at, before), line.split(',').nth(cell).unwrap_or_default(), expected)
        })
    });
    epochs.collect()
}

fn whole_lines(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n'))
}

/// Writes `metrics.csv` while a run trains; it is an [`Observer`].
///
/// ```
/// use chainrule::data::digits;
/// use chainrule::runs::MetricsLog;
/// use chainrule::{Mlp, TrainConfig, Trainer};
///
/// let path = std::env::temp_dir().join(format!("metrics-{}.csv", std::process::id()));
/// let mut log = MetricsLog::create(&path)?;
/// let network = Mlp::builder(64).dense(10).build()?;
/// Trainer::new(TrainConfig::default().epochs(3))?.fit(network, &digits::<f32>(), None, log.observer())?;
/// log.finish()?;
/// assert_eq!(std::fs::read_to_string(&path).expect("the file").lines().count(), 4);
/// # std::fs::remove_file(&path).expect("the file that was just written");
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug)]
pub struct MetricsLog {
    path: PathBuf,
    file: File,
    step: usize,
    error: Option<Error>,
}

impl MetricsLog {
    /// A new file.
    ///
    /// # Errors
    /// When it exists or cannot be written.
    pub fn create(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let made = File::options().append(true).create_new(true).open(path);
        let mut file = made.map_err(Error::io("write", path))?;
        file.write_all(format!("{HEADER}\n").as_bytes()).map_err(Error::io("write", path))?;
        Ok(MetricsLog { path: path.to_owned(), file, step: 0, error: None })
    }

    /// Continues the file of a run with epoch `epoch`; `step` steps have been taken before it. Lines of that epoch and of
    /// later ones are removed first.
    ///
    /// # Errors
    /// When the file cannot be read or written, or is none.
    pub fn continue_from(path: impl AsRef<Path>, epoch: usize, step: usize) -> Result<Self> {
        let path = path.as_ref();
        let text = std::fs::read_to_string(path).map_err(Error::io("read", path))?;
        let mut epochs = read_metrics(&path.display().to_string(), &text)?;
        epochs.retain(|line| line.epoch < epoch);
        let kept: String = epochs.iter().map(EpochMetrics::line).collect();
        write_atomically(path, |out| out.write_all(format!("{HEADER}\n{kept}").as_bytes()))?;
        let file = File::options().append(true).open(path).map_err(Error::io("write", path))?;
        Ok(MetricsLog { path: path.to_owned(), file, step, error: None })
    }

    /// What a run is watched by. A line that cannot be written stops the run; [`MetricsLog::finish`] says why.
    pub fn observer(&mut self) -> MetricsObserver<'_> {
        MetricsObserver { log: self }
    }

    /// Why lines could not be written, if they could not.
    ///
    /// # Errors
    /// That of writing the first of them.
    pub fn finish(self) -> Result<()> {
        self.error.map_or(Ok(()), Err)
    }
}

/// Writes a line for each epoch: see [`MetricsLog::observer`].
///
/// ```
/// use chainrule::runs::MetricsLog;
/// let path = std::env::temp_dir().join(format!("observed-{}.csv", std::process::id()));
/// let mut log = MetricsLog::create(&path)?;
/// let and_more = (log.observer(), ()); // two observers are one
/// # std::fs::remove_file(&path).expect("the file that was just written");
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug)]
pub struct MetricsObserver<'a> {
    log: &'a mut MetricsLog,
}

impl<T: Scalar> Observer<T> for MetricsObserver<'_> {
    fn step(&mut self, done: usize, _total: usize) {
        self.log.step = done;
    }

    fn epoch(&mut self, report: &EpochReport) -> ControlFlow<()> {
        let MetricsLog { path, file, step, error } = &mut *self.log;
        // A whole line at once: what is written is there even if the process is killed.
        match file.write_all(EpochMetrics::of(report, *step).line().as_bytes()) {
            Ok(()) => ControlFlow::Continue(()),
            Err(cause) => {
                error.get_or_insert(Error::io("write", path.as_path())(cause));
                ControlFlow::Break(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn epoch(epoch: usize) -> EpochMetrics {
        let (train_loss, seconds) = (1.0 / 3.0, 0.125);
        let (train_accuracy, val_accuracy, val_mae, learning_rate) = (None, None, None, None);
        let (val_loss, val_r2, step) = (Some(1e-30), Some(-0.5), 7 * epoch);
        EpochMetrics {
            epoch,
            step,
            train_loss,
            train_accuracy,
            val_loss,
            val_accuracy,
            val_mae,
            val_r2,
            learning_rate,
            seconds,
        }
    }

    #[test]
    fn what_is_written_is_read_to_the_last_bit_and_half_a_line_is_passed_over() {
        let epochs: Vec<EpochMetrics> = (1..4).map(epoch).collect();
        let text: String = epochs.iter().map(EpochMetrics::line).collect();
        assert_eq!(read_metrics("m", &format!("{HEADER}\n{text}")).unwrap(), epochs);
        assert_eq!(read_metrics("m", &format!("{HEADER}\n{text}4,28,0.3")).unwrap(), epochs);
        assert!(read_metrics("m", &format!("{HEADER}\n")).unwrap().is_empty());
    }

    #[test]
    fn what_is_no_file_of_metrics_is_told_with_its_line() {
        for (text, place) in [
            (String::new(), "line 1"),
            ("a,b\n".to_owned(), "line 1"),
            (format!("{HEADER}\n1,2,3\n"), "line 2"),
            (format!("{HEADER}\n{}x,2,3,,,,,,,1\n", epoch(1).line()), "line 3, column 1"),
            (format!("{HEADER}\n1,2,,,,,,,,1\n"), "line 2, column 5"),
        ] {
            let error = read_metrics("m", &text).unwrap_err().to_string();
            assert!(error.contains(place), "{error}");
        }
    }

    #[test]
    fn a_run_that_goes_on_writes_its_epoch_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("metrics.csv");
        let text: String = (1..4).map(|at| epoch(at).line()).collect();
        std::fs::write(&path, format!("{HEADER}\n{text}4,2")).unwrap();
        // The last step of the epoch is done, its line is not written.
        let mut log = MetricsLog::continue_from(&path, 3, 21).unwrap();
        let left = std::fs::read_to_string(&path).unwrap();
        assert_eq!(read_metrics("m", &left).unwrap(), [epoch(1), epoch(2)]);
        let report = EpochReport {
            epoch: 3,
            loss: 0.5,
            accuracy: None,
            validation: None,
            learning_rate: None,
            seconds: 1.0,
            weights_sha256: String::new(),
        };
        assert_eq!(Observer::<f32>::epoch(&mut log.observer(), &report), ControlFlow::Continue(()));
        let left = std::fs::read_to_string(&path).unwrap();
        assert_eq!(read_metrics("m", &left).unwrap()[2].step, 21);
        assert!(MetricsLog::create(&path).is_err(), "a file that is there is not replaced");
    }
}

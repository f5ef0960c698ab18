//! When and where a run writes checkpoints.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use crate::{Error, Result};

/// How often a run writes a checkpoint.
///
/// ```
/// use chainrule::train::Every;
/// use std::time::Duration;
///
/// assert_eq!("30s".parse(), Ok(Every::Time(Duration::from_secs(30))));
/// assert_eq!("500".parse(), Ok(Every::Steps(500)));
/// assert_eq!("2epochs".parse(), Ok(Every::Epochs(2)));
/// assert_eq!(Every::Epochs(2).to_string(), "2epochs");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Every {
    /// After the first step that ends this long after the last one was written.
    Time(Duration),
    /// After every so many steps of the run.
    Steps(usize),
    /// After every so many epochs and their validation.
    Epochs(usize),
}

/// As it is parsed: `30s`, `500`, `2epochs`.
impl fmt::Display for Every {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Every::Time(time) => write!(f, "{}s", time.as_secs_f64()),
            Every::Steps(steps) => write!(f, "{steps}"),
            Every::Epochs(epochs) => write!(f, "{epochs}epochs"),
        }
    }
}

/// A time with `s`, `m` or `h` behind it, a number of steps, or a number of epochs with `epochs` behind it.
impl FromStr for Every {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let digits = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
        let (number, unit) = text.split_at(digits);
        let whole = || number.parse::<usize>().ok().filter(|count| *count > 0);
        let time = |seconds: f64| {
            let number = number.parse::<f64>().ok().filter(|number| *number > 0.0)?;
            Duration::try_from_secs_f64(number * seconds).ok().map(Every::Time)
        };
        let parsed = match unit.trim() {
            "" | "steps" | "step" => whole().map(Every::Steps),
            "epochs" | "epoch" => whole().map(Every::Epochs),
            "s" => time(1.0),
            "m" | "min" => time(60.0),
            "h" => time(3600.0),
            _ => None,
        };
        parsed.ok_or_else(|| {
            format!("`{text}`, expected a time (30s, 5m, 1h), a number of steps (500) or of epochs (2epochs), above 0")
        })
    }
}

/// Where a run writes checkpoints, how often, and how many stay. The folder is that of one run: another run does not begin in it, and
/// [`Trainer::continue_run`](super::super::Trainer::continue_run) goes on with it.
///
/// ```
/// use chainrule::data::digits;
/// use chainrule::train::{Checkpoint, Checkpoints, Every};
/// use chainrule::{EpochReport, Loss, Mlp, Model, TrainConfig, Trainer};
/// use std::ops::ControlFlow;
///
/// let folder = std::env::temp_dir().join(format!("checkpoints-{}", std::process::id()));
/// let data = digits::<f32>().scaled(1.0 / 16.0)?;
/// let network = Mlp::builder(64).dense(10).build()?;
/// let start = || Model::new(network.clone(), Loss::CrossEntropy).described_by(&data);
/// let checkpoints = Checkpoints::in_folder(&folder).every(Every::Steps(50));
/// let trainer = Trainer::new(TrainConfig::default().epochs(4))?.with_checkpoints(checkpoints)?;
///
/// // A run that ends early, as one does whose machine is switched off.
/// let stop = |report: &EpochReport| if report.epoch == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
/// trainer.resume(&mut start(), &data, None, stop)?;
///
/// // Later: the same settings, data and network; the weights are those of the checkpoint.
/// let newest = Checkpoint::newest(&folder)?;
/// let mut model = start();
/// let report = trainer.continue_run(&newest.checkpoint, &mut model, &data, None, ())?;
/// std::fs::remove_dir_all(&folder).expect("the folder that was just written");
///
/// let mut undisturbed = start();
/// Trainer::new(TrainConfig::default().epochs(4))?.resume(&mut undisturbed, &data, None, ())?;
/// assert!(report.epochs_run == 4 && model.mlp == undisturbed.mlp);
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Checkpoints {
    pub(super) folder: PathBuf,
    pub(super) every: Every,
    pub(super) keep: usize,
    pub(super) command: Vec<String>,
}

impl Checkpoints {
    /// In this folder, which is made if it does not exist; every 30 seconds, and the last two stay.
    pub fn in_folder(folder: impl Into<PathBuf>) -> Self {
        Checkpoints { folder: folder.into(), every: Every::Time(Duration::from_secs(30)), keep: 2, command: Vec::new() }
    }

    /// The same, written so often.
    pub fn every(self, every: Every) -> Self {
        Checkpoints { every, ..self }
    }

    /// The same, where the last so many stay, at least 1.
    pub fn keep(self, keep: usize) -> Self {
        Checkpoints { keep, ..self }
    }

    /// The same, with something that tells how the program was called, for [`Checkpoint::command`](super::Checkpoint::command).
    pub fn command(self, command: Vec<String>) -> Self {
        Checkpoints { command, ..self }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Refuses settings by which none would be written, or none would stay.
    ///
    /// # Errors
    /// When one of them is 0.
    pub fn check(&self) -> Result<()> {
        let is_never =
            matches!(self.every, Every::Steps(0) | Every::Epochs(0)) || self.every == Every::Time(Duration::ZERO);
        for (name, is_zero) in
            [("checkpoints to keep", self.keep == 0), ("steps, epochs or time between checkpoints", is_never)]
        {
            if is_zero {
                return Err(Error::Argument { name, found: "0".to_owned(), expected: "more".to_owned() });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_often_is_read_as_it_is_written() {
        for text in ["30s", "0.5s", "7", "1epochs", "7200s"] {
            assert_eq!(text.parse::<Every>().unwrap().to_string(), text);
        }
        assert_eq!("1.5m".parse::<Every>().unwrap().to_string(), "90s");
        assert_eq!("1 epoch".parse::<Every>().unwrap(), Every::Epochs(1));
        for text in ["", "0", "0s", "-1", "1.5", "s", "3days", "1e9", "99999999999999999999s", "0epochs", "nans"] {
            assert!(text.parse::<Every>().unwrap_err().contains("expected a time"), "{text}");
        }
    }
}

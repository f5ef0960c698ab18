//! The folder of a run: which file is what, and that a new run never writes into an old one.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::metrics::MetricsLog;
use crate::atomic::write_atomically;
use crate::train::Checkpoint;
use crate::{Error, Result};

/// The folder of a run: `config.toml`, `metrics.csv`, `model.safetensors`, `checkpoints` and `report.html`.
///
/// ```
/// use chainrule::data::digits;
/// use chainrule::runs::{RunFolder, Section, Setting, SettingValue, run_section, to_toml};
/// use chainrule::{Loss, Mlp, Model, TrainConfig, Trainer};
///
/// let parent = std::env::temp_dir().join(format!("runs-{}", std::process::id()));
/// let folder = RunFolder::create_numbered(&parent, "digits")?; // digits-001, then digits-002
/// let epochs = Setting::new("epochs", SettingValue::One("2".to_owned())).says("Passes over the rows");
/// let training = Section::new("training", vec![epochs]);
/// folder.write_config(&to_toml("A linear model of the digits.", &[training, run_section(&[("network", "64-10")])]))?;
///
/// let data = digits::<f32>().scaled(1.0 / 16.0)?;
/// let mut model = Model::new(Mlp::builder(64).dense(10).build()?, Loss::CrossEntropy).described_by(&data);
/// let mut log = folder.metrics()?;
/// Trainer::new(TrainConfig::default().epochs(2))?.resume(&mut model, &data, None, log.observer())?;
/// log.finish()?;
/// model.save(folder.model_path())?;
/// assert!(folder.path().ends_with("digits-001"));
/// # std::fs::remove_dir_all(&parent).expect("the folder that was just made");
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunFolder {
    path: PathBuf,
}

const CONFIG: &str = "config.toml";
const METRICS: &str = "metrics.csv";
const MODEL: &str = "model.safetensors";
const CHECKPOINTS: &str = "checkpoints";
const REPORT: &str = "report.html";

/// More runs of one name than anybody compares.
const MOST: usize = 999_999;

impl RunFolder {
    /// A new folder at this path; one that is there and empty is taken. Folders above it are made.
    ///
    /// # Errors
    /// When something else is there, or it cannot be made.
    pub fn create(path: impl Into<PathBuf>) -> Result<Self> {
        let folder = RunFolder { path: path.into() };
        folder.check_new()?;
        fs::create_dir_all(&folder.path).map_err(Error::io("make", &folder.path))?;
        Ok(folder)
    }

    /// Refuses what [`RunFolder::create`] would: for asking before hours of reading.
    ///
    /// # Errors
    /// As [`RunFolder::create`], but for what only making it shows.
    pub fn check(path: impl Into<PathBuf>) -> Result<()> {
        RunFolder { path: path.into() }.check_new()
    }

    fn check_new(&self) -> Result<()> {
        let refuse = |found: String| {
            let expected = "a new or an empty folder".to_owned();
            Err(Error::Argument { name: "folder of the run", found, expected })
        };
        match fs::read_dir(&self.path).map(|mut entries| entries.next().is_some()) {
            Ok(true) => refuse(format!("{}, which has files in it", self.path.display())),
            Ok(false) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
                refuse(format!("{}, which is no folder", self.path.display()))
            }
            Err(error) => Err(Error::io("read", &self.path)(error)),
        }
    }

    /// A new folder `NAME-001` in this one, or the next number that is free.
    ///
    /// # Errors
    /// When the name is none of a folder, or it cannot be made.
    pub fn create_numbered(parent: impl AsRef<Path>, name: &str) -> Result<Self> {
        let parent = parent.as_ref();
        if name.is_empty() || name.starts_with('.') || name.contains(|c: char| "/\\".contains(c) || c.is_control()) {
            let expected = "a name without slashes and control characters that does not begin with a point".to_owned();
            return Err(Error::Argument { name: "name of the run", found: format!("{name:?}"), expected });
        }
        fs::create_dir_all(parent).map_err(Error::io("make", parent))?;
        // Behind the last, not in a gap: numbers tell the order.
        let number = |entry: io::Result<fs::DirEntry>| {
            let entry = entry.ok()?.file_name().into_string().ok()?;
            entry.strip_prefix(name)?.strip_prefix('-')?.parse::<usize>().ok()
        };
        let last = fs::read_dir(parent).map_err(Error::io("read", parent))?.filter_map(number).max().unwrap_or(0);
        for number in last + 1..=MOST {
            let path = parent.join(format!("{name}-{number:03}"));
            match fs::create_dir(&path) {
                Ok(()) => return Ok(RunFolder { path }),
                // Another run was quicker.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(Error::io("make", path)(error)),
            }
        }
        let expected = format!("at most {MOST} runs of a name");
        Err(Error::Argument {
            name: "name of the run",
            found: format!("{name:?}, the last of which is {last}"),
            expected,
        })
    }

    /// The run's folder that this path names, or whose checkpoints it names; `None` where it is neither.
    pub fn find(path: impl AsRef<Path>) -> Option<Self> {
        let path = path.as_ref();
        let is_one = |path: &Path| path.join(CONFIG).is_file();
        if is_one(path) {
            return Some(RunFolder { path: path.to_owned() });
        }
        let above = path.file_name().is_some_and(|name| name == CHECKPOINTS).then(|| path.parent()).flatten()?;
        let above = if above.as_os_str().is_empty() { Path::new(".") } else { above };
        is_one(above).then(|| RunFolder { path: above.to_owned() })
    }

    /// The folder at this path, whatever is in it and whether it is there or not.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        RunFolder { path: path.into() }
    }

    /// Whether there is a file that only runs have.
    pub(super) fn looks_like_one(&self) -> bool {
        self.config_path().is_file() || self.metrics_path().is_file()
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// `config.toml`: every setting of the run, and in `[run]` what it was.
    pub fn config_path(&self) -> PathBuf {
        self.path.join(CONFIG)
    }

    /// `metrics.csv`: a line for each epoch.
    pub fn metrics_path(&self) -> PathBuf {
        self.path.join(METRICS)
    }

    /// `model.safetensors`: what came of it.
    pub fn model_path(&self) -> PathBuf {
        self.path.join(MODEL)
    }

    /// `checkpoints`: what it goes on from, for [`Checkpoints::in_folder`](crate::train::Checkpoints::in_folder).
    pub fn checkpoints_path(&self) -> PathBuf {
        self.path.join(CHECKPOINTS)
    }

    /// `report.html`: a page about it.
    pub fn report_path(&self) -> PathBuf {
        self.path.join(REPORT)
    }

    /// The files that a run writes here, whether they are there or not; its checkpoints, which come and go, are others.
    pub fn own_files(&self) -> [PathBuf; 4] {
        [self.config_path(), self.metrics_path(), self.model_path(), self.report_path()]
    }

    /// Those, and the checkpoints that are there now.
    pub fn files(&self) -> Vec<PathBuf> {
        let checkpoints = fs::read_dir(self.checkpoints_path()).into_iter().flatten().flatten();
        let is_one = |entry: &fs::DirEntry| entry.file_name().to_str().is_some_and(Checkpoint::is_name);
        self.own_files().into_iter().chain(checkpoints.filter(is_one).map(|entry| entry.path())).collect()
    }

    /// Writes `config.toml`, by which the folder is that of this run: of two that begin at once, one is refused and has written
    /// nothing.
    ///
    /// # Errors
    /// When there is one, or it cannot be written.
    pub fn write_config(&self, text: &str) -> Result<()> {
        let path = self.config_path();
        match File::create_new(&path) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                let found = format!("{}, in which another run has just begun", self.path.display());
                let expected = "a new or an empty folder".to_owned();
                return Err(Error::Argument { name: "folder of the run", found, expected });
            }
            Err(error) => return Err(Error::io("write", path)(error)),
        }
        write_atomically(&path, |out| out.write_all(text.as_bytes())).inspect_err(|_| {
            // The error is that of writing.
            let _ = fs::remove_file(&path);
        })
    }

    /// A new `metrics.csv`.
    ///
    /// # Errors
    /// When there is one, or it cannot be written.
    pub fn metrics(&self) -> Result<MetricsLog> {
        MetricsLog::create(self.metrics_path())
    }

    /// Opens the `metrics.csv` of a run that continues with epoch `epoch`; `step` steps have been taken before it.
    ///
    /// # Errors
    /// When there is none, or it cannot be read or written.
    pub fn metrics_from(&self, epoch: usize, step: usize) -> Result<MetricsLog> {
        MetricsLog::continue_from(self.metrics_path(), epoch, step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_with_something_in_it_is_refused_and_an_empty_one_is_taken() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("a/b");
        let folder = RunFolder::create(&path).unwrap();
        assert_eq!(RunFolder::create(&path).unwrap(), folder);
        folder.write_config("[run]\n").unwrap();
        let refused = RunFolder::create(&path).unwrap_err().to_string();
        assert!(refused.contains("which has files in it, expected a new or an empty folder"), "{refused}");
        let refused = RunFolder::create(folder.config_path()).unwrap_err().to_string();
        assert!(refused.contains("which is no folder"), "{refused}");
        fs::create_dir(folder.checkpoints_path()).unwrap();
        assert_eq!(RunFolder::find(folder.checkpoints_path()), Some(folder.clone()));
        let checkpoint = folder.checkpoints_path().join("checkpoint-000000000050.safetensors");
        fs::write(&checkpoint, "").unwrap();
        fs::write(folder.checkpoints_path().join("notes"), "").unwrap();
        assert_eq!(folder.files(), [&folder.own_files()[..], &[checkpoint]].concat());
        assert_eq!(RunFolder::find(&path), Some(folder));
        assert_eq!(RunFolder::find(home.path()), None);
    }

    #[test]
    fn of_two_runs_that_begin_at_once_one_is_refused() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("a");
        let (first, second) = (RunFolder::create(&path).unwrap(), RunFolder::create(&path).unwrap());
        first.write_config("# first\n").unwrap();
        let refused = second.write_config("# second\n").unwrap_err().to_string();
        assert!(refused.contains("in which another run has just begun"), "{refused}");
        assert_eq!(fs::read_to_string(first.config_path()).unwrap(), "# first\n");
    }

    #[test]
    fn numbers_count_up_behind_the_last() {
        let home = tempfile::tempdir().unwrap();
        let name = |name| RunFolder::create_numbered(home.path().join("runs"), name).map(|run| run.path);
        let end = |path: PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
        assert_eq!(end(name("a").unwrap()), "a-001");
        assert_eq!(end(name("a").unwrap()), "a-002");
        fs::create_dir(home.path().join("runs/a-1041")).unwrap();
        fs::remove_dir(home.path().join("runs/a-001")).unwrap();
        assert_eq!(end(name("a").unwrap()), "a-1042");
        assert_eq!(end(name("a-b").unwrap()), "a-b-001");
        for bad in ["", ".", "../a", "a/b", "a\nb", "\u{1b}[31ma"] {
            assert!(name(bad).is_err(), "{bad}");
        }
    }
}

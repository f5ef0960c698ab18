//! Runs beside one another: in the order of what they came to, with the settings in which they differ.

use std::cmp::Ordering;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::folder::RunFolder;
use super::run::{Metric, Run};
use crate::{Error, Result};

/// Runs that are compared.
///
/// ```
/// use chainrule::runs::{Comparison, RunFolder, RunOrder, Section, Setting, SettingValue, run_section, to_toml};
///
/// let home = std::env::temp_dir().join(format!("compared-{}", std::process::id()));
/// for lr in ["0.1", "0.01"] {
///     let folder = RunFolder::create_numbered(&home, "run")?;
///     let rate = Setting::new("lr", SettingValue::One(lr.to_owned()));
///     folder.write_config(&to_toml("", &[Section::new("training", vec![rate]), run_section(&[])]))?;
///     folder.metrics()?;
/// }
/// let mut comparison = Comparison::of(&[&home])?;
/// comparison.sort(RunOrder::Name);
/// let differences = comparison.differences();
/// assert_eq!((differences[0].key.as_str(), differences[0].values[1].as_deref()), ("lr", Some("0.01")));
/// assert!(comparison.to_html("Two runs").contains("run-002"));
/// # std::fs::remove_dir_all(&home).expect("the folder that was just made");
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct Comparison {
    /// The runs, by their score at first.
    pub runs: Vec<Run>,
    /// Folders that look like runs and cannot be read.
    pub broken: Vec<BrokenRun>,
}

/// A folder that looks like that of a run and cannot be read.
///
/// ```
/// use chainrule::runs::{BrokenRun, Run};
///
/// let error = Run::open("no/such/folder").unwrap_err();
/// let broken = BrokenRun { path: "no/such/folder".into(), error };
/// assert!(broken.error.to_string().contains("config.toml"));
/// ```
#[derive(Debug)]
pub struct BrokenRun {
    /// The folder.
    pub path: PathBuf,
    /// Why.
    pub error: Error,
}

/// A setting that is not the same in all runs.
///
/// ```
/// let lr = chainrule::runs::Difference { key: "lr".to_owned(), values: vec![Some("0.1".to_owned()), None] };
/// assert!(lr.values[0] != lr.values[1]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Its key.
    pub key: String,
    /// Its value in each run; `None` where a run does not have it.
    pub values: Vec<Option<String>>,
}

/// The order of runs.
///
/// ```
/// use chainrule::runs::RunOrder;
///
/// assert_eq!("date".parse::<RunOrder>()?, RunOrder::Date);
/// assert!("dat".parse::<RunOrder>().unwrap_err().to_string().contains("did you mean \"date\"?"));
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum RunOrder {
    /// The best epoch on validation rows first: by accuracy, or R2, or loss; of equal ones that of the least loss.
    #[default]
    Score,
    /// The best measured at the end first.
    Test,
    /// By the least validation loss.
    Loss,
    /// The quickest first.
    Seconds,
    /// The fewest epochs first.
    Epochs,
    /// By the name.
    Name,
    /// The oldest first.
    Date,
}

/// The names of [`RunOrder`].
pub const RUN_ORDER_NAMES: &[&str] = &["score", "test", "loss", "seconds", "epochs", "name", "date"];

impl FromStr for RunOrder {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Ok(match text {
            "score" => RunOrder::Score,
            "test" => RunOrder::Test,
            "loss" => RunOrder::Loss,
            "seconds" => RunOrder::Seconds,
            "epochs" => RunOrder::Epochs,
            "name" => RunOrder::Name,
            "date" => RunOrder::Date,
            other => return Err(Error::unknown_name("order of runs", other, RUN_ORDER_NAMES)),
        })
    }
}

impl Comparison {
    /// The runs in these folders: each is that of a run, or has such folders in it. Other files and folders there are passed over.
    ///
    /// # Errors
    /// When a folder cannot be read, or there is no run in any of them.
    pub fn of(folders: &[impl AsRef<Path>]) -> Result<Self> {
        let mut paths = Vec::new();
        for folder in folders.iter().map(AsRef::as_ref) {
            if RunFolder::at(folder).looks_like_one() {
                paths.push(folder.to_owned());
                continue;
            }
            let read = |entry: std::io::Result<std::fs::DirEntry>| entry.map(|entry| entry.path());
            let inside =
                std::fs::read_dir(folder).and_then(|entries| entries.map(read).collect::<std::io::Result<Vec<_>>>());
            let inside = inside.map_err(Error::io("read", folder))?;
            paths.extend(inside.into_iter().filter(|path| RunFolder::at(path).looks_like_one()));
        }
        paths.sort();
        paths.dedup();
        let (mut runs, mut broken) = (Vec::new(), Vec::new());
        for path in paths {
            match Run::open(&path) {
                Ok(run) => runs.push(run),
                Err(error) => broken.push(BrokenRun { path, error }),
            }
        }
        if runs.is_empty() && broken.is_empty() {
            let looked_for = folders.iter().map(|folder| folder.as_ref().join("*/config.toml").display().to_string());
            return Err(Error::NotFound { origin: "a run".to_owned(), looked_for: looked_for.collect() });
        }
        let mut comparison = Comparison { runs, broken };
        comparison.sort(RunOrder::Score);
        Ok(comparison)
    }

    /// Sorts the runs; those that do not have what they are sorted by come last.
    pub fn sort(&mut self, order: RunOrder) {
        let loss = |run: &Run| {
            let losses = run.epochs.iter().filter_map(|epoch| epoch.val_loss).filter(|loss| !loss.is_nan());
            losses.reduce(f64::min).map(|loss| (Metric::Loss, loss))
        };
        let score = |run: &Run| run.best().map(|best| (best.metric, best.value));
        self.runs.sort_by(|a, b| {
            let by_name = a.name.cmp(&b.name);
            let first = match order {
                RunOrder::Score => better(score(a), score(b)).then(better(loss(a), loss(b))),
                RunOrder::Test => better(a.tested(), b.tested()),
                RunOrder::Loss => better(loss(a), loss(b)),
                RunOrder::Seconds => a.seconds().total_cmp(&b.seconds()),
                RunOrder::Epochs => a.epochs.len().cmp(&b.epochs.len()),
                RunOrder::Name => by_name,
                RunOrder::Date => a.date.cmp(&b.date),
            };
            first.then(by_name)
        });
    }

    /// The settings that are not the same in all runs, in the order of the first run's file.
    pub fn differences(&self) -> Vec<Difference> {
        let mut keys: Vec<&str> = Vec::new();
        for (key, _) in self.runs.iter().flat_map(|run| &run.settings) {
            if !keys.contains(&key.as_str()) {
                keys.push(key);
            }
        }
        let value =
            |run: &Run, key: &str| run.settings.iter().find(|(name, _)| name == key).map(|(_, value)| value.clone());
        let all = keys.into_iter().map(|key| {
            let values = self.runs.iter().map(|run| value(run, key)).collect();
            Difference { key: key.to_owned(), values }
        });
        all.filter(|difference| difference.values.windows(2).any(|pair| pair[0] != pair[1])).collect()
    }
}

/// The better first; metrics of one kind together, none last.
fn better(a: Option<(Metric, f64)>, b: Option<(Metric, f64)>) -> Ordering {
    match (a, b) {
        (Some((kind, a)), Some((other, b))) if kind == other => match kind {
            Metric::Loss => a.total_cmp(&b),
            _ => b.total_cmp(&a),
        },
        (Some((a, _)), Some((b, _))) => a.cmp(&b),
        (a, b) => b.is_some().cmp(&a.is_some()),
    }
}

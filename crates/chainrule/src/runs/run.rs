//! A run as its folder tells it, also one that was killed or is still going on.

use std::path::{Path, PathBuf};

use super::config_text::{RUN, read_text};
use super::folder::RunFolder;
use super::metrics::{EpochMetrics, read_metrics};
use super::value::SettingValue;
use crate::located::{File, Table};
use crate::{ModelFile, Result};

/// What a folder says of its run.
///
/// ```
/// use chainrule::runs::{Run, RunFolder, run_section};
///
/// let path = std::env::temp_dir().join(format!("one-run-{}", std::process::id()));
/// let folder = RunFolder::create(&path)?;
/// folder.write_config(&run_section(&[("network", "64-10")]).to_toml())?;
/// folder.metrics()?;
/// let run = Run::open(&path)?;
/// assert_eq!((run.network.as_str(), run.epochs.len()), ("64-10", 0));
/// assert_eq!(run.remarks, ["no model: it has not ended"]);
/// # std::fs::remove_dir_all(&path).expect("the folder that was just made");
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Run {
    /// Its folder.
    pub path: PathBuf,
    /// The folder's name.
    pub name: String,
    /// When it began, in UTC: `2026-11-29T06:59:04Z`; empty where the folder does not say.
    pub date: String,
    /// What it learned from; empty where the folder does not say.
    pub data: String,
    /// Its network: `64-128-10 relu`; empty where the folder does not say.
    pub network: String,
    /// Its settings by their keys, in the order of its file.
    pub settings: Vec<(String, String)>,
    /// Its epochs.
    pub epochs: Vec<EpochMetrics>,
    /// The epoch that it chose as its best, where it did: its model has the weights of that, or those of a refit of as many epochs.
    pub kept_epoch: Option<usize>,
    /// What was measured at its end on rows that it has not seen: `test accuracy`, ...
    pub scores: Vec<(String, f64)>,
    /// What is missing or damaged.
    pub remarks: Vec<String>,
}

/// The best epoch of a run on the rows that its epochs are measured on.
///
/// ```
/// use chainrule::runs::{BestEpoch, Metric};
///
/// let best = BestEpoch { metric: Metric::Accuracy, value: 0.97, epoch: 12 };
/// assert_eq!(best.metric.to_string(), "accuracy");
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BestEpoch {
    /// By which it is the best.
    pub metric: Metric,
    /// The metric's value.
    pub value: f64,
    /// Counted from 1.
    pub epoch: usize,
}

/// What runs are compared by: the first of these that a run has.
///
/// ```
/// assert!(chainrule::runs::Metric::Accuracy < chainrule::runs::Metric::Loss);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Metric {
    /// The share of rows whose class is right.
    Accuracy,
    /// The share of the targets' variance that is explained.
    R2,
    /// The loss, of which less is better.
    Loss,
}

impl std::fmt::Display for Metric {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Metric::Accuracy => "accuracy",
            Metric::R2 => "R2",
            Metric::Loss => "loss",
        })
    }
}

impl Run {
    /// Reads the folder of a run. What is missing or damaged beside its settings is a remark, not an error: the run may be going on.
    ///
    /// # Errors
    /// When its `config.toml` cannot be read, or is no TOML.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let folder = RunFolder::at(path);
        let config = folder.config_path();
        let text = read_text(&config)?;
        let (settings, facts) = settings(&config.display().to_string(), &text)?;
        let of = |facts: &[(String, String)], key: &str| {
            facts.iter().find(|(name, _)| name == key).map(|(_, value)| value.clone()).unwrap_or_default()
        };
        let mut remarks = Vec::new();
        let metrics = folder.metrics_path();
        let epochs = std::fs::read_to_string(&metrics)
            .map_err(crate::Error::io("read", &metrics))
            .and_then(|text| read_metrics(&metrics.display().to_string(), &text));
        let epochs = epochs.unwrap_or_else(|error| {
            remarks.push(error.to_string());
            Vec::new()
        });
        let model = folder.model_path();
        let (kept_epoch, scores) = match model.try_exists() {
            Ok(false) => {
                remarks.push("no model: it has not ended".to_owned());
                (None, Vec::new())
            }
            _ => match ModelFile::open(&model) {
                Ok(file) => {
                    file.facts().map(|facts| (facts.best_epoch, facts.scores.clone())).unwrap_or((None, Vec::new()))
                }
                Err(error) => {
                    remarks.push(error.to_string());
                    (None, Vec::new())
                }
            },
        };
        // `.` has no name of its own.
        let name = path.canonicalize().ok().and_then(|path| Some(path.file_name()?.to_string_lossy().into_owned()));
        Ok(Run {
            path: path.to_owned(),
            name: name.unwrap_or_else(|| path.display().to_string()),
            date: of(&facts, "date"),
            data: of(&settings, "data"),
            network: of(&facts, "network"),
            settings,
            epochs,
            kept_epoch,
            scores,
            remarks,
        })
    }

    /// Its best epoch: the one that it chose itself, where it did, and otherwise that of the best accuracy, or else R2, or else
    /// loss, of the rows that epochs are measured on. `None` where there is none.
    pub fn best(&self) -> Option<BestEpoch> {
        type Of = fn(&EpochMetrics) -> Option<f64>;
        let metrics: [(Metric, Of); 3] = [
            (Metric::Accuracy, |epoch| epoch.val_accuracy),
            (Metric::R2, |epoch| epoch.val_r2),
            (Metric::Loss, |epoch| epoch.val_loss),
        ];
        metrics.into_iter().find_map(|(metric, of)| {
            let sign = if metric == Metric::Loss { -1.0 } else { 1.0 };
            let found = self.epochs.iter().filter_map(|epoch| Some((epoch.epoch, of(epoch)?)));
            let found = found.filter(|(_, value)| !value.is_nan());
            let kept = self.kept_epoch.and_then(|kept| found.clone().find(|(epoch, _)| *epoch == kept));
            // The first of several.
            let best = || found.reduce(|best, next| if sign * next.1 > sign * best.1 { next } else { best });
            kept.or_else(best).map(|(epoch, value)| BestEpoch { metric, value, epoch })
        })
    }

    /// What was measured at its end on rows that it has not seen: accuracy, or else R2, or else the loss.
    pub fn tested(&self) -> Option<(Metric, f64)> {
        [Metric::Accuracy, Metric::R2, Metric::Loss].into_iter().find_map(|metric| {
            let word = metric.to_string();
            let is_it = |name: &str| name.split(' ').any(|part| part == word);
            self.scores.iter().find(|(name, _)| is_it(name)).map(|(_, value)| (metric, *value))
        })
    }

    /// Wall time of its steps.
    pub fn seconds(&self) -> f64 {
        // A sum of nothing is -0.
        self.epochs.iter().fold(0.0, |sum, epoch| sum + epoch.seconds)
    }
}

/// The keys and values of a file's sections.
type Pairs = Vec<(String, String)>;

/// The settings, and what `[run]` says.
fn settings(origin: &str, text: &str) -> Result<(Pairs, Pairs)> {
    let file = File { origin, text };
    let table = file.parse()?;
    let mut found: Vec<(usize, bool, String, String)> = Vec::new();
    for (section, value) in Table::any(file, table.get_ref()).entries() {
        let Ok(keys) = value.table_with("a section", |_| Ok(())) else { continue };
        for (key, value) in keys.entries() {
            let Ok(of) = SettingValue::of(&value) else { continue };
            found.push((value.span().start, section == RUN, key.to_owned(), of.to_text()));
        }
    }
    found.sort();
    let (facts, settings): (Vec<_>, Vec<_>) = found.into_iter().partition(|(_, is_fact, ..)| *is_fact);
    let pairs = |found: Vec<(usize, bool, String, String)>| {
        found.into_iter().map(|(_, _, key, value)| (key, value)).collect::<Pairs>()
    };
    Ok((pairs(settings), pairs(facts)))
}

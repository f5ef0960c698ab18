//! Runs that are kept: a folder for each, with its settings, what each epoch came to, its model and a page about it; and runs
//! compared with one another.
//!
//! `folder` says which file is what; `config` writes settings for people and `config_text` reads what they made of it, `value` is
//! what a setting is; `metrics` is the file that grows while a run trains. `run` reads a folder, `comparison` several, and `page` draws
//! them.

mod comparison;
mod config;
mod config_text;
mod folder;
mod metrics;
mod page;
mod run;
mod value;

use std::time::SystemTime;

pub use comparison::{BrokenRun, Comparison, Difference, RUN_ORDER_NAMES, RunOrder};
pub use config::{Section, Setting, to_toml};
pub use config_text::{ConfigText, KnownSection};
pub use folder::RunFolder;
pub use metrics::{EpochMetrics, MetricsLog, MetricsObserver, read_metrics};
pub use run::{BestEpoch, Metric, Run};
pub use value::SettingValue;

use crate::date;

/// The section `[run]` of a file of settings: what the run was, with the date, which is now, and this crate's version. A run that is
/// made again passes it over.
///
/// ```
/// let text = chainrule::runs::run_section(&[("network", "64-10")]).to_toml();
/// assert!(text.starts_with("[run]\ndate = \"") && text.ends_with("network = \"64-10\"\n"), "{text}");
/// ```
pub fn run_section(facts: &[(&str, &str)]) -> Section {
    let date = date::rfc3339(SystemTime::now());
    let own = [("date", date.as_str()), ("version", env!("CARGO_PKG_VERSION"))];
    let fact = |(key, value): &(&str, &str)| Setting::new(key, SettingValue::One((*value).to_owned()));
    Section::new(config_text::RUN, own.iter().chain(facts).map(fact).collect())
}

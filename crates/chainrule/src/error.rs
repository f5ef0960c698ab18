//! The errors of this crate: each has the file, the place, what was found and what was expected.
//!
//! Rows and columns are counted from 1 in messages and in [`Place`](crate::Place), as people count them; byte offsets from 0, as
//! hex viewers do. This file only describes failures: it neither logs nor prints them.

use crate::divergence::Divergence;
use crate::place::Place;
use crate::printable::printable;
use chainrule_model::ModelError;
use std::io;
use std::path::PathBuf;

/// The result of everything in this crate that can fail.
pub type Result<T> = std::result::Result<T, Error>;

/// What went wrong. In every variant `origin` is where the data came from: a path as it was given, or a word such as
/// `stdin` or `features` for what did not come from a file.
///
/// ```
/// use chainrule::data::Features;
/// use chainrule::Error;
///
/// let error = Features::new(2, 3, vec![0.0_f32; 5]).unwrap_err();
/// assert!(matches!(error, Error::Shape { .. }));
/// println!("{error}"); // what was found, and what was expected
/// ```
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A run is to go on from a checkpoint of another one: with other settings, another network or other data.
    #[error("{} is of another run: {}", path.display(), differences.join("; "))]
    OtherRun {
        /// The checkpoint.
        path: PathBuf,
        /// Each difference: `epochs: 20 in the checkpoint, 30 now`.
        differences: Vec<String>,
    },

    /// A folder has no checkpoint that can be read.
    #[error("no checkpoint{} in {}", unreadable.first().map(|first| format!(" that can be read ({first})")).unwrap_or_default(), folder.display())]
    NoCheckpoint {
        /// The folder.
        folder: PathBuf,
        /// Why those that are there were not taken, the newest first.
        unreadable: Vec<String>,
    },

    /// The operating system refused.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What was tried: `read`, `write`, ...
        action: &'static str,
        /// The operating system's reason.
        source: io::Error,
    },

    /// A file is not what its format demands: truncated, oversized, corrupt, or of another kind.
    #[error("{origin}, {place}: found {found}, expected {expected}")]
    Format {
        /// Where the bytes came from.
        origin: String,
        /// Where in it.
        place: Place,
        /// What was there.
        found: String,
        /// What should have been there.
        expected: String,
    },

    /// A feature or target is NaN or infinite.
    #[error("{origin}, {place}: found {value}, expected a finite number")]
    NotFinite {
        /// Where the numbers came from.
        origin: String,
        /// The row and column.
        place: Place,
        /// The number.
        value: f64,
    },

    /// A label is negative, not whole, or not below the number of classes.
    #[error("{origin}, {place}: found label {found}, expected {expected}")]
    Label {
        /// Where the labels came from.
        origin: String,
        /// The row.
        place: Place,
        /// The label.
        found: String,
        /// The labels that are allowed.
        expected: String,
    },

    /// Two shapes that must agree do not.
    #[error("{origin}: found {found}, expected {expected}")]
    Shape {
        /// What has the wrong shape.
        origin: String,
        /// Its shape.
        found: String,
        /// The shape it should have.
        expected: String,
    },

    /// Features and targets have different numbers of rows.
    #[error("{features_origin} has {features} rows but {targets_origin} has {targets}; each row needs its own target")]
    RowsDiffer {
        /// Where the features came from.
        features_origin: String,
        /// Rows of features.
        features: usize,
        /// Where the targets came from.
        targets_origin: String,
        /// Rows of targets.
        targets: usize,
    },

    /// Values are missing, and it was not said what to do about them.
    #[error(
        "{origin}, {place}: found a missing value, expected a number or a category; {total} missing ({columns}): fill \
         them by the mean, median or most-frequent value, mark them by an indicator, or drop their rows"
    )]
    Missing {
        /// The file.
        origin: String,
        /// The first of them.
        place: Place,
        /// How many there are.
        total: usize,
        /// How many in each column.
        columns: String,
    },

    /// There is nothing to work on: no rows or no columns.
    #[error("{origin} has no {what}; at least one is needed")]
    Empty {
        /// What is empty.
        origin: String,
        /// `rows` or `columns`.
        what: &'static str,
    },

    /// A file has more bytes than its reader may take in.
    #[error("{origin} has {found}, more than the limit of {max} bytes for a file; raise Limits::max_bytes to read it")]
    OverLimit {
        /// The file.
        origin: String,
        /// Its bytes, or those that it claims to have.
        found: String,
        /// The limit.
        max: u64,
    },

    /// There is not enough memory. [`Error::is_memory`] tells this of other variants, too.
    #[error("{origin}: found {found}, expected no more than memory holds")]
    Memory {
        /// What needs the memory.
        origin: String,
        /// How much it is.
        found: String,
    },

    /// A setting is outside its range.
    #[error("{name}: found {found}, expected {expected}")]
    Argument {
        /// The setting.
        name: &'static str,
        /// Its value.
        found: String,
        /// The values that are allowed.
        expected: String,
    },

    /// A name that nobody here knows.
    #[error("unknown {what} {name:?}{} (known: {})", did_you_mean(nearest.as_deref()), known.join(", "))]
    UnknownName {
        /// What the name is of: `activation`, `data source`, ...
        what: &'static str,
        /// The name.
        name: String,
        /// The known name that was probably meant.
        nearest: Option<String>,
        /// All known names.
        known: Vec<String>,
    },

    /// A file is not where it should be.
    #[error("{origin} was not found (looked for {})", looked_for.join(", "))]
    NotFound {
        /// What was wanted.
        origin: String,
        /// The paths that were tried.
        looked_for: Vec<String>,
    },

    /// Training or evaluation needs targets, and the source has features only.
    #[error(
        "{origin} holds features only and targets are needed: name the column that is the target, or a file of labels"
    )]
    LabelsNeeded {
        /// Where the features came from.
        origin: String,
    },

    /// The format is known, but this build cannot read or write it.
    #[error("{origin} is {found}, which this build cannot handle; build chainrule with feature {feature:?}")]
    Unsupported {
        /// The file.
        origin: String,
        /// Its format.
        found: &'static str,
        /// The cargo feature that adds it.
        feature: &'static str,
    },

    /// The network refused.
    #[error(transparent)]
    Model(#[from] ModelError),

    /// The loss, a parameter, a running statistic or the validation stopped being a finite number: the network has
    /// diverged.
    #[error("{}", crate::divergence::words(*what, *epoch, *step, *loss, *layer))]
    Diverged {
        /// The epoch, counted from 1.
        epoch: usize,
        /// The step within it, counted from 1: the last one, where only the end of the epoch showed it.
        step: usize,
        /// The loss of that step; where only the end of the epoch showed it, the epoch's.
        loss: f64,
        /// The dense layer, counted from 1, with the first number that is NaN or infinite.
        layer: Option<usize>,
        /// What is NaN or infinite.
        what: Divergence,
    },

    /// A step that the network refused.
    #[error("step {step} of epoch {epoch}: {source}")]
    Step {
        /// The epoch, counted from 1.
        epoch: usize,
        /// The step within it, counted from 1.
        step: usize,
        /// Why.
        source: ModelError,
    },

    /// An output of a network is NaN or infinite.
    #[error(
        "row {row}: output {output} is {value}, expected a finite number: either the row's features are far from those of \
         training and overflow on their way, or the network holds numbers that are not finite (doctor names the layer): \
         train it again, with a smaller learning rate or scaled features"
    )]
    OutputNotFinite {
        /// The row, counted from 1.
        row: usize,
        /// The output, counted from 1.
        output: usize,
        /// NaN or infinity.
        value: f64,
    },

    /// The loss over rows whose outputs are finite is NaN or infinite.
    #[error("rows {first} to {last}: the loss is {loss}; their outputs or targets are too large to be compared")]
    LossNotFinite {
        /// The first of the rows, counted from 1.
        first: usize,
        /// The last of them.
        last: usize,
        /// NaN or infinity.
        loss: f64,
    },

    /// A file of weights alone leaves open what stands between its dense layers.
    #[error("{origin} holds weights but not which activations stand between them: name the activation")]
    ActivationNeeded {
        /// The file.
        origin: String,
    },

    /// The layers of a file, which does not tell their order, fit one another in several.
    #[error(
        "{origin}: its layers fit in more than one order, and their names do not tell which is right{}: name their order",
        several(orders, *has_more)
    )]
    LayerOrder {
        /// The file.
        origin: String,
        /// The first of the orders, each as names with commas between; none where the search was given up.
        orders: Vec<String>,
        /// Whether there are others, or may be.
        has_more: bool,
    },

    /// A process was forked after its threads were started, and has none of them.
    #[error(
        "process {process} was forked from process {parent}, whose threads it does not have: fork before the first \
         training or prediction, or make a Trainer with threads of its own in the new process"
    )]
    Forked {
        /// Where the threads are.
        parent: u32,
        /// This process.
        process: u32,
    },

    /// Threads could not be started.
    #[error("cannot start {threads} threads: {reason}")]
    Threads {
        /// How many.
        threads: usize,
        /// The operating system's reason.
        reason: String,
    },
}

impl Error {
    /// [`Error::UnknownName`], with the nearest of the known names worked out.
    pub fn unknown_name(what: &'static str, name: &str, known: &[&str]) -> Self {
        Error::UnknownName {
            what,
            name: name.to_string(),
            nearest: crate::nearest::nearest(name, known).map(str::to_string),
            known: known.iter().map(|known| known.to_string()).collect(),
        }
    }

    /// Whether there was not enough memory, for what is smaller may succeed.
    ///
    /// ```
    /// use chainrule::{Error, Mlp};
    ///
    /// let error = Error::from(Mlp::<f32>::builder(1 << 40).dense(1 << 40).build().unwrap_err());
    /// assert!(error.is_memory());
    /// ```
    pub fn is_memory(&self) -> bool {
        match self {
            Error::Memory { .. } => true,
            Error::Io { source, .. } => source.kind() == io::ErrorKind::OutOfMemory,
            Error::Model(source) | Error::Step { source, .. } => matches!(source, ModelError::TooLarge { .. }),
            _ => false,
        }
    }

    pub(crate) fn io(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Error::Io { path, action, source }
    }

    pub(crate) fn format(origin: &str, place: Place, found: impl Into<String>, expected: impl Into<String>) -> Self {
        let found = printable(found.into());
        Error::Format { origin: origin.to_string(), place, found, expected: expected.into() }
    }

    /// The error for a count of something that memory cannot hold.
    pub(crate) fn no_memory(name: &str, count: impl std::fmt::Display) -> Self {
        Error::Memory { origin: name.to_string(), found: count.to_string() }
    }
}

fn several(orders: &[String], has_more: bool) -> String {
    let orders: String = orders.iter().map(|order| format!(" ({order})")).collect();
    if has_more { orders + " and others" } else { orders }
}

fn did_you_mean(nearest: Option<&str>) -> String {
    nearest.map(|name| format!(", did you mean {name:?}?")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_names_file_place_found_and_expected() {
        let error = Error::NotFinite { origin: "x.npy".into(), place: Place::cell(20, 7), value: f64::NAN };
        assert_eq!(error.to_string(), "x.npy, row 3, column 7: found NaN, expected a finite number");
        let error = Error::format("a.idx", Place::Byte(2), "0x0D", "0x08");
        assert_eq!(error.to_string(), "a.idx, byte 2: found 0x0D, expected 0x08");
    }

    #[test]
    fn an_unknown_name_comes_with_the_nearest_and_all_known_ones() {
        let error = Error::unknown_name("activation", "sigmoyd", &["relu", "sigmoid"]);
        let message = error.to_string();
        assert_eq!(message, "unknown activation \"sigmoyd\", did you mean \"sigmoid\"? (known: relu, sigmoid)");
    }

    #[test]
    fn an_error_stays_small_enough_to_return_by_value() {
        assert!(size_of::<Error>() <= 128, "{} bytes", size_of::<Error>());
    }
}

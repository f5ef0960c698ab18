//! The options of `chainrule runs`.

use std::path::PathBuf;

use chainrule::runs::RunOrder;
use clap::Args;

use crate::known;

/// The orders by their names.
const ORDERS: &[&str] = &["score", "test", "loss", "seconds", "epochs", "name", "date"];

const EXAMPLES: &str = "\
Examples:
  chainrule train --data wine --run-name wine
  chainrule train --data wine --run-name wine --lr 0.001
  chainrule runs runs
  chainrule runs runs --sort date --page runs.html
  chainrule runs old/wine-003 runs --json

The validation score is measured on the rows of --validation, or else on those held out to test on, and is shown for the epoch that
the run chose, or else for its best one. Seconds are the time of the training steps, without reading data and validating. A folder
that cannot be read is named in a warning; the others are still compared.

Exit code: 0 compared; 1 there is no run, or none can be read; 2 bad usage.";

/// Compare the runs that `train --run` kept: a line for each, with the settings in which they differ
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct RunsArgs {
    /// Folders of runs, or folders with such folders in them
    #[arg(value_name = "FOLDER", required = true)]
    pub(crate) folders: Vec<PathBuf>,
    /// The order: score (best accuracy, R2 or loss on rows held out first), test, loss, seconds, epochs, name, date
    #[arg(long, value_name = "BY", default_value = "score", value_parser = known::hinted(known::of_library::<RunOrder>, ORDERS), hide_possible_values = true)]
    pub(crate) sort: RunOrder,
    /// Write a page (HTML, one file, no network): curves of all runs over one another, and the settings that differ
    #[arg(long, value_name = "FILE")]
    pub(crate) page: Option<PathBuf>,
    /// Print JSON, one object per line, and nothing else
    #[arg(long)]
    pub(crate) json: bool,
}

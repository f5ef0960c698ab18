//! The options of `chainrule tune`.

use std::path::PathBuf;

use chainrule::data::Source;
use clap::Args;

use crate::args::defaults::SEED;
use crate::args::{ColumnArgs, FittingArgs};
use crate::values::{self, Holdout};

const EXAMPLES: &str = "\
Examples:
  chainrule tune --data wine
  chainrule tune --data houses.csv --target price --candidates 64 --state houses.tune
  chainrule tune --data titanic.csv --target survived --missing median --json

It draws candidates at random: learning rate 1e-4 to 1e-2, one to three hidden layers of 16 to 256 units, batches of 16 to 128,
dropout up to 0.3, weight decay up to 0.1, with AdamW; the first one is what `train` takes by default for tables of up to some
thousand rows. All are trained for a few epochs, the better half for twice as many, and so on. They are compared on validation
rows: `train` measures the winner on test rows that the search has not seen.

Exit code: 0 success, 1 the run failed, 2 bad usage, 128 + N signal N.";

/// Search for settings of `train` by random search and successive halving, a network on each core
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct TuneArgs {
    /// The rows to train on: a file, or a table by its name (iris, wine, ...)
    #[arg(long, value_name = "SOURCE", value_parser = values::source, help_heading = "Data")]
    pub(crate) data: Source,
    #[command(flatten)]
    pub(crate) columns: ColumnArgs,
    #[command(flatten)]
    pub(crate) fitting: FittingArgs,
    /// The fraction of the rows that the search does not see, for `train` to test on: 0.25, last (the last fifth, of rows in order
    /// of time; the rows to compare on are those before them), or last:0.25 [default: 0.2]
    #[arg(long, value_name = "SHARE", value_parser = values::holdout_by, allow_negative_numbers = true, help_heading = "Data")]
    pub(crate) holdout: Option<Holdout>,
    /// Number of candidates
    #[arg(long, value_name = "N", default_value = "32", value_parser = values::count, allow_negative_numbers = true)]
    pub(crate) candidates: usize,
    /// Number of epochs of the last round
    #[arg(long, value_name = "N", default_value = "80", value_parser = values::count, allow_negative_numbers = true)]
    pub(crate) epochs: usize,
    /// The seed of the split, the candidates, the initial weights and the minibatches
    #[arg(long, value_name = "N", default_value = SEED, value_parser = values::seed, allow_negative_numbers = true)]
    pub(crate) seed: u64,
    /// Number of networks that are trained at once; the result does not depend on it [default: one for each core]
    #[arg(long, value_name = "N", value_parser = values::count, allow_negative_numbers = true)]
    pub(crate) threads: Option<usize>,
    /// Keep results in this file, and go on where a search with the same seed and data has stopped
    #[arg(long, value_name = "FILE")]
    pub(crate) state: Option<PathBuf>,
    /// Print one JSON object and nothing else
    #[arg(long)]
    pub(crate) json: bool,
}

//! The options of `chainrule data`.

use chainrule::data::Source;
use clap::Args;

use crate::args::{ColumnArgs, FittingArgs, MemoryArgs};
use crate::values::{self, Holdout};

const EXAMPLES: &str = "\
Examples:
  chainrule data houses.csv
  chainrule data houses.csv --target price --drop id
  chainrule data x.npy --labels y.npy --json
  chainrule data iris

Exit code: 0 read and described, whatever was found; 1 the data cannot be read, or the target cannot be learned from them;\n\
2 bad usage.";

/// Describe data before training: columns, ranges, missing values, targets, copies, leaks, and what will be done
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct DataArgs {
    /// digits, mnist:FOLDER, a built-in table, made-up data, or a file: IDX, NPY or text (also .gz)
    #[arg(value_name = "SOURCE", value_parser = values::source)]
    pub(crate) data: Source,
    #[command(flatten)]
    pub(crate) columns: ColumnArgs,
    #[command(flatten)]
    pub(crate) memory: MemoryArgs,
    #[command(flatten)]
    pub(crate) fitting: FittingArgs,
    /// The fraction of the rows that would be held out, to look for rows that stand in both parts: 0.25, last (the last fifth, of
    /// rows in order of time), or last:0.25 [default: 0.2]
    #[arg(long, value_name = "SHARE", value_parser = values::holdout_by, allow_negative_numbers = true)]
    pub(crate) holdout: Option<Holdout>,
    /// The seed that rows would be split by [default: 42]
    #[arg(long, value_name = "N", value_parser = values::seed, allow_negative_numbers = true)]
    pub(crate) split_seed: Option<u64>,
    /// Print one JSON object and nothing else
    #[arg(long)]
    pub(crate) json: bool,
}

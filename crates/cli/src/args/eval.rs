//! The options of `chainrule eval`.

use std::path::PathBuf;

use chainrule::Activation;
use chainrule::data::Source;
use clap::Args;

use crate::args::defaults::SEED;
use crate::values::{self, Part};

const EXAMPLES: &str = "\
Examples:
  chainrule eval digits.safetensors --data digits --part test
  chainrule eval mnist.safetensors --data mnist:data/mnist
  chainrule eval model.safetensors --data x.npy --labels y.npy --json";

/// Tell how well a model does: loss, the metrics that fit its answers, and which class it takes for which
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct EvalArgs {
    /// A safetensors file, written here or by PyTorch
    pub(crate) model: PathBuf,
    /// digits, mnist:FOLDER, or a file: IDX (plain or .gz), NPY or CSV
    #[arg(long, value_name = "SOURCE", value_parser = values::source)]
    pub(crate) data: Source,
    /// The targets of a data file: whole numbers are classes, several columns are values
    #[arg(long, value_name = "FILE")]
    pub(crate) labels: Option<PathBuf>,
    /// Which rows. train and test are the source's own parts, or those that `train` makes with the
    /// same --holdout and --seed [default: all, or the source's own test part]
    #[arg(long, value_name = "PART", value_enum)]
    pub(crate) part: Option<Part>,
    /// The share of the rows that `train` held out [default: 0.2, or the source's own test part]
    #[arg(long, value_name = "SHARE", value_parser = values::holdout, allow_negative_numbers = true, requires = "part")]
    pub(crate) holdout: Option<f64>,
    /// The seed that `train` held them out with
    #[arg(long, value_name = "N", default_value = SEED, value_parser = values::seed, allow_negative_numbers = true)]
    pub(crate) seed: u64,
    /// What follows a hidden layer, for a file that does not say: relu, sigmoid, tanh, ...
    #[arg(long, value_name = "NAME", value_parser = values::activation)]
    pub(crate) activation: Option<Activation>,
    /// List which class was taken for which and how often, also of more than 40 classes
    #[arg(long)]
    pub(crate) confusion: bool,
    /// How many threads may take part [default: one for each core]
    #[arg(long, value_name = "N", value_parser = values::count, allow_negative_numbers = true)]
    pub(crate) threads: Option<usize>,
    /// Print one JSON object and nothing else
    #[arg(long)]
    pub(crate) json: bool,
}

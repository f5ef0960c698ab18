//! The options of `chainrule eval`.

use std::path::PathBuf;

use chainrule::Activation;
use chainrule::data::Source;
use clap::Args;

use crate::args::defaults::SEED;
use crate::layers::LayersArgs;
use crate::values::{self, Part};

const EXAMPLES: &str = "\
Examples:
  chainrule eval digits.safetensors --data digits --part test
  chainrule eval mnist.safetensors --data mnist:data/mnist
  chainrule eval model.safetensors --data x.npy --labels y.npy --json";

/// Evaluate a model on labelled rows: loss, metrics and confusion matrix
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct EvalArgs {
    /// A safetensors file, written by chainrule or PyTorch
    pub(crate) model: PathBuf,
    /// The rows to evaluate on: digits, mnist:FOLDER, or a file: IDX (also .gz), NPY or CSV
    #[arg(long, value_name = "SOURCE", value_parser = values::source)]
    pub(crate) data: Source,
    /// A file with the targets of --data: a column of whole numbers holds class labels, several columns hold values
    #[arg(long, value_name = "FILE")]
    pub(crate) labels: Option<PathBuf>,
    /// Which rows to use. train and test are the source's own parts, or the split that `train` makes with the same
    /// --holdout and --seed [default: test if the source has such a part, otherwise all]
    #[arg(long, value_name = "PART", value_enum)]
    pub(crate) part: Option<Part>,
    /// The fraction of the rows that `train` held out [default: 0.2, or the source's own test part]
    #[arg(long, value_name = "SHARE", value_parser = values::holdout, allow_negative_numbers = true, requires = "part")]
    pub(crate) holdout: Option<f64>,
    /// The seed that `train` split the rows with
    #[arg(long, value_name = "N", default_value = SEED, value_parser = values::seed, allow_negative_numbers = true)]
    pub(crate) seed: u64,
    /// The activation of the hidden layers, if the model file does not name one: relu, sigmoid, tanh, ...
    #[arg(long, value_name = "NAME", value_parser = values::activation)]
    pub(crate) activation: Option<Activation>,
    #[command(flatten)]
    pub(crate) order: LayersArgs,
    /// Print every nonzero entry of the confusion matrix, also with more than 40 classes
    #[arg(long)]
    pub(crate) confusion: bool,
    /// Number of threads [default: one for each core]
    #[arg(long, value_name = "N", value_parser = values::count, allow_negative_numbers = true)]
    pub(crate) threads: Option<usize>,
    /// Print one JSON object and nothing else
    #[arg(long)]
    pub(crate) json: bool,
}

//! The options of `chainrule eval`.

use std::path::PathBuf;

use chainrule::data::Source;
use chainrule::{Activation, Loss};
use clap::Args;

use crate::args::{ColumnArgs, MemoryArgs, PrecisionArgs};
use crate::known;
use crate::layers::LayersArgs;
use crate::values::{self, Part};

const EXAMPLES: &str = "\
Examples:
  chainrule eval digits.safetensors --data digits --part test
  chainrule eval mnist.safetensors --data mnist:data/mnist
  chainrule eval houses.safetensors --data houses.csv --part test --report houses.html
  chainrule eval digits.safetensors --data digits --part test --precision int8
  chainrule eval pytorch.safetensors --activation relu --data x.npy --labels y.npy --loss mse --json";

/// Evaluate a model on labelled rows: loss, metrics with 95 % intervals and a constant answer's beside them, calibration,
/// confusion matrix
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct EvalArgs {
    /// A safetensors file, written by chainrule or PyTorch, an ONNX file, or JSON or NPZ that `export` wrote
    pub(crate) model: PathBuf,
    /// The rows to evaluate on: digits, mnist:FOLDER, or a file: IDX, NPY or text (also .gz)
    #[arg(long, value_name = "SOURCE", value_parser = values::source)]
    pub(crate) data: Source,
    #[command(flatten)]
    pub(crate) columns: ColumnArgs,
    #[command(flatten)]
    pub(crate) memory: MemoryArgs,
    /// Which rows to use: all, or those that the model was trained on, validated on or tested on. The model's file remembers
    /// them; for one that does not, they are drawn by --holdout and --seed, both given [default: test if the source has such a part,
    /// otherwise all]
    #[arg(long, value_name = "PART", value_enum)]
    pub(crate) part: Option<Part>,
    /// The fraction of the rows that `train` held out [default: as the file says, or the source's own test part]
    #[arg(long, value_name = "SHARE", value_parser = values::holdout, allow_negative_numbers = true, requires = "part")]
    pub(crate) holdout: Option<f64>,
    /// The seed that `train` split the rows with [default: as the file says]
    #[arg(long, value_name = "N", value_parser = values::seed, allow_negative_numbers = true, requires = "part")]
    pub(crate) seed: Option<u64>,
    /// The loss to evaluate by, one for the model's task [default: the model file's]: cross-entropy, binary-cross-entropy, mse, half-mse, mae,
    /// huber, huber(DELTA)
    #[arg(long, value_name = "NAME", value_parser = known::loss(), hide_possible_values = true)]
    pub(crate) loss: Option<Loss>,
    #[command(flatten)]
    pub(crate) rounding: PrecisionArgs,
    /// The activation of the hidden layers, if the model file does not name one: relu, sigmoid, tanh, ...
    #[arg(long, value_name = "NAME", value_parser = known::activation(), hide_possible_values = true)]
    pub(crate) activation: Option<Activation>,
    #[command(flatten)]
    pub(crate) order: LayersArgs,
    /// Print every nonzero entry of the confusion matrix, also with more than 40 classes
    #[arg(long)]
    pub(crate) confusion: bool,
    /// Number of threads [default: one for each core]
    #[arg(long, value_name = "N", value_parser = values::count, allow_negative_numbers = true)]
    pub(crate) threads: Option<usize>,
    /// Also write a page (HTML, one file, no network): figures, confusion matrix or residuals, ROC curves, calibration, what
    /// the columns are worth, the worst mistakes, the doctor's findings, and some rows to be stepped through
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,
    /// Print one JSON object and nothing else
    #[arg(long)]
    pub(crate) json: bool,
}

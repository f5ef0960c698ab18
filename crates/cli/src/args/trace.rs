//! The options of `chainrule trace`.

use std::path::PathBuf;

use chainrule::Activation;
use chainrule::data::Source;
use chainrule::trace::Shown;
use clap::Args;

use crate::args::ColumnArgs;
use crate::known;
use crate::layers::LayersArgs;
use crate::optimizer::OptimizerArgs;
use crate::values::{self, TraceFormat};

const EXAMPLES: &str = "\
Examples:
  chainrule trace crates/chainrule/examples/worked/003_backprop.toml
  chainrule trace example.toml --steps 10 --step all --output trace.md
  chainrule trace digits.safetensors --data digits --rows 2 --lr 0.05
  chainrule trace model.safetensors --data x.npy --labels y.npy --json";

/// Show every number of a training step with its formula: forward pass, loss, backward pass, update
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct TraceArgs {
    /// A worked example (.toml), or a model: a safetensors file, written by chainrule or PyTorch
    pub(crate) file: PathBuf,
    /// Number of training steps, all on the same rows; 0: forward pass and loss only [default: 1, or from the example]
    #[arg(long, value_name = "N", value_parser = values::steps, allow_negative_numbers = true)]
    pub(crate) steps: Option<usize>,
    /// The step to show: its number, or all
    #[arg(long, value_name = "N", default_value = "1", value_parser = values::shown, allow_negative_numbers = true)]
    pub(crate) step: Shown,

    /// The rows for a model: digits, mnist:FOLDER, or a file: IDX, NPY or text (also .gz)
    #[arg(long, value_name = "SOURCE", value_parser = values::source, help_heading = "Model")]
    pub(crate) data: Option<Source>,
    #[command(flatten)]
    pub(crate) columns: ColumnArgs,
    /// Number of rows in the minibatch [default: 1]
    #[arg(long, value_name = "N", value_parser = values::count, allow_negative_numbers = true, help_heading = "Model")]
    pub(crate) rows: Option<usize>,
    /// Number of rows to skip before the minibatch [default: 0]
    #[arg(long, value_name = "N", value_parser = values::steps, allow_negative_numbers = true, help_heading = "Model")]
    pub(crate) skip: Option<usize>,
    /// The activation of the hidden layers, if the model file does not name one: relu, sigmoid, tanh, ...
    #[arg(long, value_name = "NAME", value_parser = known::activation(), hide_possible_values = true, help_heading = "Model")]
    pub(crate) activation: Option<Activation>,
    #[command(flatten, next_help_heading = "Model")]
    pub(crate) order: LayersArgs,
    #[command(flatten)]
    pub(crate) optimizer: OptimizerArgs,
    /// Clip the norm of all gradients together to at most this
    #[arg(long, value_name = "NORM", value_parser = values::positive, allow_negative_numbers = true, conflicts_with = "clip_value", help_heading = "Training")]
    pub(crate) clip_norm: Option<f64>,
    /// Clip each element of the gradients to between -VALUE and VALUE
    #[arg(long, value_name = "VALUE", value_parser = values::positive, allow_negative_numbers = true, help_heading = "Training")]
    pub(crate) clip_value: Option<f64>,

    /// The output format: markdown with formulas in LaTeX, json with every number in full [default: by the extension of
    /// --output, otherwise text]
    #[arg(long, value_name = "FORMAT", value_enum, help_heading = "Output")]
    pub(crate) format: Option<TraceFormat>,
    /// The same as --format json
    #[arg(long, conflicts_with = "format", help_heading = "Output")]
    pub(crate) json: bool,
    /// Significant digits of each number, 1 to 17; not of JSON, which has them all [default: 6, or from the example]
    #[arg(long, value_name = "N", value_parser = values::digits, allow_negative_numbers = true, help_heading = "Output")]
    pub(crate) digits: Option<usize>,
    /// Show at most this many rows and columns of each matrix; JSON has them all [default: 10]
    #[arg(long, value_name = "N", value_parser = values::count, allow_negative_numbers = true, help_heading = "Output")]
    pub(crate) limit: Option<usize>,
    /// Write to this file instead of standard output
    #[arg(long, visible_alias = "out", value_name = "FILE", help_heading = "Output")]
    pub(crate) output: Option<PathBuf>,
}

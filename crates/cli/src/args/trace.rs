//! The options of `chainrule trace`.

use std::path::PathBuf;

use chainrule::Activation;
use chainrule::data::Source;
use chainrule::trace::Shown;
use clap::Args;

use crate::optimizer::OptimizerArgs;
use crate::values::{self, TraceFormat};
use crate::weights::WeightsArgs;

const EXAMPLES: &str = "\
Examples:
  chainrule trace crates/chainrule/examples/worked/003_backprop.toml
  chainrule trace example.toml --steps 10 --step all --output trace.md
  chainrule trace digits.safetensors --data digits --rows 2 --lr 0.05
  chainrule trace model.safetensors --data x.npy --labels y.npy --json";

/// Show every number of a training step with its formula: forward, loss, backward, update
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct TraceArgs {
    /// A worked example, whose name ends in .toml, or a model: a safetensors file, written here or by PyTorch
    pub(crate) file: PathBuf,
    /// How many steps, all on the same rows; 0: forward and loss only [default: 1, or as the example says]
    #[arg(long, value_name = "N", value_parser = values::steps, allow_negative_numbers = true)]
    pub(crate) steps: Option<usize>,
    /// Which step to show: its number, or all
    #[arg(long, value_name = "N", default_value = "1", value_parser = values::shown, allow_negative_numbers = true)]
    pub(crate) step: Shown,

    /// What a model is shown: digits, mnist:FOLDER, or a file: IDX (plain or .gz), NPY or CSV
    #[arg(long, value_name = "SOURCE", value_parser = values::source, help_heading = "Model")]
    pub(crate) data: Option<Source>,
    /// The targets of a data file: whole numbers are classes, several columns are values
    #[arg(long, value_name = "FILE", requires = "data", help_heading = "Model")]
    pub(crate) labels: Option<PathBuf>,
    /// How many rows of the data make up the minibatch [default: 1]
    #[arg(long, value_name = "N", requires = "data", value_parser = values::count, allow_negative_numbers = true, help_heading = "Model")]
    pub(crate) rows: Option<usize>,
    /// How many rows of the data come before them [default: 0]
    #[arg(long, value_name = "N", requires = "data", value_parser = values::steps, allow_negative_numbers = true, help_heading = "Model")]
    pub(crate) skip: Option<usize>,
    /// What follows a hidden layer, for a file that does not say: relu, sigmoid, tanh, ...
    #[arg(long, value_name = "NAME", requires = "data", value_parser = values::activation, help_heading = "Model")]
    pub(crate) activation: Option<Activation>,
    #[command(flatten)]
    pub(crate) weights: WeightsArgs,
    #[command(flatten)]
    pub(crate) optimizer: OptimizerArgs,
    /// Make all gradients together no longer than this before each step
    #[arg(long, value_name = "NORM", requires = "data", value_parser = values::positive, allow_negative_numbers = true, conflicts_with = "clip_value", help_heading = "Training")]
    pub(crate) clip_norm: Option<f64>,
    /// Let no gradient be farther from 0 than this at each step
    #[arg(long, value_name = "VALUE", requires = "data", value_parser = values::positive, allow_negative_numbers = true, help_heading = "Training")]
    pub(crate) clip_value: Option<f64>,

    /// How it is written: markdown has formulas in LaTeX, json every number whole [default: text, or as --output's file is named]
    #[arg(long, value_name = "FORMAT", value_enum, help_heading = "Output")]
    pub(crate) format: Option<TraceFormat>,
    /// As --format json
    #[arg(long, conflicts_with = "format", help_heading = "Output")]
    pub(crate) json: bool,
    /// Significant digits of each number, 1 to 17 [default: 6, or as the example says]
    #[arg(long, value_name = "N", value_parser = values::digits, allow_negative_numbers = true, help_heading = "Output")]
    pub(crate) digits: Option<usize>,
    /// Of matrices with more rows or columns than this, show so many
    #[arg(long, value_name = "N", default_value = "10", value_parser = values::count, allow_negative_numbers = true, help_heading = "Output")]
    pub(crate) limit: usize,
    /// Write to this file instead of standard output
    #[arg(long, visible_alias = "out", value_name = "FILE", help_heading = "Output")]
    pub(crate) output: Option<PathBuf>,
}

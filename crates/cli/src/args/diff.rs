//! The options of `chainrule diff`.

use std::path::PathBuf;

use chainrule::Activation;
use chainrule::data::Source;
use clap::Args;

use crate::args::TextArgs;
use crate::known;
use crate::values;

const EXAMPLES: &str = "\
Examples:
  chainrule diff before.safetensors after.safetensors
  chainrule diff houses.safetensors houses.onnx --data houses.csv --json

Exit code: 0 the same, 1 they differ or the run failed, 2 bad usage.";

/// Compare two models: layers, everything around them, the largest difference between weights, and between outputs on given
/// rows
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct DiffArgs {
    /// A safetensors file, written by chainrule or PyTorch, an ONNX file, or JSON or NPZ that `export` wrote
    pub(crate) a: PathBuf,
    /// Another
    pub(crate) b: PathBuf,
    /// Rows to compare outputs on: digits, mnist:FOLDER, or a file: IDX, NPY or text (also .gz)
    #[arg(long, value_name = "SOURCE", value_parser = values::source)]
    pub(crate) data: Option<Source>,
    #[command(flatten)]
    pub(crate) text: TextArgs,
    /// The activation of the hidden layers, if a model file does not name one: relu, sigmoid, tanh, ...
    #[arg(long, value_name = "NAME", value_parser = known::activation(), hide_possible_values = true)]
    pub(crate) activation: Option<Activation>,
    /// Print one JSON object and nothing else
    #[arg(long)]
    pub(crate) json: bool,
}

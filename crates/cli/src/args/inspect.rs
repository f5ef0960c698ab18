//! The options of `chainrule inspect`.

use std::path::PathBuf;

use chainrule::Activation;
use clap::Args;

use crate::known;
use crate::layers::LayersArgs;

const EXAMPLES: &str = "\
Examples:
  chainrule inspect digits.safetensors
  chainrule inspect digits.safetensors --weights
  chainrule inspect pytorch.safetensors --activation relu --json";

/// Show what a model file contains: layers, shapes, parameters, memory
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct InspectArgs {
    /// A safetensors file, written by chainrule or PyTorch, an ONNX file, or JSON or NPZ that `export` wrote
    pub(crate) model: PathBuf,
    /// The activation of the hidden layers, if the model file does not name one: relu, sigmoid, tanh, ...
    #[arg(long, value_name = "NAME", value_parser = known::activation(), hide_possible_values = true)]
    pub(crate) activation: Option<Activation>,
    /// Print the command line that made the model, and nothing else
    #[arg(long, conflicts_with_all = ["json", "activation"])]
    pub(crate) command: bool,
    /// Show how the numbers of each tensor are spread, as a line of bars
    #[arg(long, conflicts_with = "command")]
    pub(crate) weights: bool,
    #[command(flatten)]
    pub(crate) order: LayersArgs,
    /// Print one JSON object and nothing else
    #[arg(long)]
    pub(crate) json: bool,
}

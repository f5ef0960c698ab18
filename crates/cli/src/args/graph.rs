//! The options of `chainrule graph`.

use std::path::PathBuf;

use chainrule::data::Source;
use chainrule::{Activation, Loss};
use clap::Args;

use crate::args::ColumnArgs;
use crate::known;
use crate::values::{self, Edges, GraphFormat, View};

const EXAMPLES: &str = "\
Examples:
  chainrule graph digits.safetensors --data digits --output graph.svg
  chainrule graph digits.safetensors --view neurons --data digits --row 1 --edges gradients --output flow.png
  chainrule graph --layers 2-4-3-1 --format dot";

/// Draw a network as a graph of its operations, or of its neurons and weights
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct GraphArgs {
    /// A safetensors file, written by chainrule or PyTorch
    pub(crate) model: Option<PathBuf>,
    /// Without a model file: draw a new network of these layer sizes, from inputs to outputs, such as 2-4-3-1. With one:
    /// the order of its layers, if neither shapes nor numbers in their names tell it: fc1,bn1,fc2
    #[arg(long, value_name = "SIZES|NAMES")]
    pub(crate) layers: Option<String>,
    /// operations: the computational graph with its formulas, forward and backward; neurons: units and weights, of layers above
    /// 16 units the 8 strongest
    #[arg(long, value_name = "VIEW", default_value = "operations", value_enum)]
    pub(crate) view: View,
    /// What the edges of --view neurons show [default: weights]
    #[arg(long, value_name = "WHAT", value_enum)]
    pub(crate) edges: Option<Edges>,
    /// Rows to run through the network, to show values and gradients: digits, mnist:FOLDER, or a file: IDX,
    /// NPY or text (also .gz)
    #[arg(long, value_name = "SOURCE", value_parser = values::source)]
    pub(crate) data: Option<Source>,
    #[command(flatten)]
    pub(crate) columns: ColumnArgs,
    /// Number of rows, spread evenly over the data
    #[arg(long, value_name = "N", default_value = "32", value_parser = values::count, allow_negative_numbers = true, requires = "data")]
    pub(crate) rows: usize,
    /// Use this row only, counted from 1; the neurons then show their outputs for it, with its target, answer and probabilities
    #[arg(long, value_name = "N", value_parser = values::count, allow_negative_numbers = true, requires = "data", conflicts_with = "rows")]
    pub(crate) row: Option<usize>,
    /// The loss, if the model file does not name one: cross-entropy, binary-cross-entropy, mse, half-mse, mae,
    /// huber, huber(DELTA)
    #[arg(long, value_name = "NAME", value_parser = known::loss(), hide_possible_values = true)]
    pub(crate) loss: Option<Loss>,
    /// The activation of the hidden layers, with --layers or if the model file does not name one: relu, sigmoid, tanh,
    /// ...
    #[arg(long, value_name = "NAME", value_parser = known::activation(), hide_possible_values = true)]
    pub(crate) activation: Option<Activation>,
    /// The seed of the initial weights of --layers, which --view neurons and --data show [default: 42]
    #[arg(long, value_name = "N", value_parser = values::seed, allow_negative_numbers = true)]
    pub(crate) seed: Option<u64>,
    /// Write to this file instead of standard output; its extension selects the format unless --format is given
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// The output format [default: by the extension of --output, otherwise mermaid]
    #[arg(long, value_name = "FORMAT", value_enum)]
    pub(crate) format: Option<GraphFormat>,
    /// Draw light on a dark background (SVG and PNG)
    #[arg(long)]
    pub(crate) dark: bool,
}

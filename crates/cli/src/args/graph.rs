//! The options of `chainrule graph`.

use std::path::PathBuf;

use chainrule::data::Source;
use chainrule::{Activation, Loss};
use clap::Args;

use crate::args::defaults::SEED;
use crate::values::{self, Edges, GraphFormat, Sizes, View};

const EXAMPLES: &str = "\
Examples:
  chainrule graph digits.safetensors --data digits --output graph.svg
  chainrule graph digits.safetensors --view neurons --data digits --row 1 --edges gradients --output flow.png
  chainrule graph --layers 2-4-3-1 --format dot";

/// Draw a network: what is computed from what, or every neuron and weight
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct GraphArgs {
    /// A safetensors file, written here or by PyTorch
    #[arg(conflicts_with = "layers")]
    pub(crate) model: Option<PathBuf>,
    /// A new network of these sizes instead, from inputs to outputs
    #[arg(long, value_name = "SIZES", value_parser = values::sizes)]
    pub(crate) layers: Option<Sizes>,
    /// operations: parameters, values, and the formulas between them, forward and backward; neurons: units and weights
    #[arg(long, value_name = "VIEW", default_value = "operations", value_enum)]
    pub(crate) view: View,
    /// What the neurons' edges show [default: weights]
    #[arg(long, value_name = "WHAT", value_enum)]
    pub(crate) edges: Option<Edges>,
    /// Rows whose values and gradients are shown: digits, mnist:FOLDER, or a file: IDX (plain or .gz), NPY or CSV
    #[arg(long, value_name = "SOURCE", value_parser = values::source)]
    pub(crate) data: Option<Source>,
    /// The targets of a data file: whole numbers are classes, several columns are values
    #[arg(long, value_name = "FILE", requires = "data")]
    pub(crate) labels: Option<PathBuf>,
    /// How many rows, spread over all
    #[arg(long, value_name = "N", default_value = "32", value_parser = values::count, allow_negative_numbers = true)]
    pub(crate) rows: usize,
    /// This row alone, counted from 1; neurons then show what they give for it
    #[arg(long, value_name = "N", value_parser = values::count, allow_negative_numbers = true, requires = "data", conflicts_with = "rows")]
    pub(crate) row: Option<usize>,
    /// The loss of the network, where its file does not say: cross-entropy, binary-cross-entropy, mse, half-mse, mae,
    /// huber, huber(DELTA)
    #[arg(long, value_name = "NAME", value_parser = values::loss)]
    pub(crate) loss: Option<Loss>,
    /// What follows a hidden layer of --layers, or of a file that does not say: relu, sigmoid, tanh, ...
    #[arg(long, value_name = "NAME", value_parser = values::activation)]
    pub(crate) activation: Option<Activation>,
    /// The seed of the first weights, with --layers
    #[arg(long, value_name = "N", default_value = SEED, value_parser = values::seed, allow_negative_numbers = true)]
    pub(crate) seed: u64,
    /// Write to this file, whose ending is the format unless --format says, instead of standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// How it is written [default: as --output ends, or mermaid]
    #[arg(long, value_name = "FORMAT", value_enum)]
    pub(crate) format: Option<GraphFormat>,
    /// Light on dark, for SVG and PNG
    #[arg(long)]
    pub(crate) dark: bool,
}

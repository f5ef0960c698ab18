//! The options of `chainrule gradcheck`.

use std::path::PathBuf;

use chainrule::data::Source;
use chainrule::{Activation, Loss};
use clap::Args;

use crate::args::ColumnArgs;
use crate::args::defaults::SEED;
use crate::known;
use crate::layers::LayersArgs;
use crate::values::{self, Hidden, Norm};

const EXAMPLES: &str = "\
Examples:
  chainrule gradcheck digits.safetensors --data digits
  chainrule gradcheck --hidden 16,16 --activation tanh --loss cross-entropy --data digits
  chainrule gradcheck --data x.csv --labels y.csv --loss mse --coordinates 100 --json

Exit code: 0 all gradients are right, 1 one is wrong or could not be decided, 2 bad usage.";

/// Compare the gradient of each tensor with finite differences of the loss
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct GradcheckArgs {
    /// A safetensors file, written by chainrule or PyTorch; without one, a new network
    #[arg(conflicts_with_all = ["hidden", "norm", "dropout"])]
    pub(crate) model: Option<PathBuf>,
    /// The rows to compute the loss on: digits, mnist:FOLDER, or a file: IDX, NPY or text (also .gz)
    #[arg(long, value_name = "SOURCE", value_parser = values::source)]
    pub(crate) data: Source,
    #[command(flatten)]
    pub(crate) columns: ColumnArgs,
    /// The sizes of a new network's hidden layers, or none [default: 128,64]
    #[arg(long, value_name = "SIZES", value_parser = values::hidden, allow_negative_numbers = true)]
    pub(crate) hidden: Option<Hidden>,
    /// The activation of the hidden layers, of a new network or if the model file does not name one: relu, sigmoid,
    /// tanh, ...
    #[arg(long, value_name = "NAME", value_parser = known::activation(), hide_possible_values = true)]
    pub(crate) activation: Option<Activation>,
    #[command(flatten)]
    pub(crate) order: LayersArgs,
    /// A normalisation between each hidden layer of a new network and its activation
    #[arg(long, value_name = "NAME", value_enum)]
    pub(crate) norm: Option<Norm>,
    /// The dropout probability after each hidden layer of a new network; every pass uses the same mask
    #[arg(long, value_name = "SHARE", value_parser = values::dropout, allow_negative_numbers = true)]
    pub(crate) dropout: Option<f64>,
    /// The loss: cross-entropy, binary-cross-entropy, mse, half-mse, mae, huber, huber(DELTA) [default: from
    /// the model file, otherwise that of the task]
    #[arg(long, value_name = "NAME", value_parser = known::loss(), hide_possible_values = true)]
    pub(crate) loss: Option<Loss>,
    /// Number of rows, spread evenly over the data
    #[arg(long, value_name = "N", default_value = "32", value_parser = values::count, allow_negative_numbers = true)]
    pub(crate) rows: usize,
    /// Number of random directions to test in each tensor
    #[arg(long, value_name = "N", default_value = "4", value_parser = values::steps, allow_negative_numbers = true)]
    pub(crate) directions: usize,
    /// Number of random elements to test in each tensor
    #[arg(long, value_name = "N", default_value = "12", value_parser = values::steps, allow_negative_numbers = true)]
    pub(crate) coordinates: usize,
    /// The seed of a new network's weights and of the directions and elements
    #[arg(long, value_name = "N", default_value = SEED, value_parser = values::seed, allow_negative_numbers = true)]
    pub(crate) seed: u64,
    /// Print one JSON object and nothing else
    #[arg(long)]
    pub(crate) json: bool,
}

//! The options of `chainrule gradcheck`.

use std::path::PathBuf;

use chainrule::data::Source;
use chainrule::{Activation, Loss};
use clap::Args;

use crate::args::defaults::SEED;
use crate::values::{self, Hidden, Norm};

const EXAMPLES: &str = "\
Examples:
  chainrule gradcheck digits.safetensors --data digits
  chainrule gradcheck --hidden 16,16 --activation tanh --loss cross-entropy --data digits
  chainrule gradcheck --data x.csv --labels y.csv --loss mse --coordinates 100 --json

Exit code: 0 every gradient is the slope of the loss, 1 one is not or could not be told, 2 bad usage.";

/// Hold gradients against slopes of the loss, tensor by tensor
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct GradcheckArgs {
    /// A safetensors file, written here or by PyTorch; without one, a new network
    #[arg(conflicts_with_all = ["hidden", "norm", "dropout"])]
    pub(crate) model: Option<PathBuf>,
    /// The rows: digits, mnist:FOLDER, or a file: IDX (plain or .gz), NPY or CSV
    #[arg(long, value_name = "SOURCE", value_parser = values::source)]
    pub(crate) data: Source,
    /// The targets of a data file: whole numbers are classes, several columns are values
    #[arg(long, value_name = "FILE")]
    pub(crate) labels: Option<PathBuf>,
    /// The sizes of a new network's hidden layers, or none [default: 128,64]
    #[arg(long, value_name = "SIZES", value_parser = values::hidden, allow_negative_numbers = true)]
    pub(crate) hidden: Option<Hidden>,
    /// What follows a hidden layer of a new network, or of a file that does not say: relu, sigmoid, tanh, ...
    #[arg(long, value_name = "NAME", value_parser = values::activation)]
    pub(crate) activation: Option<Activation>,
    /// The normalisation between a hidden layer of a new network and its activation
    #[arg(long, value_name = "NAME", value_enum)]
    pub(crate) norm: Option<Norm>,
    /// The share of each hidden layer's outputs of a new network that are left out, the same ones every time
    #[arg(long, value_name = "SHARE", value_parser = values::dropout, allow_negative_numbers = true)]
    pub(crate) dropout: Option<f64>,
    /// The loss: cross-entropy, binary-cross-entropy, mse, half-mse, mae, huber, huber(DELTA) [default: cross-entropy,
    /// or as in the file]
    #[arg(long, value_name = "NAME", value_parser = values::loss)]
    pub(crate) loss: Option<Loss>,
    /// How many rows, spread over all
    #[arg(long, value_name = "N", default_value = "32", value_parser = values::count, allow_negative_numbers = true)]
    pub(crate) rows: usize,
    /// Random directions through each tensor
    #[arg(long, value_name = "N", default_value = "4", value_parser = values::steps, allow_negative_numbers = true)]
    pub(crate) directions: usize,
    /// Random elements of each tensor
    #[arg(long, value_name = "N", default_value = "12", value_parser = values::steps, allow_negative_numbers = true)]
    pub(crate) coordinates: usize,
    /// The seed of a new network's weights, and of what is looked at
    #[arg(long, value_name = "N", default_value = SEED, value_parser = values::seed, allow_negative_numbers = true)]
    pub(crate) seed: u64,
    /// Print one JSON object and nothing else
    #[arg(long)]
    pub(crate) json: bool,
}

//! The options of `chainrule doctor`.

use std::path::PathBuf;

use chainrule::Activation;
use chainrule::data::Source;
use clap::Args;

use crate::values;

const EXAMPLES: &str = "\
Examples:
  chainrule doctor digits.safetensors --data digits
  chainrule doctor model.safetensors --data x.npy --labels y.npy --lr 0.1 --json

Exit code: 0 healthy, 1 something was found or the examination failed, 2 bad usage.";

/// Look for what is wrong with a network or its data: dead units, vanishing gradients, unscaled features, ...
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct DoctorArgs {
    /// A safetensors file, written here or by PyTorch
    pub(crate) model: PathBuf,
    /// What it was trained on: digits, mnist:FOLDER, or a file: IDX (plain or .gz), NPY or CSV
    #[arg(long, value_name = "SOURCE", value_parser = values::source)]
    pub(crate) data: Source,
    /// The targets of a data file: whole numbers are classes, several columns are values
    #[arg(long, value_name = "FILE")]
    pub(crate) labels: Option<PathBuf>,
    /// The learning rate of SGD that it is trained with; without it nothing is said of steps
    #[arg(long, value_name = "RATE", value_parser = values::positive, allow_negative_numbers = true)]
    pub(crate) lr: Option<f64>,
    /// What follows a hidden layer, for a file that does not say: relu, sigmoid, tanh, ...
    #[arg(long, value_name = "NAME", value_parser = values::activation)]
    pub(crate) activation: Option<Activation>,
    /// Print one JSON object and nothing else
    #[arg(long)]
    pub(crate) json: bool,
}

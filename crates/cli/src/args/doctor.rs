//! The options of `chainrule doctor`.

use std::path::PathBuf;

use chainrule::data::Source;
use chainrule::{Activation, Loss};
use clap::Args;

use crate::args::ColumnArgs;
use crate::known;
use crate::layers::LayersArgs;
use crate::values;

const EXAMPLES: &str = "\
Examples:
  chainrule doctor digits.safetensors --data digits
  chainrule doctor model.safetensors --data x.npy --labels y.npy --lr 0.1 --json

Exit code: 0 nothing found, 1 problems found or the run failed, 2 bad usage.";

/// Look for problems in a network and its data: dead units, vanishing gradients, unscaled features, ...
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct DoctorArgs {
    /// A safetensors file, written by chainrule or PyTorch
    pub(crate) model: PathBuf,
    /// The data that the model was trained on: digits, mnist:FOLDER, or a file: IDX, NPY or text (also .gz)
    #[arg(long, value_name = "SOURCE", value_parser = values::source)]
    pub(crate) data: Source,
    #[command(flatten)]
    pub(crate) columns: ColumnArgs,
    /// The loss it was trained with, if the model file does not name one
    #[arg(long, value_name = "NAME", value_parser = known::loss(), hide_possible_values = true)]
    pub(crate) loss: Option<Loss>,
    /// The learning rate of the SGD that trains it; without this option, step sizes are not checked
    #[arg(long, value_name = "RATE", value_parser = values::positive, allow_negative_numbers = true)]
    pub(crate) lr: Option<f64>,
    /// The activation of the hidden layers, if the model file does not name one: relu, sigmoid, tanh, ...
    #[arg(long, value_name = "NAME", value_parser = known::activation(), hide_possible_values = true)]
    pub(crate) activation: Option<Activation>,
    #[command(flatten)]
    pub(crate) order: LayersArgs,
    /// Print one JSON object and nothing else
    #[arg(long)]
    pub(crate) json: bool,
}

//! The options of `chainrule predict`.

use std::path::PathBuf;

use chainrule::Activation;
use chainrule::data::Source;
use clap::Args;

use crate::layers::LayersArgs;
use crate::values::{self, Table};

const EXAMPLES: &str = "\
Examples:
  chainrule predict digits.safetensors --data images.npy
  chainrule predict digits.safetensors --data images.npy --proba --output probabilities.npy
  tail -n 5 rows.csv | chainrule predict model.safetensors";

/// Predict a class, or values, for each row
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct PredictArgs {
    /// A safetensors file, written by chainrule or PyTorch
    pub(crate) model: PathBuf,
    /// The rows to predict: digits, mnist:FOLDER (its test images), or a file: IDX (also .gz), NPY or CSV [default: CSV
    /// rows from standard input]
    #[arg(long, value_name = "SOURCE", value_parser = values::source)]
    pub(crate) data: Option<Source>,
    /// Write the predictions to this .npy or .csv file instead of standard output. Classes are names in .csv and
    /// numbers in .npy
    #[arg(long, value_name = "FILE", value_parser = values::table)]
    pub(crate) output: Option<Table>,
    /// Print the probability of each class instead of the class; models with binary cross-entropy always print
    /// probabilities
    #[arg(long)]
    pub(crate) proba: bool,
    /// The activation of the hidden layers, if the model file does not name one: relu, sigmoid, tanh, ...
    #[arg(long, value_name = "NAME", value_parser = values::activation)]
    pub(crate) activation: Option<Activation>,
    #[command(flatten)]
    pub(crate) order: LayersArgs,
}

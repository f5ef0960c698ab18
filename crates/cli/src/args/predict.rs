//! The options of `chainrule predict`.

use std::path::PathBuf;

use chainrule::Activation;
use chainrule::data::Source;
use clap::Args;

use crate::values::{self, Table};

const EXAMPLES: &str = "\
Examples:
  chainrule predict digits.safetensors --data images.npy
  chainrule predict digits.safetensors --data images.npy --proba --output probabilities.npy
  tail -n 5 rows.csv | chainrule predict model.safetensors";

/// Answer for each row: its class, or its values
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct PredictArgs {
    /// A safetensors file, written here or by PyTorch
    pub(crate) model: PathBuf,
    /// digits, mnist:FOLDER (its test images), or a file: IDX (plain or .gz), NPY or CSV [default: CSV rows on
    /// standard input]
    #[arg(long, value_name = "SOURCE", value_parser = values::source)]
    pub(crate) data: Option<Source>,
    /// Write the answers to this file, which ends in .npy or .csv, instead of standard output. Classes are names in
    /// .csv and numbers in .npy
    #[arg(long, value_name = "FILE", value_parser = values::table)]
    pub(crate) output: Option<Table>,
    /// Answer with the probability of each class; of a 1 at each output after binary cross-entropy, which does anyway
    #[arg(long)]
    pub(crate) proba: bool,
    /// What follows a hidden layer, for a file that does not say: relu, sigmoid, tanh, ...
    #[arg(long, value_name = "NAME", value_parser = values::activation)]
    pub(crate) activation: Option<Activation>,
}

//! The options of `chainrule predict`.

use std::path::PathBuf;

use chainrule::data::Source;
use chainrule::{Activation, Loss, Task};
use clap::Args;

use crate::args::{MemoryArgs, PrecisionArgs, TextArgs};
use crate::known;
use crate::layers::LayersArgs;
use crate::values::{self, Table};

const EXAMPLES: &str = "\
Examples:
  chainrule predict digits.safetensors --data images.npy
  chainrule predict digits.safetensors --data images.npy --proba --output probabilities.npy
  chainrule predict houses.safetensors --data new.csv --output prices.csv
  chainrule predict digits.safetensors --data images.npy --precision int8 --tolerance 0.01
  tail -n 5 rows.csv | chainrule predict model.safetensors";

/// Predict a class, or values, for each row; of several yes/no questions 1 or 0 for each. A row that lacks a value is refused, or
/// filled as in training; by a model that was trained with --missing drop it has no answer: an empty cell, null in JSON, NaN in .npy (of classes by --proba)
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct PredictArgs {
    /// A safetensors file, written by chainrule or PyTorch, an ONNX file, or JSON or NPZ that `export` wrote
    pub(crate) model: PathBuf,
    /// The rows to predict: digits, mnist:FOLDER (its test images), a file: IDX, NPY or text (also .gz), or - for text on
    /// standard input [default: -]
    #[arg(long, value_name = "SOURCE", value_parser = values::source)]
    pub(crate) data: Option<Source>,
    /// Write the predictions to this .npy or .csv file instead of standard output. Classes are names in .csv and
    /// numbers in .npy
    #[arg(long, value_name = "FILE", value_parser = values::table)]
    pub(crate) output: Option<Table>,
    /// Print probabilities: of each class, or of yes, called P(NAME) in .csv and JSON
    #[arg(long)]
    pub(crate) proba: bool,
    /// Print the network's outputs as they are, called `output NAME`: logits, or values before they are brought to the target's
    /// unit
    #[arg(long, conflicts_with = "proba")]
    pub(crate) raw: bool,
    /// What the model predicts, if its file does not say: classification, binary (yes or no), multi-label, regression
    #[arg(long, value_name = "TASK", value_parser = known::task(), hide_possible_values = true)]
    pub(crate) task: Option<Task>,
    /// The loss it was trained with, if its file does not say, which tells the task
    #[arg(long, value_name = "NAME", value_parser = known::loss(), hide_possible_values = true)]
    pub(crate) loss: Option<Loss>,
    /// Print one JSON object for each row and nothing else
    #[arg(long, conflicts_with = "output")]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) text: TextArgs,
    #[command(flatten)]
    pub(crate) memory: MemoryArgs,
    #[command(flatten)]
    pub(crate) rounding: PrecisionArgs,
    /// The activation of the hidden layers, if the model file does not name one: relu, sigmoid, tanh, ...
    #[arg(long, value_name = "NAME", value_parser = known::activation(), hide_possible_values = true)]
    pub(crate) activation: Option<Activation>,
    #[command(flatten)]
    pub(crate) order: LayersArgs,
}

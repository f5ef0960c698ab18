//! The options of `chainrule convert`.

use std::path::PathBuf;

use chainrule::data::Source;
use chainrule::{Activation, Loss, Task};
use clap::Args;

use crate::args::PrecisionArgs;
use crate::known;
use crate::layers::LayersArgs;
use crate::values;

const EXAMPLES: &str = "\
Examples:
  chainrule convert sklearn.onnx houses.safetensors
  chainrule convert houses.safetensors houses.onnx
  chainrule convert digits.safetensors small.safetensors --precision int8 --data digits --tolerance 0.01
  chainrule convert pytorch.safetensors model.safetensors --activation relu --task regression
  chainrule convert pytorch.safetensors model.safetensors --activation relu --class-names cat,dog,bird";

/// Write a model file in another format, which the ending of OUT names: safetensors (chainrule's own), onnx, c, rs, json, npz
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ConvertArgs {
    /// A safetensors file, written by chainrule or PyTorch, an ONNX file, or JSON or NPZ that `export` wrote
    #[arg(value_name = "IN")]
    pub(crate) input: PathBuf,
    /// The file to write
    #[arg(value_name = "OUT")]
    pub(crate) out: PathBuf,
    #[command(flatten)]
    pub(crate) rounding: PrecisionArgs,
    /// With --precision: the rows to measure on what rounding changes; their labels are not read
    #[arg(long, value_name = "SOURCE", value_parser = values::source, requires = "precision")]
    pub(crate) data: Option<Source>,
    /// What the model predicts, if its file does not say: classification, binary (yes or no), multi-label, regression
    #[arg(long, value_name = "TASK", value_parser = known::task(), hide_possible_values = true)]
    pub(crate) task: Option<Task>,
    /// The loss it was trained with, if its file does not say, which tells the task
    #[arg(long, value_name = "NAME", value_parser = known::loss(), hide_possible_values = true)]
    pub(crate) loss: Option<Loss>,
    /// The names of its classes in the order of its outputs, separated by commas, if its file does not name them: PyTorch's for one
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub(crate) class_names: Option<Vec<String>>,
    /// The activation of the hidden layers, if the model file does not name one: relu, sigmoid, tanh, ...
    #[arg(long, value_name = "NAME", value_parser = known::activation(), hide_possible_values = true)]
    pub(crate) activation: Option<Activation>,
    #[command(flatten)]
    pub(crate) order: LayersArgs,
}

//! The options of `chainrule export`.

use std::path::PathBuf;

use chainrule::Activation;
use chainrule::data::Source;
use chainrule::export::ExportFormat;
use clap::Args;

use crate::args::ColumnArgs;
use crate::known;
use crate::layers::LayersArgs;
use crate::values;

/// The formats by their names.
const FORMATS: &[&str] = &["c", "rust", "json", "npz", "torch", "onnx"];

const EXAMPLES: &str = "\
Examples:
  chainrule export houses.safetensors --to c --out houses.c
  chainrule export digits.safetensors --to rust --out digits.rs --int8 --data digits
  chainrule export digits.safetensors --out digits.onnx
  gcc -std=c99 -DHOUSES_TEST houses.c -o houses && ./houses && echo the source predicts what the model predicts";

/// Write a model for other programs: C or Rust source that stands alone, JSON, NumPy arrays, PyTorch's state_dict, ONNX
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ExportArgs {
    /// A safetensors file, written by chainrule or PyTorch, an ONNX file, or JSON or NPZ that `export` wrote
    pub(crate) model: PathBuf,
    /// The format: c (C99), rust (no_std), json, npz (NumPy), torch (a state_dict in safetensors), onnx (the erf of gelu in f32, also for
    /// a model in f64) [default: what FILE ends in]
    #[arg(long, value_name = "FORMAT", value_parser = known::hinted(known::of_library::<ExportFormat>, FORMATS), hide_possible_values = true)]
    pub(crate) to: Option<ExportFormat>,
    /// Write to this file [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Round weights to eight bits, with one scale for each output of a layer: a quarter of the memory, in c and rust
    #[arg(long)]
    pub(crate) int8: bool,
    /// With --int8: labelled rows to measure on what the rounding costs
    #[arg(long, value_name = "SOURCE", value_parser = values::source, requires = "int8")]
    pub(crate) data: Option<Source>,
    #[command(flatten)]
    pub(crate) columns: ColumnArgs,
    /// What names in a C source begin with, or what the graph of ONNX is called [default: the file's name]
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// The activation of the hidden layers, if the model file does not name one: relu, sigmoid, tanh, ...
    #[arg(long, value_name = "NAME", value_parser = known::activation(), hide_possible_values = true)]
    pub(crate) activation: Option<Activation>,
    #[command(flatten)]
    pub(crate) order: LayersArgs,
}

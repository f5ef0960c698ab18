//! The options of `chainrule explain`.

use std::path::PathBuf;

use chainrule::data::Source;
use chainrule::explanation::Baseline;
use chainrule::{Activation, Loss};
use clap::Args;

use crate::args::ColumnArgs;
use crate::known;
use crate::layers::LayersArgs;
use crate::values::{self, Part};

const EXAMPLES: &str = "\
Examples:
  chainrule explain houses.safetensors --data houses.csv --part test
  chainrule explain houses.safetensors --data houses.csv --part test --row 7
  chainrule explain digits.safetensors --data digits --row 7 --output 3 --baseline zeros --image seven.png";

/// Show what a model's answer to a row depends on, column by column; without --row what each column is worth over all rows
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ExplainArgs {
    /// A safetensors file, written by chainrule or PyTorch, an ONNX file, or JSON or NPZ that `export` wrote
    pub(crate) model: PathBuf,
    /// The rows: digits, mnist:FOLDER, or a file: IDX, NPY or text (also .gz)
    #[arg(long, value_name = "SOURCE", value_parser = values::source)]
    pub(crate) data: Source,
    /// The row to explain, counted from 1 among those of --part; without it: permutation importance over all of them
    #[arg(long, value_name = "N", value_parser = values::count, allow_negative_numbers = true)]
    pub(crate) row: Option<usize>,
    #[command(flatten)]
    pub(crate) columns: ColumnArgs,
    /// Which rows to use: all, or those that the model was trained on, validated on or tested on [default: test if the source
    /// has such a part, otherwise all]
    #[arg(long, value_name = "PART", value_enum)]
    pub(crate) part: Option<Part>,
    /// The output to explain, by the name of its class or target [default: that of the answer; of several values the first]
    #[arg(long, value_name = "NAME", requires = "row")]
    pub(crate) output: Option<String>,
    /// What the row is compared with: mean (of the rows that the model was trained on, where it standardises, with none of
    /// the categories and no as the answer of yes/no columns; otherwise of these rows), zeros, or the number of another row
    #[arg(long, value_name = "WHAT", default_value = "mean", value_parser = known::hinted(baseline, &["mean", "zeros"]), hide_possible_values = true, requires = "row")]
    pub(crate) baseline: Baseline,
    /// Gradients between baseline and row for integrated gradients; more make the sum check closer
    #[arg(long, value_name = "N", default_value = "256", value_parser = values::count, allow_negative_numbers = true, requires = "row")]
    pub(crate) steps: usize,
    /// Of an image: draw it and what each of its pixels adds to this file, SVG or PNG by its name
    #[arg(long, value_name = "FILE.svg|png", requires = "row")]
    pub(crate) image: Option<PathBuf>,
    /// Show at most this many columns, those that add most first; JSON has them all [default: 40]
    #[arg(long, value_name = "N", value_parser = values::count, allow_negative_numbers = true, conflicts_with = "json")]
    pub(crate) limit: Option<usize>,
    /// The loss it was trained with, if the model file does not name one
    #[arg(long, value_name = "NAME", value_parser = known::loss(), hide_possible_values = true)]
    pub(crate) loss: Option<Loss>,
    /// The activation of the hidden layers, if the model file does not name one: relu, sigmoid, tanh, ...
    #[arg(long, value_name = "NAME", value_parser = known::activation(), hide_possible_values = true)]
    pub(crate) activation: Option<Activation>,
    #[command(flatten)]
    pub(crate) order: LayersArgs,
    /// Print one JSON object and nothing else
    #[arg(long)]
    pub(crate) json: bool,
}

fn baseline(text: &str) -> Result<Baseline, String> {
    match text {
        "mean" => Ok(Baseline::Mean),
        "zeros" => Ok(Baseline::Zeros),
        row => match row.parse::<usize>() {
            Ok(row) if row > 0 => Ok(Baseline::Row(row - 1)),
            _ => Err("expected mean, zeros, or the number of a row, counted from 1".to_owned()),
        },
    }
}

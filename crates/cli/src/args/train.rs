//! The options of `chainrule train`.

use std::path::PathBuf;

use chainrule::data::Source;
use chainrule::{Activation, DType, Loss};
use clap::Args;

use crate::args::defaults::SEED;
use crate::optimizer::OptimizerArgs;
use crate::schedule_args::ScheduleArgs;
use crate::values::{self, Hidden, Norm, Preprocessing};
use crate::weights::WeightsArgs;

const EXAMPLES: &str = "\
Examples:
  chainrule train
  chainrule train --data mnist:data/mnist --hidden 128 --epochs 5 --save mnist.safetensors
  chainrule train --data x.npy --labels y.npy --preprocess standardize --holdout 0.1
  chainrule train --data x.csv --labels y.csv --loss mse --hidden 32,32 --activation tanh --lr 0.01
  chainrule train --class-weights balanced --label-smoothing 0.1
  chainrule train --data x.csv --labels tags.csv --loss binary-cross-entropy --pos-weight 1,4,2
  chainrule train --optimizer adam --lr 0.003 --beta2 0.99 --epochs 20
  chainrule train --schedule cosine --warm-up 3 --patience 10 --weight-decay 1e-4 --decay-of weights
  chainrule train --from digits.safetensors --epochs 10 --lr 0.01 --save better.safetensors
  chainrule train --init pytorch.safetensors --activation relu --data x.npy --labels y.npy --no-shuffle

The first Ctrl-C (or SIGTERM, or SIGHUP) ends training after the step that runs: what was learned is saved and the exit
code is 0. Before the first step there is nothing to save: nothing is written, and the exit code is 128 + signal (130 for
Ctrl-C). So it is after a second signal, which ends the process at once.

Exit code: 0 done or stopped, and saved if --save was given; 1 the run failed; 2 bad usage; 128 + signal.";

/// Train a network; without any option, on the embedded handwritten digits
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct TrainArgs {
    /// digits, mnist:FOLDER, or a file: IDX (plain or .gz), NPY or CSV
    #[arg(long, value_name = "SOURCE", default_value = "digits", value_parser = values::source, help_heading = "Data")]
    pub(crate) data: Source,
    /// The targets of a data file: whole numbers are classes, several columns are values
    #[arg(long, value_name = "FILE", help_heading = "Data")]
    pub(crate) labels: Option<PathBuf>,
    /// How many classes there are [default: as the largest label says]
    #[arg(long, value_name = "N", value_parser = values::count, allow_negative_numbers = true, help_heading = "Data")]
    pub(crate) classes: Option<usize>,
    /// Data to test on, instead of held-out rows
    #[arg(long, value_name = "SOURCE", value_parser = values::source, conflicts_with = "holdout", help_heading = "Data")]
    pub(crate) test_data: Option<Source>,
    /// The targets of the test data
    #[arg(long, value_name = "FILE", requires = "test_data", help_heading = "Data")]
    pub(crate) test_labels: Option<PathBuf>,
    /// The share of the rows to test on and not to train on; 0: none [default: 0.2, or the source's own test part]
    #[arg(long, value_name = "SHARE", value_parser = values::holdout, allow_negative_numbers = true, help_heading = "Data")]
    pub(crate) holdout: Option<f64>,
    /// What is done to features first: auto, none, standardize, scale:FACTOR. auto is what --init's file says, or
    /// what suits the source: digits / 16, images of bytes / 255, other numbers as they are
    #[arg(long, value_name = "HOW", default_value = "auto", value_parser = values::preprocessing, help_heading = "Data")]
    pub(crate) preprocess: Preprocessing,

    /// The sizes of the hidden layers, or none [default: 128,64, or as in --init's file]
    #[arg(long, value_name = "SIZES", value_parser = values::hidden, allow_negative_numbers = true, help_heading = "Network")]
    pub(crate) hidden: Option<Hidden>,
    /// What follows a hidden layer: identity, relu, leaky_relu, leaky_relu(SLOPE), elu, elu(ALPHA), selu, gelu, gelu_tanh,
    /// silu, softplus, softsign, hardsigmoid, sigmoid, tanh [default: relu, or as in --init's file]
    #[arg(long, value_name = "NAME", value_parser = values::activation, help_heading = "Network")]
    pub(crate) activation: Option<Activation>,
    /// The normalisation between a hidden layer and its activation [default: none, or as in --init's file]
    #[arg(long, value_name = "NAME", value_enum, help_heading = "Network")]
    pub(crate) norm: Option<Norm>,
    /// The share of each hidden layer's outputs that a step leaves out at random [default: 0, or as in --init's file]
    #[arg(long, value_name = "SHARE", value_parser = values::dropout, allow_negative_numbers = true, help_heading = "Network")]
    pub(crate) dropout: Option<f64>,
    /// Begin with the weights of this safetensors file, written here or by PyTorch: train it further
    #[arg(long, visible_alias = "from", value_name = "FILE", help_heading = "Network")]
    pub(crate) init: Option<PathBuf>,
    /// The type of all numbers [default: f32, or as in --init's file]
    #[arg(long, value_name = "TYPE", value_parser = values::dtype(), help_heading = "Network")]
    pub(crate) dtype: Option<DType>,

    /// What is made small: cross-entropy, binary-cross-entropy, mse, half-mse, mae, huber, huber(DELTA) [default:
    /// cross-entropy, or as in --init's file]
    #[arg(long, value_name = "NAME", value_parser = values::loss, help_heading = "Training")]
    pub(crate) loss: Option<Loss>,
    #[command(flatten)]
    pub(crate) weights: WeightsArgs,
    #[command(flatten)]
    pub(crate) optimizer: OptimizerArgs,
    #[command(flatten)]
    pub(crate) schedule: ScheduleArgs,
    /// Make all gradients together no longer than this before each step
    #[arg(long, value_name = "NORM", value_parser = values::positive, allow_negative_numbers = true, conflicts_with = "clip_value", help_heading = "Training")]
    pub(crate) clip_norm: Option<f64>,
    /// Let no gradient be farther from 0 than this at each step
    #[arg(long, value_name = "VALUE", value_parser = values::positive, allow_negative_numbers = true, help_heading = "Training")]
    pub(crate) clip_value: Option<f64>,
    /// Rows in a minibatch
    #[arg(long, value_name = "ROWS", default_value = "32", value_parser = values::count, allow_negative_numbers = true, help_heading = "Training")]
    pub(crate) batch: usize,
    /// How often every row is seen
    #[arg(long, value_name = "N", default_value = "60", value_parser = values::count, allow_negative_numbers = true, help_heading = "Training")]
    pub(crate) epochs: usize,
    /// The seed of the first weights, the held-out rows, the order of the rows and what dropout leaves out
    #[arg(long, value_name = "N", default_value = SEED, value_parser = values::seed, allow_negative_numbers = true, help_heading = "Training")]
    pub(crate) seed: u64,
    /// Take the rows in their order, every epoch
    #[arg(long, help_heading = "Training")]
    pub(crate) no_shuffle: bool,
    /// How many threads may take part; the result does not depend on it [default: one for each core]
    #[arg(long, value_name = "N", value_parser = values::count, allow_negative_numbers = true, help_heading = "Training")]
    pub(crate) threads: Option<usize>,

    /// Write the model to this safetensors file
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(crate) save: Option<PathBuf>,
    /// Print JSON, one object a line, and nothing else
    #[arg(long, help_heading = "Output")]
    pub(crate) json: bool,
    /// Print nothing but errors, and what --json asks for
    #[arg(long, help_heading = "Output")]
    pub(crate) quiet: bool,
}

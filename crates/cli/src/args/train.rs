//! The options of `chainrule train`.

use std::path::PathBuf;

use chainrule::data::Source;
use chainrule::{Activation, DType, Init, Loss};
use clap::Args;

use crate::args::defaults::SEED;
use crate::args::{CheckpointArgs, ColumnArgs, FittingArgs, MemoryArgs, RunArgs};
use crate::known;
use crate::layers::LayersArgs;
use crate::optimizer::OptimizerArgs;
use crate::schedule_args::ScheduleArgs;
use crate::values::{self, Hidden, Holdout, Norm, Preprocessing};
use crate::weights::WeightsArgs;

const EXAMPLES: &str = "\
Examples:
  chainrule train
  chainrule train --data mnist:data/mnist --hidden 128 --epochs 5 --save mnist.safetensors
  chainrule train --data houses.csv --target price --save houses.safetensors
  chainrule train --data titanic.csv --target survived --missing median --drop name,ticket
  chainrule train --data large.csv --target y --memory 512M
  chainrule train --data x.npy --labels y.npy --preprocess standardize --holdout 0.1
  chainrule train --data x.csv --labels y.csv --loss mse --hidden 32,32 --activation tanh --lr 0.01
  chainrule train --class-weights balanced --label-smoothing 0.1
  chainrule train --data x.csv --labels tags.csv --loss binary-cross-entropy --pos-weight 1,4,2
  chainrule train --optimizer adam --lr 0.003 --beta2 0.99 --epochs 20
  chainrule train --schedule cosine --warm-up 3 --patience 10 --weight-decay 1e-4 --decay-of weights
  chainrule train --epochs 500 --checkpoint run1 --every 1m --save digits.safetensors
  chainrule train --resume run1
  chainrule train --data houses.csv --target price --run houses-1
  chainrule train --config houses-1/config.toml --lr 0.001 --run houses-2
  chainrule train --from digits.safetensors --epochs 10 --lr 0.01 --save better.safetensors
  chainrule train --init pytorch.safetensors --activation relu --data x.npy --labels y.npy --no-shuffle

The first Ctrl-C (or SIGTERM, or SIGHUP) stops training after the current step: the model is saved and reported, and the
exit code is 128 + the number of the signal (130 for Ctrl-C), so that a loop in a shell stops too. Before the first step
there is nothing to save: no file is written. With --checkpoint, the run can be gone on with by --resume, as after a crash. A
second signal ends the process at once, with the same exit code.

Exit code: 0 finished, and saved if --save was given; 1 the run failed: where training did, a model that --save would have
replaced stays as it was; 2 bad usage; 128 + N stopped by signal N.";

/// Train a network, by default on the built-in handwritten digits
#[derive(Debug, Clone, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct TrainArgs {
    /// The rows to train on: digits, mnist:FOLDER, or a file: IDX, NPY or text (also .gz)
    #[arg(long, value_name = "SOURCE", default_value = "digits", value_parser = values::source, help_heading = "Data")]
    pub(crate) data: Source,
    #[command(flatten)]
    pub(crate) columns: ColumnArgs,
    #[command(flatten)]
    pub(crate) memory: MemoryArgs,
    /// Number of classes, if labels are numbers from 0 and some have no row [default: the labels that occur]
    #[arg(long, value_name = "N", value_parser = values::count, allow_negative_numbers = true, help_heading = "Data")]
    pub(crate) classes: Option<usize>,
    /// Data to test on, instead of holding out rows of --data
    #[arg(long, value_name = "SOURCE", value_parser = values::source, conflicts_with = "holdout", help_heading = "Data")]
    pub(crate) test_data: Option<Source>,
    /// A file with the targets of --test-data
    #[arg(long, value_name = "FILE", requires = "test_data", help_heading = "Data")]
    pub(crate) test_labels: Option<PathBuf>,
    /// The fraction of the rows to hold out for testing: 0.25, 0 (none), last (the last fifth, of rows in order of time), or
    /// last:0.25. Classes keep their shares [default: 0.2, or the source's own test part]
    #[arg(long, value_name = "SHARE", value_parser = values::holdout_by, allow_negative_numbers = true, help_heading = "Data")]
    pub(crate) holdout: Option<Holdout>,
    /// The fraction of the other rows to validate on: training is stopped and its best epoch chosen by them; 0: none
    /// [default: 0.1 if training is stopped by them, otherwise 0]
    #[arg(long, value_name = "SHARE", value_parser = values::holdout, allow_negative_numbers = true, help_heading = "Data")]
    pub(crate) validation: Option<f64>,
    /// Keep the weights of the best epoch, which has not learned from the rows to validate on. Otherwise a table of fewer than
    /// 50,000 rows is learned anew with them, for three times as many epochs at a rate that falls to 0
    #[arg(long, help_heading = "Data")]
    pub(crate) no_refit: bool,
    /// Cross-validate first: train and test on each of K parts of all rows in turn (with --holdout last: on each of K + 1 parts but
    /// the first, by what was learned from those before it), and show the mean and the standard deviation of each metric. The
    /// model itself is trained as without it
    #[arg(long, value_name = "K", value_parser = values::count, conflicts_with_all = ["init", "test_data", "memory"], help_heading = "Data")]
    pub(crate) cv: Option<usize>,
    /// The seed that rows are split by [default: that of --seed]
    #[arg(long, value_name = "N", value_parser = values::seed, allow_negative_numbers = true, help_heading = "Data")]
    pub(crate) split_seed: Option<u64>,
    #[command(flatten)]
    pub(crate) fitting: FittingArgs,
    /// How to preprocess the features: auto, none, standardize, minmax, robust (median and quartiles), scale:FACTOR. auto takes
    /// the preprocessing of --init's file, or one that suits the source: digits / 16, images of bytes / 255, columns of tables
    /// standardised. Categories are never scaled
    #[arg(long, value_name = "HOW", default_value = "auto", value_parser = known::preprocessing(), hide_possible_values = true, help_heading = "Data")]
    pub(crate) preprocess: Preprocessing,

    /// The sizes of the hidden layers, or none [default: 128,64, or from --init's file]
    #[arg(long, value_name = "SIZES", value_parser = values::hidden, allow_negative_numbers = true, help_heading = "Network")]
    pub(crate) hidden: Option<Hidden>,
    /// The activation of the hidden layers: identity, relu, leaky_relu, leaky_relu(SLOPE), elu, elu(ALPHA), selu, gelu,
    /// gelu_tanh, silu, softplus, softsign, hardsigmoid, sigmoid, tanh [default: relu, or from --init's file]
    #[arg(long, value_name = "NAME", value_parser = known::activation(), hide_possible_values = true, help_heading = "Network")]
    pub(crate) activation: Option<Activation>,
    /// A normalisation between each hidden layer and its activation [default: none, or from --init's file]
    #[arg(long, value_name = "NAME", value_enum, help_heading = "Network")]
    pub(crate) norm: Option<Norm>,
    /// The dropout probability after each hidden layer [default: 0, or from --init's file]
    #[arg(long, value_name = "SHARE", value_parser = values::dropout, allow_negative_numbers = true, help_heading = "Network")]
    pub(crate) dropout: Option<f64>,
    /// The initial weights of a new network: he, glorot, lecun, torch (PyTorch's, biases too), or a full name such as
    /// glorot-normal or normal(0.01) [default: torch for tables, otherwise by the activation]
    #[arg(long, value_name = "NAME", value_parser = known::init_weights(), hide_possible_values = true, conflicts_with = "init", help_heading = "Network")]
    pub(crate) init_weights: Option<Init>,
    /// Start from the weights in this safetensors file, written by chainrule or PyTorch. The rows that chainrule's tested on,
    /// loss, optimizer and its settings, batch, epochs and the like are those of the run that wrote it, unless others are
    /// given; --optimizer gives all that belongs to steps anew
    #[arg(long, visible_alias = "from", value_name = "FILE", help_heading = "Network")]
    pub(crate) init: Option<PathBuf>,
    #[command(flatten, next_help_heading = "Network")]
    pub(crate) order: LayersArgs,
    /// The element type [default: f32, or from --init's file]
    #[arg(long, value_name = "TYPE", value_parser = values::dtype(), help_heading = "Network")]
    pub(crate) dtype: Option<DType>,

    /// The loss to minimise: cross-entropy, binary-cross-entropy, mse, half-mse, mae, huber, huber(DELTA) [default:
    /// by the task, or from --init's file]. Values are standardised to be learned, and DELTA counts in their standard
    /// deviations; with --raw-targets in the target's own unit
    #[arg(long, value_name = "NAME", value_parser = known::loss(), hide_possible_values = true, help_heading = "Training")]
    pub(crate) loss: Option<Loss>,
    #[command(flatten)]
    pub(crate) weights: WeightsArgs,
    #[command(flatten)]
    pub(crate) optimizer: OptimizerArgs,
    #[command(flatten)]
    pub(crate) schedule: ScheduleArgs,
    /// Clip the norm of all gradients together to at most this
    #[arg(long, value_name = "NORM", value_parser = values::positive, allow_negative_numbers = true, conflicts_with = "clip_value", help_heading = "Training")]
    pub(crate) clip_norm: Option<f64>,
    /// Clip each element of the gradients to between -VALUE and VALUE
    #[arg(long, value_name = "VALUE", value_parser = values::positive, allow_negative_numbers = true, help_heading = "Training")]
    pub(crate) clip_value: Option<f64>,
    /// Keep the targets of a regression as they are; otherwise they are standardised for training, and predictions and figures
    /// are in their own unit
    #[arg(long, help_heading = "Data")]
    pub(crate) raw_targets: bool,
    /// Number of rows in a minibatch [default: 32; for tables by the number of rows]
    #[arg(long, value_name = "ROWS", value_parser = values::count, allow_negative_numbers = true, help_heading = "Training")]
    pub(crate) batch: Option<usize>,
    /// Number of passes over the training rows; all of them are made, unless --patience stops early [default: 60; for tables by
    /// the number of rows, and stopped early]
    #[arg(long, value_name = "N", value_parser = values::count, allow_negative_numbers = true, help_heading = "Training")]
    pub(crate) epochs: Option<usize>,
    /// The seed of the initial weights, the held-out rows, the shuffling and the dropout masks
    #[arg(long, value_name = "N", default_value = SEED, value_parser = values::seed, allow_negative_numbers = true, help_heading = "Training")]
    pub(crate) seed: u64,
    /// Keep the rows in their order in every epoch
    #[arg(long, help_heading = "Training")]
    pub(crate) no_shuffle: bool,
    /// Draw the order of the rows anew in every epoch, where the run of --init's file kept it
    #[arg(long, conflicts_with = "no_shuffle", help_heading = "Training")]
    pub(crate) shuffle: bool,
    /// Number of threads; the result does not depend on it [default: one for each core]
    #[arg(long, value_name = "N", value_parser = values::count, allow_negative_numbers = true, help_heading = "Training")]
    pub(crate) threads: Option<usize>,

    #[command(flatten)]
    pub(crate) checkpoints: CheckpointArgs,
    #[command(flatten)]
    pub(crate) run: RunArgs,
    /// What of a file of settings was replaced by options.
    #[arg(skip)]
    pub(crate) notes: Vec<String>,
    /// All of the run's arguments, without the program's name.
    #[arg(skip)]
    pub(crate) command: Vec<String>,

    /// Write the model to this safetensors file
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(crate) save: Option<PathBuf>,
    /// Write a page about the run and the model (HTML, one file, no network): learning curves and all that `eval --report`
    /// shows, for the rows that were not learned from
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub(crate) report: Option<PathBuf>,
    /// Draw the learning curves to this file, SVG or PNG by its name
    #[arg(long, value_name = "FILE.svg|png", help_heading = "Output")]
    pub(crate) curves: Option<PathBuf>,
    /// Write the epochs as TensorBoard's event files to this folder, a folder for each run: `tensorboard --logdir DIR`
    #[arg(long, value_name = "DIR", help_heading = "Output")]
    pub(crate) tensorboard: Option<PathBuf>,
    /// Let --save replace a file that is no model of chainrule's
    #[arg(long, requires = "save", help_heading = "Output")]
    pub(crate) force: bool,
    /// Print a line for every epoch, with the hash of the weights
    #[arg(long, conflicts_with = "quiet", help_heading = "Output")]
    pub(crate) verbose: bool,
    /// Print JSON, one object per line, and nothing else. Of a regression, the losses of epochs are those of the standardised targets
    /// that are learned and test_loss is in the target's own unit, as loss_of says; val_mae, test_mae and R2 are in that unit, too. A
    /// run that fails ends with {"event":"error", "kind", "message",
    /// "exit_code"}, kind run, usage or interrupted, beside the message on standard error
    #[arg(long, help_heading = "Output")]
    pub(crate) json: bool,
    /// Print only errors, and JSON if --json is given
    #[arg(long, help_heading = "Output")]
    pub(crate) quiet: bool,
}

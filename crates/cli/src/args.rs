//! The command line, as clap reads it. What a value means is told in `values.rs`.

use std::path::PathBuf;

use chainrule::data::Source;
use chainrule::trace::Shown;
use chainrule::{Activation, DType, Loss};
use clap::{Args, Parser, Subcommand};

use crate::optimizer::OptimizerArgs;
use crate::pace::PaceArgs;
use crate::values::{self, Edges, GraphFormat, Hidden, Norm, Part, Preprocessing, Sizes, Table, TraceFormat, View};
use crate::weights::WeightsArgs;

/// The share of the rows that is held out when nothing else is said.
pub(crate) const HOLDOUT: f64 = 0.2;
/// The seed when nothing else is said: `eval` must find the rows that `train` held out.
const SEED: &str = "42";
/// Hidden layers when nothing else is said.
///
/// These, the learning rate, the batch and the epochs were chosen together, so that every seed tried does well. The
/// digits, seeds 0 to 20: 97.8 % of the held-out rows in the mean, 96.4 % at worst. MNIST in 5 epochs, seeds 0 to 11:
/// 97.5 % and 97.3 % with --hidden 128, 94.8 % and 93.5 % with 16,16. Batches of 16 and half the epochs do as well on
/// the digits and gain 0.2 on MNIST with 128, but one seed loses 16,16 (93.0 %), as do rates of 0.15 (93.1 %) and
/// 0.2 (92.0 %); 128 alone loses 0.3 on the digits.
pub(crate) const HIDDEN: &[usize] = &[128, 64];

/// Dense neural networks on CPUs: train, evaluate, predict, inspect, explain
#[derive(Debug, Parser)]
#[command(name = "chainrule", version, arg_required_else_help = true, after_help = EXAMPLES)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    /// The most bytes of any file that is read, once inflated: 16G, 500M, ...
    #[arg(long, global = true, value_name = "SIZE", default_value = "4G", value_parser = crate::limits::size)]
    pub(crate) max_bytes: u64,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Train(Box<TrainArgs>),
    Eval(EvalArgs),
    Predict(PredictArgs),
    Inspect(InspectArgs),
    Graph(GraphArgs),
    Doctor(DoctorArgs),
    Gradcheck(GradcheckArgs),
    Trace(Box<TraceArgs>),
}

const EXAMPLES: &str = "\
Examples:
  chainrule train --save digits.safetensors
  chainrule eval digits.safetensors --data digits --part test
  chainrule predict digits.safetensors --data images.npy
  chainrule inspect digits.safetensors
  chainrule trace digits.safetensors --data digits

Exit code: 0 done, 1 the run failed, 2 bad usage, 128 + signal when a signal ended it: 130 SIGINT (Ctrl-C), 143 SIGTERM,
129 SIGHUP. A file is written whole or not at all; one that the same command reads is never written.";

const TRAIN_EXAMPLES: &str = "\
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
#[command(after_help = TRAIN_EXAMPLES)]
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
    /// What stands between a hidden layer and its activation: layer or batch normalisation [default: neither, or as in
    /// --init's file]
    #[arg(long, value_name = "NAME", value_parser = values::norm, help_heading = "Network")]
    pub(crate) norm: Option<Norm>,
    /// The share of each hidden layer's outputs that a step leaves out at random [default: 0, or as in --init's file]
    #[arg(long, value_name = "SHARE", value_parser = values::dropout, allow_negative_numbers = true, help_heading = "Network")]
    pub(crate) dropout: Option<f64>,
    /// Begin with the weights of this safetensors file, written here or by PyTorch: train it further
    #[arg(long, visible_alias = "from", value_name = "FILE", help_heading = "Network")]
    pub(crate) init: Option<PathBuf>,
    /// The type of all numbers: f32, f64 [default: f32, or as in --init's file]
    #[arg(long, value_name = "TYPE", value_parser = values::dtype, help_heading = "Network")]
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
    pub(crate) pace: PaceArgs,
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

const EVAL_EXAMPLES: &str = "\
Examples:
  chainrule eval digits.safetensors --data digits --part test
  chainrule eval mnist.safetensors --data mnist:data/mnist
  chainrule eval model.safetensors --data x.npy --labels y.npy --json";

/// Tell how well a model does: loss, the metrics that fit its answers, and which class it takes for which
#[derive(Debug, Args)]
#[command(after_help = EVAL_EXAMPLES)]
pub(crate) struct EvalArgs {
    /// A safetensors file, written here or by PyTorch
    pub(crate) model: PathBuf,
    /// digits, mnist:FOLDER, or a file: IDX (plain or .gz), NPY or CSV
    #[arg(long, value_name = "SOURCE", value_parser = values::source)]
    pub(crate) data: Source,
    /// The targets of a data file: whole numbers are classes, several columns are values
    #[arg(long, value_name = "FILE")]
    pub(crate) labels: Option<PathBuf>,
    /// Which rows: all, train, test. train and test are the source's own parts, or those that `train` makes with the
    /// same --holdout and --seed [default: all, or the source's own test part]
    #[arg(long, value_name = "PART", value_parser = values::part)]
    pub(crate) part: Option<Part>,
    /// The share of the rows that `train` held out [default: 0.2, or the source's own test part]
    #[arg(long, value_name = "SHARE", value_parser = values::holdout, allow_negative_numbers = true, requires = "part")]
    pub(crate) holdout: Option<f64>,
    /// The seed that `train` held them out with
    #[arg(long, value_name = "N", default_value = SEED, value_parser = values::seed, allow_negative_numbers = true)]
    pub(crate) seed: u64,
    /// What follows a hidden layer, for a file that does not say: relu, sigmoid, tanh, ...
    #[arg(long, value_name = "NAME", value_parser = values::activation)]
    pub(crate) activation: Option<Activation>,
    /// List which class was taken for which and how often, also of more than 40 classes
    #[arg(long)]
    pub(crate) confusion: bool,
    /// How many threads may take part [default: one for each core]
    #[arg(long, value_name = "N", value_parser = values::count, allow_negative_numbers = true)]
    pub(crate) threads: Option<usize>,
    /// Print one JSON object and nothing else
    #[arg(long)]
    pub(crate) json: bool,
}

const PREDICT_EXAMPLES: &str = "\
Examples:
  chainrule predict digits.safetensors --data images.npy
  chainrule predict digits.safetensors --data images.npy --proba --output probabilities.npy
  tail -n 5 rows.csv | chainrule predict model.safetensors";

/// Answer for each row: its class, or its values
#[derive(Debug, Args)]
#[command(after_help = PREDICT_EXAMPLES)]
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

const INSPECT_EXAMPLES: &str = "\
Examples:
  chainrule inspect digits.safetensors
  chainrule inspect pytorch.safetensors --activation relu --json";

/// Show what a model file holds: layers, shapes, parameters, memory
#[derive(Debug, Args)]
#[command(after_help = INSPECT_EXAMPLES)]
pub(crate) struct InspectArgs {
    /// A safetensors file, written here or by PyTorch
    pub(crate) model: PathBuf,
    /// What follows a hidden layer, for a file that does not say: relu, sigmoid, tanh, ...
    #[arg(long, value_name = "NAME", value_parser = values::activation)]
    pub(crate) activation: Option<Activation>,
    /// Print one JSON object and nothing else
    #[arg(long)]
    pub(crate) json: bool,
}

const GRAPH_EXAMPLES: &str = "\
Examples:
  chainrule graph digits.safetensors --data digits --output graph.svg
  chainrule graph digits.safetensors --view neurons --data digits --row 1 --edges gradients --output flow.png
  chainrule graph --layers 2-4-3-1 --format dot";

/// Draw a network: what is computed from what, or every neuron and weight
#[derive(Debug, Args)]
#[command(after_help = GRAPH_EXAMPLES)]
pub(crate) struct GraphArgs {
    /// A safetensors file, written here or by PyTorch
    #[arg(conflicts_with = "layers")]
    pub(crate) model: Option<PathBuf>,
    /// A new network of these sizes instead, from inputs to outputs
    #[arg(long, value_name = "SIZES", value_parser = values::sizes)]
    pub(crate) layers: Option<Sizes>,
    /// operations: parameters, values, and the formulas between them, forward and backward; neurons: units and weights
    #[arg(long, value_name = "VIEW", default_value = "operations", value_parser = values::view)]
    pub(crate) view: View,
    /// What the neurons' edges show: weights, gradients [default: weights]
    #[arg(long, value_name = "WHAT", value_parser = values::edges)]
    pub(crate) edges: Option<Edges>,
    /// Rows whose values and gradients are shown: digits, mnist:FOLDER, or a file: IDX (plain or .gz), NPY or CSV
    #[arg(long, value_name = "SOURCE", value_parser = values::source)]
    pub(crate) data: Option<Source>,
    /// The targets of a data file: whole numbers are classes, several columns are values
    #[arg(long, value_name = "FILE", requires = "data")]
    pub(crate) labels: Option<PathBuf>,
    /// How many rows, spread over all
    #[arg(long, value_name = "N", default_value = "32", value_parser = values::count, allow_negative_numbers = true)]
    pub(crate) rows: usize,
    /// This row alone, counted from 1; neurons then show what they give for it
    #[arg(long, value_name = "N", value_parser = values::count, allow_negative_numbers = true, requires = "data", conflicts_with = "rows")]
    pub(crate) row: Option<usize>,
    /// The loss of the network, where its file does not say: cross-entropy, binary-cross-entropy, mse, half-mse, mae,
    /// huber, huber(DELTA)
    #[arg(long, value_name = "NAME", value_parser = values::loss)]
    pub(crate) loss: Option<Loss>,
    /// What follows a hidden layer of --layers, or of a file that does not say: relu, sigmoid, tanh, ...
    #[arg(long, value_name = "NAME", value_parser = values::activation)]
    pub(crate) activation: Option<Activation>,
    /// The seed of the first weights, with --layers
    #[arg(long, value_name = "N", default_value = SEED, value_parser = values::seed, allow_negative_numbers = true)]
    pub(crate) seed: u64,
    /// Write to this file, whose ending is the format unless --format says, instead of standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// svg, png, dot, mermaid [default: as --output ends, or mermaid]
    #[arg(long, value_name = "FORMAT", value_parser = values::graph_format)]
    pub(crate) format: Option<GraphFormat>,
    /// Light on dark, for SVG and PNG
    #[arg(long)]
    pub(crate) dark: bool,
}

const DOCTOR_EXAMPLES: &str = "\
Examples:
  chainrule doctor digits.safetensors --data digits
  chainrule doctor model.safetensors --data x.npy --labels y.npy --lr 0.1 --json

Exit code: 0 healthy, 1 something was found or the examination failed, 2 bad usage.";

/// Look for what is wrong with a network or its data: dead units, vanishing gradients, unscaled features, ...
#[derive(Debug, Args)]
#[command(after_help = DOCTOR_EXAMPLES)]
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

const GRADCHECK_EXAMPLES: &str = "\
Examples:
  chainrule gradcheck digits.safetensors --data digits
  chainrule gradcheck --hidden 16,16 --activation tanh --loss cross-entropy --data digits
  chainrule gradcheck --data x.csv --labels y.csv --loss mse --coordinates 100 --json

Exit code: 0 every gradient is the slope of the loss, 1 one is not or could not be told, 2 bad usage.";

/// Hold gradients against slopes of the loss, tensor by tensor
#[derive(Debug, Args)]
#[command(after_help = GRADCHECK_EXAMPLES)]
pub(crate) struct GradcheckArgs {
    /// A safetensors file, written here or by PyTorch; without one, a new network
    #[arg(conflicts_with_all = ["hidden", "norm", "dropout"])]
    pub(crate) model: Option<PathBuf>,
    /// The rows: digits, mnist:FOLDER, or a file: IDX (plain or .gz), NPY or CSV
    #[arg(long, value_name = "SOURCE", value_parser = values::source)]
    pub(crate) data: Source,
    /// The targets of a data file: whole numbers are classes, several columns are values
    #[arg(long, value_name = "FILE")]
    pub(crate) labels: Option<PathBuf>,
    /// The sizes of a new network's hidden layers, or none [default: 128,64]
    #[arg(long, value_name = "SIZES", value_parser = values::hidden, allow_negative_numbers = true)]
    pub(crate) hidden: Option<Hidden>,
    /// What follows a hidden layer of a new network, or of a file that does not say: relu, sigmoid, tanh, ...
    #[arg(long, value_name = "NAME", value_parser = values::activation)]
    pub(crate) activation: Option<Activation>,
    /// What stands between a hidden layer of a new network and its activation: layer or batch normalisation
    #[arg(long, value_name = "NAME", value_parser = values::norm)]
    pub(crate) norm: Option<Norm>,
    /// The share of each hidden layer's outputs of a new network that are left out, the same ones every time
    #[arg(long, value_name = "SHARE", value_parser = values::dropout, allow_negative_numbers = true)]
    pub(crate) dropout: Option<f64>,
    /// The loss: cross-entropy, binary-cross-entropy, mse, half-mse, mae, huber, huber(DELTA) [default: cross-entropy,
    /// or as in the file]
    #[arg(long, value_name = "NAME", value_parser = values::loss)]
    pub(crate) loss: Option<Loss>,
    /// How many rows, spread over all
    #[arg(long, value_name = "N", default_value = "32", value_parser = values::count, allow_negative_numbers = true)]
    pub(crate) rows: usize,
    /// Random directions through each tensor
    #[arg(long, value_name = "N", default_value = "4", value_parser = values::steps, allow_negative_numbers = true)]
    pub(crate) directions: usize,
    /// Random elements of each tensor
    #[arg(long, value_name = "N", default_value = "12", value_parser = values::steps, allow_negative_numbers = true)]
    pub(crate) coordinates: usize,
    /// The seed of a new network's weights, and of what is looked at
    #[arg(long, value_name = "N", default_value = SEED, value_parser = values::seed, allow_negative_numbers = true)]
    pub(crate) seed: u64,
    /// Print one JSON object and nothing else
    #[arg(long)]
    pub(crate) json: bool,
}

const TRACE_EXAMPLES: &str = "\
Examples:
  chainrule trace crates/chainrule/examples/worked/003_backprop.toml
  chainrule trace example.toml --steps 10 --step all --output trace.md
  chainrule trace digits.safetensors --data digits --rows 2 --lr 0.05
  chainrule trace model.safetensors --data x.npy --labels y.npy --json";

/// Show every number of a training step with its formula: forward, loss, backward, update
#[derive(Debug, Args)]
#[command(after_help = TRACE_EXAMPLES)]
pub(crate) struct TraceArgs {
    /// A worked example, whose name ends in .toml, or a model: a safetensors file, written here or by PyTorch
    pub(crate) file: PathBuf,
    /// How many steps, all on the same rows; 0: forward and loss only [default: 1, or as the example says]
    #[arg(long, value_name = "N", value_parser = values::steps, allow_negative_numbers = true)]
    pub(crate) steps: Option<usize>,
    /// Which step to show: its number, or all
    #[arg(long, value_name = "N", default_value = "1", value_parser = values::shown, allow_negative_numbers = true)]
    pub(crate) step: Shown,

    /// What a model is shown: digits, mnist:FOLDER, or a file: IDX (plain or .gz), NPY or CSV
    #[arg(long, value_name = "SOURCE", value_parser = values::source, help_heading = "Model")]
    pub(crate) data: Option<Source>,
    /// The targets of a data file: whole numbers are classes, several columns are values
    #[arg(long, value_name = "FILE", requires = "data", help_heading = "Model")]
    pub(crate) labels: Option<PathBuf>,
    /// How many rows of the data make up the minibatch [default: 1]
    #[arg(long, value_name = "N", requires = "data", value_parser = values::count, allow_negative_numbers = true, help_heading = "Model")]
    pub(crate) rows: Option<usize>,
    /// How many rows of the data come before them [default: 0]
    #[arg(long, value_name = "N", requires = "data", value_parser = values::steps, allow_negative_numbers = true, help_heading = "Model")]
    pub(crate) skip: Option<usize>,
    /// What follows a hidden layer, for a file that does not say: relu, sigmoid, tanh, ...
    #[arg(long, value_name = "NAME", requires = "data", value_parser = values::activation, help_heading = "Model")]
    pub(crate) activation: Option<Activation>,
    #[command(flatten)]
    pub(crate) weights: WeightsArgs,
    #[command(flatten)]
    pub(crate) optimizer: OptimizerArgs,
    /// Make all gradients together no longer than this before each step
    #[arg(long, value_name = "NORM", requires = "data", value_parser = values::positive, allow_negative_numbers = true, conflicts_with = "clip_value", help_heading = "Training")]
    pub(crate) clip_norm: Option<f64>,
    /// Let no gradient be farther from 0 than this at each step
    #[arg(long, value_name = "VALUE", requires = "data", value_parser = values::positive, allow_negative_numbers = true, help_heading = "Training")]
    pub(crate) clip_value: Option<f64>,

    /// text, markdown (formulas in LaTeX) or json (every number whole) [default: text, or as --output's file is named]
    #[arg(long, value_name = "FORMAT", value_parser = values::trace_format, help_heading = "Output")]
    pub(crate) format: Option<TraceFormat>,
    /// As --format json
    #[arg(long, conflicts_with = "format", help_heading = "Output")]
    pub(crate) json: bool,
    /// Significant digits of each number, 1 to 17 [default: 6, or as the example says]
    #[arg(long, value_name = "N", value_parser = values::digits, allow_negative_numbers = true, help_heading = "Output")]
    pub(crate) digits: Option<usize>,
    /// Of matrices with more rows or columns than this, show so many
    #[arg(long, value_name = "N", default_value = "10", value_parser = values::count, allow_negative_numbers = true, help_heading = "Output")]
    pub(crate) limit: usize,
    /// Write to this file instead of standard output
    #[arg(long, visible_alias = "out", value_name = "FILE", help_heading = "Output")]
    pub(crate) output: Option<PathBuf>,
}

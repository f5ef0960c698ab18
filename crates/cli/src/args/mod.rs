//! The command line as clap parses it: one file for each command. `values.rs` parses the values.

mod bench;
mod checkpoint;
mod completions;
mod convert;
mod data;
mod data_command;
pub(crate) mod defaults;
mod diff;
mod doctor;
mod eval;
mod explain;
mod export;
mod gradcheck;
mod graph;
mod inspect;
mod man;
mod precision;
mod predict;
mod run_folder;
mod runs;
mod trace;
mod train;
mod tune;

use clap::{Parser, Subcommand};

pub(crate) use bench::BenchArgs;
pub(crate) use checkpoint::CheckpointArgs;
pub(crate) use completions::CompletionsArgs;
pub(crate) use convert::ConvertArgs;
pub(crate) use data::{ColumnArgs, FittingArgs, MemoryArgs, TextArgs};
pub(crate) use data_command::DataArgs;
pub(crate) use diff::DiffArgs;
pub(crate) use doctor::DoctorArgs;
pub(crate) use eval::EvalArgs;
pub(crate) use explain::ExplainArgs;
pub(crate) use export::ExportArgs;
pub(crate) use gradcheck::GradcheckArgs;
pub(crate) use graph::GraphArgs;
pub(crate) use inspect::InspectArgs;
pub(crate) use man::ManArgs;
pub(crate) use precision::PrecisionArgs;
pub(crate) use predict::PredictArgs;
pub(crate) use run_folder::RunArgs;
pub(crate) use runs::RunsArgs;
pub(crate) use trace::TraceArgs;
pub(crate) use train::TrainArgs;
pub(crate) use tune::TuneArgs;

/// Dense neural networks on CPUs: train, evaluate, predict, inspect, explain
#[derive(Debug, Parser)]
#[command(name = "chainrule", version, arg_required_else_help = true, after_help = EXAMPLES)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    /// Refuse input files larger than this, counted after decompression: 16G, 500M, ... [default: 4G; with --memory 1T]
    #[arg(long, global = true, value_name = "SIZE", value_parser = crate::limits::size)]
    pub(crate) max_bytes: Option<u64>,
    /// Print without colours; NO_COLOR in the environment says the same
    #[arg(long, global = true)]
    pub(crate) no_color: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Train(Box<TrainArgs>),
    Runs(RunsArgs),
    Tune(Box<TuneArgs>),
    Eval(EvalArgs),
    Predict(PredictArgs),
    Data(DataArgs),
    Inspect(InspectArgs),
    Export(Box<ExportArgs>),
    Convert(ConvertArgs),
    Diff(DiffArgs),
    Explain(ExplainArgs),
    Graph(GraphArgs),
    Doctor(DoctorArgs),
    Gradcheck(GradcheckArgs),
    Bench(BenchArgs),
    Trace(Box<TraceArgs>),
    Completions(CompletionsArgs),
    Man(ManArgs),
}

impl Command {
    /// Whether rows may go to scratch files.
    pub(crate) fn is_bounded(&self) -> bool {
        match self {
            Command::Train(args) => args.memory.memory().is_some(),
            Command::Predict(args) => args.memory.memory().is_some(),
            Command::Eval(args) => args.memory.memory().is_some(),
            Command::Data(args) => args.memory.memory().is_some(),
            _ => false,
        }
    }
}

const EXAMPLES: &str = "\
Examples:
  chainrule train --save digits.safetensors
  chainrule eval digits.safetensors --data digits --part test
  chainrule predict digits.safetensors --data images.npy
  chainrule data houses.csv --target price
  chainrule inspect digits.safetensors
  chainrule export digits.safetensors --to c --out digits.c
  chainrule explain digits.safetensors --data digits --row 7
  chainrule trace digits.safetensors --data digits

Exit code: 0 success, 1 the run failed, 2 bad usage, 128 + N if signal N ended the command: 130 SIGINT (Ctrl-C),
143 SIGTERM, 129 SIGHUP. An output file is written completely or not at all, and never over an input file.";

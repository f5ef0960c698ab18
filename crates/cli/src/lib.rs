//! The `chainrule` command: train, evaluate, predict, inspect, trace.
//!
//! Only what belongs to the terminal is here; everything that an application could use is in the crate `chainrule`.
//!
//! A library, which `main.rs` calls, for the build's sake alone: Cargo starts a library as soon as the signatures of what it
//! uses are known, a program only when all of it is compiled.

#![forbid(unsafe_code)]
// `println!` and `eprintln!` panic on a closed pipe; `output` does not.
#![deny(clippy::print_stdout, clippy::print_stderr)]

mod args;
mod bench;
mod checkpoint;
mod completions;
mod config;
mod convert;
mod cv;
mod data;
mod data_command;
mod diff;
mod doctor;
mod escape;
mod eval;
mod explain;
mod export;
mod failure;
mod figures;
mod files;
mod findings;
mod gradcheck;
mod graph;
mod histograms;
mod idle;
mod inspect;
mod interrupt;
mod kept;
mod known;
mod layers;
mod limits;
mod live_line;
mod man;
mod network;
mod optimizer;
mod output;
mod page;
mod part;
mod precision;
mod predict;
mod predictions;
mod progress;
mod refit;
mod report;
mod rows;
mod run_config;
mod run_folder;
mod runs;
mod schedule_args;
mod settled;
mod signal;
mod split_words;
mod text_options;
mod trace;
mod train;
mod train_files;
mod train_report;
mod tune;
mod values;
mod weights;

use std::panic;
use std::process::ExitCode;

use clap::Parser;

use args::{Cli, Command};

/// Does what the command line asks for; the exit code is the command's.
#[must_use]
pub fn run() -> ExitCode {
    panic::set_hook(Box::new(report::report_panic));
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return report::say_usage(&error),
    };
    interrupt::listen();
    limits::set(cli.max_bytes, cli.command.is_bounded());
    output::set_colors(!cli.no_color);
    // Commands that only read and draw need no threads.
    if !matches!(
        cli.command,
        Command::Inspect(_)
            | Command::Graph(_)
            | Command::Data(_)
            | Command::Completions(_)
            | Command::Man(_)
            | Command::Runs(_)
    ) && let Err(error) = chainrule::start_threads()
    {
        return report::report(error.into(), "");
    }
    let (name, outcome) = match cli.command {
        Command::Train(args) => ("train", train::run(args)),
        Command::Runs(args) => ("runs", runs::run(&args)),
        Command::Tune(args) => ("tune", tune::run(&args)),
        Command::Eval(args) => ("eval", eval::run(&args)),
        Command::Predict(args) => ("predict", predict::run(&args)),
        Command::Data(args) => ("data", data_command::run(&args)),
        Command::Export(args) => ("export", export::run(&args)),
        Command::Convert(args) => ("convert", convert::run(&args)),
        Command::Diff(args) => ("diff", diff::run(&args)),
        Command::Explain(args) => ("explain", explain::run(&args)),
        Command::Inspect(args) => ("inspect", inspect::run(&args)),
        Command::Graph(args) => ("graph", graph::run(&args)),
        Command::Doctor(args) => ("doctor", doctor::run(&args)),
        Command::Gradcheck(args) => ("gradcheck", gradcheck::run(&args)),
        Command::Bench(args) => ("bench", bench::run(&args)),
        Command::Trace(args) => ("trace", trace::run(&args)),
        Command::Completions(args) => ("completions", completions::run(&args)),
        Command::Man(args) => ("man", man::run(&args)),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => report::report(failure, name),
    }
}

//! The `chainrule` command: train, evaluate, predict, inspect.
//!
//! Words and pictures of the terminal only: what an application would want too is `chainrule`'s.

#![forbid(unsafe_code)]

mod args;
mod data;
mod failure;
mod interrupt;
mod network;
mod output;
mod progress;
mod train;
mod values;

use std::process::ExitCode;

use clap::Parser;

use args::{Cli, Command};

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Train(args) => train::run(&args),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

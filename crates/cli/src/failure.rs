//! How a command fails: what is said on stderr, and the exit code. 1: the run failed. 2: bad usage.

use std::error::Error;
use std::io;
use std::process::ExitCode;

use clap::CommandFactory;
use clap::error::ErrorKind;

use crate::args::Cli;

#[derive(Debug)]
pub(crate) enum Failure {
    /// Options that do not go together.
    Usage(String),
    /// The run failed.
    Run(chainrule::Error),
    /// What was looked for was found, a disease or a wrong gradient, and has been said.
    Found,
    /// Standard output could not be written.
    Output(io::Error),
}

impl Failure {
    /// Says it on stderr. `command` is the subcommand that failed.
    pub(crate) fn report(self, command: &str) -> ExitCode {
        match self {
            // As clap says what it finds itself.
            Failure::Usage(message) => {
                let mut cli = Cli::command();
                cli.build();
                let command = cli.find_subcommand_mut(command).expect("the command that ran");
                let _ = command.error(ErrorKind::ArgumentConflict, message).print();
                ExitCode::from(2)
            }
            Failure::Run(error) => {
                eprintln!("error: {}{}", with_sources(&error), hint(&error));
                ExitCode::from(1)
            }
            Failure::Found => ExitCode::from(1),
            Failure::Output(error) => {
                eprintln!("error: cannot write to standard output: {error}");
                ExitCode::from(1)
            }
        }
    }
}

impl From<chainrule::Error> for Failure {
    fn from(error: chainrule::Error) -> Self {
        Failure::Run(error)
    }
}

impl From<chainrule::ModelError> for Failure {
    fn from(error: chainrule::ModelError) -> Self {
        Failure::Run(error.into())
    }
}

/// The option that helps, where the message cannot know it.
fn hint(error: &chainrule::Error) -> &'static str {
    match error {
        chainrule::Error::ActivationNeeded { .. } => ", with --activation relu for example",
        _ => "",
    }
}

/// The message, and those of its sources that it does not quote already.
fn with_sources(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let message = error.to_string();
        if !text.contains(&message) {
            text.push_str(": ");
            text.push_str(&message);
        }
        source = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_told_once() {
        let source = io::Error::other("the disk is tired");
        let error = chainrule::Error::Io { path: "x.npy".into(), action: "read", source };
        assert_eq!(with_sources(&error), "cannot read x.npy: the disk is tired");
    }
}

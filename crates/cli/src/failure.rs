//! Why a command fails. `report.rs` prints the message and chooses the exit code.

use std::io;

use crate::signal::Signal;

#[derive(Debug)]
pub(crate) enum Failure {
    /// Bad usage: options that cannot be combined.
    Usage(String),
    /// The run failed.
    Run(chainrule::Error),
    /// A check found something, such as a wrong gradient, and has reported it.
    Found,
    /// Standard output could not be written.
    Output(io::Error),
    /// A signal stopped training; what it had learned has been saved and reported.
    Stopped(Signal),
    /// A signal arrived before the first training step.
    Interrupted(Signal),
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

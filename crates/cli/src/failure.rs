//! Why a command fails. How that is said, and with which exit code, is told in `report.rs`.

use std::io;

use crate::signal::Signal;

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
    /// A signal came before the first step of training.
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

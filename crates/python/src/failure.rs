//! What can go wrong, and which Python exception it becomes.

use std::io;

use chainrule::{Error, ModelError};
use pyo3::exceptions::PyMemoryError;
use pyo3::prelude::*;

/// Why a call has no result.
#[derive(Debug)]
pub(crate) enum Failure {
    /// An argument that cannot be computed with: `chainrule.InvalidInputError`.
    Input(String),
    /// What the operating system refused: an `OSError`.
    System(io::Error),
    /// A lack of memory: a `MemoryError`.
    Memory(String),
    /// What Python raised meanwhile: a signal handler, usually `KeyboardInterrupt`, or a function that was called back.
    Interrupted(PyErr),
    /// A panic: `chainrule.InternalError`.
    Internal(String),
    /// Work that was told to stop. The caller knows the reason.
    Stopped,
}

impl Failure {
    pub(crate) fn input(text: impl Into<String>) -> Self {
        Failure::Input(text.into())
    }
}

impl From<ModelError> for Failure {
    fn from(error: ModelError) -> Self {
        let text = error.to_string();
        if matches!(error, ModelError::TooLarge { .. }) { Failure::Memory(text) } else { Failure::Input(text) }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let (text, is_memory) = (error.to_string(), error.is_memory());
        match error {
            _ if is_memory => Failure::Memory(text),
            Error::Io { source, .. } => Failure::System(io::Error::new(source.kind(), text)),
            _ => Failure::Input(text),
        }
    }
}

impl From<Failure> for PyErr {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Input(text) => exception("InvalidInputError", text),
            Failure::System(error) => error.into(),
            Failure::Memory(text) => PyMemoryError::new_err(text),
            Failure::Interrupted(error) => error,
            Failure::Internal(text) => exception("InternalError", text),
            Failure::Stopped => exception("InternalError", "the work was stopped without a reason".to_owned()),
        }
    }
}

/// An exception of the package's own hierarchy, which is written in Python: its classes have two parents each.
fn exception(name: &str, text: String) -> PyErr {
    Python::attach(|py| {
        let class = py.import("chainrule.errors").and_then(|module| module.getattr(name));
        match class.and_then(|class| class.call1((text,))) {
            Ok(instance) => PyErr::from_value(instance),
            Err(error) => error,
        }
    })
}

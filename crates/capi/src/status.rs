//! The status of a call, and what is behind it.

use chainrule::{Error, ModelError};

/// What became of a call. Every other value than CHAINRULE_OK is an error, about which chainrule_last_error() has a text; outputs
/// of the call were then not written.
#[repr(C)]
#[allow(non_camel_case_types, clippy::enum_variant_names, reason = "the names of the header")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChainruleStatus {
    /// It was done.
    CHAINRULE_OK = 0,
    /// An argument is null, of another length than it must have, out of its range, or a name that is not known.
    CHAINRULE_ERROR_ARGUMENT = 1,
    /// A handle was freed, is one of another kind, or never was one.
    CHAINRULE_ERROR_HANDLE = 2,
    /// The operating system refused: a file is not there, may not be read or written, or the disk is full.
    CHAINRULE_ERROR_IO = 3,
    /// A file, or bytes in memory, is damaged, cut off, or holds no model.
    CHAINRULE_ERROR_FORMAT = 4,
    /// A row cannot be taken: a number is NaN or infinite, a value is missing, a category or a class is unknown, or rows and targets
    /// do not fit one another or the network.
    CHAINRULE_ERROR_DATA = 5,
    /// Training diverged, or an output is NaN or infinite.
    CHAINRULE_ERROR_NOT_FINITE = 6,
    /// There is not enough memory.
    CHAINRULE_ERROR_MEMORY = 7,
    /// Another thread is using this trainer.
    CHAINRULE_ERROR_BUSY = 8,
    /// The model has none of what was asked for: classes, probabilities, names.
    CHAINRULE_ERROR_UNSUPPORTED = 9,
    /// Threads could not be started, or were left behind in a process that this one was forked from.
    CHAINRULE_ERROR_THREADS = 10,
    /// A bug of the library; please report the text.
    CHAINRULE_ERROR_INTERNAL = 11,
}

pub use ChainruleStatus::*;

/// Why a call has no result.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) status: ChainruleStatus,
    pub(crate) text: String,
}

impl Failure {
    pub(crate) fn new(status: ChainruleStatus, text: impl Into<String>) -> Self {
        Failure { status, text: text.into() }
    }

    pub(crate) fn argument(text: impl Into<String>) -> Self {
        Failure::new(CHAINRULE_ERROR_ARGUMENT, text)
    }

    /// An error of reading or writing a model: what it holds is the file's affair.
    pub(crate) fn of_file(error: Error) -> Self {
        let text = error.to_string();
        let failure = Failure::from(error);
        match failure.status {
            CHAINRULE_ERROR_DATA | CHAINRULE_ERROR_ARGUMENT | CHAINRULE_ERROR_NOT_FINITE => {
                Failure::new(CHAINRULE_ERROR_FORMAT, text)
            }
            _ => failure,
        }
    }
}

impl From<ModelError> for Failure {
    fn from(error: ModelError) -> Self {
        let status = match error {
            ModelError::TooLarge { .. } => CHAINRULE_ERROR_MEMORY,
            _ => CHAINRULE_ERROR_ARGUMENT,
        };
        Failure::new(status, error.to_string())
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let status = match &error {
            error if error.is_memory() => CHAINRULE_ERROR_MEMORY,
            Error::Io { .. } | Error::NotFound { .. } => CHAINRULE_ERROR_IO,
            Error::Format { .. }
            | Error::NotFinite { .. }
            | Error::Label { .. }
            | Error::Shape { .. }
            | Error::RowsDiffer { .. }
            | Error::Missing { .. }
            | Error::Empty { .. } => CHAINRULE_ERROR_DATA,
            Error::OverLimit { .. }
            | Error::Unsupported { .. }
            | Error::ActivationNeeded { .. }
            | Error::LayerOrder { .. } => CHAINRULE_ERROR_FORMAT,
            Error::Diverged { .. } | Error::OutputNotFinite { .. } | Error::LossNotFinite { .. } => {
                CHAINRULE_ERROR_NOT_FINITE
            }
            Error::Forked { .. } | Error::Threads { .. } => CHAINRULE_ERROR_THREADS,
            _ => CHAINRULE_ERROR_ARGUMENT,
        };
        Failure::new(status, error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lack_of_memory_is_told_as_such_also_of_a_file() {
        let lack = || Error::Memory { origin: "m.safetensors".to_owned(), found: "9 bytes".to_owned() };
        assert_eq!(Failure::from(lack()).status, CHAINRULE_ERROR_MEMORY);
        assert_eq!(Failure::of_file(lack()).status, CHAINRULE_ERROR_MEMORY);
        let source = ModelError::TooLarge { what: "a copy".to_owned() };
        assert_eq!(Failure::from(Error::Step { epoch: 1, step: 1, source }).status, CHAINRULE_ERROR_MEMORY);
        let overflow = Error::OutputNotFinite { row: 1, output: 1, value: f64::NAN };
        assert_eq!(Failure::of_file(overflow).status, CHAINRULE_ERROR_FORMAT);
    }
}

//! The conditions of a run, the same for all candidates.

use crate::isa::Isa;

/// The conditions of all candidates of a run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field {
    /// For each of them.
    pub(crate) threads: usize,
    /// The cap on instruction sets, if there is one.
    pub(crate) isa: Option<Isa>,
}

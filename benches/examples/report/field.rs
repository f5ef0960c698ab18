//! The terms of a run, the same for everyone in it.

use crate::isa::Isa;

/// What all candidates of a run have in common.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field {
    /// For each of them.
    pub(crate) threads: usize,
    /// What they are held to, if they are.
    pub(crate) isa: Option<Isa>,
}

//! Where the rows of a table go that memory does not hold.

use std::sync::Arc;

use crate::data::memory::Memory;
use crate::data::scratch::Scratch;

/// Where rows go, and where those are that have gone: one file of the numbers, one of the words.
#[derive(Debug, Clone)]
pub(super) struct Store {
    pub(super) memory: Memory,
    /// (stored, numbers), and (stored, words).
    pub(super) files: Option<(Arc<Scratch>, Arc<Scratch>)>,
}

//! The rows that a network is looked at with.

use chainrule_model::{MatRef, Scalar, Targets};

/// Some rows as the network takes them, preprocessed, and what it should answer.
#[derive(Debug, Clone, Copy)]
pub struct Rows<'a, T: Scalar> {
    /// (rows, inputs)
    pub x: MatRef<'a, T>,
    /// One for each row.
    pub targets: Targets<'a, T>,
}

impl<'a, T: Scalar> Rows<'a, T> {
    /// How many.
    pub fn count(&self) -> usize {
        self.x.rows()
    }
}

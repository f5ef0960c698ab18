//! The rows that a network is looked at with.

use chainrule_model::{MatRef, Scalar, TargetsRef};

/// Some rows as the network takes them, preprocessed, and what it should answer.
///
/// ```
/// # mod chainrule { pub use chainrule_explain::*; pub use chainrule_model::*; }
/// use chainrule::graph::Rows;
/// use chainrule::{MatRef, TargetsRef};
///
/// let rows = Rows { x: MatRef::new(&[0.5_f32, 1.0, -1.0, 0.0], 2, 2), targets: TargetsRef::Classes(&[0, 1]) };
/// assert_eq!(rows.count(), 2);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Rows<'a, T: Scalar> {
    /// (rows, inputs)
    pub x: MatRef<'a, T>,
    /// One for each row.
    pub targets: TargetsRef<'a, T>,
}

impl<'a, T: Scalar> Rows<'a, T> {
    /// How many.
    pub fn count(&self) -> usize {
        self.x.rows()
    }
}

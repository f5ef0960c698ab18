//! The rows that a network is examined or drawn with.

use chainrule_model::{MatRef, Scalar, TargetsRef};

/// Preprocessed rows and their targets.
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
    /// One target per row.
    pub targets: TargetsRef<'a, T>,
}

impl<'a, T: Scalar> Rows<'a, T> {
    /// The number of rows.
    pub fn count(&self) -> usize {
        self.x.rows()
    }
}

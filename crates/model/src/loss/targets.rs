//! The targets of a loss.

use chainrule_kernel::{MatRef, Scalar};

/// The targets of a minibatch.
///
/// ```
/// # use chainrule_model as chainrule;
/// use chainrule::{MatRef, TargetsRef};
///
/// let classes: TargetsRef<'_, f32> = TargetsRef::Classes(&[2, 0, 1]); // of three rows
/// let values = TargetsRef::Values(MatRef::new(&[0.5_f32, 1.0, -2.0], 3, 1));
/// assert!(matches!((classes, values), (TargetsRef::Classes(labels), TargetsRef::Values(t)) if labels.len() == t.rows()));
/// ```
#[derive(Debug, Clone, Copy)]
pub enum TargetsRef<'a, T> {
    /// One class index for each row. Losses other than cross-entropy take it as 1 at that output and 0 at the others.
    Classes(&'a [u32]),
    /// (batch, outputs): values, or for the cross-entropies probabilities.
    Values(MatRef<'a, T>),
}

/// The target at an output; a class index is 1 at that output and 0 at the others.
#[inline(always)]
pub(super) fn target<T: Scalar>(targets: TargetsRef<'_, T>, row: usize, output: usize) -> T {
    match targets {
        TargetsRef::Classes(labels) if labels[row] as usize == output => T::ONE,
        TargetsRef::Classes(_) => T::ZERO,
        TargetsRef::Values(t) => t.get(row, output),
    }
}

//! The trait of an element type in the report: its candidates, one per rival.

use chainrule_bench_support::rounds::Candidate;
use chainrule_bench_support::shapes::{Element, Shape};
use chainrule_kernel::Scalar;
use chainrule_naive::Float;

use crate::field::Field;

/// An element type that all rivals support.
pub(crate) trait Rivals: Scalar + Float {
    /// Which of the two it is.
    const ELEMENT: Element;

    /// The rivals under these conditions for this product. The README says which ones are left out where.
    fn rivals(field: Field, shape: &Shape) -> Vec<Candidate<Self>>;
}

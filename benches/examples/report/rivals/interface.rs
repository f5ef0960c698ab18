//! What the report asks of an element type: a candidate for each rival.

use chainrule_bench_support::rounds::Candidate;
use chainrule_bench_support::shapes::{Element, Shape};
use chainrule_kernel::Scalar;
use chainrule_naive::Float;

use crate::field::Field;

/// An element type that all rivals know.
pub(crate) trait Rivals: Scalar + Float {
    /// Which of the two it is.
    const ELEMENT: Element;

    /// Everyone on that field for that product. Who is left out of which is said in the README.
    fn rivals(field: Field, shape: &Shape) -> Vec<Candidate<Self>>;
}

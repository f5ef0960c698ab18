//! The check before any rival sees a raw pointer.

use chainrule_bench_support::operands::{Operands, Strides};
use chainrule_kernel::Scalar;
use chainrule_naive::Float;

/// Highest element that a matrix of (rows, cols) reaches lies in the slice.
fn assert_inside<T>(data: &[T], (rows, cols): (usize, usize), (down, along): Strides) {
    assert!(rows > 0 && cols > 0, "an empty {rows}x{cols} matrix");
    let last = (rows - 1) * down + (cols - 1) * along;
    assert!(last < data.len(), "element {last} of {}", data.len());
}

/// All three matrices of a product lie in their slices: what rivals that take raw pointers rely on.
pub(super) fn assert_all_inside<T: Scalar + Float>(operands: &Operands<T>) {
    let (m, n, k) = (operands.shape.m, operands.shape.n, operands.shape.k);
    assert_inside(&operands.a, (m, k), operands.a_strides());
    assert_inside(&operands.b, (k, n), operands.b_strides());
    assert_inside(&operands.c, (m, n), operands.c_strides());
}

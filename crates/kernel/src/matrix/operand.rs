//! A matrix as the loops see it.

use super::view::MatRef;
use crate::Scalar;

/// An operand's first element and strides.
#[derive(Clone, Copy)]
pub(crate) struct Operand<T> {
    pub(crate) ptr: *const T,
    pub(crate) rs: usize,
    pub(crate) cs: usize,
}

impl<T: Scalar> Operand<T> {
    pub(crate) fn of(x: MatRef<'_, T>) -> Self {
        Operand { ptr: x.as_ptr(), rs: x.row_stride(), cs: x.col_stride() }
    }

    pub(crate) fn at(self, i: usize, j: usize) -> *const T {
        self.ptr.wrapping_add(i * self.rs + j * self.cs)
    }
}

//! Allocation with errors: a size beyond the address space, or memory that does not suffice, is an error and does not abort
//! the process.

use chainrule_kernel::{Aligned, Scalar, SizeError};

use crate::ModelError;

/// An allocation that failed; the caller adds what it was for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NoMemory;

impl NoMemory {
    /// The error for an allocation of `what`.
    pub(crate) fn of(self, what: impl Into<String>) -> ModelError {
        ModelError::TooLarge { what: what.into() }
    }
}

impl From<SizeError> for NoMemory {
    fn from(_: SizeError) -> Self {
        NoMemory
    }
}

/// `rows * cols`; an error if it overflows.
pub(crate) fn product(rows: usize, cols: usize) -> Result<usize, NoMemory> {
    rows.checked_mul(cols).ok_or(NoMemory)
}

/// Checks that this number of bytes can be allocated in one piece. A structure of several parts probes for their sum first:
/// a system that overcommits may grant each part and not have the memory for all of them.
pub(crate) fn probe(bytes: usize) -> Result<(), NoMemory> {
    Vec::<u8>::new().try_reserve_exact(bytes).map_err(|_| NoMemory)
}

/// An array of this many zeros.
pub(crate) fn zeros<T: Scalar>(len: usize) -> Result<Aligned<T>, NoMemory> {
    Ok(Aligned::try_zeros(len)?)
}

/// A vector of `len` copies of a value.
pub(crate) fn filled<V: Clone>(len: usize, value: V) -> Result<Vec<V>, NoMemory> {
    let mut values = Vec::new();
    values.try_reserve_exact(len).map_err(|_| NoMemory)?;
    values.resize(len, value);
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_had_is_an_error() {
        assert_eq!(product(usize::MAX, 2), Err(NoMemory));
        assert_eq!(product(1 << 20, 1 << 20), Ok(1 << 40));
        assert_eq!(probe(usize::MAX), Err(NoMemory));
        assert_eq!(zeros::<f32>(usize::MAX).map(|zeros| zeros.len()), Err(NoMemory));
        assert_eq!(filled(usize::MAX, 0.0f64), Err(NoMemory));
        assert_eq!(filled(3, 7), Ok(vec![7; 3]));
    }
}

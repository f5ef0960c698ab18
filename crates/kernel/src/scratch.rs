//! The memory that packing needs: made once, grown on demand, never shrunk.

use crate::blocking::largest_panels;
use crate::{Aligned, Scalar};

/// Room for packed operands. One for each thread that multiplies; its contents between calls mean nothing.
#[derive(Debug, Clone)]
pub struct Scratch<T> {
    buffer: Aligned<T>,
}

impl<T> Default for Scratch<T> {
    fn default() -> Self {
        Scratch { buffer: Aligned::default() }
    }
}

impl<T: Scalar> Scratch<T> {
    /// Enough for any product of up to `(m, n, k)`, whatever its strides: such calls will not allocate.
    pub fn for_shape(m: usize, n: usize, k: usize) -> Self {
        let mut scratch = Scratch::default();
        scratch.reserve(m, n, k);
        scratch
    }

    /// Grows to what [`Scratch::for_shape`] would make.
    pub fn reserve(&mut self, m: usize, n: usize, k: usize) {
        self.grow(largest_panels::<T>(m, n, k));
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.buffer.bytes()
    }

    /// Overwrites the contents, which no result may depend on; for tests that prove it.
    pub fn fill(&mut self, value: T) {
        self.buffer.fill(value);
    }

    fn grow(&mut self, elements: usize) {
        if self.buffer.len() < elements {
            self.buffer = Aligned::zeros(elements);
        }
    }

    /// Two panels, the first aligned to a cache line, the second too when `first` is a multiple of the line.
    pub(crate) fn panels(&mut self, first: usize, second: usize) -> (&mut [T], &mut [T]) {
        self.grow(first + second);
        self.buffer[..first + second].split_at_mut(first)
    }
}

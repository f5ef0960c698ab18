//! The memory that packing needs: made once, grown on demand, never shrunk.

use crate::gemm::cache_sizes::BlockSizes;
use crate::{Aligned, Scalar, SizeError};

/// Room for packed operands. One for each thread that multiplies; its contents between calls mean nothing.
///
/// ```
/// # mod chainrule { pub use chainrule_kernel::*; pub use chainrule_kernel as kernel; }
/// use chainrule::kernel::Scratch;
///
/// let scratch = Scratch::<f32>::for_shape(64, 512, 784); // products of up to (64, 784) and (784, 512) will not allocate
/// assert!(scratch.bytes() > 0);
/// ```
#[derive(Debug, Clone)]
pub struct Scratch<T> {
    buffer: Aligned<T>,
    /// Narrow weights as f32, some columns at a time.
    widened: Aligned<T>,
}

impl<T> Default for Scratch<T> {
    fn default() -> Self {
        Scratch { buffer: Aligned::default(), widened: Aligned::default() }
    }
}

impl<T: Scalar> Scratch<T> {
    /// Enough for any product of up to `(m, n, k)`, whatever its strides: such calls will not allocate.
    ///
    /// # Panics
    /// When there is not enough memory: see [`Scratch::try_for_shape`].
    pub fn for_shape(m: usize, n: usize, k: usize) -> Self {
        Self::try_for_shape(m, n, k).unwrap_or_else(|error| panic!("{error}"))
    }

    /// As [`Scratch::for_shape`].
    ///
    /// # Errors
    /// When there is not enough memory.
    pub fn try_for_shape(m: usize, n: usize, k: usize) -> Result<Self, SizeError> {
        let mut scratch = Scratch::default();
        scratch.try_reserve(m, n, k)?;
        Ok(scratch)
    }

    /// Grows to what [`Scratch::for_shape`] would make.
    ///
    /// # Panics
    /// When there is not enough memory: see [`Scratch::try_reserve`].
    pub fn reserve(&mut self, m: usize, n: usize, k: usize) {
        self.try_reserve(m, n, k).unwrap_or_else(|error| panic!("{error}"));
    }

    /// As [`Scratch::reserve`].
    ///
    /// # Errors
    /// When there is not enough memory; the scratch is then as it was.
    pub fn try_reserve(&mut self, m: usize, n: usize, k: usize) -> Result<(), SizeError> {
        const WHAT: &str = "scratch (m x n x k)";
        let most = BlockSizes::of_this_process().largest_panels::<T>(m, n, k);
        let elements = most.ok_or_else(|| SizeError::past_addresses(WHAT, &[m, n, k]))?;
        if self.buffer.len() < elements {
            self.buffer = Aligned::try_zeros(elements).map_err(|error| error.of(WHAT, &[m, n, k]))?;
        }
        Ok(())
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.buffer.bytes() + self.widened.bytes()
    }

    /// Overwrites the contents, which no result may depend on; for tests that prove it.
    pub fn fill(&mut self, value: T) {
        self.buffer.fill(value);
        self.widened.fill(value);
    }

    #[inline(always)]
    fn grow(&mut self, elements: usize) {
        if self.buffer.len() < elements {
            self.make(elements);
        }
    }

    #[cold]
    fn make(&mut self, elements: usize) {
        self.buffer = Aligned::zeros(elements);
    }

    pub(crate) fn try_reserve_widened(&mut self, elements: usize) -> Result<(), SizeError> {
        if self.widened.len() < elements {
            self.widened = Aligned::try_zeros(elements)?;
        }
        Ok(())
    }

    /// The room for this number of widened elements at least, to be given back by [`Scratch::keep_widened`].
    pub(crate) fn take_widened(&mut self, elements: usize) -> Aligned<T> {
        self.try_reserve_widened(elements).unwrap_or_else(|error| panic!("{error}"));
        std::mem::take(&mut self.widened)
    }

    pub(crate) fn keep_widened(&mut self, widened: Aligned<T>) {
        self.widened = widened;
    }

    /// The first of [`Scratch::panels`] alone, where there is no second: for the sums of rows, or a small B. That way takes 32
    /// instructions more, 1.8 % of a step of 6-64-8-4 with one row.
    #[inline(always)]
    pub(crate) fn first_panels(&mut self, elements: usize) -> &mut [T] {
        self.grow(elements);
        &mut self.buffer[..elements]
    }

    /// Two panels, the first aligned to a cache line, the second too when `first` is a multiple of the line.
    pub(crate) fn panels(&mut self, first: usize, second: usize) -> (&mut [T], &mut [T]) {
        self.grow(first + second);
        self.buffer[..first + second].split_at_mut(first)
    }
}

//! Narrow weights in the order in which a row reads them: packed once, multiplied with often.

use super::format::{NarrowError, NarrowFormat};
use super::panels::{BEFORE, NarrowPanels, position};
use crate::gemm::pack::scratch::Scratch;
use crate::sizes::{elements, panels};
use crate::{Aligned, Kernel, MatRef, Scalar, SizeError};

/// Rows of C, at most, that are multiplied with weights widened in registers. More go by panels that are widened before.
///
/// Against weights of f32 8 rows of 784-512-512-10 take 1.1 (bf16), 1.0 (f16) and 1.2 (int8) of the time so, 9 rows by panels 1.35,
/// 1.4 and 1.2 (Zen 3, AVX2, beside other programs).
pub(crate) const FEW_ROWS: usize = 8;

/// What the memory is for, in an error.
const WHAT: &str = "narrow panels (rows x columns)";

/// B (k, n) of f32, rounded and packed in the narrow numbers of a format, for one kernel.
///
/// ```
/// # mod chainrule { pub use chainrule_kernel::*; pub use chainrule_kernel as kernel; }
/// use chainrule::kernel::{Epilogue, Kernel, NarrowFormat, PackedNarrow, Scratch};
/// use chainrule::{MatMut, MatRef};
///
/// let kernel = Kernel::<f32>::selected()?;
/// let w = PackedNarrow::try_new(kernel, MatRef::new(&[1.0, -2.0, 3.0, 4.0], 2, 2), NarrowFormat::Bf16)?;
/// let (mut c, mut scratch) = ([0.0; 2], Scratch::default());
/// let a = MatRef::new(&[1.0, 10.0], 1, 2);
/// kernel.gemm_narrow(a, &w, Epilogue::BiasRelu(&[0.5, 0.0]), MatMut::new(&mut c, 1, 2), &mut scratch);
/// assert_eq!(c, [31.5, 38.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct PackedNarrow<T: Scalar> {
    kernel: &'static Kernel<T>,
    format: NarrowFormat,
    k: usize,
    n: usize,
    /// The narrow numbers behind [`BEFORE`] bytes, in the memory of f32: so they begin a cache line.
    codes: Aligned<T>,
    /// A scale for each column, and 1 for those past the last; none where the format has none.
    scales: Aligned<T>,
}

impl<T: Scalar> PackedNarrow<T> {
    /// Rounds and packs B for products with that kernel.
    ///
    /// # Errors
    /// When a weight is infinite, NaN or past the largest of the format, B is of f64, or there is not enough memory.
    pub fn try_new(kernel: &'static Kernel<T>, b: MatRef<'_, T>, format: NarrowFormat) -> Result<Self, NarrowError> {
        let (k, n, lanes) = (b.rows(), b.cols(), kernel.lanes);
        let past = || SizeError::past_addresses(WHAT, &[k, n]);
        let numbers = panels::<T>(k, n, 2 * lanes).ok_or_else(past)?;
        format.check(b)?;
        let units = n.div_ceil(2 * lanes);
        let words = (numbers * format.bytes()).div_ceil(size_of::<T>());
        let before = if words == 0 { 0 } else { BEFORE / size_of::<T>() };
        let mut codes = Aligned::try_zeros(words.checked_add(before).ok_or_else(past)?)?;
        let has_scales = format == NarrowFormat::Int8;
        let mut scales = Aligned::try_filled(if has_scales { units * 2 * lanes } else { 0 }, T::ONE)?;
        let by_column = format.scales(b)?;
        for (to, &scale) in scales.iter_mut().zip(&by_column) {
            *to = T::from_f64(f64::from(scale));
        }
        let bytes = bytes_mut(&mut codes).get_mut(BEFORE..).unwrap_or_default();
        for step in if n == 0 { 0..0 } else { 0..k } {
            for (column, &scale) in by_column.iter().enumerate() {
                let code = format.code(b.get(step, column), scale);
                let at = position(format, (k, units, lanes), (step, column)) * format.bytes();
                match format {
                    NarrowFormat::Int8 => bytes[at] = code as u8,
                    NarrowFormat::Bf16 | NarrowFormat::F16 => bytes[at..at + 2].copy_from_slice(&code.to_ne_bytes()),
                }
            }
        }
        Ok(PackedNarrow { kernel, format, k, n, codes, scales })
    }

    /// k.
    pub fn rows(&self) -> usize {
        self.k
    }

    /// n.
    pub fn cols(&self) -> usize {
        self.n
    }

    /// What the weights are rounded to.
    pub fn format(&self) -> NarrowFormat {
        self.format
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.codes.bytes() + self.scales.bytes()
    }

    /// Grows the scratch to what products with up to `m` rows need.
    ///
    /// # Errors
    /// When there is not enough memory.
    pub fn try_reserve(&self, m: usize, scratch: &mut Scratch<T>) -> Result<(), SizeError> {
        let columns = 2 * self.kernel.lanes * self.units();
        scratch.try_reserve(m, columns, self.k)?;
        let sums = elements::<T>("sums of narrow rows (rows x columns)", &[m.min(FEW_ROWS), columns])?;
        scratch.try_reserve(1, sums, self.k)?;
        if m > FEW_ROWS {
            let columns = columns.min(self.kernel.narrow_columns).next_multiple_of(self.kernel.nr);
            scratch.try_reserve_widened(elements::<T>("widened panels (rows x columns)", &[self.k, columns])?)?;
        }
        Ok(())
    }

    pub(crate) fn kernel(&self) -> &'static Kernel<T> {
        self.kernel
    }

    /// Whether columns have scales.
    pub(crate) fn is_scaled(&self) -> bool {
        self.format == NarrowFormat::Int8
    }

    pub(crate) fn units(&self) -> usize {
        self.n.div_ceil(2 * self.kernel.lanes)
    }

    pub(crate) fn panels(&self) -> NarrowPanels<T> {
        // Within the memory of `codes`, which has so many bytes if it has any.
        let (codes, scales) = (self.codes.as_ptr().cast::<u8>().wrapping_add(BEFORE), self.scales.as_ptr());
        NarrowPanels { format: self.format, k: self.k, units: self.units(), codes, scales }
    }
}

fn bytes_mut<T: Scalar>(words: &mut [T]) -> &mut [u8] {
    // SAFETY: the bytes are those of `words`, borrowed as long; an f32 or f64 (T is sealed) has no padding, and any bytes are
    // one.
    unsafe { std::slice::from_raw_parts_mut(words.as_mut_ptr().cast(), size_of_val(words)) }
}

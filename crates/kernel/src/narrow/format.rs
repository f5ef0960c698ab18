//! What weights are rounded to.

use std::fmt;
use std::ops::Range;

use super::half::{to_bf16, to_f16};
use crate::simd::widen::{from_bf16, from_f16};
use crate::sizes::zeroed;
use crate::{MatRef, Scalar, SizeError};

/// The largest integer of eight bits; -128 is not used.
const LARGEST: f64 = 127.0;

/// Significant bits of a scale. With the seven of an integer they are fewer than the 24 of an f32: so the product is exact, and
/// rounded numbers, rounded again, are the same.
const SCALE_BITS: u32 = 15;

/// The smallest scale: a power of two above those where an f32 has fewer bits. Smaller weights become 0.
const SMALLEST_SCALE: f64 = 1.0 / (1u128 << 100) as f64;

/// How weights are stored for products with few rows ([`crate::PackedNarrow`]). Sums stay f32.
///
/// ```
/// # mod chainrule { pub use chainrule_kernel::*; pub use chainrule_kernel as kernel; }
/// use chainrule::kernel::NarrowFormat;
///
/// let mut w = [0.1_f32, -1.27, 0.503, 0.4]; // (2, 2)
/// NarrowFormat::Int8.round(&mut w, 2, 2)?; // each column to multiples of its largest magnitude / 127
/// assert!((w[0] - 0.1).abs() < 0.5 * 0.503 / 127.0 && (w[1] + 1.27).abs() < 1e-4);
/// # Ok::<(), chainrule::kernel::NarrowError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NarrowFormat {
    /// The upper half of an f32: its range, eight significant bits.
    Bf16,
    /// IEEE 754's binary16: eleven significant bits, up to 65504, of numbers below 6e-5 fewer bits.
    F16,
    /// Integers from -127 to 127, with one scale for each column: its largest magnitude / 127, rounded up to 15 bits.
    Int8,
}

/// Why weights cannot be narrow.
///
/// ```
/// # mod chainrule { pub use chainrule_kernel::*; pub use chainrule_kernel as kernel; }
/// use chainrule::kernel::{NarrowError, NarrowFormat};
///
/// let error = NarrowFormat::F16.round(&mut [1.0_f32, 1e6], 2, 1).unwrap_err();
/// assert!(matches!(error, NarrowError::TooLarge { row: 1, column: 0, .. }));
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum NarrowError {
    /// A weight is infinite or NaN.
    NotFinite {
        /// Its row, from 0.
        row: usize,
        /// Its column, from 0.
        column: usize,
        /// The weight.
        value: f64,
    },
    /// A weight is past the largest number of the format.
    TooLarge {
        /// Its row, from 0.
        row: usize,
        /// Its column, from 0.
        column: usize,
        /// The weight.
        value: f64,
        /// The format.
        format: NarrowFormat,
    },
    /// The weights are f64: sums of narrow weights are f32.
    Double,
    /// There is not enough memory.
    Size(SizeError),
}

impl fmt::Display for NarrowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NarrowError::NotFinite { row, column, value } => {
                write!(f, "the weight at row {row}, column {column} is {value}; only finite ones can be rounded")
            }
            NarrowError::TooLarge { row, column, value, format } => {
                write!(f, "the weight {value} at row {row}, column {column} is too large for {format}; bf16 holds more")
            }
            NarrowError::Double => {
                write!(f, "weights of f64 are not made narrow: sums of narrow weights are f32; round them to f32 first")
            }
            NarrowError::Size(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for NarrowError {}

impl From<SizeError> for NarrowError {
    fn from(error: SizeError) -> Self {
        NarrowError::Size(error)
    }
}

impl fmt::Display for NarrowFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            NarrowFormat::Bf16 => "bf16",
            NarrowFormat::F16 => "f16",
            NarrowFormat::Int8 => "int8",
        })
    }
}

impl NarrowFormat {
    /// Bytes of a weight: 2, or 1.
    pub fn bytes(self) -> usize {
        match self {
            NarrowFormat::Bf16 | NarrowFormat::F16 => 2,
            NarrowFormat::Int8 => 1,
        }
    }

    /// Rounds weights to what the format keeps of them. Rounded weights stay as they are.
    ///
    /// # Errors
    /// When a weight is infinite, NaN or past the largest of the format, weights are f64, or there is not enough memory; w is
    /// then as it was.
    ///
    /// # Panics
    /// When w has other than `rows * cols` elements.
    pub fn round<T: Scalar>(
        self,
        w: &mut [T], // (rows, cols)
        rows: usize,
        cols: usize,
    ) -> Result<(), NarrowError> {
        let view = MatRef::new(w, rows, cols);
        self.check(view)?;
        let scales = self.scales(view)?;
        for row in w.chunks_exact_mut(cols.max(1)) {
            for (w, &scale) in row.iter_mut().zip(&scales) {
                *w = T::from_f64(f64::from(self.value(self.code(*w, scale), scale)));
            }
        }
        Ok(())
    }

    /// The weights of each column after the other as they are stored, low bytes first, and the scales of the columns; scales are 1
    /// where the format has none. A weight is its number times its scale, exactly.
    ///
    /// ```
    /// # mod chainrule { pub use chainrule_kernel::*; pub use chainrule_kernel as kernel; }
    /// use chainrule::MatRef;
    /// use chainrule::kernel::NarrowFormat;
    ///
    /// let (codes, scales) = NarrowFormat::Int8.encode(MatRef::new(&[1.27_f32, 2.0, -0.5, 0.0], 2, 2))?;
    /// assert_eq!(codes.iter().map(|code| *code as i8).collect::<Vec<_>>(), [127, -50, 127, 0]);
    /// assert!((scales[0] - 0.01).abs() < 1e-6);
    /// # Ok::<(), chainrule::kernel::NarrowError>(())
    /// ```
    ///
    /// # Errors
    /// As [`NarrowFormat::round`].
    pub fn encode<T: Scalar>(self, w: MatRef<'_, T>) -> Result<(Vec<u8>, Vec<f32>), NarrowError> {
        self.check(w)?;
        let scales = self.scales(w)?;
        let mut codes = Vec::with_capacity(w.rows() * w.cols() * self.bytes());
        for (column, &scale) in scales.iter().enumerate() {
            for row in 0..w.rows() {
                codes.extend_from_slice(&self.code(w.get(row, column), scale).to_le_bytes()[..self.bytes()]);
            }
        }
        Ok((codes, scales))
    }

    /// That all weights can be rounded.
    ///
    /// # Errors
    /// As [`NarrowFormat::round`].
    pub fn check<T: Scalar>(self, w: MatRef<'_, T>) -> Result<(), NarrowError> {
        if T::NAME != "f32" {
            return Err(NarrowError::Double);
        }
        for row in steps(w) {
            for column in 0..w.cols() {
                let value = w.get(row, column).to_f64();
                if !value.is_finite() {
                    return Err(NarrowError::NotFinite { row, column, value });
                }
                let fits = match self {
                    NarrowFormat::Bf16 => from_bf16(to_bf16(value as f32)).is_finite(),
                    NarrowFormat::F16 => to_f16(value as f32) & 0x7c00 != 0x7c00,
                    NarrowFormat::Int8 => LARGEST * scale_of(value.abs()) <= f64::from(f32::MAX),
                };
                if !fits {
                    return Err(NarrowError::TooLarge { row, column, value, format: self });
                }
            }
        }
        Ok(())
    }

    /// The scales of all columns; 1 where the format has none.
    pub(crate) fn scales<T: Scalar>(self, w: MatRef<'_, T>) -> Result<Vec<f32>, SizeError> {
        let mut scales: Vec<f32> = zeroed("scales (columns)", w.cols())?;
        if self != NarrowFormat::Int8 {
            scales.fill(1.0);
            return Ok(scales);
        }
        // The largest magnitudes first.
        for row in steps(w) {
            scales
                .iter_mut()
                .enumerate()
                .for_each(|(col, most)| *most = most.max(w.get(row, col).to_f64().abs() as f32));
        }
        scales.iter_mut().for_each(|scale| *scale = scale_of(f64::from(*scale)) as f32);
        Ok(scales)
    }

    /// What is stored for a weight that [`NarrowFormat::check`] has passed; of an integer, the lower byte.
    pub(crate) fn code<T: Scalar>(self, w: T, scale: f32) -> u16 {
        let w = w.to_f64();
        match self {
            NarrowFormat::Bf16 => to_bf16(w as f32),
            NarrowFormat::F16 => to_f16(w as f32),
            NarrowFormat::Int8 => u16::from((w / f64::from(scale)).round_ties_even() as i8 as u8),
        }
    }

    /// The weight that is stored so.
    pub(crate) fn value(self, code: u16, scale: f32) -> f32 {
        match self {
            NarrowFormat::Bf16 => from_bf16(code),
            NarrowFormat::F16 => from_f16(code),
            NarrowFormat::Int8 => f32::from(code as u8 as i8) * scale,
        }
    }
}

/// The rows of a matrix; none of one without columns, of which there may be any number.
fn steps<T: Scalar>(w: MatRef<'_, T>) -> Range<usize> {
    if w.cols() == 0 { 0..0 } else { 0..w.rows() }
}

/// The scale of a column by its largest magnitude: so much that 127 of it are no less, in [`SCALE_BITS`] bits.
fn scale_of(largest: f64) -> f64 {
    const DROPPED: u64 = 1 << (f64::MANTISSA_DIGITS - SCALE_BITS);
    let bits = (largest / LARGEST).to_bits().next_multiple_of(DROPPED);
    f64::from_bits(bits).max(SMALLEST_SCALE)
}

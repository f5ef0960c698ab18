//! Sizes of memory, computed where they cannot wrap: every size that reaches an allocation, a pointer or a `SAFETY` comment
//! comes from here.
//!
//! A view of stride 0 has rows and columns without number in one element, so a product of sizes may be any number, and one
//! that wrapped would be a small one. Sizes that only choose between two ways of the same result are no matter of this file,
//! save [`wrapping_bytes`], which says so by its name.

use std::alloc::{Layout, alloc_zeroed};
use std::fmt;

use crate::Scalar;

/// Memory that cannot be had: more bytes than memory has addresses, or more than there are now.
///
/// ```
/// # mod chainrule { pub use chainrule_kernel::*; pub use chainrule_kernel as kernel; }
/// use chainrule::kernel::{Kernel, PackedB, SizeError};
///
/// let kernel = Kernel::<f32>::selected()?;
/// let error: SizeError = PackedB::try_zeros(kernel, 1 << 62, 64).unwrap_err(); // no panic, nothing is allocated
/// assert!(error.to_string().contains("4611686018427387904"));
/// # Ok::<(), chainrule::kernel::KernelError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SizeError {
    what: &'static str,
    sides: Vec<usize>,
    /// `None` past the address space.
    bytes: Option<usize>,
}

impl fmt::Display for SizeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sides: Vec<String> = self.sides.iter().map(usize::to_string).collect();
        write!(f, "{} of {} takes ", self.what, sides.join("x"))?;
        match self.bytes {
            Some(bytes) => write!(f, "{bytes} bytes, and there is not enough memory; ask for smaller sizes"),
            None => write!(f, "more bytes than memory has addresses; ask for smaller sizes"),
        }
    }
}

impl std::error::Error for SizeError {}

impl SizeError {
    /// Such sides are too long for the address space.
    #[cold]
    pub(crate) fn past_addresses(what: &'static str, sides: &[usize]) -> Self {
        SizeError { what, sides: sides.to_vec(), bytes: None }
    }

    /// The same error, with what the memory was for.
    #[cold]
    pub(crate) fn of(self, what: &'static str, sides: &[usize]) -> Self {
        SizeError { what, sides: sides.to_vec(), ..self }
    }
}

/// Elements of an array of these sides, which is `what` in an error: `elements::<f32>("a (rows x columns)", &[3, 4])` is 12.
///
/// # Errors
/// When they take more bytes than memory has addresses, `isize::MAX`.
pub fn elements<T>(what: &'static str, sides: &[usize]) -> Result<usize, SizeError> {
    product::<T>(sides).ok_or_else(|| SizeError::past_addresses(what, sides))
}

/// The product of the sides, unless that number of elements takes more than `isize::MAX` bytes.
#[inline]
pub(crate) fn product<T>(sides: &[usize]) -> Option<usize> {
    let elements =
        if sides.contains(&0) { 0 } else { sides.iter().try_fold(1usize, |all, &side| all.checked_mul(side))? };
    (elements <= isize::MAX as usize / size_of::<T>().max(1)).then_some(elements)
}

/// Elements that a slice must have for each of the `rows x cols` at these strides to lie inside; `None` past the address space.
#[inline]
pub(crate) fn span((rows, cols): (usize, usize), (row_stride, col_stride): (usize, usize)) -> Option<usize> {
    if rows == 0 || cols == 0 {
        return Some(0);
    }
    let down = (rows - 1).checked_mul(row_stride)?;
    let along = (cols - 1).checked_mul(col_stride)?;
    down.checked_add(along)?.checked_add(1)
}

/// Elements of panels of `width` lanes each that hold `lanes` of them, `steps` long: what [`crate::gemm::pack::panels::panels`] writes.
#[inline]
pub(crate) fn panels<T>(steps: usize, lanes: usize, width: usize) -> Option<usize> {
    product::<T>(&[steps, lanes.checked_next_multiple_of(width)?])
}

/// A vector of this many zeros.
pub(crate) fn zeroed<T: Scalar>(what: &'static str, len: usize) -> Result<Vec<T>, SizeError> {
    let layout = Layout::array::<T>(len).map_err(|_| SizeError::past_addresses(what, &[len]))?;
    if len == 0 {
        return Ok(Vec::new());
    }
    // SAFETY: the layout is of `len` elements, which are not none.
    let start = unsafe { alloc_zeroed(layout) }.cast::<T>();
    if start.is_null() {
        return Err(SizeError { what, sides: vec![len], bytes: Some(layout.size()) });
    }
    // SAFETY: allocated by the global allocator with the layout of `len` elements of T, an f32 or f64 (it is sealed), which is
    // 0 when its bytes are.
    Ok(unsafe { Vec::from_raw_parts(start, len, len) })
}

/// An empty vector with the capacity for this many elements.
pub(crate) fn reserved<T>(what: &'static str, len: usize) -> Result<Vec<T>, SizeError> {
    let mut empty = Vec::new();
    let bytes = len.checked_mul(size_of::<T>());
    empty.try_reserve_exact(len).map_err(|_| SizeError { what, sides: vec![len], bytes })?;
    Ok(empty)
}

/// Bytes of `rows x cols` elements, or any number where that is past the address space: for choosing between ways that
/// give the same result, never for memory.
#[inline(always)]
pub(crate) fn wrapping_bytes<T>(rows: usize, cols: usize) -> usize {
    rows.wrapping_mul(cols).wrapping_mul(size_of::<T>())
}

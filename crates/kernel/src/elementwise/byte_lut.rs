//! Bytes, as images come, to numbers: a quarter or an eighth of the memory until a row is wanted. And asking for memory
//! ahead of time.

use crate::Scalar;
use crate::matrix::aligned::LINE;
use crate::simd::isa::{Isa, Op};

/// What each of the 256 bytes stands for.
///
/// ```
/// use chainrule_kernel::{ByteLut, Kernel};
///
/// let mut pixels = [0.0_f32; 3];
/// Kernel::selected()?.dequantize(&ByteLut::scaled(1.0 / 255.0), &[0, 51, 255], &mut pixels);
/// assert_eq!(pixels, [0.0, 0.2, 1.0]);
/// # Ok::<(), chainrule_kernel::KernelError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ByteLut<T> {
    values: [T; 256],
    /// `[high, low]` when every value is `fma(byte, high, byte * low)`: two instructions for many bytes at once, where a
    /// table gives one.
    factor: Option<[T; 2]>,
}

impl<T> ByteLut<T> {
    /// What each byte stands for, in their order.
    pub fn values(&self) -> &[T; 256] {
        &self.values
    }
}

impl<T: Scalar> ByteLut<T> {
    /// Byte b stands for `b * factor`, computed in f64 and rounded once.
    pub fn scaled(factor: f64) -> Self {
        let values = std::array::from_fn(|byte| T::from_f64(byte as f64 * factor));
        let high = T::from_f64(factor);
        let low = T::from_f64(factor - high.to_f64());
        // The formula rounds twice; that the result is the same is not proved but tested, for all 256 bytes.
        let equal = (0..=255).all(|byte| affine(byte, [high, low]) == values[usize::from(byte)]);
        ByteLut { values, factor: equal.then_some([high, low]) }
    }

    /// The same bytes standing for `map` of what they stood for.
    #[must_use]
    pub fn mapped(&self, map: impl Fn(T) -> T) -> Self {
        ByteLut { values: self.values.map(map), factor: None }
    }

    /// What a byte stands for.
    pub fn value(&self, byte: u8) -> T {
        self.values[usize::from(byte)]
    }
}

#[inline(always)]
fn affine<T: Scalar>(byte: u8, [high, low]: [T; 2]) -> T {
    let x = T::from_u8(byte);
    x.mul_add(high, x * low)
}

/// Asks for these elements to be brought to the caches while other work goes on. Changes nothing else.
pub fn prefetch<T>(values: &[T]) {
    let bytes = size_of_val(values);
    for line in (0..bytes).step_by(LINE).chain(bytes.checked_sub(1)) {
        let at = values.as_ptr().cast::<i8>().wrapping_add(line);
        // SAFETY: inside of `values`, and a prefetch reads nothing; SSE, where it comes from, is part of x86-64.
        #[cfg(target_arch = "x86_64")]
        unsafe {
            std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(at)
        };
        // SAFETY: as above; the instruction is part of AArch64.
        #[cfg(target_arch = "aarch64")]
        unsafe {
            std::arch::asm!("prfm pldl1keep, [{0}]", in(reg) at, options(readonly, nostack, preserves_flags))
        };
        #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
        let _ = at;
    }
}

/// Writes what the bytes stand for; as many bytes as places.
pub(crate) struct Dequantize<'a, T> {
    pub(crate) map: &'a ByteLut<T>,
    pub(crate) bytes: &'a [u8],
    pub(crate) to: &'a mut [T],
}

impl<T: Scalar> Op<T> for &mut Dequantize<'_, T> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<K: Isa<T>>(self) {
        let places = self.to.iter_mut().zip(self.bytes);
        match self.map.factor {
            Some(factor) if const { K::IS_FUSED } => places.for_each(|(to, &byte)| *to = affine(byte, factor)),
            _ => places.for_each(|(to, &byte)| *to = self.map.value(byte)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn most_factors_go_by_two_instructions() {
        let fast = [1.0, 1.0 / 255.0, 1.0 / 256.0, 0.1, -1e-3].map(|factor| ByteLut::<f32>::scaled(factor).factor);
        assert!(fast.iter().filter(|factor| factor.is_some()).count() >= 4, "{fast:?}");
        let fast = [1.0, 1.0 / 255.0, 1.0 / 256.0, 0.1, -1e-3].map(|factor| ByteLut::<f64>::scaled(factor).factor);
        assert!(fast.iter().filter(|factor| factor.is_some()).count() >= 4, "{fast:?}");
    }
}

//! Narrow numbers to two registers of sixteen f32: [`crate::simd::widen::Widen`].
//!
//! VNNI and AVX-512 BF16 have instructions that multiply narrow numbers themselves. They are not used: they want the inputs
//! rounded to eight or sixteen bits, too, and add two or four products at once, which gives other bits than a chain of f32.

use std::arch::x86_64::*;

/// Thirty-two bf16 in pairs.
///
/// Safety: the pointer covers them; the CPU has AVX-512F. So for those below.
#[inline(always)]
pub(super) unsafe fn bf16(from: *const u16) -> [__m512; 2] {
    // SAFETY: this function's contract.
    unsafe {
        let pairs = _mm512_loadu_si512(from.cast());
        let first = _mm512_slli_epi32::<16>(pairs);
        let second = _mm512_and_si512(pairs, _mm512_set1_epi32(!0xffff));
        [_mm512_castsi512_ps(first), _mm512_castsi512_ps(second)]
    }
}

/// Thirty-two f16.
///
/// Safety: as [`bf16`].
#[inline(always)]
pub(super) unsafe fn f16(from: *const u16) -> [__m512; 2] {
    // SAFETY: this function's contract, sixteen numbers each.
    unsafe {
        let widened = |from: *const u16| _mm512_cvtph_ps(_mm256_loadu_si256(from.cast()));
        [widened(from), widened(from.add(16))]
    }
}

/// Thirty-two integers, times 2^24.
///
/// Safety: as [`bf16`].
#[inline(always)]
pub(super) unsafe fn int8(from: *const i8) -> [__m512; 2] {
    // SAFETY: this function's contract, sixteen numbers each.
    unsafe {
        let widened = |from: *const i8| {
            let whole = _mm512_cvtepi8_epi32(_mm_loadu_si128(from.cast()));
            _mm512_cvtepi32_ps(_mm512_slli_epi32::<24>(whole))
        };
        [widened(from), widened(from.add(16))]
    }
}

/// Sixty-four integers in fours, times 2^24: as those of AVX2.
///
/// Safety: as [`bf16`], and of the three bytes before.
#[inline(always)]
pub(super) unsafe fn int8_fours(from: *const i8) -> [__m512; 4] {
    // SAFETY: this function's contract; `before` <= 3.
    let top = |before: usize| unsafe {
        let bits = _mm512_loadu_si512(from.sub(before).cast());
        _mm512_cvtepi32_ps(_mm512_and_si512(bits, _mm512_set1_epi32(!0xff_ffff)))
    };
    [top(3), top(2), top(1), top(0)]
}

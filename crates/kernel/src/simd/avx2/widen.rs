//! Narrow numbers to two registers of eight f32: [`crate::simd::widen::Widen`].

use std::arch::x86_64::*;

/// Each of eight bytes of a register of sixteen to the top of a lane, zeros below it: the first eight, and the last.
static TOPS: [[i8; 32]; 2] = [tops(0), tops(8)];

const fn tops(first: i8) -> [i8; 32] {
    let mut from = [-1; 32]; // a zero
    let mut lane = 0;
    while lane < 8 {
        from[4 * lane as usize + 3] = first + lane;
        lane += 1;
    }
    from
}

/// Sixteen bf16 in pairs.
///
/// Safety: the pointer covers them; the CPU has AVX2. So for those below, and F16C.
#[inline(always)]
pub(super) unsafe fn bf16(from: *const u16) -> [__m256; 2] {
    // SAFETY: this function's contract.
    unsafe {
        let pairs = _mm256_loadu_si256(from.cast());
        let first = _mm256_slli_epi32::<16>(pairs);
        let second = _mm256_and_si256(pairs, _mm256_set1_epi32(!0xffff));
        [_mm256_castsi256_ps(first), _mm256_castsi256_ps(second)]
    }
}

/// Sixteen f16.
///
/// Safety: as [`bf16`].
#[inline(always)]
pub(super) unsafe fn f16(from: *const u16) -> [__m256; 2] {
    // SAFETY: this function's contract, eight numbers each.
    unsafe {
        let widened = |from: *const u16| _mm256_cvtph_ps(_mm_loadu_si128(from.cast()));
        [widened(from), widened(from.add(8))]
    }
}

/// Sixteen integers, times 2^24: a shuffle puts them into the upper quarters of their lanes, where an instruction that extends
/// signs across the halves of a register would take two.
///
/// Safety: as [`bf16`].
#[inline(always)]
pub(super) unsafe fn int8(from: *const i8) -> [__m256; 2] {
    // SAFETY: this function's contract.
    unsafe {
        let bytes = _mm256_broadcastsi128_si256(_mm_loadu_si128(from.cast()));
        let lanes = |tops: &[i8; 32]| _mm256_shuffle_epi8(bytes, _mm256_loadu_si256(tops.as_ptr().cast()));
        [_mm256_cvtepi32_ps(lanes(&TOPS[0])), _mm256_cvtepi32_ps(lanes(&TOPS[1]))]
    }
}

/// Thirty-two integers in fours, times 2^24. Each of a four comes to the top of its lane by where it is loaded from, and a mask takes
/// the others off: three instructions a register. Time for one row of 784-512-512, and four or eight, in turns on Zen 3, medians:
///
/// ```text
/// loads and masks      1.00   1.00
/// one shift, and so    1.00   1.01
/// shifts and masks     1.08   1.06
/// shuffles             1.17
/// ```
///
/// Safety: as [`bf16`], and of the three bytes before.
#[inline(always)]
pub(super) unsafe fn int8_fours(from: *const i8) -> [__m256; 4] {
    // SAFETY: this function's contract; `before` <= 3.
    let top = |before: usize| unsafe {
        let bits = _mm256_loadu_si256(from.sub(before).cast());
        _mm256_cvtepi32_ps(_mm256_and_si256(bits, _mm256_set1_epi32(!0xff_ffff)))
    };
    [top(3), top(2), top(1), top(0)]
}

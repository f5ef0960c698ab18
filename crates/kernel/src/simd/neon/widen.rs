//! Narrow numbers to two registers of four f32: [`crate::simd::widen::Widen`].

use std::arch::aarch64::*;

/// Eight bf16 in pairs.
///
/// Safety: the pointer covers them; the CPU has NEON. So for those below.
#[inline(always)]
pub(super) unsafe fn bf16(from: *const u16) -> [float32x4_t; 2] {
    // SAFETY: this function's contract.
    unsafe {
        let pairs = vreinterpretq_u32_u16(vld1q_u16(from));
        let (first, second) = (vshlq_n_u32::<16>(pairs), vandq_u32(pairs, vdupq_n_u32(0xffff_0000)));
        [vreinterpretq_f32_u32(first), vreinterpretq_f32_u32(second)]
    }
}

/// Sixteen integers in fours, times 2^24.
///
/// Safety: as [`bf16`].
#[inline(always)]
pub(super) unsafe fn int8_fours(from: *const i8) -> [float32x4_t; 4] {
    // SAFETY: this function's contract.
    unsafe {
        let fours = vreinterpretq_u32_s8(vld1q_s8(from));
        let float = |bits| vcvtq_f32_s32(vreinterpretq_s32_u32(bits));
        let top = |bits| float(vandq_u32(bits, vdupq_n_u32(0xff00_0000)));
        let first = float(vshlq_n_u32::<24>(fours));
        [first, top(vshlq_n_u32::<16>(fours)), top(vshlq_n_u32::<8>(fours)), top(fours)]
    }
}

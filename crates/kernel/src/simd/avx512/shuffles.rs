//! Instructions that move numbers among the lanes of a register: groups of lanes, and blocks transposed.

use std::arch::x86_64::*;

/// A pattern of 8, 16 or 32 bytes, repeated.
///
/// Safety: they can be read; the CPU has AVX-512.
#[inline(always)]
pub(super) unsafe fn repeated(from: *const u8, bytes: usize) -> __m512i {
    // SAFETY: this function's contract; unaligned reads of as many bytes.
    unsafe {
        match bytes {
            8 => _mm512_set1_epi64(from.cast::<i64>().read_unaligned()),
            16 => _mm512_broadcast_i32x4(_mm_loadu_si128(from.cast())),
            _ => _mm512_broadcast_i64x4(_mm256_loadu_si256(from.cast())),
        }
    }
}

/// Sixteen rows of eight f32. Rows i and i + 4 share a register from the start, half a row at a time, and so do rows
/// i + 8 and i + 12; after a transpose of 4 x 4 within quarters, the quarters of two such registers are sorted.
///
/// Loading quarters of four rows instead needs, for a block of sixteen columns, 32 shuffles, not 48, and 64 loads, not 32;
/// not timed apart.
///
/// Safety: the block covers 16 x 8 elements; the CPU has AVX-512F.
#[inline(always)]
pub(super) unsafe fn transposed_16x8(from: *const f32, rs: usize) -> [__m512; 8] {
    // SAFETY: rows 0..16 of the block, this function's contract.
    unsafe {
        let (above, below) = (eight_rows(from, rs), eight_rows(from.add(8 * rs), rs));
        let first = |i: usize| _mm512_shuffle_f32x4::<0x88>(above[i], below[i]);
        let last = |i: usize| _mm512_shuffle_f32x4::<0xdd>(above[i], below[i]);
        [first(0), first(1), first(2), first(3), last(0), last(1), last(2), last(3)]
    }
}

/// Eight columns of eight rows: register c holds columns c and c + 4 of the first four rows, then of the other four.
///
/// Safety: the block covers 8 x 8 elements; the CPU has AVX-512F.
#[inline(always)]
unsafe fn eight_rows(from: *const f32, rs: usize) -> [__m512; 4] {
    // SAFETY: rows 0..8 of the block, this function's contract.
    unsafe {
        let half = |i: usize| _mm256_castps_pd(_mm256_loadu_ps(from.add(i * rs)));
        let both = |i: usize| _mm512_castpd_ps(_mm512_insertf64x4::<1>(_mm512_castpd256_pd512(half(i)), half(i + 4)));
        let (r0, r1, r2, r3) = (both(0), both(1), both(2), both(3));
        let (t0, t1) = (_mm512_unpacklo_ps(r0, r1), _mm512_unpackhi_ps(r0, r1));
        let (t2, t3) = (_mm512_unpacklo_ps(r2, r3), _mm512_unpackhi_ps(r2, r3));
        [
            _mm512_shuffle_ps::<0x44>(t0, t2),
            _mm512_shuffle_ps::<0xee>(t0, t2),
            _mm512_shuffle_ps::<0x44>(t1, t3),
            _mm512_shuffle_ps::<0xee>(t1, t3),
        ]
    }
}

/// Eight rows of two f64: rows i, i + 2, i + 4 and i + 6 share a register, a quarter each, so that quarters change places
/// while loading.
///
/// Safety: the block covers 8 x 2 elements; the CPU has AVX-512F.
#[inline(always)]
pub(super) unsafe fn transposed_8x2(from: *const f64, rs: usize) -> [__m512d; 2] {
    // SAFETY: rows 0..8 of the block, this function's contract.
    unsafe {
        let quarter = |i: usize| _mm_castpd_ps(_mm_loadu_pd(from.add(i * rs)));
        let four = |i: usize| {
            let x = _mm512_castps128_ps512(quarter(i));
            let x = _mm512_mask_broadcast_f32x4(x, 0x00f0, quarter(i + 2));
            let x = _mm512_mask_broadcast_f32x4(x, 0x0f00, quarter(i + 4));
            _mm512_castps_pd(_mm512_mask_broadcast_f32x4(x, 0xf000, quarter(i + 6)))
        };
        let (r0, r1) = (four(0), four(1));
        [_mm512_unpacklo_pd(r0, r1), _mm512_unpackhi_pd(r0, r1)]
    }
}

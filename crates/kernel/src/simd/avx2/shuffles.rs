//! Instructions that move numbers among the lanes of a register: groups of lanes, and blocks transposed.

use std::arch::x86_64::*;

/// Groups of two or four of the eight lanes.
///
/// Safety of all: the CPU has AVX2; `splat`'s pointer covers N elements; N is 2 or 4 and the group is one of 8 / N.
pub(super) mod groups_32 {
    use std::arch::x86_64::*;

    #[inline(always)]
    pub(in super::super) unsafe fn splat<const N: usize>(from: *const f32) -> __m256 {
        // SAFETY: this module's contract: AVX2, N elements, a group that exists.
        unsafe {
            match N {
                2 => _mm256_castpd_ps(_mm256_set1_pd(from.cast::<f64>().read_unaligned())),
                _ => {
                    let four = _mm_loadu_ps(from);
                    _mm256_set_m128(four, four)
                }
            }
        }
    }

    #[inline(always)]
    pub(in super::super) unsafe fn with<const N: usize>(all: __m256, group: usize, other: __m256) -> __m256 {
        // SAFETY: this module's contract: AVX2, N elements, a group that exists.
        unsafe {
            match group * N {
                0 if N == 2 => _mm256_blend_ps::<0b0000_0011>(all, other),
                2 => _mm256_blend_ps::<0b0000_1100>(all, other),
                4 if N == 2 => _mm256_blend_ps::<0b0011_0000>(all, other),
                6 => _mm256_blend_ps::<0b1100_0000>(all, other),
                0 => _mm256_blend_ps::<0b0000_1111>(all, other),
                _ => _mm256_blend_ps::<0b1111_0000>(all, other),
            }
        }
    }

    #[inline(always)]
    pub(in super::super) unsafe fn get<const N: usize>(all: __m256, group: usize) -> __m256 {
        // SAFETY: this module's contract: AVX2, N elements, a group that exists.
        unsafe {
            match group * N {
                0 => all,
                2 => _mm256_permute_ps::<0b11_10>(all),
                4 => _mm256_permute2f128_ps::<1>(all, all),
                _ => _mm256_permute_ps::<0b11_10>(_mm256_permute2f128_ps::<1>(all, all)),
            }
        }
    }
}

/// Groups of two of the four lanes.
///
/// Safety of all: as [`groups_32`]; N is 2 and the group is one of 2.
pub(super) mod groups_64 {
    use std::arch::x86_64::*;

    #[inline(always)]
    pub(in super::super) unsafe fn splat<const N: usize>(from: *const f64) -> __m256d {
        // SAFETY: this module's contract: AVX2, N elements, a group that exists.
        unsafe {
            let two = _mm_loadu_pd(from);
            _mm256_set_m128d(two, two)
        }
    }

    #[inline(always)]
    pub(in super::super) unsafe fn with<const N: usize>(all: __m256d, group: usize, other: __m256d) -> __m256d {
        // SAFETY: this module's contract: AVX2, N elements, a group that exists.
        unsafe {
            match group {
                0 => _mm256_blend_pd::<0b0011>(all, other),
                _ => _mm256_blend_pd::<0b1100>(all, other),
            }
        }
    }

    #[inline(always)]
    pub(in super::super) unsafe fn get<const N: usize>(all: __m256d, group: usize) -> __m256d {
        // SAFETY: this module's contract: AVX2, N elements, a group that exists.
        unsafe { if group == 0 { all } else { _mm256_permute2f128_pd::<1>(all, all) } }
    }
}

/// Eight rows of four f32: pairs, then quarters change places; rows i and i + 4 share a register, so that the halves change
/// places while loading.
///
/// Safety: the block covers 8 x 4 elements; the CPU has AVX2.
#[inline(always)]
pub(super) unsafe fn transposed_8x4(from: *const f32, rs: usize) -> [__m256; 4] {
    // SAFETY: rows 0..8 of the block, this function's contract.
    unsafe {
        let half = |i: usize| _mm_loadu_ps(from.add(i * rs));
        let both = |i: usize| _mm256_insertf128_ps::<1>(_mm256_castps128_ps256(half(i)), half(i + 4));
        let (r0, r1, r2, r3) = (both(0), both(1), both(2), both(3));
        let (t0, t1) = (_mm256_unpacklo_ps(r0, r1), _mm256_unpackhi_ps(r0, r1));
        let (t2, t3) = (_mm256_unpacklo_ps(r2, r3), _mm256_unpackhi_ps(r2, r3));
        [
            _mm256_shuffle_ps::<0x44>(t0, t2),
            _mm256_shuffle_ps::<0xee>(t0, t2),
            _mm256_shuffle_ps::<0x44>(t1, t3),
            _mm256_shuffle_ps::<0xee>(t1, t3),
        ]
    }
}

/// Four rows of two f64, likewise.
///
/// Safety: the block covers 4 x 2 elements; the CPU has AVX2.
#[inline(always)]
pub(super) unsafe fn transposed_4x2(from: *const f64, rs: usize) -> [__m256d; 2] {
    // SAFETY: rows 0..4 of the block, this function's contract.
    unsafe {
        let half = |i: usize| _mm_loadu_pd(from.add(i * rs));
        let both = |i: usize| _mm256_insertf128_pd::<1>(_mm256_castpd128_pd256(half(i)), half(i + 2));
        let (r0, r1) = (both(0), both(1));
        [_mm256_unpacklo_pd(r0, r1), _mm256_unpackhi_pd(r0, r1)]
    }
}

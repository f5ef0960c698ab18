//! AVX-512 (foundation): 32 registers of sixteen f32 or eight f64, and masks in registers of their own.
//!
//! The functions here are thin: each names one instruction. What is computed with them stands in `micro.rs` and
//! `math/`, which are inlined into the two functions below that switch the instruction set on.

mod shuffles;

use std::arch::asm;
use std::arch::x86_64::*;

use crate::Scalar;
use crate::elementwise::activation::{After, Area};
use crate::elementwise::byte_lut::ByteMap;
use crate::elementwise::optimizer::Rule;
use crate::gemm::level2::gemv::Row;
use crate::gemm::pack::panels::Source;
use crate::gemm::problem::Problem;
use crate::gemm::tile::micro_kernel::{Finish, Isa, Tile, Transposed};
use crate::math::Function;
use crate::simd::{Simd, TURNED_MOST};

use shuffles::{repeated, turned_8x2, turned_16x8};

/// AVX-512F (Skylake-X, Zen 4 and later).
pub(crate) struct Avx512;

/// Registers that hold the sums of a single row; beside them are one of A and one of B.
const HELD: usize = 28;

/// Whether this CPU, under this operating system, runs the kernels of this file.
pub(crate) fn is_available() -> bool {
    is_x86_feature_detected!("avx512f")
}

impl Isa<f32> for Avx512 {
    type Vector = F32x16;
    const MR: usize = 14; // 14 x 2 accumulators + 2 of B + 1 of A: 31 of 32 registers
    const MR_LONE: usize = 14;
    const WIDE: usize = 4;
    const FEW: usize = 13;

    unsafe fn tile<E: Finish<f32>, const M: usize, const NV: usize, const EDGE: u8>(t: &Tile<f32>, finish: E) {
        // SAFETY: the caller's promise is passed on, `is_available` included.
        unsafe { tile::<f32, F32x16, E, M, NV, EDGE>(t, finish) }
    }

    unsafe fn store_transposed<E: Finish<f32>>(tile: &[f32], to: &Transposed<f32>, finish: E) {
        // SAFETY: as above.
        unsafe { store_transposed::<f32, F32x16, E>(tile, to, finish) }
    }

    unsafe fn row_sums(row: &Row<f32>, y: &mut [f32]) {
        // SAFETY: as above.
        unsafe { row_sums::<f32, F32x16>(row, y) }
    }

    unsafe fn finish_row<E: Finish<f32>>(row: &Row<f32>, y: &[f32], finish: E) {
        // SAFETY: as above.
        unsafe { finish_row::<f32, F32x16, E>(row, y, finish) }
    }

    unsafe fn outer<E: Finish<f32>>(p: &Problem<f32>, finish: E) {
        // SAFETY: as above.
        unsafe { outer::<f32, F32x16, E>(p, finish) }
    }

    unsafe fn pack(source: &Source<f32>, width: usize, to: &mut [f32]) {
        // SAFETY: as above.
        unsafe { pack::<f32, F32x16>(source, width, to) }
    }

    unsafe fn map(function: Function, values: &mut [f32]) {
        // SAFETY: as above.
        unsafe { map::<f32, F32x16>(function, values) }
    }

    unsafe fn after(after: &After<f32>, area: &Area<f32>) {
        // SAFETY: as above.
        unsafe { self::after::<f32, F32x16>(after, area) }
    }

    unsafe fn update(rule: Rule<f32>, w: &mut [f32], dw: &[f32], moments: [&mut [f32]; 2]) {
        // SAFETY: as above.
        unsafe { update(rule, w, dw, moments) }
    }

    unsafe fn widen(map: &ByteMap<f32>, bytes: &[u8], to: &mut [f32]) {
        // SAFETY: as above.
        unsafe { widen(map, bytes, to) }
    }
}

impl Isa<f64> for Avx512 {
    type Vector = F64x8;
    const MR: usize = 14;
    const MR_LONE: usize = 14;
    const WIDE: usize = 4;
    const FEW: usize = 5;

    unsafe fn tile<E: Finish<f64>, const M: usize, const NV: usize, const EDGE: u8>(t: &Tile<f64>, finish: E) {
        // SAFETY: as above.
        unsafe { tile::<f64, F64x8, E, M, NV, EDGE>(t, finish) }
    }

    unsafe fn store_transposed<E: Finish<f64>>(tile: &[f64], to: &Transposed<f64>, finish: E) {
        // SAFETY: as above.
        unsafe { store_transposed::<f64, F64x8, E>(tile, to, finish) }
    }

    unsafe fn row_sums(row: &Row<f64>, y: &mut [f64]) {
        // SAFETY: as above.
        unsafe { row_sums::<f64, F64x8>(row, y) }
    }

    unsafe fn finish_row<E: Finish<f64>>(row: &Row<f64>, y: &[f64], finish: E) {
        // SAFETY: as above.
        unsafe { finish_row::<f64, F64x8, E>(row, y, finish) }
    }

    unsafe fn outer<E: Finish<f64>>(p: &Problem<f64>, finish: E) {
        // SAFETY: as above.
        unsafe { outer::<f64, F64x8, E>(p, finish) }
    }

    unsafe fn pack(source: &Source<f64>, width: usize, to: &mut [f64]) {
        // SAFETY: as above.
        unsafe { pack::<f64, F64x8>(source, width, to) }
    }

    unsafe fn map(function: Function, values: &mut [f64]) {
        // SAFETY: as above.
        unsafe { map::<f64, F64x8>(function, values) }
    }

    unsafe fn after(after: &After<f64>, area: &Area<f64>) {
        // SAFETY: as above.
        unsafe { self::after::<f64, F64x8>(after, area) }
    }

    unsafe fn update(rule: Rule<f64>, w: &mut [f64], dw: &[f64], moments: [&mut [f64]; 2]) {
        // SAFETY: as above.
        unsafe { update(rule, w, dw, moments) }
    }

    unsafe fn widen(map: &ByteMap<f64>, bytes: &[u8], to: &mut [f64]) {
        // SAFETY: as above.
        unsafe { widen(map, bytes, to) }
    }
}

#[target_feature(enable = "avx512f")]
unsafe fn tile<T: Scalar, V: Simd<T>, E: Finish<T>, const M: usize, const NV: usize, const EDGE: u8>(
    tile: &Tile<T>,
    finish: E,
) {
    // SAFETY: the caller's promise is passed on.
    unsafe { crate::gemm::tile::micro_kernel::tile::<T, V, E, M, NV, EDGE>(tile, finish) }
}

#[target_feature(enable = "avx512f")]
unsafe fn store_transposed<T: Scalar, V: Simd<T>, E: Finish<T>>(tile: &[T], to: &Transposed<T>, finish: E) {
    // SAFETY: the caller's promise is passed on.
    unsafe { crate::gemm::tile::micro_kernel::store_transposed::<T, V, E>(tile, to, finish) }
}

#[target_feature(enable = "avx512f")]
unsafe fn row_sums<T: Scalar, V: Simd<T>>(row: &Row<T>, y: &mut [T]) {
    // SAFETY: the caller's promise is passed on.
    unsafe { crate::gemm::level2::gemv::sums::<T, V, HELD>(row, y) }
}

#[target_feature(enable = "avx512f")]
unsafe fn finish_row<T: Scalar, V: Simd<T>, E: Finish<T>>(row: &Row<T>, y: &[T], finish: E) {
    // SAFETY: the caller's promise is passed on.
    unsafe { crate::gemm::level2::gemv::finish::<T, V, E>(row, y, finish) }
}

#[target_feature(enable = "avx512f")]
unsafe fn outer<T: Scalar, V: Simd<T>, E: Finish<T>>(p: &Problem<T>, finish: E) {
    // SAFETY: the caller's promise is passed on.
    unsafe { crate::gemm::level2::ger::outer::<T, V, E>(p, finish) }
}

#[target_feature(enable = "avx512f")]
unsafe fn pack<T: Scalar, V: Simd<T>>(source: &Source<T>, width: usize, to: &mut [T]) {
    // SAFETY: the caller's promise is passed on.
    unsafe { crate::gemm::pack::panels::panels::<T, V>(source, width, to) }
}

#[target_feature(enable = "avx512f")]
unsafe fn map<T: Scalar, V: Simd<T>>(function: Function, values: &mut [T]) {
    // SAFETY: the caller's promise is passed on.
    unsafe { crate::math::map::<T, V>(function, values) }
}

#[target_feature(enable = "avx512f")]
unsafe fn after<T: Scalar, V: Simd<T>>(after: &After<T>, area: &Area<T>) {
    // SAFETY: the caller's promise is passed on.
    unsafe { crate::elementwise::activation::area::<T, V>(after, area) }
}

#[target_feature(enable = "avx512f")]
unsafe fn update<T: Scalar>(rule: Rule<T>, w: &mut [T], dw: &[T], moments: [&mut [T]; 2]) {
    crate::elementwise::optimizer::update(rule, w, dw, moments)
}

#[target_feature(enable = "avx512f")]
unsafe fn widen<T: Scalar>(map: &ByteMap<T>, bytes: &[u8], to: &mut [T]) {
    crate::elementwise::byte_lut::widen(map, bytes, to)
}

/// Sixteen f32.
#[derive(Clone, Copy)]
pub(crate) struct F32x16(__m512);
/// Eight f64.
#[derive(Clone, Copy)]
pub(crate) struct F64x8(__m512d);

/// One vector type from the names of its instructions.
macro_rules! vector {
    ($v:ident: $t:ident x $lanes:literal, mask: $mask:ident, mantissa: $mantissa:literal, shl: $shl:ident,
     splat: $splat:ident, load: $load:ident, store: $store:ident, maskload: $maskload:ident,
     maskstore: $maskstore:ident, add: $add:ident, sub: $sub:ident, mul: $mul:ident, div: $div:ident,
     fmadd: $fmadd:ident, max: $max:ident, min: $min:ident, abs: $abs:ident, blend: $blend:ident, sign: $sign:ident, turned: $turned:ident x $columns:literal,
     to_bits: $to_bits:ident, from_bits: $from_bits:ident) => {
        // SAFETY (for every block below): pointers cover the touched lanes by the caller's promise; the instructions
        // exist because `is_available` was asserted on the way here.
        #[allow(clippy::undocumented_unsafe_blocks)]
        impl Simd<$t> for $v {
            type Mask = $mask;
            const LANES: usize = $lanes;
            const MASKED_LOADS_ARE_FREE: bool = true;
            const TURNED: usize = $columns;

            #[inline(always)]
            unsafe fn splat(x: $t) -> Self {
                unsafe { $v($splat(x)) }
            }
            #[inline(always)]
            unsafe fn load(from: *const $t) -> Self {
                unsafe { $v($load(from)) }
            }
            #[inline(always)]
            unsafe fn store(self, to: *mut $t) {
                unsafe { $store(to, self.0) }
            }
            #[inline(always)]
            unsafe fn first(n: usize) -> $mask {
                debug_assert!(n <= $lanes, "{n} of {} lanes", $lanes);
                ((1u32 << n) - 1) as $mask
            }
            #[inline(always)]
            unsafe fn load_masked(from: *const $t, mask: $mask) -> Self {
                unsafe { $v($maskload(mask, from)) }
            }
            #[inline(always)]
            unsafe fn store_masked(self, to: *mut $t, mask: $mask) {
                unsafe { $maskstore(to, mask, self.0) }
            }
            #[inline(always)]
            unsafe fn splat_group<const N: usize>(from: *const $t) -> Self {
                unsafe { $v($from_bits(repeated(from.cast(), N * size_of::<$t>()))) }
            }
            #[inline(always)]
            unsafe fn with_group<const N: usize>(self, group: usize, other: Self) -> Self {
                unsafe { $v($blend((((1u32 << N) - 1) << (group * N)) as $mask, self.0, other.0)) }
            }
            #[inline(always)]
            unsafe fn add(self, other: Self) -> Self {
                unsafe { $v($add(self.0, other.0)) }
            }
            #[inline(always)]
            unsafe fn sub(self, other: Self) -> Self {
                unsafe { $v($sub(self.0, other.0)) }
            }
            #[inline(always)]
            unsafe fn mul(self, other: Self) -> Self {
                unsafe { $v($mul(self.0, other.0)) }
            }
            #[inline(always)]
            unsafe fn div(self, other: Self) -> Self {
                unsafe { $v($div(self.0, other.0)) }
            }
            #[inline(always)]
            unsafe fn mul_add(self, b: Self, c: Self) -> Self {
                unsafe { $v($fmadd(self.0, b.0, c.0)) }
            }
            // Both instructions answer with their second operand when either is NaN, or when both are zero.
            #[inline(always)]
            unsafe fn at_least(self, floor: Self) -> Self {
                unsafe { $v($max(floor.0, self.0)) }
            }
            #[inline(always)]
            unsafe fn at_most(self, ceiling: Self) -> Self {
                unsafe { $v($min(ceiling.0, self.0)) }
            }
            #[inline(always)]
            unsafe fn abs(self) -> Self {
                unsafe { $v($abs(self.0)) }
            }
            #[inline(always)]
            unsafe fn copysign(self, sign: Self) -> Self {
                // Bit by bit: where the constant has a 1 the sign's bit, elsewhere our own (truth table 0xca).
                unsafe {
                    let field = $to_bits($splat(-0.0));
                    let bits = _mm512_ternarylogic_epi64::<0xca>(field, $to_bits(sign.0), $to_bits(self.0));
                    $v($from_bits(bits))
                }
            }
            #[inline(always)]
            unsafe fn prefetch(at: *const $t) {
                unsafe { _mm_prefetch::<_MM_HINT_T0>(at.cast()) }
            }
            #[inline(always)]
            #[expect(clippy::pointers_in_nomem_asm_block, reason = "no instruction: nothing is read or written")]
            unsafe fn hidden<P>(mut pointer: *mut P) -> *mut P {
                unsafe { asm!("/* {0} */", inout(reg) pointer, options(pure, nomem, nostack, preserves_flags)) };
                pointer
            }
            #[inline(always)]
            unsafe fn turned(from: *const $t, rs: usize) -> [Self; TURNED_MOST] {
                let columns = unsafe { $turned(from, rs) };
                std::array::from_fn(|i| $v(columns[i % $columns]))
            }
            #[inline(always)]
            unsafe fn if_negative(self, yes: Self, no: Self) -> Self {
                unsafe { $v($blend($sign($to_bits(self.0), _mm512_setzero_si512()), no.0, yes.0)) }
            }
            #[inline(always)]
            unsafe fn shl_mantissa(self) -> Self {
                unsafe { $v($from_bits($shl::<$mantissa>($to_bits(self.0)))) }
            }
        }
    };
}
vector!(F32x16: f32 x 16, mask: __mmask16, mantissa: 23, shl: _mm512_slli_epi32,
    splat: _mm512_set1_ps, load: _mm512_loadu_ps, store: _mm512_storeu_ps, maskload: _mm512_maskz_loadu_ps,
    maskstore: _mm512_mask_storeu_ps, add: _mm512_add_ps, sub: _mm512_sub_ps, mul: _mm512_mul_ps, div: _mm512_div_ps,
    fmadd: _mm512_fmadd_ps, max: _mm512_max_ps, min: _mm512_min_ps, abs: _mm512_abs_ps, blend: _mm512_mask_blend_ps,
    sign: _mm512_cmplt_epi32_mask, turned: turned_16x8 x 8, to_bits: _mm512_castps_si512, from_bits: _mm512_castsi512_ps);
vector!(F64x8: f64 x 8, mask: __mmask8, mantissa: 52, shl: _mm512_slli_epi64,
    splat: _mm512_set1_pd, load: _mm512_loadu_pd, store: _mm512_storeu_pd, maskload: _mm512_maskz_loadu_pd,
    maskstore: _mm512_mask_storeu_pd, add: _mm512_add_pd, sub: _mm512_sub_pd, mul: _mm512_mul_pd, div: _mm512_div_pd,
    fmadd: _mm512_fmadd_pd, max: _mm512_max_pd, min: _mm512_min_pd, abs: _mm512_abs_pd, blend: _mm512_mask_blend_pd,
    sign: _mm512_cmplt_epi64_mask, turned: turned_8x2 x 2, to_bits: _mm512_castpd_si512, from_bits: _mm512_castsi512_pd);

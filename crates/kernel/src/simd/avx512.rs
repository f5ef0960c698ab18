//! AVX-512 (foundation): 32 registers of sixteen f32 or eight f64, and masks in registers of their own.
//!
//! The functions here are thin: each names one instruction. What is computed with them is an [`Op`] elsewhere, inlined into
//! [`Isa::call`], which switches the instruction set on.

mod shuffles;
mod widen;

use std::arch::asm;
use std::arch::x86_64::*;

use crate::simd::isa::{Isa, Op};
use crate::simd::rows_of_a;
use crate::simd::vector::{MAX_TRANSPOSED_COLUMNS, RowStep, Simd};
use crate::simd::widen::Widen;

use shuffles::{repeated, transposed_8x2, transposed_16x8};

/// AVX-512F (Skylake-X, Zen 4 and later).
pub(crate) struct Avx512;

/// Whether this CPU, under this operating system, runs the kernels of this file.
pub(crate) fn is_available() -> bool {
    is_x86_feature_detected!("avx512f")
}

macro_rules! isa {
    ($t:ident, $v:ident, max_skinny_rows: $max_skinny_rows:literal) => {
        impl Isa<$t> for Avx512 {
            type Vector = $v;
            type EdgeVector = $v;
            type MapVector = $v;
            const IS_FUSED: bool = true;
            const MR: usize = 14; // 14 x 2 accumulators + 2 of B + 1 of A: 31 of 32 registers
            const MR_ONE_VECTOR: usize = 14;
            const WIDE_VECTORS: usize = 4;
            const MR_WIDE: usize = 3;
            const MR_TAIL: usize = 0; // a mask costs nothing here
            const MAX_SKINNY_ROWS: usize = $max_skinny_rows;
            const ACC_REGISTERS: usize = 28; // beside one of A and one of B

            #[target_feature(enable = "avx512f")]
            unsafe fn call<O: Op<$t>>(op: O) -> O::Output {
                // SAFETY: the instructions are there and the operation's own contract holds, both promised by the caller.
                unsafe { op.run::<Self>() }
            }
        }
    };
}
isa!(f32, F32x16, max_skinny_rows: 13);
isa!(f64, F64x8, max_skinny_rows: 5);

/// Sixteen f32.
#[derive(Clone, Copy)]
pub(crate) struct F32x16(__m512);
/// Eight f64.
#[derive(Clone, Copy)]
pub(crate) struct F64x8(__m512d);

/// One vector type from the names of its instructions.
macro_rules! vector {
    ($v:ident: $t:ident x $lanes:literal, mask: $mask:ident, mantissa: $mantissa:literal, shl: $shl:ident,
     splat: $splat:ident, splat_row: $splat_row:ident, row_mul_add: $row_mul_add:ident, load: $load:ident,
     store: $store:ident, maskload: $maskload:ident,
     maskstore: $maskstore:ident, add: $add:ident, sub: $sub:ident, mul: $mul:ident, div: $div:ident,
     fmadd: $fmadd:ident, max: $max:ident, min: $min:ident, abs: $abs:ident, blend: $blend:ident, sign: $sign:ident, transposed: $transposed:ident x $columns:literal,
     to_bits: $to_bits:ident, from_bits: $from_bits:ident) => {
        // SAFETY (for every block below): pointers cover the touched lanes by the contract of `Simd`; the
        // instructions exist because `Kernel::assert_available` has passed on the way to `Isa::call`.
        #[allow(clippy::undocumented_unsafe_blocks)]
        impl Simd<$t> for $v {
            type Mask = $mask;
            const LANES: usize = $lanes;
            const MASKED_LOADS_ARE_FREE: bool = true;
            const TRANSPOSED_COLUMNS: usize = $columns;

            #[inline(always)]
            unsafe fn splat(x: $t) -> Self {
                unsafe { $v($splat(x)) }
            }
            #[inline(always)]
            unsafe fn splat_row<const ROW: usize>(a: *const $t, rows: &RowStep) -> Self {
                unsafe { $v(rows_of_a::$splat_row::<ROW>(a, rows)) }
            }
            #[inline(always)]
            unsafe fn row_mul_add<const ROW: usize>(a: *const $t, rows: &RowStep, b: Self, c: Self) -> Self {
                unsafe { $v(rows_of_a::$row_mul_add::<ROW>(a, rows, b.0, c.0)) }
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
            unsafe fn opaque<P>(mut pointer: *mut P) -> *mut P {
                unsafe { asm!("/* {0} */", inout(reg) pointer, options(pure, nomem, nostack, preserves_flags)) };
                pointer
            }
            #[inline(always)]
            unsafe fn transposed_columns(from: *const $t, rs: usize) -> [Self; MAX_TRANSPOSED_COLUMNS] {
                let columns = unsafe { $transposed(from, rs) };
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
    splat: _mm512_set1_ps, splat_row: splat_f32x16, row_mul_add: mul_add_f32x16, load: _mm512_loadu_ps,
    store: _mm512_storeu_ps, maskload: _mm512_maskz_loadu_ps,
    maskstore: _mm512_mask_storeu_ps, add: _mm512_add_ps, sub: _mm512_sub_ps, mul: _mm512_mul_ps, div: _mm512_div_ps,
    fmadd: _mm512_fmadd_ps, max: _mm512_max_ps, min: _mm512_min_ps, abs: _mm512_abs_ps, blend: _mm512_mask_blend_ps,
    sign: _mm512_cmplt_epi32_mask, transposed: transposed_16x8 x 8, to_bits: _mm512_castps_si512, from_bits: _mm512_castsi512_ps);
vector!(F64x8: f64 x 8, mask: __mmask8, mantissa: 52, shl: _mm512_slli_epi64,
    splat: _mm512_set1_pd, splat_row: splat_f64x8, row_mul_add: mul_add_f64x8, load: _mm512_loadu_pd,
    store: _mm512_storeu_pd, maskload: _mm512_maskz_loadu_pd,
    maskstore: _mm512_mask_storeu_pd, add: _mm512_add_pd, sub: _mm512_sub_pd, mul: _mm512_mul_pd, div: _mm512_div_pd,
    fmadd: _mm512_fmadd_pd, max: _mm512_max_pd, min: _mm512_min_pd, abs: _mm512_abs_pd, blend: _mm512_mask_blend_pd,
    sign: _mm512_cmplt_epi64_mask, transposed: transposed_8x2 x 2, to_bits: _mm512_castpd_si512, from_bits: _mm512_castsi512_pd);

// SAFETY (for every block below): the pointer covers a unit by the contract of `Widen`; the instructions exist because
// `Kernel::assert_available` has passed on the way to `Isa::call`.
#[allow(clippy::undocumented_unsafe_blocks)]
impl Widen<f32> for F32x16 {
    #[inline(always)]
    unsafe fn bf16(from: *const u16) -> [Self; 2] {
        let [first, second] = unsafe { widen::bf16(from) };
        [F32x16(first), F32x16(second)]
    }
    #[inline(always)]
    unsafe fn f16(from: *const u16) -> [Self; 2] {
        let [first, second] = unsafe { widen::f16(from) };
        [F32x16(first), F32x16(second)]
    }
    #[inline(always)]
    unsafe fn int8(from: *const i8) -> [Self; 2] {
        let [first, second] = unsafe { widen::int8(from) };
        [F32x16(first), F32x16(second)]
    }
    #[inline(always)]
    unsafe fn int8_fours(from: *const i8) -> [Self; 4] {
        let [a, b, c, d] = unsafe { widen::int8_fours(from) };
        [F32x16(a), F32x16(b), F32x16(c), F32x16(d)]
    }
}
impl Widen<f64> for F64x8 {}

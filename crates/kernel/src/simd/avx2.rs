//! AVX2 with FMA and F16C: registers of eight f32 or four f64.
//!
//! The functions here are thin: each names one instruction. What is computed with them is an [`Op`] elsewhere, inlined into
//! [`Isa::call`], which switches the instruction set on.

mod shuffles;
mod steps;
mod widen;

use std::arch::asm;
use std::arch::x86_64::*;

use crate::simd::isa::{Isa, Op};
use crate::simd::rows_of_a;
use crate::simd::vector::{MAX_TRANSPOSED_COLUMNS, RowStep, Simd, Steps};
use crate::simd::widen::Widen;

use shuffles::{groups_32, groups_64, transposed_4x2, transposed_8x4};

/// AVX2 and FMA (Haswell, Zen and later), and F16C, which came before them.
pub(crate) struct Avx2;

/// Whether this CPU, under this operating system, runs the kernels of this file.
pub(crate) fn is_available() -> bool {
    is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") && is_x86_feature_detected!("f16c")
}

macro_rules! isa {
    ($t:ident, $v:ident, max_skinny_rows: $max_skinny_rows:literal) => {
        impl Isa<$t> for Avx2 {
            type Vector = $v;
            type EdgeVector = $v;
            type MapVector = $v;
            const IS_FUSED: bool = true;
            const MR: usize = 6; // 6 x 2 accumulators + 2 of B + 1 of A: 15 of 16 registers
            const MR_ONE_VECTOR: usize = 12; // 12 accumulators + 1 of B + 1 of A
            const WIDE_VECTORS: usize = 4; // 3 x 4 accumulators + 3 of A + 1 of B
            const MR_WIDE: usize = 4; // 4 x 3 accumulators + 3 of B + 1 of A
            const MR_TAIL: usize = 8; // 8 accumulators + 4 of a tail of four + 2 of B + 2 of A
            const MAX_SKINNY_ROWS: usize = $max_skinny_rows;
            const ACC_REGISTERS: usize = 14; // beside one of A; B comes from memory

            #[target_feature(enable = "avx2,fma,f16c")]
            unsafe fn call<O: Op<$t>>(op: O) -> O::Output {
                // SAFETY: the instructions are there and the operation's own contract holds, both promised by the caller.
                unsafe { op.run::<Self>() }
            }
        }
    };
}
isa!(f32, F32x8, max_skinny_rows: 6);
isa!(f64, F64x4, max_skinny_rows: 2);

/// Eight f32.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(crate) struct F32x8(__m256);
/// Four f64.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(crate) struct F64x4(__m256d);

/// Eight lanes on, eight lanes off: a window that begins at 8 - n has the first n lanes on.
static MASKS_32: [i32; 16] = [-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0];
/// The same for four lanes of 64 bits.
static MASKS_64: [i64; 8] = [-1, -1, -1, -1, 0, 0, 0, 0];

/// The first lanes of a register.
#[derive(Clone, Copy)]
pub(crate) struct First {
    lanes: __m256i,
    n: usize,
}

/// Stores the first `n` of eight lanes in halves of halves. A masked store (`vmaskmovps`) is one instruction, which Zen 3 takes for
/// some forty, and twelve cycles. Time on Zen 3 over that with masked stores, medians in turns within one process (0.99-1.01 is noise):
///
/// ```text
/// 8 x 10 x 16     0.76    512 x 10 x 1, A by columns         0.27    64 x 20 x 32   0.89
/// 128 x 10 x 128  0.91    512 x 10 x 8, the same, on C       0.60    8 x 4 x 64     0.87
/// 128 x 10 x 512  1.00    128 x 10 x 128 in f64              0.96    16 x 3 x 8     0.66
/// ```
#[inline(always)]
unsafe fn store_first_f32(x: __m256, mut to: *mut f32, n: usize) {
    // SAFETY: `n` lanes at `to` may be written, by the contract of `Simd::store_masked`; the rest is what this file's
    // blocks promise.
    unsafe {
        if n >= 8 {
            return _mm256_storeu_ps(to, x);
        }
        let mut left = _mm256_castps256_ps128(x);
        if n & 4 != 0 {
            _mm_storeu_ps(to, left);
            left = _mm256_extractf128_ps::<1>(x);
            to = to.add(4);
        }
        if n & 2 != 0 {
            to.cast::<f64>().write_unaligned(_mm_cvtsd_f64(_mm_castps_pd(left)));
            left = _mm_movehl_ps(left, left);
            to = to.add(2);
        }
        if n & 1 != 0 {
            _mm_store_ss(to, left);
        }
    }
}

/// The same of four lanes of 64 bits.
#[inline(always)]
unsafe fn store_first_f64(x: __m256d, mut to: *mut f64, n: usize) {
    // SAFETY: `n` lanes at `to` may be written, by the contract of `Simd::store_masked`; the rest is what this file's
    // blocks promise.
    unsafe {
        if n >= 4 {
            return _mm256_storeu_pd(to, x);
        }
        let mut left = _mm256_castpd256_pd128(x);
        if n & 2 != 0 {
            _mm_storeu_pd(to, left);
            left = _mm256_extractf128_pd::<1>(x);
            to = to.add(2);
        }
        if n & 1 != 0 {
            _mm_store_sd(to, left);
        }
    }
}

/// One vector type from the names of its instructions.
macro_rules! vector {
    ($v:ident: $t:ident x $lanes:literal, masks: $masks:ident, mantissa: $mantissa:literal, shl: $shl:ident,
     splat: $splat:ident, splat_row: $splat_row:ident, load: $load:ident, store: $store:ident, maskload: $maskload:ident,
     store_first: $store_first:ident, add: $add:ident, sub: $sub:ident, mul: $mul:ident, div: $div:ident,
     fmadd: $fmadd:ident, max: $max:ident, min: $min:ident, and: $and:ident, andnot: $andnot:ident, or: $or:ident, blend: $blend:ident,
     transposed: $transposed:ident x $columns:literal, groups: $groups:ident, steps: $full:path, $masked:path,
     to_bits: $to_bits:ident, from_bits: $from_bits:ident) => {
        // SAFETY (for every block below): pointers cover the touched lanes by the contract of `Simd`; the
        // instructions exist because `Kernel::assert_available` has passed on the way to `Isa::call`.
        #[allow(clippy::undocumented_unsafe_blocks)]
        impl Simd<$t> for $v {
            type Mask = First;
            const LANES: usize = $lanes;
            const MASKED_LOADS_ARE_FREE: bool = false;
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
            unsafe fn load(from: *const $t) -> Self {
                unsafe { $v($load(from)) }
            }
            #[inline(always)]
            unsafe fn store(self, to: *mut $t) {
                unsafe { $store(to, self.0) }
            }
            #[inline(always)]
            unsafe fn first(n: usize) -> First {
                debug_assert!(n <= $lanes, "{n} of {} lanes", $lanes);
                First { lanes: unsafe { _mm256_loadu_si256($masks.as_ptr().add($lanes - n).cast()) }, n }
            }
            #[inline(always)]
            unsafe fn load_masked(from: *const $t, mask: First) -> Self {
                unsafe { $v($maskload(from, mask.lanes)) }
            }
            #[inline(always)]
            unsafe fn store_masked(self, to: *mut $t, mask: First) {
                unsafe { $store_first(self.0, to, mask.n) }
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
                unsafe { $v($andnot($splat(-0.0), self.0)) }
            }
            #[inline(always)]
            unsafe fn copysign(self, sign: Self) -> Self {
                unsafe { $v($or($andnot($splat(-0.0), self.0), $and($splat(-0.0), sign.0))) }
            }
            #[inline(always)]
            unsafe fn prefetch(at: *const $t) {
                unsafe { _mm_prefetch::<_MM_HINT_T0>(at.cast()) }
            }
            #[inline(always)]
            unsafe fn transposed_columns(from: *const $t, rs: usize) -> [Self; MAX_TRANSPOSED_COLUMNS] {
                let columns = unsafe { $transposed(from, rs) };
                std::array::from_fn(|i| $v(columns[i % $columns]))
            }
            #[inline(always)]
            #[expect(clippy::pointers_in_nomem_asm_block, reason = "no instruction: nothing is read or written")]
            unsafe fn opaque<P>(mut pointer: *mut P) -> *mut P {
                unsafe { asm!("/* {0} */", inout(reg) pointer, options(pure, nomem, nostack, preserves_flags)) };
                pointer
            }
            #[inline(always)]
            unsafe fn steps_4x3(acc: &mut [[Self; 3]; 4], operands: &Steps<$t>, mask: Option<First>) {
                unsafe {
                    let acc = &mut *(&raw mut *acc).cast(); // each vector is its register: repr(transparent)
                    match mask {
                        None => $full(acc, operands),
                        Some(mask) => $masked(acc, operands, &mask.lanes),
                    }
                }
            }
            #[inline(always)]
            unsafe fn splat_group<const N: usize>(from: *const $t) -> Self {
                unsafe { $v($groups::splat::<N>(from)) }
            }
            #[inline(always)]
            unsafe fn with_group<const N: usize>(self, group: usize, other: Self) -> Self {
                unsafe { $v($groups::with::<N>(self.0, group, other.0)) }
            }
            #[inline(always)]
            unsafe fn group<const N: usize>(self, group: usize) -> Self {
                unsafe { $v($groups::get::<N>(self.0, group)) }
            }
            #[inline(always)]
            unsafe fn if_negative(self, yes: Self, no: Self) -> Self {
                unsafe { $v($blend(no.0, yes.0, self.0)) }
            }
            #[inline(always)]
            unsafe fn shl_mantissa(self) -> Self {
                unsafe { $v($from_bits($shl::<$mantissa>($to_bits(self.0)))) }
            }
        }
    };
}
vector!(F32x8: f32 x 8, masks: MASKS_32, mantissa: 23, shl: _mm256_slli_epi32,
    splat: _mm256_set1_ps, splat_row: splat_f32x8, load: _mm256_loadu_ps, store: _mm256_storeu_ps, maskload: _mm256_maskload_ps,
    store_first: store_first_f32, add: _mm256_add_ps, sub: _mm256_sub_ps, mul: _mm256_mul_ps, div: _mm256_div_ps,
    fmadd: _mm256_fmadd_ps, max: _mm256_max_ps, min: _mm256_min_ps, and: _mm256_and_ps, andnot: _mm256_andnot_ps,
    or: _mm256_or_ps, blend: _mm256_blendv_ps, transposed: transposed_8x4 x 4, groups: groups_32,
    steps: steps::full_f32, steps::masked_f32, to_bits: _mm256_castps_si256, from_bits: _mm256_castsi256_ps);
vector!(F64x4: f64 x 4, masks: MASKS_64, mantissa: 52, shl: _mm256_slli_epi64,
    splat: _mm256_set1_pd, splat_row: splat_f64x4, load: _mm256_loadu_pd, store: _mm256_storeu_pd, maskload: _mm256_maskload_pd,
    store_first: store_first_f64, add: _mm256_add_pd, sub: _mm256_sub_pd, mul: _mm256_mul_pd, div: _mm256_div_pd,
    fmadd: _mm256_fmadd_pd, max: _mm256_max_pd, min: _mm256_min_pd, and: _mm256_and_pd, andnot: _mm256_andnot_pd,
    or: _mm256_or_pd, blend: _mm256_blendv_pd, transposed: transposed_4x2 x 2, groups: groups_64,
    steps: steps::full_f64, steps::masked_f64, to_bits: _mm256_castpd_si256, from_bits: _mm256_castsi256_pd);

// SAFETY (for every block below): the pointer covers a unit by the contract of `Widen`; the instructions exist because
// `Kernel::assert_available` has passed on the way to `Isa::call`.
#[allow(clippy::undocumented_unsafe_blocks)]
impl Widen<f32> for F32x8 {
    #[inline(always)]
    unsafe fn bf16(from: *const u16) -> [Self; 2] {
        let [first, second] = unsafe { widen::bf16(from) };
        [F32x8(first), F32x8(second)]
    }
    #[inline(always)]
    unsafe fn f16(from: *const u16) -> [Self; 2] {
        let [first, second] = unsafe { widen::f16(from) };
        [F32x8(first), F32x8(second)]
    }
    #[inline(always)]
    unsafe fn int8(from: *const i8) -> [Self; 2] {
        let [first, second] = unsafe { widen::int8(from) };
        [F32x8(first), F32x8(second)]
    }
    #[inline(always)]
    unsafe fn int8_fours(from: *const i8) -> [Self; 4] {
        let [a, b, c, d] = unsafe { widen::int8_fours(from) };
        [F32x8(a), F32x8(b), F32x8(c), F32x8(d)]
    }
}
impl Widen<f64> for F64x4 {}

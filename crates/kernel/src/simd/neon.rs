//! NEON (Advanced SIMD): 32 registers of four f32 or two f64.
//!
//! The functions here are thin: each names one instruction, or two. What is computed with them is an [`Op`] elsewhere, inlined
//! into [`Isa::call`], which switches the instruction set on.
//!
//! A multiply-add can take one lane of a register as the factor of a whole one. So the numbers of A are not broadcast one by
//! one: a register of them serves four rows of one step (A packed, or by columns), or four steps of one row (A by rows).

mod steps;
mod widen;

use std::arch::aarch64::*;
use std::arch::{asm, is_aarch64_feature_detected};
use std::mem::MaybeUninit;

use crate::simd::isa::{Isa, Op};
use crate::simd::portable::Array;
use crate::simd::vector::{MAX_TRANSPOSED_COLUMNS, Simd, Steps};
use crate::simd::widen::Widen;

use steps::{columns_f32, columns_f64, rows_f32, rows_f64};

/// NEON, with which every 64-bit ARM processor that runs an operating system comes.
pub(crate) struct Neon;

/// Whether this CPU, under this operating system, runs the kernels of this file.
pub(crate) fn is_available() -> bool {
    is_aarch64_feature_detected!("neon")
}

/// Tiles by the analytical model (Low et al., "Analytical Modeling Is Enough for High-Performance BLIS", equation 1): two to
/// four multiply-adds a cycle, each of which takes four, want 8 to 16 registers of sums at least. Of those that 32 registers hold
/// beside a step of A and B the fewest loads for a multiply-add have 8 x 12 and 12 x 8, 5 of 24 in f32 (8 x 6: 7 of 24 in
/// f64); 4 x 24 has 7 of 24, 16 x 4 5 of 16.
macro_rules! isa {
    ($t:ident, $v:ident, map: $map:ty, max_skinny_rows: $max_skinny_rows:literal) => {
        impl Isa<$t> for Neon {
            type Vector = $v;
            type EdgeVector = $v;
            type MapVector = $map;
            const IS_FUSED: bool = true;
            const NV: usize = 3;
            const MR: usize = 8; // 8 x 3 accumulators + 3 of B + 2 of A (4 in f64): 29 (31) of 32 registers
            const MR_BY_ROWS: usize = 7; // 7 x 3 accumulators + 3 of B + 7 of A, one for each row: 31
            const MR_ONE_VECTOR: usize = 8; // 8 accumulators + 1 of B + 8 of A
            const WIDE_VECTORS: usize = 4; // 3 x 4 accumulators + 4 of B + 3 of A
            const MR_WIDE: usize = 3;
            const MR_TAIL: usize = 0; // a register is short as it is
            const MAX_SKINNY_ROWS: usize = $max_skinny_rows;
            const ACC_REGISTERS: usize = 28; // beside one of A and two of B
            const PACKED_A_COLUMN_TILES: usize = 8;

            #[target_feature(enable = "neon")]
            unsafe fn call<O: Op<$t>>(op: O) -> O::Output {
                // SAFETY: the instructions are there and the operation's own contract holds, both promised by the caller.
                unsafe { op.run::<Self>() }
            }
        }
    };
}
isa!(f32, F32x4, map: F32x4, max_skinny_rows: 3);
// Two registers at a time, between which the loads of constants are shared.
isa!(f64, F64x2, map: Array<f64, 4>, max_skinny_rows: 1);

/// Four f32.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(crate) struct F32x4(float32x4_t);
/// Two f64.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(crate) struct F64x2(float64x2_t);

/// The first `n` of four f32, the others 0.
///
/// Safety: the pointer covers n elements; the CPU has NEON.
#[inline(always)]
unsafe fn first_f32(from: *const f32, n: usize) -> float32x4_t {
    // SAFETY: this function's contract, n elements.
    unsafe {
        let zero = vdupq_n_f32(0.0);
        match n {
            0 => zero,
            1 => vld1q_lane_f32::<0>(from, zero),
            2 => vcombine_f32(vld1_f32(from), vget_low_f32(zero)),
            3 => vld1q_lane_f32::<2>(from.add(2), vcombine_f32(vld1_f32(from), vget_low_f32(zero))),
            _ => vld1q_f32(from),
        }
    }
}

/// Stores the first `n` of four f32.
///
/// Safety: as [`first_f32`].
#[inline(always)]
unsafe fn store_first_f32(to: *mut f32, x: float32x4_t, n: usize) {
    // SAFETY: this function's contract, n elements.
    unsafe {
        match n {
            0 => {}
            1 => vst1q_lane_f32::<0>(to, x),
            2 => vst1_f32(to, vget_low_f32(x)),
            3 => {
                vst1_f32(to, vget_low_f32(x));
                vst1q_lane_f32::<2>(to.add(2), x);
            }
            _ => vst1q_f32(to, x),
        }
    }
}

/// The first `n` of two f64, the others 0.
///
/// Safety: as [`first_f32`].
#[inline(always)]
unsafe fn first_f64(from: *const f64, n: usize) -> float64x2_t {
    // SAFETY: this function's contract, n elements.
    unsafe {
        match n {
            0 => vdupq_n_f64(0.0),
            1 => vld1q_lane_f64::<0>(from, vdupq_n_f64(0.0)),
            _ => vld1q_f64(from),
        }
    }
}

/// Stores the first `n` of two f64.
///
/// Safety: as [`first_f32`].
#[inline(always)]
unsafe fn store_first_f64(to: *mut f64, x: float64x2_t, n: usize) {
    // SAFETY: this function's contract, n elements.
    unsafe {
        match n {
            0 => {}
            1 => vst1q_lane_f64::<0>(to, x),
            _ => vst1q_f64(to, x),
        }
    }
}

/// Where the last register of a ragged row of B begins, in bytes: it ends with the last of the columns.
fn last_bytes<T, const NV: usize>(cols: usize) -> usize {
    debug_assert!(
        (NV - 1) * 16 < cols * size_of::<T>() && cols * size_of::<T>() <= NV * 16,
        "{cols} columns in {NV} registers"
    );
    (cols * size_of::<T>()).wrapping_sub(16)
}

/// Four rows of four f32: pairs, then halves change places.
///
/// Safety: the block covers 4 x 4 elements; the CPU has NEON.
#[inline(always)]
unsafe fn transposed_4x4(from: *const f32, rs: usize) -> [float32x4_t; 4] {
    // SAFETY: rows 0..4 of the block, this function's contract.
    unsafe {
        let row = |i: usize| vreinterpretq_f64_f32(vld1q_f32(from.add(i * rs)));
        let (r0, r1, r2, r3) = (row(0), row(1), row(2), row(3));
        let even = |x, y| vreinterpretq_f32_f64(vtrn1q_f64(x, y));
        let odd = |x, y| vreinterpretq_f32_f64(vtrn2q_f64(x, y));
        // (a0 a1 c0 c1), (b0 b1 d0 d1), (a2 a3 c2 c3), (b2 b3 d2 d3)
        let (t0, t1, t2, t3) = (even(r0, r2), even(r1, r3), odd(r0, r2), odd(r1, r3));
        [vtrn1q_f32(t0, t1), vtrn2q_f32(t0, t1), vtrn1q_f32(t2, t3), vtrn2q_f32(t2, t3)]
    }
}

/// Two rows of two f64.
///
/// Safety: the block covers 2 x 2 elements; the CPU has NEON.
#[inline(always)]
unsafe fn transposed_2x2(from: *const f64, rs: usize) -> [float64x2_t; 2] {
    // SAFETY: rows 0 and 1 of the block, this function's contract.
    unsafe {
        let (r0, r1) = (vld1q_f64(from), vld1q_f64(from.add(rs)));
        [vtrn1q_f64(r0, r1), vtrn2q_f64(r0, r1)]
    }
}

/// One vector type from the names of its instructions.
macro_rules! vector {
    ($v:ident: $t:ident x $lanes:literal, mantissa: $mantissa:literal, shl: $shl:ident,
     splat: $splat:ident, load: $load:ident, store: $store:ident, first: $first:ident, store_first: $store_first:ident,
     add: $add:ident, sub: $sub:ident,
     mul: $mul:ident, div: $div:ident, fma: $fma:ident, above: $above:ident, below: $below:ident,
     abs: $abs:ident, select: $select:ident, negative: $negative:ident, sign: $sign:expr, signs: $signs:ident,
     transposed: $transposed:ident, steps: $columns:ident, $rows:ident, to_bits: $to_bits:ident, to_signed: $to_signed:ident, from_bits: $from_bits:ident) => {
        // SAFETY (for every block below): pointers cover the touched lanes by the contract of `Simd`; the
        // instructions exist because `Kernel::assert_available` has passed on the way to `Isa::call`.
        #[allow(clippy::undocumented_unsafe_blocks)]
        impl Simd<$t> for $v {
            type Mask = usize;
            const LANES: usize = $lanes;
            const MASKED_LOADS_ARE_FREE: bool = false;
            const TRANSPOSED_COLUMNS: usize = $lanes;
            const LANES_ARE_FACTORS: bool = true;

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
            unsafe fn first(n: usize) -> usize {
                debug_assert!(n <= $lanes, "{n} of {} lanes", $lanes);
                n
            }
            #[inline(always)]
            unsafe fn load_masked(from: *const $t, n: usize) -> Self {
                unsafe { $v($first(from, n)) }
            }
            #[inline(always)]
            unsafe fn store_masked(self, to: *mut $t, n: usize) {
                unsafe { $store_first(to, self.0, n) }
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
                unsafe { $v($fma(c.0, self.0, b.0)) }
            }
            #[inline(always)]
            unsafe fn column_steps<const M: usize, const NV: usize, const RAGGED: bool>(
                acc: &mut [[Self; NV]; M],
                operands: &Steps<$t>,
                cols: usize,
            ) {
                // Each vector is its register: repr(transparent).
                unsafe { $columns::<M, NV, RAGGED>(acc.as_mut_ptr().cast(), operands, last_bytes::<$t, NV>(cols)) }
            }
            #[inline(always)]
            unsafe fn row_steps<const M: usize, const NV: usize, const RAGGED: bool>(
                acc: &mut [[Self; NV]; M],
                operands: &Steps<$t>,
                cols: usize,
            ) {
                unsafe { $rows::<M, NV, RAGGED>(acc.as_mut_ptr().cast(), operands, last_bytes::<$t, NV>(cols)) }
            }
            #[inline(always)]
            unsafe fn rotated(self, by: usize) -> Self {
                debug_assert!(by <= $lanes, "{by} of {} lanes", $lanes);
                let mut twice = [const { MaybeUninit::<$t>::uninit() }; 2 * $lanes];
                let twice = twice.as_mut_ptr().cast::<$t>();
                unsafe {
                    self.store(twice);
                    self.store(twice.add($lanes));
                    Self::load(twice.add(by))
                }
            }
            #[inline(always)]
            unsafe fn group<const N: usize>(self, group: usize) -> Self {
                unsafe { self.rotated(group * N) }
            }
            // Not FMAX and FMIN, which return the other operand's NaN, too, and of two zeros the positive or the negative one.
            #[inline(always)]
            unsafe fn at_least(self, floor: Self) -> Self {
                unsafe { $v($select($above(floor.0, self.0), floor.0, self.0)) }
            }
            #[inline(always)]
            unsafe fn at_most(self, ceiling: Self) -> Self {
                unsafe { $v($select($below(ceiling.0, self.0), ceiling.0, self.0)) }
            }
            #[inline(always)]
            unsafe fn abs(self) -> Self {
                unsafe { $v($abs(self.0)) }
            }
            #[inline(always)]
            unsafe fn copysign(self, sign: Self) -> Self {
                unsafe { $v($select($signs($sign), sign.0, self.0)) }
            }
            const PREFETCHES: bool = false;
            // What is read a row after the other the hardware foresees; the rest could not be measured.
            #[inline(always)]
            unsafe fn prefetch(_at: *const $t) {}
            #[inline(always)]
            #[expect(clippy::pointers_in_nomem_asm_block, reason = "no instruction: nothing is read or written")]
            unsafe fn opaque<P>(mut pointer: *mut P) -> *mut P {
                unsafe { asm!("/* {0} */", inout(reg) pointer, options(pure, nomem, nostack, preserves_flags)) };
                pointer
            }
            #[inline(always)]
            unsafe fn transposed_columns(from: *const $t, rs: usize) -> [Self; MAX_TRANSPOSED_COLUMNS] {
                let columns = unsafe { $transposed(from, rs) };
                std::array::from_fn(|i| $v(columns[i % $lanes]))
            }
            #[inline(always)]
            unsafe fn if_negative(self, yes: Self, no: Self) -> Self {
                unsafe { $v($select($negative($to_signed(self.0)), yes.0, no.0)) }
            }
            #[inline(always)]
            unsafe fn shl_mantissa(self) -> Self {
                unsafe { $v($from_bits($shl::<$mantissa>($to_bits(self.0)))) }
            }
        }
    };
}
vector!(F32x4: f32 x 4, mantissa: 23, shl: vshlq_n_u32,
    splat: vdupq_n_f32, load: vld1q_f32, store: vst1q_f32, first: first_f32, store_first: store_first_f32, add: vaddq_f32, sub: vsubq_f32,
    mul: vmulq_f32, div: vdivq_f32, fma: vfmaq_f32, above: vcgtq_f32, below: vcltq_f32,
    abs: vabsq_f32, select: vbslq_f32, negative: vcltzq_s32, sign: 1 << 31, signs: vdupq_n_u32,
    transposed: transposed_4x4, steps: columns_f32, rows_f32, to_bits: vreinterpretq_u32_f32, to_signed: vreinterpretq_s32_f32,
    from_bits: vreinterpretq_f32_u32);
vector!(F64x2: f64 x 2, mantissa: 52, shl: vshlq_n_u64,
    splat: vdupq_n_f64, load: vld1q_f64, store: vst1q_f64, first: first_f64, store_first: store_first_f64, add: vaddq_f64, sub: vsubq_f64,
    mul: vmulq_f64, div: vdivq_f64, fma: vfmaq_f64, above: vcgtq_f64, below: vcltq_f64,
    abs: vabsq_f64, select: vbslq_f64, negative: vcltzq_s64, sign: 1 << 63, signs: vdupq_n_u64,
    transposed: transposed_2x2, steps: columns_f64, rows_f64, to_bits: vreinterpretq_u64_f64, to_signed: vreinterpretq_s64_f64,
    from_bits: vreinterpretq_f64_u64);

// SAFETY (for every block below): the pointer covers a unit by the contract of `Widen`; the instructions exist because
// `Kernel::assert_available` has passed on the way to `Isa::call`.
#[allow(clippy::undocumented_unsafe_blocks)]
impl Widen<f32> for F32x4 {
    #[inline(always)]
    unsafe fn bf16(from: *const u16) -> [Self; 2] {
        let [first, second] = unsafe { widen::bf16(from) };
        [F32x4(first), F32x4(second)]
    }
    #[inline(always)]
    unsafe fn int8_fours(from: *const i8) -> [Self; 4] {
        let [a, b, c, d] = unsafe { widen::int8_fours(from) };
        [F32x4(a), F32x4(b), F32x4(c), F32x4(d)]
    }
}
impl Widen<f64> for F64x2 {}

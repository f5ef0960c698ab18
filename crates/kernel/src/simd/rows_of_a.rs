//! One row's element of A as a factor, with the row's address in the load: x86-64 adds to a pointer another register, once,
//! twice, four or eight times.
//!
//! Given `a + row * stride`, the compiler walks a pointer from row to row, an addition for each, in one chain. Instructions of a
//! step, before and since:
//!
//! ```text
//! AVX2     6 x 2 registers   29   22      12 x 1 registers   38   29
//! AVX-512  14 x 2 registers  59   48      14 x 1 registers   30   19
//! ```
//!
//! Where a core decodes four instructions in a cycle, or three because another thread shares it, their number is what counts: the
//! multiply-adds of 6 x 2 registers take six cycles. Time since over that before (Zen 3, AVX2, f32, medians in turns within
//! one process; the processor is shared, and its quietest moments are the right column):
//!
//! ```text
//! 64 x 64 x 64                    0.92-0.94   1.00      128 x 8 x 512    0.86-0.88   0.89
//! 128 x 128 x 128                 0.91-0.94   0.99      128 x 13 x 512   0.93-0.96   1.00
//! 256 x 256 x 256                 0.88-0.95   1.00      128 x 10 x 128   0.89        0.89
//! 512 x 512 x 512                 0.92-0.96   1.00      64 x 16 x 64     0.92-0.96   1.00
//! 200 x 200 x 200, A by columns   0.92-0.93   0.99      1 x 16 x 64      0.99        0.99
//! ```
//!
//! Few steps, where two more registers are made ready for them: 60 x 8 x 3 0.90, 12 x 5 x 4 0.89, 24 x 16 x 3 1.01, 64 x 16 x 2
//! with A by columns 1.05, 60 x 10 x 3 1.06.
//!
//! What lost before: a second pointer halfway down the rows, for the compiler to walk. For one register of columns it was
//! 1.45-1.66 times as fast as one pointer (AVX-512, 16 columns), for two registers up to 0.14 slower, and with a single step 0.75
//! times as fast.
//!
//! With AVX-512 not measured, and not yet run: no processor with it was at hand.

use std::arch::asm;
use std::arch::x86_64::{__m256, __m256d, __m512, __m512d};

use crate::simd::vector::RowStep;

/// The instruction `$before ADDRESS $after` of a row (0 to 6).
macro_rules! of_row {
    ($row:ident, $a:ident, $rows:ident, $before:expr, $after:expr, $($operand:tt)+) => {
        match $row {
            0 => of_row!(@ concat!($before, "[{a}]", $after), $a, $($operand)+),
            1 => of_row!(@ concat!($before, "[{a} + {by}]", $after), $a, by = in(reg) $rows.one, $($operand)+),
            2 => of_row!(@ concat!($before, "[{a} + 2*{by}]", $after), $a, by = in(reg) $rows.one, $($operand)+),
            3 => of_row!(@ concat!($before, "[{a} + {by}]", $after), $a, by = in(reg) $rows.three, $($operand)+),
            4 => of_row!(@ concat!($before, "[{a} + 4*{by}]", $after), $a, by = in(reg) $rows.one, $($operand)+),
            5 => of_row!(@ concat!($before, "[{a} + {by}]", $after), $a, by = in(reg) $rows.five, $($operand)+),
            6 => of_row!(@ concat!($before, "[{a} + 2*{by}]", $after), $a, by = in(reg) $rows.three, $($operand)+),
            _ => unreachable!("a pointer reaches seven rows"),
        }
    };
    (@ $text:expr, $a:ident, $($operand:tt)+) => {
        asm!($text, a = in(reg) $a, $($operand)+, options(pure, readonly, nostack, preserves_flags))
    };
}

macro_rules! splat {
    ($name:ident: $t:ty, $v:ty, $class:ident, $features:literal, $broadcast:literal) => {
        /// The element of a row (0 to 6) in every lane.
        ///
        /// Safety: the element can be read; the CPU has the instructions.
        #[inline]
        #[target_feature(enable = $features)]
        pub(super) unsafe fn $name<const ROW: usize>(a: *const $t, rows: &RowStep) -> $v {
            let x;
            // SAFETY: reads one element, which the caller's pointer covers, and writes nothing but the operand named.
            unsafe { of_row!(ROW, a, rows, concat!($broadcast, " {x}, "), "", x = out($class) x) };
            x
        }
    };
}
splat!(splat_f32x8: f32, __m256, ymm_reg, "avx2", "vbroadcastss");
splat!(splat_f64x4: f64, __m256d, ymm_reg, "avx2", "vbroadcastsd");
splat!(splat_f32x16: f32, __m512, zmm_reg, "avx512f", "vbroadcastss");
splat!(splat_f64x8: f64, __m512d, zmm_reg, "avx512f", "vbroadcastsd");

macro_rules! mul_add {
    ($name:ident: $t:ty, $v:ty, $fma:literal, $width:literal, $lanes:literal) => {
        /// The element of a row (0 to 6) times `b` plus `c`, rounded once.
        ///
        /// Safety: the element can be read; the CPU has the instructions.
        #[inline]
        #[target_feature(enable = "avx512f")]
        pub(super) unsafe fn $name<const ROW: usize>(a: *const $t, rows: &RowStep, b: $v, mut c: $v) -> $v {
            // SAFETY: reads one element, which the caller's pointer covers, and writes nothing but the operand named.
            unsafe {
                of_row!(ROW, a, rows, concat!($fma, " {c}, {b}, ", $width, " ptr "), $lanes,
                    b = in(zmm_reg) b, c = inout(zmm_reg) c)
            };
            c
        }
    };
}
mul_add!(mul_add_f32x16: f32, __m512, "vfmadd231ps", "dword", "{{1to16}}");
mul_add!(mul_add_f64x8: f64, __m512d, "vfmadd231pd", "qword", "{{1to8}}");

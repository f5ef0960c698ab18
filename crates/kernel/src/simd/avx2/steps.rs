//! The multiply-adds of a tile of four rows and three registers, which takes all sixteen registers of AVX2: twelve sums,
//! three of B and one of A. In assembly, because the compiler, given the same steps, takes a second register for A and
//! moves sums to the stack: half as fast.

use std::arch::asm;
use std::arch::x86_64::{__m256, __m256d, __m256i};

use crate::simd::vector::Steps;

/// One function for each element type and way of loading the last register of a row of B.
macro_rules! steps {
    ($name:ident: $t:ty, $v:ty, $load:literal, $splat:literal, $fma:literal, [$($last:literal),+] $(, $mask:ident)?) => {
        /// `acc[i][v] <- acc[i][v] + a[i] * b[v]` for each of the steps in turn, rounded once each.
        ///
        /// Safety: from `a` on four rows and `k` steps of A, from `b` on `k` rows and three registers of B (of the last, the lanes of the mask, if
        /// there is one); AVX2 and FMA.
        #[target_feature(enable = "avx2,fma")]
        pub(super) unsafe fn $name(
            acc: &mut [[$v; 3]; 4],
            &Steps { k, a, a_rs, a_cs, b, b_rs }: &Steps<$t>
            $(, $mask: &__m256i)?
        ) {
            if k == 0 {
                return;
            }
            let [[c00, c01, c02], [c10, c11, c12], [c20, c21, c22], [c30, c31, c32]] = acc;
            let bytes = size_of::<$t>();
            // SAFETY: reads what the caller promises, writes nothing but the operands named.
            unsafe {
                asm!(
                    "2:",
                    concat!($load, " {b0}, [{b}]"),
                    concat!($load, " {b1}, [{b} + 32]"),
                    $($last,)+
                    concat!($splat, " {x}, [{a}]"),
                    concat!($fma, " {c00}, {x}, {b0}"),
                    concat!($fma, " {c01}, {x}, {b1}"),
                    concat!($fma, " {c02}, {x}, {b2}"),
                    concat!($splat, " {x}, [{a} + {rs}]"),
                    concat!($fma, " {c10}, {x}, {b0}"),
                    concat!($fma, " {c11}, {x}, {b1}"),
                    concat!($fma, " {c12}, {x}, {b2}"),
                    concat!($splat, " {x}, [{a} + 2*{rs}]"),
                    concat!($fma, " {c20}, {x}, {b0}"),
                    concat!($fma, " {c21}, {x}, {b1}"),
                    concat!($fma, " {c22}, {x}, {b2}"),
                    concat!($splat, " {x}, [{a} + {rs3}]"),
                    concat!($fma, " {c30}, {x}, {b0}"),
                    concat!($fma, " {c31}, {x}, {b1}"),
                    concat!($fma, " {c32}, {x}, {b2}"),
                    "add {a}, {cs}",
                    "add {b}, {b_rs}",
                    "dec {k}",
                    "jnz 2b",
                    k = inout(reg) k => _,
                    a = inout(reg) a => _,
                    b = inout(reg) b => _,
                    rs = in(reg) a_rs * bytes,
                    rs3 = in(reg) 3 * a_rs * bytes,
                    cs = in(reg) a_cs * bytes,
                    b_rs = in(reg) b_rs * bytes,
                    $($mask = in(reg) $mask,)?
                    c00 = inout(ymm_reg) *c00, c01 = inout(ymm_reg) *c01, c02 = inout(ymm_reg) *c02,
                    c10 = inout(ymm_reg) *c10, c11 = inout(ymm_reg) *c11, c12 = inout(ymm_reg) *c12,
                    c20 = inout(ymm_reg) *c20, c21 = inout(ymm_reg) *c21, c22 = inout(ymm_reg) *c22,
                    c30 = inout(ymm_reg) *c30, c31 = inout(ymm_reg) *c31, c32 = inout(ymm_reg) *c32,
                    b0 = out(ymm_reg) _, b1 = out(ymm_reg) _, b2 = out(ymm_reg) _, x = out(ymm_reg) _,
                    options(nostack, readonly),
                );
            }
        }
    };
}

steps!(full_f32: f32, __m256, "vmovups", "vbroadcastss", "vfmadd231ps", ["vmovups {b2}, [{b} + 64]"]);
steps!(full_f64: f64, __m256d, "vmovupd", "vbroadcastsd", "vfmadd231pd", ["vmovupd {b2}, [{b} + 64]"]);
// The mask waits in the register of A's numbers.
steps!(masked_f32: f32, __m256, "vmovups", "vbroadcastss", "vfmadd231ps",
    ["vmovdqu {x}, [{mask}]", "vmaskmovps {b2}, {x}, [{b} + 64]"], mask);
steps!(masked_f64: f64, __m256d, "vmovupd", "vbroadcastsd", "vfmadd231pd",
    ["vmovdqu {x}, [{mask}]", "vmaskmovpd {b2}, {x}, [{b} + 64]"], mask);

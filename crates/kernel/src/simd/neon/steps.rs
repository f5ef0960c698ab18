//! The multiply-adds of tiles, in assembly: a lane of A times registers of B. Given the same steps, the compiler moved
//! pointers by instructions of their own and, in some tiles, sums to the stack: 62 to 230 instructions for 48 multiply-adds.
//!
//! ```text
//! by columns   v24 v25: eight rows of one step    c[i][v] += b[v] * (v24 v25)[i]     A packed, or by columns
//! by rows      v24 .. v30: four steps of a row    c[i][v] += b[v] * v(24 + i)[step]  A where it lies
//! ```
//!
//! The last register of B is v23; the sums are where the compiler put them. Instructions for each multiply-add, of which one is
//! the least there can be (`objdump`; loads, pointers and loop included):
//!
//! | tile, A                     | f32             | f64             |
//! |-----------------------------|-----------------|-----------------|
//! | 8 x 3, packed or by columns | 54 / 48 = 1.125 | 54 / 48 = 1.125 |
//! | 7 x 3, by rows              | 97 / 84 = 1.155 | 53 / 42 = 1.262 |
//!
//! Instructions of whole products over those of the portable kernel (counted by a plugin of qemu, both by Rust 1.96): 64 x 64 x 64
//! 0.86, 256 x 256 x 256 0.80, in f64 0.88 and 0.79; B transposed 0.79, A transposed 0.79; 45 x 97 x 255 0.81; 64 rows of
//! 784 x 128 0.80, their dw 0.81, dx 0.73; 128 rows of 512 x 10 0.45. A single row of 784 x 512 0.84, of 784 x 128 as many.

use std::arch::aarch64::{float32x4_t, float64x2_t};
use std::arch::asm;

use crate::simd::vector::Steps;

macro_rules! by_type {
    (f32, $f32:expr, $f64:expr) => {
        $f32
    };
    (f64, $f32:expr, $f64:expr) => {
        $f64
    };
}

/// `c += b * a`, where `a` is a lane.
macro_rules! fmla {
    ($t:ident, $c:ident, $b:literal, $a:expr) => {
        concat!(
            "fmla {",
            stringify!($c),
            ":v",
            "}",
            by_type!($t, ".4s, v", ".2d, v"),
            $b,
            by_type!($t, ".4s, v", ".2d, v"),
            $a,
            "\n"
        )
    };
}

/// A row of B, of whole registers, or its last one from `last` bytes on: it ends with the last column.
macro_rules! load_b {
    ($t:ident, 1, whole) => {
        concat!("ld1 {{v23", by_type!($t, ".4s", ".2d"), "}}, [{b}], {b_rs}\n")
    };
    ($t:ident, 2, whole) => {
        by_type!($t, "ld1 {{v22.4s, v23.4s}}, [{b}], {b_rs}\n", "ld1 {{v22.2d, v23.2d}}, [{b}], {b_rs}\n")
    };
    ($t:ident, 3, whole) => {
        by_type!($t, "ld1 {{v21.4s-v23.4s}}, [{b}], {b_rs}\n", "ld1 {{v21.2d-v23.2d}}, [{b}], {b_rs}\n")
    };
    ($t:ident, 4, whole) => {
        by_type!($t, "ld1 {{v20.4s-v23.4s}}, [{b}], {b_rs}\n", "ld1 {{v20.2d-v23.2d}}, [{b}], {b_rs}\n")
    };
    ($t:ident, 2, ragged) => {
        concat!("ldr q23, [{b}, {last}]\n", "ld1 {{v22", by_type!($t, ".4s", ".2d"), "}}, [{b}], {b_rs}\n")
    };
    ($t:ident, 3, ragged) => {
        concat!(
            "ldr q23, [{b}, {last}]\n",
            "ld1 {{v21",
            by_type!($t, ".4s, v22.4s", ".2d, v22.2d"),
            "}}, [{b}], {b_rs}\n"
        )
    };
    ($t:ident, 4, ragged) => {
        concat!(
            "ldr q23, [{b}, {last}]\n",
            "ld1 {{v20",
            by_type!($t, ".4s-v22.4s", ".2d-v22.2d"),
            "}}, [{b}], {b_rs}\n"
        )
    };
}

/// A step of the rows up to this one, the end of a tile: no element beyond it is read. `end` points to that row.
macro_rules! load_a {
    (f32, 0) => {
        "ld1 {{v24.s}}[0], [{a}], {cs}\n"
    };
    (f32, 1) => {
        "ld1 {{v24.2s}}, [{a}], {cs}\n"
    };
    (f32, 2) => {
        "ld1 {{v24.2s}}, [{a}], {cs}\nld1 {{v24.s}}[2], [{end}], {cs}\n"
    };
    (f32, 3) => {
        "ld1 {{v24.4s}}, [{a}], {cs}\n"
    };
    (f32, 4) => {
        "ldr s25, [{a}, #16]\nld1 {{v24.4s}}, [{a}], {cs}\n"
    };
    (f32, 5) => {
        "ldr d25, [{a}, #16]\nld1 {{v24.4s}}, [{a}], {cs}\n"
    };
    (f32, 6) => {
        "ldr d25, [{a}, #16]\nld1 {{v24.4s}}, [{a}], {cs}\nld1 {{v25.s}}[2], [{end}], {cs}\n"
    };
    (f32, 7) => {
        "ld1 {{v24.4s, v25.4s}}, [{a}], {cs}\n"
    };
    (f64, 0) => {
        "ld1 {{v24.d}}[0], [{a}], {cs}\n"
    };
    (f64, 1) => {
        "ld1 {{v24.2d}}, [{a}], {cs}\n"
    };
    (f64, 2) => {
        "ldr d25, [{a}, #16]\nld1 {{v24.2d}}, [{a}], {cs}\n"
    };
    (f64, 3) => {
        "ld1 {{v24.2d, v25.2d}}, [{a}], {cs}\n"
    };
    (f64, 4) => {
        "ldr d26, [{a}, #32]\nld1 {{v24.2d, v25.2d}}, [{a}], {cs}\n"
    };
    (f64, 5) => {
        "ld1 {{v24.2d-v26.2d}}, [{a}], {cs}\n"
    };
    (f64, 6) => {
        "ldr d27, [{a}, #48]\nld1 {{v24.2d-v26.2d}}, [{a}], {cs}\n"
    };
    (f64, 7) => {
        "ld1 {{v24.2d-v27.2d}}, [{a}], {cs}\n"
    };
}

/// `$tile!` of each height up to the one listed: the rows so far, and the number of the last one.
macro_rules! each_height {
    ($tile:ident $head:tt [$($rows:tt)*]) => {};
    ($tile:ident $head:tt [$($rows:tt)*] ($i:tt $($row:tt)*) $($rest:tt)*) => {
        $tile!($head $i [$($rows)* ($i $($row)*)]);
        each_height!($tile $head [$($rows)* ($i $($row)*)] $($rest)*);
    };
}

/// `$tile!` of each height and these registers. A row is its number, pointer and register by rows, its lane by columns (f32,
/// f64), and its sums, each with its number and B's register.
macro_rules! each_tile {
    ($tile:ident 1 $head:tt) => {
        each_height!($tile $head []
            (0 p0 "24" "24.s[0]" "24.d[0]" [c00 0 "23"])
            (1 p1 "25" "24.s[1]" "24.d[1]" [c10 0 "23"])
            (2 p2 "26" "24.s[2]" "25.d[0]" [c20 0 "23"])
            (3 p3 "27" "24.s[3]" "25.d[1]" [c30 0 "23"])
            (4 p4 "28" "25.s[0]" "26.d[0]" [c40 0 "23"])
            (5 p5 "29" "25.s[1]" "26.d[1]" [c50 0 "23"])
            (6 p6 "30" "25.s[2]" "27.d[0]" [c60 0 "23"])
            (7 p7 "31" "25.s[3]" "27.d[1]" [c70 0 "23"])
        );
    };
    ($tile:ident 2 $head:tt) => {
        each_height!($tile $head []
            (0 p0 "24" "24.s[0]" "24.d[0]" [c00 0 "22"] [c01 1 "23"])
            (1 p1 "25" "24.s[1]" "24.d[1]" [c10 0 "22"] [c11 1 "23"])
            (2 p2 "26" "24.s[2]" "25.d[0]" [c20 0 "22"] [c21 1 "23"])
            (3 p3 "27" "24.s[3]" "25.d[1]" [c30 0 "22"] [c31 1 "23"])
            (4 p4 "28" "25.s[0]" "26.d[0]" [c40 0 "22"] [c41 1 "23"])
            (5 p5 "29" "25.s[1]" "26.d[1]" [c50 0 "22"] [c51 1 "23"])
            (6 p6 "30" "25.s[2]" "27.d[0]" [c60 0 "22"] [c61 1 "23"])
            (7 p7 "31" "25.s[3]" "27.d[1]" [c70 0 "22"] [c71 1 "23"])
        );
    };
    ($tile:ident 3 $head:tt) => {
        each_height!($tile $head []
            (0 p0 "24" "24.s[0]" "24.d[0]" [c00 0 "21"] [c01 1 "22"] [c02 2 "23"])
            (1 p1 "25" "24.s[1]" "24.d[1]" [c10 0 "21"] [c11 1 "22"] [c12 2 "23"])
            (2 p2 "26" "24.s[2]" "25.d[0]" [c20 0 "21"] [c21 1 "22"] [c22 2 "23"])
            (3 p3 "27" "24.s[3]" "25.d[1]" [c30 0 "21"] [c31 1 "22"] [c32 2 "23"])
            (4 p4 "28" "25.s[0]" "26.d[0]" [c40 0 "21"] [c41 1 "22"] [c42 2 "23"])
            (5 p5 "29" "25.s[1]" "26.d[1]" [c50 0 "21"] [c51 1 "22"] [c52 2 "23"])
            (6 p6 "30" "25.s[2]" "27.d[0]" [c60 0 "21"] [c61 1 "22"] [c62 2 "23"])
            (7 p7 "31" "25.s[3]" "27.d[1]" [c70 0 "21"] [c71 1 "22"] [c72 2 "23"])
        );
    };
    ($tile:ident 4 $head:tt) => {
        each_height!($tile $head []
            (0 p0 "24" "24.s[0]" "24.d[0]" [c00 0 "20"] [c01 1 "21"] [c02 2 "22"] [c03 3 "23"])
            (1 p1 "25" "24.s[1]" "24.d[1]" [c10 0 "20"] [c11 1 "21"] [c12 2 "22"] [c13 3 "23"])
            (2 p2 "26" "24.s[2]" "25.d[0]" [c20 0 "20"] [c21 1 "21"] [c22 2 "22"] [c23 3 "23"])
        );
    };
}

macro_rules! column_step {
    ($t:ident $nv:tt $load:ident $i:tt $(($a32:literal $a64:literal $($c:ident $b:literal)+))+) => {
        concat!(load_a!($t, $i), load_b!($t, $nv, $load), $($(fmla!($t, $c, $b, by_type!($t, $a32, $a64)),)+)+)
    };
}

/// The steps of a tile of this height, if it is that one. Two at a time: a loop takes two instructions by itself.
macro_rules! column_tile {
    (($t:ident $nv:tt $load:ident $acc:ident $o:ident $m:ident ($($last:ident)?) ($($free:tt)*)) $n:tt
     [$(($i:tt $p:ident $r:literal $a32:literal $a64:literal $([$c:ident $v:literal $b:literal])+))+]) => {
        if const { $m == $n + 1 } {
            let bytes = size_of::<$t>();
            asm!(
                "tbz {k}, #0, 3f",
                column_step!($t $nv $load $n $(($a32 $a64 $($c $b)+))+),
                "3:",
                "lsr {k}, {k}, #1",
                "cbz {k}, 4f",
                "2:",
                column_step!($t $nv $load $n $(($a32 $a64 $($c $b)+))+),
                column_step!($t $nv $load $n $(($a32 $a64 $($c $b)+))+),
                "subs {k}, {k}, #1",
                "b.ne 2b",
                "4: /* {end} */",
                k = inout(reg) $o.k => _,
                a = inout(reg) $o.a => _,
                end = inout(reg) $o.a.wrapping_add($n) => _,
                b = inout(reg) $o.b => _,
                cs = in(reg) $o.a_cs.wrapping_mul(bytes),
                b_rs = in(reg) $o.b_rs.wrapping_mul(bytes),
                $($last = in(reg) $last,)?
                $($($c = inout(vreg) *$acc.add($i * $nv + $v),)+)+
                $(out($free) _,)*
                out("v24") _, out("v25") _, out("v26") _, out("v27") _,
                options(nostack, readonly),
            );
        }
    };
}

macro_rules! row_step {
    ($t:ident $lane:literal $nv:tt $load:ident $(($r:literal $($c:ident $b:literal)+))+) => {
        concat!(load_b!($t, $nv, $load), $($(fmla!($t, $c, $b, concat!($r, $lane)),)+)+)
    };
}

/// As many steps as a register has lanes.
macro_rules! row_lanes {
    (f32 $($step:tt)*) => {
        concat!(
            row_step!(f32 ".s[0]" $($step)*),
            row_step!(f32 ".s[1]" $($step)*),
            row_step!(f32 ".s[2]" $($step)*),
            row_step!(f32 ".s[3]" $($step)*)
        )
    };
    (f64 $($step:tt)*) => {
        concat!(row_step!(f64 ".d[0]" $($step)*), row_step!(f64 ".d[1]" $($step)*))
    };
}

/// The steps of a tile of this height, if it is that one.
macro_rules! row_tile {
    (($t:ident $nv:tt $load:ident $acc:ident $o:ident $m:ident ($($last:ident)?) ($($free:tt)*)) $n:tt
     [$(($i:tt $p:ident $r:literal $a32:literal $a64:literal $([$c:ident $v:literal $b:literal])+))+]) => {
        if const { $m == $n + 1 && $m * $nv + $m + $nv < 32 } {
            let bytes = size_of::<$t>();
            asm!(
                "cbz {k}, 4f",
                "2:",
                $(concat!("ldr q", $r, ", [{", stringify!($p), "}], #16"),)+
                row_lanes!($t $nv $load $(($r $($c $b)+))+),
                "subs {k}, {k}, #1",
                "b.ne 2b",
                "4:",
                k = inout(reg) $o.k * bytes / 16 => _,
                $($p = inout(reg) $o.a.wrapping_add($o.a_rs.wrapping_mul($i)) => _,)+
                b = inout(reg) $o.b => _,
                b_rs = in(reg) $o.b_rs.wrapping_mul(bytes),
                $($last = in(reg) $last,)?
                $($($c = inout(vreg) *$acc.add($i * $nv + $v),)+)+
                $(out($free) _,)*
                out("v24") _, out("v25") _, out("v26") _, out("v27") _,
                out("v28") _, out("v29") _, out("v30") _, out("v31") _,
                options(nostack, readonly),
            );
        }
    };
}

/// The tiles of all widths, B's rows whole or, at least two registers wide, ragged.
macro_rules! all_tiles {
    ($tile:ident $t:ident $acc:ident $o:ident $m:ident $nv:ident $ragged:ident $last:ident) => {
        if const { $nv == 1 } {
            each_tile!($tile 1 ($t 1 whole $acc $o $m () ("v23")));
        } else if const { $nv == 2 && !$ragged } {
            each_tile!($tile 2 ($t 2 whole $acc $o $m () ("v22" "v23")));
        } else if const { $nv == 3 && !$ragged } {
            each_tile!($tile 3 ($t 3 whole $acc $o $m () ("v21" "v22" "v23")));
        } else if const { $nv == 4 && !$ragged } {
            each_tile!($tile 4 ($t 4 whole $acc $o $m () ("v20" "v21" "v22" "v23")));
        } else if const { $nv == 2 } {
            each_tile!($tile 2 ($t 2 ragged $acc $o $m ($last) ("v22" "v23")));
        } else if const { $nv == 3 } {
            each_tile!($tile 3 ($t 3 ragged $acc $o $m ($last) ("v21" "v22" "v23")));
        } else {
            each_tile!($tile 4 ($t 4 ragged $acc $o $m ($last) ("v20" "v21" "v22" "v23")));
        }
    };
}

macro_rules! steps {
    ($t:ident, $v:ident, $columns:ident, $rows:ident) => {
        /// `acc[i][v] <- acc[i][v] + a[i] * b[v]` for each of the steps in turn, rounded once each; A's rows 1 apart. Of a RAGGED
        /// B the last register is read from `last` bytes of its row on.
        ///
        /// Safety: M rows and `k` steps of A from `a` on, `k` rows of NV registers of B from `b` on, or of those before the last
        /// and that one; `acc` points to M x NV registers; NEON.
        #[inline(always)]
        pub(super) unsafe fn $columns<const M: usize, const NV: usize, const RAGGED: bool>(
            acc: *mut $v,
            o: &Steps<$t>,
            last: usize,
        ) {
            debug_assert!(o.a_rs == 1 && (NV > 1 || !RAGGED), "rows {} apart", o.a_rs);
            // SAFETY: reads what the caller promises, writes nothing but the operands named.
            unsafe { all_tiles!(column_tile $t acc o M NV RAGGED last) }
        }

        /// The same of an A whose steps are 1 apart, their number a multiple of a register's lanes.
        ///
        /// Safety: as the other's.
        #[inline(always)]
        pub(super) unsafe fn $rows<const M: usize, const NV: usize, const RAGGED: bool>(
            acc: *mut $v,
            o: &Steps<$t>,
            last: usize,
        ) {
            debug_assert!(o.a_cs == 1 && (NV > 1 || !RAGGED), "steps {} apart", o.a_cs);
            debug_assert!(o.k * size_of::<$t>() % 16 == 0, "{} steps", o.k);
            // SAFETY: reads what the caller promises, writes nothing but the operands named.
            unsafe { all_tiles!(row_tile $t acc o M NV RAGGED last) }
        }
    };
}
steps!(f32, float32x4_t, columns_f32, rows_f32);
steps!(f64, float64x2_t, columns_f64, rows_f64);

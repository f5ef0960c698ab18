//! Which way a product takes, by its shape and strides alone: never by who computes it, nor on how many threads.
//!
//! All ways run each element's chain of multiply-adds in the same order, so they differ in speed and in nothing else; but for
//! single rows and columns of dot products ([`crate::gemm::level2::dot`]), which the shape and strides of the whole product tell.

use crate::Scalar;
use crate::gemm::level2::dot::is_dots;
use crate::gemm::level2::gemv::{self, Row};
use crate::gemm::level2::ger::{STEPS, are_together};
use crate::gemm::level2::skinny;
use crate::gemm::loops::blocked::{self, KC, even_part};
use crate::gemm::pack::scratch::Scratch;
use crate::gemm::problem::Problem;
use crate::gemm::tile::dispatch::tail_of;
use crate::gemm::tile::micro_kernel::{Finish, Isa, NV};
use crate::simd::Simd;
use crate::sizes::wrapping_bytes;

/// Runs the product with one instruction set and one epilogue.
///
/// Safety: the operands and C cover their shapes, C overlaps neither, its elements do not overlap each other, and
/// the CPU has the instruction set.
pub(crate) unsafe fn run<T: Scalar, K: Isa<T>, E: Finish<T>>(p: &Problem<T>, finish: E, scratch: &mut Scratch<T>) {
    // SAFETY: the caller's promise holds for the transposed problem as well; each way's own promise is checked before.
    unsafe {
        if p.b_packed {
            return blocked::blocked::<T, K, E>(p, finish, scratch);
        }
        if p.m == 1 && (p.b.cs == 1 || p.b.rs == 1) {
            return row_or_dots::<T, K, E>(p, finish, scratch);
        }
        if p.n == 1 && (p.a.cs == 1 || p.a.rs == 1) {
            return row_or_dots::<T, K, E>(&p.transposed(), finish, scratch);
        }
        if p.m <= skinny::MOST && p.b.rs == 1 && skinny::pays::<T, K>(p) {
            return skinny::run::<T, K, E>(p, finish, scratch);
        }
        if p.n <= skinny::MOST && p.a.cs == 1 && skinny::pays::<T, K>(&p.transposed()) {
            return skinny::run::<T, K, E>(&p.transposed(), finish, scratch);
        }
        if is_streamed(p) {
            return skinny::run::<T, K, E>(p, finish, scratch);
        }
        if let Some(rest) = ragged::<T, K>(p) {
            return in_two::<T, K, E>(p, rest, finish, scratch);
        }
        if p.c_cs != 1 && p.c_rs == 1 && !E::PER_COLUMN && p.after.is_none() {
            // C by columns is C^T by rows, and the epilogue does not mind.
            return blocked::blocked::<T, K, E>(&Problem { swapped: false, ..p.transposed() }, finish, scratch);
        }
        if is_outer::<T, K, E>(p) {
            K::outer(p, finish);
            if let Some(after) = &p.after {
                K::after(after, &p.area(p.m, p.n, 0, 0));
            }
            return;
        }
        if p.c_cs == 1 && tail_of::<T, K>(p).is_none() && (is_narrow::<T, K>(p) || is_low::<T, K>(p)) {
            return blocked::blocked::<T, K, E>(&p.transposed(), finish, scratch);
        }
        blocked::blocked::<T, K, E>(p, finish, scratch);
    }
}

/// All columns but the last ones, and those.
///
/// Safety: as [`run`], with more than `rest` columns.
#[inline(never)]
unsafe fn in_two<T: Scalar, K: Isa<T>, E: Finish<T>>(p: &Problem<T>, rest: usize, finish: E, scratch: &mut Scratch<T>) {
    // SAFETY: the caller's promise is passed on.
    unsafe {
        run::<T, K, E>(&p.columns(0, p.n - rest), finish, scratch);
        let last = p.columns(p.n - rest, rest);
        if rest == 1 {
            // One chain for each element, as in the other columns.
            return row::<T, K, E, false>(&last.transposed(), finish, scratch);
        }
        run::<T, K, E>(&last, finish, scratch);
    }
}

/// Whether these are few rows and a B that outgrows the caches, its rows pages apart: [`gemv`] streams it past them.
fn is_streamed<T: Scalar>(p: &Problem<T>) -> bool {
    let rows_apart = p.b.cs == 1 && p.c_cs == 1 && !p.swapped && blocked::page_apart::<T>(p.b.rs);
    (2..=gemv::FEW).contains(&p.m) && rows_apart && p.k <= KC && wrapping_bytes::<T>(p.k, p.n) >= blocked::LARGE_BYTES
}

/// How many columns past the last whole panel are best computed by themselves, the way that few columns go: with AVX2
/// 128 x 512 times 512 x 17 is 1.4 times as fast for it, 18 to 21 columns 1.1-1.3, 26 and 28 1.1, 97 1.08, 513 1.01; with
/// AVX-512 33 columns 1.3, 42 1.1. Of few rows, or many such columns, 0.8-0.95 times.
fn ragged<T: Scalar, K: Isa<T>>(p: &Problem<T>) -> Option<usize> {
    let lanes = K::Vector::LANES;
    let panel = NV * lanes;
    let rest = p.n % panel;
    if p.m < panel || p.n < panel || rest == 0 || p.c_cs != 1 {
        return None;
    }
    let part = p.columns(p.n - rest, rest);
    let pays = if rest == 1 {
        p.a.cs == 1
    } else {
        p.m >= 2 * panel
            && (tail_of::<T, K>(&part).is_some() || (3 * rest <= panel && skinny::pays::<T, K>(&part.transposed())))
    };
    pays.then_some(rest)
}

/// Whether so few steps are taken that C is best written row by row. With AVX2 one step is 1.2-2 times as fast for it, two
/// are 1.1, three 0.9; with AVX-512 one is 1.0-1.3, two 0.74. Stores past the caches were as fast for 16 MiB, 0.6 times for
/// less. Rows shorter than four registers are 1.3-2.5 times as fast where they are whole registers and there is one step;
/// otherwise 0.6-0.9 times, but for the smallest of products, where 1.1-2.0 times.
fn is_outer<T: Scalar, K: Isa<T>, E: Finish<T>>(p: &Problem<T>) -> bool {
    let lanes = K::Vector::LANES;
    let few = (1..=STEPS).contains(&p.k) && p.k * lanes * size_of::<T>() <= 64;
    let short = (p.k == 1 && p.n.is_multiple_of(lanes)) || (p.n >= lanes && p.m * p.n <= OUTER_SMALL);
    let by_rows = p.c_cs == 1 && p.b.cs == 1;
    (few && (p.n >= 4 * lanes || short) && by_rows) || are_together::<T, K::Vector, E>(p)
}

/// Elements of a C of rows shorter than four registers, at most, for it to be written row by row.
const OUTER_SMALL: usize = 256;

/// Tiles are turned round only where k is at least this: at 16 the turning takes longer than what it saves, at 32 not.
const NARROW_STEPS: usize = 24;

/// Whether it pays to let lanes hold rows of C, and to turn the tiles round before they are stored: where too many lanes
/// would hold columns that do not exist, or where A's columns are contiguous and need no packing for it.
fn is_narrow<T: Scalar, K: Isa<T>>(p: &Problem<T>) -> bool {
    let lanes = K::Vector::LANES;
    let filled = p.n.next_multiple_of(lanes);
    let turned_already = p.a.rs == 1;
    // 128 x 512 times 512 x 12: 1.05 times as fast as it lies, 512 x 11 as fast, 512 x 6 with AVX2 1.23 times.
    let empty = if turned_already { filled * 4 >= p.n * 5 } else { filled * 5 >= p.n * 7 };
    // Columns that nearly fill one of AVX-512's registers: 784 x 16 is 1.2-1.6 times as fast as it lies.
    let full_lone = lanes * size_of::<T>() > 32 && p.n <= lanes && p.n * 8 >= lanes * 7;
    let pays = (p.n < NV * lanes && empty) || (p.n <= lanes && turned_already);
    p.k >= NARROW_STEPS && p.m >= NV * lanes && pays && !full_lone
}

/// Rows of a low C, at most, and rows times steps of k, at least, for turning it round to pay.
const LOW_ROWS: usize = 32;
const LOW_SUMS: usize = 1024;
/// A B of more bytes is large for it.
const LOW_LARGE_BYTES: usize = 256 << 10;

/// Whether C is so low that it pays to turn its tiles round rather than to pack a B that lies by columns: turned round,
/// B is read where it lies, and the few rows of A are packed in its place. For 32 rows that is 1.15-1.3 times as fast.
fn is_low<T: Scalar, K: Isa<T>>(p: &Problem<T>) -> bool {
    if !(p.b.rs == 1 && p.b.cs != 1 && p.a.cs == 1 && p.m <= LOW_ROWS && p.n > p.m && p.m * p.k >= LOW_SUMS) {
        return false;
    }
    // A lone register of columns takes 4/3 of its share of the time where the chains of six rows are too few. With AVX-512 14
    // to 16 rows of 784 x 128 are 1.06-1.18 times as fast turned round, of 512 x 512 and more 1.3, of 128 x 64 and 256 x 80
    // 0.86-0.94. Packing B takes about 6 / m of the product's time.
    let lanes = K::Vector::LANES;
    let registers = p.m.div_ceil(lanes) as f64;
    let is_large = wrapping_bytes::<T>(p.k, p.n) > LOW_LARGE_BYTES;
    let lone = match lanes * size_of::<T>() > 32 {
        true if is_large => 1.1,
        true => 2.0,
        false => 4.0 / 3.0,
    };
    let taken = if registers % 2.0 == 1.0 { registers - 1.0 + lone } else { registers };
    let (m, filled) = (p.m as f64, taken * lanes as f64);
    m / filled * (1.0 + 6.0 / m) > 1.08
}

/// [`row`], of the elements that the product has.
///
/// Safety: as [`row`].
#[inline(always)]
unsafe fn row_or_dots<T: Scalar, K: Isa<T>, E: Finish<T>>(p: &Problem<T>, finish: E, scratch: &mut Scratch<T>) {
    // SAFETY: the caller's promise is passed on.
    unsafe {
        if is_dots(p) {
            row::<T, K, E, true>(p, finish, scratch);
        } else {
            row::<T, K, E, false>(p, finish, scratch);
        }
    }
}

/// One row of C, or one column turned into a row, its elements DOTS or one chain each.
///
/// Safety: as [`run`]; `p.m` is 1 and one of B's strides is.
unsafe fn row<T: Scalar, K: Isa<T>, E: Finish<T>, const DOTS: bool>(
    p: &Problem<T>,
    finish: E,
    scratch: &mut Scratch<T>,
) {
    // An epilogue that needs C's old contents cuts the chains where the blocks would, so that the bits are the same.
    let k_block = if DOTS || E::RESUMES { p.k.max(1) } else { even_part(p.k, KC, 1) };
    let blocks = p.k.div_ceil(k_block).max(1);
    let (y, _) = scratch.panels(p.n.next_multiple_of(K::Vector::LANES), 0);
    for block in 0..blocks {
        let first = block * k_block;
        let row = Row {
            m: 1,
            n: p.n,
            k: k_block.min(p.k - first),
            a: p.a.at(0, first),
            a_cs: p.a.cs,
            b: p.b.at(first, 0),
            b_rs: p.b.rs,
            b_cs: p.b.cs,
            c: p.c,
            c_cs: p.c_cs,
            col: if p.swapped { p.row } else { p.col },
            swapped: p.swapped,
            dots: DOTS,
        };
        // SAFETY: the caller's promise is passed on; steps first..first + k exist.
        unsafe {
            K::row_sums(&row, y);
            if block + 1 < blocks {
                K::finish_row(&row, y, finish.partial(block == 0));
            } else {
                K::finish_row(&row, y, if block == 0 { finish } else { finish.last() });
            }
        }
    }
    if let Some(after) = &p.after {
        // SAFETY: the caller's promise is passed on.
        unsafe { K::after(after, &p.area(1, p.n, 0, 0)) };
    }
}

//! The choice of the algorithm of a product. It depends on shape, strides and caches, not on the thread or the number of threads.
//!
//! All algorithms run each element's chain of multiply-adds in the same order, so they differ in speed and in nothing else;
//! but for single rows and columns of dot products ([`Algorithm::Row`] with `dots`), which the shape and strides of the whole
//! product tell.

use crate::Scalar;
use crate::gemm::block_sizes::{
    GER_SMALL, KC, LONE_STEPS, LOW_ROWS, LOW_SUMS, MAX_GER_STEPS, MAX_SKINNY_ROWS, MAX_STREAMED_ROWS, MIN_DOT_STEPS,
    NARROW_STEPS, SKINNY_SHORT_ROWS,
};
use crate::gemm::level2::ger::are_together;
use crate::gemm::level2::skinny::is_packed;
use crate::gemm::loops::packing_plan::tail_of;
use crate::gemm::problem::Problem;
use crate::simd::isa::Isa;
use crate::simd::vector::Simd;
use crate::sizes::wrapping_bytes;

/// What a product is computed by. `transposed` is whether it is that of the transposed matrices, C^T = B^T A^T.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Algorithm {
    /// C is a single row, or a column: dot products, or one chain for each element (`gemv.rs`).
    Row { dots: bool, transposed: bool },
    /// Few rows of C, and B either by columns, or too large for the caches (`skinny.rs`).
    Skinny { transposed: bool },
    /// All columns but the last `rest` by themselves, and then those.
    Split { rest: usize },
    /// So few steps of k that C is best written row by row (`ger.rs`).
    Ger,
    /// Tiles in blocks (`blocked.rs`).
    Blocked(Orientation),
}

/// Which of C's sides runs along the lanes of a tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Orientation {
    /// Columns of C, as the caller sees them.
    AsIs,
    /// Rows: C by columns is C^T by rows, and the epilogue does not mind.
    ByColumns,
    /// Rows, and each tile is transposed before it is stored.
    TilesTransposed,
}

/// The algorithm for this product.
#[inline(always)]
pub(crate) fn select<T: Scalar, K: Isa<T>>(p: &Problem<T>, is_per_column: bool) -> Algorithm {
    if p.b_packed {
        return Algorithm::Blocked(Orientation::AsIs);
    }
    if p.m == 1 && (p.b.cs == 1 || p.b.rs == 1) {
        return Algorithm::Row { dots: is_dots(p), transposed: false };
    }
    if p.n == 1 && (p.a.cs == 1 || p.a.rs == 1) {
        return Algorithm::Row { dots: is_dots(p), transposed: true };
    }
    if p.m <= MAX_SKINNY_ROWS && p.b.rs == 1 && is_skinny::<T, K>(p) {
        return Algorithm::Skinny { transposed: false };
    }
    if p.n <= MAX_SKINNY_ROWS && p.a.cs == 1 && is_skinny::<T, K>(&p.transposed()) {
        return Algorithm::Skinny { transposed: true };
    }
    if is_streamed(p) {
        return Algorithm::Skinny { transposed: false };
    }
    if let Some(rest) = ragged::<T, K>(p) {
        return Algorithm::Split { rest };
    }
    if p.c_cs != 1 && p.c_rs == 1 && !is_per_column && p.post_op.is_none() {
        return Algorithm::Blocked(Orientation::ByColumns);
    }
    if is_ger::<T, K>(p, is_per_column) {
        return Algorithm::Ger;
    }
    if p.c_cs == 1 && tail_of::<T, K>(p).is_none() && (is_narrow::<T, K>(p) || is_low::<T, K>(p)) {
        return Algorithm::Blocked(Orientation::TilesTransposed);
    }
    Algorithm::Blocked(Orientation::AsIs)
}

/// Whether the elements of this product are dot products: it is one row or one column, and the steps of both operands lie
/// side by side. For a single column of a larger product this is not called: its elements are chains, as those around it.
#[inline]
fn is_dots<T>(p: &Problem<T>) -> bool {
    p.k >= MIN_DOT_STEPS && (p.m == 1 || p.n == 1) && p.a.cs == 1 && p.b.rs == 1
}

/// Whether B's columns are best transposed in registers for these rows of C, against B packed or the tiles transposed: 2 to 4 rows
/// of 512 steps are 1.6-2.4 times as fast with AVX2, 5 and 6 are 1.3 and 1.05; with AVX-512 2 to 9 are 1.4-2.1, up to 13 at
/// least 1.1. Few steps are worth it only where B lies so by itself and is long: 8 rows of 784 columns and 16 steps are 1.09
/// times as fast, 784 rows of 8 columns 0.75; with AVX2 8 rows of 64 or 128 columns and 10 steps 1.1, with AVX-512 0.94-1.0.
fn is_skinny<T: Scalar, K: Isa<T>>(p: &Problem<T>) -> bool {
    let by_rows = if p.swapped { p.c_rs == 1 } else { p.c_cs == 1 };
    if !(p.m > 1 && p.b.rs == 1 && p.b.cs != 1 && by_rows && p.n >= K::Vector::LANES) {
        return false;
    }
    let long = p.m <= K::MAX_SKINNY_ROWS && p.k >= 4 * p.m && (p.k <= KC || is_packed(p));
    let longer = if const { K::REGISTERS_ARE_LINES } { 32 } else { 4 };
    let short = (2..=64).contains(&p.k) && p.m <= SKINNY_SHORT_ROWS.min(K::MAX_SKINNY_ROWS + 2) && p.n >= longer * p.m;
    long || (!p.swapped && short)
}

/// Whether these are few rows and a B that outgrows the caches, its rows pages apart: `streamed.rs` streams it past them.
fn is_streamed<T: Scalar>(p: &Problem<T>) -> bool {
    let rows_apart = p.b.cs == 1 && p.c_cs == 1 && !p.swapped && p.sizes.same_sets::<T>(p.b.rs);
    (2..=MAX_STREAMED_ROWS).contains(&p.m)
        && rows_apart
        && p.k <= KC
        && wrapping_bytes::<T>(p.k, p.n) >= p.sizes.large_bytes
}

/// How many columns past the last whole panel are best computed by themselves, the way that few columns go: with AVX2
/// 128 x 512 times 512 x 17 is 1.4 times as fast for it, 18 to 21 columns 1.1-1.3, 26 and 28 1.1, 97 1.08, 513 1.01; with
/// AVX-512 33 columns 1.3, 42 1.1. Of few rows, or many such columns, 0.8-0.95 times.
fn ragged<T: Scalar, K: Isa<T>>(p: &Problem<T>) -> Option<usize> {
    let lanes = K::Vector::LANES;
    let panel = K::NV * lanes;
    let rest = p.n % panel;
    if p.m < panel || p.n < panel || rest == 0 || p.c_cs != 1 {
        return None;
    }
    let part = p.columns(p.n - rest, rest);
    let pays = if rest == 1 {
        p.a.cs == 1
    } else {
        p.m >= 2 * panel
            && (tail_of::<T, K>(&part).is_some() || (3 * rest <= panel && is_skinny::<T, K>(&part.transposed())))
    };
    pays.then_some(rest)
}

/// Whether so few steps are taken that C is best written row by row. With AVX2 one step is 1.2-2 times as fast for it, two
/// are 1.1, three 0.9; with AVX-512 one is 1.0-1.3, two 0.74. Stores past the caches were as fast for 16 MiB, 0.6 times for
/// less. Rows shorter than four registers are 1.3-2.5 times as fast where they are whole registers and there is one step;
/// otherwise 0.6-0.9 times, but for the smallest of products, where 1.1-2.0 times.
fn is_ger<T: Scalar, K: Isa<T>>(p: &Problem<T>, is_per_column: bool) -> bool {
    let lanes = K::Vector::LANES;
    let few = (1..=MAX_GER_STEPS).contains(&p.k) && p.k * lanes * size_of::<T>() <= 64;
    let short = (p.k == 1 && p.n.is_multiple_of(lanes)) || (p.n >= lanes && p.m * p.n <= GER_SMALL);
    let by_rows = p.c_cs == 1 && p.b.cs == 1;
    (few && (p.n >= 4 * lanes || short) && by_rows) || are_together::<T, K::Vector>(p, is_per_column)
}

/// Whether it pays to let lanes hold rows of C, and to turn the tiles round before they are stored: where too many lanes
/// would hold columns that do not exist, or where A's columns are contiguous and need no packing for it.
fn is_narrow<T: Scalar, K: Isa<T>>(p: &Problem<T>) -> bool {
    let lanes = K::Vector::LANES;
    let filled = p.n.next_multiple_of(lanes);
    let by_columns_already = p.a.rs == 1;
    // 128 x 512 times 512 x 12: 1.05 times as fast as it lies, 512 x 11 as fast, 512 x 6 with AVX2 1.23 times.
    let empty = if by_columns_already { filled * 4 >= p.n * 5 } else { filled * 5 >= p.n * 7 };
    // Columns that nearly fill one of AVX-512's registers: 784 x 16 is 1.2-1.6 times as fast as it lies, but of many steps.
    let many_steps = by_columns_already && p.k >= LONE_STEPS && p.sizes.has_large_l2;
    let full_lone = K::REGISTERS_ARE_LINES && p.n <= lanes && p.n * 8 >= lanes * 7 && !many_steps;
    let pays = (p.n < K::NV * lanes && empty) || (p.n <= lanes && by_columns_already);
    p.k >= NARROW_STEPS && p.m >= K::NV * lanes && pays && !full_lone
}

/// Whether C is so low that it pays to turn its tiles round rather than to pack a B that lies by columns: transposed,
/// B is read where it lies, and the few rows of A are packed in its place. For 32 rows that is 1.15-1.3 times as fast.
fn is_low<T: Scalar, K: Isa<T>>(p: &Problem<T>) -> bool {
    if !(p.b.rs == 1 && p.b.cs != 1 && p.a.cs == 1 && p.m <= LOW_ROWS && p.n > p.m && p.m * p.k >= LOW_SUMS) {
        return false;
    }
    // A lone register of columns takes 4/3 of its share of the time where the chains of six rows are too few. With AVX-512 14
    // to 16 rows of 784 x 128 are 1.06-1.18 times as fast transposed, of 512 x 512 and more 1.3, of 128 x 64 and 256 x 80
    // 0.86-0.94. Packing B takes about 6 / m of the product's time.
    let lanes = K::Vector::LANES;
    let registers = p.m.div_ceil(lanes) as f64;
    let is_large = wrapping_bytes::<T>(p.k, p.n) > p.sizes.low_large_bytes;
    let lone = match K::REGISTERS_ARE_LINES {
        true if is_large => 1.1,
        true => 2.0,
        false => 4.0 / 3.0,
    };
    let taken = if registers % 2.0 == 1.0 { registers - 1.0 + lone } else { registers };
    let (m, filled) = (p.m as f64, taken * lanes as f64);
    m / filled * (1.0 + 6.0 / m) > 1.08
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::*;
    use crate::elementwise::activation::{Activation, PostOp};
    use crate::gemm::cache_sizes::BlockSizes;
    use crate::matrix::operand::Operand;
    use crate::simd::avx2::Avx2;
    use crate::simd::avx512::Avx512;
    use crate::simd::portable::Portable;
    use Algorithm::{Blocked, Ger, Row, Skinny, Split};
    use Orientation::{AsIs, ByColumns, TilesTransposed};

    /// The layout of a matrix: by rows, by columns, or by rows at a distance in elements.
    #[derive(Clone, Copy)]
    enum Lies {
        Rows,
        Columns,
        Apart(usize),
    }
    use Lies::{Apart, Columns, Rows};

    fn operand(lies: Lies, rows: usize, cols: usize) -> Operand<f32> {
        let (rs, cs) = match lies {
            Rows => (cols, 1),
            Columns => (1, rows),
            Apart(rs) => (rs, 1),
        };
        Operand { ptr: std::ptr::null(), rs, cs }
    }

    fn problem((m, n, k): (usize, usize, usize), [a, b, c]: [Lies; 3]) -> Problem<f32> {
        let c = operand(c, m, n);
        Problem {
            m,
            n,
            k,
            a: operand(a, m, k),
            b: operand(b, k, n),
            c: std::ptr::null_mut(),
            c_rs: c.rs,
            c_cs: c.cs,
            row: 0,
            col: 0,
            swapped: false,
            b_packed: false,
            sizes: BlockSizes::of_text("48K:12,1M:16,32M:16"),
            post_op: None,
        }
    }

    #[test]
    fn a_lone_register_of_many_steps_is_turned_where_the_second_level_is_large() {
        let large = BlockSizes::of_text("48K:12,2M:16,320M:20:64");
        let of = |k, a| Problem { sizes: large, ..problem((784, 16, k), [a, Rows, Rows]) };
        let turned = |p: &Problem<f32>| select::<f32, Avx512>(p, false) == Blocked(TilesTransposed);
        assert!(turned(&of(256, Columns)) && !turned(&of(255, Columns)) && !turned(&of(256, Rows)));
        assert!(!turned(&problem((784, 16, 256), [Columns, Rows, Rows])), "1 MiB");
        assert!(!turned(&Problem { n: 32, ..of(256, Columns) }), "two registers");
    }

    #[test]
    fn shapes_and_strides_tell_the_algorithm() {
        let by_rows = [Rows, Rows, Rows];
        let one_chain = |transposed| Row { dots: false, transposed };
        // (m, n, k), how a, b, c lie, AVX2, AVX-512
        let table = [
            ((64, 64, 64), by_rows, Blocked(AsIs), Blocked(AsIs)),
            ((1, 128, 784), by_rows, one_chain(false), one_chain(false)),
            ((1, 784, 63), [Rows, Columns, Rows], one_chain(false), one_chain(false)),
            (
                (1, 784, 64),
                [Rows, Columns, Rows],
                Row { dots: true, transposed: false },
                Row { dots: true, transposed: false },
            ),
            ((784, 1, 63), by_rows, one_chain(true), one_chain(true)),
            ((6, 512, 784), [Rows, Columns, Rows], Skinny { transposed: false }, Skinny { transposed: false }),
            ((13, 512, 784), [Rows, Columns, Rows], Blocked(TilesTransposed), Skinny { transposed: false }),
            ((512, 4, 512), by_rows, Skinny { transposed: true }, Skinny { transposed: true }),
            ((8, 4096, 1024), [Rows, Apart(4096), Rows], Skinny { transposed: false }, Skinny { transposed: false }),
            ((128, 33, 512), by_rows, Split { rest: 1 }, Split { rest: 1 }),
            ((784, 128, 1), [Columns, Rows, Rows], Ger, Ger),
            ((784, 128, 2), [Columns, Rows, Rows], Ger, Blocked(AsIs)),
            ((64, 8, 1), [Columns, Rows, Rows], Ger, Ger),
            ((128, 64, 64), [Rows, Rows, Columns], Blocked(ByColumns), Blocked(ByColumns)),
            ((512, 6, 32), [Columns, Rows, Rows], Blocked(TilesTransposed), Blocked(TilesTransposed)),
            ((128, 10, 512), by_rows, Blocked(AsIs), Skinny { transposed: true }),
        ];
        for (shape, lies, avx2, avx512) in table {
            let p = problem(shape, lies);
            assert_eq!(select::<f32, Avx2>(&p, false), avx2, "{shape:?} with AVX2");
            assert_eq!(select::<f32, Avx512>(&p, false), avx512, "{shape:?} with AVX-512");
        }
    }

    #[test]
    fn packed_panels_are_multiplied_in_blocks_whatever_the_shape() {
        for shape in [(1, 128, 784), (64, 8, 1), (6, 512, 784)] {
            let p = Problem { b_packed: true, ..problem(shape, [Rows, Rows, Rows]) };
            assert_eq!(select::<f32, Avx2>(&p, false), Blocked(AsIs), "{shape:?}");
        }
    }

    #[test]
    fn an_epilogue_that_tells_columns_apart_keeps_them_in_the_lanes() {
        let mut p = problem((128, 64, 64), [Rows, Rows, Columns]);
        assert_eq!(select::<f32, Avx2>(&p, true), Blocked(AsIs));
        p.post_op = Some(PostOp { activation: Activation::Tanh, of: None, sums: std::ptr::null_mut() });
        assert_eq!(select::<f32, Avx2>(&p, false), Blocked(AsIs));
    }

    #[test]
    fn without_skinny_products_few_rows_are_tiles() {
        let p = problem((6, 512, 784), [Rows, Columns, Rows]);
        assert_eq!(select::<f32, Portable>(&p, false), Blocked(TilesTransposed));
    }
}

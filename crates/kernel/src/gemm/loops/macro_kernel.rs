//! The two loops around the micro-kernel, LOOPS 2 and 1: the tiles of one block of C. Everything is packed by now that is
//! to be packed.

use super::packing_plan::Fetched;
use crate::Scalar;
use crate::elementwise::activation::ApplyPostOp;
use crate::epilogue::EpilogueOp;
use crate::gemm::block_sizes::{FETCHED_A_STEPS, FETCHED_C_STEPS};
use crate::gemm::problem::Problem;
use crate::gemm::tile::dispatch::dispatch;
use crate::gemm::tile::shape::{Step, Tile};
use crate::matrix::operand::Operand;
use crate::simd::isa::Isa;
use crate::simd::vector::Simd;
use crate::sizes::wrapping_bytes;

/// A block of C, and where its operands lie; strides in elements.
pub(crate) struct Block<T> {
    pub(crate) m: usize,
    pub(crate) n: usize,
    pub(crate) k: usize,
    /// Where it begins within the problem's C.
    pub(crate) row: usize,
    pub(crate) col: usize,
    /// The number of tiles that its rows are divided into, as evenly as possible, the larger ones first: 8 rows are 4 + 4, 13 are
    /// 5 + 4 + 4. At least 1.
    pub(crate) row_tiles: usize,
    /// Columns of a tile.
    pub(crate) nr: usize,
    /// (m, k), where it lies.
    pub(crate) a: Operand<T>,
    /// From one packed tile of A to the next; 0 where A lies as it is.
    pub(crate) a_tile: usize,
    /// (k, n): steps `b_rs` apart, panels of `nr` columns `b_panel` apart.
    pub(crate) b: *const T,
    pub(crate) b_rs: usize,
    pub(crate) b_panel: usize,
    /// Whether the last panel has all its columns, too.
    pub(crate) b_padded: bool,
    /// The last panel, where it is ragged and packed though the others are not.
    pub(crate) ragged: Option<*const T>,
    /// What of B is fetched while tiles of A pass by a panel.
    pub(crate) b_fetched: Fetched,
    /// Whether the chains go on from what C holds.
    pub(crate) resume: bool,
    /// Whether these are the last steps of k.
    pub(crate) is_last: bool,
}

/// Rows of the smaller tiles, and how many tiles have one more. The division is of half the width, and takes half the time.
#[inline(always)]
pub(crate) fn shares(rows: usize, tiles: usize) -> (usize, usize) {
    debug_assert!(rows <= u32::MAX as usize, "{rows} rows in a block");
    ((rows as u32 / tiles as u32) as usize, (rows as u32 % tiles as u32) as usize)
}

/// First row of a tile, and how many it has.
#[inline(always)]
pub(crate) fn rows_of(tile: usize, (least, larger): (usize, usize)) -> (usize, usize) {
    (tile * least + tile.min(larger), least + usize::from(tile < larger))
}

/// Whether tiles of this number of steps fetch the next tile of C: a large one, written where it lies.
#[inline(always)]
fn fetches_c<T>(p: &Problem<T>, steps: usize) -> bool {
    steps >= FETCHED_C_STEPS && p.c_cs == 1 && !p.swapped && wrapping_bytes::<T>(p.m, p.c_rs) > p.sizes.fetched_c_bytes
}

/// Whether tiles fetch the next tile's rows of A, where they are the first that read them: a large A that lies by rows, in place, and
/// whole tiles, which alone have such an instance.
#[inline(always)]
fn fetches_a<T: Scalar, K: Isa<T>>(b: &Block<T>, p: &Problem<T>) -> bool {
    if const { !K::Vector::PREFETCHES }
        || b.k < FETCHED_A_STEPS
        || wrapping_bytes::<T>(p.m, p.k) <= p.sizes.fetched_a_bytes
    {
        return false;
    }
    let is_whole = b.nr == K::NV * K::Vector::LANES && b.row_tiles > 1 && b.m.div_ceil(b.row_tiles) == K::MR;
    is_whole && b.a_tile == 0 && b.a.cs == 1
}

/// Computes the block.
///
/// # Safety
/// The operands of `b` cover their shapes, the rows and columns of the block exist in `p`, and `p` keeps the contract of
/// [`Problem`]; the CPU has the instructions of `K`.
#[inline(always)]
pub(crate) unsafe fn macro_kernel<T: Scalar, K: Isa<T>>(b: &Block<T>, p: &Problem<T>, epilogue: &EpilogueOp<T>) {
    let &Block { m, n, nr, row_tiles, .. } = b;
    let (least, larger) = shares(m, row_tiles);
    let mut tile = Tile {
        k: b.k,
        run: 0,
        next: Step { a: 0, b: 0, c: 0, row: 0, col: 0 },
        a: b.a.ptr,
        a_rs: b.a.rs,
        a_cs: b.a.cs,
        b: b.b,
        b_rs: b.b_rs,
        fetch: 0,
        a_fetched: false,
        b_padded: b.b_padded,
        c: p.c,
        c_rs: p.c_rs,
        cols: nr,
        col: 0,
        row: 0,
        resume: b.resume,
        c_fetched: fetches_c(p, b.k),
    };
    // A run of tiles that begins at row i and column j of the block and covers this number of rows and columns.
    let run = |tile: &mut Tile<T>, (i, j): (usize, usize), rows: usize, (all_rows, all_cols): (usize, usize)| {
        let (row, col) = (b.row + i, b.col + j);
        tile.c = p.c.wrapping_add(row * p.c_rs + col * p.c_cs);
        (tile.row, tile.col) = (p.row + row, p.col + col);
        // SAFETY: rows, columns and steps of the block, which exist in `p` by this function's contract.
        unsafe {
            dispatch::<T, K>(tile, rows, p, epilogue);
            if let (Some(post_op), true) = (&p.post_op, b.is_last) {
                K::call(ApplyPostOp { post_op, area: &p.area(all_rows, all_cols, row, col) });
            }
        }
    };

    // LOOPS 2 and 1: along C's rows, one tile of A after the other with all whole panels of B, where these are three or more,
    // B's block is small, and A does not come from memory; otherwise one panel of B with all tiles of A. Both independent.
    // Called for each tile of A, one or two panels and a ragged one cost what few steps of k take: 64 x 24 x 8 took 1.8 times as
    // long with AVX2, 64 x 40 x 8 1.3 times with AVX-512.
    let a_fetched = fetches_a::<T, K>(b, p);
    let Fetched { by_first, by_others } = b.b_fetched;
    let mut first_panel = 0;
    if n / nr > 2 && b.k * n * size_of::<T>() <= p.sizes.b_beside_c && !a_fetched {
        first_panel = n / nr;
        tile.run = first_panel;
        tile.next = Step { a: 0, b: b.b_panel, c: nr * p.c_cs, row: 0, col: nr };
        for t in 0..row_tiles {
            let (i, rows) = rows_of(t, (least, larger));
            let from = if b.a_tile == 0 { i * b.a.rs } else { t * b.a_tile };
            tile.a = b.a.ptr.wrapping_add(from);
            tile.fetch = if t == 0 { by_first } else { by_others };
            run(&mut tile, (i, 0), rows, (rows, first_panel * nr));
        }
    }
    tile.fetch = by_others;
    let mut j = first_panel * nr;
    tile.b = b.b.wrapping_add(first_panel * b.b_panel);
    while j < n {
        let cols = nr.min(n - j);
        tile.cols = cols;
        tile.a_fetched = a_fetched && j == 0;
        if let (Some(ragged), true) = (b.ragged, cols < nr) {
            (tile.b, tile.b_rs, tile.b_padded) = (ragged, nr, true);
        }
        for (first, count, rows) in [(0, larger, least + 1), (larger, row_tiles - larger, least)] {
            if count > 0 {
                let i = first * (least + 1);
                let (from, next) = match b.a_tile {
                    0 => (i * b.a.rs, rows * b.a.rs),
                    packed => (first * packed, packed),
                };
                tile.a = b.a.ptr.wrapping_add(from);
                tile.next = Step { a: next, b: 0, c: rows * p.c_rs, row: rows, col: 0 };
                // The first tile of all by itself, where it fetches the next panel.
                let fetching = usize::from(by_first != by_others && i == 0);
                if fetching == 1 {
                    (tile.run, tile.fetch) = (1, by_first);
                    run(&mut tile, (0, j), rows, (rows, cols));
                    tile.a = tile.a.wrapping_add(next);
                    tile.fetch = by_others;
                }
                if count > fetching {
                    let (i, count) = (i + fetching * rows, count - fetching);
                    tile.run = count;
                    run(&mut tile, (i, j), rows, (count * rows, cols));
                }
            }
        }
        tile.b = tile.b.wrapping_add(b.b_panel);
        j += nr;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gemm::cache_sizes::BlockSizes;

    /// All by rows, those of A this far apart, C's without a gap.
    fn problem((m, n, k): (usize, usize, usize), a_rs: usize, caches: &str) -> Problem<f32> {
        let by_rows = |rs| Operand { ptr: std::ptr::null(), rs, cs: 1 };
        Problem {
            m,
            n,
            k,
            a: by_rows(a_rs),
            b: by_rows(n),
            c: std::ptr::null_mut(),
            c_rs: n,
            c_cs: 1,
            row: 0,
            col: 0,
            swapped: false,
            b_packed: false,
            sizes: BlockSizes::of_text(caches),
            post_op: None,
        }
    }

    #[test]
    fn tiles_of_a_large_c_are_fetched_ahead_and_others_not() {
        let p = problem((65, 1024, 512), 1024, "32K:8,512K:8,32M:16");
        assert!(fetches_c(&p, 128) && !fetches_c(&p, 127));
        // Half a second level is not large.
        assert!(!fetches_c(&Problem { m: 64, ..p }, 512));
        // A tile that is copied to C, or turned round, is not where C is.
        assert!(!fetches_c(&Problem { c_rs: 1, c_cs: 65, ..p }, 512));
        assert!(!fetches_c(&Problem { swapped: true, ..p }, 512));
    }

    #[test]
    #[cfg(target_arch = "x86_64")]
    fn the_rows_of_a_large_a_are_fetched_ahead() {
        use crate::simd::{avx2::Avx2, portable::Portable};
        // A quarter of a core's 1 MiB are 682 rows of 96 steps.
        let p = problem((683, 64, 96), 96, "32K:8,512K:8,8M:16");
        let block = |p: &Problem<f32>| Block {
            m: 144,
            n: 64,
            k: p.k,
            row: 0,
            col: 0,
            row_tiles: 24,
            nr: 16,
            a: p.a,
            a_tile: 0,
            b: std::ptr::null(),
            b_rs: 64,
            b_panel: 16,
            b_padded: false,
            ragged: None,
            b_fetched: Fetched::NOTHING,
            resume: false,
            is_last: true,
        };
        let fetches = fetches_a::<f32, Avx2>;
        assert!(fetches(&block(&p), &p));
        assert!(!fetches_a::<f32, Portable>(&block(&p), &p), "nothing is fetched there");
        let smaller = Problem { m: 682, ..p };
        assert!(!fetches(&block(&smaller), &smaller));
        let few_steps = Problem { k: 95, m: 1000, ..p };
        assert!(!fetches(&block(&few_steps), &few_steps));
        let steps_apart = Problem { a: Operand { rs: 192, cs: 2, ..p.a }, ..p };
        assert!(!fetches(&block(&steps_apart), &steps_apart));
        assert!(!fetches(&Block { a_tile: 576, ..block(&p) }, &p), "packed");
        assert!(!fetches(&Block { m: 120, ..block(&p) }, &p), "tiles of five rows");
        assert!(!fetches(&Block { m: 6, row_tiles: 1, ..block(&p) }, &p), "one tile");
    }
}

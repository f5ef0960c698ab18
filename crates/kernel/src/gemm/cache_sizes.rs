//! The sizes of blocks and the thresholds that follow from the caches, decided once, by the analytical model of Low, Igual,
//! Smith and Quintana-Ortí, "Analytical Modeling Is Enough for High-Performance BLIS" (2016), and what measurements add.
//!
//! ```text
//! registers     MR x NR of C
//! first level   where it fits, a panel of B (steps x NR); a tile's rows of A (MR x steps) pass by
//! second level  A's block (rows x steps): 9/16 of it. 2/8 at most for this panel of B and the next, the rest for C
//! third level   B's block (steps x columns): a core's part
//! ```
//!
//! The model has B's panel in the first level. Here it outgrows that, since C is then read and written less often
//! ([`KC`]), and comes from the second. Past the second level a product of (m, n, k) moves
//! `m n k (1 / rows + 1 / columns + 2 / steps)` elements: B once for each block of rows, A once for each block of columns, C twice
//! for each block of steps. So where A's block has to be smaller, both its sides are.
//!
//! In f64 blocks have as many rows, columns and steps as in f32, so twice the bytes, for arithmetic that takes twice the time:
//! at (144, 1024, 1024) what was measured on Zen 5. With a second level of 2 MiB they have half the steps ([`WIDE_STEPS`]).
//!
//! No result depends on these: chains are cut by [`KC`] alone.

use std::sync::OnceLock;

use super::block_sizes::{KC, MAX_SKINNY_ROWS, MR_MAX, NR_BYTES, SKINNY_COLUMNS, WIDE_STEPS};
use crate::caches::Caches;

/// What products ask of one machine's caches. Rows, columns and steps are counted in elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BlockSizes {
    /// Steps of k in a block, at most, where chains go on from C: [`KC`], halved until a block of [`LEAST_ROWS`] fits.
    pub(crate) steps: usize,
    /// Rows of A's block, at most: `rows * steps * 4 B <= 9/16` of a core's second level, 576 KiB of 1 MiB. On Zen 5 96 and 192
    /// are as fast as 144, on Cascade Lake 144 to 448. On Emerald Rapids 288 rows, which would fit its 2 MiB, are 0.97 times as
    /// fast as 144 for squares of 1024 and 2048; 112 are as fast.
    pub(crate) rows: usize,
    /// The same where an epilogue keeps C, and a block has [`KC`] steps: `kept_rows * KC * 4 B <= 9/16` of it.
    pub(crate) kept_rows: usize,
    /// Columns of B's block: `columns * KC * 4 B` at most a core's part of the third level, or 2 MiB. At most 1024, 4 MiB: 2048
    /// are as fast, 512 up to 0.05 slower.
    pub(crate) columns: usize,
    /// A B of as many bytes, four times the second level, whose rows are pages apart is packed for up to
    /// `UNPACKED_ROWS` rows of C in blocks of `LARGE_STEPS` by [`BlockSizes::large_row_bytes`], half a second level: what is
    /// packed is used at once, from there. 32 to 128 rows of 1024 x 4096 are 1.0-1.1 times as fast for it with AVX2, with
    /// AVX-512 1.0-1.05. 128 steps by 4 KiB are as fast. Reading B where it lies in blocks that are fetched ahead, tried with
    /// AVX-512, is 0.95-0.97 times as fast, 0.85 at 16 rows.
    pub(crate) large_bytes: usize,
    pub(crate) large_row_bytes: usize,
    /// A B of as many bytes, half a second level, that lies in place is large, and of half as many medium, where the first level has
    /// 32 KiB or less: it is packed for fewer rows of C ([`super::block_sizes::UNPACKED_ROWS_LARGE`]). With 48 KiB (Zen 5, Emerald Rapids) it
    /// was as fast in place within 0.03.
    pub(crate) large_in_place_bytes: usize,
    /// Of a B in place of more bytes than this, an eighth of the second level, the next panel is fetched while the first tile of A
    /// passes by one, a line with each step: its rows are too far apart for the hardware to foresee. From memory 32 rows of
    /// 784 x 128 and 512 x 512 are 1.4 times as fast, 128 rows 1.13; from the second level 1.0-1.06.
    pub(crate) prefetched_b_bytes: usize,
    /// Bytes of a packed block of B, 7/16 of the second level, that stays there while all rows of A pass by, and while the next
    /// block is packed from as many bytes. On Zen 3 (512 KiB, and a third level of 10 to 15 GB/s), time with blocks of up to 1024
    /// columns from the third level over that with such ones, of half the level, medians of 3 to 5 runs in turns (0.95-1.05 is
    /// noise); a quarter of the level is as good for up to 144 rows, and worse for more:
    ///
    /// ```text
    /// B by columns                          B by rows
    /// 128 x 784 x 128   1.08-1.09           128 x 512 x 784   1.06
    /// 128 x 784 x 512   1.08-1.09           256 x 512 x 784   1.07
    /// 128 x 512 x 512   1.05-1.10           512 x 2048 x 512  1.10
    /// 256 x 784 x 128   1.12                600 x 600 x 600   1.02-1.11
    /// 512 x 784 x 128   1.09-1.18
    /// 1024 x 1024 x 128 1.14
    /// ```
    ///
    /// 1024 x 1024 x 1024 0.90, 1000 x 1000 x 1000 0.95, 512 x 2048 x 2048 0.89-0.94, 1024 x 1024 x 256 0.92: there A passes by too
    /// often, or its rows share their sets, and blocks come from the third level as before.
    pub(crate) kept_b_bytes: usize,
    /// Whether the first level has 32 KiB or less: an A by columns is then packed for more products
    /// ([`super::block_sizes::COLUMNS_TILES`], [`super::block_sizes::CROWDED_TILES`]).
    pub(crate) has_small_l1: bool,
    /// Of a packed block of B of more bytes than this, half a second level, the next panel is fetched while the first tile of
    /// each block of A passes by one: it comes from the third level, which is not overlapped with arithmetic otherwise. On
    /// Cascade Lake, where that level gives 10 GB/s to a core, squares of 1024 and 2048 go from 64 and 66 to 71 and 72 % of the
    /// peak; on Zen 4 they, the products of 784-512 and of 2048-2048 are as fast with it as without, within 0.01.
    pub(crate) fetched_panels_bytes: usize,
    /// Of a C of more bytes, half a second level, the next tile is fetched while one is computed: its rows are far apart, so the
    /// first steps of a tile that goes on from C wait for them, and its stores for the lines. On Zen 3, time without over that
    /// with it, medians in turns within one process (0.99-1.01 is noise):
    ///
    /// ```text
    /// 1024 x 1024 x 1024  1.03-1.06      784 x 512 x 512, A by columns            1.00-1.06
    /// 2048 x 2048 x 2048  1.01-1.05      1024 x 4096 x 512, A by columns          1.10
    /// 512 x 2048 x 2048   1.06-1.07      1024 x 4096 x 128, A by columns, on C    1.26
    /// 512 x 4096 x 1024   1.04-1.09      784 x 512 x 128 in f64, the same         1.40
    /// 512 x 512 x 512     1.00-1.03      512 x 1024 x 4096, B by columns          1.06
    /// 128 x 512 x 784     1.00 (256 KiB) 512 x 784 x 512, B by columns            1.01-1.06
    /// ```
    ///
    /// "On C": added to what C holds, as gradients and fused updates are. Fetching only where chains go on from C, or the first
    /// line of each row alone: 1.00-1.01.
    pub(crate) fetched_c_bytes: usize,
    /// An A by rows of more bytes (without what lies between its rows), a quarter of a core's part of the last level, comes from memory. Where it is not packed, the
    /// next tile's rows are fetched by the tiles that read them first: hardware foresees only a row's later lines. One panel of B
    /// then goes with all tiles of A, so that these are the tiles of the first panel. On Zen 3 (AVX2, 16 MiB a core), time over
    /// that without either, 10,000 rows, medians in turns within one process (0.99-1.01 is noise):
    ///
    /// ```text
    /// columns  steps: 100   128   200   256   784      f64: 128   784
    ///      16           -     -     -     -   0.66-0.69         -   0.82
    ///      32            -  0.94  0.95  0.78  0.78-0.80         -     -
    ///      64            -    -   0.91    -   0.90              -   0.98-1.06
    ///     128           -   0.96  0.88    -   0.96            0.98  0.96 (5,000 rows)
    ///     256           -   0.94    -     -     -               -     -
    ///     512           -     -     -     -   0.97-1.01         -     -
    /// ```
    ///
    /// From the last level, 1000 rows of 784 steps: 0.99-1.02.
    pub(crate) fetched_a_bytes: usize,
    /// Bytes of B's block, half a second level, up to which C is written along its rows: B comes from that level then, again and
    /// again. With 16 KiB, products of k = 8 took twice the time; all of a second level of 1 MiB costs 0.1 of those with 512
    /// columns.
    pub(crate) b_beside_c: usize,
    /// A B of more bytes, a quarter of the second level, is large for turning a low C round (`select.rs`).
    pub(crate) low_large_bytes: usize,
    /// A B of more bytes outgrows the first level beside a row's other operands: eight of its ways.
    pub(crate) l1_bytes: usize,
    /// Columns of more bytes, half a second level, are fetched ahead by dot products of whole registers a line.
    pub(crate) dot_prefetch_bytes: usize,
    /// A B by columns of more bytes, the second level, is fetched ahead for a single row.
    pub(crate) skinny_prefetch_bytes: usize,
    /// Whether the second level has 2 MiB or more: such a one is further from the core, and fewer of its lines are on their way at
    /// once ([`super::block_sizes::LINE_STEPS`], [`super::block_sizes::WIDE_STEPS`], [`super::block_sizes::LONE_STEPS`]).
    pub(crate) has_large_l2: bool,
    /// Lines of a set of the first level.
    pub(crate) l1_ways: usize,
    /// One less than the bytes of a way of the first level, a power of two: rows a multiple of these apart fall into the same
    /// sets. 4 KiB on x86-64.
    same_sets: usize,
    /// The same of an eighth and of a half of the way.
    few_sets: usize,
    two_sets: usize,
}

/// A block of fewer rows has fewer steps instead: of 96 to 192 none was slower.
const LEAST_ROWS: usize = 144;

/// More rows were no faster or slower (`BlockSizes::rows`), and take memory.
const MOST_ROWS: usize = LEAST_ROWS;

const LEAST_STEPS: usize = 128;

const LEAST_COLUMNS: usize = 512;

const MOST_COLUMNS: usize = 1024;

/// Bytes of a first level that holds no panel of a B in place.
const SMALL_L1: usize = 32 << 10;

/// Bytes of a second level that is large ([`BlockSizes::has_large_l2`]).
const LARGE_L2: usize = 2 << 20;

/// Bytes of a way of the first level, at least.
const LEAST_WAY: usize = 512;

/// Bytes of an element that blocks are counted by.
const ELEMENT: usize = 4;

impl BlockSizes {
    /// The sizes for these caches.
    pub(crate) fn for_caches(caches: &Caches) -> BlockSizes {
        let l2 = caches.l2_of_a_core();
        let most_elements = l2 / 16 * 9 / ELEMENT;
        let mut steps = KC;
        while steps > LEAST_STEPS && steps * LEAST_ROWS > most_elements {
            steps /= 2;
        }
        // At least two tiles, whatever the cache.
        let rows = |steps: usize| (most_elements / steps).clamp(2 * MR_MAX, MOST_ROWS);
        let columns = caches.last_of_a_core() / (KC * ELEMENT) / 64 * 64;
        let way = caches.l1.bytes / caches.l1.ways;
        let sets: usize = 1 << way.max(LEAST_WAY).ilog2();
        let is_small = caches.l1.bytes <= SMALL_L1;
        BlockSizes {
            steps,
            rows: rows(steps),
            kept_rows: rows(KC),
            columns: columns.clamp(LEAST_COLUMNS, MOST_COLUMNS),
            large_bytes: 4 * l2,
            large_row_bytes: (l2 / 512 / NR_BYTES * NR_BYTES).max(NR_BYTES),
            large_in_place_bytes: if is_small { l2 / 2 } else { usize::MAX },
            prefetched_b_bytes: l2 / 8,
            kept_b_bytes: l2 / 16 * 7,
            has_small_l1: is_small,
            fetched_panels_bytes: l2 / 2,
            fetched_c_bytes: l2 / 2,
            fetched_a_bytes: caches.last_of_a_core() / 4,
            b_beside_c: l2 / 2,
            low_large_bytes: l2 / 4,
            l1_bytes: caches.l1.ways.min(8) * way,
            dot_prefetch_bytes: l2 / 2,
            skinny_prefetch_bytes: l2,
            has_large_l2: l2 >= LARGE_L2,
            l1_ways: caches.l1.ways,
            same_sets: sets - 1,
            few_sets: sets / 8 - 1,
            two_sets: sets / 2 - 1,
        }
    }

    /// Those of this process. Caches that the environment states wrongly are taken as found: [`crate::Kernel`] refuses them.
    pub(crate) fn of_this_process() -> &'static BlockSizes {
        static SIZES: OnceLock<BlockSizes> = OnceLock::new();
        SIZES.get_or_init(|| match Caches::selected() {
            Ok(caches) => BlockSizes::for_caches(caches),
            Err(_) => BlockSizes::for_caches(&Caches::found()),
        })
    }

    /// Those of the caches that a text names, for tests.
    #[cfg(test)]
    pub(crate) fn of_text(caches: &str) -> &'static BlockSizes {
        // Kept where who looks for leaks sees it.
        static KEPT: std::sync::Mutex<Vec<&'static BlockSizes>> = std::sync::Mutex::new(Vec::new());
        let caches: Caches = caches.parse().expect("a test's caches");
        let sizes = Box::leak(Box::new(BlockSizes::for_caches(&caches)));
        KEPT.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(sizes);
        sizes
    }

    /// The most elements that any product of up to (m, n, k) packs with these sizes, on any kernel of the table, transposed or
    /// not; `None` past the address space.
    pub(crate) fn largest_panels<T>(&self, m: usize, n: usize, k: usize) -> Option<usize> {
        // None of these is more than a few million. Tiles are of any size up to the largest: 14 rows are 16 in tiles of 8.
        let rows = |x: usize| x.min(self.rows) + MR_MAX - 1;
        let cols = |x: usize| x.min(self.columns) + NR_BYTES / size_of::<T>() - 1;
        let skinny = (SKINNY_COLUMNS + 16) * 16 + k.min(KC) * MAX_SKINNY_ROWS; // LANES <= 16
        let blocks = (k.min(KC) * (rows(m) + cols(n)).max(rows(n) + cols(m))).max(skinny);
        // A single row is summed up in a buffer of its own.
        let longest = m.max(n);
        Some(blocks.max(longest.checked_add(cols(longest))?))
    }

    /// Steps of a block, at most, of elements of this type, where chains go on from C.
    #[inline(always)]
    pub(crate) fn steps_of<T>(&self) -> usize {
        match const { size_of::<T>() > ELEMENT } && self.has_large_l2 {
            true => self.steps.min(WIDE_STEPS),
            false => self.steps,
        }
    }

    /// Whether rows at this distance in elements share their sets of the first level.
    #[inline(always)]
    pub(crate) fn same_sets<T>(&self, stride: usize) -> bool {
        let bytes = stride * size_of::<T>();
        // A constant first: it is what most strides fail.
        bytes != 0 && bytes & (LEAST_WAY - 1) == 0 && bytes & self.same_sets == 0
    }

    /// Whether rows at this distance in elements use few sets of the first level, an eighth or less: eight of 64.
    #[inline(always)]
    pub(crate) fn few_sets<T>(&self, stride: usize) -> bool {
        (stride * size_of::<T>()) & self.few_sets == 0
    }

    /// Whether columns at this distance in elements crowd into two sets of the first level, or one.
    #[inline(always)]
    pub(crate) fn two_sets<T>(&self, stride: usize) -> bool {
        (stride * size_of::<T>()) & self.two_sets == 0
    }
}

#[cfg(test)]
mod tests;

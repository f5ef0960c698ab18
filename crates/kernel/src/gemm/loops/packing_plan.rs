//! The packing plan of a blocked product: which operands are packed, and the sizes of its blocks. Plain data, decided
//! before the loops.

use super::packs_a::{lies_by_columns, packs_a, packs_rows};
use crate::Scalar;
use crate::gemm::block_sizes::*;
use crate::gemm::cache_sizes::BlockSizes;
use crate::gemm::problem::Problem;
use crate::simd::isa::Isa;
use crate::simd::vector::Simd;
use crate::sizes::wrapping_bytes;

/// Tiles of up to MR rows and NV registers, or MR_ONE_VECTOR rows of one register; see [`Isa`].
pub(crate) const PLAIN: u8 = 0;
/// Tiles of two to four rows and up to WIDE_VECTORS registers.
pub(crate) const WIDE: u8 = 1;
/// Tiles of one register and a tail.
pub(crate) const TAIL: u8 = 2;

/// What of B is fetched while tiles pass by a panel of it: how far it is from what they read, in elements; 0 for nothing. The next
/// panel is fetched by the first tile of rows for all others, later steps of the same panel by every tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fetched {
    pub(crate) by_first: usize,
    pub(crate) by_others: usize,
}

impl Fetched {
    pub(crate) const NOTHING: Fetched = Fetched { by_first: 0, by_others: 0 };

    pub(crate) const fn next_panel(distance: usize) -> Fetched {
        Fetched { by_first: distance, by_others: 0 }
    }

    pub(crate) const fn ahead(distance: usize) -> Fetched {
        Fetched { by_first: distance, by_others: distance }
    }
}

/// Blocks, tiles and panels of one product. Rows, columns and steps are counted in elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PackingPlan {
    /// A tile's rows, at most, and columns.
    pub(crate) mr: usize,
    pub(crate) nr: usize,
    pub(crate) pack_a: bool,
    pub(crate) pack_b: bool,
    /// Whether a ragged last panel of B is packed, though the others may not be.
    pub(crate) pack_ragged: bool,
    /// What tiles fetch of a B in place.
    pub(crate) fetched_b: Fetched,
    /// Whether the first tile of each block of rows fetches the next panel of a packed B, where its block is large.
    pub(crate) prefetch_packed_b: bool,
    /// Whether chains go on from C, so that blocks may have fewer steps.
    pub(crate) resumes: bool,
    /// Steps of a block, at most; fewer where the caches hold fewer and chains go on.
    pub(crate) most_steps: usize,
    /// Whether B is packed in blocks that are used at once, from the second-level cache.
    pub(crate) is_large: bool,
}

/// The kind of tiles that C is made of.
#[inline(always)]
pub(crate) fn tile_kind<T: Scalar, K: Isa<T>>(p: &Problem<T>) -> u8 {
    if is_wide::<T, K>(p) {
        WIDE
    } else if tail_of::<T, K>(p).is_some() {
        TAIL
    } else {
        PLAIN
    }
}

/// The plan for tiles of that kind, a constant, since so are then the sizes that blocks are multiples of. Divided by what is
/// only known at run time, 16x16x16 took 1.12 times as long with AVX-512.
#[inline(always)]
pub(crate) fn plan<T: Scalar, K: Isa<T>, const TILES: u8>(p: &Problem<T>, resumes: bool) -> PackingPlan {
    let lanes = K::Vector::LANES;
    let mr = match TILES {
        WIDE if p.m > 3 => K::MR_WIDE,
        WIDE => 3,
        TAIL => K::MR_TAIL.max(1),
        _ if p.n <= lanes => K::MR_ONE_VECTOR,
        _ if const { K::MR_BY_ROWS < K::MR } && p.n > (K::NV - 1) * lanes && p.a.cs == 1 && !packs_rows::<T, K>(p) => {
            K::MR_BY_ROWS
        }
        _ => K::MR,
    };
    let nr = if TILES == WIDE {
        let registers = p.n.div_ceil(lanes);
        registers.div_ceil(registers.div_ceil(if mr == 4 { FOUR_ROWS_VECTORS } else { K::WIDE_VECTORS })) * lanes
    } else {
        K::NV * lanes
    };
    let row_tiles = p.m.div_ceil(mr);
    // B's rows must be contiguous to be used in place, and pay for packing only when they are used often.
    let rows_contiguous = p.b.cs == 1 || p.n == 1;
    let pack_b = p.b_packed
        || !rows_contiguous
        || p.m > unpacked_rows::<T, K>(p, nr)
        || (row_tiles > 1 && p.sizes.same_sets::<T>(p.b.rs));
    // Where lanes are factors, a ragged row is read without masks but for one that is shorter than a register.
    let is_masked = const { !K::Vector::LANES_ARE_FACTORS } || p.n % nr < lanes;
    let pack_ragged = pack_b
        || ((TILES != TAIL || p.n % 2 == 1)
            && row_tiles > MASKED_ROW_TILES
            && is_masked
            && !K::Vector::MASKED_LOADS_ARE_FREE);
    let by_columns = lies_by_columns(p);
    let pack_a = packs_a::<T, K>(p, mr, nr);
    // The first tile of rows reads an unpacked B, which the other tiles then find in the caches.
    let fetches = TILES == PLAIN && p.m > 2 * mr;
    let may_fetch = TILES == PLAIN && (const { K::REGISTERS_ARE_LINES } || fetches);
    let fetched_b = match !pack_b && may_fetch && wrapping_bytes::<T>(p.k, p.n) > p.sizes.prefetched_b_bytes {
        true if fetches => Fetched::next_panel(nr),
        true => Fetched::ahead(FEW_ROWS_AHEAD.wrapping_mul(p.b.rs)),
        false => Fetched::NOTHING,
    };
    let prefetch_packed_b = pack_b && fetches;

    // When k is split, accumulation resumes from C.
    let a_by_lines = !pack_a && by_columns && p.n > lanes;
    let b_by_lines = !pack_b && row_tiles > 1 && p.b.rs * size_of::<T>() >= LONG_ROW;
    let most_steps = match (a_by_lines, b_by_lines) {
        _ if !resumes || p.k <= STEPS_OF_FEW_SETS => KC,
        (true, _) if p.sizes.few_sets::<T>(p.a.cs) => STEPS_OF_FEW_SETS,
        (false, false) => KC,
        _ if const { K::REGISTERS_ARE_LINES } && p.sizes.has_large_l2 && !p.swapped => LINE_STEPS,
        _ => STEPS_IN_PLACE,
    };
    let is_large = resumes
        && pack_b
        && !p.b_packed
        && rows_contiguous
        && p.m <= UNPACKED_ROWS
        && wrapping_bytes::<T>(p.k, p.n) >= p.sizes.large_bytes;
    PackingPlan { mr, nr, pack_a, pack_b, pack_ragged, fetched_b, prefetch_packed_b, resumes, most_steps, is_large }
}

impl PackingPlan {
    /// Elements of B's panels and of A's. As many as with no block cut shorter, or less high: a thread's scratch that has grown
    /// for one epilogue then serves the others.
    #[inline(always)]
    pub(crate) fn panels<T>(&self, p: &Problem<T>) -> (usize, usize) {
        let (_, nc, kc) = self.blocks(p);
        let b_columns = match (self.pack_b, self.pack_ragged) {
            _ if p.b_packed => 0,
            (true, _) => nc,
            (_, true) => self.nr,
            _ => 0,
        };
        let a_rows = if self.pack_a { even_part(p.m, p.sizes.rows / self.mr * self.mr, self.mr) } else { 0 };
        let steps = if self.is_large { kc } else { even_part(p.k, KC, 1) };
        (b_columns * steps, a_rows * steps)
    }

    /// Whether everything is one block, of which nothing is packed.
    #[inline(always)]
    pub(crate) fn is_one_block<T>(&self, p: &Problem<T>) -> bool {
        let unpacked = !self.pack_a && !self.pack_b && (!self.pack_ragged || p.n.is_multiple_of(self.nr));
        let (BlockSizes { rows, columns, .. }, steps) = (p.sizes, p.sizes.steps_of::<T>());
        unpacked && (1..=*rows).contains(&p.m) && p.n <= *columns && p.k <= self.most_steps && p.k <= steps
    }

    /// Whether everything is one block of which B alone is packed, here or before, or its ragged panel, and stays in the first level.
    #[inline(always)]
    pub(crate) fn packs_one_small_b<T>(&self, p: &Problem<T>) -> bool {
        let (BlockSizes { rows, columns, l1_bytes, .. }, steps) = (p.sizes, p.sizes.steps_of::<T>());
        let is_small = match self.pack_b {
            true => wrapping_bytes::<T>(p.k, p.n) <= *l1_bytes,
            false => self.pack_ragged,
        };
        !self.pack_a
            && is_small
            && (1..=*rows).contains(&p.m)
            && p.n <= *columns
            && p.k <= self.most_steps
            && p.k <= steps
    }

    /// Rows of A's block; columns and steps of B's.
    #[inline(always)]
    pub(crate) fn blocks<T>(&self, p: &Problem<T>) -> (usize, usize, usize) {
        let (&PackingPlan { mr, resumes, .. }, sizes) = (self, p.sizes);
        let (most_cols, most_steps) = match (self.is_large, resumes) {
            (true, _) => (sizes.large_row_bytes / size_of::<T>(), LARGE_STEPS),
            (_, true) => (sizes.columns, self.most_steps.min(sizes.steps_of::<T>())),
            _ => (sizes.columns, self.most_steps),
        };
        let most_rows = if resumes || p.k <= sizes.steps_of::<T>() { sizes.rows } else { sizes.kept_rows };
        let (mc, kc) = (even_part(p.m, most_rows / mr * mr, mr), even_part(p.k, most_steps, 1));
        let most_cols = if self.is_large { most_cols } else { self.columns_kept(p, mc, kc).unwrap_or(most_cols) };
        (mc, even_part(p.n, most_cols, self.nr), kc)
    }

    /// Columns of a packed B's block that stays in the second level while all rows of A pass by, where that moves less past this
    /// level than blocks from the third: A once more for each block of columns, rather than all panels once as they are
    /// packed and again for each `mc` rows of A. What lies in place is not fetched ahead, so A counts 5/4.
    #[inline(always)]
    fn columns_kept<T>(&self, p: &Problem<T>, mc: usize, kc: usize) -> Option<usize> {
        let (step, sizes) = (kc * size_of::<T>(), p.sizes);
        if !self.pack_b || p.b_packed || self.pack_a || p.n * step <= sizes.kept_b_bytes {
            return None;
        }
        let columns = ((sizes.kept_b_bytes / step / self.nr).max(KEPT_PANELS) * self.nr).min(sizes.columns);
        let (of_a, of_b) = (p.m * p.n.div_ceil(columns), p.n * (2 + p.m.div_ceil(mc)));
        // Rows that share their sets do not pass by in order.
        let pays = p.m <= mc || (5 * of_a <= 4 * of_b && !sizes.same_sets::<T>(p.a.rs));
        pays.then_some(columns)
    }
}

/// Rows of C, at most, for which B stays where it lies.
#[inline(always)]
fn unpacked_rows<T: Scalar, K: Isa<T>>(p: &Problem<T>, nr: usize) -> usize {
    let large = p.sizes.large_in_place_bytes; // few rows, or short ones, are most products: one comparison first
    if p.m > UNPACKED_ROWS_LARGE && p.n >= SHORT_ROW_PANELS * nr {
        let bytes = wrapping_bytes::<T>(p.k, p.b.rs);
        if !K::REGISTERS_ARE_LINES && bytes >= large {
            return UNPACKED_ROWS_LARGE;
        }
        if bytes >= large / 2 {
            let crosses = !(p.b.rs * size_of::<T>()).is_multiple_of(CROSSING_BYTES) && !K::REGISTERS_ARE_LINES;
            return if crosses { UNPACKED_ROWS_CROSSING } else { UNPACKED_ROWS_MEDIUM };
        }
    }
    if p.b.rs.is_multiple_of(K::Vector::LANES) { UNPACKED_ROWS_WHOLE } else { UNPACKED_ROWS }
}

/// Whether C is made of wide tiles: of two or three rows, as long as nothing is packed for them, and of four where the
/// registers hold them. As tiles of two registers 2 x 256 x 512 takes 1.8 times as long (AVX2), 3 rows 1.4; four rows take
/// 1.07-1.09, up to 1.3 where 24 columns are one tile instead of two, eight 1.05-1.25, seven 1.0-1.2 but for a register left
/// over, where 0.7-0.9. More rows, up to whole squares, take 0.7-0.98 as such tiles.
fn is_wide<T: Scalar, K: Isa<T>>(p: &Problem<T>) -> bool {
    if const { K::WIDE_VECTORS <= K::NV }
        || p.b_packed
        || p.b.cs != 1
        || p.c_cs != 1
        || p.swapped
        || p.n <= K::NV * K::Vector::LANES
    {
        return false;
    }
    let registers = p.n.div_ceil(K::Vector::LANES);
    let fills = registers % FOUR_ROWS_VECTORS != 1 || registers > 3 * FOUR_ROWS_VECTORS;
    let two_tiles = (p.m == 8 || (p.m == 7 && fills)) && !p.sizes.same_sets::<T>(p.b.rs);
    matches!(p.m, 2 | 3) || (K::MR_WIDE == 4 && (p.m == 4 || two_tiles))
}

/// Columns past the first register that share registers with one another (`micro_kernel_tail.rs`), where that pays: with 9 to 12
/// columns, 1.3-1.5 times as fast as tiles transposed. Where they are odd in number B is packed, since one more is read.
pub(crate) fn tail_of<T: Scalar, K: Isa<T>>(p: &Problem<T>) -> Option<usize> {
    if const { K::MR_TAIL == 0 } {
        return None;
    }
    let lanes = K::Vector::LANES;
    let tail = p.n.checked_sub(lanes)?;
    let fits = (1..=4.min(lanes / 2)).contains(&tail) && (tail % 2 == 0 || p.m > MASKED_ROW_TILES * K::MR_TAIL);
    (fits && p.c_cs == 1 && !p.swapped && p.b.cs == 1 && !p.b_packed).then_some(tail)
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests;

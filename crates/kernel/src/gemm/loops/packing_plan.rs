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
    /// Whether the first tile of rows fetches the next panel of a B in place for all others.
    pub(crate) prefetch_b: bool,
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
    let prefetch_b = !pack_b && fetches && wrapping_bytes::<T>(p.k, p.n) > p.sizes.prefetched_b_bytes;
    let prefetch_packed_b = pack_b && fetches;

    // When k is split, accumulation resumes from C.
    let a_by_lines = !pack_a && by_columns && p.n > lanes;
    let b_by_lines = !pack_b && row_tiles > 1 && p.b.rs * size_of::<T>() >= LONG_ROW;
    let most_steps = match (a_by_lines, b_by_lines) {
        _ if !resumes || p.k <= STEPS_OF_FEW_SETS => KC,
        (true, _) if p.sizes.few_sets::<T>(p.a.cs) => STEPS_OF_FEW_SETS,
        (false, false) => KC,
        _ => STEPS_IN_PLACE,
    };
    let is_large = resumes
        && pack_b
        && !p.b_packed
        && rows_contiguous
        && p.m <= UNPACKED_ROWS
        && wrapping_bytes::<T>(p.k, p.n) >= p.sizes.large_bytes;
    PackingPlan { mr, nr, pack_a, pack_b, pack_ragged, prefetch_b, prefetch_packed_b, resumes, most_steps, is_large }
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
        let BlockSizes { rows, columns, steps, .. } = p.sizes;
        unpacked && (1..=*rows).contains(&p.m) && p.n <= *columns && p.k <= self.most_steps && p.k <= *steps
    }

    /// Rows of A's block; columns and steps of B's.
    #[inline(always)]
    pub(crate) fn blocks<T>(&self, p: &Problem<T>) -> (usize, usize, usize) {
        let (&PackingPlan { mr, resumes, .. }, sizes) = (self, p.sizes);
        let (most_cols, most_steps) = match (self.is_large, resumes) {
            (true, _) => (sizes.large_row_bytes / size_of::<T>(), LARGE_STEPS),
            (_, true) => (sizes.columns, self.most_steps.min(sizes.steps)),
            _ => (sizes.columns, self.most_steps),
        };
        let most_rows = if resumes || p.k <= sizes.steps { sizes.rows } else { sizes.kept_rows };
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
mod tests {
    use super::*;
    use crate::matrix::operand::Operand;
    use crate::simd::avx2::Avx2;
    use crate::simd::avx512::Avx512;

    /// A, B and C by rows, B's as far apart as told.
    fn problem((m, n, k): (usize, usize, usize), b_rs: usize) -> Problem<f32> {
        let at = |rs| Operand { ptr: std::ptr::null(), rs, cs: 1 };
        Problem {
            m,
            n,
            k,
            a: at(k),
            b: at(b_rs),
            c: std::ptr::null_mut(),
            c_rs: n,
            c_cs: 1,
            row: 0,
            col: 0,
            swapped: false,
            b_packed: false,
            sizes: BlockSizes::of_text("48K:12,1M:16,32M:16"),
            post_op: None,
        }
    }

    #[test]
    fn a_small_product_is_one_block_of_which_nothing_is_packed() {
        let p = problem((64, 64, 64), 64);
        let plan = plan::<f32, Avx2, PLAIN>(&p, true);
        assert!(plan.is_one_block(&p) && !plan.pack_a && !plan.pack_b, "{plan:?}");
        assert_eq!((plan.mr, plan.nr), (6, 16));
    }

    #[test]
    fn b_is_packed_for_many_rows_and_where_its_rows_are_pages_apart() {
        let many = problem((513, 512, 512), 512);
        assert!(plan::<f32, Avx2, PLAIN>(&many, true).pack_b);
        let few = problem((64, 1000, 512), 1000);
        assert!(!plan::<f32, Avx2, PLAIN>(&few, true).pack_b);
        let apart = problem((64, 1000, 512), 1024);
        assert!(plan::<f32, Avx2, PLAIN>(&apart, true).pack_b);
    }

    #[test]
    fn a_first_level_of_32_kib_has_large_b_packed_for_fewer_rows() {
        let zen3 = BlockSizes::of_text("32K:8,512K:8,32M:16");
        let of = |(m, n, k): (usize, usize, usize)| Problem { sizes: zen3, ..problem((m, n, k), n) };
        let packs = |shape| plan::<f32, Avx2, PLAIN>(&of(shape), true).pack_b;
        assert!(packs((48, 512, 784)) && !packs((47, 512, 784)));
        assert!(packs((256, 64, 512)) && !packs((255, 64, 512)), "half as large");
        assert!(!packs((256, 128, 64)) && !packs((256, 64, 64)), "small");
        assert!(!packs((256, 32, 4096)) && packs((96, 255, 255)) && !packs((95, 255, 255)), "short, crossing lines");
        let by_lines = |shape| plan::<f32, Avx512, PLAIN>(&of(shape), true).pack_b;
        assert!(by_lines((256, 512, 784)) && !by_lines((255, 512, 784)));
        let larger = BlockSizes::of_text("48K:12,1M:16,32M:16");
        let in_place = Problem { sizes: larger, ..of((512, 512, 784)) };
        assert!(!plan::<f32, Avx2, PLAIN>(&in_place, true).pack_b);
    }

    #[test]
    fn a_first_level_of_32_kib_has_columns_of_a_packed_that_are_far_apart_or_crowded() {
        let zen3 = BlockSizes::of_text("32K:8,512K:8,32M:16");
        let of = |(m, n, k): (usize, usize, usize), sizes| {
            let a = Operand { ptr: std::ptr::null(), rs: 1, cs: m };
            Problem { sizes, a, ..problem((m, n, k), n) }
        };
        let packs = |shape| plan::<f32, Avx2, PLAIN>(&of(shape, zen3), true).pack_a;
        assert!(packs((784, 256, 256)) && !packs((784, 255, 256)) && !packs((784, 256, 255)));
        assert!(packs((784, 512, 128)) && !packs((784, 511, 128)) && !packs((784, 512, 127)));
        assert!(!packs((255, 512, 256)), "columns side by side");
        let few_sets = "columns a multiple of 512 B apart";
        assert!(packs((512, 512, 32)) && !packs((512, 512, 31)) && !packs((500, 512, 32)), "{few_sets}");
        assert!(packs((128, 192, 86)) && !packs((128, 192, 85)) && !packs((128, 191, 512)), "{few_sets}");
        assert!(!plan::<f32, Avx512, PLAIN>(&of((784, 512, 256), zen3), true).pack_a);
        let larger = of((784, 512, 256), BlockSizes::of_text("48K:12,1M:16,32M:16"));
        assert!(!plan::<f32, Avx2, PLAIN>(&larger, true).pack_a);
    }

    #[test]
    fn a_packed_b_stays_in_the_second_level_where_that_moves_less() {
        let zen3 = BlockSizes::of_text("32K:8,512K:8,32M:16");
        let columns = |(m, n, k): (usize, usize, usize), b: (usize, usize)| {
            let b = Operand { ptr: std::ptr::null(), rs: b.0, cs: b.1 };
            let p = Problem { sizes: zen3, b, ..problem((m, n, k), n) };
            plan::<f32, Avx2, PLAIN>(&p, true).blocks(&p).1
        };
        // 224 KiB are 448 columns of 128 steps, 112 of 512.
        assert_eq!(columns((128, 784, 128), (1, 128)), 400);
        assert_eq!(columns((512, 784, 512), (1, 512)), 112);
        assert_eq!(columns((128, 512, 784), (512, 1)), 128);
        // What is smaller is one block; A would pass by too often; its rows share their sets; B is packed before.
        assert_eq!(columns((128, 448, 128), (1, 128)), 448);
        assert_eq!(columns((1000, 1000, 1000), (1000, 1)), 1008);
        assert_eq!(columns((512, 2048, 2048), (2048, 1)), 1024);
        let before = Problem { sizes: zen3, b_packed: true, ..problem((128, 512, 784), 512) };
        assert_eq!(plan::<f32, Avx2, PLAIN>(&before, true).blocks(&before).1, 512);
    }

    #[test]
    fn a_large_b_of_few_rows_is_packed_in_blocks_that_the_second_level_holds() {
        let p = problem((64, 4096, 1024), 4096);
        let plan = plan::<f32, Avx512, PLAIN>(&p, true);
        assert!(plan.is_large, "{plan:?}");
        assert_eq!(plan.blocks(&p), (70, 512, 256)); // 64 rows in tiles of 14; 512 * 256 * 4 B = 512 KiB
    }

    #[test]
    fn blocks_follow_the_caches_and_an_epilogue_that_keeps_c_has_kc_steps() {
        let haswell = BlockSizes::of_text("32K:8,256K:8,8M:16:4");
        let p = Problem { sizes: haswell, ..problem((2000, 2000, 2000), 2000) };
        let resumed = plan::<f32, Avx2, PLAIN>(&p, true);
        assert_eq!(resumed.blocks(&p), (144, 512, 250));
        let kept = plan::<f32, Avx2, PLAIN>(&p, false);
        assert_eq!(kept.blocks(&p), (36, 64, 1000)); // A 32 times, not B 58 times
        // As few steps as fit beside more rows are one block either way.
        let few = Problem { k: 200, ..p };
        assert_eq!(plan::<f32, Avx2, PLAIN>(&few, false).blocks(&few), (144, 512, 200));
    }

    /// Whatever the caches, a scratch for a shape has room for every product of that shape.
    #[test]
    fn panels_never_outgrow_the_scratch_of_their_shape() {
        let caches =
            ["48K:12,1M:16,32M:16", "32K:8,256K:8,8M:16:4", "32K:4,64K:4", "48K:12,2M:16,320M:20:64", "128K:8,16M:16"];
        let sides = [1usize, 2, 5, 6, 13, 14, 28, 29, 143, 145, 287, 290, 513, 1023, 1025, 2049];
        for sizes in caches.map(BlockSizes::of_text) {
            for (m, n, k) in sides.iter().flat_map(|&m| sides.iter().flat_map(move |&n| sides.map(|k| (m, n, k)))) {
                for (b_rs, a) in [(n, (k, 1)), (n.next_multiple_of(1024), (1, m)), (n, (1, m.next_multiple_of(1024)))] {
                    let a = Operand { ptr: std::ptr::null(), rs: a.0, cs: a.1 };
                    let p = Problem { sizes, a, ..problem((m, n, k), b_rs) };
                    let columns = Problem { b: Operand { ptr: std::ptr::null(), rs: 1, cs: k }, ..p.columns(0, n) };
                    for (p, resumes) in [(&p, true), (&p, false), (&columns, true), (&p.transposed(), true)] {
                        let most = sizes.largest_panels::<f32>(m, n, k).unwrap();
                        for plan in [plan::<f32, Avx2, PLAIN>(p, resumes), plan::<f32, Avx512, PLAIN>(p, resumes)] {
                            let (b, a) = plan.panels(p);
                            assert!(a + b <= most, "{m}x{n}x{k}, {plan:?}, {sizes:?}: {a} and {b} of {most}");
                            let (mc, nc, kc) = plan.blocks(p);
                            assert!(mc > 0 && nc > 0 && kc > 0, "{m}x{n}x{k}, {plan:?}, {sizes:?}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn an_epilogue_that_reads_c_cuts_k_only_where_it_must() {
        let p = problem((64, 256, 1000), 256);
        assert_eq!(plan::<f32, Avx2, PLAIN>(&p, true).most_steps, STEPS_IN_PLACE);
        assert_eq!(plan::<f32, Avx2, PLAIN>(&p, false).most_steps, KC);
    }

    #[test]
    fn two_to_four_rows_make_wide_tiles_and_nine_to_twelve_columns_have_a_tail() {
        assert_eq!(tile_kind::<f32, Avx2>(&problem((3, 256, 512), 256)), WIDE);
        assert_eq!(tile_kind::<f32, Avx2>(&problem((64, 10, 512), 10)), TAIL);
        assert_eq!(tile_kind::<f32, Avx512>(&problem((64, 10, 512), 10)), PLAIN);
    }
}

//! The five loops around the micro-kernel, the inner two of them in `macro_kernel.rs`, after Goto and van de Geijn, "Anatomy of high-performance matrix
//! multiplication" (2008), and BLIS. Each says what it splits. None runs in parallel: threads stand above this crate and
//! give each call its own rows or columns of C.
//!
//! A tile's row of A (MR x kc) is to stay in the first-level cache, A's block (mc x kc) or a small B in the second level
//! while panels of the other pass by, B's block (kc x nc) in the last level.

use crate::Scalar;
use crate::gemm::level2::skinny;
use crate::gemm::loops::macro_kernel::{Block, block, rows_of, shares};
use crate::gemm::pack::panels::Source;
use crate::gemm::pack::scratch::Scratch;
use crate::gemm::problem::{Operand, Problem};
use crate::gemm::tile::dispatch::tail_of;
use crate::gemm::tile::micro_kernel::{Finish, Isa, NV};
use crate::simd::Simd;
use crate::sizes::wrapping_bytes;

/// Steps of k in a block. Of 256 to 2048 on Zen 5, 1024 was the fastest with either instruction set, for squares of 2048
/// 1.02 (AVX2) and 1.07 times (AVX-512) as fast as 400: C is read and written less often, and that costs more than B's
/// panel, which no longer fits the first-level cache.
pub const KC: usize = 1024;
/// Rows of A's block, at most: 144 * 1024 * 4 B = 576 KiB in f32, half of a 1 MiB second level. 96 and 192 are as fast.
const MC: usize = 144;
/// MR and MR_LONE of every kernel are at most this.
pub(crate) const MR_MAX: usize = 14;
/// Columns of B's block: 1024 * 1024 * 4 B = 4 MiB in f32, a part of the last level that others share. 2048 is as fast,
/// 512 up to 0.05 slower.
const NC: usize = 1024;

/// NR of every kernel is at most two registers of 64 bytes.
pub(crate) const NR_BYTES: usize = 128;

/// B is used where it lies up to this many rows of C: packing it costs more than it saves. At 32 rows of 784 x 128 that
/// is 0.2 of the time, at 256 still 0.03-0.05. Rows of whole registers are as fast or up to 1.03 times as fast in place at
/// 512 and 1024; others, 1023 x 1023, 0.79 times.
const UNPACKED_ROWS: usize = 384;
const UNPACKED_ROWS_WHOLE: usize = 512;
/// A ragged panel is packed where masked loads cost something, for more tiles of rows than this.
pub(crate) const MASKED_ROW_TILES: usize = 3;
/// An A by columns that lies badly is packed when at least this many tiles of columns reuse it.
const PACKED_COLUMN_TILES: usize = 4;
/// An A by rows that share their cache sets is packed for more tiles of columns than this: the lines that a tile reads side
/// by side are as many as its rows, and fit the ways of a set unless the rows are more than [`WAYS`]. Packed for fewer, 64 to
/// 512 squared with AVX2 were 0.88-0.98 times as fast (Zen 5), in f64 0.94-0.98, 128 and 256 with AVX-512 0.95-0.98.
/// Unpacked for more, 1024 in f64 0.91, 2048 0.98, 512 and 1024 with AVX-512 0.97 and 0.95.
const ROWS_APART_COLUMN_TILES: usize = 64;
const MANY_ROWS_APART_COLUMN_TILES: usize = 8;
/// Lines of a set of the first-level cache.
const WAYS: usize = 12;
/// Rows a multiple of this many bytes apart fall into the same sets of the caches.
pub(crate) const PAGE: usize = 4096;
/// Rows a multiple of this many bytes apart share few of them: eight of the 64 of a first level.
const FEW_SETS: usize = 512;

/// Steps of k in a block where an operand is read a cache line at a time, each from another row: of a B in place, whose rows
/// are [`LONG_ROW`] bytes or more, and of an A by columns. The lines of a block wait in the caches for the next tile of rows
/// or columns. With AVX2 on Emerald Rapids 32 to 128 rows of 784 x 512 are 1.4-1.5 times as fast as in one block, in f64
/// 784 x 256 1.6-1.8, 512 steps of an A by 784 columns 1.15-1.25, with AVX-512 1.3-1.4 and as fast. A B of shorter rows:
/// 0.95-1; an A by columns with a lone register of B's, 0.9 with AVX-512.
const STEPS_IN_PLACE: usize = 256;
const LONG_ROW: usize = 1024;
/// The same of an A by columns whose lines share [`FEW_SETS`]: 1.1-1.3 times as fast, with 256 steps no faster than in one
/// block.
const STEPS_OF_FEW_SETS: usize = 128;
/// Where as many tiles of columns and steps use such an A, it is packed: 1.1-1.4 times as fast in f32, 1.05-1.45 in f64.
/// Half as many tiles: 0.95-1.2.
const FEW_SETS_COLUMN_TILES: usize = 32;
const FEW_SETS_STEPS: usize = 128;

/// A B of at least [`LARGE_BYTES`], four times the second level, whose rows are pages apart is packed for up to
/// [`UNPACKED_ROWS`] rows of C in blocks of [`LARGE_STEPS`] by [`LARGE_ROW_BYTES`], 512 KiB: what is packed is used at once,
/// from the second level. 32 to 128 rows of 1024 x 4096 are 1.0-1.1 times as fast for it with AVX2, with AVX-512 1.0-1.05.
/// 128 steps by 4 KiB are as fast. Reading B where it lies in blocks that are fetched ahead, tried with AVX-512, is 0.95-0.97
/// times as fast, 0.85 at 16 rows.
pub(crate) const LARGE_BYTES: usize = 4 << 20;
const LARGE_STEPS: usize = 256;
const LARGE_ROW_BYTES: usize = 2048;

/// Of a B in place of more bytes than this the next panel is fetched while the first tile of A passes by one, a line with
/// each step: its rows are too far apart for the hardware to foresee. From memory 32 rows of 784 x 128 and 512 x 512 are
/// 1.4 times as fast, 128 rows 1.13; from the second level 1.0-1.06.
const FETCHED_BYTES: usize = 128 << 10;

/// `total` in the fewest parts of at most `max`, all but the last of one size, which is a multiple of `unit`.
#[inline]
pub(crate) fn even_part(total: usize, max: usize, unit: usize) -> usize {
    if total <= max {
        return total.next_multiple_of(unit).max(unit); // without the divisions by what is only known at run time
    }
    let parts = total.div_ceil(max).max(1);
    total.div_ceil(parts).next_multiple_of(unit).max(unit)
}

/// The most elements that any product of up to (m, n, k) packs, on any kernel of the table, transposed or not; `None` past the
/// address space.
pub(crate) fn largest_panels<T>(m: usize, n: usize, k: usize) -> Option<usize> {
    // None of these is more than a few million.
    let rows = |x: usize| x.min(MC).next_multiple_of(MR_MAX);
    let cols = |x: usize| x.min(NC).next_multiple_of(NR_BYTES / size_of::<T>());
    let blocks = (k.min(KC) * (rows(m) + cols(n)).max(rows(n) + cols(m))).max(skinny::largest(k));
    // A single row is summed up in a buffer of its own.
    let longest = m.max(n);
    Some(blocks.max(longest.checked_add(cols(longest))?))
}

/// Runs the product in blocks, with one instruction set and one epilogue.
///
/// Safety: the operands and C cover their shapes, C overlaps neither, its elements do not overlap each other, and
/// the CPU has the instruction set. When `swapped`, the rows of the caller's C are contiguous, which are columns here.
pub(crate) unsafe fn blocked<T: Scalar, K: Isa<T>, E: Finish<T>>(p: &Problem<T>, finish: E, scratch: &mut Scratch<T>) {
    // Each kind of tile has loops of its own: the sizes of blocks are then multiples of constants. Divided by what is only
    // known at run time, 16x16x16 took 1.12 times as long with AVX-512.
    // SAFETY: the caller's promise is passed on.
    unsafe {
        if is_wide::<T, K>(p) {
            loops::<T, K, E, WIDE>(p, finish, scratch);
        } else if tail_of::<T, K>(p).is_some() {
            loops::<T, K, E, TAILED>(p, finish, scratch);
        } else {
            loops::<T, K, E, PLAIN>(p, finish, scratch);
        }
    }
}

/// Tiles of up to MR rows and NV registers, or MR_LONE rows of one register.
const PLAIN: u8 = 0;
/// Tiles of two or three rows and up to WIDE registers.
const WIDE: u8 = 1;
/// Tiles of one register and a tail.
const TAILED: u8 = 2;

/// Safety: as [`blocked`]; tiles of that kind fit the problem.
unsafe fn loops<T: Scalar, K: Isa<T>, E: Finish<T>, const TILES: u8>(
    p: &Problem<T>,
    finish: E,
    scratch: &mut Scratch<T>,
) {
    let lanes = K::Vector::LANES;
    let mr = match TILES {
        WIDE if p.m > 3 => K::MR_WIDE,
        WIDE => 3,
        TAILED => K::MR_TAILED.max(1),
        _ if p.n <= lanes => K::MR_LONE,
        _ => K::MR,
    };
    let nr = if TILES == WIDE {
        let registers = p.n.div_ceil(lanes);
        registers.div_ceil(registers.div_ceil(if mr == 4 { FOUR_ROWS_WIDE } else { K::WIDE })) * lanes
    } else {
        NV * lanes
    };
    let row_tiles = p.m.div_ceil(mr);
    // B's rows must be contiguous to be used in place, and pay for packing only when they are used often.
    let rows_contiguous = p.b.cs == 1 || p.n == 1;
    let unpacked_rows = if p.b.rs.is_multiple_of(lanes) { UNPACKED_ROWS_WHOLE } else { UNPACKED_ROWS };
    let pack_b = p.b_packed || !rows_contiguous || p.m > unpacked_rows || (row_tiles > 1 && page_apart::<T>(p.b.rs));
    let pack_ragged = pack_b
        || ((TILES != TAILED || p.n % 2 == 1) && row_tiles > MASKED_ROW_TILES && !K::Vector::MASKED_LOADS_ARE_FREE);
    // A's elements are broadcast one by one, so it may lie as it likes: packing a column-major A cost 0.02-0.2 of the time.
    // Only one whose rows or columns share their cache sets is packed, when enough tiles use it.
    let by_columns = p.a.rs == 1 && p.m > 1;
    let rows_apart = if mr > WAYS { MANY_ROWS_APART_COLUMN_TILES } else { ROWS_APART_COLUMN_TILES };
    let pack_a = (p.n > rows_apart * nr && p.m > 1 && page_apart::<T>(p.a.rs))
        || (p.n >= PACKED_COLUMN_TILES * nr && p.k > 1 && page_apart::<T>(p.a.cs))
        || (p.n >= FEW_SETS_COLUMN_TILES * nr && p.k >= FEW_SETS_STEPS && by_columns && few_sets::<T>(p.a.cs));

    // The first tile of rows reads a B in place for all others, who then find it in the caches.
    let b_fetched = !pack_b && TILES == PLAIN && p.m > 2 * mr && wrapping_bytes::<T>(p.k, p.n) > FETCHED_BYTES;

    // How many steps a block has at most. Cut, the chains of an element go on from C.
    let a_by_lines = !pack_a && by_columns && p.n > lanes;
    let b_by_lines = !pack_b && row_tiles > 1 && p.b.rs * size_of::<T>() >= LONG_ROW;
    let most_steps = match (a_by_lines, b_by_lines) {
        _ if !E::RESUMES || p.k <= STEPS_OF_FEW_SETS => KC,
        (true, _) if few_sets::<T>(p.a.cs) => STEPS_OF_FEW_SETS,
        (false, false) => KC,
        _ => STEPS_IN_PLACE,
    };

    // Nothing packed and one block of everything. So small a product would spend half its time on what follows: 16 x 16 x 16
    // takes 75 ns instead of 97 for leaving here, 8 x 10 x 16 42 instead of 55.
    let unpacked = !pack_a && !pack_b && (!pack_ragged || p.n.is_multiple_of(nr));
    if unpacked && (1..=MC).contains(&p.m) && p.n <= NC && p.k <= most_steps {
        let whole = Block {
            m: p.m,
            n: p.n,
            k: p.k,
            row: 0,
            col: 0,
            row_tiles,
            nr,
            a: p.a,
            a_tile: 0,
            b: p.b.ptr,
            b_rs: p.b.rs,
            b_panel: nr,
            b_padded: false,
            b_fetched,
            ragged: None,
            resume: false,
            is_last: true,
        };
        // SAFETY: the caller's promise is passed on.
        return unsafe { block::<T, K, E>(&whole, p, finish) };
    }
    let mc_block = even_part(p.m, MC / mr * mr, mr);
    let is_large = E::RESUMES
        && pack_b
        && !p.b_packed
        && rows_contiguous
        && p.m <= UNPACKED_ROWS
        && wrapping_bytes::<T>(p.k, p.n) >= LARGE_BYTES;
    let (most_cols, most_steps) =
        if is_large { (LARGE_ROW_BYTES / size_of::<T>(), LARGE_STEPS) } else { (NC, most_steps) };
    let (nc_block, kc_block) = (even_part(p.n, most_cols, nr), even_part(p.k, most_steps, 1));

    let b_columns = match (pack_b, pack_ragged) {
        _ if p.b_packed => 0,
        (true, _) => nc_block,
        (_, true) => nr,
        _ => 0,
    };
    let a_rows = if pack_a { mc_block } else { 0 };
    // As much as with no block cut shorter: a thread's scratch that has grown for one epilogue then serves the others.
    let held = if is_large { kc_block } else { even_part(p.k, KC, 1) };
    let (b_panels, a_panels) = scratch.panels(b_columns * held, a_rows * held);
    let k_blocks = p.k.div_ceil(kc_block).max(1); // k = 0 still finishes C

    // LOOP 5: columns of C, in blocks whose part of B fits the last-level cache. Independent.
    for jc in (0..p.n).step_by(nc_block) {
        let nc = nc_block.min(p.n - jc);
        // Columns from here on are packed; without `pack_b`, those of a ragged panel.
        let first = match (pack_b, pack_ragged) {
            (true, _) => 0,
            (_, true) => nc / nr * nr,
            _ => nc,
        };

        // LOOP 4: steps of k. In order: each block resumes the chains that the one before left in C.
        for k_block in 0..k_blocks {
            let pc = k_block * kc_block;
            let kc = kc_block.min(p.k - pc);
            if first < nc && !p.b_packed {
                let source = Source {
                    ptr: p.b.at(pc, jc + first),
                    steps: kc,
                    lanes: nc - first,
                    step_stride: p.b.rs,
                    lane_stride: p.b.cs,
                    readable: nc - first,
                };
                // SAFETY: rows pc..pc+kc and columns jc+first..jc+nc of B exist.
                unsafe { K::pack(&source, nr, b_panels) };
            }

            // LOOP 3: rows of C, in blocks whose part of A fits the second-level cache. Independent.
            for ic in (0..p.m).step_by(mc_block) {
                let mc = mc_block.min(p.m - ic);
                let tiles = mc.div_ceil(mr);
                if pack_a {
                    for tile in 0..tiles {
                        let (i, rows) = rows_of(tile, shares(mc, tiles));
                        let source = Source {
                            ptr: p.a.at(ic + i, pc),
                            steps: kc,
                            lanes: rows,
                            step_stride: p.a.cs,
                            lane_stride: p.a.rs,
                            readable: mc - i,
                        };
                        // SAFETY: rows ic+i.. and steps pc..pc+kc of A exist.
                        unsafe { K::pack(&source, mr, &mut a_panels[tile * kc * mr..]) };
                    }
                }

                let (b, b_rs, b_panel) = if p.b_packed {
                    (p.b.ptr.wrapping_add(jc * p.k + pc * nr), nr, p.k * nr)
                } else if pack_b {
                    (b_panels.as_ptr(), nr, kc * nr)
                } else {
                    (p.b.at(pc, jc), p.b.rs, nr)
                };
                let (a, a_tile) = if pack_a {
                    (Operand { ptr: a_panels.as_ptr(), rs: 1, cs: mr }, kc * mr)
                } else {
                    (Operand { ptr: p.a.at(ic, pc), ..p.a }, 0)
                };
                let part = Block {
                    m: mc,
                    n: nc,
                    k: kc,
                    row: ic,
                    col: jc,
                    row_tiles: tiles,
                    nr,
                    a,
                    a_tile,
                    b,
                    b_rs,
                    b_panel,
                    b_padded: pack_b,
                    b_fetched: b_fetched && ic == 0,
                    ragged: (pack_ragged && !pack_b).then_some(b_panels.as_ptr()),
                    resume: E::RESUMES && k_block > 0,
                    is_last: k_block + 1 == k_blocks,
                };
                // LOOPS 2 and 1 stand in `block`.
                // SAFETY: rows ic..+mc, columns jc..+nc and steps pc..+kc exist; the instruction set by the caller's promise.
                unsafe {
                    if part.is_last {
                        block::<T, K, E>(&part, p, if k_block == 0 { finish } else { finish.last() });
                    } else {
                        block::<T, K, E::Partial>(&part, p, finish.partial(k_block == 0));
                    }
                }
            }
        }
    }
}

/// Rows so many elements apart share their sets of the caches.
pub(crate) fn page_apart<T>(stride: usize) -> bool {
    stride != 0 && (stride * size_of::<T>()).is_multiple_of(PAGE)
}

/// Rows so many elements apart leave most of a first level's sets empty.
fn few_sets<T>(stride: usize) -> bool {
    (stride * size_of::<T>()).is_multiple_of(FEW_SETS)
}

/// Registers across a tile of four rows.
const FOUR_ROWS_WIDE: usize = 3;

/// Whether C is made of wide tiles: of two or three rows, as long as nothing is packed for them, and of four where the
/// registers hold them. As tiles of [`NV`] registers 2 x 256 x 512 takes 1.8 times as long (AVX2), 3 rows 1.4; four rows take
/// 1.07-1.09, up to 1.3 where 24 columns are one tile instead of two, eight 1.05-1.25, seven 1.0-1.2 but for a register left
/// over, where 0.7-0.9. More rows, up to whole squares, take 0.7-0.98 as such tiles.
fn is_wide<T: Scalar, K: Isa<T>>(p: &Problem<T>) -> bool {
    if const { K::WIDE <= NV } || p.b_packed || p.b.cs != 1 || p.c_cs != 1 || p.swapped || p.n <= NV * K::Vector::LANES
    {
        return false;
    }
    let registers = p.n.div_ceil(K::Vector::LANES);
    let fills = registers % FOUR_ROWS_WIDE != 1 || registers > 3 * FOUR_ROWS_WIDE;
    let two_tiles = (p.m == 8 || (p.m == 7 && fills)) && !page_apart::<T>(p.b.rs);
    matches!(p.m, 2 | 3) || (K::MR_WIDE == 4 && (p.m == 4 || two_tiles))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_few_and_even() {
        assert_eq!(even_part(784, 400, 1), 392);
        assert_eq!(even_part(400, 400, 1), 400);
        assert_eq!(even_part(401, 400, 1), 201);
        assert_eq!(even_part(0, 400, 1), 1);
        assert_eq!(even_part(145, 144, 6), 78);
    }
}

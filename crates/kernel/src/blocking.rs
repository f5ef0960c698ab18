//! The five loops around the micro-kernel, after Goto and van de Geijn, "Anatomy of high-performance matrix
//! multiplication" (2008), and BLIS. Each says what it splits. None runs in parallel: threads stand above this crate and
//! give each call its own rows or columns of C.
//!
//! B's panel (kc x NR) is to stay in the first-level cache while all of A's rows pass over it; A's block (mc x kc) in
//! the second level while all panels of B pass over it; B's block (kc x nc) in the last level.

use crate::Scalar;
use crate::epilogue::Scale;
use crate::micro::{FULL, Finish, Isa, MASK_B_AND_C, MASK_C, NV, Tile, Transposed};
use crate::pack::Source;
use crate::scratch::Scratch;
use crate::simd::Simd;

/// Rows of A's block, at most: 144 * 400 * 4 B = 225 KiB in f32, half of a 512 KiB second level.
const MC: usize = 144;
/// KC of every kernel is at most this.
const KC_MAX: usize = 400;
/// MR of every kernel is at most this.
const MR_MAX: usize = 14;
/// Columns of B's block: 400 * 2048 * 4 B = 3.1 MiB in f32, a part of the last level that others share.
const NC: usize = 2048;

/// NR of every kernel is at most two registers of 64 bytes.
const NR_BYTES: usize = 128;

/// Bytes of B's block that stay in the first-level cache while C streams past: half of 32 KiB.
const B_BESIDE_C: usize = 16 << 10;

/// B is used where it lies when this many tiles of rows or fewer would reuse a packed panel.
const UNPACKED_ROW_TILES: usize = 3;
/// A is packed when at least this many tiles of columns reuse it, and only where it lies badly.
const PACKED_COLUMN_TILES: usize = 4;
/// Rows a multiple of this many bytes apart fall into the same sets of the caches.
const PAGE: usize = 4096;

/// `C[m, n] <- finish(A[m, k] * B[k, n])`: pointers and strides in elements.
pub(crate) struct Problem<T> {
    pub(crate) m: usize,
    pub(crate) n: usize,
    pub(crate) k: usize,
    pub(crate) a: Operand<T>,
    pub(crate) b: Operand<T>,
    pub(crate) c: *mut T,
    pub(crate) c_rs: usize,
    pub(crate) c_cs: usize,
    /// Whether this is the transpose of what the caller asked for: the epilogue's columns are then rows here.
    pub(crate) swapped: bool,
}

/// An operand's first element and strides.
#[derive(Clone, Copy)]
pub(crate) struct Operand<T> {
    pub(crate) ptr: *const T,
    pub(crate) rs: usize,
    pub(crate) cs: usize,
}

impl<T: Copy> Operand<T> {
    pub(crate) fn at(self, i: usize, j: usize) -> *const T {
        self.ptr.wrapping_add(i * self.rs + j * self.cs)
    }
}

impl<T: Copy> Problem<T> {
    /// The same product with every matrix transposed: C^T = B^T A^T.
    pub(crate) fn transposed(&self) -> Self {
        let t = |x: Operand<T>| Operand { ptr: x.ptr, rs: x.cs, cs: x.rs };
        Problem {
            m: self.n,
            n: self.m,
            k: self.k,
            a: t(self.b),
            b: t(self.a),
            c: self.c,
            c_rs: self.c_cs,
            c_cs: self.c_rs,
            swapped: !self.swapped,
        }
    }
}

/// `total` in the fewest parts of at most `max`, all but the last of one size, which is a multiple of `unit`.
pub(crate) fn even_part(total: usize, max: usize, unit: usize) -> usize {
    let parts = total.div_ceil(max).max(1);
    total.div_ceil(parts).next_multiple_of(unit).max(unit)
}

/// Part `i` of `parts` that share `total` as evenly as whole numbers can: sizes differ by one at most.
fn share(total: usize, parts: usize, i: usize) -> (usize, usize) {
    let start = total * i / parts;
    (start, total * (i + 1) / parts - start)
}

/// The most elements that any product of up to (m, n, k) packs, on any kernel of the table, transposed or not.
pub(crate) fn largest_panels<T>(m: usize, n: usize, k: usize) -> usize {
    let rows = |x: usize| x.min(MC).next_multiple_of(MR_MAX);
    let cols = |x: usize| x.min(NC).next_multiple_of(NR_BYTES / size_of::<T>());
    // A single row is summed up in a buffer of its own.
    (k.min(KC_MAX) * (rows(m) + cols(n)).max(rows(n) + cols(m))).max(cols(m.max(n)) + m.max(n))
}

/// Runs the product in blocks, with one instruction set and one epilogue.
///
/// Safety: the operands and C cover their shapes, C overlaps neither, its elements do not overlap each other, and
/// the CPU has the instruction set. When `swapped`, the rows of the caller's C are contiguous, which are columns here.
pub(crate) unsafe fn blocked<T: Scalar, K: Isa<T>, E: Finish<T>>(p: &Problem<T>, finish: E, scratch: &mut Scratch<T>) {
    let (mr, nr) = (K::MR, NV * K::Vector::LANES);
    let mc_block = even_part(p.m, MC / mr * mr, mr);
    let nc_block = even_part(p.n, NC, nr);
    let kc_block = even_part(p.k, K::KC, 1);
    let row_tiles = p.m.div_ceil(mr);
    let page_apart = |stride: usize| stride != 0 && (stride * size_of::<T>()).is_multiple_of(PAGE);

    // B's rows must be contiguous to be used in place, and pay for packing only when they are used again.
    let rows_contiguous = p.b.cs == 1 || p.n == 1;
    let pack_b = !rows_contiguous || row_tiles > UNPACKED_ROW_TILES || (row_tiles > 1 && page_apart(p.b.rs));
    // A's elements are broadcast one by one, so any stride will do; a column-major A, or one whose rows share their
    // cache sets, is packed when enough tiles use it.
    let pack_a = p.n >= PACKED_COLUMN_TILES * nr && (p.a.cs != 1 || (p.m > 1 && page_apart(p.a.rs)));

    let b_len = if pack_b { nc_block * kc_block } else { 0 };
    let a_len = if pack_a { mc_block * kc_block } else { 0 };
    let (b_panels, a_panels) = scratch.panels(if pack_b { b_len } else { 0 }, if pack_a { a_len } else { 0 });
    let k_blocks = p.k.div_ceil(kc_block).max(1); // k = 0 still finishes C

    // LOOP 5: columns of C, in blocks whose part of B fits the last-level cache. Independent.
    for jc in (0..p.n).step_by(nc_block) {
        let nc = nc_block.min(p.n - jc);

        // LOOP 4: steps of k. In order: each block resumes the chains that the one before left in C.
        for k_block in 0..k_blocks {
            let pc = k_block * kc_block;
            let kc = kc_block.min(p.k - pc);
            if pack_b {
                for (panel, j) in (0..nc).step_by(nr).enumerate() {
                    let source = Source {
                        ptr: p.b.at(pc, jc + j),
                        steps: kc,
                        lanes: nr.min(nc - j),
                        step_stride: p.b.rs,
                        lane_stride: p.b.cs,
                    };
                    // SAFETY: rows pc..pc+kc and columns jc+j.. of B exist.
                    unsafe { K::pack(&source, nr, &mut b_panels[panel * kc * nr..]) };
                }
            }

            // LOOP 3: rows of C, in blocks whose part of A fits the second-level cache. Independent.
            for ic in (0..p.m).step_by(mc_block) {
                let mc = mc_block.min(p.m - ic);
                let tiles = mc.div_ceil(mr);
                if pack_a {
                    for tile in 0..tiles {
                        let (i, rows) = share(mc, tiles, tile);
                        let source = Source {
                            ptr: p.a.at(ic + i, pc),
                            steps: kc,
                            lanes: rows,
                            step_stride: p.a.cs,
                            lane_stride: p.a.rs,
                        };
                        // SAFETY: rows ic+i.. and steps pc..pc+kc of A exist.
                        unsafe { K::pack(&source, mr, &mut a_panels[tile * kc * mr..]) };
                    }
                }

                // LOOP 2: one panel of B after the other, each kept in the first-level cache while
                // LOOP 1 runs over the tiles of rows. Where all of B's block fits that cache, the other way round, so
                // that C is written along its rows. Both independent.
                let panels = nc.div_ceil(nr);
                let along_rows = kc * nc * size_of::<T>() <= B_BESIDE_C;
                let (outer, inner) = if along_rows { (tiles, panels) } else { (panels, tiles) };
                for outer in 0..outer {
                    for inner in 0..inner {
                        let (panel, tile) = if along_rows { (inner, outer) } else { (outer, inner) };
                        let j = panel * nr;
                        let (b, b_rs) = if pack_b {
                            (b_panels[panel * kc * nr..].as_ptr(), nr)
                        } else {
                            (p.b.at(pc, jc + j), p.b.rs)
                        };
                        // Tiles of rows are as equal as they can be: 8 rows are 4 + 4.
                        let (i, rows) = share(mc, tiles, tile);
                        let (a, a_rs, a_cs) = if pack_a {
                            (a_panels[tile * kc * mr..].as_ptr(), 1, mr)
                        } else {
                            (p.a.at(ic + i, pc), p.a.rs, p.a.cs)
                        };
                        let cols = nr.min(nc - j);
                        let tile = Tile {
                            k: kc,
                            a,
                            a_rs,
                            a_cs,
                            b,
                            b_rs,
                            b_padded: pack_b,
                            c: p.c.wrapping_add((ic + i) * p.c_rs + (jc + j) * p.c_cs),
                            c_rs: p.c_rs,
                            cols,
                            col: jc + j,
                            row: ic + i,
                            resume: E::RESUMES && k_block > 0,
                        };
                        // SAFETY: rows ic+i..+rows, columns jc+j..+cols and steps pc..+kc exist; the instruction set
                        // by the caller's promise.
                        unsafe {
                            if k_block + 1 < k_blocks {
                                place::<T, K, E::Partial>(tile, rows, p, finish.partial(k_block == 0));
                            } else {
                                let finish = if k_block == 0 { finish } else { finish.last() };
                                place::<T, K, E>(tile, rows, p, finish);
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Gives the tile to the micro-kernel. Where the columns of C are not neighbours, through a tile that is.
///
/// Safety: as the micro-kernel's, but with C of any strides.
unsafe fn place<T: Scalar, K: Isa<T>, E: Finish<T>>(tile: Tile<T>, rows: usize, p: &Problem<T>, finish: E) {
    // SAFETY: the caller's promise is passed on; the copy in between has 16 rows of NR columns.
    unsafe {
        if !p.swapped && (p.c_cs == 1 || tile.cols == 1) {
            return exact::<T, K, E>(&tile, rows, finish);
        }
        let mut copy = [T::ZERO; MR_MAX.next_multiple_of(16) * NR_BYTES / 4];
        let nr = NV * K::Vector::LANES;
        debug_assert!(rows <= MR_MAX && nr <= NR_BYTES / size_of::<T>(), "a tile of {rows}x{nr}");
        let (c, c_rs, c_cs, cols) = (tile.c, tile.c_rs, p.c_cs, tile.cols);
        let each = |f: &mut dyn FnMut(usize, *mut T)| {
            for i in 0..rows {
                for j in 0..cols {
                    f(i * nr + j, c.add(i * c_rs + j * c_cs));
                }
            }
        };
        if tile.resume || !(p.swapped || E::RESUMES) {
            each(&mut |at, element| copy[at] = *element);
        }
        let local = Tile { c: copy.as_mut_ptr(), c_rs: nr, ..tile };
        if p.swapped {
            exact::<T, K, Scale<T>>(&local, rows, Scale(T::ONE));
            let to = Transposed { rows, cols, tile_rs: nr, c, c_rs: c_cs, col: tile.row };
            return K::store_transposed(&copy, &to, finish);
        }
        exact::<T, K, E>(&local, rows, finish);
        each(&mut |at, element| *element = copy[at]);
    }
}

/// Turns the number of rows and of vectors into constants.
///
/// Safety: as the micro-kernel's; 1 <= rows <= MR.
unsafe fn exact<T: Scalar, K: Isa<T>, E: Finish<T>>(tile: &Tile<T>, rows: usize, finish: E) {
    debug_assert!((1..=K::MR).contains(&rows), "{rows} rows in a tile of {}", K::MR);
    // SAFETY: the caller's promise is passed on; `columns` sees to the promise about `cols`. Arms past MR are not
    // compiled for that kernel.
    unsafe {
        match rows {
            1 => columns::<T, K, E, 1>(tile, finish),
            2 => columns::<T, K, E, 2>(tile, finish),
            3 => columns::<T, K, E, 3>(tile, finish),
            4 => columns::<T, K, E, 4>(tile, finish),
            5 => columns::<T, K, E, 5>(tile, finish),
            6 => columns::<T, K, E, 6>(tile, finish),
            7 if K::MR >= 7 => columns::<T, K, E, 7>(tile, finish),
            8 if K::MR >= 8 => columns::<T, K, E, 8>(tile, finish),
            9 if K::MR >= 9 => columns::<T, K, E, 9>(tile, finish),
            10 if K::MR >= 10 => columns::<T, K, E, 10>(tile, finish),
            11 if K::MR >= 11 => columns::<T, K, E, 11>(tile, finish),
            12 if K::MR >= 12 => columns::<T, K, E, 12>(tile, finish),
            13 if K::MR >= 13 => columns::<T, K, E, 13>(tile, finish),
            14 if K::MR >= 14 => columns::<T, K, E, 14>(tile, finish),
            _ => unreachable!("{rows} rows in a tile of {}", K::MR),
        }
    }
}

/// Safety: as the micro-kernel's.
#[inline(always)]
unsafe fn columns<T: Scalar, K: Isa<T>, E: Finish<T>, const M: usize>(tile: &Tile<T>, finish: E) {
    let lanes = K::Vector::LANES;
    // SAFETY: each call's NV and EDGE fit `cols` and `b_padded`.
    unsafe {
        match (tile.cols > lanes, tile.b_padded) {
            (true, _) if tile.cols == NV * lanes => K::tile::<E, M, NV, FULL>(tile, finish),
            // Where masked loads cost nothing, one tile serves both.
            (true, true) if !K::MASKED_LOADS_ARE_FREE => K::tile::<E, M, NV, MASK_C>(tile, finish),
            (false, true) if !K::MASKED_LOADS_ARE_FREE => K::tile::<E, M, 1, MASK_C>(tile, finish),
            (true, _) => K::tile::<E, M, NV, MASK_B_AND_C>(tile, finish),
            (false, _) => K::tile::<E, M, 1, MASK_B_AND_C>(tile, finish),
        }
    }
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
        assert_eq!(even_part(145, MC, 6), 78);
    }

    #[test]
    fn shares_cover_the_total_in_order_and_differ_by_one() {
        for (total, parts) in [(8, 2), (13, 3), (144, 24), (1, 1)] {
            let mut next = 0;
            for i in 0..parts {
                let (start, len) = share(total, parts, i);
                assert_eq!(start, next);
                assert!((total / parts..=total.div_ceil(parts)).contains(&len), "{len} of {total} in {parts}");
                next = start + len;
            }
            assert_eq!(next, total);
        }
    }
}

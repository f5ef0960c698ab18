//! The five loops around the micro-kernel, the inner two of them in `macro_kernel.rs`, after Goto and van de Geijn,
//! "Anatomy of high-performance matrix multiplication" (2008), and BLIS. Each says what it splits. None runs in parallel: threads stand above this crate and
//! give each call its own rows or columns of C.
//!
//! A tile's row of A (MR x kc) is to stay in the first-level cache, A's block (mc x kc) or a small B in the second level
//! while panels of the other pass by, B's block (kc x nc) in the last level.

use super::macro_kernel::{Block, macro_kernel, rows_of, shares};
use super::packing_plan::{Fetched, PLAIN, PackingPlan, TAIL, WIDE, plan, tile_kind};
use crate::Scalar;
use crate::epilogue::EpilogueOp;
use crate::gemm::pack::panels::{PackPanels, Source};
use crate::gemm::pack::scratch::Scratch;
use crate::gemm::problem::Problem;
use crate::matrix::operand::Operand;
use crate::simd::isa::Isa;

/// Runs the product in blocks.
///
/// # Safety
/// The contract of [`Problem`]; the CPU has the instructions of `K`. When `swapped`, the rows of the caller's C are contiguous,
/// which are columns here.
pub(crate) unsafe fn blocked<T: Scalar, K: Isa<T>>(p: &Problem<T>, epilogue: &EpilogueOp<T>, scratch: &mut Scratch<T>) {
    let resumes = epilogue.resumes();
    // SAFETY: as this function's.
    unsafe {
        match tile_kind::<T, K>(p) {
            WIDE => planned::<T, K>(p, &plan::<T, K, WIDE>(p, resumes), epilogue, scratch),
            TAIL => planned::<T, K>(p, &plan::<T, K, TAIL>(p, resumes), epilogue, scratch),
            _ => planned::<T, K>(p, &plan::<T, K, PLAIN>(p, resumes), epilogue, scratch),
        }
    }
}

/// The product by its plan.
///
/// Safety: as [`blocked`].
#[inline(always)]
unsafe fn planned<T: Scalar, K: Isa<T>>(
    p: &Problem<T>,
    plan: &PackingPlan,
    epilogue: &EpilogueOp<T>,
    scratch: &mut Scratch<T>,
) {
    // So small a product would spend half its time on what the loops look at: 16 x 16 x 16 takes 75 ns instead of 97 for
    // leaving here, 8 x 10 x 16 42 instead of 55.
    if plan.is_one_block(p) {
        let whole = Block {
            m: p.m,
            n: p.n,
            k: p.k,
            row: 0,
            col: 0,
            row_tiles: p.m.div_ceil(plan.mr),
            nr: plan.nr,
            a: p.a,
            a_tile: 0,
            b: p.b.ptr,
            b_rs: p.b.rs,
            b_panel: plan.nr,
            b_padded: false,
            b_fetched: plan.fetched_b,
            ragged: None,
            resume: false,
            is_last: true,
        };
        // SAFETY: as this function's; the block is all of C.
        return unsafe { macro_kernel::<T, K>(&whole, p, epilogue) };
    }
    if plan.packs_one_small_b(p) {
        // SAFETY: as this function's.
        return unsafe { one_block_packed::<T, K>(p, plan, epilogue, scratch) };
    }
    // SAFETY: as this function's; none of the blocks' sizes is 0.
    unsafe { loops::<T, K>(p, plan, plan.blocks(p), epilogue, scratch) }
}

/// A product of one block whose small B lies in panels, packed here if it is not yet, or whose ragged last panel does: without what
/// the loops look at, nine divisions among them. With AVX2 on Zen 3, against the loops (the gradient by the input of a small layer; all within one process, in turns):
///
/// | C <- A times B by columns | f32 | f64 |
/// |---|---|---|
/// | 8 x 16 x 10 | 0.62 | 0.71 |
/// | 32 x 8 x 4 | 0.63 | |
/// | 32 x 16 x 10 | 0.78 | 0.87 |
/// | 32 x 64 x 10 | 0.85 | |
/// | 64 x 128 x 10 | 0.90 | |
///
/// With a ragged panel (B by rows, 20, 50 or 100 columns) 0.94 to 1.0.
///
/// Among the blocks of which nothing is packed, above, it made 8 x 8 x 8 take 1.04 to 1.14 times as long.
///
/// Safety: as [`blocked`].
#[inline(never)]
unsafe fn one_block_packed<T: Scalar, K: Isa<T>>(
    p: &Problem<T>,
    plan: &PackingPlan,
    epilogue: &EpilogueOp<T>,
    scratch: &mut Scratch<T>,
) {
    let (&Problem { m, n, k, a, b, .. }, &PackingPlan { mr, nr, pack_b, .. }) = (p, plan);
    let panels = if p.b_packed {
        b.ptr
    } else {
        let first = if pack_b { 0 } else { n / nr * nr };
        let lanes = n - first;
        // No wrap: k is at most the steps of a block, and C has a row of as many columns in memory, but for nr of them.
        let to = scratch.first_panels(k * lanes.next_multiple_of(nr));
        let source =
            Source { ptr: b.at(0, first), steps: k, lanes, step_stride: b.rs, lane_stride: b.cs, readable: lanes };
        // SAFETY: all of B exists, by the contract of `Problem`; that there is room for its panels, the packing asserts.
        unsafe { K::call(&mut PackPanels { source: &source, each: nr, width: nr, to: &mut *to }) };
        // Taken behind the writes, which a pointer from before would not be valid for.
        to.as_ptr()
    };
    let (b, b_rs, b_panel) = if pack_b { (panels, nr, k * nr) } else { (b.ptr, b.rs, nr) };
    let whole = Block {
        m,
        n,
        k,
        row: 0,
        col: 0,
        row_tiles: m.div_ceil(mr),
        nr,
        a,
        a_tile: 0,
        b,
        b_rs,
        b_panel,
        b_padded: pack_b,
        b_fetched: plan.fetched_b,
        ragged: (!pack_b).then_some(panels),
        resume: false,
        is_last: true,
    };
    // SAFETY: as this function's; the block is all of C, and the panels have what of B is not used in place.
    unsafe { macro_kernel::<T, K>(&whole, p, epilogue) }
}

/// LOOPS 5 to 3, in blocks of these numbers of rows, columns and steps.
///
/// Safety: as [`blocked`].
#[inline(never)]
unsafe fn loops<T: Scalar, K: Isa<T>>(
    p: &Problem<T>,
    plan: &PackingPlan,
    (mc_block, nc_block, kc_block): (usize, usize, usize),
    epilogue: &EpilogueOp<T>,
    scratch: &mut Scratch<T>,
) {
    let &PackingPlan { mr, nr, pack_a, pack_b, pack_ragged, fetched_b, prefetch_packed_b, .. } = plan;
    let (b_elements, a_elements) = plan.panels(p);
    let (b_panels, a_panels) = scratch.panels(b_elements, a_elements);
    let k_blocks = p.k.div_ceil(kc_block).max(1); // k = 0 still reaches the epilogue

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
                // SAFETY: rows pc..pc+kc and columns jc+first..jc+nc of B exist, by the contract of `Problem`.
                unsafe { K::call(&mut PackPanels { source: &source, each: nr, width: nr, to: b_panels }) };
            }

            // LOOP 3: rows of C, in blocks whose part of A fits the second-level cache. Independent.
            for ic in (0..p.m).step_by(mc_block) {
                let mc = mc_block.min(p.m - ic);
                let tiles = mc.div_ceil(mr);
                if pack_a {
                    let (least, larger) = shares(mc, tiles);
                    for (first, count, rows) in [(0, larger, least + 1), (larger, tiles - larger, least)] {
                        if count == 0 {
                            continue;
                        }
                        let (i, _) = rows_of(first, (least, larger));
                        let source = Source {
                            ptr: p.a.at(ic + i, pc),
                            steps: kc,
                            lanes: count * rows,
                            step_stride: p.a.cs,
                            lane_stride: p.a.rs,
                            readable: p.m - ic - i,
                        };
                        let to = &mut a_panels[first * kc * mr..];
                        // SAFETY: rows ic+i.. and steps pc..pc+kc of A exist, by the contract of `Problem`.
                        unsafe { K::call(&mut PackPanels { source: &source, each: rows, width: mr, to }) };
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
                    b_fetched: if prefetch_packed_b && kc * nc * size_of::<T>() > p.sizes.fetched_panels_bytes {
                        Fetched::next_panel(b_panel)
                    } else if ic > 0 {
                        Fetched { by_first: fetched_b.by_others, ..fetched_b }
                    } else {
                        fetched_b
                    },
                    ragged: (pack_ragged && !pack_b).then_some(b_panels.as_ptr()),
                    resume: epilogue.resumes() && k_block > 0,
                    is_last: k_block + 1 == k_blocks,
                };
                let partial;
                let epilogue = match (k_block == 0, part.is_last) {
                    (true, true) => epilogue,
                    (_, true) => {
                        partial = epilogue.last();
                        &partial
                    }
                    (first, _) => {
                        partial = epilogue.partial(first);
                        &partial
                    }
                };
                // LOOPS 2 and 1.
                // SAFETY: rows ic..+mc, columns jc..+nc and steps pc..+kc exist; the rest is the contract of `Problem`.
                unsafe { macro_kernel::<T, K>(&part, p, epilogue) };
            }
        }
    }
}

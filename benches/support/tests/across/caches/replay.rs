//! The lines that LOOPS 5 to 1 of a blocked product touch, in their order (`kernel/src/gemm/loops/`), in f32 and by rows.

use chainrule_kernel::Blocking;

use super::simulator::Machine;

/// Bytes of an element.
const SIZE: usize = 4;
/// Bytes of a step that are packed before the next step (`PACK_STEP_BYTES`).
const PACKED_TOGETHER: usize = 1024;

/// A product whose operands lie by rows, without gaps, and how it is blocked.
pub(super) struct Replay<'a> {
    pub(super) m: usize,
    pub(super) n: usize,
    pub(super) k: usize,
    pub(super) blocking: Blocking,
    pub(super) machine: &'a mut Machine,
}

/// Where the matrices and panels begin: far apart, and not a multiple of a level's way.
const A: usize = 0;
const B: usize = (1 << 30) + 37 * 4096;
const C: usize = (2 << 30) + 101 * 4096;
const A_PANELS: usize = (3 << 30) + 7 * 4096;
const B_PANELS: usize = (4 << 30) + 59 * 4096;

/// A block of C, and the steps of k that are added to it.
struct Block {
    ic: usize,
    jc: usize,
    pc: usize,
    mc: usize,
    nc: usize,
    kc: usize,
}

impl Replay<'_> {
    pub(super) fn run(&mut self) {
        let (m, n, k, Blocking { mc, nc, kc, pack_a, pack_b, .. }) = (self.m, self.n, self.k, self.blocking);
        for jc in (0..n).step_by(nc) {
            for pc in (0..k).step_by(kc) {
                for ic in (0..m).step_by(mc) {
                    let block = Block { ic, jc, pc, mc: mc.min(m - ic), nc: nc.min(n - jc), kc: kc.min(k - pc) };
                    if pack_b && ic == 0 {
                        self.pack_b(&block);
                    }
                    if pack_a {
                        self.pack_a(&block);
                    }
                    self.macro_kernel(&block);
                }
            }
        }
    }

    fn touch(&mut self, base: usize, element: usize, elements: usize) {
        self.machine.touch((base + element * SIZE) as u64, (elements * SIZE) as u64);
    }

    fn pack_b(&mut self, b: &Block) {
        let (n, nr) = (self.n, self.blocking.nr);
        let group = (PACKED_TOGETHER / SIZE / nr).max(1) * nr;
        for first in (0..b.nc).step_by(group) {
            for p in 0..b.kc {
                for j in (first..b.nc.min(first + group)).step_by(nr) {
                    self.touch(B, (b.pc + p) * n + b.jc + j, nr.min(b.nc - j));
                    self.touch(B_PANELS, j * b.kc + p * nr, nr);
                }
            }
        }
    }

    fn pack_a(&mut self, b: &Block) {
        let (k, mr) = (self.k, self.blocking.mr);
        for (tile, (i, rows)) in tiles(b.mc, mr).enumerate() {
            // Lines of sixteen steps are read together.
            for p in (0..b.kc).step_by(16) {
                let steps = 16.min(b.kc - p);
                for row in 0..rows {
                    self.touch(A, (b.ic + i + row) * k + b.pc + p, steps);
                }
                self.touch(A_PANELS, (tile * b.kc + p) * mr, steps * mr);
            }
        }
    }

    /// LOOPS 2 and 1: the tiles by a panel of B, or whole panels by a tile of A where B's block is small.
    fn macro_kernel(&mut self, b: &Block) {
        let Blocking { mr, nr, b_beside_c, .. } = self.blocking;
        let mut first_panel = 0;
        if b.nc / nr > 2 && b.kc * b.nc * SIZE <= b_beside_c {
            first_panel = b.nc / nr;
            for (tile, rows) in tiles(b.mc, mr).enumerate() {
                (0..first_panel).for_each(|panel| self.tile(b, (tile, rows), panel * nr));
            }
        }
        for j in (first_panel * nr..b.nc).step_by(nr) {
            tiles(b.mc, mr).enumerate().for_each(|tile| self.tile(b, tile, j));
        }
    }

    /// All steps of a tile, then its elements of C.
    fn tile(&mut self, b: &Block, (tile, (i, rows)): (usize, (usize, usize)), j: usize) {
        let (n, k, Blocking { mr, nr, pack_a, pack_b, .. }) = (self.n, self.k, self.blocking);
        let cols = nr.min(b.nc - j);
        for p in 0..b.kc {
            // A line of A by rows holds sixteen steps.
            if pack_a {
                self.touch(A_PANELS, (tile * b.kc + p) * mr, rows);
            } else if p.is_multiple_of(16) {
                for row in 0..rows {
                    self.touch(A, (b.ic + i + row) * k + b.pc + p, 16.min(b.kc - p));
                }
            }
            if pack_b {
                self.touch(B_PANELS, j * b.kc + p * nr, nr);
            } else {
                self.touch(B, (b.pc + p) * n + b.jc + j, cols);
            }
        }
        for row in 0..rows {
            self.touch(C, (b.ic + i + row) * n + b.jc + j, cols);
        }
    }
}

/// The first row and the number of rows of each tile: as even as possible, the larger ones first.
fn tiles(mc: usize, mr: usize) -> impl Iterator<Item = (usize, usize)> {
    let tiles = mc.div_ceil(mr);
    let (least, larger) = (mc / tiles, mc % tiles);
    (0..tiles).map(move |tile| (tile * least + tile.min(larger), least + usize::from(tile < larger)))
}

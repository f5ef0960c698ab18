//! The micro-kernel: one tile of C, held in registers while k runs.
//!
//! ```text
//!                    NV vectors of B, one row per step of k
//!                 b0.............  b1.............
//!        a0  ->   acc[0][0]        acc[0][1]           M rows of A, broadcast
//!        a1  ->   acc[1][0]        acc[1][1]           one number at a time
//!        ...
//!        a5  ->   acc[5][0]        acc[5][1]           6 x 2 = 12 accumulators of 16 registers
//! ```
//!
//! Each element of C is one chain of multiply-adds over k, in order, in its own lane. Its bits therefore depend neither
//! on the tile it falls into, nor on the width of the registers, nor on how rows and columns were shared among threads.
//! (The one exception, single rows and columns of dot products, is no tile: [`crate::gemm::level2::dot`].)
//!
//! (Drawn for 16 registers; with 32 of them a tile has 14 rows.)
//!
//! Rows are exact (`M` is a constant, a tile of four rows computes four), columns are masked in the last vector, so an
//! edge costs what it holds. A may have any strides, since its elements are broadcast. B's rows must be contiguous:
//! either a packed panel or B itself.
//!
//! What happens between the last multiply-add and memory is the [`Finish`]: one type per epilogue, so the compiler
//! makes a tile for each and the accumulators never leave their registers.

use crate::Scalar;
use crate::elementwise::activation::{After, Area};
use crate::elementwise::byte_lut::ByteMap;
use crate::elementwise::optimizer::Rule;
use crate::gemm::level2::gemv::Row;
use crate::gemm::pack::panels::Source;
use crate::gemm::problem::Problem;
use crate::math::Function;
use crate::simd::Simd;

/// Vectors across every tile.
pub(crate) const NV: usize = 2;

/// One instruction set's ways in: each function is compiled with that set switched on.
///
/// All of them require that the running CPU has the set.
pub(crate) trait Isa<T: Scalar> {
    type Vector: Simd<T>;
    /// Rows of a full tile, as many as the registers hold.
    const MR: usize;
    /// Rows of a full tile of one register of columns.
    const MR_LONE: usize;
    /// Registers across a tile of two or three rows where B is read in place: with [`NV`] of them there would be too few
    /// chains, and multiply-adds would wait for one another.
    const WIDE: usize;
    /// Rows of a full wide tile: 3, or 4, which are then three registers wide ([`Simd::steps_4x3`]).
    const MR_WIDE: usize = 3;
    /// Rows of a full tile of one register of columns and a tail ([`crate::gemm::tile::micro_kernel_tail`]); 0 where there is no such tile.
    const MR_TAILED: usize = 0;
    /// Rows of C, at most, for which a B that lies by columns is turned round in registers ([`crate::gemm::level2::skinny`]).
    const FEW: usize = 1;

    /// [`tile`] with this instruction set; see there.
    unsafe fn tile<E: Finish<T>, const M: usize, const NV: usize, const EDGE: u8>(tile: &Tile<T>, finish: E);

    /// [`crate::gemm::tile::micro_kernel_tail::tile`] with this instruction set, if it has any.
    unsafe fn tailed<E: Finish<T>, const M: usize, const TAIL: usize>(_tile: &Tile<T>, _finish: E) {
        unreachable!("MR_TAILED is 0");
    }

    /// [`store_transposed`] with this instruction set.
    unsafe fn store_transposed<E: Finish<T>>(tile: &[T], to: &Transposed<T>, finish: E);

    /// [`crate::gemm::level2::gemv::sums`] with this instruction set, and HELD as many registers as can hold sums.
    unsafe fn row_sums(row: &Row<T>, y: &mut [T]);

    /// [`crate::gemm::level2::gemv::finish`] with this instruction set.
    unsafe fn finish_row<E: Finish<T>>(row: &Row<T>, y: &[T], finish: E);

    /// [`crate::gemm::level2::ger::outer`] with this instruction set.
    unsafe fn outer<E: Finish<T>>(p: &Problem<T>, finish: E);

    /// [`crate::gemm::pack::panels::panels`] with this instruction set.
    unsafe fn pack(source: &Source<T>, width: usize, to: &mut [T]);

    /// [`crate::math::map`] with this instruction set.
    unsafe fn map(function: Function, values: &mut [T]);

    /// [`crate::elementwise::activation::area`] with this instruction set.
    unsafe fn after(after: &After<T>, area: &Area<T>);

    /// [`crate::elementwise::optimizer::update`] with this instruction set.
    unsafe fn update(rule: Rule<T>, w: &mut [T], dw: &[T], moments: [&mut [T]; 2]);

    /// [`crate::elementwise::byte_lut::widen`] with this instruction set.
    unsafe fn widen(map: &ByteMap<T>, bytes: &[u8], to: &mut [T]);
}

/// The last vector is full: all its columns exist.
pub(crate) const FULL: u8 = 0;
/// Some of the last vector's columns do not exist in C; in the packed B they are there to be read.
pub(crate) const MASK_C: u8 = 1;
/// They exist neither in C nor in B.
pub(crate) const MASK_B_AND_C: u8 = 2;

/// As [`FULL`], and the lines that [`Tile::fetch`] says are fetched: an instance of its own, because with the choice inside,
/// the steps of other tiles had one or two instructions more.
pub(crate) const FULL_FETCHING: u8 = 3;

const fn is_masked(edge: u8) -> bool {
    edge == MASK_C || edge == MASK_B_AND_C
}

/// What a run of tiles of one size reads and writes, one tile after the other. Strides count elements.
#[derive(Clone, Copy)]
pub(crate) struct Tile<T> {
    pub(crate) k: usize,
    /// Tiles in the run.
    pub(crate) run: usize,
    /// From one tile of the run to the next.
    pub(crate) next: Step,
    /// (M, k): row i, step p at `a + i * a_rs + p * a_cs`.
    pub(crate) a: *const T,
    pub(crate) a_rs: usize,
    pub(crate) a_cs: usize,
    /// (k, cols): step p at `b + p * b_rs`, columns contiguous.
    pub(crate) b: *const T,
    pub(crate) b_rs: usize,
    /// While this tile is computed, the lines of B so many elements ahead are fetched; 0 for none.
    pub(crate) fetch: usize,
    /// Whether each of B's rows has `NV * LANES` elements, however few columns C has.
    pub(crate) b_padded: bool,
    /// (M, cols): row i at `c + i * c_rs`, columns contiguous.
    pub(crate) c: *mut T,
    pub(crate) c_rs: usize,
    /// Columns that exist, at most `NV * LANES`.
    pub(crate) cols: usize,
    /// The tile's first column within C.
    pub(crate) col: usize,
    /// The tile's first row within C.
    pub(crate) row: usize,
    /// Whether the chains go on from what C holds, rather than from 0.
    pub(crate) resume: bool,
}

/// How far the next tile of a run is, in elements.
#[derive(Clone, Copy)]
pub(crate) struct Step {
    pub(crate) a: usize,
    pub(crate) b: usize,
    pub(crate) c: usize,
    pub(crate) row: usize,
    pub(crate) col: usize,
}

impl<T> Tile<T> {
    /// The tile after this one.
    #[inline(always)]
    pub(crate) fn advance(&mut self) {
        self.a = self.a.wrapping_add(self.next.a);
        self.b = self.b.wrapping_add(self.next.b);
        self.c = self.c.wrapping_add(self.next.c);
        self.row += self.next.row;
        self.col += self.next.col;
    }
}

/// What reaches memory: applied to each register of accumulators once, after the last step of k.
pub(crate) trait Finish<T: Scalar>: Copy {
    /// Whether the chain of an element may be interrupted by storing it in C and resumed from there. Not when C's old
    /// contents are still needed at the end.
    const RESUMES: bool;
    /// Whether it tells the columns of C apart.
    const PER_COLUMN: bool;
    /// What an interrupted block of k is finished with; `first` is whether C still holds the caller's numbers.
    type Partial: Finish<T>;
    fn partial(self, first: bool) -> Self::Partial;
    /// What the last block is finished with when it is not the only one.
    fn last(self) -> Self {
        self
    }

    /// `acc` covers columns `col..` of one row of C, of which `c` points at the first.
    ///
    /// Safety: `c` and whatever the epilogue reads at `col` cover the lanes of `mask` (all lanes unless `TAIL`); the
    /// CPU has the instructions of `V`.
    unsafe fn apply<V: Simd<T>, const TAIL: bool>(self, acc: V, col: usize, c: *const T, mask: V::Mask) -> V;
}

/// Computes a run of tiles: `C[M, cols] <- finish(A[M, k] * B[k, cols])` for each.
///
/// Safety: the pointers of `tile` cover what their comments say; the CPU has the instructions of `V`; there are more than
/// `(NV - 1) * LANES` columns and at most `NV * LANES`, exactly so many when not masked; with `MASK_C`, B's rows have
/// `NV * LANES` elements all the same.
#[inline(always)]
pub(crate) unsafe fn tile<T, V, E, const M: usize, const NV: usize, const EDGE: u8>(tile: &Tile<T>, finish: E)
where
    T: Scalar,
    V: Simd<T>,
    E: Finish<T>,
{
    let &Tile { k, run, next, c_rs, .. } = tile;
    let (mut first_a, mut first_b, mut c, mut first_col) = (tile.a, tile.b, tile.c, tile.col);
    // SAFETY: every access below is to a row < M, a step < k and a masked column of a tile of the run, which the caller's
    // pointers cover.
    unsafe {
        let mask = V::first(if !is_masked(EDGE) { V::LANES } else { tile.cols - (NV - 1) * V::LANES });
        for _ in 0..run {
            let mut acc = [[V::splat(T::ZERO); NV]; M];
            if tile.resume {
                for i in 0..M {
                    for v in 0..NV {
                        let from = c.add(i * c_rs + v * V::LANES);
                        let masked = is_masked(EDGE) && v + 1 == NV;
                        acc[i][v] = if masked { V::load_masked(from, mask) } else { V::load(from) };
                    }
                }
            }

            if const { M == 4 && NV == 3 } {
                let acc = &mut *(&raw mut acc).cast::<[[V; 3]; 4]>(); // the same type: M is 4, NV is 3
                V::steps_4x3(acc, tile, (first_a, first_b), (EDGE == MASK_B_AND_C).then_some(mask));
            } else if NV == 1 && M > 4 && k >= SPLIT_STEPS {
                steps::<T, V, M, NV, EDGE, 2>(&mut acc, tile, (first_a, first_b), mask);
            } else {
                steps::<T, V, M, NV, EDGE, 1>(&mut acc, tile, (first_a, first_b), mask);
            }

            // An epilogue that reads C reads all of the tile before it writes: a masked load waits for a masked store whose
            // register it touches, though not its lanes, and the rows of a narrow C touch one another's. An update of 64x8
            // on its own took 4 times as long row by row with AVX-512. Everywhere, it would cost k of 1 to 9 up to 0.14.
            if is_masked(EDGE) && !E::RESUMES {
                for i in 0..M {
                    for v in 0..NV {
                        let (at, col) = (c.add(i * c_rs + v * V::LANES), first_col + v * V::LANES);
                        acc[i][v] = match v + 1 == NV {
                            true => finish.apply::<V, true>(acc[i][v], col, at, mask),
                            false => finish.apply::<V, false>(acc[i][v], col, at, mask),
                        };
                    }
                }
            }
            for i in 0..M {
                for v in 0..NV {
                    let to = c.add(i * c_rs + v * V::LANES);
                    let col = first_col + v * V::LANES;
                    let is_ready = is_masked(EDGE) && !E::RESUMES;
                    match (is_masked(EDGE) && v + 1 == NV, is_ready) {
                        (true, true) => acc[i][v].store_masked(to, mask),
                        (true, false) => finish.apply::<V, true>(acc[i][v], col, to, mask).store_masked(to, mask),
                        (false, true) => acc[i][v].store(to),
                        (false, false) => finish.apply::<V, false>(acc[i][v], col, to, mask).store(to),
                    }
                }
            }
            first_a = first_a.wrapping_add(next.a);
            first_b = first_b.wrapping_add(next.b);
            c = c.wrapping_add(next.c);
            first_col += next.col;
        }
    }
}

/// From how many steps on a tile of one register of columns has two pointers to its rows of A. Fewer are not worth the
/// second: with one step, 0.75.
const SPLIT_STEPS: usize = 4;

/// The multiply-adds of one tile.
///
/// The compiler walks each pointer from row to row, one addition after the other: M additions in a chain, beside M * NV / 2
/// cycles of multiply-adds. For one register of columns that is twice as long, so its rows hang on two pointers: 1.45-1.66
/// times as fast with AVX-512 and n = 16. For two registers it is just as long, and a second pointer lost up to 0.14.
///
/// Safety: as [`tile`], for a tile whose operands begin at `a` and `b`.
#[inline(always)]
unsafe fn steps<T, V, const M: usize, const NV: usize, const EDGE: u8, const POINTERS: usize>(
    acc: &mut [[V; NV]; M],
    &Tile { k, a_rs, a_cs, b_rs, fetch, .. }: &Tile<T>,
    (a, mut b): (*const T, *const T),
    mask: V::Mask,
) where
    T: Scalar,
    V: Simd<T>,
{
    let part = M.div_ceil(POINTERS);
    // SAFETY: the caller's promise is passed on.
    unsafe {
        let mut a: [*const T; POINTERS] = std::array::from_fn(|q| a.wrapping_add(q * part * a_rs));
        for _ in 0..k {
            if EDGE == FULL_FETCHING {
                for line in (0..NV * V::LANES).step_by(64 / size_of::<T>()) {
                    V::prefetch(b.wrapping_add(fetch + line));
                }
            }
            // The shorter side waits in registers, the longer one passes by.
            if const { M < NV } {
                let mut column = [V::splat(T::ZERO); M];
                for i in 0..M {
                    column[i] = V::splat(*a[i / part].add(i % part * a_rs));
                }
                for v in 0..NV {
                    let from = b.add(v * V::LANES);
                    let masked = EDGE == MASK_B_AND_C && v + 1 == NV;
                    let b = if masked { V::load_masked(from, mask) } else { V::load(from) };
                    for i in 0..M {
                        acc[i][v] = column[i].mul_add(b, acc[i][v]);
                    }
                }
            } else {
                let mut row = [V::splat(T::ZERO); NV];
                for v in 0..NV {
                    let from = b.add(v * V::LANES);
                    let masked = EDGE == MASK_B_AND_C && v + 1 == NV;
                    row[v] = if masked { V::load_masked(from, mask) } else { V::load(from) };
                }
                for i in 0..M {
                    let x = V::splat(*a[i / part].add(i % part * a_rs));
                    for v in 0..NV {
                        acc[i][v] = x.mul_add(row[v], acc[i][v]);
                    }
                }
            }
            for a in &mut a {
                *a = a.wrapping_add(a_cs);
            }
            b = b.wrapping_add(b_rs);
        }
    }
}

/// Where a tile goes whose rows are columns of C; strides in elements.
pub(crate) struct Transposed<T> {
    /// Rows of the tile, which are columns of C and contiguous there.
    pub(crate) rows: usize,
    /// Columns of the tile, which are rows of C.
    pub(crate) cols: usize,
    /// Elements from one row of the tile to the next.
    pub(crate) tile_rs: usize,
    /// The tile's corner in C.
    pub(crate) c: *mut T,
    /// From one row of C, a column of the tile, to the next.
    pub(crate) c_rs: usize,
    /// The first column within C.
    pub(crate) col: usize,
}

/// Turns a tile of raw sums round, and finishes it row by row of C.
///
/// Safety: `c` covers the shape; `tile` has `rows` rounded up to whole registers rows of `tile_rs` elements, of which
/// `cols` rounded up to whole registers are there; the CPU has the instructions of `V`.
#[inline(always)]
pub(crate) unsafe fn store_transposed<T: Scalar, V: Simd<T>, E: Finish<T>>(tile: &[T], to: &Transposed<T>, finish: E) {
    let &Transposed { rows, cols, tile_rs, c, c_rs, col } = to;
    let padded = rows.next_multiple_of(V::LANES);
    assert!(padded * tile_rs <= tile.len() && cols.next_multiple_of(V::LANES) <= tile_rs, "a tile of {rows}x{cols}");
    let mut block = [T::ZERO; 16 * 16]; // LANES <= 16
    for i in (0..rows).step_by(V::LANES) {
        // SAFETY: blocks inside the tile (asserted), rows and columns of C that exist.
        unsafe {
            let mask = V::first(V::LANES.min(rows - i));
            for j in (0..cols).step_by(V::LANES) {
                V::transpose(tile.as_ptr().add(i * tile_rs + j), tile_rs, block.as_mut_ptr(), V::LANES);
                for row in 0..V::LANES.min(cols - j) {
                    let to = c.add((j + row) * c_rs + i);
                    let acc = V::load(block.as_ptr().add(row * V::LANES));
                    finish.apply::<V, true>(acc, col + i, to, mask).store_masked(to, mask);
                }
            }
        }
    }
}

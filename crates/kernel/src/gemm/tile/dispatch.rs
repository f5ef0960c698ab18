//! Calls the compiled tile that fits a run of tiles of the loops: by the number of rows and of registers
//! of columns, full or ragged, wide or tailed; and where C lies by columns, the way round.

use super::micro_kernel::MicroKernel;
use super::micro_kernel_tail::MicroKernelTail;
use super::shape::{FULL, FULL_FETCHING, FULL_FETCHING_A, MASK_B_AND_C, MASK_C, Tile};
use super::store_transposed::{StoreTransposed, Transposed};
use crate::Scalar;
use crate::epilogue::EpilogueOp;
use crate::gemm::block_sizes::{MR_MAX, NR_BYTES};
use crate::gemm::problem::Problem;
use crate::simd::isa::Isa;
use crate::simd::vector::Simd;

/// Gives the tile to the micro-kernel. Where the columns of C are not neighbours, through a tile that is.
///
/// Safety: as the micro-kernel's, but with C of any strides.
#[inline]
pub(crate) unsafe fn dispatch<T: Scalar, K: Isa<T>>(
    tile: &Tile<T>,
    rows: usize,
    p: &Problem<T>,
    epilogue: &EpilogueOp<T>,
) {
    if !p.swapped && (p.c_cs == 1 || tile.cols == 1) {
        // SAFETY: the contract of `MicroKernel` is this function's; C's columns are contiguous (checked) or there is one.
        return unsafe { exact::<T, K>(tile, rows, epilogue) };
    }
    // SAFETY: as this function's.
    unsafe { all_apart::<T, K>(*tile, rows, p, epilogue) }
}

/// Tiles of a C whose columns are not neighbours.
///
/// Safety: as [`dispatch`].
#[inline(never)]
unsafe fn all_apart<T: Scalar, K: Isa<T>>(mut tile: Tile<T>, rows: usize, p: &Problem<T>, epilogue: &EpilogueOp<T>) {
    // SAFETY: as this function's; the copy has 16 rows of NR columns, as many as a tile has at most.
    unsafe {
        let mut copy = [T::ZERO; MR_MAX.next_multiple_of(16) * NR_BYTES / 4];
        for _ in 0..tile.run {
            apart::<T, K>(&tile, rows, p, epilogue, &mut copy);
            tile.advance();
        }
    }
}

/// One tile by way of a copy with contiguous rows.
///
/// Safety: as [`dispatch`].
unsafe fn apart<T: Scalar, K: Isa<T>>(
    tile: &Tile<T>,
    rows: usize,
    p: &Problem<T>,
    epilogue: &EpilogueOp<T>,
    copy: &mut [T],
) {
    let nr = K::NV * K::Vector::LANES;
    debug_assert!(rows <= MR_MAX && nr <= NR_BYTES / size_of::<T>(), "a tile of {rows}x{nr}");
    let (c, c_rs, c_cs, cols) = (tile.c, tile.c_rs, p.c_cs, tile.cols);
    // SAFETY: as this function's; (i, j) is inside of the tile, and of the copy with its 16 rows of NR columns.
    unsafe {
        let each = |f: &mut dyn FnMut(usize, *mut T)| {
            for i in 0..rows {
                for j in 0..cols {
                    f(i * nr + j, c.add(i * c_rs + j * c_cs));
                }
            }
        };
        if tile.resume || !(p.swapped || epilogue.resumes()) {
            each(&mut |at, element| copy[at] = *element);
        }
        let local = Tile { run: 1, c: copy.as_mut_ptr(), c_rs: nr, ..*tile };
        if p.swapped {
            exact::<T, K>(&local, rows, &EpilogueOp::Store);
            let to = Transposed { tile: copy, rows, cols, tile_rs: nr, c, c_rs: c_cs, col: tile.row };
            return K::call(StoreTransposed { to: &to, epilogue });
        }
        exact::<T, K>(&local, rows, epilogue);
        each(&mut |at, element| *element = copy[at]);
    }
}

/// Turns the number of rows and of vectors into constants.
///
/// Safety: as the micro-kernel's; 1 <= rows <= MR.
unsafe fn exact<T: Scalar, K: Isa<T>>(tile: &Tile<T>, rows: usize, epilogue: &EpilogueOp<T>) {
    let most = const { if K::MR > K::MR_ONE_VECTOR { K::MR } else { K::MR_ONE_VECTOR } }; // MR_TAIL is less
    debug_assert!((1..=most).contains(&rows), "{rows} rows in a tile of {most}");
    // SAFETY: M is `rows` by the match, and the rest is the contract of `MicroKernel`. Arms past MR are not
    // compiled for that kernel.
    unsafe {
        match rows {
            1 => columns::<T, K, 1>(tile, epilogue),
            2 => columns::<T, K, 2>(tile, epilogue),
            3 => columns::<T, K, 3>(tile, epilogue),
            4 => columns::<T, K, 4>(tile, epilogue),
            5 => columns::<T, K, 5>(tile, epilogue),
            6 if most >= 6 => columns::<T, K, 6>(tile, epilogue),
            7 if most >= 7 => columns::<T, K, 7>(tile, epilogue),
            8 if most >= 8 => columns::<T, K, 8>(tile, epilogue),
            9 if most >= 9 => columns::<T, K, 9>(tile, epilogue),
            10 if most >= 10 => columns::<T, K, 10>(tile, epilogue),
            11 if most >= 11 => columns::<T, K, 11>(tile, epilogue),
            12 if most >= 12 => columns::<T, K, 12>(tile, epilogue),
            13 if most >= 13 => columns::<T, K, 13>(tile, epilogue),
            14 if most >= 14 => columns::<T, K, 14>(tile, epilogue),
            _ => unreachable!("{rows} rows in a tile of {most}"),
        }
    }
}

/// Safety: as the micro-kernel's.
#[inline(always)]
unsafe fn columns<T: Scalar, K: Isa<T>, const M: usize>(tile: &Tile<T>, epilogue: &EpilogueOp<T>) {
    let lanes = K::Vector::LANES;
    if const { M >= 2 && M <= K::MR_WIDE } && tile.cols > K::NV * lanes {
        // SAFETY: M and the columns are those of a wide tile (checked); the rest is the contract of `MicroKernel`.
        return unsafe { wide::<T, K, M>(tile, epilogue) };
    }
    if const { M <= K::MR_TAIL } && tile.cols > lanes {
        // SAFETY: the contract of `MicroKernelTail`: of B's rows there is as much as each call reads, or they are padded (checked).
        unsafe {
            match tile.cols - lanes {
                1 if tile.b_padded => return K::call(MicroKernelTail::<T, M, 2> { tile, epilogue }),
                2 => return K::call(MicroKernelTail::<T, M, 2> { tile, epilogue }),
                3 if tile.b_padded && lanes > 4 => return K::call(MicroKernelTail::<T, M, 4> { tile, epilogue }),
                4 if lanes > 4 => return K::call(MicroKernelTail::<T, M, 4> { tile, epilogue }),
                _ => {}
            }
        }
    }
    debug_assert!(M <= K::MR || tile.cols <= lanes, "{M} rows of {} columns", tile.cols);
    // SAFETY: the columns are those of as many registers (checked); the rest is the contract of `MicroKernel`.
    unsafe {
        if const { M <= K::MR && K::NV == 3 } && tile.cols > 2 * lanes {
            registers::<T, K, M, 3>(tile, epilogue)
        } else if const { M <= K::MR } && tile.cols > lanes {
            registers::<T, K, M, 2>(tile, epilogue)
        } else {
            registers::<T, K, M, 1>(tile, epilogue)
        }
    }
}

/// Whether full tiles of this number of rows have a single instance, which always fetches, at distance 0 what is read at once: with a register a line
/// and four rows or more there is room for it among the loads, and it is what few rows need ([`FEW_ROWS_AHEAD`]). Two instances would be
/// a twelfth more of the tiles' code.
///
/// [`FEW_ROWS_AHEAD`]: crate::gemm::block_sizes::FEW_ROWS_AHEAD
const fn is_few<T: Scalar, K: Isa<T>>(rows: usize, registers: usize) -> bool {
    registers == K::NV && 4 * rows >= K::MR && 3 * rows < 2 * K::MR && K::REGISTERS_ARE_LINES && K::Vector::PREFETCHES
}

/// Whether full tiles of this number of rows have an instance that fetches lines of B.
const fn fetches_b<T: Scalar, K: Isa<T>>(rows: usize, registers: usize) -> bool {
    let many = registers == K::NV && 3 * rows >= 2 * K::MR && K::Vector::PREFETCHES;
    many || is_few::<T, K>(rows, registers)
}

/// A tile of NV registers of columns.
///
/// Safety: as the micro-kernel's.
#[inline(always)]
unsafe fn registers<T: Scalar, K: Isa<T>, const M: usize, const NV: usize>(tile: &Tile<T>, epilogue: &EpilogueOp<T>) {
    let is_full = tile.cols == NV * K::Vector::LANES;
    // SAFETY: each call's EDGE fits `cols` and `b_padded`.
    unsafe {
        if const { fetches_b::<T, K>(M, NV) } && is_full && (const { is_few::<T, K>(M, NV) } || tile.fetch != 0) {
            K::call(MicroKernel::<T, M, NV, FULL_FETCHING> { tile, epilogue })
        } else if const { NV == K::NV && M == K::MR && K::Vector::PREFETCHES } && is_full && tile.a_fetched {
            K::call(MicroKernel::<T, M, NV, FULL_FETCHING_A> { tile, epilogue })
        } else if const { !is_few::<T, K>(M, NV) } && is_full {
            K::call(MicroKernel::<T, M, NV, FULL> { tile, epilogue })
        } else if const { !K::Vector::MASKED_LOADS_ARE_FREE } && tile.b_padded {
            K::call(MicroKernel::<T, M, NV, MASK_C> { tile, epilogue })
        } else {
            // Where masked loads cost nothing, this tile serves both.
            K::call(MicroKernel::<T, M, NV, MASK_B_AND_C> { tile, epilogue })
        }
    }
}

/// A tile of few rows that is wider than a panel.
///
/// Safety: as the micro-kernel's, of at most `K::WIDE_VECTORS` registers.
#[inline(always)]
unsafe fn wide<T: Scalar, K: Isa<T>, const M: usize>(tile: &Tile<T>, epilogue: &EpilogueOp<T>) {
    let lanes = K::Vector::LANES;
    debug_assert!(tile.cols <= K::WIDE_VECTORS * lanes && !tile.b_padded, "{M} rows of {} columns", tile.cols);
    // SAFETY: each call's NV and EDGE fit `cols`.
    unsafe {
        match (tile.cols.div_ceil(lanes), tile.cols.is_multiple_of(lanes)) {
            (3, true) if const { K::WIDE_VECTORS >= 3 } => K::call(MicroKernel::<T, M, 3, FULL> { tile, epilogue }),
            (3, false) if const { K::WIDE_VECTORS >= 3 } => {
                K::call(MicroKernel::<T, M, 3, MASK_B_AND_C> { tile, epilogue })
            }
            (4, true) if const { K::WIDE_VECTORS >= 4 && M < 4 } => {
                K::call(MicroKernel::<T, M, 4, FULL> { tile, epilogue })
            }
            (4, false) if const { K::WIDE_VECTORS >= 4 && M < 4 } => {
                K::call(MicroKernel::<T, M, 4, MASK_B_AND_C> { tile, epilogue })
            }
            _ => unreachable!("{} columns in a tile of {} registers", tile.cols, K::WIDE_VECTORS),
        }
    }
}

//! From a run of tiles, as the loops see it, to the one of the compiled tiles that fits it: so many rows, so many registers
//! of columns, full or ragged, wide or tailed; and where C lies by columns, the way round.

use crate::Scalar;
use crate::epilogue::Store;
use crate::gemm::loops::blocked::{MASKED_ROW_TILES, MR_MAX, NR_BYTES};
use crate::gemm::problem::Problem;
use crate::gemm::tile::micro_kernel::{FULL, FULL_FETCHING, Finish, Isa, MASK_B_AND_C, MASK_C, NV, Tile, Transposed};
use crate::simd::Simd;

/// Gives the tile to the micro-kernel. Where the columns of C are not neighbours, through a tile that is.
///
/// Safety: as the micro-kernel's, but with C of any strides.
#[inline]
pub(crate) unsafe fn place<T: Scalar, K: Isa<T>, E: Finish<T>>(tile: &Tile<T>, rows: usize, p: &Problem<T>, finish: E) {
    if !p.swapped && (p.c_cs == 1 || tile.cols == 1) {
        // SAFETY: the caller's promise is passed on.
        return unsafe { exact::<T, K, E>(tile, rows, finish) };
    }
    // SAFETY: the caller's promise is passed on.
    unsafe { all_apart::<T, K, E>(*tile, rows, p, finish) }
}

/// Tiles of a C whose columns are not neighbours.
///
/// Safety: as [`place`].
#[inline(never)]
unsafe fn all_apart<T: Scalar, K: Isa<T>, E: Finish<T>>(mut tile: Tile<T>, rows: usize, p: &Problem<T>, finish: E) {
    // SAFETY: the caller's promise is passed on; the copy in between has 16 rows of NR columns.
    unsafe {
        let mut copy = [T::ZERO; MR_MAX.next_multiple_of(16) * NR_BYTES / 4];
        for _ in 0..tile.run {
            apart::<T, K, E>(&tile, rows, p, finish, &mut copy);
            tile.advance();
        }
    }
}

/// One tile by way of a copy with contiguous rows.
///
/// Safety: as [`place`].
unsafe fn apart<T: Scalar, K: Isa<T>, E: Finish<T>>(
    tile: &Tile<T>,
    rows: usize,
    p: &Problem<T>,
    finish: E,
    copy: &mut [T],
) {
    let nr = NV * K::Vector::LANES;
    debug_assert!(rows <= MR_MAX && nr <= NR_BYTES / size_of::<T>(), "a tile of {rows}x{nr}");
    let (c, c_rs, c_cs, cols) = (tile.c, tile.c_rs, p.c_cs, tile.cols);
    // SAFETY: the caller's promise is passed on; the copy has 16 rows of NR columns.
    unsafe {
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
        let local = Tile { run: 1, c: copy.as_mut_ptr(), c_rs: nr, ..*tile };
        if p.swapped {
            exact::<T, K, Store>(&local, rows, Store);
            let to = Transposed { rows, cols, tile_rs: nr, c, c_rs: c_cs, col: tile.row };
            return K::store_transposed(copy, &to, finish);
        }
        exact::<T, K, E>(&local, rows, finish);
        each(&mut |at, element| *element = copy[at]);
    }
}

/// Turns the number of rows and of vectors into constants.
///
/// Safety: as the micro-kernel's; 1 <= rows <= MR.
unsafe fn exact<T: Scalar, K: Isa<T>, E: Finish<T>>(tile: &Tile<T>, rows: usize, finish: E) {
    let most = const { if K::MR > K::MR_LONE { K::MR } else { K::MR_LONE } }; // MR_TAILED is less
    debug_assert!((1..=most).contains(&rows), "{rows} rows in a tile of {most}");
    // SAFETY: the caller's promise is passed on; `columns` sees to the promise about `cols`. Arms past MR are not
    // compiled for that kernel.
    unsafe {
        match rows {
            1 => columns::<T, K, E, 1>(tile, finish),
            2 => columns::<T, K, E, 2>(tile, finish),
            3 => columns::<T, K, E, 3>(tile, finish),
            4 => columns::<T, K, E, 4>(tile, finish),
            5 => columns::<T, K, E, 5>(tile, finish),
            6 if most >= 6 => columns::<T, K, E, 6>(tile, finish),
            7 if most >= 7 => columns::<T, K, E, 7>(tile, finish),
            8 if most >= 8 => columns::<T, K, E, 8>(tile, finish),
            9 if most >= 9 => columns::<T, K, E, 9>(tile, finish),
            10 if most >= 10 => columns::<T, K, E, 10>(tile, finish),
            11 if most >= 11 => columns::<T, K, E, 11>(tile, finish),
            12 if most >= 12 => columns::<T, K, E, 12>(tile, finish),
            13 if most >= 13 => columns::<T, K, E, 13>(tile, finish),
            14 if most >= 14 => columns::<T, K, E, 14>(tile, finish),
            _ => unreachable!("{rows} rows in a tile of {most}"),
        }
    }
}

/// Safety: as the micro-kernel's.
#[inline(always)]
unsafe fn columns<T: Scalar, K: Isa<T>, E: Finish<T>, const M: usize>(tile: &Tile<T>, finish: E) {
    let lanes = K::Vector::LANES;
    if const { M >= 2 && M <= K::MR_WIDE } && tile.cols > NV * lanes {
        // SAFETY: the caller's promise is passed on.
        return unsafe { wide::<T, K, E, M>(tile, finish) };
    }
    if const { M <= K::MR_TAILED } && tile.cols > lanes {
        // SAFETY: the caller's promise is passed on; of B's rows there is as much as each call reads.
        unsafe {
            match tile.cols - lanes {
                1 if tile.b_padded => return K::tailed::<E, M, 2>(tile, finish),
                2 => return K::tailed::<E, M, 2>(tile, finish),
                3 if tile.b_padded && lanes > 4 => return K::tailed::<E, M, 4>(tile, finish),
                4 if lanes > 4 => return K::tailed::<E, M, 4>(tile, finish),
                _ => {}
            }
        }
    }
    debug_assert!(M <= K::MR || tile.cols <= lanes, "{M} rows of {} columns", tile.cols);
    // SAFETY: each call's NV and EDGE fit `cols` and `b_padded`.
    unsafe {
        match (M <= K::MR && tile.cols > lanes, tile.b_padded) {
            (true, _) if const { 3 * M >= 2 * K::MR } && tile.fetch != 0 && tile.cols == NV * lanes => {
                K::tile::<E, M, NV, FULL_FETCHING>(tile, finish);
            }
            (true, _) if tile.cols == NV * lanes => K::tile::<E, M, NV, FULL>(tile, finish),
            (false, _) if tile.cols == lanes => K::tile::<E, M, 1, FULL>(tile, finish),
            // Where masked loads cost nothing, one tile serves both.
            (true, true) if !K::Vector::MASKED_LOADS_ARE_FREE => K::tile::<E, M, NV, MASK_C>(tile, finish),
            (false, true) if !K::Vector::MASKED_LOADS_ARE_FREE => K::tile::<E, M, 1, MASK_C>(tile, finish),
            (true, _) => K::tile::<E, M, NV, MASK_B_AND_C>(tile, finish),
            (false, _) => K::tile::<E, M, 1, MASK_B_AND_C>(tile, finish),
        }
    }
}

/// A tile of few rows that is wider than a panel.
///
/// Safety: as the micro-kernel's, of at most `K::WIDE` registers.
#[inline(always)]
unsafe fn wide<T: Scalar, K: Isa<T>, E: Finish<T>, const M: usize>(tile: &Tile<T>, finish: E) {
    let lanes = K::Vector::LANES;
    debug_assert!(tile.cols <= K::WIDE * lanes && !tile.b_padded, "{M} rows of {} columns", tile.cols);
    // SAFETY: each call's NV and EDGE fit `cols`.
    unsafe {
        match (tile.cols.div_ceil(lanes), tile.cols.is_multiple_of(lanes)) {
            (3, true) if const { K::WIDE >= 3 } => K::tile::<E, M, 3, FULL>(tile, finish),
            (3, false) if const { K::WIDE >= 3 } => K::tile::<E, M, 3, MASK_B_AND_C>(tile, finish),
            (4, true) if const { K::WIDE >= 4 && M < 4 } => K::tile::<E, M, 4, FULL>(tile, finish),
            (4, false) if const { K::WIDE >= 4 && M < 4 } => K::tile::<E, M, 4, MASK_B_AND_C>(tile, finish),
            _ => unreachable!("{} columns in a tile of {} registers", tile.cols, K::WIDE),
        }
    }
}

/// Columns past the first register that share registers with one another ([`crate::gemm::tile::micro_kernel_tail`]), where that pays: with 9 to 12
/// columns, 1.3-1.5 times as fast as tiles turned round. Where they are odd in number B is packed, since one more is read.
pub(crate) fn tail_of<T: Scalar, K: Isa<T>>(p: &Problem<T>) -> Option<usize> {
    if const { K::MR_TAILED == 0 } {
        return None;
    }
    let lanes = K::Vector::LANES;
    let tail = p.n.checked_sub(lanes)?;
    let fits = (1..=4.min(lanes / 2)).contains(&tail) && (tail % 2 == 0 || p.m > MASKED_ROW_TILES * K::MR_TAILED);
    (fits && p.c_cs == 1 && !p.swapped && p.b.cs == 1 && !p.b_packed).then_some(tail)
}

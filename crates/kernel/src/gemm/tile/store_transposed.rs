//! The way back of a tile that was computed the other way round: its rows are columns of C.

use crate::Scalar;
use crate::epilogue::{Apply, EpilogueOp, with_op};
use crate::simd::isa::{Isa, Op};
use crate::simd::vector::Simd;

/// Where a tile goes whose rows are columns of C; strides in elements.
///
/// # Safety
/// `c` covers the shape; of `tile`'s rows, `cols` rounded up to whole registers are there; the epilogue's bias covers the
/// columns of C.
pub(crate) struct Transposed<'a, T> {
    /// The sums: `rows` rounded up to whole registers rows.
    pub(crate) tile: &'a [T],
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

/// Transposes a tile of raw sums and applies the epilogue to it, row by row of C.
pub(crate) struct StoreTransposed<'a, T> {
    pub(crate) to: &'a Transposed<'a, T>,
    pub(crate) epilogue: &'a EpilogueOp<T>,
}

impl<T: Scalar> Op<T> for StoreTransposed<'_, T> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<K: Isa<T>>(self) {
        // SAFETY: the contract of `Transposed`, upheld where it is constructed.
        with_op!(self.epilogue, op => unsafe { store_transposed::<T, K::Vector, _>(self.to, op) });
    }
}

/// Safety: the contract of [`Transposed`]; the CPU has the instructions of `V`.
#[inline(always)]
unsafe fn store_transposed<T: Scalar, V: Simd<T>, E: Apply<T>>(to: &Transposed<'_, T>, op: E) {
    let &Transposed { tile, rows, cols, tile_rs, c, c_rs, col } = to;
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
                    op.apply::<V, true>(acc, col + i, to, mask).store_masked(to, mask);
                }
            }
        }
    }
}

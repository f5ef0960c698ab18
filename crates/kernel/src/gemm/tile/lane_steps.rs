//! The multiply-adds of a tile on instruction sets that take one lane of a register as a factor
//! ([`Simd::LANES_ARE_FACTORS`]): a load of A then serves as many multiply-adds as a register has lanes. Broadcasts, one for
//! each row and step, would be a quarter of all instructions.

use super::shape::{MASK_B_AND_C, Tile};
use crate::Scalar;
use crate::simd::vector::{Simd, Steps};

/// Whether [`lane_steps`] computes this tile: its sums, a register of A for each row where A lies by rows, and B's fit the
/// registers; the last register of a ragged B has one before it to begin in.
#[inline(always)]
pub(super) fn are_lanes_factors<T, V: Simd<T>, const M: usize, const NV: usize, const EDGE: u8>(tile: &Tile<T>) -> bool
where
    T: Scalar,
{
    if const { !V::LANES_ARE_FACTORS || (EDGE == MASK_B_AND_C && NV == 1) } {
        return false;
    }
    let by_rows = const { M + M * NV + NV < 32 } && tile.a_cs == 1;
    tile.a_rs == 1 || by_rows
}

/// The steps of a tile, but for those that do not fill a register of A; returns how many it took.
///
/// Safety: rows < M, steps < k and columns of the tile can be read, from `a` and `b` on; [`are_lanes_factors`] holds.
#[inline(always)]
pub(super) unsafe fn lane_steps<T: Scalar, V: Simd<T>, const M: usize, const NV: usize, const EDGE: u8>(
    acc: &mut [[V; NV]; M],
    &Tile { k, a_rs, a_cs, b_rs, cols, resume, .. }: &Tile<T>,
    (a, b): (*const T, *const T),
) -> usize {
    let beyond = NV * V::LANES - cols.min(NV * V::LANES); // lanes past the last column
    let mut operands = Steps { k, a, a_rs, a_cs, b, b_rs };
    let by_rows = const { M + M * NV + NV < 32 } && a_cs == 1 && (a_rs != 1 || M == 1);
    // SAFETY: the operands are this function's.
    unsafe {
        if EDGE == MASK_B_AND_C && resume {
            for i in 0..M {
                acc[i][NV - 1] = acc[i][NV - 1].rotated(V::LANES - beyond);
            }
        }
        if by_rows {
            operands.k = k / V::LANES * V::LANES;
            match EDGE {
                MASK_B_AND_C => V::row_steps::<M, NV, true>(acc, &operands, cols),
                _ => V::row_steps::<M, NV, false>(acc, &operands, cols),
            }
        } else {
            match EDGE {
                MASK_B_AND_C => V::column_steps::<M, NV, true>(acc, &operands, cols),
                _ => V::column_steps::<M, NV, false>(acc, &operands, cols),
            }
        }
        if EDGE == MASK_B_AND_C {
            for i in 0..M {
                acc[i][NV - 1] = acc[i][NV - 1].rotated(beyond); // what the mask is for comes first again
            }
        }
    }
    operands.k
}

//! Whether A is packed. Its elements are broadcast one by one, so it may lie as it likes: packing a column-major A cost 0.02-0.2
//! of the time. Only one whose rows or columns share their cache sets, or lie pages apart, is packed, when enough tiles use it.

use crate::Scalar;
use crate::gemm::block_sizes::*;
use crate::gemm::problem::Problem;
use crate::simd::isa::Isa;
use crate::simd::vector::Simd;

/// Whether A's columns are contiguous, and more than single elements.
#[inline(always)]
pub(super) fn lies_by_columns<T>(p: &Problem<T>) -> bool {
    p.a.rs == 1 && p.m > 1
}

/// Whether A is packed for tiles of this number of rows and columns.
#[inline(always)]
pub(super) fn packs_a<T: Scalar, K: Isa<T>>(p: &Problem<T>, mr: usize, nr: usize) -> bool {
    let by_columns = lies_by_columns(p);
    packs_rows::<T, K>(p)
        || (by_columns && packs_columns::<T, K>(p, nr))
        || (p.n > MANY_ROWS_APART_COLUMN_TILES * nr
            && p.m > 1
            && p.sizes.same_sets::<T>(p.a.rs)
            && (mr > p.sizes.l1_ways || p.n > ROWS_APART_COLUMN_TILES * nr))
        || (p.n >= PACKED_COLUMN_TILES * nr && p.k > 1 && p.sizes.same_sets::<T>(p.a.cs))
        || (p.n >= FEW_SETS_COLUMN_TILES * nr && p.k >= FEW_SETS_STEPS && by_columns && p.sizes.few_sets::<T>(p.a.cs))
}

/// Whether an A that lies by rows is packed because lanes are factors: a step of all rows is then loaded at once, and the tile
/// has [`Isa::MR`] rows. It takes about an instruction for each number, and saves 0.13 of one for each tile of columns.
pub(super) fn packs_rows<T: Scalar, K: Isa<T>>(p: &Problem<T>) -> bool {
    let most = const { K::PACKED_A_COLUMN_TILES.saturating_mul(K::NV * K::Vector::LANES) };
    p.n > most && p.a.cs == 1 && p.m > 3
}

/// Whether an A by columns is packed though these do not all fall into one set: they are far apart ([`COLUMNS_TILES`]), or crowd
/// into few sets ([`CROWDED_TILES`]).
fn packs_columns<T: Scalar, K: Isa<T>>(p: &Problem<T>, nr: usize) -> bool {
    if K::REGISTERS_ARE_LINES || !p.sizes.has_small_l1 || p.n < CROWDED_TILES * nr {
        return false;
    }
    let tiles = p.n / nr;
    let often = tiles >= COLUMNS_TILES && p.k >= COLUMNS_STEPS;
    let more_often = tiles >= 2 * COLUMNS_TILES && 2 * p.k >= COLUMNS_STEPS;
    let are_crowded = p.sizes.few_sets::<T>(p.a.cs) && tiles * p.k.min(KC) >= CROWDED_TILE_STEPS;
    are_crowded || (p.a.cs * size_of::<T>() >= LONG_ROW && (often || more_often))
}

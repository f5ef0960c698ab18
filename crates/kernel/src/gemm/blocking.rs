//! How a product is blocked, as plain data: for tests and benchmarks, which replay its loops or state its blocks.

use super::loops::packing_plan::{PLAIN, TAIL, WIDE, plan, tile_kind};
use super::problem::Problem;
use super::select::{Algorithm, Orientation, select};
use crate::Scalar;
use crate::simd::isa::Isa;

/// Blocks, tiles and packed operands of one product; see `blocked.rs`. Rows, columns and steps are counted in elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Blocking {
    /// Rows of a tile, at most, and columns.
    pub mr: usize,
    /// See `mr`.
    pub nr: usize,
    /// Rows of A's block, all but the last.
    pub mc: usize,
    /// Columns of B's block, all but the last.
    pub nc: usize,
    /// Steps of both, all but the last.
    pub kc: usize,
    /// Whether A is packed.
    pub pack_a: bool,
    /// Whether B is packed.
    pub pack_b: bool,
    /// Bytes of B's block up to which its panels pass by one tile of A after the other, rather than the tiles by one panel.
    pub b_beside_c: usize,
}

/// The blocks of a product whose chains go on from C or not; `None` where it is computed another way, or transposed.
pub(crate) fn blocking<T: Scalar, K: Isa<T>>(p: &Problem<T>, resumes: bool) -> Option<Blocking> {
    if select::<T, K>(p, false) != Algorithm::Blocked(Orientation::AsIs) {
        return None;
    }
    let plan = match tile_kind::<T, K>(p) {
        WIDE => plan::<T, K, WIDE>(p, resumes),
        TAIL => plan::<T, K, TAIL>(p, resumes),
        _ => plan::<T, K, PLAIN>(p, resumes),
    };
    let (mc, nc, kc) = plan.blocks(p);
    let (mr, nr, pack_a, pack_b) = (plan.mr, plan.nr, plan.pack_a, plan.pack_b);
    Some(Blocking { mr, nr, mc, nc, kc, pack_a, pack_b, b_beside_c: p.sizes.b_beside_c })
}

//! Selects the algorithm of a product and runs it, with one instruction set.

use super::level2::gemv::row;
use super::level2::ger::Ger;
use super::level2::skinny;
use super::loops::blocked::blocked;
use super::pack::scratch::Scratch;
use super::problem::Problem;
use super::select::{Algorithm, Orientation, select};
use crate::Scalar;
use crate::elementwise::activation::ApplyPostOp;
use crate::epilogue::EpilogueOp;
use crate::simd::isa::Isa;

/// Computes the product.
///
/// # Safety
/// The contract of [`Problem`]; the epilogue's bias has an element for each column of C; the CPU has the instructions of `K`.
pub(crate) unsafe fn run<T: Scalar, K: Isa<T>>(p: &Problem<T>, epilogue: &EpilogueOp<T>, scratch: &mut Scratch<T>) {
    // SAFETY: as this function's, which holds for the transposed problem as well; what an algorithm asks for in addition was
    // checked by `select`.
    unsafe {
        match select::<T, K>(p, epilogue.is_per_column()) {
            Algorithm::Row { dots: true, transposed: false } => row::<T, K, true>(p, epilogue, scratch),
            Algorithm::Row { dots: false, transposed: false } => row::<T, K, false>(p, epilogue, scratch),
            Algorithm::Row { dots: true, transposed: true } => row::<T, K, true>(&p.transposed(), epilogue, scratch),
            Algorithm::Row { dots: false, transposed: true } => row::<T, K, false>(&p.transposed(), epilogue, scratch),
            Algorithm::Skinny { transposed: false } => skinny::run::<T, K>(p, epilogue, scratch),
            Algorithm::Skinny { transposed: true } => skinny::run::<T, K>(&p.transposed(), epilogue, scratch),
            Algorithm::Split { rest } => split::<T, K>(p, rest, epilogue, scratch),
            Algorithm::Ger => {
                K::call(Ger { p, epilogue });
                if let Some(post_op) = &p.post_op {
                    K::call(ApplyPostOp { post_op, area: &p.area(p.m, p.n, 0, 0) });
                }
            }
            Algorithm::Blocked(Orientation::AsIs) => blocked::<T, K>(p, epilogue, scratch),
            Algorithm::Blocked(Orientation::ByColumns) => {
                blocked::<T, K>(&Problem { swapped: false, ..p.transposed() }, epilogue, scratch);
            }
            Algorithm::Blocked(Orientation::TilesTransposed) => blocked::<T, K>(&p.transposed(), epilogue, scratch),
        }
    }
}

/// All columns but the last ones, and those.
///
/// Safety: as [`run`], with more than `rest` columns.
#[inline(never)]
unsafe fn split<T: Scalar, K: Isa<T>>(p: &Problem<T>, rest: usize, epilogue: &EpilogueOp<T>, scratch: &mut Scratch<T>) {
    // SAFETY: as this function's, which holds for a part of the columns; A's steps are contiguous where `rest` is 1
    // (`select`).
    unsafe {
        run::<T, K>(&p.columns(0, p.n - rest), epilogue, scratch);
        let last = p.columns(p.n - rest, rest);
        if rest == 1 {
            // One chain for each element, as in the other columns.
            return row::<T, K, false>(&last.transposed(), epilogue, scratch);
        }
        run::<T, K>(&last, epilogue, scratch);
    }
}

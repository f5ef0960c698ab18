//! One product as the loops see it: where its operands and C lie, part by part and the other way round.

use crate::Scalar;
use crate::elementwise::activation::{Area, PostOp};
use crate::gemm::cache_sizes::BlockSizes;
use crate::matrix::operand::Operand;

/// `C[m, n] <- epilogue(A[m, k] * B[k, n])`: pointers and strides in elements.
///
/// # Safety
/// The contract that every function which takes one relies on. `a`, `b` and `c` cover their shapes at their strides (packed
/// panels have the kernel's width and all of (k, n)); C overlaps neither operand, and no two of its elements overlap; the
/// post-op's `of` has C's shape and its `sums` C's columns. `Kernel::product` (`api.rs`) makes it from views, which cover
/// their shapes by construction, after its assertions; `rows`, `columns` and `transposed` keep it.
pub(crate) struct Problem<T> {
    pub(crate) m: usize,
    pub(crate) n: usize,
    pub(crate) k: usize,
    pub(crate) a: Operand<T>,
    pub(crate) b: Operand<T>,
    pub(crate) c: *mut T,
    pub(crate) c_rs: usize,
    pub(crate) c_cs: usize,
    /// Where this C begins within the caller's, or its transpose.
    pub(crate) row: usize,
    pub(crate) col: usize,
    /// Whether this is the transpose of the caller's product: the columns of the epilogue are then rows here.
    pub(crate) swapped: bool,
    /// Whether `b` points at panels of this kernel's width, each with all steps of k.
    pub(crate) b_packed: bool,
    /// What the product asks of the caches.
    pub(crate) sizes: &'static BlockSizes,
    /// What is done with C's elements once their sums are there.
    pub(crate) post_op: Option<PostOp<T>>,
}

impl<T: Scalar> Problem<T> {
    /// A rectangle of C, as the caller sees it.
    pub(crate) fn area(&self, rows: usize, cols: usize, row: usize, col: usize) -> Area<T> {
        let c = self.c.wrapping_add(row * self.c_rs + col * self.c_cs);
        let (row, col) = (self.row + row, self.col + col);
        if self.swapped {
            Area { rows: cols, cols: rows, c, c_rs: self.c_cs, c_cs: self.c_rs, row: col, col: row }
        } else {
            Area { rows, cols, c, c_rs: self.c_rs, c_cs: self.c_cs, row, col }
        }
    }

    /// Rows `from..from + m` of this product.
    pub(crate) fn rows(&self, from: usize, m: usize) -> Self {
        let a = Operand { ptr: self.a.at(from, 0), ..self.a };
        Problem { m, a, c: self.c.wrapping_add(from * self.c_rs), row: self.row + from, ..*self }
    }

    /// Columns `from..from + n` of this product.
    pub(crate) fn columns(&self, from: usize, n: usize) -> Self {
        let b = Operand { ptr: self.b.at(0, from), ..self.b };
        Problem { n, b, c: self.c.wrapping_add(from * self.c_cs), col: self.col + from, ..*self }
    }

    /// The same product with every matrix transposed: C^T = B^T A^T.
    pub(crate) fn transposed(&self) -> Self {
        let t = |x: Operand<T>| Operand { ptr: x.ptr, rs: x.cs, cs: x.rs };
        Problem {
            m: self.n,
            n: self.m,
            k: self.k,
            a: t(self.b),
            b: t(self.a),
            c: self.c,
            c_rs: self.c_cs,
            c_cs: self.c_rs,
            row: self.col,
            col: self.row,
            swapped: !self.swapped,
            ..*self
        }
    }
}

//! The matrix product C = A * B in every transposition, and what is needed to judge a faster one by it.
//!
//! Three nested loops in the order of the definition: row, column, sum. No blocking, no views, no alpha and beta: C is
//! overwritten, whatever it held, and `k` of 0 makes it zero.

use crate::Float;
use crate::shape::check_matrix;

/// The sizes of a product: A is (m, k), B is (k, n), C is (m, n).
///
/// ```
/// use chainrule_naive::{Dims, Transpose, matmul};
///
/// let mut c = [0.0; 2];
/// matmul(Dims { m: 1, n: 2, k: 1 }, Transpose::No, &[3.0], Transpose::No, &[10.0, 20.0], &mut c);
/// assert_eq!(c, [30.0, 60.0]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dims {
    /// Rows of A and C.
    pub m: usize,
    /// Columns of B and C.
    pub n: usize,
    /// Columns of A and rows of B: how many products each element of C sums.
    pub k: usize,
}

/// How an operand lies in memory.
///
/// ```
/// use chainrule_naive::{Dims, Transpose, matmul};
///
/// // B is (3, 1) where it lies and (1, 3) in the product.
/// let mut c = [0.0; 3];
/// matmul(Dims { m: 1, n: 3, k: 1 }, Transpose::No, &[2.0], Transpose::Yes, &[1.0, 2.0, 3.0], &mut c);
/// assert_eq!(c, [2.0, 4.0, 6.0]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transpose {
    /// As the product reads it: A is stored (m, k), B is stored (k, n).
    No,
    /// Rows and columns swapped: A is stored (k, m), B is stored (n, k).
    Yes,
}

impl Transpose {
    /// The shape in memory of what the product reads as (rows, columns).
    fn stored(self, (rows, columns): (usize, usize)) -> (usize, usize) {
        match self {
            Transpose::No => (rows, columns),
            Transpose::Yes => (columns, rows),
        }
    }

    /// Where in memory element (i, j) of what the product reads as (rows, columns) lies.
    fn index(self, (rows, columns): (usize, usize), (i, j): (usize, usize)) -> usize {
        match self {
            Transpose::No => i * columns + j,
            Transpose::Yes => j * rows + i,
        }
    }
}

/// C = A * B: `c[i][j]` = sum over p of `a[i][p] * b[p][j]`, summed from p = 0 upward and in the type `T`.
///
/// `ta` and `tb` say how A and B lie in memory. C is always stored (m, n) and is overwritten.
///
/// ```
/// use chainrule_naive::{Dims, Transpose, matmul};
/// let mut c = [f64::NAN; 2];
/// // [1 2 3] * [[1, 4], [2, 5], [3, 6]]
/// matmul(Dims { m: 1, n: 2, k: 3 }, Transpose::No, &[1., 2., 3.], Transpose::No, &[1., 4., 2., 5., 3., 6.], &mut c);
/// assert_eq!(c, [14., 32.]);
/// ```
///
/// # Panics
/// If a slice does not have the number of elements that `dims` gives it.
pub fn matmul<T: Float>(
    dims: Dims,
    ta: Transpose,
    a: &[T], // (m, k), or (k, m) if ta is Yes
    tb: Transpose,
    b: &[T],     // (k, n), or (n, k) if tb is Yes
    c: &mut [T], // (m, n)
) {
    let Dims { m, n, k } = dims;
    check_matrix("a", a.len(), ta.stored((m, k)));
    check_matrix("b", b.len(), tb.stored((k, n)));
    check_matrix("c", c.len(), (m, n));
    for i in 0..m {
        for j in 0..n {
            let mut sum = T::rounded(0.0);
            for p in 0..k {
                sum += a[ta.index((m, k), (i, p))] * b[tb.index((k, n), (p, j))];
            }
            c[i * n + j] = sum;
        }
    }
}

/// A * B with every operation in `f64`: (m, n). The truth that a product in `f32` is compared with.
///
/// The product of two `f32` is exact in `f64`, so for `f32` only the additions round, 2^-29 times as coarsely as in
/// `f32`. For `f64` this is [`matmul`]: truth and candidate may then both be off by [`gamma`]`(k, u) * |A||B|`, and
/// differ by twice that.
///
/// # Panics
/// As [`matmul`].
pub fn matmul_f64<T: Float>(
    dims: Dims,
    ta: Transpose,
    a: &[T], // (m, k), or (k, m) if ta is Yes
    tb: Transpose,
    b: &[T], // (k, n), or (n, k) if tb is Yes
) -> Vec<f64> {
    let a: Vec<f64> = a.iter().map(|v| v.widen()).collect();
    let b: Vec<f64> = b.iter().map(|v| v.widen()).collect();
    let mut c = vec![0.0; dims.m * dims.n];
    matmul(dims, ta, &a, tb, &b, &mut c);
    c
}

/// |A| * |B|, absolute values taken element by element, in `f64`: (m, n). The scale of the rounding error of A * B.
///
/// # Panics
/// As [`matmul`].
pub fn matmul_abs<T: Float>(
    dims: Dims,
    ta: Transpose,
    a: &[T], // (m, k), or (k, m) if ta is Yes
    tb: Transpose,
    b: &[T], // (k, n), or (n, k) if tb is Yes
) -> Vec<f64> {
    let a: Vec<f64> = a.iter().map(|v| v.widen().abs()).collect();
    let b: Vec<f64> = b.iter().map(|v| v.widen().abs()).collect();
    let mut c = vec![0.0; dims.m * dims.n];
    matmul(dims, ta, &a, tb, &b, &mut c);
    c
}

/// gamma_k = k*u / (1 - k*u), where u is the unit roundoff ([`Float::ROUNDOFF`]).
///
/// A product computed in any order of summation, with or without fused multiply-add, obeys
/// |computed - exact| <= gamma_k * |A||B| element by element, as long as nothing under- or overflows
/// (N. Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd ed., lemma 3.1 and equation 3.13).
///
/// # Panics
/// If k*u is 1 or more: the bound then says nothing.
pub fn gamma(k: usize, unit_roundoff: f64) -> f64 {
    let ku = k as f64 * unit_roundoff;
    assert!(ku < 1.0, "gamma needs k*u < 1: k is {k}, u is {unit_roundoff}");
    ku / (1.0 - ku)
}

//! matrixmultiply's product for the steps that are written on it, with the only `unsafe` code that they need. On one thread
//! whatever is asked: it takes its threads from the environment once and for all.
#![allow(unsafe_code)]

use chainrule_bench_support::steps::plain::Product;

/// C <- keep * C + scale * A * B.
pub(crate) fn multiply(product: Product<'_>) {
    let Product { dims: (m, n, k), a, a_transposed, b, b_transposed, keep, scale, c, threads: _ } = product;
    assert!(a.len() == m * k, "A has {} elements, not {m} * {k}", a.len());
    assert!(b.len() == k * n, "B has {} elements, not {k} * {n}", b.len());
    assert!(c.len() == m * n, "C has {} elements, not {m} * {n}", c.len());
    let strides = |rows: usize, cols: usize, transposed| {
        let (down, along) = if transposed { (1, rows) } else { (cols, 1) };
        (down as isize, along as isize)
    };
    let ((rsa, csa), (rsb, csb)) = (strides(m, k, a_transposed), strides(k, n, b_transposed));
    let (a, b, c) = (a.as_ptr(), b.as_ptr(), c.as_mut_ptr());
    // SAFETY: the three asserts have every element of the strided matrices in its slice; C is borrowed mutably, so it
    // overlaps neither A nor B.
    unsafe { matrixmultiply::sgemm(m, k, n, scale, a, rsa, csa, b, rsb, csb, keep, c, n as isize, 1) };
}

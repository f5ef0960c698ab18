//! The `gemm` crate's product for the steps that are written on it, with the only `unsafe` code that they need.
#![allow(unsafe_code)]

use chainrule_bench_support::steps::plain::Product;

/// C <- keep * C + scale * A * B.
pub(crate) fn multiply(product: Product<'_>) {
    let Product { dims: (m, n, k), a, a_transposed, b, b_transposed, keep, scale, c, threads } = product;
    assert!(a.len() == m * k, "A has {} elements, not {m} * {k}", a.len());
    assert!(b.len() == k * n, "B has {} elements, not {k} * {n}", b.len());
    assert!(c.len() == m * n, "C has {} elements, not {m} * {n}", c.len());
    let strides = |rows: usize, cols: usize, transposed| {
        let (down, along) = if transposed { (1, rows) } else { (cols, 1) };
        (down as isize, along as isize)
    };
    let ((a_down, a_along), (b_down, b_along)) = (strides(m, k, a_transposed), strides(k, n, b_transposed));
    let parallelism = if threads == 1 { gemm::Parallelism::None } else { gemm::Parallelism::Rayon(threads) };
    // SAFETY: the three asserts have every element of the strided matrices in its slice; C is borrowed mutably, so it
    // overlaps neither A nor B.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            c.as_mut_ptr(),
            1,
            n as isize,
            keep != 0.0,
            a.as_ptr(),
            a_along,
            a_down,
            b.as_ptr(),
            b_along,
            b_down,
            keep,
            scale,
            false,
            false,
            false,
            parallelism,
        );
    }
}

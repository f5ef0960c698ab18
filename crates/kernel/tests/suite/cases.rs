//! Inputs of the tests of products, and the loop over the kernels: numbers, memory layouts, the naive product.

use chainrule_kernel::{Kernel, MatRef, Scalar};
use chainrule_naive::{Dims, Float, Transpose, matmul};

/// As many of these as Miri has time for, otherwise all.
pub(super) fn few<X>(all: &[X]) -> &[X] {
    if cfg!(miri) { &all[..all.len().min(2)] } else { all }
}

/// A small deterministic generator: the tests must not depend on the crates above this one.
#[derive(Clone)]
pub(super) struct Numbers(pub(super) u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }
    /// Whole numbers from -4 to 4: sums of up to 2050 products stay below 2^24, exact in f32.
    pub(super) fn integers<T: Scalar>(&mut self, n: usize) -> Vec<T> {
        (0..n).map(|_| T::from_f64((self.next() % 9) as f64 - 4.0)).collect()
    }
    pub(super) fn reals<T: Scalar>(&mut self, n: usize) -> Vec<T> {
        (0..n).map(|_| T::from_f64(self.next() as f64 / (1u64 << 30) as f64 - 1.0)).collect()
    }
}

/// A matrix stored any way round inside a larger slice.
#[derive(Clone, Copy, Debug)]
pub(super) enum Layout {
    RowMajor,
    ColMajor,
    /// Rows lie further apart than they are long.
    Padded,
    /// Neither rows nor columns are contiguous.
    Strided,
}
pub(super) const LAYOUTS: [Layout; 4] = [Layout::RowMajor, Layout::ColMajor, Layout::Padded, Layout::Strided];

impl Layout {
    pub(super) fn strides(self, rows: usize, cols: usize) -> (usize, usize) {
        match self {
            Layout::RowMajor => (cols.max(1), 1),
            Layout::ColMajor => (1, rows.max(1)),
            Layout::Padded => (cols + 5, 1),
            Layout::Strided => (3 * cols + 2, 3),
        }
    }
    /// A slice that holds the row-major `data` this way, `filler` everywhere else.
    pub(super) fn store<T: Scalar>(self, data: &[T], rows: usize, cols: usize, filler: T) -> (Vec<T>, (usize, usize)) {
        let (rs, cs) = self.strides(rows, cols);
        let span = if rows == 0 || cols == 0 { 0 } else { (rows - 1) * rs + (cols - 1) * cs + 1 };
        let mut slice = vec![filler; span];
        for i in 0..rows {
            for j in 0..cols {
                slice[i * rs + j * cs] = data[i * cols + j];
            }
        }
        (slice, (rs, cs))
    }
}

/// Runs `check` on each kernel of the table that the CPU has; at least one must be there.
pub(super) fn for_each_kernel<T: Scalar>(check: impl Fn(&'static Kernel<T>)) {
    let kernels: Vec<_> = Kernel::<T>::all().iter().filter(|k| k.is_available()).collect();
    assert!(!kernels.is_empty());
    for kernel in kernels {
        check(kernel);
    }
}

pub(super) fn product<T: Scalar + Float>(m: usize, n: usize, k: usize, a: &[T], b: &[T]) -> Vec<T> {
    let mut c = vec![T::ZERO; m * n];
    matmul(Dims { m, n, k }, Transpose::No, a, Transpose::No, b, &mut c);
    c
}

pub(super) fn nan<T: Scalar>() -> T {
    T::from_f64(f64::NAN)
}

pub(super) fn assert_equal<T: Scalar>(got: MatRef<'_, T>, want: &[T], context: &dyn Fn() -> String) {
    for i in 0..got.rows() {
        for j in 0..got.cols() {
            let (got, want) = (got.get(i, j), want[i * got.cols() + j]);
            assert!(got == want, "{}: C[{i}, {j}] is {got}, not {want}", context());
        }
    }
}

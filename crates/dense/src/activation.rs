//! Activations and their derivatives over a whole matrix, for passes that cannot fuse them with a product; on several
//! threads if the matrix is large.
//!
//! Each result depends on one element only, and one thread adds up each column, so the bits do not depend on the number
//! of threads.

use std::cell::Cell;

use chainrule_kernel::{Kernel, MatMut, MatRef, Scalar};

use crate::Activation;
use crate::partition::{ELEMENTS_PER_THREAD, Part, Side, for_each_columns, for_each_part, threads_for};

/// Number of elements that are copied and then activated: 16 or 32 KiB, which stay in the L1 cache.
const BLOCK: usize = 1 << 12;

/// `a = f(z)`.
///
/// # Panics
/// When the shapes differ, as for both functions below.
pub fn activate<T: Scalar>(
    kernel: &Kernel<T>,
    activation: Activation,
    z: MatRef<'_, T>, // (batch, width)
    a: MatMut<'_, T>, // (batch, width)
) {
    assert_same((z.rows(), z.cols()), (a.rows(), a.cols()));
    if a.cols() == 0 {
        return; // a matrix without columns may have any number of rows: do not loop over them
    }
    in_parts(a, &|mut a, part| {
        let z = z.rows_in(part.rows).cols_in(part.cols);
        let rows_at_once = (BLOCK / a.cols().max(1)).max(1);
        let mut start = 0;
        while a.rows() > 0 {
            let at = rows_at_once.min(a.rows());
            let (mut here, rest) = a.split_rows(at);
            for i in 0..at {
                here.row_mut(i).copy_from_slice(z.row(start + i));
            }
            kernel.activate(activation, here);
            (a, start) = (rest, start + at);
        }
    });
}

/// `d = d * f'`, with the derivative computed from f's outputs, or from its inputs if
/// [`Activation::derivative_needs_input`].
pub fn derivative<T: Scalar>(
    kernel: &Kernel<T>,
    activation: Activation,
    of: MatRef<'_, T>, // (batch, width)
    d: MatMut<'_, T>,  // (batch, width)
) {
    assert_same((of.rows(), of.cols()), (d.rows(), d.cols()));
    in_parts(d, &|d, part| kernel.derivative(activation, of.rows_in(part.rows).cols_in(part.cols), d, None));
}

/// As [`derivative`], and adds up the columns of d; threads own columns.
pub(crate) fn derivative_and_sums<T: Scalar>(
    kernel: &Kernel<T>,
    activation: Activation,
    of: MatRef<'_, T>, // (batch, width)
    d: MatMut<'_, T>,  // (batch, width)
    sums: &mut [T],    // (width)
    most_threads: usize,
) {
    let cols = of.cols();
    let threads = threads_for(of.rows() * cols, ELEMENTS_PER_THREAD, || most_threads);
    for_each_columns(d, MatMut::new(sums, 1, cols), threads, &|d, mut sums, cols| {
        let sums = Cell::from_mut(sums.row_mut(0)).as_slice_of_cells();
        kernel.derivative(activation, of.cols_in(cols), d, Some(sums));
    });
}

fn in_parts<T: Scalar>(c: MatMut<'_, T>, work: &(impl Fn(MatMut<'_, T>, Part) + Sync)) {
    let threads = threads_for(c.rows() * c.cols(), ELEMENTS_PER_THREAD, rayon::current_num_threads);
    let side = Side::of_product(&c);
    // Empty workspaces take no memory.
    for_each_part(c, side, threads, &mut vec![(); threads], &|c, part, ()| work(c, part));
}

fn assert_same(from: (usize, usize), to: (usize, usize)) {
    assert!(from == to, "{}x{} numbers for {}x{}", from.0, from.1, to.0, to.1);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn the_same_on_threads<T: Scalar>() {
        let kernel = Kernel::<T>::selected().unwrap();
        // Split by rows, split by columns, and not split.
        for (rows, cols) in [(20_001, 37), (37, 20_001), (5, 7)] {
            let z: Vec<T> = (0..rows * cols).map(|i| T::from_f64((i * 7919 % 1009) as f64 / 128.0 - 4.0)).collect();
            for activation in [Activation::Tanh, Activation::Gelu] {
                let on = |threads: usize| {
                    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                    pool.install(|| {
                        let (mut a, mut d) = (vec![T::ZERO; z.len()], z.clone());
                        let view = MatRef::new(&z, rows, cols);
                        activate(kernel, activation, view, MatMut::new(&mut a, rows, cols));
                        derivative(kernel, activation, view, MatMut::new(&mut d, rows, cols));
                        (a, d)
                    })
                };
                let (mut a, mut d) = (z.clone(), z.clone());
                kernel.activate(activation, MatMut::new(&mut a, rows, cols));
                kernel.derivative(activation, MatRef::new(&z, rows, cols), MatMut::new(&mut d, rows, cols), None);
                let want = (a, d);
                for threads in [1, 2, 3, 8] {
                    assert!(on(threads) == want, "{activation:?} of {rows}x{cols} on {threads} threads");
                }
            }
        }
    }

    #[test]
    fn an_activation_by_itself_gives_the_same_bits_on_any_number_of_threads() {
        the_same_on_threads::<f32>();
        the_same_on_threads::<f64>();
    }

    #[test]
    #[should_panic(expected = "2x1 numbers for 1x2")]
    fn another_shape_panics_with_both() {
        let z = MatRef::new(&[0.0f32; 2], 2, 1);
        activate(Kernel::selected().unwrap(), Activation::Tanh, z, MatMut::new(&mut [0.0; 2], 1, 2));
    }
}

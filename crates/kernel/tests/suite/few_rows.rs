//! Few rows of C times a B that lies by columns, and few columns of C: the bits of the same product with operands that lie
//! the other way, which goes through tiles; for every kernel of the table that this CPU can run, and every kind of epilogue.

use std::cell::Cell;

use chainrule_kernel::{Activation, Epilogue, Kernel, MatMut, MatRef, Scalar, Scratch};

const FEW: std::ops::RangeInclusive<usize> = 2..=14;
/// Around registers, pairs and fours of them, and the 256 columns that are finished together.
const MANY: &[usize] = &[3, 8, 17, 31, 32, 45, 100, 255, 257, 263, 300, 530];
/// Around what is turned round at a time, and the cut at 1024.
const STEPS: &[usize] = &[1, 2, 5, 9, 16, 61, 130, 1030];

fn numbers<T: Scalar>(n: usize, seed: usize) -> Vec<T> {
    (0..n).map(|i| T::from_f64(((i + seed) * 7919 % 1009) as f64 / 504.0 - 1.0)).collect()
}

/// The same matrix with its columns contiguous, `ld` apart.
fn by_columns<T: Scalar>(x: &[T], (rows, cols): (usize, usize), ld: usize) -> Vec<T> {
    let mut turned = vec![T::from_f64(f64::NAN); cols * ld];
    for i in 0..rows {
        for j in 0..cols {
            turned[j * ld + i] = x[i * cols + j];
        }
    }
    turned
}

/// An epilogue from a bias, outputs of C's shape, and sums.
type Make<'a, T> = &'a dyn for<'x> Fn(&'x [T], MatRef<'x, T>, &'x [Cell<T>]) -> Epilogue<'x, T>;

/// C, and what was added to the sums of its columns.
fn product<T: Scalar>(
    kernel: &Kernel<T>,
    a: MatRef<'_, T>,
    b: MatRef<'_, T>,
    epilogue: Make<'_, T>,
) -> (Vec<T>, Vec<T>) {
    let (m, n) = (a.rows(), b.cols());
    let (mut c, mut sums) = (numbers(m * n, 5), numbers(n, 6));
    let (bias, outputs) = (numbers(n, 7), numbers::<T>(m * n, 8));
    let mut scratch = Scratch::for_shape(m, n, a.cols());
    let cells = Cell::from_mut(&mut sums[..]).as_slice_of_cells();
    let epilogue = epilogue(&bias, MatRef::new(&outputs, m, n), cells);
    kernel.gemm(a, b, epilogue, MatMut::new(&mut c, m, n), &mut scratch);
    (c, sums)
}

/// One and the same product of operands that lie in two ways: bits equal with every kind of epilogue.
fn agree<T: Scalar>(kernel: &Kernel<T>, one: (MatRef<'_, T>, MatRef<'_, T>), other: (MatRef<'_, T>, MatRef<'_, T>)) {
    let third = T::from_f64(1.0 / 3.0);
    let activation = Activation::Tanh;
    let check = |name: &str, epilogue: Make<'_, T>| {
        let products = [one, other].map(|(a, b)| product(kernel, a, b, epilogue));
        let (m, n, k) = (one.0.rows(), one.1.cols(), one.0.cols());
        assert_eq!(products[0], products[1], "{kernel:?} {m}x{n}x{k} {name}");
    };
    check("store", &|_, _, _| Epilogue::Store);
    check("bias", &|bias, _, _| Epilogue::BiasRelu(bias));
    check("activation", &|bias, _, _| Epilogue::Activation { bias, activation });
    check("accumulate", &|_, _, _| Epilogue::Accumulate { alpha: third, beta: third });
    check("derivative", &|_, of, sums| Epilogue::Derivative { activation, of, sums: Some(sums) });
}

fn few_rows_or_columns<T: Scalar>() {
    for kernel in Kernel::<T>::all().iter().filter(|kernel| kernel.is_available()) {
        for few in FEW {
            for &many in MANY {
                for &k in STEPS.iter().filter(|&&k| k < 1000 || (many < 64 && few % 3 == 0)) {
                    let (rows, weights) = (numbers::<T>(few * k, 1), numbers::<T>(k * many, 2));
                    let ld = if many % 2 == 0 { k } else { k.next_multiple_of(512) };
                    let turned = by_columns(&weights, (k, many), ld);
                    let lying = MatRef::new(&weights, k, many);
                    let standing = MatRef::with_strides(&turned, (many, k), (ld, 1)).t();
                    let rows = MatRef::new(&rows, few, k);
                    agree(kernel, (rows, lying), (rows, standing));
                    agree(kernel, (lying.t(), rows.t()), (standing.t(), rows.t()));
                }
            }
        }
    }
}

/// With rows of A and B contiguous, the last columns are computed by themselves; otherwise they are not.
fn columns_past_the_last_panel<T: Scalar>() {
    for kernel in Kernel::<T>::all().iter().filter(|kernel| kernel.is_available()) {
        for m in [16, 33, 70] {
            for n in [9, 17, 18, 20, 26, 28, 33, 35, 42, 97] {
                for k in [3, 64, 210] {
                    let (a, b) = (numbers::<T>(m * k, 1), numbers::<T>(k * n, 2));
                    let (turned_a, turned_b) = (by_columns(&a, (m, k), m), by_columns(&b, (k, n), k));
                    let lying = (MatRef::new(&a, m, k), MatRef::new(&b, k, n));
                    let standing = (MatRef::new(&turned_a, k, m).t(), MatRef::new(&turned_b, n, k).t());
                    agree(kernel, lying, standing);
                }
            }
        }
    }
}

/// B by rows pages apart, which share their sets of the caches, as against rows that follow one another.
fn rows_pages_apart<T: Scalar>(pages: usize, ms: impl Iterator<Item = usize> + Clone, ns: &[usize], k: usize) {
    let apart = pages * 4096 / size_of::<T>();
    for kernel in Kernel::<T>::all().iter().filter(|kernel| kernel.is_available()) {
        for m in ms.clone() {
            for &n in ns {
                let (rows, weights) = (numbers::<T>(m * k, 1), numbers::<T>(k * n, 2));
                let mut spread = vec![T::from_f64(f64::NAN); k * apart];
                (0..k).for_each(|p| spread[p * apart..][..n].copy_from_slice(&weights[p * n..][..n]));
                let rows = MatRef::new(&rows, m, k);
                let near = MatRef::new(&weights, k, n);
                agree(kernel, (rows, near), (rows, MatRef::with_strides(&spread, (k, n), (apart, 1))));
            }
        }
    }
}

#[test]
fn rows_of_b_a_page_apart_change_no_bit() {
    rows_pages_apart::<f32>(1, FEW, &[9, 17, 24, 41, 75], 20);
    rows_pages_apart::<f64>(1, FEW, &[9, 17, 24, 41, 75], 20);
}

/// More than 4 MiB of B, which is streamed past two to eight rows; steps and columns that are left over.
#[test]
fn a_large_b_streamed_past_a_few_rows_changes_no_bit() {
    let rows = [2, 3, 4, 5, 6, 7, 8].into_iter();
    rows_pages_apart::<f32>(2, rows.clone(), &[1100], 1003);
    rows_pages_apart::<f64>(3, rows, &[1100], 1003);
}

#[test]
fn the_way_operands_lie_changes_no_bit_of_few_rows_or_columns() {
    few_rows_or_columns::<f32>();
    few_rows_or_columns::<f64>();
}

#[test]
fn columns_past_the_last_panel_have_the_bits_of_the_whole() {
    columns_past_the_last_panel::<f32>();
    columns_past_the_last_panel::<f64>();
}

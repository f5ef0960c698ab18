//! Products so small that an interpreter (Miri) and the sanitizers get through them: every way that operands lie, packed
//! before and not, with every kind of epilogue, at sizes around a tile; whole numbers, so that every order of the sums
//! gives the same bits as the triple loop here.

use std::cell::Cell;

use chainrule_kernel::{Activation, Epilogue, Kernel, MatMut, MatRef, PackedB, Rule, Scalar, Scratch};

/// Around one tile of rows: 5 or 6 on the portable kernels, 6 or 14 on others.
const M: &[usize] = &[1, 6, 15];
/// Around one panel of columns.
const N: &[usize] = &[1, 9, 17];
const K: &[usize] = &[0, 3, 18];

fn whole<T: Scalar>(n: usize, seed: usize) -> Vec<T> {
    (0..n).map(|i| T::from_f64(((i + seed) * 7919 % 7) as f64 - 3.0)).collect()
}

fn truth<T: Scalar>(a: &[T], b: &[T], (m, n, k): (usize, usize, usize)) -> Vec<f64> {
    let element = |i: usize, j: usize| (0..k).map(|p| a[i * k + p].to_f64() * b[p * n + j].to_f64()).sum();
    (0..m * n).map(|at| element(at / n, at % n)).collect()
}

/// The transpose, row-major.
fn transposed<T: Scalar>(x: &[T], (rows, cols): (usize, usize)) -> Vec<T> {
    (0..rows * cols).map(|at| x[at % rows * cols + at / rows]).collect()
}

fn shapes() -> impl Iterator<Item = (usize, usize, usize)> {
    M.iter().flat_map(|&m| N.iter().flat_map(move |&n| K.iter().map(move |&k| (m, n, k))))
}

fn kernels<T: Scalar>() -> impl Iterator<Item = &'static Kernel<T>> {
    Kernel::<T>::all().iter().filter(|kernel| kernel.is_available())
}

fn products<T: Scalar>() {
    for (m, n, k) in shapes() {
        let (a, b) = (whole::<T>(m * k, 1), whole::<T>(k * n, 2));
        let (at, bt) = (transposed(&a, (m, k)), transposed(&b, (k, n)));
        let want = truth(&a, &b, (m, n, k));
        for kernel in kernels::<T>() {
            let (rows, columns) = (MatRef::new(&a, m, k), MatRef::new(&b, k, n));
            let (rows_t, columns_t) = (MatRef::new(&at, k, m).t(), MatRef::new(&bt, n, k).t());
            let packed = PackedB::new(kernel, columns_t);
            let mut scratch = Scratch::default();
            for (a, b) in [(rows, columns), (rows_t, columns), (rows, columns_t)] {
                let mut c = vec![T::from_f64(f64::NAN); m * n];
                kernel.gemm(a, b, Epilogue::Store, MatMut::new(&mut c, m, n), &mut scratch);
                assert!(c.iter().map(|c| c.to_f64()).eq(want.iter().copied()), "{} {m}x{n}x{k}", kernel.name());
                c.fill(T::from_f64(f64::NAN));
                kernel.gemm_packed(a, &packed, Epilogue::Store, MatMut::new(&mut c, m, n), &mut scratch);
                assert!(c.iter().map(|c| c.to_f64()).eq(want.iter().copied()), "{} packed {m}x{n}x{k}", kernel.name());
            }
        }
    }
}

#[test]
fn small_products_are_those_of_the_triple_loop() {
    products::<f32>();
    products::<f64>();
}

fn epilogues<T: Scalar>() {
    let (m, n, k) = (7, 9, 3);
    let number = T::from_f64;
    let (a, b, bias) = (whole::<T>(m * k, 1), whole::<T>(k * n, 2), whole::<T>(n, 3));
    let (before, of) = (whole::<T>(m * n, 4), whole::<T>(m * n, 5));
    let product = truth(&a, &b, (m, n, k));
    let mut sums = whole::<T>(n, 6);
    let sums = Cell::from_mut(&mut sums[..]).as_slice_of_cells();
    let (two, half) = (number(2.0), number(0.5));
    let relu = Activation::Relu;
    type Want<'a> = &'a dyn Fn(usize) -> f64;
    let cases: [(Epilogue<'_, T>, Want<'_>); 6] = [
        (Epilogue::Bias(&bias), &|at| product[at] + bias[at % n].to_f64()),
        (Epilogue::BiasRelu(&bias), &|at| (product[at] + bias[at % n].to_f64()).max(0.0)),
        (Epilogue::Activation { bias: &bias, activation: relu }, &|at| (product[at] + bias[at % n].to_f64()).max(0.0)),
        (Epilogue::Accumulate { alpha: two, beta: half }, &|at| 2.0 * product[at] + 0.5 * before[at].to_f64()),
        (Epilogue::Update { rate: half, decay: two }, &|at| {
            before[at].to_f64() - 0.5 * (product[at] + 2.0 * before[at].to_f64())
        }),
        (Epilogue::Derivative { activation: relu, of: MatRef::new(&of, m, n), sums: Some(sums) }, &|at| {
            if of[at].to_f64() > 0.0 { product[at] } else { 0.0 }
        }),
    ];
    for kernel in kernels::<T>() {
        for (i, (epilogue, want)) in cases.iter().enumerate() {
            let mut c = before.clone();
            let (rows, columns) = (MatRef::new(&a, m, k), MatRef::new(&b, k, n));
            kernel.gemm(rows, columns, *epilogue, MatMut::new(&mut c, m, n), &mut Scratch::for_shape(m, n, k));
            for (at, c) in c.iter().enumerate() {
                assert_eq!(c.to_f64(), want(at), "{}, epilogue {i}, element {at}", kernel.name());
            }
        }
        for (j, sum) in sums.iter().enumerate() {
            let masked = |i: usize| if of[i * n + j].to_f64() > 0.0 { product[i * n + j] } else { 0.0 };
            assert_eq!(sum.get().to_f64(), (0..m).map(masked).sum::<f64>(), "{}, sum {j}", kernel.name());
        }
    }
}

#[test]
fn small_epilogues_are_their_formulas() {
    epilogues::<f32>();
    epilogues::<f64>();
}

fn updates<T: Scalar>() {
    let half = T::from_f64(0.5);
    for kernel in kernels::<T>() {
        for length in [0, 1, 7, 33] {
            let (mut w, dw) = (whole::<T>(length, 1), whole::<T>(length, 2));
            let want: Vec<f64> = w.iter().zip(&dw).map(|(w, dw)| w.to_f64() - 0.5 * dw.to_f64()).collect();
            kernel.update(Rule::Sgd { lr: half, decay: T::ZERO }, &mut w, &dw, [&mut [], &mut []]);
            assert!(w.iter().map(|w| w.to_f64()).eq(want), "{} {length}", kernel.name());
            let mut z = whole::<T>(length, 3);
            kernel.activate(Activation::Relu, MatMut::new(&mut z, 1, length));
            assert!(z.iter().all(|z| z.to_f64() >= 0.0), "{} {length}", kernel.name());
        }
    }
}

#[test]
fn small_updates_and_activations_are_their_formulas() {
    updates::<f32>();
    updates::<f64>();
}

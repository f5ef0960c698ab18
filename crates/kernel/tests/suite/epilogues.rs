//! What is done with the sums before a product returns: equal to the bit to the sums, stored, and the same operations in
//! plain Rust; with packed operands and without a scratch as well.

use std::cell::Cell;

use chainrule_kernel::{Activation, Epilogue, Kernel, MatMut, MatRef, PackedB, Scalar, Scratch};

/// A small deterministic generator.
struct Numbers(u64);

impl Numbers {
    fn real<T: Scalar>(&mut self) -> T {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        T::from_f64((self.0 >> 33) as f64 / (1u64 << 30) as f64 - 1.0)
    }
    fn reals<T: Scalar>(&mut self, n: usize) -> Vec<T> {
        (0..n).map(|_| self.real()).collect()
    }
}

const ACTIVATIONS: [Activation; 13] = [
    Activation::Relu,
    Activation::Identity,
    Activation::LeakyRelu(0.25),
    Activation::Sigmoid,
    Activation::Tanh,
    Activation::Elu(0.5),
    Activation::Selu,
    Activation::Gelu,
    Activation::GeluTanh,
    Activation::Silu,
    Activation::Softplus,
    Activation::Softsign,
    Activation::HardSigmoid,
];

/// Edges of tiles, of one row and column, narrow, more than a block of every loop.
const SHAPES: [(usize, usize, usize); 13] = [
    (1, 1, 1),
    (3, 5, 2),
    (1, 37, 20),
    (37, 1, 20),
    (2, 3, 0),
    (7, 33, 5),
    (15, 16, 17),
    (64, 10, 40),
    (40, 7, 30),
    (29, 70, 9),
    (150, 40, 3),
    (9, 20, 1100),
    (400, 33, 30),
];

/// As many of these as Miri has time for, otherwise all.
fn few<X>(all: &[X]) -> &[X] {
    if cfg!(miri) { &all[..all.len().min(2)] } else { all }
}

fn for_each_kernel<T: Scalar>(check: impl Fn(&'static Kernel<T>)) {
    Kernel::<T>::all().iter().filter(|kernel| kernel.is_available()).for_each(check);
}

/// C's layouts: by rows, by columns, with gaps everywhere.
fn layouts(m: usize, n: usize) -> [(usize, usize); 3] {
    [(n, 1), (1, m), (3 * n + 2, 3)]
}

/// Lays the row-major `data` out by strides, NaN in the gaps.
fn laid_out<T: Scalar>(data: &[T], (m, n): (usize, usize), (rs, cs): (usize, usize)) -> Vec<T> {
    let mut slice = vec![T::from_f64(f64::NAN); (m - 1) * rs + (n - 1) * cs + 1];
    (0..m * n).for_each(|at| slice[at / n * rs + at % n * cs] = data[at]);
    slice
}

/// The row-major C of one product, stored by these strides; `old` is what it held.
fn run<T: Scalar>(
    kernel: &Kernel<T>,
    (a, b): (MatRef<'_, T>, MatRef<'_, T>),
    epilogue: Epilogue<'_, T>,
    old: &[T],
    strides: (usize, usize),
) -> Vec<T> {
    let shape @ (m, n) = (a.rows(), b.cols());
    let mut c = laid_out(old, shape, strides);
    kernel.gemm(a, b, epilogue, MatMut::with_strides(&mut c, shape, strides), &mut Scratch::default());
    let c = MatRef::with_strides(&c, shape, strides);
    (0..m * n).map(|at| c.get(at / n, at % n)).collect()
}

/// The derivative from the output, or from the input, as the documentation has it.
fn slope<T: Scalar>(kernel: &Kernel<T>, activation: Activation, a: T, d: T) -> T {
    match activation {
        Activation::Identity => d,
        Activation::Relu if a > T::ZERO => d,
        Activation::Relu => T::ZERO,
        Activation::LeakyRelu(_) if a > T::ZERO => d,
        Activation::LeakyRelu(alpha) => d * T::from_f64(alpha),
        Activation::Sigmoid => d * (a * (T::ONE - a)),
        Activation::Tanh => d * (T::ONE - a * a),
        // The others one by one: `tests/activations.rs` holds them against the truth.
        _ => {
            let mut d = [d];
            kernel.derivative(activation, MatRef::new(&[a], 1, 1), MatMut::new(&mut d, 1, 1), None);
            d[0]
        }
    }
}

fn every_epilogue_does_what_its_name_says<T: Scalar>() {
    for_each_kernel::<T>(|kernel| {
        for &(m, n, k) in few(&SHAPES) {
            let mut numbers = Numbers((m + 31 * n + 977 * k) as u64);
            let (a, b) = (numbers.reals::<T>(m * k), numbers.reals::<T>(k * n));
            let (bias, old) = (numbers.reals::<T>(n), numbers.reals::<T>(m * n));
            // B by rows, then by columns.
            for b in [MatRef::new(&b, k, n), MatRef::new(&b, n, k).t()] {
                let operands = (MatRef::new(&a, m, k), b);
                let sums = run(kernel, operands, Epilogue::Store, &old, (n, 1));
                for strides in layouts(m, n) {
                    let context = format!("{} {m}x{n}x{k}, C by {strides:?}", kernel.name());
                    for &activation in few(&ACTIVATIONS) {
                        let mut want: Vec<T> = (0..m * n).map(|at| sums[at] + bias[at % n]).collect();
                        kernel.activate(activation, MatMut::new(&mut want, m, n));
                        let got =
                            run(kernel, operands, Epilogue::Activation { bias: &bias, activation }, &old, strides);
                        assert_eq!(got, want, "{activation:?}, {context}");

                        // Outputs that are 0, positive and negative.
                        let outputs: Vec<T> = old.iter().map(|x| if *x > T::ZERO { *x } else { T::ZERO }).collect();
                        for (outputs, by) in [(&outputs, (n, 1)), (&old, (3 * n + 2, 3))] {
                            let want: Vec<T> =
                                (0..m * n).map(|at| slope(kernel, activation, outputs[at], sums[at])).collect();
                            let stored = laid_out(outputs, (m, n), by);
                            let of = MatRef::with_strides(&stored, (m, n), by);
                            let mut columns = vec![T::from_f64(f64::NAN); n];
                            let cells = Cell::from_mut(&mut columns[..]).as_slice_of_cells();
                            let got = run(
                                kernel,
                                operands,
                                Epilogue::Derivative { activation, of, sums: Some(cells) },
                                &old,
                                strides,
                            );
                            assert_eq!(got, want, "derivative of {activation:?}, {context}");
                            for (j, sum) in columns.iter().enumerate() {
                                let want = (0..m).fold(T::ZERO, |sum, i| sum + want[i * n + j]);
                                assert_eq!(*sum, want, "sum of column {j}, {activation:?}, {context}");
                            }
                        }
                    }
                    if k <= 1024 {
                        let (rate, decay) = (T::from_f64(0.3), T::from_f64(0.01));
                        let want: Vec<T> =
                            old.iter().zip(&sums).map(|(w, dw)| *w - rate * (*dw + decay * *w)).collect();
                        assert_eq!(
                            run(kernel, operands, Epilogue::Update { rate, decay }, &old, strides),
                            want,
                            "{context}"
                        );
                    }
                }
            }
        }
    });
}

#[test]
fn every_epilogue_is_the_sums_and_then_what_its_name_says() {
    every_epilogue_does_what_its_name_says::<f32>();
    every_epilogue_does_what_its_name_says::<f64>();
}

#[test]
fn an_update_over_several_blocks_of_k_is_exact_on_whole_numbers() {
    for_each_kernel::<f32>(|kernel| {
        let (m, n, k) = if cfg!(miri) { (2, 3, 1100) } else { (9, 35, 2500) };
        let whole = |n: usize| (0..n).map(|i| (i % 7) as f32 - 3.0).collect::<Vec<f32>>();
        let (a, b, old) = (whole(m * k), whole(k * n), whole(m * n));
        let operands = (MatRef::new(&a, m, k), MatRef::new(&b, k, n));
        let sums = run(kernel, operands, Epilogue::Store, &old, (n, 1));
        let got = run(kernel, operands, Epilogue::Update { rate: 0.5, decay: 2.0 }, &old, (n, 1));
        let want: Vec<f32> = old.iter().zip(&sums).map(|(w, dw)| w - 0.5 * (dw + 2.0 * w)).collect();
        assert_eq!(got, want, "{}", kernel.name());
    });
}

fn packed_operands_and_borrowed_scratches_give_the_same_bits<T: Scalar>() {
    for_each_kernel::<T>(|kernel| {
        let mut scratch = Scratch::default();
        let large: &[_] = if cfg!(miri) { &[] } else { &[(5, 1100, 3), (40, 70, 1100)] };
        for &(m, n, k) in few(&SHAPES).iter().chain(large).chain(&[(3, 2, 0)]) {
            let mut numbers = Numbers((m + n + k) as u64);
            let (a, b, bias) = (numbers.reals::<T>(m * k), numbers.reals::<T>(k * n), numbers.reals::<T>(n));
            for b in [MatRef::new(&b, k, n), MatRef::new(&b, n, k).t()] {
                let a = MatRef::new(&a, m, k);
                let want = run(kernel, (a, b), Epilogue::Bias(&bias), &vec![T::ZERO; m * n], (n, 1));
                let context = format!("{} {m}x{n}x{k}", kernel.name());

                let mut packed = PackedB::new(kernel, MatRef::new(&vec![T::ONE; k * n], k, n));
                packed.update(b);
                assert_eq!((packed.rows(), packed.cols()), (k, n));
                for strides in layouts(m, n) {
                    let mut c = laid_out(&want, (m, n), strides);
                    let expected = c.iter().map(|x| x.to_le_bytes8()).collect::<Vec<_>>();
                    let view = MatMut::with_strides(&mut c, (m, n), strides);
                    kernel.gemm_packed(a, &packed, Epilogue::Bias(&bias), view, &mut scratch);
                    assert_eq!(c.iter().map(|x| x.to_le_bytes8()).collect::<Vec<_>>(), expected, "{context}");
                }

                // Packed in two parts, as two threads would.
                let mut parts = PackedB::zeros(kernel, k, n);
                let (mut left, mut right) = parts.columns_mut().split(n / 2);
                let at = left.cols();
                assert_eq!(at + right.cols(), n);
                left.update(b.cols_in(0..at));
                right.update(b.cols_in(at..n));
                let mut c = vec![T::ZERO; m * n];
                kernel.gemm_packed(a, &parts, Epilogue::Bias(&bias), MatMut::new(&mut c, m, n), &mut scratch);
                assert_eq!(c, want, "in parts, {context}");

                kernel.gemm_in_thread(a, b, Epilogue::Bias(&bias), MatMut::new(&mut c, m, n));
                assert_eq!(c, want, "in the thread's scratch, {context}");
            }
        }
    });
}

#[test]
fn packed_operands_and_the_scratch_of_a_thread_give_the_same_bits() {
    packed_operands_and_borrowed_scratches_give_the_same_bits::<f32>();
    packed_operands_and_borrowed_scratches_give_the_same_bits::<f64>();
}

#[test]
fn the_sums_of_no_rows_are_zero() {
    for_each_kernel::<f32>(|kernel| {
        let mut sums = [1.0f32; 3];
        let cells = Cell::from_mut(&mut sums[..]).as_slice_of_cells();
        let (outputs, nothing) = (MatRef::new(&[], 0, 3), MatRef::new(&[], 0, 0));
        let epilogue = Epilogue::Derivative { activation: Activation::Tanh, of: outputs, sums: Some(cells) };
        let (a, b) = (nothing, MatRef::new(&[], 0, 3));
        kernel.gemm(a, b, epilogue, MatMut::new(&mut [], 0, 3), &mut Scratch::default());
        assert_eq!(sums, [0.0; 3]);
        let mut sums = [1.0f32; 3];
        let cells = Cell::from_mut(&mut sums[..]).as_slice_of_cells();
        kernel.derivative(Activation::Tanh, outputs, MatMut::new(&mut [], 0, 3), Some(cells));
        assert_eq!(sums, [0.0; 3]);
    });
}

#[test]
#[should_panic(expected = "B was packed for")]
fn panels_of_another_kernel_are_refused() {
    // Panels of another kernel of the same width would do, but which kernels have the same width is not promised.
    let kernels = Kernel::<f32>::all();
    let last = kernels.last().unwrap();
    let other = kernels.iter().find(|k| k.is_available()).unwrap();
    if std::ptr::eq(last, other) {
        panic!("B was packed for the only kernel that this CPU has");
    }
    let packed = PackedB::new(last, MatRef::new(&[1.0], 1, 1));
    let mut c = [0.0];
    let scratch = &mut Scratch::default();
    other.gemm_packed(MatRef::new(&[1.0], 1, 1), &packed, Epilogue::Store, MatMut::new(&mut c, 1, 1), scratch);
}

#[test]
#[should_panic(expected = "a derivative from 2x1 for 1x2")]
fn outputs_of_another_shape_are_refused() {
    let kernel = Kernel::<f32>::selected().unwrap();
    let outputs = MatRef::new(&[1.0, 1.0], 2, 1);
    let epilogue = Epilogue::Derivative { activation: Activation::Relu, of: outputs, sums: None };
    let (a, b) = (MatRef::new(&[1.0], 1, 1), MatRef::new(&[1.0, 1.0], 1, 2));
    kernel.gemm(a, b, epilogue, MatMut::new(&mut [0.0; 2], 1, 2), &mut Scratch::default());
}

#[test]
#[should_panic(expected = "3 sums for 2 columns")]
fn sums_of_another_length_are_refused() {
    let kernel = Kernel::<f32>::selected().unwrap();
    let mut sums = [0.0; 3];
    let cells = Cell::from_mut(&mut sums[..]).as_slice_of_cells();
    let outputs = MatRef::new(&[1.0, 1.0], 1, 2);
    kernel.derivative(Activation::Relu, outputs, MatMut::new(&mut [0.0; 2], 1, 2), Some(cells));
}

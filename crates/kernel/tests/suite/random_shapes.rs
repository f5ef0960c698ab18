//! Random shapes, strides and epilogues against the f64 truth: each element within gamma_k |A||B|, the worst ratio printed.
//!
//! `CHAINRULE_SHAPES` says how many shapes each kernel gets; 300 unless said. `CHAINRULE_SHAPES=100000 cargo test --release
//! -p chainrule-kernel --test random_shapes -- --nocapture` is the long run.

use chainrule_kernel::{Epilogue, Kernel, MatMut, MatRef, Scalar, Scratch};
use chainrule_naive::{Dims, Float, Transpose, gamma, matmul_abs, matmul_f64};

/// A small deterministic generator.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }
    fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }
    fn real<T: Scalar>(&mut self) -> T {
        T::from_f64(self.next() as f64 / (1u64 << 30) as f64 - 1.0)
    }
    /// Mostly small, now and then past a block of every loop.
    fn size(&mut self) -> usize {
        match self.below(50) {
            0 => 1000 + self.below(60),
            1..=5 => 64 + self.below(100),
            _ => 1 + self.below(40),
        }
    }
}

/// A matrix in a slice with gaps of NaN, and the same one row-major.
struct Stored<T> {
    slice: Vec<T>,
    strides: (usize, usize),
    plain: Vec<T>,
}

fn stored<T: Scalar>(rows: usize, cols: usize, numbers: &mut Numbers) -> Stored<T> {
    let (gap, step) = ([0, 0, 0, 1, 24][numbers.below(5)], [1, 1, 1, 1, 2][numbers.below(5)]);
    // Now and then a whole number of pages, which the kernels have ways of their own for.
    let pages = numbers.below(8) == 0 && rows.min(cols) < 100;
    let apart = |length: usize| if pages { length.next_multiple_of(1024) } else { length };
    let strides = match numbers.below(2) {
        0 => (apart(cols * step + gap), step),
        _ => (step, apart(rows * step + gap)),
    };
    let mut slice = vec![T::from_f64(f64::NAN); (rows - 1) * strides.0 + (cols - 1) * strides.1 + 1];
    let plain: Vec<T> = (0..rows * cols).map(|_| numbers.real()).collect();
    for i in 0..rows {
        for j in 0..cols {
            slice[i * strides.0 + j * strides.1] = plain[i * cols + j];
        }
    }
    Stored { slice, strides, plain }
}

/// The worst error over the bound; `truth_error` is how far the f64 truth may itself be off, in units of the bound.
fn worst_ratio<T: Scalar + Float>(kernel: &Kernel<T>, shapes: usize, truth_error: f64) -> f64 {
    let mut numbers = Numbers(2);
    let mut scratch = Scratch::default();
    let mut worst = 0.0f64;
    for shape in 0..shapes {
        let (m, n, k) = (numbers.size(), numbers.size(), numbers.size());
        let (a, b) = (stored::<T>(m, k, &mut numbers), stored::<T>(k, n, &mut numbers));
        let mut c = stored::<T>(m, n, &mut numbers);
        let bias: Vec<T> = (0..n).map(|_| numbers.real()).collect();
        let (alpha, beta) = (numbers.real::<T>(), numbers.real::<T>());
        let kind = numbers.below(5);
        let epilogue = match kind {
            0 => Epilogue::Store,
            1 => Epilogue::Accumulate { alpha, beta },
            2 => Epilogue::Bias(&bias),
            3 => Epilogue::Update { rate: alpha, decay: beta },
            _ => Epilogue::BiasRelu(&bias),
        };
        let (av, bv) =
            (MatRef::with_strides(&a.slice, (m, k), a.strides), MatRef::with_strides(&b.slice, (k, n), b.strides));
        kernel.gemm(av, bv, epilogue, MatMut::with_strides(&mut c.slice, (m, n), c.strides), &mut scratch);

        let dims = Dims { m, n, k };
        let product = matmul_f64(dims, Transpose::No, &a.plain, Transpose::No, &b.plain);
        let scale = matmul_abs(dims, Transpose::No, &a.plain, Transpose::No, &b.plain);
        let got = MatRef::with_strides(&c.slice, (m, n), c.strides);
        // Up to four roundings more than the product: alpha, beta, their sum; the bias; decay, rate and two sums.
        let bound = gamma(k + 4, T::UNIT_ROUNDOFF.to_f64()) * (1.0 + truth_error);
        for (at, (product, scale)) in product.iter().zip(&scale).enumerate() {
            let (old, bias) = (c.plain[at].to_f64(), bias[at % n].to_f64());
            let (want, scale) = match kind {
                0 => (*product, *scale),
                1 => {
                    let (alpha, beta) = (alpha.to_f64(), beta.to_f64());
                    (alpha * product + beta * old, alpha.abs() * scale + (beta * old).abs())
                }
                2 => (product + bias, scale + bias.abs()),
                3 => {
                    let (rate, decay) = (alpha.to_f64(), beta.to_f64());
                    let scale = scale + (decay * old).abs();
                    (old - rate * (product + decay * old), old.abs() + rate.abs() * scale)
                }
                _ => ((product + bias).max(0.0), scale + bias.abs()),
            };
            let got = got.get(at / n, at % n).to_f64();
            let ratio = (got - want).abs() / (bound * scale);
            assert!(
                ratio < 1.0,
                "{} shape {shape}, {m}x{n}x{k}, {epilogue:?}: element {at} is {got}, not {want}: {ratio} of the bound",
                kernel.name()
            );
            worst = worst.max(ratio);
        }
    }
    worst
}

#[test]
fn random_shapes_strides_and_epilogues_stay_within_the_bound() {
    let shapes = std::env::var("CHAINRULE_SHAPES").map_or(300, |n| n.parse().expect("CHAINRULE_SHAPES is a number"));
    for kernel in Kernel::<f32>::all().iter().filter(|k| k.is_available()) {
        println!("{}: worst of {shapes} shapes {:.3} of the bound", kernel.name(), worst_ratio(kernel, shapes, 0.0));
    }
    for kernel in Kernel::<f64>::all().iter().filter(|k| k.is_available()) {
        println!("{}: worst of {shapes} shapes {:.3} of the bound", kernel.name(), worst_ratio(kernel, shapes, 1.0));
    }
}

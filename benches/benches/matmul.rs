//! Products on one thread: every kernel that the CPU has, matrixmultiply, and naive loops where they are quick.
//!
//! Each is verified before it is timed: no element further from the f64 truth than gamma_k |A||B|, the bound of every
//! order of summation. Throughput is in floating point operations: `Gelem/s` reads as GFLOP/s.

use std::hint::black_box;
use std::time::Duration;

use chainrule_bench_support::shapes::{LAYER_PRODUCTS, Product, SQUARES, Stored};
use chainrule_kernel::{Epilogue, Kernel, MatMut, MatRef, Scalar, Scratch};
use chainrule_model::random::{Purpose, Stream};
use chainrule_naive::{Dims, Float, Transpose, gamma, matmul, matmul_abs, matmul_f64};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

/// Random operands, and C.
struct Operands<T> {
    product: Product,
    a: Vec<T>, // (m, k), or (k, m) when stored by columns
    b: Vec<T>, // (k, n), or (n, k)
    c: Vec<T>, // (m, n)
}

impl<T: Rival> Operands<T> {
    fn new(product: Product) -> Self {
        let Product { m, n, k, .. } = product;
        let mut stream = Stream::new(1, Purpose::Synthetic, (m * n * k) as u64);
        let mut reals = |n: usize| (0..n).map(|_| T::from_f64(stream.uniform(-1.0, 1.0))).collect::<Vec<T>>();
        Operands { product, a: reals(m * k), b: reals(k * n), c: vec![T::from_f64(f64::NAN); m * n] }
    }

    fn ours(&mut self, kernel: &Kernel<T>, scratch: &mut Scratch<T>) {
        let Product { m, n, k, a, b, .. } = self.product;
        let view = |data, stored, rows, cols| match stored {
            Stored::Rows => MatRef::new(data, rows, cols),
            Stored::Columns => MatRef::new(data, cols, rows).t(),
        };
        let (a, b) = (view(&self.a, a, m, k), view(&self.b, b, k, n));
        kernel.gemm(a, b, Epilogue::Store, MatMut::new(&mut self.c, m, n), scratch);
    }

    fn naive(&mut self) {
        let (dims, ta, tb) = self.for_naive();
        matmul(dims, ta, &self.a, tb, &self.b, &mut self.c);
    }

    fn for_naive(&self) -> (Dims, Transpose, Transpose) {
        let Product { m, n, k, a, b, .. } = self.product;
        let transpose = |stored| if stored == Stored::Rows { Transpose::No } else { Transpose::Yes };
        (Dims { m, n, k }, transpose(a), transpose(b))
    }

    /// C is the product of A and B, and spoilt afterwards for the next to make it anew.
    fn verify(&mut self, who: &str) {
        let (dims, ta, tb) = self.for_naive();
        let truth = matmul_f64(dims, ta, &self.a, tb, &self.b);
        let scale = matmul_abs(dims, ta, &self.a, tb, &self.b);
        // In f64 the truth is rounded as well.
        let bound = 2.0 * gamma(dims.k, T::ROUNDOFF);
        for (i, (c, truth)) in self.c.iter().zip(&truth).enumerate() {
            let off = (c.to_f64() - truth).abs();
            assert!(off <= bound * scale[i], "{who} {}: C[{i}] is {c}, not {truth}", self.product.name);
        }
        self.c.fill(T::from_f64(f64::NAN));
    }
}

/// The element types by matrixmultiply's name for them.
trait Rival: Scalar + Float {
    fn matrixmultiply(operands: &mut Operands<Self>);
}

macro_rules! rival {
    ($t:ident, $gemm:ident) => {
        impl Rival for $t {
            fn matrixmultiply(operands: &mut Operands<$t>) {
                let Operands { product: Product { m, n, k, a: a_stored, b: b_stored, .. }, a, b, c } = operands;
                let (m, n, k) = (*m, *n, *k);
                assert!((a.len(), b.len(), c.len()) == (m * k, k * n, m * n), "operands of {m}x{n}x{k}");
                let strides = |stored: &Stored, rows: usize, cols: usize| match stored {
                    Stored::Rows => (cols as isize, 1),
                    Stored::Columns => (1, rows as isize),
                };
                let ((rsa, csa), (rsb, csb)) = (strides(a_stored, m, k), strides(b_stored, k, n));
                let (a, b, c) = (a.as_ptr(), b.as_ptr(), c.as_mut_ptr());
                // SAFETY: the slices are as long as the shapes (asserted above), and C, a slice of its own, overlaps none.
                unsafe { matrixmultiply::$gemm(m, k, n, 1.0, a, rsa, csa, b, rsb, csb, 0.0, c, n as isize, 1) };
            }
        }
    };
}
rival!(f32, sgemm);
rival!(f64, dgemm);

fn products<T: Rival>(criterion: &mut Criterion, products: &[Product]) {
    let mut group = criterion.benchmark_group(format!("matmul_{}", T::NAME));
    for &product in products {
        let mut operands = Operands::<T>::new(product);
        group.throughput(Throughput::Elements(product.flops()));
        for kernel in Kernel::<T>::all().iter().filter(|kernel| kernel.is_available()) {
            let mut scratch = Scratch::for_shape(product.m, product.n, product.k);
            operands.ours(kernel, &mut scratch);
            operands.verify(kernel.name());
            group.bench_function(BenchmarkId::new(kernel.name(), product.name), |bencher| {
                bencher.iter(|| black_box(&mut operands).ours(kernel, &mut scratch));
            });
        }
        T::matrixmultiply(&mut operands);
        operands.verify("matrixmultiply");
        group.bench_function(BenchmarkId::new("matrixmultiply", product.name), |bencher| {
            bencher.iter(|| T::matrixmultiply(black_box(&mut operands)));
        });
        if product.naive_is_quick() {
            operands.naive();
            operands.verify("naive");
            group.bench_function(BenchmarkId::new("naive", product.name), |bencher| {
                bencher.iter(|| black_box(&mut operands).naive());
            });
        }
    }
    group.finish();
}

fn products_f32(criterion: &mut Criterion) {
    products::<f32>(criterion, &[SQUARES, LAYER_PRODUCTS.as_flattened()].concat());
}

fn squares_f64(criterion: &mut Criterion) {
    products::<f64>(criterion, SQUARES);
}

/// Short: there are over a hundred of them. `-- --measurement-time 5` for numbers to quote.
fn brief() -> Criterion {
    let (warm_up, measure) = (Duration::from_millis(100), Duration::from_millis(400));
    Criterion::default().warm_up_time(warm_up).measurement_time(measure).sample_size(20).nresamples(2000)
}

criterion_group!(name = benches; config = brief(); targets = products_f32, squares_f64);
criterion_main!(benches);

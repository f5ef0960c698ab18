//! One dense layer with ReLU in f32, forward and backward, on the threads of rayon's global pool: ours against naive.
//!
//! Both are verified against the naive layer in f64 before they are timed. Throughput is in floating point operations:
//! `Gelem/s` reads as GFLOP/s. Backward has two products, dw and dx, and so twice the operations of forward.

use std::hint::black_box;
use std::time::Duration;

use chainrule_bench_support::shapes::{DENSE, DenseSize};
use chainrule_dense::{Activation, Gradients, LayerShape, Plan};
use chainrule_kernel::{Kernel, MatMut, MatRef, Scalar};
use chainrule_model::random::{Purpose, Stream};
use chainrule_naive::{self as naive, DenseGradients, DenseShape, Float};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

/// A layer's input, parameters and the gradient by its output.
struct Inputs<T> {
    size: DenseSize,
    x: Vec<T>,  // (batch, inputs)
    w: Vec<T>,  // (inputs, outputs)
    b: Vec<T>,  // (outputs)
    da: Vec<T>, // (batch, outputs)
}

/// The results of a layer.
struct Results<T> {
    a: Vec<T>,  // (batch, outputs)
    dz: Vec<T>, // (batch, outputs)
    dw: Vec<T>, // (inputs, outputs)
    db: Vec<T>, // (outputs)
    dx: Vec<T>, // (batch, inputs)
}

impl Inputs<f32> {
    fn new(size: DenseSize) -> Self {
        let DenseSize { batch, inputs, outputs, .. } = size;
        let mut stream = Stream::new(2, Purpose::Synthetic, (batch * inputs * outputs) as u64);
        let mut reals = |n: usize| (0..n).map(|_| stream.uniform(-1.0, 1.0) as f32).collect::<Vec<f32>>();
        let (x, w, b, da) = (reals(batch * inputs), reals(inputs * outputs), reals(outputs), reals(batch * outputs));
        Inputs { size, x, w, b, da }
    }

    fn widen(&self) -> Inputs<f64> {
        let wide = |values: &[f32]| values.iter().map(|&v| f64::from(v)).collect::<Vec<f64>>();
        Inputs { size: self.size, x: wide(&self.x), w: wide(&self.w), b: wide(&self.b), da: wide(&self.da) }
    }
}

impl<T: Scalar + Float> Inputs<T> {
    fn shape(&self) -> DenseShape {
        let DenseSize { batch, inputs, outputs, .. } = self.size;
        DenseShape { batch, inputs, outputs }
    }

    fn naive_forward(&self) -> Vec<T> {
        naive::Activation::Relu.forward(&naive::dense_forward(self.shape(), &self.x, &self.w, &self.b))
    }

    fn naive_backward(&self, a: &[T]) -> Results<T> {
        // ReLU's output is positive where its input is.
        let dz = naive::Activation::Relu.backward(a, &self.da);
        let DenseGradients { dx, dw, db } = naive::dense_backward(self.shape(), &self.x, &self.w, &dz);
        Results { a: a.to_vec(), dz, dw, db, dx }
    }
}

impl Results<f32> {
    fn new(size: DenseSize) -> Self {
        let DenseSize { batch, inputs, outputs, .. } = size;
        let nan = |n: usize| vec![f32::NAN; n];
        Results {
            a: nan(batch * outputs),
            dz: nan(batch * outputs),
            dw: nan(inputs * outputs),
            db: nan(outputs),
            dx: nan(batch * inputs),
        }
    }

    fn forward(&mut self, plan: &mut Plan<f32>, inputs: &Inputs<f32>) {
        let DenseSize { batch, inputs: width, outputs, .. } = inputs.size;
        let a = MatMut::new(&mut self.a, batch, outputs);
        plan.forward(MatRef::new(&inputs.x, batch, width), &inputs.w, &inputs.b, a);
    }

    fn backward(&mut self, plan: &mut Plan<f32>, inputs: &Inputs<f32>) {
        let DenseSize { batch, inputs: width, outputs, .. } = inputs.size;
        self.dz.copy_from_slice(&inputs.da);
        let dx = Some(MatMut::new(&mut self.dx, batch, width));
        let gradients = Gradients { dw: &mut self.dw, db: &mut self.db, dx };
        let (a, dz) = (MatRef::new(&self.a, batch, outputs), MatMut::new(&mut self.dz, batch, outputs));
        plan.backward(MatRef::new(&inputs.x, batch, width), &inputs.w, a, dz, gradients);
    }

    /// Checks that every number is within 1e-4 of the truth, relative to the largest of its kind: sums of up to 784
    /// products.
    fn verify(&self, who: &str, inputs: &Inputs<f32>) {
        let wide = inputs.widen();
        let truth = wide.naive_backward(&wide.naive_forward());
        for (what, got, want) in [
            ("a", &self.a, &truth.a),
            ("dz", &self.dz, &truth.dz),
            ("dw", &self.dw, &truth.dw),
            ("db", &self.db, &truth.db),
            ("dx", &self.dx, &truth.dx),
        ] {
            let scale = want.iter().fold(0.0f64, |top, v| top.max(v.abs()));
            for (i, (got, want)) in got.iter().zip(want).enumerate() {
                let off = (f64::from(*got) - want).abs();
                assert!(off <= 1e-4 * scale, "{who} {}: {what}[{i}] is {got}, not {want}", inputs.size.name);
            }
        }
    }
}

/// A layer that has been run and verified.
struct Verified {
    inputs: Inputs<f32>,
    plan: Plan<f32>,
    results: Results<f32>,
}

impl Verified {
    fn new(kernel: &'static Kernel<f32>, size: DenseSize) -> Self {
        let inputs = Inputs::new(size);
        let shape = LayerShape { inputs: size.inputs, outputs: size.outputs, activation: Activation::Relu };
        let (mut plan, mut results) = (Plan::new(kernel, shape, size.batch), Results::new(size));
        results.forward(&mut plan, &inputs);
        results.backward(&mut plan, &inputs);
        results.verify(kernel.name(), &inputs);
        inputs.naive_backward(&inputs.naive_forward()).verify("naive", &inputs);
        Verified { inputs, plan, results }
    }
}

fn layers(criterion: &mut Criterion) {
    let kernel = Kernel::<f32>::selected().expect("CHAINRULE_KERNEL names a kernel");
    let mut cases: Vec<_> = DENSE.iter().map(|&size| Verified::new(kernel, size)).collect();

    let mut group = criterion.benchmark_group("layer_forward");
    for Verified { inputs, plan, results } in &mut cases {
        let size = inputs.size;
        group.throughput(Throughput::Elements(size.flops()));
        group.bench_function(BenchmarkId::new(kernel.name(), size.name), |bencher| {
            bencher.iter(|| results.forward(plan, black_box(inputs)));
        });
        if size.naive_is_quick() {
            group.bench_function(BenchmarkId::new("naive", size.name), |bencher| {
                bencher.iter(|| black_box(&*inputs).naive_forward());
            });
        }
    }
    group.finish();

    let mut group = criterion.benchmark_group("layer_backward");
    for Verified { inputs, plan, results } in &mut cases {
        let size = inputs.size;
        group.throughput(Throughput::Elements(2 * size.flops()));
        group.bench_function(BenchmarkId::new(kernel.name(), size.name), |bencher| {
            bencher.iter(|| results.backward(plan, black_box(inputs)));
        });
        if size.naive_is_quick() {
            group.bench_function(BenchmarkId::new("naive", size.name), |bencher| {
                bencher.iter(|| black_box(&*inputs).naive_backward(&results.a));
            });
        }
    }
    group.finish();
}

fn brief() -> Criterion {
    let (warm_up, measure) = (Duration::from_millis(200), Duration::from_millis(800));
    Criterion::default().warm_up_time(warm_up).measurement_time(measure).sample_size(20).nresamples(2000)
}

criterion_group!(name = benches; config = brief(); targets = layers);
criterion_main!(benches);

//! The serial cases whose instructions `scripts/bench-gate` counts and whose times `scripts/bench-compare` compares.
//!
//! ```text
//! gate_cases list           the cases, one a line
//! gate_cases count CASE     does the work once unobserved, then once inside `counted`
//! gate_cases time CASE      prints the nanoseconds of one run of the work, the least of many
//! ```
//!
//! Cases are listed in `CASES`; a renamed case loses its history. It computes with the kernel that
//! `CHAINRULE_KERNEL` names, allocates nothing while it is observed, and copies little, so that the C library has next
//! to no part in the count. Nothing is verified here: the tests do that, and `cargo bench` does before it times.

#![forbid(unsafe_code)]

use std::hint::black_box;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use chainrule::data::{Batches, Order, TargetsMut, digits};
use chainrule_bench_support::shapes::{Product, Stored};
use chainrule_kernel::{Epilogue, Kernel, MatMut, MatRef, Scalar, Scratch};
use chainrule_model::random::{Purpose, Stream};
use chainrule_model::{Loss, Mlp, Optimizer, TargetsRef, Workspace};

/// The work of a case, its numbers made beforehand.
type Work = Box<dyn FnMut()>;
type Case = (&'static str, fn() -> Work);

const CASES: &[Case] = &[
    ("matmul f32 64x64x64", || product::<f32>([64, 64, 64], "nn")),
    ("matmul f32 256x256x256", || product::<f32>([256, 256, 256], "nn")),
    ("matmul f64 64x64x64", || product::<f64>([64, 64, 64], "nn")),
    ("matmul f64 256x256x256", || product::<f64>([256, 256, 256], "nn")),
    ("matmul f32 nt 128x128x128", || product::<f32>([128, 128, 128], "nt")),
    ("matmul f32 tn 128x128x128", || product::<f32>([128, 128, 128], "tn")),
    ("matmul f32 odd 45x97x255", || product::<f32>([45, 97, 255], "nn")),
    ("matmul f32 row 1x128x784", || product::<f32>([1, 128, 784], "nn")),
    ("784-128 b64 z", || product::<f32>([64, 128, 784], "nn")),
    ("784-128 b64 dw", || product::<f32>([784, 128, 64], "tn")),
    ("784-128 b64 dx", || product::<f32>([64, 784, 128], "nt")),
    ("16-10 b8 dx", || product::<f32>([8, 16, 10], "nt")),
    ("512-10 b128 z", || product::<f32>([128, 10, 512], "nn")),
    ("exp f32 4096", || function(Kernel::<f32>::exp)),
    ("tanh f32 4096", || function(Kernel::<f32>::tanh)),
    ("sigmoid f32 4096", || function(Kernel::<f32>::sigmoid)),
    ("tanh f64 4096", || function(Kernel::<f64>::tanh)),
    ("cross-entropy 64x10", cross_entropy),
    ("step 64-32-10 b32", || step(&[64, 32, 10], 32)),
    ("step 784-16-16-10 b32", || step(&[784, 16, 16, 10], 32)),
    ("step 784-128-10 b64", || step(&[784, 128, 10], 64)),
    ("step 6-64-8-4 b1", || step(&[6, 64, 8, 4], 1)),
    ("predict 784-128-10 b1", || predict(&[784, 128, 10])),
    ("gather 32 of digits", gather),
    ("shuffle 1024 rows", shuffle),
];

/// C (m, n) = A (m, k) * B (k, n) for `[m, n, k]`; the letters say which of A and B is transposed.
fn product<T: Scalar>([m, n, k]: [usize; 3], stored: &'static str) -> Work {
    let as_stored = |letter: usize| if stored.as_bytes()[letter] == b't' { Stored::Columns } else { Stored::Rows };
    let product = Product { name: stored, m, n, k, a: as_stored(0), b: as_stored(1) };
    let kernel = Kernel::<T>::selected().expect("a kernel of this CPU");
    let (a, b) = (reals::<T>(m * k), reals::<T>(k * n));
    let mut c = vec![T::ZERO; m * n];
    let mut scratch = Scratch::for_shape(m, n, k);
    Box::new(move || {
        let view = |data, stored, rows, cols| match stored {
            Stored::Rows => MatRef::new(data, rows, cols),
            Stored::Columns => MatRef::new(data, cols, rows).t(),
        };
        let (a, b) = (view(&a, product.a, m, k), view(&b, product.b, k, n));
        kernel.gemm(a, b, Epilogue::Store, MatMut::new(&mut c, m, n), &mut scratch);
        black_box(&mut c);
    })
}

/// Of 4096 numbers, made anew first: applied to its own results, a function would leave the range in which it is used.
fn function<T: Scalar>(apply: fn(&Kernel<T>, &mut [T])) -> Work {
    let kernel = Kernel::<T>::selected().expect("a kernel of this CPU");
    let x = reals::<T>(4096);
    let mut y = x.clone();
    Box::new(move || {
        // Not a plain copy, which would be the C library's and, in a fast function's count, a large part.
        y.iter_mut().zip(&x).for_each(|(y, &x)| *y = x + x);
        apply(kernel, black_box(&mut y));
    })
}

fn cross_entropy() -> Work {
    let (batch, classes) = (64, 10);
    let kernel = Kernel::<f32>::selected().expect("a kernel of this CPU");
    let (logits, labels) = (reals::<f32>(batch * classes), labels(batch, classes));
    let mut dz = vec![0.0; batch * classes];
    Box::new(move || {
        let z = MatRef::new(&logits, batch, classes);
        let loss = Loss::CrossEntropy.backward(kernel, z, TargetsRef::Classes(&labels), &mut dz);
        black_box((loss.expect("the labels are classes"), &mut dz));
    })
}

/// Forward, cross-entropy, backward and update. The rate is so small that many steps change neither what is computed
/// nor how long it takes.
fn step(widths: &'static [usize], batch: usize) -> Work {
    let mut mlp = mlp(widths);
    let mut workspace = Workspace::new(&mlp, batch);
    let (x, labels) = (reals::<f32>(batch * mlp.inputs()), labels(batch, mlp.outputs()));
    Box::new(move || {
        let x = MatRef::new(&x, batch, mlp.inputs());
        let (targets, sgd) = (TargetsRef::Classes(&labels), Optimizer::Sgd { lr: 1e-6 });
        black_box(mlp.step(x, targets, Loss::CrossEntropy, sgd, &mut workspace).expect("all of it fits"));
    })
}

fn predict(widths: &'static [usize]) -> Work {
    let mlp = mlp(widths);
    let mut workspace = Workspace::new(&mlp, 1);
    let (x, mut y) = (reals::<f32>(mlp.inputs()), vec![0.0; mlp.outputs()]);
    Box::new(move || {
        let x = MatRef::new(&x, 1, mlp.inputs());
        mlp.predict_into(x, black_box(&mut y), &mut workspace).expect("one row fits");
    })
}

fn gather() -> Work {
    let data = digits::<f32>();
    let rows: Vec<usize> = (0..32).map(|i| i * 37 % data.rows()).collect();
    let (mut x, mut labels) = (vec![0.0; 32 * data.cols()], vec![0; 32]);
    Box::new(move || {
        data.gather(black_box(&rows), &mut x, TargetsMut::Classes(&mut labels));
        black_box((&mut x, &mut labels));
    })
}

fn shuffle() -> Work {
    let mut batches = Batches::new(1024, 32, Order::Shuffled { seed: 1 }).expect("there are rows");
    Box::new(move || {
        black_box(batches.epoch(black_box(1)).count());
    })
}

fn mlp(widths: &[usize]) -> Mlp<f32> {
    let hidden = &widths[1..widths.len() - 1];
    let builder = hidden.iter().fold(Mlp::builder(widths[0]).seed(1), |builder, &width| builder.dense(width).relu());
    builder.dense(widths[widths.len() - 1]).build().expect("a network")
}

fn reals<T: Scalar>(count: usize) -> Vec<T> {
    let mut stream = Stream::new(1, Purpose::Synthetic, count as u64);
    (0..count).map(|_| T::from_f64(stream.uniform(-1.0, 1.0))).collect()
}

fn labels(count: usize, classes: usize) -> Vec<u32> {
    (0..count).map(|i| (i * 7 % classes) as u32).collect()
}

/// What callgrind counts: it collects from the entry of the function of this name to its end.
#[inline(never)]
fn counted(work: &mut dyn FnMut()) {
    work();
}

/// The least time of one run. A sample has enough runs for the cost of the clock to be negligible.
fn least_nanoseconds(work: &mut dyn FnMut()) -> f64 {
    let (sample, budget) = (Duration::from_micros(200), Duration::from_millis(20));
    let time = |work: &mut dyn FnMut(), runs: u32| {
        let start = Instant::now();
        (0..runs).for_each(|_| counted(work));
        start.elapsed()
    };
    let mut runs = 1;
    while time(work, runs) < sample {
        runs *= 2;
    }
    let mut least = Duration::MAX;
    let (start, mut samples) = (Instant::now(), 0);
    while samples < 5 || start.elapsed() < budget {
        least = least.min(time(work, runs));
        samples += 1;
    }
    least.as_nanos() as f64 / f64::from(runs)
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let find = |name: &str| CASES.iter().find(|(known, _)| *known == name);
    match *words {
        ["list"] => CASES.iter().for_each(|(name, _)| println!("{name}")),
        ["count", name] if find(name).is_some() => {
            let mut work = find(name).expect("just found").1();
            // The first run detects the CPU, starts rayon's pool and fills what is filled lazily.
            work();
            counted(&mut *work);
        }
        ["time", name] if find(name).is_some() => {
            let mut work = find(name).expect("just found").1();
            println!("{}", least_nanoseconds(&mut *work));
        }
        _ => {
            eprintln!("usage: gate_cases list | count CASE | time CASE, with a CASE of the list; got {words:?}");
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}

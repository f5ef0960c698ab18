//! Whole steps of training in f32, gathering included, and predictions, on the threads of rayon's global pool: ours,
//! a network written plainly on matrixmultiply (one thread), and naive loops; with the feature `rivals` also that network on
//! the gemm crate, and loops compiled for the CPU's vectors. A single row also with our weights of bf16, f16 and int8.
//!
//! Verified first: from the same parameters, steps of each lead to the same losses and parameters. Throughput is in
//! floating point operations of the products: `Gelem/s` reads as GFLOP/s.

#[cfg(feature = "rivals")]
#[path = "../rivals/gemm.rs"]
mod gemm;
#[path = "../rivals/matrixmultiply.rs"]
mod matrixmultiply;

use std::time::Duration;

use chainrule_bench_support::steps::candidate::{verify_predictions, verify_steps};
use chainrule_bench_support::steps::data::Rows;
use chainrule_bench_support::steps::jobs::{PREDICTIONS, STEPS, network};
#[cfg(feature = "rivals")]
use chainrule_bench_support::steps::loops;
use chainrule_bench_support::steps::{naive, ours, plain};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

/// Rows to choose minibatches from: 25 MB of images, more than a second-level cache holds.
const ROWS: usize = 8192;

fn steps(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("step");
    for job in STEPS {
        let rows = Rows::random(ROWS, job.widths[0], job.widths[job.widths.len() - 1]);
        let plain = plain::stepper("matrixmultiply", matrixmultiply::multiply, job, &rows, 1);
        let mut candidates = vec![ours::stepper(job, &rows), plain];
        #[cfg(feature = "rivals")]
        candidates.push(plain::stepper("gemm", gemm::multiply, job, &rows, rayon::current_num_threads()));
        if job.suits_loops() {
            #[cfg(feature = "rivals")]
            candidates.push(loops::stepper(job, &rows));
            candidates.push(naive::stepper(job, &rows));
        }
        verify_steps(&mut candidates, &rows, job.batch).unwrap_or_else(|wrong| panic!("{}: {wrong}", job.name));
        group.throughput(Throughput::Elements(job.flops()));
        for candidate in &mut candidates {
            let mut minibatches = rows.order.chunks_exact(job.batch).cycle().peekable();
            group.bench_function(BenchmarkId::new(&candidate.name, job.name), |bencher| {
                bencher.iter(|| {
                    let rows = minibatches.next().expect("a cycle has no end");
                    candidate.work.step(rows, minibatches.peek().expect("a cycle has no end"))
                });
            });
        }
    }
    group.finish();
}

fn predictions(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("predict");
    for job in PREDICTIONS {
        let (inputs, outputs) = (job.widths[0], job.widths[job.widths.len() - 1]);
        let rows = Rows::random(job.rows, inputs, outputs);
        let mlp = network(job.widths);
        let plain = plain::predictor("matrixmultiply", matrixmultiply::multiply, job, 1);
        let mut candidates = vec![ours::predictor(job, &mlp), plain];
        #[cfg(feature = "rivals")]
        candidates.push(plain::predictor("gemm", gemm::multiply, job, rayon::current_num_threads()));
        #[cfg(feature = "rivals")]
        if job.suits_loops() {
            candidates.push(loops::predictor(job));
        }
        let wrong = verify_predictions(&mut candidates, &rows.x, job.rows * outputs).err();
        assert_eq!(wrong, None, "{}", job.name);
        if job.is_narrow() {
            candidates[0] =
                ours::narrow_predictor(job, &mlp, &rows.x).unwrap_or_else(|wrong| panic!("{}: {wrong}", job.name));
        }
        group.throughput(Throughput::Elements(job.flops()));
        let mut y = vec![0.0; job.rows * outputs];
        for candidate in &mut candidates {
            group.bench_function(BenchmarkId::new(&candidate.name, job.name), |bencher| {
                bencher.iter(|| candidate.work.predict(&rows.x, &mut y));
            });
        }
    }
    group.finish();
}

fn brief() -> Criterion {
    let (warm_up, measure) = (Duration::from_millis(500), Duration::from_secs(2));
    Criterion::default().warm_up_time(warm_up).measurement_time(measure).sample_size(20).nresamples(2000)
}

criterion_group!(name = benches; config = brief(); targets = steps, predictions);
criterion_main!(benches);

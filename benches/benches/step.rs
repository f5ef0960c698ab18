//! One whole step of training in f32, forward, loss, backward and update, on the threads of rayon's global pool: ours
//! against naive.
//!
//! Verified first: from the same parameters, a step of each leads to the same loss and parameters. Throughput is in
//! floating point operations of the products: `Gelem/s` reads as GFLOP/s.

use std::hint::black_box;
use std::time::Duration;

use chainrule_bench::shapes::{NETWORKS, NetworkSize};
use chainrule_bench::{Case, Goal, Recipe, Twin};
use chainrule_model::{Activation, Loss, MatRef, Optimizer, Targets, Workspace};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

/// Small: thousands of steps on one minibatch are to change neither what is computed nor how long it takes.
const LR: f64 = 1e-3;

fn case(size: NetworkSize) -> Case<f32> {
    let mut activations = vec![Activation::Relu; size.widths.len() - 1];
    activations[size.widths.len() - 2] = Activation::Identity;
    let (batch, widths, loss) = (size.batch, size.widths.to_vec(), Loss::CrossEntropy);
    Recipe { batch, widths, activations, softmax: false, loss, classes: true, kernel: 0, seed: 3 }.case()
}

fn step(case: &mut Case<f32>, workspace: &mut Workspace<f32>) -> f64 {
    // The case's own accessors would borrow the network that is being changed.
    let x = MatRef::new(&case.x, case.batch, case.mlp.inputs());
    let Goal::Classes(labels) = &case.goal else { panic!("labels are timed") };
    let targets = Targets::Classes(labels);
    case.mlp.step(x, targets, case.loss, Optimizer::Sgd { lr: LR }, workspace).expect("the case fits its network")
}

/// One step of ours and one of the twin in f64, from the same numbers.
fn verify(size: NetworkSize) {
    let mut ours = case(size);
    let mut twin = Twin::from(&ours.widen());
    let before = twin.params();
    let mut workspace = Workspace::new(&ours.mlp, size.batch);
    let (loss, truth) = (step(&mut ours, &mut workspace), twin.step(LR));
    assert!((loss - truth).abs() <= 1e-5 * truth, "{}: the loss is {loss}, not {truth}", size.name);
    let after = twin.params();
    assert!(after != before, "{}: the step leads nowhere", size.name);
    for (i, (got, want)) in ours.mlp.params().iter().zip(&after).enumerate() {
        assert!((f64::from(*got) - want).abs() <= 1e-6, "{}: parameter {i} is {got}, not {want}", size.name);
    }
}

fn steps(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("step");
    for &size in NETWORKS {
        verify(size);
        group.throughput(Throughput::Elements(size.flops()));
        let mut ours = case(size);
        let mut workspace = Workspace::new(&ours.mlp, size.batch);
        group.bench_function(BenchmarkId::new(ours.mlp.kernel_name(), size.name), |bencher| {
            bencher.iter(|| step(black_box(&mut ours), &mut workspace));
        });
        if size.naive_is_quick() {
            let mut naive = Twin::from(&case(size));
            group.bench_function(BenchmarkId::new("naive", size.name), |bencher| {
                bencher.iter(|| black_box(&mut naive).step(LR));
            });
        }
    }
    group.finish();
}

fn brief() -> Criterion {
    let (warm_up, measure) = (Duration::from_millis(500), Duration::from_secs(2));
    Criterion::default().warm_up_time(warm_up).measurement_time(measure).sample_size(20).nresamples(2000)
}

criterion_group!(name = benches; config = brief(); targets = steps);
criterion_main!(benches);

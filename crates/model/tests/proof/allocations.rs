//! A training step allocates nothing, counted by an allocator that sees every thread.
//!
//! On one thread, or when called from inside a rayon pool, that is exact. A call from outside the pool hands its forks
//! over through rayon's injector queue, which takes a block of memory for every 63 of them: that is rayon's, and is
//! measured here, not hidden. A caller that must not allocate at all runs the loop inside `pool.install`.
//!
//! The allocator is that of all tests in this program, and counts nothing for the others. Tests that count on a pool's threads run in
//! a process of their own: rayon's queues share one collector of old blocks (crossbeam-epoch), which takes memory on any
//! thread that steals while the pools of other tests end.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use chainrule_model::network::{LOSS_NAMES, Objective, PredictorWorkspace};
use chainrule_model::optim::{Clip, Decay, Group, OPTIMIZER_NAMES, Update};
use chainrule_model::{Activation, Loss, MatRef, Mlp, Optimizer, Precision, Predictor, Scalar, TargetsRef, Workspace};

/// The system's allocator, which counts what the threads that asked for it take.
struct Counting;

static TAKEN: AtomicUsize = AtomicUsize::new(0);
/// Held while counting: the test harness runs tests side by side.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

thread_local! {
    /// Constant and without a destructor, so that reading it takes no memory itself.
    static COUNTED: Cell<bool> = const { Cell::new(false) };
}

fn count() {
    if COUNTED.get() {
        TAKEN.fetch_add(1, Ordering::SeqCst);
    }
}

// SAFETY: every call is passed on to `System` as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller's promise is passed on, here and below.
        unsafe { System.alloc(layout) }
    }
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }
    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: as above.
        unsafe { System.realloc(at, layout, size) }
    }
    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// A network and a minibatch: one module of every kind, and a workspace for every optimiser.
struct Run<T: Scalar> {
    mlp: Mlp<T>,
    optimizers: Vec<(Optimizer, Workspace<T>)>,
    batch: usize,
    x: Vec<T>,      // (batch, inputs)
    output: Vec<T>, // (batch, outputs)
    labels: Vec<u32>,
    weights: Vec<T>, // (batch)
}

impl<T: Scalar> Run<T> {
    fn new(batch: usize, inputs: usize, hidden: usize) -> Self {
        let builder = Mlp::builder(inputs).dense(hidden).relu().dense(hidden).sigmoid().dense(hidden).softmax();
        let builder = builder.dense(hidden).activation(Activation::Gelu).activation(Activation::Silu).log_softmax();
        let builder = builder.dropout(0.3).dense(hidden).batch_norm().tanh().dropout(0.2).dense(hidden).layer_norm();
        let mlp = builder.dense(hidden).tanh().tanh().dense(10).leaky_relu(0.1).seed(1).build_as().unwrap();
        let by_name = OPTIMIZER_NAMES.iter().map(|name| Optimizer::by_name(name).unwrap().with("lr", 1e-3).unwrap());
        let momentum = Optimizer::Momentum { lr: 1e-3, momentum: 0.9, nesterov: true, weight_decay: 1e-3 };
        let optimizers = by_name.chain([momentum]);
        Run {
            optimizers: optimizers.map(|it| (it, Workspace::for_training(&mlp, batch, it).unwrap())).collect(),
            mlp,
            batch,
            x: (0..batch * inputs).map(|i| T::from_f64((i % 17) as f64 / 17.0)).collect(),
            output: vec![T::ZERO; batch * 10],
            labels: (0..batch as u32).map(|row| row % 10).collect(),
            weights: (0..batch).map(|row| T::from_f64((row % 3) as f64)).collect(),
        }
    }

    /// Everything that a training loop calls, with a partial minibatch at the end.
    fn epoch(&mut self) {
        let Run { mlp, optimizers, batch, x, output, labels, weights } = self;
        let inputs = mlp.inputs();
        for rows in [*batch, *batch / 2 + 1] {
            let (x, targets) = (MatRef::new(&x[..rows * inputs], rows, inputs), TargetsRef::Classes(&labels[..rows]));
            let clips = [None, Some(Clip::Norm(0.1)), Some(Clip::Value(1e-3))];
            let decay = Group::Weights.decays(Decay { l1: 1e-4, l2: 1e-4, decoupled: 1e-4 });
            for ((optimizer, workspace), clip) in optimizers.iter_mut().zip(clips.into_iter().cycle()) {
                let update = Update { clip, decay, ..(*optimizer).into() };
                mlp.step(x, targets, Loss::CrossEntropy, update, workspace).unwrap();
            }
            let (optimizer, workspace) = &mut optimizers[0];
            let weighted = |loss: Loss, outputs| Objective { rows: Some(&weights[..rows]), outputs, ..loss.into() };
            let per_output = Some(&weights[..10]);
            let losses = LOSS_NAMES.iter().map(|name| Objective::from(name.parse::<Loss>().unwrap_or_default()));
            let smoothed = Objective { smoothing: 0.1, ..weighted(Loss::CrossEntropy, per_output) };
            for loss in losses.chain([smoothed, weighted(Loss::BinaryCrossEntropy, per_output)]) {
                mlp.forward(x, workspace).unwrap();
                mlp.backward(x, targets, loss, workspace).unwrap();
                mlp.forward_training(x, workspace).unwrap();
                mlp.backward(x, targets, loss, workspace).unwrap();
                mlp.commit_pass(workspace).unwrap();
                mlp.step(x, targets, loss, *optimizer, workspace).unwrap();
            }
            let own = |_: MatRef<'_, T>, dy: &mut [T]| {
                dy[0] = T::ONE;
                1.0
            };
            mlp.step_with(x, own, *optimizer, workspace).unwrap();
        }
        mlp.predict_into(MatRef::new(x, *batch, inputs), output, &mut optimizers[0].1).unwrap();
    }

    /// One row, some rows and more than fit at once.
    fn predict(&mut self, predictor: &Predictor<T>, workspace: &mut PredictorWorkspace<T>) {
        let Run { batch, x, output, .. } = self;
        for rows in [1, *batch / 2, *batch] {
            let inputs = predictor.mlp().inputs();
            let x = MatRef::new(&x[..rows * inputs], rows, inputs);
            predictor.predict_into(x, &mut output[..rows * 10], workspace).unwrap();
        }
    }
}

/// How often memory is taken by this thread, and by those that count, while `work` runs.
fn allocations(work: impl FnOnce()) -> usize {
    TAKEN.store(0, Ordering::SeqCst);
    COUNTED.set(true);
    work();
    COUNTED.set(false);
    TAKEN.load(Ordering::SeqCst)
}

#[test]
fn a_prediction_allocates_nothing() {
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(|broken| broken.into_inner());
    let mut run = Run::<f32>::new(50, 100, 300);
    let mlp = run.mlp.clone();
    for precision in [Precision::F32, Precision::Bf16, Precision::F16, Precision::Int8] {
        let predictor = Predictor::with_precision(&mlp, precision).unwrap();
        let mut workspace = predictor.workspace(20);
        assert_eq!(allocations(|| run.predict(&predictor, &mut workspace)), 0, "{precision}");
    }
}

#[test]
fn the_counter_counts() {
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(|broken| broken.into_inner());
    assert_eq!(allocations(|| drop(std::hint::black_box(vec![1u8; 100]))), 1);
    assert_eq!(allocations(|| ()), 0);
}

fn one_thread<T: Scalar>() {
    // Too little work for a second thread.
    let mut run = Run::<T>::new(33, 70, 50);
    run.epoch();
    assert_eq!(allocations(|| (0..6).for_each(|_| run.epoch())), 0, "{}", T::NAME);
}

#[test]
fn on_one_thread_nothing_is_allocated_after_the_first_epoch() {
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(|broken| broken.into_inner());
    one_thread::<f32>();
    one_thread::<f64>();
}

/// Runs `work` with a pool of two threads whose allocations count.
fn with_two_threads(work: impl FnOnce(&rayon::ThreadPool)) {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
    pool.broadcast(|_| COUNTED.set(true));
    work(&pool);
    // The threads end some time after the pool does; what that allocates belongs to no step.
    pool.broadcast(|_| COUNTED.set(false));
}

/// Each product is 64 * 300 * 256 = 4.9 M multiply-adds: two threads' worth, see `MACS_PER_THREAD` in the dense crate.
fn large<T: Scalar>() -> Run<T> {
    Run::new(64, 300, 256)
}

fn inside_a_pool<T: Scalar>() {
    let mut taken = usize::MAX;
    with_two_threads(|pool| {
        pool.install(|| {
            let mut run = large::<T>();
            assert_eq!(rayon::current_num_threads(), 2);
            (0..2).for_each(|_| run.epoch());
            TAKEN.store(0, Ordering::SeqCst);
            (0..4).for_each(|_| run.epoch());
            taken = TAKEN.load(Ordering::SeqCst);
        });
    });
    assert_eq!(taken, 0, "{}", T::NAME);
}

/// Says to a process that it is the one that runs one of these tests and no other.
const ALONE: &str = "CHAINRULE_ALLOCATIONS_ALONE";

/// Runs `work`, which the test of this name in this file does, in a process of its own.
fn in_its_own_process(name: &str, work: impl FnOnce()) {
    if std::env::var_os(ALONE).is_some() {
        return work();
    }
    let module = module_path!().split_once("::").expect("the name of the program, then that of the file").1;
    let mut own = Command::new(std::env::current_exe().unwrap());
    let run = own.args(["--exact", &format!("{module}::{name}"), "--nocapture"]).env(ALONE, "1").output().unwrap();
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success() && said.contains("1 passed"), "{said}{}", String::from_utf8_lossy(&run.stderr));
    println!("{said}");
}

#[test]
fn on_two_threads_nothing_is_allocated_when_called_from_inside_the_pool() {
    in_its_own_process("on_two_threads_nothing_is_allocated_when_called_from_inside_the_pool", || {
        inside_a_pool::<f32>();
        inside_a_pool::<f64>();
    });
}

#[test]
fn from_outside_the_pool_only_rayons_queue_takes_memory() {
    in_its_own_process("from_outside_the_pool_only_rayons_queue_takes_memory", from_outside);
}

fn from_outside() {
    with_two_threads(|pool| {
        let entries = 1000;
        let taken = allocations(|| (0..entries).for_each(|_| pool.install(|| ())));
        println!("{entries} entries into the pool from outside took memory {taken} times");
        // One block of the queue for every 63 entries, and one more.
        assert!(taken <= entries / 63 + 1, "{taken} allocations in {entries} entries");

        let mut run = pool.install(large::<f32>);
        (0..2).for_each(|_| pool.install(|| run.epoch()));
        let epochs = 4;
        let taken = allocations(|| (0..epochs).for_each(|_| pool.install(|| run.epoch())));
        println!("{epochs} epochs, each entered from outside, took memory {taken} times");
        assert!(taken <= 1, "{taken} allocations in {epochs} epochs");
    });
}

//! A process forked after threads were started gets an error, where it would wait forever; with a trainer of its own it
//! trains, and a step of a network or a prediction of a few rows it computes alone.

use chainrule::bare::evaluate;
use chainrule::data::digits;
use chainrule::{EpochReport, Error, Loss, MatRef, Mlp, Model, Optimizer, TargetsRef, TrainConfig, Trainer, Workspace};
use std::ops::ControlFlow;
use std::process::Command;

fn fit(trainer: &Trainer) -> Result<String, Error> {
    let data = digits::<f32>();
    let mut mlp = Mlp::builder(64).dense(32).relu().dense(10).seed(1).build()?;
    let report = trainer.fit_network(&mut mlp, &data, None, |_: &EpochReport| ControlFlow::Continue(()))?;
    Ok(report.epochs[0].weights_sha256.clone())
}

/// Two steps of a network whose products are several threads' worth, without any trainer, and what it has learned.
fn steps() -> Vec<f32> {
    const ROWS: usize = 64;
    let (x, labels): (Vec<f32>, Vec<u32>) =
        ((0..ROWS * 512).map(|i| (i % 17) as f32 / 17.0).collect(), (0..ROWS as u32).map(|i| i % 10).collect());
    let (x, targets) = (MatRef::new(&x, ROWS, 512), TargetsRef::Classes(&labels));
    let mut mlp = Mlp::builder(512).dense(512).relu().dense(10).seed(1).build().unwrap();
    let adam = Optimizer::by_name("adam").unwrap();
    let mut workspace = Workspace::for_training(&mlp, ROWS, adam).unwrap();
    for _ in 0..2 {
        mlp.step(x, targets, Loss::CrossEntropy, adam, &mut workspace).unwrap();
    }
    mlp.params().to_vec()
}

/// The same on two threads of a pool.
fn steps_in(pool: &rayon::ThreadPool) -> Vec<f32> {
    pool.install(steps)
}

fn is_forked<T>(result: Result<T, Error>) -> bool {
    matches!(result, Err(Error::Forked { .. }))
}

/// Says to a process that it is the one that runs this test and no other.
const ALONE: &str = "CHAINRULE_FORKED_ALONE";

#[test]
fn a_forked_process_gets_an_error_not_a_hang() {
    if std::env::var_os(ALONE).is_some() {
        return a_child_gets_errors_and_answers();
    }
    let name = concat!(module_path!(), "::a_forked_process_gets_an_error_not_a_hang");
    let (_, name) = name.split_once("::").expect("the name of the program, then that of the test");
    let mut alone = Command::new(std::env::current_exe().unwrap());
    let run = alone.args(["--exact", name, "--nocapture"]).env(ALONE, "1").output().unwrap();
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success() && said.contains("1 passed"), "{said}{}", String::from_utf8_lossy(&run.stderr));
}

fn a_child_gets_errors_and_answers() {
    let own = |threads| Trainer::new(TrainConfig { epochs: 1, threads, ..TrainConfig::default() }).unwrap();
    let (with_threads, with_global) = (own(Some(2)), own(None));
    let learned = fit(&with_threads).unwrap();
    assert_eq!(fit(&with_global).unwrap(), learned);

    let stepped = steps();
    let pool = || rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
    assert_eq!(steps_in(&pool()), stepped);

    // SAFETY: nothing else runs in this process but the test harness, which waits; `fork` leaves the allocator usable.
    let child = unsafe { libc::fork() };
    if child == 0 {
        // SAFETY: in the child; a hang becomes a failure.
        unsafe { libc::alarm(300) };
        let data = digits::<f32>();
        let mlp = Mlp::builder(64).dense(10).seed(1).build().unwrap();
        let refused = [
            is_forked(fit(&with_threads)),
            is_forked(fit(&with_global)),
            is_forked(evaluate(&mlp, &data, Loss::CrossEntropy)),
        ];
        let trained = fit(&own(Some(2))).is_ok_and(|hash| hash == learned);
        let alone = steps() == stepped && steps_in(&pool()) == stepped;
        let model = Model::new(mlp, Loss::CrossEntropy);
        let predicted = model.predict(&data.features().select(&[0, 1, 2]).unwrap()).is_ok();
        let code = if refused == [true; 3] && trained && alone && predicted { 0 } else { 1 };
        // SAFETY: ends the child without running what belongs to the parent.
        unsafe { libc::_exit(code) };
    }
    let mut status = 0;
    // SAFETY: `status` lives, `child` is our child.
    let waited = unsafe { libc::waitpid(child, &mut status, 0) };
    assert_eq!((waited, status), (child, 0), "the child's status");
}

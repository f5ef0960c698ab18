//! Resident memory over a long run; a process of its own, so that nobody else's memory is counted.

use std::ops::ControlFlow;
use std::process::Command;

use chainrule::data::{Preprocess, digits};
use chainrule::{EpochReport, Mlp, Optimizer, TrainConfig, Trainer};

/// Of this process, in KiB.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("Linux says VmRSS");
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Says to a process that it is the one that runs this test and no other.
const ALONE: &str = "CHAINRULE_MEMORY_ALONE";

#[test]
fn it_does_not_grow_over_a_hundred_thousand_steps() {
    if std::env::var_os(ALONE).is_some() {
        return a_hundred_thousand_steps();
    }
    let name = concat!(module_path!(), "::it_does_not_grow_over_a_hundred_thousand_steps");
    let (_, name) = name.split_once("::").expect("the name of the program, then that of the test");
    let mut alone = Command::new(std::env::current_exe().unwrap());
    let run = alone.args(["--exact", name, "--nocapture"]).env(ALONE, "1").output().unwrap();
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success() && said.contains("1 passed"), "{said}{}", String::from_utf8_lossy(&run.stderr));
}

fn a_hundred_thousand_steps() {
    let mut data = digits::<f32>();
    data.preprocess(&Preprocess::Scale { factor: 1.0 / 16.0 }).unwrap();
    let mut mlp = Mlp::builder(64).dense(16).relu().dense(10).seed(1).build().unwrap();
    let optimizer = Optimizer::by_name("adam").unwrap();
    let (batch, threads) = (64, Some(2));
    let epochs = 100_000 / data.rows().div_ceil(batch) + 1;
    let mut seen = Vec::with_capacity(epochs);
    let observer = |_: &EpochReport| {
        seen.push(resident());
        ControlFlow::Continue(())
    };
    let config = TrainConfig { epochs, batch, threads, optimizer, ..TrainConfig::default() };
    let report = Trainer::new(config).unwrap().fit_network(&mut mlp, &data, None, observer).unwrap();
    assert!(report.steps >= 100_000);
    assert_eq!((report.epochs_run, report.epochs.len()), (epochs, 1000));
    // The report keeps a thousand epochs, of some 3,450.
    let (early, late) = (seen[1000], seen[epochs - 1]);
    assert!(late <= early + 1024, "{early} KiB after 1,000 epochs, {late} KiB at the end");
}

//! Ours in `scripts/compare`: a process that trains an epoch, or predicts for a few hundredths of a second, whenever a
//! line comes in, and returns a line of JSON. It uses only the crate that applications link; the
//! protocol and the fields of a job are those of `benches/compare/worker.py`.

use std::io::stdin;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::Instant;

use chainrule::data::{Order, Preprocess, mnist_dir};
use chainrule::{EpochReport, MatRef, Mlp, Optimizer, Predictor, TrainConfig, Trainer, Workspace};
use serde::Deserialize;
use serde_json::json;

/// Seconds of predictions for one line of output.
const SECONDS: f64 = 0.03;
/// Rows that a prediction goes through at a time.
const AT_ONCE: usize = 256;

type Error = Box<dyn std::error::Error + Send + Sync>;

#[derive(Deserialize)]
struct Job {
    widths: Vec<usize>,
    threads: usize,
    #[serde(flatten)]
    work: Work,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Work {
    Predict { predict: usize },
    Train { mnist: PathBuf, batch: usize, optimizer: String, lr: f64, rows: usize, seed: u64 },
}

fn main() -> Result<(), Error> {
    let argument = std::env::args().nth(1).ok_or("the job is missing: see benches/compare/worker.py")?;
    let Job { widths, threads, work } = serde_json::from_str(&argument)?;
    match work {
        Work::Predict { predict } => {
            let trainer = Trainer::new(TrainConfig { threads: Some(threads), ..TrainConfig::default() })?;
            let mlp = network(&widths, 0)?;
            trainer.install(|| predicts(&mlp, predict))
        }
        Work::Train { mnist, batch, optimizer, lr, rows, seed } => {
            let (mut train, mut test) = mnist_dir(mnist)?.read::<f32>(Some(10))?;
            let preprocess = Preprocess::Scale { factor: 1.0 / 255.0 };
            train.preprocess(&preprocess)?;
            test.preprocess(&preprocess)?;
            if rows < train.rows() {
                train = train.select(&(0..rows).collect::<Vec<_>>())?;
            }
            let mut mlp = network(&widths, seed)?;
            let optimizer = Optimizer::by_name(&optimizer)?.with("lr", lr)?;
            let (order, threads) = (Order::Shuffled { seed }, Some(threads));
            let epochs = 1000; // more than anybody asks for: the observer ends the run
            let config = TrainConfig { epochs, batch, optimizer, order, threads, ..TrainConfig::default() };
            ready(&mlp);
            if question().is_none() {
                return Ok(());
            }
            let steps = rows.div_ceil(batch);
            // What it does is not in the seconds of an epoch.
            let answers = move |report: &EpochReport| {
                let accuracy = report.validation.as_ref().and_then(|validation| validation.accuracy);
                println!("{}", json!({ "seconds": report.seconds, "steps": steps, "accuracy": accuracy }));
                question().map_or(ControlFlow::Break(()), ControlFlow::Continue)
            };
            Trainer::new(config)?.fit_network(&mut mlp, &train, Some(&test), answers)?;
            Ok(())
        }
    }
}

fn network(widths: &[usize], seed: u64) -> Result<Mlp<f32>, Error> {
    let (&inputs, outputs) = widths.split_first().ok_or("widths are missing")?;
    let (&last, hidden) = outputs.split_last().ok_or("a network has an output")?;
    let builder = Mlp::builder(inputs).seed(seed);
    let builder = hidden.iter().fold(builder, |builder, &width| builder.dense(width).relu());
    Ok(builder.dense(last).build()?)
}

fn ready(mlp: &Mlp<f32>) {
    println!("{}", json!({ "ready": format!("{} {}", env!("CARGO_PKG_VERSION"), mlp.kernel_name()) }));
}

/// Waits for a line.
fn question() -> Option<()> {
    stdin().lines().next()?.ok().map(drop)
}

/// One row at a time with packed weights, more of them on all threads.
fn predicts(mlp: &Mlp<f32>, rows: usize) -> Result<(), Error> {
    let x: Vec<f32> = (0..rows * mlp.inputs()).map(|at| (1 + at * 2_654_435_761 % 255) as f32 / 256.0).collect();
    let x = MatRef::new(&x, rows, mlp.inputs());
    let mut y = vec![0.0; rows * mlp.outputs()];
    if rows == 1 {
        let packed = Predictor::new(mlp);
        let mut workspace = packed.workspace(rows);
        answers(mlp, || Ok(packed.predict_into(x, &mut y, &mut workspace)?))
    } else {
        let mut workspace = Workspace::new(mlp, rows.min(AT_ONCE));
        answers(mlp, || Ok(mlp.predict_into(x, &mut y, &mut workspace)?))
    }
}

fn answers(mlp: &Mlp<f32>, mut predict: impl FnMut() -> Result<(), Error>) -> Result<(), Error> {
    ready(mlp);
    while question().is_some() {
        predict()?; // whoever ran before left other things in the caches
        let (mut calls, start) = (0, Instant::now());
        while calls == 0 || start.elapsed().as_secs_f64() < SECONDS {
            predict()?;
            calls += 1;
        }
        println!("{}", json!({ "seconds": start.elapsed().as_secs_f64(), "steps": calls }));
    }
    Ok(())
}

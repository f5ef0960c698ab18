//! Steps and predictions: every rival without a framework agrees with ours before anybody believes a timing, and ours
//! with the naive network in f64.

#[cfg(feature = "rivals")]
#[path = "../../../rivals/gemm.rs"]
mod gemm;
#[path = "../../../rivals/matrixmultiply.rs"]
mod matrixmultiply;

use chainrule_bench_support::steps::candidate::{verify_predictions, verify_steps};
use chainrule_bench_support::steps::data::Rows;
use chainrule_bench_support::steps::jobs::{LOSS, PREDICTIONS, PredictJob, STEPS, StepJob, network};
#[cfg(feature = "rivals")]
use chainrule_bench_support::steps::loops;
use chainrule_bench_support::steps::{naive, ours, plain};
use chainrule_bench_support::{Case, Goal, Reference};
use chainrule_model::Optimizer;

/// Three minibatches of the largest that are tried.
const ROWS: usize = 3 * BATCH;
const BATCH: usize = 30;

fn rows(widths: &[usize]) -> Rows {
    Rows::random(ROWS, widths[0], widths[widths.len() - 1])
}

#[test]
fn everyone_takes_the_same_steps() {
    for job in STEPS {
        let job = StepJob { batch: job.batch.min(BATCH), ..*job };
        let rows = rows(job.widths);
        let plain = plain::stepper("matrixmultiply", matrixmultiply::multiply, &job, &rows, 1);
        let mut candidates = vec![ours::stepper(&job, &rows), plain];
        #[cfg(feature = "rivals")]
        candidates.extend([1, 2].map(|threads| plain::stepper("gemm", gemm::multiply, &job, &rows, threads)));
        if job.suits_loops() {
            #[cfg(feature = "rivals")]
            candidates.push(loops::stepper(&job, &rows));
            candidates.push(naive::stepper(&job, &rows));
        }
        verify_steps(&mut candidates, &rows, job.batch).unwrap_or_else(|wrong| panic!("{}: {wrong}", job.name));
    }
}

#[test]
fn everyone_answers_the_same() {
    for job in PREDICTIONS {
        let job = PredictJob { rows: job.rows.min(300), ..*job };
        let (inputs, outputs) = (job.widths[0], job.widths[job.widths.len() - 1]);
        let rows = Rows::random(job.rows, inputs, outputs);
        let mlp = network(job.widths);
        let plain = plain::predictor("matrixmultiply", matrixmultiply::multiply, &job, 1);
        let mut candidates = vec![ours::predictor(&job, &mlp), plain];
        #[cfg(feature = "rivals")]
        candidates.push(plain::predictor("gemm", gemm::multiply, &job, 1));
        #[cfg(feature = "rivals")]
        if job.suits_loops() {
            candidates.push(loops::predictor(&job));
        }
        let wrong = verify_predictions(&mut candidates, &rows.x, job.rows * outputs).err();
        assert_eq!(wrong, None, "{}", job.name);
        if job.is_narrow() {
            ours::narrow_predictor(&job, &mlp, &rows.x).unwrap_or_else(|wrong| panic!("{}: {wrong}", job.name));
        }
    }
}

/// The same loss and parameters behind a step, to six digits.
#[test]
fn our_steps_are_those_of_the_naive_network_in_f64() {
    for job in STEPS.iter().filter(|job| job.suits_loops()) {
        let Optimizer::Sgd { lr } = job.optimizer else { continue };
        let rows = rows(job.widths);
        let (batch, inputs) = (job.batch.min(ROWS), job.widths[0]);
        let (mut x, mut labels) = (vec![0.0; batch * inputs], vec![0; batch]);
        rows.gather(&rows.order[..batch], &mut x, &mut labels);
        let case = Case { mlp: network(job.widths), loss: LOSS, batch, x, goal: Goal::Classes(labels) };
        let mut truth = Reference::from(&case.widen());
        let mut ours = ours::stepper(job, &rows);
        let (loss, wanted) = (ours.work.step(&rows.order[..batch], &rows.order[batch..]), truth.step(lr));
        assert!((loss - wanted).abs() <= 1e-5 * wanted, "{}: the loss is {loss}, not {wanted}", job.name);
        for (at, (got, wanted)) in ours.work.params().iter().zip(truth.params()).enumerate() {
            assert!((f64::from(*got) - wanted).abs() <= 1e-6, "{}: parameter {at} is {got}, not {wanted}", job.name);
        }
    }
}

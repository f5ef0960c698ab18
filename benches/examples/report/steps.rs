//! Whole training steps and predictions: `report steps`.

use std::path::{Path, PathBuf};

use chainrule_bench_support::record::{Header, Record, Rival};
use chainrule_bench_support::rounds::Rounds;
use chainrule_bench_support::shapes::Element;
use chainrule_bench_support::steps::candidate::{
    Candidate, F32_WEIGHTS, ONE_THREAD, Predictor, Stepper, verify_predictions, verify_steps,
};
use chainrule_bench_support::steps::data::Rows;
use chainrule_bench_support::steps::jobs::{PREDICTIONS, PredictJob, STEPS, StepJob, network};
use chainrule_bench_support::steps::record::{MeasuredStep, Timed};
use chainrule_bench_support::steps::timing::{measure_predictions, measure_steps};
use chainrule_bench_support::steps::{loops, naive, ours, plain};
use chainrule_kernel::KERNEL_VARIABLE;
use clap::Args;
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::header::{Choices, chosen_kernel, header};
use crate::isa::Isa;
use crate::machine::{cores, version};
use crate::print;
use crate::probe;

#[path = "../../rivals/gemm.rs"]
mod gemm;

/// How far the peak may move from before a job to after it, and ours from ours.
const STEADY: f64 = 0.05;
/// Attempts at a job on a machine that will not be steady.
const ATTEMPTS: usize = 3;

#[derive(Debug, Args)]
pub(crate) struct Steps {
    /// Jobs whose name contains this: `adam`, `784-128`, `predict`
    #[arg(long)]
    filter: Option<String>,
    /// Seconds of timing for each job, all candidates together
    #[arg(long, default_value_t = 4.0)]
    seconds: f64,
    /// A fifth of that
    #[arg(long)]
    quick: bool,
    /// Threads for every candidate
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// Additional rivals that this build must have, separated by commas: burn, candle, tract
    #[arg(long, value_delimiter = ',')]
    with: Vec<String>,
    /// Write the record to this file, FAMILY in its name being the processor's; without it, no record is written
    #[arg(long)]
    out: Option<PathBuf>,
}

/// Rivals beyond the usual ones.
pub(crate) struct More {
    pub(crate) rivals: Vec<Rival>,
    pub(crate) steppers: for<'a> fn(&StepJob, &'a Rows, usize) -> Vec<Candidate<dyn Stepper + 'a>>,
    pub(crate) predictors: fn(&PredictJob, usize) -> Vec<Candidate<dyn Predictor>>,
}

impl Steps {
    pub(crate) fn run(&self, more: &More) -> Result<(), String> {
        let named = |name: &str| self.filter.as_ref().is_none_or(|part| name.contains(part.as_str()));
        if !STEPS.iter().any(|job| named(job.name)) && !PREDICTIONS.iter().any(|job| named(job.name)) {
            return Err("no job has such a name".to_owned());
        }
        if self.threads == 0 || self.threads > cores() {
            return Err(format!("{} threads on {} processors", self.threads, cores()));
        }
        if let Some(rival) = self.with.iter().find(|&rival| !more.rivals.iter().any(|more| more.name == *rival)) {
            return Err(format!("built without {rival}; scripts/bench --steps --with builds what it asks for"));
        }
        let mnist = std::env::var_os("CHAINRULE_MNIST").map(|folder| Rows::mnist(Path::new(&folder))).transpose()?;
        let mut record = Record { header: self.header(more)?, cases: Vec::new(), steps: Vec::new() };
        print::beginning(&record.header);
        println!("{:30} {:>10} {:>6}  ratio to each rival, above 1 where we are faster", "", "us", "peak");
        let pool = pool(self.threads)?;
        for job in STEPS.iter().filter(|job| named(job.name)) {
            let step = pool.install(|| self.step(job, &Rows::for_network(mnist.as_ref(), job.widths), more))?;
            print::step(&step);
            record.steps.push(step);
        }
        // One row is predicted on one thread, whatever its weights are.
        let has_news = |job: &&PredictJob| self.threads == 1 || !job.is_narrow();
        for job in PREDICTIONS.iter().filter(|job| named(job.name)).filter(has_news) {
            let step = pool.install(|| self.prediction(job, &Rows::for_network(mnist.as_ref(), job.widths), more))?;
            print::step(&step);
            record.steps.push(step);
        }
        print::figures(&record);
        self.out.as_ref().map_or(Ok(()), |path: &PathBuf| print::write(Path::new(path), &record))
    }

    fn header(&self, more: &More) -> Result<Header, String> {
        let mut command = chosen_kernel().map_or(String::new(), |kernel| format!("{KERNEL_VARIABLE}={kernel} "));
        command += "scripts/bench --steps";
        if self.threads > 1 {
            command += &format!(" --threads {}", self.threads);
        }
        let with: Vec<String> = more.rivals.iter().map(|rival| rival.name.clone()).collect();
        if !with.is_empty() {
            command += &format!(" --with {}", with.join(","));
        }
        let own = ["gemm", "loops", "naive"];
        let rivals = own.map(|name| Rival { name: name.to_owned(), version: version(name), isa_cap: None });
        let rivals = rivals.into_iter().chain(more.rivals.iter().cloned()).collect();
        header(Choices { command, threads: self.threads, isa: None, with, rivals })
    }

    fn step(&self, job: &StepJob, rows: &Rows, more: &More) -> Result<MeasuredStep, String> {
        let threads = self.threads;
        let mut candidates = vec![ours::stepper(job, rows), ours::stepper(job, rows)];
        candidates.push(plain::stepper("gemm", gemm::multiply, job, rows, threads));
        if threads > 1 {
            let one = pool(1)?;
            let ours = one.install(|| ours::stepper(job, rows));
            candidates.push(Candidate { name: ONE_THREAD.to_owned(), pool: Some(one), ..ours });
        } else if job.suits_loops() {
            candidates.extend([loops::stepper(job, rows), naive::stepper(job, rows)]);
        }
        candidates.extend((more.steppers)(job, rows, threads));
        verify_steps(&mut candidates, rows, job.batch).map_err(|wrong| format!("{}: {wrong}", job.name))?;
        let names: Vec<String> = candidates.iter().map(|candidate| candidate.name.clone()).collect();
        let measure = |seconds| measure_steps(&mut candidates, rows, job.batch, seconds);
        Ok(MeasuredStep::of_step(job, rows.name, self.timed(&names, job.flops(), measure)))
    }

    fn prediction(&self, job: &PredictJob, rows: &Rows, more: &More) -> Result<MeasuredStep, String> {
        let (threads, inputs, outputs) = (self.threads, job.widths[0], job.widths[job.widths.len() - 1]);
        let mlp = network(job.widths);
        let mut candidates = vec![ours::predictor(job, &mlp), ours::predictor(job, &mlp)];
        candidates.push(plain::predictor("gemm", gemm::multiply, job, threads));
        if threads > 1 {
            let one = pool(1)?;
            let ours = one.install(|| ours::predictor(job, &mlp));
            candidates.push(Candidate { name: ONE_THREAD.to_owned(), pool: Some(one), ..ours });
        } else if job.suits_loops() {
            candidates.push(loops::predictor(job));
        }
        candidates.extend((more.predictors)(job, threads));
        let x = &rows.x[..job.rows * inputs];
        let verified = verify_predictions(&mut candidates, x, job.rows * outputs);
        verified.map_err(|wrong| format!("{}: {wrong}", job.name))?;
        if job.is_narrow() {
            // Everyone else agrees with our weights of f32, which stay in the field, and theirs with those rounded.
            let narrow = || ours::narrow_predictor(job, &mlp, x).map_err(|wrong| format!("{}: {wrong}", job.name));
            F32_WEIGHTS.clone_into(&mut candidates[0].name);
            candidates[1] = narrow()?;
            candidates.insert(0, narrow()?);
            candidates.swap(1, 2);
        }
        let names: Vec<String> = candidates.iter().map(|candidate| candidate.name.clone()).collect();
        let shape = (job.rows, inputs, outputs);
        let measure = |seconds| measure_predictions(&mut candidates, &rows.x, shape, seconds);
        Ok(MeasuredStep::of_prediction(job, rows.name, self.timed(&names, job.flops(), measure)))
    }

    /// Again until the machine was steady or the patience is spent.
    fn timed(&self, names: &[String], flops: u64, mut measure: impl FnMut(f64) -> Rounds) -> Timed {
        let isa = Isa::of_kernel(&names[0]);
        let peak = || probe::peak(isa, Element::F32, self.threads);
        let seconds = if self.quick { self.seconds / 5.0 } else { self.seconds };
        for attempt in 1.. {
            let before = peak();
            let rounds = measure(seconds);
            let after = peak();
            let steady = (before / after - 1.0).abs() <= STEADY && (rounds.ratio(1, 0)[1] - 1.0).abs() <= STEADY;
            if steady || self.quick || attempt == ATTEMPTS {
                return Timed::new(&rounds, names, flops, f64::midpoint(before, after), steady);
            }
        }
        unreachable!("the last attempt returns")
    }
}

fn pool(threads: usize) -> Result<ThreadPool, String> {
    ThreadPoolBuilder::new().num_threads(threads).build().map_err(|error| error.to_string())
}

//! `scripts/bench --steps --with candle,burn,tract` calls this: the report's steps and predictions, with frameworks among
//! the rivals. All but the frameworks is the report's own code.
#![forbid(unsafe_op_in_unsafe_fn)]

#[cfg(feature = "burn")]
mod burn;
#[cfg(feature = "candle")]
mod candle;
#[path = "../../examples/report/header.rs"]
mod header;
#[path = "../../examples/report/isa.rs"]
mod isa;
mod lock;
#[path = "../../examples/report/rivals/loops.rs"]
mod loops;
#[path = "../../examples/report/machine.rs"]
mod machine;
#[path = "../../examples/report/print.rs"]
mod print;
#[path = "../../examples/report/probe.rs"]
mod probe;
#[path = "../../examples/report/steps.rs"]
mod steps;
#[cfg(feature = "tract")]
mod tract;

use std::process::ExitCode;

use chainrule_bench_support::record::Rival;
use chainrule_bench_support::steps::candidate::{Candidate, Predictor, Stepper};
use chainrule_bench_support::steps::data::Rows;
use chainrule_bench_support::steps::jobs::{PredictJob, StepJob};
use clap::Parser;

use steps::{More, Steps};

/// Where the probe looks for loops that are not safe.
mod rivals {
    pub(crate) use crate::loops::{CHAINS, loads, multiply_adds};
}

/// Whatever this build has, by the names that `--with` knows, and the package whose version counts.
const FRAMEWORKS: &[(&str, &str)] = &[
    #[cfg(feature = "burn")]
    ("burn", "burn"),
    #[cfg(feature = "candle")]
    ("candle", "candle-core"),
    #[cfg(feature = "tract")]
    ("tract", "tract-core"),
];

/// Times training steps and predictions beside those of frameworks.
#[derive(Debug, Parser)]
enum Arguments {
    /// Verifies and times training steps and predictions, prints a line for each, and writes a record.
    Steps(Steps),
}

fn steppers<'a>(job: &StepJob, rows: &'a Rows, _threads: usize) -> Vec<Candidate<dyn Stepper + 'a>> {
    let _ = (job, rows);
    vec![
        #[cfg(feature = "burn")]
        burn::stepper(job, rows),
        #[cfg(feature = "candle")]
        candle::stepper(job, rows),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn predictors(job: &PredictJob, _threads: usize) -> Vec<Candidate<dyn Predictor>> {
    let _ = job;
    vec![
        #[cfg(feature = "burn")]
        burn::predictor(job),
        #[cfg(feature = "candle")]
        candle::predictor(job),
        #[cfg(feature = "tract")]
        tract::predictor(job),
    ]
}

fn main() -> ExitCode {
    let Arguments::Steps(steps) = Arguments::parse();
    let rival = |&(name, package): &(&str, &str)| Rival {
        name: name.to_owned(),
        version: machine::version(package),
        isa_cap: None,
    };
    match steps.run(&More { rivals: FRAMEWORKS.iter().map(rival).collect(), steppers, predictors }) {
        Ok(()) => ExitCode::SUCCESS,
        Err(wrong) => {
            eprintln!("frameworks: {wrong}");
            ExitCode::FAILURE
        }
    }
}

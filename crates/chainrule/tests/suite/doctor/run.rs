//! A training run under the doctor's eye.

use std::ops::ControlFlow;

use chainrule::data::{Dataset, Preprocess, digits};
use chainrule::doctor::{Diagnostics, Examination, Finding, judge};
use chainrule::optim::Update;
use chainrule::{EpochReport, Loss, Mlp, Sample, Scalar, TrainConfig, Trainer};

/// What was found before the first step, and after the last.
#[derive(Debug)]
pub(crate) struct Checkup {
    pub(crate) before: Vec<Finding>,
    pub(crate) after: Vec<Finding>,
}

impl Checkup {
    /// The names of all findings, each once.
    pub(crate) fn names(&self) -> Vec<&'static str> {
        let mut names: Vec<&str> = self.before.iter().chain(&self.after).map(|finding| finding.kind.name()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

/// The training part of the digits, each number times `factor`.
pub(crate) fn scaled_digits(factor: f64) -> Dataset<f32> {
    let (mut train, _) = digits().split(0.2, 42).unwrap();
    train.preprocess(&Preprocess::Scale { factor }).unwrap();
    train
}

pub(crate) fn checkup<T: Scalar>(name: &str, mut mlp: Mlp<T>, data: &Dataset<T>, config: TrainConfig) -> Checkup {
    let (loss, update) = (config.loss, Update { clip: config.clip, ..config.optimizer.into() });
    let before = examine(name, &mlp, data, (loss, update), None);
    let mut losses = Vec::new();
    let each_epoch = |report: &EpochReport| {
        losses.push(report.loss);
        ControlFlow::Continue(())
    };
    // A run that diverges leaves the network as it was then.
    let ended = Trainer::new(config).unwrap().fit_network(&mut mlp, data, None, each_epoch);
    let after = examine(name, &mlp, data, (loss, update), Some(&losses));
    assert!(ended.is_ok() || !after.is_empty(), "{name}: {ended:?}, and nothing was found");
    let checkup = Checkup { before, after };
    println!("{name}: {:?}", checkup.names());
    checkup
}

/// Prints the measures too: with `--nocapture` they show how far a run is from each limit.
fn examine<T: Scalar>(
    name: &str,
    mlp: &Mlp<T>,
    data: &Dataset<T>,
    (loss, update): (Loss, Update),
    losses: Option<&[f64]>,
) -> Vec<Finding> {
    let sample = Sample::spread(mlp, data, loss, 1024).unwrap();
    let counts = data.class_counts();
    let case = Examination {
        update: Some(update),
        class_counts: counts.as_deref(),
        losses: losses.unwrap_or_default(),
        trained: losses.is_some(),
        ..Examination::new(mlp, sample.rows(), loss)
    };
    let diagnostics = Diagnostics::measure(&case).unwrap();
    println!(
        "  {name}: loss {:.4} of {:.4}, a step later {:.4?}",
        diagnostics.loss, diagnostics.baseline_loss, diagnostics.stepped_loss
    );
    for layer in &diagnostics.layers {
        let (dead, flat) = (layer.dead.unwrap_or(0), layer.saturated.unwrap_or(0.0));
        let (name, units, update) = (&layer.name, layer.units, layer.update.unwrap_or(f64::NAN));
        println!(
            "    {name}: dead {dead}/{units}, flat {flat:.2}, gradient {:.1e}, update {update:.1e}",
            layer.gradient
        );
    }
    let findings = judge(&case, &diagnostics);
    findings.iter().for_each(|finding| println!("{finding}"));
    findings
}

//! A training run under the doctor's eye.

use std::ops::ControlFlow;

use chainrule::data::{Dataset, Preprocess, digits};
use chainrule::doctor::{Diagnostics, Examination, Finding, judge};
use chainrule::optim::Update;
use chainrule::train::ClassWeights;
use chainrule::{EpochReport, Mlp, Sample, Scalar, TrainConfig, Trainer};

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

/// What a run sees.
#[derive(Clone, Copy)]
pub(crate) struct Seen<'a, T> {
    pub(crate) train: &'a Dataset<T>,
    pub(crate) validation: Option<&'a Dataset<T>>,
    /// Rows held out that are trained on too, and rows held out.
    pub(crate) shared: Option<(usize, usize)>,
}

/// The losses of the epochs so far.
#[derive(Default)]
struct Losses {
    train: Vec<f64>,
    validation: Vec<f64>,
    is_over: bool,
}

pub(crate) fn checkup<T: Scalar>(name: &str, mlp: Mlp<T>, data: &Dataset<T>, config: TrainConfig) -> Checkup {
    checkup_of(name, mlp, Seen { train: data, validation: None, shared: None }, config)
}

pub(crate) fn checkup_of<T: Scalar>(name: &str, mut mlp: Mlp<T>, seen: Seen<'_, T>, config: TrainConfig) -> Checkup {
    let before = examine(name, &mlp, seen, &config, &Losses::default());
    let mut losses = Losses::default();
    let each_epoch = |report: &EpochReport| {
        losses.train.push(report.loss);
        losses.validation.extend(report.validation.as_ref().map(|validation| validation.loss));
        ControlFlow::Continue(())
    };
    // A run that diverges leaves the network as it was then.
    let trainer = Trainer::new(config.clone()).unwrap();
    let ended = trainer.fit_network(&mut mlp, seen.train, seen.validation, each_epoch);
    losses.is_over = true;
    let after = examine(name, &mlp, seen, &config, &losses);
    assert!(ended.is_ok() || !after.is_empty(), "{name}: {ended:?}, and nothing was found");
    let checkup = Checkup { before, after };
    println!("{name}: {:?}", checkup.names());
    checkup
}

/// Prints the measures too: with `--nocapture` they show how far a run is from each limit.
fn examine<T: Scalar>(
    name: &str,
    mlp: &Mlp<T>,
    seen: Seen<'_, T>,
    config: &TrainConfig,
    losses: &Losses,
) -> Vec<Finding> {
    let (data, loss) = (seen.train, config.loss);
    let sample = Sample::spread(mlp, data, loss, 1024).unwrap();
    let counts = data.class_counts();
    let columns = data.schema().map(|schema| schema.feature_names()).unwrap_or_default();
    let is_weighted = config.class_weights != ClassWeights::Equal;
    let case = Examination {
        update: Some(Update { clip: config.clip, ..config.optimizer.into() }),
        class_counts: counts.as_deref(),
        losses: &losses.train,
        // Of weighted classes the two are different losses.
        validation_losses: if is_weighted { &[] } else { &losses.validation },
        trained: losses.is_over,
        keeps_best: config.early_stopping.is_some(),
        is_weighted,
        shared_rows: seen.shared,
        columns: &columns,
        targets: data.target().names(),
        classes: data.class_names().unwrap_or_default(),
        ..Examination::new(mlp, sample.rows(), loss)
    };
    let diagnostics = Diagnostics::measure(&case).unwrap();
    println!(
        "  {name}: loss {:.4} of {:.4}, a step later {:.4?}, skill {:.2?}, held out {:.4?}",
        diagnostics.loss,
        diagnostics.baseline_loss,
        diagnostics.stepped_loss,
        diagnostics.skill,
        losses.validation.iter().copied().reduce(f64::min)
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

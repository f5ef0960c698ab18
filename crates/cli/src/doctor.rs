//! `chainrule doctor`, and the warnings of `train`: the library's findings as text and as JSON.

use chainrule::data::Dataset;
use chainrule::doctor::{Diagnostics, Examination, Finding, LayerDiagnostics, judge};
use chainrule::optim::Update;
use chainrule::{DType, Loss, Mlp, Model, ModelFile, Optimizer, Sample, Scalar, Trainer};
use serde::Serialize;

use crate::args::DoctorArgs;
use crate::data::Named;
use crate::escape::shown;
use crate::failure::Failure;
use crate::output::{Output, plural};

/// Number of rows examined: the thresholds of the library are chosen for a thousand.
const ROWS: usize = 1024;
/// Networks with more parameters are not examined during training: a copy and its gradients take at least 128 MiB in
/// f32.
const CHEAP_PARAMETERS: usize = 1 << 24;

/// A finding in JSON.
#[derive(Debug, Serialize)]
struct FindingLine<'a> {
    kind: &'a str,
    module: Option<usize>,
    layer: Option<&'a str>,
    numbers: serde_json::Map<String, serde_json::Value>,
    seen: String,
    means: &'a str,
    #[serde(rename = "do")]
    advice: &'a str,
}

/// A finding of `train`, as one of its JSON events.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename = "finding")]
struct Event<'a> {
    /// `before` the first step, `during` the run, or `after` the last.
    when: &'a str,
    #[serde(flatten)]
    finding: FindingLine<'a>,
}

/// The JSON line of `doctor`.
#[derive(Debug, Serialize)]
struct Report<'a> {
    healthy: bool,
    rows: usize,
    loss: f64,
    /// The loss of the best constant prediction.
    chance: f64,
    layers: Vec<LayerLine<'a>>,
    findings: Vec<FindingLine<'a>>,
}

#[derive(Debug, Serialize)]
struct LayerLine<'a> {
    module: usize,
    name: &'a str,
    units: usize,
    dead: Option<usize>,
    saturated: Option<f64>,
    gradient: f64,
    update: Option<f64>,
}

pub(crate) fn run(args: &DoctorArgs) -> Result<(), Failure> {
    let data = Named::data(&args.data, &args.columns, args.loss);
    data.check()?;
    let file = args.order.open(&args.model)?;
    match file.dtype() {
        DType::F32 => doctor::<f32>(args, &file, &data),
        DType::F64 => doctor::<f64>(args, &file, &data),
    }
}

fn doctor<T: Scalar>(args: &DoctorArgs, file: &ModelFile, named: &Named<'_>) -> Result<(), Failure> {
    let mut model = file.model::<T>(args.activation)?;
    let data = named.load_for(&mut model)?;
    let update = args.lr.map(|lr| Update::from(Optimizer::Sgd { lr }));
    let Examined { diagnostics, findings, rows } = examine(&Patient::of(&model), &data, update, Run::AFTER)?;

    let mut output = Output::new(args.json, false);
    output.json(&Report {
        healthy: findings.is_empty(),
        rows,
        loss: diagnostics.loss,
        chance: diagnostics.baseline_loss,
        layers: diagnostics.layers.iter().map(layer_line).collect(),
        findings: findings.iter().map(finding_line).collect(),
    });
    let (model, source) = (shown(args.model.display()), shown(&args.data));
    output.say(format_args!("{model} on {source}, {rows} of {}\n", plural(data.rows(), "row")));
    output.say(table(&diagnostics));
    output.say(format_args!(
        "loss {:.4}; the best constant prediction has {:.4}",
        diagnostics.loss, diagnostics.baseline_loss
    ));
    for finding in &findings {
        output.say(format_args!("\n{finding}"));
    }
    output.say(match findings.len() {
        0 => "healthy: nothing found".to_owned(),
        found => format!("\nsick: {}", plural(found, "finding")),
    });
    output.finish()?;
    if findings.is_empty() { Ok(()) } else { Err(Failure::Found) }
}

/// The point of a run at which the network is examined.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run<'a> {
    /// Its name in the JSON event.
    pub(crate) when: &'static str,
    /// The losses of the epochs so far, if they are known.
    pub(crate) losses: &'a [f64],
    /// The learning rate of the last step, if a schedule has changed it.
    pub(crate) rate: Option<f64>,
}

impl Run<'_> {
    pub(crate) const BEFORE: Run<'static> = Run { when: "before", losses: &[], rate: None };
    pub(crate) const AFTER: Run<'static> = Run { when: "after", ..Run::BEFORE };

    fn is_trained(self) -> bool {
        self.when != Run::BEFORE.when
    }
}

/// What is examined: a network and its loss.
pub(crate) struct Patient<'a, T: Scalar> {
    pub(crate) mlp: &'a Mlp<T>,
    pub(crate) loss: Loss,
}

impl<'a, T: Scalar> Patient<'a, T> {
    pub(crate) fn of(model: &'a Model<T>) -> Self {
        Patient { mlp: &model.mlp, loss: model.loss }
    }
}

/// The findings, and the number of rows examined.
struct Examined {
    diagnostics: Diagnostics,
    findings: Vec<Finding>,
    rows: usize,
}

/// Examines a model on rows spread evenly over the data.
fn examine<T: Scalar>(
    patient: &Patient<'_, T>,
    data: &Dataset<T>,
    update: Option<Update>,
    run: Run<'_>,
) -> Result<Examined, Failure> {
    let Patient { mlp, loss } = *patient;
    let sample = Sample::spread(mlp, data, loss, ROWS)?;
    let counts = data.class_counts();
    let case = Examination {
        update,
        class_counts: counts.as_deref(),
        losses: run.losses,
        trained: run.is_trained(),
        ..Examination::new(mlp, sample.rows(), loss)
    };
    let diagnostics = Diagnostics::measure(&case)?;
    let findings = judge(&case, &diagnostics);
    Ok(Examined { diagnostics, findings, rows: sample.rows().count() })
}

/// Examines a training run before its first step, after its first epoch and after its last step, also when that step
/// diverged. It changes nothing that is computed.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    /// Findings reported so far; each is reported once.
    said: Vec<&'static str>,
}

impl Watch {
    /// Reports new findings.
    pub(crate) fn look<T: Scalar>(
        &mut self,
        patient: &Patient<'_, T>,
        data: &Dataset<T>,
        trainer: &Trainer,
        run: Run<'_>,
        output: &mut Output,
    ) -> Result<(), Failure> {
        if patient.mlp.params().len() > CHEAP_PARAMETERS || output.is_quiet() {
            return Ok(());
        }
        let config = trainer.config();
        let rate = run.rate.unwrap_or_else(|| config.first_rate(data.rows()));
        let update = Update { optimizer: config.optimizer.at_rate(rate), ..config.update() };
        // The line search of L-BFGS chooses the step length.
        let update = config.lbfgs.is_none().then_some(update);
        let Examined { findings, .. } = trainer.install(|| examine(patient, data, update, run))?;
        let when = run.when;
        for finding in &findings {
            if !self.said.contains(&finding.kind.name()) {
                output.json(&Event { when, finding: finding_line(finding) });
                output.say(format_args!("warning: {finding}\n"));
            }
        }
        self.said.extend(findings.iter().map(|finding| finding.kind.name()));
        Ok(())
    }
}

fn finding_line(finding: &Finding) -> FindingLine<'_> {
    let number = |(name, value): (&str, f64)| (name.to_owned(), serde_json::json!(value));
    FindingLine {
        kind: finding.kind.name(),
        module: finding.layer.as_ref().map(|(module, _)| *module),
        layer: finding.layer.as_ref().map(|(_, name)| name.as_str()),
        numbers: finding.kind.numbers().into_iter().map(number).collect(),
        seen: finding.seen(),
        means: finding.kind.means(),
        advice: finding.kind.advice(),
    }
}

fn layer_line(layer: &LayerDiagnostics) -> LayerLine<'_> {
    let LayerDiagnostics { module, units, dead, saturated, gradient, update, .. } = *layer;
    LayerLine { module, name: &layer.name, units, dead, saturated, gradient, update }
}

/// One line per layer, with a dot for what was not measured.
fn table(diagnostics: &Diagnostics) -> String {
    let or_dot = |text: Option<String>| text.unwrap_or_else(|| ".".to_owned());
    let width = diagnostics.layers.iter().map(|layer| layer.name.len()).max().unwrap_or(0).max(5);
    let mut text = format!("module  {:width$}  units  dead  flat  gradient/w   update/w\n", "layer");
    for layer in &diagnostics.layers {
        let dead = or_dot(layer.dead.map(|dead| dead.to_string()));
        let flat = or_dot(layer.saturated.map(|share| format!("{:.0} %", 100.0 * share)));
        let update = or_dot(layer.update.map(|update| format!("{update:.1e}")));
        let (module, name, units, gradient) = (layer.module, &layer.name, layer.units, layer.gradient);
        text.push_str(&format!(
            "{module:>6}  {name:width$}  {units:>5}  {dead:>4}  {flat:>4}  {gradient:>10.1e} {update:>10}\n"
        ));
    }
    text
}

//! `chainrule doctor`, and the warnings of `train`: the library's findings as text and as JSON.

use chainrule::data::{DataFinding, Dataset, Examples, Preflight, Target};
use chainrule::doctor::{Diagnostics, Examination, Finding, Kind, LayerDiagnostics, judge};
use chainrule::optim::Update;
use chainrule::train::ClassWeights;
use chainrule::{DType, Loss, Mlp, Model, ModelFile, Optimizer, Sample, Scalar, TrainConfig, Trainer};
use serde::Serialize;

use crate::args::DoctorArgs;
use crate::data::{Named, all_rows, refuse_other_loss};
use crate::data_command;
use crate::escape::shown;
use crate::failure::Failure;
use crate::layers::model_of;
use crate::output::{Output, brief, plural};

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
    column: Option<&'a str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    classes: &'a [String],
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
    /// What the data say without the network.
    data: &'a [DataFinding],
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
    let mut model = model_of::<T>(file, &args.model, args.activation)?;
    refuse_other_loss(&model, args.loss)?;
    let examples = named.read_for(&mut model)?;
    let data = examples.dataset_for::<T>(&all_rows(&examples), &model)?;
    let update = args.lr.map(|lr| Update::from(Optimizer::Sgd { lr }));
    let patient = Patient::as_trained(&model)?;
    let has_own_loss = model.facts.as_ref().is_some_and(|facts| facts.own_loss);
    let Examined { diagnostics, findings, rows } = examine(&patient, &data, update, Run::AFTER)?;

    let scaled = target_lines(&model);
    let mut of_data = about_data(&model, &examples, &findings);
    of_data.retain(|finding| !patient.is_weighted || finding.kind != "label-imbalance");
    let found = findings.len() + of_data.len();

    let mut output = Output::new(args.json, false);
    output.json(&Report {
        healthy: found == 0,
        rows,
        loss: diagnostics.loss,
        chance: diagnostics.baseline_loss,
        layers: diagnostics.layers.iter().map(layer_line).collect(),
        findings: findings.iter().map(finding_line).collect(),
        data: &of_data,
    });
    let (path, source) = (shown(args.model.display()), shown(&args.data));
    output.say(format_args!("{path} on {source}, {rows} of {}\n", plural(data.rows(), "row")));
    output.say(table(&diagnostics));
    output.say(format_args!(
        "loss {:.4}; the best constant prediction has {:.4}{}",
        diagnostics.loss,
        diagnostics.baseline_loss,
        match (has_own_loss, patient.is_weighted) {
            (true, _) => " (it was trained with a loss that an application computed, so they say little)",
            (_, true) => " (without the weights that it was trained with, so they say little)",
            _ => "",
        }
    ));
    scaled.iter().for_each(|line| output.say(line));
    for finding in &of_data {
        output.say(format_args!("\n{}", data_command::words(finding)));
    }
    for finding in &findings {
        output.say(format_args!("\n{finding}"));
    }
    output.say(match found {
        0 => "healthy: nothing found".to_owned(),
        found => format!("\nsick: {}", plural(found, "finding")),
    });
    output.finish()?;
    if found == 0 { Ok(()) } else { Err(Failure::Found) }
}

/// What the data say without the network, and the network has not said: with copies across the parts, if the model knows
/// how these rows were split.
fn about_data<T: Scalar>(model: &Model<T>, examples: &Examples, said: &[Finding]) -> Vec<DataFinding> {
    let parts = model.split.as_ref().and_then(|split| examples.split_again(split).ok());
    let mut findings = Preflight::of(examples, parts.as_ref()).findings;
    findings.retain(|finding| said.iter().all(|said| said.kind.name() != finding.kind));
    findings
}

/// How values were scaled before they were learned: a line for each column.
fn target_lines<T: Scalar>(model: &Model<T>) -> Vec<String> {
    let Some((means, deviations)) = model.target.scaling() else { return Vec::new() };
    let line = |(at, (mean, deviation)): (usize, (&f64, &f64))| {
        let name = model.target.names().get(at).map_or_else(|| (at + 1).to_string(), shown);
        let (mean, deviation) = (brief(*mean), brief(*deviation));
        let of = if model.target.is_log1p(at) { "its logarithm ln(1 + x) " } else { "" };
        format!("target {name}: {of}standardised for training (mean {mean}, deviation {deviation})")
    };
    means.iter().zip(deviations).enumerate().map(line).collect()
}

/// The point of a run at which the network is examined.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run<'a> {
    /// Its name in the JSON event.
    pub(crate) when: &'static str,
    /// The losses of the epochs so far, if they are known.
    pub(crate) losses: &'a [f64],
    /// Those of the rows held out after the same epochs.
    pub(crate) validation_losses: &'a [f64],
    /// Whether the network has the weights of the best of them.
    pub(crate) keeps_best: bool,
    /// The learning rate of the last step, if a schedule has changed it.
    pub(crate) rate: Option<f64>,
}

impl Run<'_> {
    pub(crate) const BEFORE: Run<'static> =
        Run { when: "before", losses: &[], validation_losses: &[], keeps_best: false, rate: None };
    pub(crate) const AFTER: Run<'static> = Run { when: "after", ..Run::BEFORE };

    fn is_trained(self) -> bool {
        self.when != Run::BEFORE.when
    }
}

/// What is examined: a network and its loss.
pub(crate) struct Patient<'a, T: Scalar> {
    pub(crate) mlp: &'a Mlp<T>,
    pub(crate) loss: Loss,
    /// Whether rare classes weigh more.
    pub(crate) is_weighted: bool,
}

impl<'a, T: Scalar> Patient<'a, T> {
    pub(crate) fn of(model: &'a Model<T>) -> Self {
        Patient { mlp: &model.mlp, loss: model.loss, is_weighted: false }
    }

    /// As its file says that it was trained: what its training has done already is no advice.
    pub(crate) fn as_trained(model: &'a Model<T>) -> Result<Self, Failure> {
        let Some(facts) = &model.facts else { return Ok(Patient::of(model)) };
        let patient = match &facts.settings {
            Some(settings) => Patient::of(model).trained_by(&settings.config(model.loss)?),
            None => Patient::of(model),
        };
        let is_weighted = patient.is_weighted || facts.row_weights.is_some() || facts.own_loss;
        Ok(Patient { is_weighted, ..patient })
    }

    /// The same in a run with these settings.
    pub(crate) fn trained_by(self, config: &TrainConfig) -> Self {
        let is_weighted = config.class_weights != ClassWeights::Equal || config.positive_weights.is_some();
        Patient { is_weighted, ..self }
    }
}

/// The findings, and the number of rows examined.
struct Examined {
    diagnostics: Diagnostics,
    findings: Vec<Finding>,
    rows: usize,
}

/// What is found about a model on rows spread evenly over the data.
pub(crate) fn findings<T: Scalar>(
    patient: &Patient<'_, T>,
    data: &Dataset<T>,
    run: Run<'_>,
) -> Result<Vec<Finding>, Failure> {
    Ok(examine(patient, data, None, run)?.findings)
}

/// Examines a model on rows spread evenly over the data.
fn examine<T: Scalar>(
    patient: &Patient<'_, T>,
    data: &Dataset<T>,
    update: Option<Update>,
    run: Run<'_>,
) -> Result<Examined, Failure> {
    let Patient { mlp, loss, .. } = *patient;
    let sample = Sample::spread(mlp, data, loss, ROWS)?;
    let counts = data.class_counts();
    let columns = data.schema().map(|schema| schema.feature_names()).unwrap_or_default();
    let case = Examination {
        update,
        class_counts: counts.as_deref(),
        losses: run.losses,
        validation_losses: run.validation_losses,
        trained: run.is_trained(),
        keeps_best: run.keeps_best,
        is_weighted: patient.is_weighted || data.weights().is_some(),
        columns: &columns,
        targets: data.target().names(),
        classes: data.class_names().unwrap_or_default(),
        ..Examination::new(mlp, sample.rows(), loss)
    };
    let diagnostics = Diagnostics::measure(&case)?;
    let mut findings = judge(&case, &diagnostics);
    findings.iter_mut().for_each(|finding| in_unit(&mut finding.kind, data.target()));
    Ok(Examined { diagnostics, findings, rows: sample.rows().count() })
}

/// A constant target as the data have it, not as it is learned.
fn in_unit(kind: &mut Kind, target: &Target) {
    if let (Kind::ConstantTargets { column, value }, Some((mean, deviation))) = (kind, target.scaling()) {
        *value = *value * deviation[*column] + mean[*column];
        if target.is_log1p(*column) {
            *value = value.exp_m1();
        }
    }
}

/// Examines a training run before its first step, after its first epoch and after its last step, also when that step
/// diverged. It changes nothing that is computed.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    /// Findings reported so far; each is reported once.
    said: Vec<&'static str>,
}

impl Watch {
    /// After these have been said.
    pub(crate) fn after(said: impl Iterator<Item = &'static str>) -> Self {
        Watch { said: said.collect() }
    }

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
        column: finding.column.as_deref(),
        classes: &finding.classes,
        advice: &finding.advice,
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

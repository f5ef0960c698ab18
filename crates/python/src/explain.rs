//! What a model is, says and computes, as bytes and JSON; `chainrule.Model` gives it Python's forms.

use chainrule::data::Dataset;
use chainrule::doctor::{Diagnostics, Kind, judge};
use chainrule::export::{ExportFormat, ExportOptions};
use chainrule::optim::Update;
use chainrule::trace::{MarkdownStyle, Shown, TextStyle, to_json, to_markdown, to_text, trace_model};
use chainrule::{Error, Evaluation, Optimizer, Scalar};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple};
use serde_json::json;

use crate::failure::Failure;
use crate::labelled::labelled;
use crate::model::{Inner, Model, each, has_own_loss};
use crate::threads::run;

/// Rows that the doctor looks at, at most: the thresholds of the library are chosen for a thousand.
const ROWS: usize = 1024;

/// The model's file in another format.
#[pyfunction]
pub(crate) fn export<'py>(
    py: Python<'py>,
    model: &Model,
    format: &str,
    int8: bool,
    name: &str,
) -> PyResult<Bound<'py, PyBytes>> {
    let format: ExportFormat = format.parse().map_err(Failure::from)?;
    let options = ExportOptions { name: name.to_owned(), int8, ..ExportOptions::default() };
    let bytes = each!(&model.inner, model => run(py, None, |_| Ok(model.export(format, &options)?))?);
    Ok(PyBytes::new(py, &bytes))
}

/// Every number of a step on the rows of `(X, y)` or of a `chainrule.Dataset`: as text, as Markdown and as JSON.
#[pyfunction]
pub(crate) fn trace(
    py: Python<'_>,
    model: &Model,
    data: &Bound<'_, PyTuple>,
    steps: usize,
    digits: usize,
) -> PyResult<(String, String, String)> {
    each!(&model.inner, model => {
        let data = labelled(model, data)?;
        Ok(run(py, None, |_| written(model, &data.for_model(model)?, steps, digits))?)
    })
}

fn written<T: Scalar>(
    model: &chainrule::Model<T>,
    data: &Dataset<T>,
    steps: usize,
    digits: usize,
) -> Result<(String, String, String), Failure> {
    let (update, note) = update(model)?;
    let mut trace = trace_model(model, data, update, steps, Shown::All)?;
    trace.title = format!("{} rows", data.rows());
    trace.notes = note;
    let text = to_text(&trace, &TextStyle { digits, ..TextStyle::default() });
    Ok((text, to_markdown(&trace, &MarkdownStyle { digits, ..MarkdownStyle::default() }), to_json(&trace)))
}

/// The update of the run that trained the model, or plain descent where it does not say; and which one it is.
fn update<T: Scalar>(model: &chainrule::Model<T>) -> Result<(Update, String), Error> {
    let settings = model.facts.as_ref().and_then(|facts| facts.settings.as_ref());
    let earlier = settings.map(|settings| settings.config(model.loss)).transpose()?;
    Ok(match earlier.filter(|earlier| earlier.lbfgs.is_none()) {
        Some(earlier) => {
            let note = match has_own_loss(model) {
                false => format!("The step is that of the model's own training: {}.", earlier.optimizer),
                true => format!(
                    "The model was trained with a loss of the caller's own, which no file holds: the step is one by {}, with the \
                     optimizer of the training: {}.",
                    model.loss, earlier.optimizer
                ),
            };
            (Update { clip: earlier.clip, optimizer: earlier.optimizer, decay: earlier.decay }, note)
        }
        None => {
            let optimizer = Optimizer::Sgd { lr: 0.1 };
            (optimizer.into(), format!("The model does not say how it was trained; the step is {optimizer}."))
        }
    })
}

/// What the doctor finds in the model on these rows, as JSON.
#[pyfunction]
pub(crate) fn doctor(py: Python<'_>, model: &Model, data: &Bound<'_, PyTuple>) -> PyResult<String> {
    each!(&model.inner, model => {
        let data = labelled(model, data)?;
        Ok(run(py, None, |_| examined(model, &data.for_model(model)?))?)
    })
}

fn examined<T: Scalar>(model: &chainrule::Model<T>, data: &Dataset<T>) -> Result<String, Failure> {
    let sample = model.sample(data, ROWS)?;
    let columns = model.schema.as_ref().map(|schema| schema.feature_names()).unwrap_or_default();
    let classes = model.class_names.clone().unwrap_or_default();
    let mut case = model.examination(&sample);
    (case.columns, case.classes, case.targets, case.trained) = (&columns, &classes, model.target.names(), true);
    let diagnostics = Diagnostics::measure(&case)?;
    let own_loss = has_own_loss(model);
    let findings: Vec<_> = judge(&case, &diagnostics)
        .iter()
        // What was not minimised may be large.
        .filter(|finding| !own_loss || !matches!(finding.kind, Kind::LossAtChance { .. } | Kind::NoisyTargets { .. }))
        .map(|finding| {
            let numbers: serde_json::Map<_, _> =
                finding.kind.numbers().into_iter().map(|(name, number)| (name.to_owned(), json!(number))).collect();
            json!({
                "kind": finding.kind.name(),
                "layer": finding.layer.as_ref().map(|(module, name)| format!("{module}: {name}")),
                "column": finding.column,
                "seen": finding.seen(),
                "means": finding.kind.means(),
                "advice": finding.advice,
                "numbers": numbers,
            })
        })
        .collect();
    let Diagnostics { loss, baseline_loss, .. } = diagnostics;
    let found = json!({
        "rows": sample.rows().count(),
        "loss": loss,
        "baseline_loss": baseline_loss,
        "loss_name": model.loss.to_string(),
        "has_own_loss": own_loss,
        "findings": findings,
    });
    Ok(found.to_string())
}

/// The loss and every metric that fits, by name.
#[pyfunction]
pub(crate) fn evaluate(py: Python<'_>, model: &Model, data: &Bound<'_, PyTuple>) -> PyResult<Vec<(&'static str, f64)>> {
    each!(&model.inner, model => {
        let data = labelled(model, data)?;
        Ok(run(py, None, |_| scores(model, &data.for_model(model)?))?)
    })
}

fn scores<T: Scalar>(model: &chainrule::Model<T>, data: &Dataset<T>) -> Result<Vec<(&'static str, f64)>, Failure> {
    let found = model.assess(data)?;
    let Evaluation { loss, accuracy, mae, r2, .. } = found.evaluation;
    let first = [("loss", Some(loss)), ("accuracy", accuracy), ("mae", mae), ("r2", r2)];
    let mut scores: Vec<_> = first.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
    scores.extend(found.all_metrics());
    Ok(scores)
}

//! Everything that is usually asked of a model that is done: more than a training run needs after each epoch. What is asked
//! for depends on the targets: a class to a row (`classes.rs`), several labels (`yes_or_no.rs`), or values (`values.rs`).

mod classes;
mod found;
mod outputs;
mod parts;
mod values;
mod yes_or_no;

use std::borrow::Cow;

use chainrule_kernel::Scalar;
use chainrule_model::{Loss, Mlp};

use super::evaluate::evaluate_with;
use crate::Result;
use crate::data::{Dataset, Targets};
pub use found::{Assessment, Baseline, Calibration, OutputErrors};
pub(crate) use outputs::Meaning;
use outputs::Outputs;

/// Bytes that an output of a row takes while its metrics are computed: itself and its target, as they were learned, in their
/// own unit, and by column.
const BYTES_OF_OUTPUT: usize = 48;

/// As [`evaluate_network`](super::evaluate_network), and more. The outputs of all rows are kept meanwhile, in f64, where a
/// metric has to see them together.
///
/// # Errors
/// As [`evaluate_network`](super::evaluate_network).
pub fn assess_network<T: Scalar>(mlp: &Mlp<T>, data: &Dataset<T>, loss: Loss) -> Result<Assessment> {
    if let Some(memory) = data.features().memory() {
        memory.check("what is assessed", data.rows(), BYTES_OF_OUTPUT.saturating_mul(mlp.outputs()))?;
    }
    let mut outputs = Outputs::new(mlp, data, loss)?;
    let mut seen = Ok(());
    let evaluation = evaluate_with(mlp, data, loss, |output| {
        if seen.is_ok() {
            seen = outputs.see(output);
        }
    })?;
    seen?;
    let width = mlp.outputs();
    let kept = outputs.kept.as_deref().unwrap_or_default();
    let parts = match (data.targets(), &evaluation.confusion) {
        (Targets::Classes { labels, .. }, Some(confusion)) => classes::of_labels(confusion, &outputs, loss, labels),
        (Targets::Values { values, .. }, Some(confusion)) if loss == Loss::BinaryCrossEntropy => {
            let is_yes: Vec<bool> = values.iter().map(|value| value.to_f64() > 0.5).collect();
            let mut parts = classes::of_question(confusion, kept, &is_yes, evaluation.loss);
            yes_or_no::add_shares(&mut parts, values, 1);
            let interval = outputs.losses.interval().map(|interval| interval.within(0.0, f64::INFINITY));
            parts.intervals.extend(interval.map(|interval| ("log loss", interval)));
            parts
        }
        (Targets::Values { values, .. }, Some(confusion)) => classes::of_probabilities(confusion, &outputs, values),
        (Targets::Values { values, .. }, None) if loss == Loss::BinaryCrossEntropy => {
            yes_or_no::of_yes_or_no(kept, values, width)
        }
        (Targets::Values { values, .. }, None) => {
            let t: Vec<f64> = values.iter().map(|t| t.to_f64()).collect();
            values::of_values(&in_unit(kept, data), &in_unit(&t, data), &losses_in_unit(loss, data, width))
        }
        (Targets::Classes { .. }, None) => unreachable!("classes have a confusion matrix"),
    };
    let mut intervals = parts.intervals;
    // The loss of scaled values is not reported, so its interval is not either.
    let losses = data.target().scaling().is_none().then_some(&outputs.losses);
    intervals.extend(
        losses.and_then(|losses| losses.interval()).map(|interval| ("loss", interval.within(0.0, f64::INFINITY))),
    );
    // The squared distance of two distributions over more than two classes is 2 at most.
    let most = if width > 2 && loss != Loss::BinaryCrossEntropy { 2.0 } else { 1.0 };
    let calibration = outputs.calibration().map(|(found, brier)| {
        intervals.extend(brier.interval().map(|interval| ("Brier score", interval.within(0.0, most))));
        found
    });
    Ok(Assessment {
        evaluation,
        metrics: parts.metrics,
        classes: parts.classes,
        outputs: parts.outputs,
        baseline: parts.baseline,
        calibration,
        intervals,
    })
}

/// The loss of each output as it costs an error in the output's own unit: the delta of Huber's is one of the values as they were
/// learned, but for logarithms, whose errors are those of the values themselves.
fn losses_in_unit<T: Scalar>(loss: Loss, data: &Dataset<T>, width: usize) -> Vec<Loss> {
    let of_output = |output: usize| match (loss, &data.target().scaling) {
        (Loss::Huber(delta), Some(scaling)) if !scaling.is_log1p(output) => Loss::Huber(delta * scaling.std[output]),
        _ => loss,
    };
    (0..width).map(of_output).collect()
}

/// Values as they were before they were scaled to be learned, (rows, outputs).
fn in_unit<'v, T: Scalar>(values: &'v [f64], data: &Dataset<T>) -> Cow<'v, [f64]> {
    let Some(scaling) = &data.target().scaling else { return Cow::Borrowed(values) };
    values.iter().enumerate().map(|(at, y)| scaling.undo(at % scaling.columns(), *y)).collect()
}

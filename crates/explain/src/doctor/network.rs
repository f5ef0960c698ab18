//! Checks of the network's own numbers: its units, the gradients of its layers, the steps of training.

use chainrule_model::Scalar;

use crate::doctor::diagnostics::goes_with_gradient;
use crate::doctor::limits::{
    DEAD_SHARE, EXPLODING, LARGE_FIRST_UPDATE, LARGE_UPDATE, LEAST_ROWS, OVERSHOOT, RISE, SATURATED_SHARE, SPREAD,
};
use crate::doctor::{Diagnostics, Examination, Finding, Kind};

/// Parameters, outputs or a loss that are NaN or infinite. Returns true if there are any; nothing else can be checked
/// then.
pub(super) fn not_finite(diagnostics: &Diagnostics, found: &mut Vec<Finding>) -> bool {
    let before = found.len();
    if let Some(layer) = diagnostics.layers.iter().find(|layer| layer.bad_parameters > 0) {
        let count = diagnostics.layers.iter().map(|layer| layer.bad_parameters).sum();
        found.push(Finding::of_layer(Kind::NonFiniteParameters { count }, layer));
    }
    if found.len() == before
        && let Some(layer) = diagnostics.layers.iter().find(|layer| layer.bad_outputs > 0)
    {
        found.push(Finding::of_layer(Kind::NonFiniteOutputs { count: layer.bad_outputs }, layer));
    }
    if !diagnostics.loss.is_finite() && found.len() == before {
        found.push(Finding::of_data(Kind::NonFiniteLoss { loss: diagnostics.loss }));
    }
    found.len() > before
}

/// Units that no longer respond to their input.
pub(super) fn units(diagnostics: &Diagnostics, rows: usize, found: &mut Vec<Finding>) {
    if rows < LEAST_ROWS {
        return;
    }
    let last = diagnostics.layers.len() - 1;
    for (number, layer) in diagnostics.layers.iter().enumerate() {
        if let Some(dead) = layer.dead.filter(|&dead| dead as f64 >= DEAD_SHARE * layer.units as f64) {
            found.push(Finding::of_layer(Kind::DeadUnits { dead, units: layer.units, rows }, layer));
        }
        // The outputs of the last layer are supposed to approach 0 or 1.
        if let Some(share) = layer.saturated.filter(|&share| share >= SATURATED_SHARE && number < last) {
            found.push(Finding::of_layer(Kind::SaturatedUnits { share, rows }, layer));
        }
    }
}

/// Layers that learn much more slowly, or much faster, than the last one.
pub(super) fn gradients(diagnostics: &Diagnostics, found: &mut Vec<Finding>) {
    let layers = &diagnostics.layers;
    let Some(last) = layers.last().filter(|last| last.gradient > 0.0) else { return };
    let blocked = |from: usize| layers[from..].iter().any(|layer| layer.dead == Some(layer.units));
    let weakest = layers.iter().enumerate().min_by(|a, b| a.1.gradient.total_cmp(&b.1.gradient));
    if let Some((number, layer)) = weakest
        // A gradient that dead units block is reported as dead units.
        && layer.gradient < last.gradient / SPREAD && !blocked(number)
    {
        found.push(Finding::of_layer(Kind::VanishingGradients { here: layer.gradient, last: last.gradient }, layer));
    }
    let strongest = layers.iter().max_by(|a, b| a.gradient.total_cmp(&b.gradient));
    if let Some(layer) = strongest
        && (layer.gradient > last.gradient * SPREAD || layer.gradient > EXPLODING)
    {
        found.push(Finding::of_layer(Kind::ExplodingGradients { here: layer.gradient, last: last.gradient }, layer));
    }
}

/// Steps that are too long, by the change of the weights, by the effect on the loss, and by the losses of the epochs.
pub(super) fn steps<T: Scalar>(case: &Examination<'_, T>, diagnostics: &Diagnostics, found: &mut Vec<Finding>) {
    let direct = case.update.is_some_and(|update| goes_with_gradient(update.optimizer));
    let limit = if direct { LARGE_UPDATE } else { LARGE_FIRST_UPDATE };
    let updates = diagnostics.layers.iter().filter_map(|layer| Some((layer.update?, layer)));
    let largest = updates.max_by(|a, b| a.0.total_cmp(&b.0));
    if let Some((update, layer)) = largest.filter(|(update, _)| above(*update, limit)) {
        found.push(Finding::of_layer(Kind::LargeUpdates { ratio: update }, layer));
    }
    let scale = diagnostics.baseline_loss.max(diagnostics.loss);
    if let Some(after) =
        diagnostics.stepped_loss.filter(|after| direct && above(after - diagnostics.loss, OVERSHOOT * scale))
    {
        found.push(Finding::of_data(Kind::LearningRateHigh { before: diagnostics.loss, after }));
        return;
    }
    let best = case.losses.iter().copied().fold(f64::INFINITY, f64::min);
    if let Some(&after) = case.losses.last().filter(|&&last| last - best > RISE * diagnostics.baseline_loss) {
        found.push(Finding::of_data(Kind::RisingLoss { best, last: after }));
    }
}

/// Whether the value exceeds the limit; NaN does.
fn above(value: f64, limit: f64) -> bool {
    value > limit || value.is_nan()
}

/// Hidden layers that let a single number through.
pub(super) fn narrow(diagnostics: &Diagnostics, found: &mut Vec<Finding>) {
    let hidden = diagnostics.layers.split_last().map_or(&[][..], |(_, hidden)| hidden);
    if let Some(layer) = hidden.iter().find(|layer| layer.units == 1 && layer.inputs > 1) {
        found.push(Finding::of_layer(Kind::NarrowLayer { inputs: layer.inputs }, layer));
    }
}

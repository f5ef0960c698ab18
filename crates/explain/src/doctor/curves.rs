//! Checks of what was learned: by the loss, by the losses of the epochs, and by those of rows held out.

use chainrule_model::Scalar;

use crate::doctor::limits::{AT_CHANCE, FALLING_FAST, HALF_LEARNED, OVERFITTING, RISE, SCORES_WELL, STILL_FALLING};
use crate::doctor::{Diagnostics, Examination, Finding, Kind};

/// The share of the balanced accuracy between chance and 1 from which a model that was trained with weights tells its classes: its plain
/// loss says nothing about that.
const TELLS_CLASSES: f64 = 0.1;

/// All of them, once the network is trained.
pub(super) fn examine<T: Scalar>(case: &Examination<'_, T>, diagnostics: &Diagnostics, found: &mut Vec<Finding>) {
    if !case.trained || diagnostics.baseline_loss <= 0.0 {
        return;
    }
    loss_at_chance(case, diagnostics, found);
    held_out(case, diagnostics, found);
    if found.iter().any(|finding| matches!(finding.kind, Kind::LossAtChance { .. } | Kind::NoisyTargets { .. })) {
        return;
    }
    too_short(case, diagnostics, found);
}

/// A loss at chance level, unless it is still falling, or the classes are told well: with weights of classes the loss without
/// them means little, and classes that are told better than by chance are enough.
fn loss_at_chance<T: Scalar>(case: &Examination<'_, T>, diagnostics: &Diagnostics, found: &mut Vec<Finding>) {
    let losses = case.losses;
    let Diagnostics { loss, baseline_loss, .. } = *diagnostics;
    let falling = match losses {
        // It diverged; the network may be that of an epoch before.
        [.., last] if !last.is_finite() => return,
        [.., before, last] => before - last > STILL_FALLING * baseline_loss,
        [_] => true,
        [] => false,
    };
    let enough = if case.is_weighted { TELLS_CLASSES } else { SCORES_WELL };
    let scores_well = diagnostics.skill.is_some_and(|skill| skill >= enough);
    if loss >= AT_CHANCE * baseline_loss && !falling && !scores_well {
        found.push(Finding::of_data(Kind::LossAtChance { loss, baseline_loss }));
    }
}

/// What the rows held out say: noise, or too much learned by heart.
fn held_out<T: Scalar>(case: &Examination<'_, T>, diagnostics: &Diagnostics, found: &mut Vec<Finding>) {
    let (losses, held_out) = (case.losses, case.validation_losses);
    if losses.len() != held_out.len() || losses.len() < 2 {
        return;
    }
    let baseline_loss = diagnostics.baseline_loss;
    let last = losses.len() - 1;
    let best = (0..=last).min_by(|&a, &b| held_out[a].total_cmp(&held_out[b])).unwrap_or(last);
    if losses[last] < AT_CHANCE * baseline_loss && held_out[best] >= AT_CHANCE * baseline_loss {
        let (training, validation) = (losses[last], held_out[best]);
        found.push(Finding::of_data(Kind::NoisyTargets { training, validation, baseline_loss }));
        return;
    }
    let at = if case.keeps_best { best } else { last };
    let is_apart = held_out[at] - losses[at] > OVERFITTING * baseline_loss;
    if is_apart || held_out[at] - held_out[best] > RISE * baseline_loss {
        let (training, validation, best) = (losses[at], held_out[at], held_out[best]);
        found.push(Finding::of_data(Kind::Overfitting { training, validation, best }));
    }
}

/// A run that ended on its way.
fn too_short<T: Scalar>(case: &Examination<'_, T>, diagnostics: &Diagnostics, found: &mut Vec<Finding>) {
    // With weights of classes, the losses of the epochs are not those of a constant prediction.
    if case.is_weighted {
        return;
    }
    let [.., first, _, last] = *case.losses else { return };
    let (fall, baseline_loss) = (0.5 * (first - last), diagnostics.baseline_loss);
    if fall > FALLING_FAST * baseline_loss && last > HALF_LEARNED * baseline_loss {
        found.push(Finding::of_data(Kind::Underfitting { loss: last, baseline_loss, fall }));
    }
}

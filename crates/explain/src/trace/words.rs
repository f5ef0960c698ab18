//! The text of a trace around its quantities, shared by plain text and Markdown.

use chainrule_model::optim::Update;

use super::{Trace, grid};

/// How to read the formulas.
pub(super) const READING: &str =
    "Side by side is the product of matrices, * multiplies number by number, ^T transposes.";

/// `dense(2, 1), relu; half-mse; sgd with learning rate 0.1; f64`.
pub(super) fn summary(trace: &Trace) -> String {
    let mut parts = vec![trace.layers.join(", ")];
    parts.extend(trace.loss.map(|loss| loss.to_string()));
    if let Some(Update { clip, optimizer, decay }) = trace.update {
        parts.extend([optimizer.to_string()]);
        parts.extend(decay.words());
        parts.extend(clip.map(|clip| clip.to_string()));
    }
    parts.push(trace.element.to_owned());
    parts.join("; ")
}

/// The losses that are listed: all, or the first and the last with a gap between them.
pub(super) fn losses_shown(count: usize, limit: usize) -> Vec<Option<usize>> {
    grid::shown(count, 2 * limit)
}

//! Shared by all formats: the lines of a node's box, a neuron's label, and the colour and width of an edge.

use crate::graph::neurons::{Bundle, Column};
use crate::graph::operations::{Node, Norms, Operations, Role};
use crate::graph::picture::{Colour, Theme};
use crate::graph::text::brief;

/// A line of a node's box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) text: String,
    /// Whether it is about gradients.
    pub(crate) gradient: bool,
}

/// The lines of a node's box: name and shape, formulas, norms.
pub(crate) fn lines(node: &Node) -> Vec<Line> {
    let line = |text: String, gradient| Line { text, gradient };
    let mut lines = vec![line(format!("{}  {}", node.name, node.shape).trim_end().to_owned(), false)];
    if node.role == Role::Operation {
        if node.parameters > 0 {
            lines[0].text = format!("{}: {} parameters", node.name, node.parameters);
        }
        lines.push(line(node.forward.clone(), false));
        lines.extend(node.backward.iter().map(|formula| line(formula.clone(), true)));
    }
    match node.norms {
        // The loss is a number: its norm would be itself without its sign.
        Some(Norms { value, gradient: None }) if node.module.is_none() && node.role == Role::Value => {
            lines[0].text = format!("{} = {}", node.name, brief(value));
        }
        Some(Norms { value, gradient }) => {
            lines.push(line(format!("‖{}‖ = {}", node.name, brief(value)), false));
            lines.extend(gradient.map(|gradient| line(format!("‖d{}‖ = {}", node.name, brief(gradient)), true)));
        }
        None => {}
    }
    lines
}

/// `138 parameters: 128 weights, 10 biases`; what there is none of is left out.
pub(crate) fn counts(graph: &Operations) -> String {
    let kinds = [("W", "weights"), ("b", "biases"), ("γ", "scales γ"), ("β", "shifts β")];
    let count = |(letter, kind): (&str, &str)| match graph.parameters_of(letter) {
        0 => None,
        count => Some(format!("{count} {kind}")),
    };
    let kinds: Vec<String> = kinds.into_iter().filter_map(count).collect();
    format!("{} parameters: {}", graph.parameters(), kinds.join(", "))
}

/// The texts alone.
pub(crate) fn node_lines(node: &Node) -> Vec<String> {
    lines(node).into_iter().map(|line| line.text).collect()
}

/// What stands at a neuron, line by line: its name, or its number counted from 1; its output; what is said of it.
pub(crate) fn neuron_lines(column: &Column, place: usize) -> Vec<String> {
    let name = column.labels.get(place).map_or_else(|| number(column, place), |name| shortened(name, LABEL));
    let note = column.notes.get(place).filter(|note| !note.is_empty()).map(|note| shortened_note(note));
    std::iter::once(name).chain(column.values.get(place).copied().map(brief)).chain(note).collect()
}

/// The number of a neuron, counted from 1.
pub(crate) fn number(column: &Column, place: usize) -> String {
    (column.drawn[place] + 1).to_string()
}

/// Letters of a label that are drawn.
pub(crate) const LABEL: usize = 32;

/// Cuts a text to at most this many letters.
pub(crate) fn shortened(text: &str, letters: usize) -> String {
    match text.char_indices().nth(letters) {
        None => text.to_owned(),
        Some(_) => text.chars().take(letters - 1).chain(['…']).collect(),
    }
}

/// Letters of what is said of a neuron.
const NOTE: usize = 56;

/// Cuts a note to what is drawn of it, at a blank: half of a number would be another one.
pub(crate) fn shortened_note(note: &str) -> String {
    let Some((end, _)) = note.char_indices().nth(NOTE) else { return note.to_owned() };
    match note[..end].rsplit_once(' ') {
        Some((whole, _)) => format!("{whole} …"),
        None => shortened(note, NOTE),
    }
}

/// The colour of an edge, and its width: 0.5 and 3.5 times its share of the largest.
pub(crate) fn edge_strength(bundle: &Bundle, value: f64) -> (Colour, f64) {
    let p = Theme::Light.palette();
    let share = if bundle.largest > 0.0 { value.abs() / bundle.largest } else { 0.0 };
    match value {
        0.0 => (p.zero, 0.8),
        _ if value > 0.0 => (p.positive, 0.5 + 3.5 * share),
        _ => (p.negative, 0.5 + 3.5 * share),
    }
}

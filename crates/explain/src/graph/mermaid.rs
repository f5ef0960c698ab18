//! Both views in Mermaid, which GitHub and GitLab draw in Markdown. The first notebook draws its networks in it too.

use std::fmt::Write;

use crate::graph::neurons::{Bundle, Neurons};
use crate::graph::operations::{Node, Operations, Role};
use crate::graph::picture::{Colour, Theme};
use crate::graph::svg::hex;
use crate::graph::text::printable;
use crate::graph::words::{counts, edge_strength, neuron_lines, node_lines};

/// The operations.
pub(crate) fn operations(graph: &Operations) -> String {
    let mut out = format!("flowchart TD\n    %% {}\n", escaped(&graph.title));
    let _ = writeln!(out, "    note[\"{}\"]:::more", escaped(&counts(graph)));
    for (i, node) in graph.nodes.iter().enumerate() {
        let label: Vec<String> = node_lines(node).iter().map(|line| escaped(line)).collect();
        let (open, close) = if matches!(node.role, Role::Value | Role::Given) { ("([", "])") } else { ("[", "]") };
        let _ = writeln!(out, "    n{i}{open}\"{}\"{close}:::{}", label.join("<br/>"), class(node));
    }
    for (from, to) in &graph.edges {
        let _ = writeln!(out, "    n{from} --> n{to}");
    }
    out + &classes()
}

/// The neurons.
pub(crate) fn neurons(graph: &Neurons) -> String {
    let mut out = format!("flowchart LR\n    %% {}\n", escaped(&graph.title));
    let notes: Vec<String> = graph.facts.iter().cloned().chain(graph.chosen()).map(|note| escaped(&note)).collect();
    if !notes.is_empty() {
        let _ = writeln!(out, "    note[\"{}\"]:::more", notes.join("<br/>"));
    }
    for (c, column) in graph.columns.iter().enumerate() {
        let role = if c == 0 {
            "given"
        } else if c + 1 == graph.columns.len() {
            "value"
        } else {
            "operation"
        };
        let _ = writeln!(out, "    subgraph c{c}[\"{}\"]", escaped(&column.name));
        for place in 0..column.drawn.len() {
            let text = neuron_lines(column, place).iter().map(|line| escaped(line)).collect::<Vec<_>>().join("<br/>");
            // A name may be longer than a circle is wide.
            let (open, close) = if column.labels.is_empty() { ("((", "))") } else { ("([", "])") };
            let _ = writeln!(out, "        c{c}n{place}{open}\"{text}\"{close}:::{role}");
        }
        if column.elided() > 0 {
            let _ = writeln!(out, "        c{c}more[\"… {} more\"]:::more", column.elided());
        }
        out.push_str("    end\n");
    }
    let mut styles = String::new();
    let mut edge = 0;
    for (c, bundle) in graph.bundles.iter().enumerate() {
        for (i, &value) in bundle.edges.iter().enumerate() {
            let outputs = graph.columns[c + 1].drawn.len();
            let _ = writeln!(out, "    c{c}n{} --- c{}n{}", i / outputs, c + 1, i % outputs);
            let _ = writeln!(styles, "    linkStyle {edge} {}", style(bundle, value));
            edge += 1;
        }
    }
    out + &styles + &classes()
}

fn style(bundle: &Bundle, value: f64) -> String {
    let (colour, width) = edge_strength(bundle, value);
    format!("stroke:{},stroke-width:{width:.1}px", hex(colour))
}

fn class(node: &Node) -> &'static str {
    match node.role {
        Role::Given => "given",
        Role::Parameter => "parameter",
        Role::Operation => "operation",
        Role::Value => "value",
    }
}

/// Fill and text colour of every class; with the fill alone, a dark page would put light text on a light fill.
fn classes() -> String {
    let p = Theme::Light.palette();
    let class = |name: &str, fill: Colour| {
        format!("    classDef {name} fill:{},stroke:{},color:{}\n", hex(fill), hex(p.faint), hex(p.ink))
    };
    let fills = [("given", p.given), ("parameter", p.parameter), ("operation", p.operation), ("value", p.value)];
    fills.map(|(name, fill)| class(name, fill)).concat() + "    classDef more fill:none,stroke:none\n"
}

/// In Mermaid, `#` starts an entity and a quote ends a label.
fn escaped(text: &str) -> String {
    let line = printable(text).replace(['\n', '\r'], " ");
    let line = line.replace('#', "#35;").replace('&', "#amp;").replace('\\', "#92;").replace('`', "#96;");
    line.replace('"', "#quot;").replace('<', "#lt;").replace('>', "#gt;")
}

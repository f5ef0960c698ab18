//! Both views in DOT, for Graphviz.

use std::fmt::Write;

use crate::graph::neurons::Neurons;
use crate::graph::operations::{Operations, Role};
use crate::graph::picture::Theme;
use crate::graph::svg::hex;
use crate::graph::text::printable;
use crate::graph::words::{counts, edge_strength, neuron_lines, node_lines};

const FONT: &str = "fontname=\"DejaVu Sans,Verdana,Helvetica,Arial\"";

/// The operations; gradients are dashed edges that point back.
pub(crate) fn operations(graph: &Operations) -> String {
    let p = Theme::Light.palette();
    let mut out = head(&format!("{}\n{}", graph.title, counts(graph)), "rankdir=TB");
    let _ = writeln!(
        out,
        "    node [shape=box, style=\"filled,rounded\", fontsize=11, {FONT}, fontcolor=\"{}\"];",
        hex(p.ink)
    );
    for (i, node) in graph.nodes.iter().enumerate() {
        let fill = match node.role {
            Role::Given => p.given,
            Role::Parameter => p.parameter,
            Role::Operation => p.operation,
            Role::Value => p.value,
        };
        let label = escaped(&node_lines(node).join("\n"));
        let _ = writeln!(out, "    n{i} [label=\"{label}\", fillcolor=\"{}\"];", hex(fill));
    }
    let back = format!("style=dashed, color=\"{}\", constraint=false", hex(p.gradient));
    for &(from, to) in &graph.edges {
        let _ = writeln!(out, "    n{from} -> n{to};");
        let (given, end) = (graph.nodes[from].role == Role::Given, graph.nodes[to].name == "L");
        if !given && !end {
            let _ = writeln!(out, "    n{to} -> n{from} [{back}];");
        }
    }
    out + "}\n"
}

/// The neurons, one rank per layer.
pub(crate) fn neurons(graph: &Neurons) -> String {
    let p = Theme::Light.palette();
    let title: Vec<String> =
        std::iter::once(graph.title.clone()).chain(graph.facts.clone()).chain(graph.chosen()).collect();
    let mut out = head(&title.join("\n"), "rankdir=LR, splines=line, ranksep=1.4, nodesep=0.15");
    let node = format!(
        "shape=circle, style=filled, fixedsize=true, width=0.5, fontsize=9, {FONT}, fontcolor=\"{}\"",
        hex(p.ink)
    );
    let _ = writeln!(out, "    node [{node}];\n    edge [dir=none];");
    for (c, column) in graph.columns.iter().enumerate() {
        let fill = if c == 0 {
            p.given
        } else if c + 1 == graph.columns.len() {
            p.value
        } else {
            p.operation
        };
        let _ = writeln!(
            out,
            "    subgraph cluster{c} {{ label=\"{}\"; color=none; {FONT}; fontsize=11;",
            escaped(&column.name)
        );
        for place in 0..column.drawn.len() {
            let (text, fill) = (escaped(&neuron_lines(column, place).join("\n")), hex(fill));
            // A name may be longer than a circle is wide.
            let shape = if column.labels.is_empty() { "" } else { ", shape=box, fixedsize=false, margin=0.05" };
            let _ = writeln!(out, "        c{c}n{place} [label=\"{text}\", fillcolor=\"{fill}\"{shape}];");
        }
        if column.elided() > 0 {
            let (more, shape) = (column.elided(), "shape=plaintext, style=\"\", fixedsize=false");
            let _ = writeln!(out, "        c{c}more [label=\"… {more} more\", {shape}];");
        }
        out.push_str("    }\n");
    }
    for (c, bundle) in graph.bundles.iter().enumerate() {
        let outputs = graph.columns[c + 1].drawn.len();
        for (i, &value) in bundle.edges.iter().enumerate() {
            let (colour, width) = edge_strength(bundle, value);
            let (from, to, colour) = (i / outputs, i % outputs, hex(colour));
            let _ = writeln!(out, "    c{c}n{from} -> c{}n{to} [color=\"{colour}\", penwidth={width:.1}];", c + 1);
        }
    }
    out + "}\n"
}

fn head(title: &str, settings: &str) -> String {
    format!(
        "digraph chainrule {{\n    graph [label=\"{}\", labelloc=t, bgcolor=white, {settings}, {FONT}];\n",
        escaped(title)
    )
}

fn escaped(text: &str) -> String {
    // Entities of HTML are read in every label.
    printable(text).replace('&', "&amp;").replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

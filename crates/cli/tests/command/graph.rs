//! `chainrule graph`: formats, views, and what it refuses.

use std::fs;

use crate::run::{folder, run, succeed};

#[test]
fn every_format_of_both_views_is_written_by_the_name_of_the_file() {
    let folder = folder();
    succeed(folder.path(), "train --epochs 1 --quiet --save m");
    for view in ["operations", "neurons"] {
        for (name, begin) in [
            ("g.svg", &b"<svg xmlns"[..]),
            ("g.png", b"\x89PNG\r\n\x1a\n"),
            ("g.dot", b"digraph chainrule {"),
            ("g.mmd", b"flowchart "),
        ] {
            let out = succeed(folder.path(), &format!("graph m --view {view} --data digits --output {name}"));
            assert_eq!(out, "");
            let file = fs::read(folder.path().join(name)).unwrap();
            assert!(file.starts_with(begin), "{view} {name}");
        }
    }
    let text =
        succeed(folder.path(), "graph m --view neurons --data digits --row 3 --edges gradients --format svg --dark");
    assert!(text.contains("‖dW₁‖ = ") && text.contains("… 120 more") && text.contains("L = "), "{text}");
    assert!(
        text.contains(">row 3: target 2") && text.contains("crispEdges") && text.contains("target and answer"),
        "{text}"
    );
}

#[test]
fn the_graph_of_the_digits_network_is_there() {
    let folder = folder();
    succeed(folder.path(), "train --epochs 1 --quiet --save m");
    for what in ["graph m --data digits --output g.png", "graph m --view neurons --data digits --output g.png"] {
        succeed(folder.path(), what);
    }
}

#[test]
fn ends_have_the_names_of_columns_and_classes_also_of_a_new_network() {
    let folder = folder();
    succeed(folder.path(), "train --data iris --epochs 1 --quiet --save m");
    for from in ["m", "--layers 4-8-3"] {
        for format in ["dot", "mermaid", "svg"] {
            let text =
                succeed(folder.path(), &format!("graph {from} --view neurons --data iris --row 60 --format {format}"));
            for words in ["petal_length", "versicolor", "row 60: target versicolor", " %, target"] {
                assert!(text.contains(words), "{from}, {format}: {words} in {text}");
            }
        }
    }
    let text = succeed(folder.path(), "graph m --view neurons --format dot");
    assert!(text.contains("virginica") && !text.contains("target"), "{text}");
}

#[test]
fn a_network_may_be_named_by_its_sizes() {
    let text = succeed(folder().path(), "graph --layers 2-4-3-1 --activation tanh");
    assert!(text.starts_with("flowchart TD") && text.contains("Z₃ = A₂·W₃ + b₃"), "{text}");
    assert!(text.contains("dZ₁ = dA₁ ⊙ (1 − A₁²)") && text.contains("L = Σ (Z₃ − T)² / n"), "{text}");
}

#[test]
fn what_cannot_be_drawn_is_refused() {
    let folder = folder();
    succeed(folder.path(), "train --epochs 1 --quiet --save m");
    for (args, code, part) in [
        ("graph", 2, "--layers 2-4-3-1"),
        ("graph --layers 2", 2, "such as 2-4-3-1; found \"2\""),
        ("graph m --layers 2-1", 2, "cannot be used with"),
        ("graph m --format png", 2, "a PNG needs a file"),
        ("graph m --output g.jpg", 2, ".svg, .png, .dot or .mmd"),
        ("graph m --view neurons --edges gradients", 2, "--data"),
        ("graph m --view nerons", 2, "a similar value exists: 'neurons'"),
        ("graph m --data digits --row 1798", 1, "row: found 1798, expected 1 to 1797"),
        ("graph --layers 3-1 --data digits", 1, "found 64 columns, expected 3, the inputs of the network"),
        ("graph m --output no/g.svg", 1, "no/g.svg"),
        ("graph absent", 1, "cannot read absent"),
    ] {
        let run = run(folder.path(), args);
        assert_eq!((run.code, run.stdout.as_str()), (code, ""), "{args}: {}", run.stderr);
        assert!(run.stderr.contains(part), "{args}: {}", run.stderr);
    }
}

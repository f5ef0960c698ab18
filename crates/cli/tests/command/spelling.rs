//! In the names that options take, `-` and `_` are alike.

use crate::run::{folder, succeed, weights};

#[test]
fn a_run_is_the_same_by_either_spelling() {
    let folder = folder();
    let path = folder.path();
    let trained = |options: &str| {
        succeed(path, &format!("train --epochs 1 --hidden 4 --quiet --save m {options}"));
        weights(&path.join("m"))
    };
    for options in [
        "--activation leaky-relu",
        "--activation leaky-relu(0.2)",
        "--activation gelu-tanh",
        "--loss cross-entropy",
        "--schedule one-cycle:0.2",
        "--schedule plateau:min-lr=1e-4",
    ] {
        let (option, value) = options.split_once(' ').unwrap();
        let (name, number) = value.split_once('=').unwrap_or((value, ""));
        let end = if number.is_empty() { String::new() } else { format!("={number}") };
        let underscores = format!("{option} {}{end}", name.replace('-', "_"));
        assert!(trained(options) == trained(&underscores), "{options}, {underscores}");
    }
}

#[test]
fn every_loss_is_known_by_either_spelling() {
    let folder = folder();
    for loss in ["cross-entropy", "binary-cross-entropy", "half-mse"] {
        let drawn = |loss: &str| succeed(folder.path(), &format!("graph --layers 2-4-3 --loss {loss}"));
        assert_eq!(drawn(loss), drawn(&loss.replace('-', "_")));
    }
}

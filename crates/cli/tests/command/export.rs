//! `chainrule export`: files for other programs.

use std::fs;

use serde_json::Value;

use crate::run::{folder, names, run, succeed};

#[test]
fn a_trained_model_becomes_sources_arrays_and_objects() {
    let folder = folder();
    let path = folder.path();
    succeed(path, "train --data iris --epochs 2 --quiet --save m.safetensors");
    let said = succeed(path, "export m.safetensors --out iris.c --int8 --data iris");
    assert!(said.contains("in eight bits outputs differ by at most") && said.contains("over 150 rows"), "{said}");
    let source = fs::read_to_string(path.join("iris.c")).unwrap();
    assert!(source.contains("int iris_predict(") && source.contains("in eight bits outputs differ by at most"));
    assert!(succeed(path, "export m.safetensors --to rust").contains("pub fn predict("));
    let object: Value = serde_json::from_str(&succeed(path, "export m.safetensors --to json")).unwrap();
    assert_eq!(object["classes"], serde_json::json!(["setosa", "versicolor", "virginica"]));
    let run = run(path, "export m.safetensors --out weights.safetensors --to torch");
    assert!(run.code == 0 && run.stderr.contains("columns and scaling stay behind"), "{}", run.stderr);
    succeed(path, "export m.safetensors --out m.npz");
    assert_eq!(names(path), ["iris.c", "m.npz", "m.safetensors", "weights.safetensors"]);
}

#[test]
fn what_cannot_be_exported_is_refused_before_anything_is_written() {
    let folder = folder();
    let path = folder.path();
    succeed(path, "train --data iris --epochs 1 --quiet --save m.safetensors");
    let before = fs::read(path.join("m.safetensors")).unwrap();
    for (args, code, says) in [
        ("export m.safetensors", 2, "name the format with --to"),
        ("export m.safetensors --out x.foo", 2, "unknown ending of a file"),
        ("export m.safetensors --to basic", 2, "unknown format"),
        ("export m.safetensors --to torch --out m.safetensors", 2, "it would be overwritten"),
        ("export m.safetensors --to json --int8 --out m.json", 1, "eight bits for json"),
    ] {
        let run = run(path, args);
        assert!(run.code == code && run.stderr.contains(says), "{args}: {} {}", run.code, run.stderr);
    }
    assert_eq!(names(path), ["m.safetensors"]);
    assert_eq!(fs::read(path.join("m.safetensors")).unwrap(), before);
}

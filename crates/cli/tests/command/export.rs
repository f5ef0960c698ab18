//! `chainrule export`, `convert` and `diff`: files for other programs, and from them.

use std::fs;

use serde_json::Value;

use crate::run::{folder, last, names, run, succeed};

#[test]
fn a_trained_model_becomes_sources_arrays_and_objects() {
    let folder = folder();
    let path = folder.path();
    succeed(path, "train --data iris --epochs 2 --quiet --save m.safetensors");
    let said = succeed(path, "export m.safetensors --out iris.c --int8 --data iris");
    assert!(said.contains("in eight bits outputs differ by at most") && said.contains("over 150 rows"), "{said}");
    let source = fs::read_to_string(path.join("iris.c")).unwrap();
    assert!(source.contains("int iris_predict(") && source.contains("in eight bits outputs differ by at most"));
    succeed(path, "train --data iris --epochs 2 --activation tanh --quiet --save tanh.safetensors");
    let source = succeed(path, "export tanh.safetensors --to c --name net");
    assert!(source.contains("2^n") && source.contains("NET_OUTPUTS"), "powers stay powers: {source}");
    assert!(source.lines().all(|line| !line.trim_start().starts_with("/*") || !line.contains("NET_n")), "{source}");
    fs::remove_file(path.join("tanh.safetensors")).unwrap();
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

#[test]
fn a_model_goes_to_onnx_and_comes_back() {
    let folder = folder();
    let path = folder.path();
    succeed(path, "train --data iris --epochs 2 --quiet --save m.safetensors");
    succeed(path, "convert m.safetensors m.onnx");
    succeed(path, "convert m.onnx again.safetensors");
    let found = run(path, "diff m.safetensors again.safetensors --data iris --json");
    let found: Value = serde_json::from_str(&found.stdout).unwrap();
    assert!(found["outputs"]["distance"].as_f64().unwrap() < 1e-5 && found["weight"].is_null(), "{found}");
    assert_eq!(found["outputs"]["other_class"], 0);
    let [a, b] =
        ["m.safetensors", "m.onnx"].map(|file| last(path, &format!("eval {file} --data iris --part all --json")));
    assert_eq!(a["test_accuracy"], b["test_accuracy"]);
    let [a, b] = ["m.safetensors", "m.onnx"].map(|file| run(path, &format!("predict {file} --data iris")).stdout);
    assert!(a == b && a.lines().count() == 150, "{a}{b}");
    assert!(succeed(path, "inspect m.onnx").contains("dense(4, 128)"));
}

#[test]
fn two_models_are_compared_and_a_difference_is_exit_code_1() {
    let folder = folder();
    let path = folder.path();
    for seed in ["1", "2"] {
        succeed(
            path,
            &format!("train --data iris --epochs 1 --hidden 4 --quiet --seed {seed} --save m{seed}.safetensors"),
        );
    }
    assert!(succeed(path, "diff m1.safetensors m1.safetensors --data iris").contains("the same\n"));
    let found = run(path, "diff m1.safetensors m2.safetensors --data iris");
    assert_eq!(found.code, 1);
    assert!(found.stdout.contains("numbers differ, most in ") && found.stdout.contains("outputs        most in row"));
    succeed(path, "train --data iris --epochs 1 --hidden 5 --quiet --save m3.safetensors");
    let found = run(path, "diff m1.safetensors m3.safetensors");
    assert!(found.code == 1 && found.stdout.contains("layers         dense(4, 4), relu"), "{}", found.stdout);
}

#[test]
fn inspect_draws_the_numbers_of_each_tensor() {
    let folder = folder();
    let path = folder.path();
    succeed(path, "train --data iris --epochs 1 --hidden 4 --quiet --save m.safetensors");
    let text = succeed(path, "inspect m.safetensors --weights");
    let line = text.lines().find(|line| line.starts_with("0.weight")).unwrap();
    assert!(line.contains("4x4") && line.contains('\u{2588}'), "{line}");
    let histograms = &last(path, "inspect m.safetensors --weights --json")["histograms"];
    assert_eq!((histograms.as_array().unwrap().len(), &histograms[0]["count"]), (4, &16.into()));
}

#[test]
fn an_export_says_which_rows_were_tested_on() {
    let folder = folder();
    let path = folder.path();
    succeed(path, "train --data iris --seed 7 --epochs 20 --quiet --save m.safetensors");
    let want = last(path, "eval m.safetensors --data iris --part test --json")["test_loss"].clone();
    for to in ["m.onnx", "m.json", "m.npz", "again.safetensors"] {
        let from = if to == "again.safetensors" { "m.json" } else { "m.safetensors" };
        succeed(path, &format!("convert {from} {to}"));
        let found = last(path, &format!("eval {to} --data iris --part test --json"));
        let (found, want) = (found["test_loss"].as_f64().unwrap(), want.as_f64().unwrap());
        assert!((found - want).abs() < 1e-5, "{to}: {found}, not {want}");
    }
    let refused = run(path, "eval m.onnx --data iris --part test --seed 42");
    assert!(refused.code == 2 && refused.stderr.contains("m.onnx has learned from"), "{}", refused.stderr);
    succeed(path, "eval m.onnx --data iris --part test --seed 7 --holdout 0.2");
}

#[test]
fn a_file_that_does_not_say_which_rows_were_tested_on_has_no_parts() {
    let folder = folder();
    let path = folder.path();
    succeed(path, "train --data iris --seed 7 --epochs 2 --quiet --save m.safetensors");
    let mut object: Value = serde_json::from_str(&succeed(path, "export m.safetensors --to json")).unwrap();
    object.as_object_mut().unwrap().remove("split").unwrap();
    fs::write(path.join("m.json"), object.to_string()).unwrap();
    for args in ["eval m.json --data iris --part test", "eval m.json --data iris --part test --seed 7"] {
        let refused = run(path, args);
        assert!(refused.code == 2, "{args}: {}", refused.code);
        assert!(refused.stderr.contains("m.json does not say which rows it was tested on"), "{}", refused.stderr);
    }
    let refused = run(path, "explain m.json --data iris --part test");
    assert!(refused.code == 2 && refused.stderr.contains("does not say which rows"), "{}", refused.stderr);
    let told = run(path, "eval m.json --data iris --part test --seed 7 --holdout 0.2");
    assert!(told.code == 0 && told.stderr.contains("m.json cannot confirm"), "{}", told.stderr);
    let on = run(path, "train --data iris --from m.json --epochs 1 --save on.safetensors");
    let said = on.stdout + &on.stderr;
    assert!(said.contains("m.json does not say which rows it was trained on"), "{said}");
}

#[test]
fn inspect_says_what_an_export_was_checked_by_and_a_changed_one_is_refused() {
    let folder = folder();
    let path = folder.path();
    succeed(path, "train --data iris --epochs 1 --quiet --save m.safetensors");
    let said = succeed(path, "inspect m.safetensors");
    assert!(said.contains("the checksum, and the outputs of 3 rows") && said.contains(", 1 epoch,"), "{said}");
    for to in ["m.json", "m.npz", "m.onnx"] {
        succeed(path, &format!("convert m.safetensors {to}"));
        let said = succeed(path, &format!("inspect {to}"));
        assert!(said.contains("the outputs of 4 rows stored in the file, which has no checksum"), "{to}: {said}");
        let found = last(path, &format!("inspect {to} --json"));
        assert_eq!((&found["checksum"], &found["stored_rows"]), (&false.into(), &4.into()));
    }
    let mut object: Value = serde_json::from_str(&fs::read_to_string(path.join("m.json")).unwrap()).unwrap();
    object["layers"][0]["bias"][0] = 9.5.into();
    fs::write(path.join("other.json"), object.to_string()).unwrap();
    let refused = run(path, "inspect other.json");
    assert!(refused.code == 1 && refused.stderr.contains("test row 1"), "{}", refused.stderr);
    assert!(refused.stderr.contains("the file was changed since"), "{}", refused.stderr);
    object.as_object_mut().unwrap().remove("test").unwrap();
    fs::write(path.join("bare.json"), object.to_string()).unwrap();
    let said = succeed(path, "inspect bare.json");
    assert!(said.contains("no: the file has neither a checksum nor stored rows"), "{said}");
}

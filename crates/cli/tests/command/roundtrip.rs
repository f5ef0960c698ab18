//! train, inspect, eval, predict: one model, the same numbers everywhere.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use chainrule::Model;
use chainrule::data::{digits, read_features};
use serde_json::Value;

use crate::run::{command, digits_as_files, feed, folder, last, names, run, succeed};

fn lines(text: &str) -> Vec<&str> {
    text.lines().collect()
}

/// Trains the digits to `m` and leaves them as files beside it.
fn trained(folder: &Path, settings: &str) -> Value {
    digits_as_files(folder);
    last(folder, &format!("train --json --epochs 3 --save m {settings}"))
}

#[test]
fn a_saved_model_is_inspected_evaluated_and_predicted_with() {
    for settings in ["", "--dtype f64 --hidden 16 --activation leaky_relu(0.2)"] {
        let folder = folder();
        let path = folder.path();
        let done = trained(path, settings);
        let inspected = last(path, "inspect m --json");
        assert_eq!(inspected["weights_sha256"], done["weights_sha256"]);
        assert_eq!(inspected["kernel"], done["kernel"]);
        assert_eq!((&inspected["inputs"], &inspected["outputs"]), (&64.into(), &10.into()));
        assert_eq!(inspected["preprocess"], serde_json::json!({"kind": "scale", "factor": 0.0625}));

        let evaluated = last(path, "eval m --json --data digits --part test");
        assert_eq!(evaluated["test_loss"], done["test_loss"]);
        assert_eq!(evaluated["test_accuracy"], done["test_accuracy"]);
        let all = last(path, "eval m --json --data digits");
        assert_eq!(all["test_loss"], last(path, "eval m --json --data x.npy --labels y.npy")["test_loss"]);
        assert_eq!(all["test_loss"], last(path, "eval m --json --data x.csv --labels y.csv --threads 3")["test_loss"]);

        // The diagonal of the confusion matrix counts the classes that were predicted rightly.
        let count = |row: usize, col: usize| all["confusion"][row][col].as_u64().unwrap();
        let right: u64 = (0..10).map(|class| count(class, class)).sum();
        let classes = succeed(path, "predict m --data x.npy");
        let labels = fs::read_to_string(path.join("y.csv")).unwrap();
        let hits = lines(&classes).iter().zip(lines(&labels)).filter(|(a, b)| **a == *b).count();
        assert_eq!(right, hits as u64);
        assert_eq!(all["test_accuracy"].as_f64().unwrap(), right as f64 / 1797.0);
    }
}

#[test]
fn all_ways_to_predict_agree_with_the_library() {
    let folder = folder();
    let path = folder.path();
    trained(path, "");
    let model = Model::<f32>::load(path.join("m")).unwrap();
    let classes = model.predict_classes(digits().features()).unwrap();
    let probabilities = model.predict_proba(digits().features()).unwrap();

    let printed = succeed(path, "predict m --data digits");
    assert!(lines(&printed).iter().zip(&classes).all(|(text, class)| *text == class.to_string()));
    assert_eq!(lines(&printed).len(), 1797);
    let rows = fs::read(path.join("x.csv")).unwrap();
    assert_eq!(feed(path, "predict m", &rows).stdout, printed);
    assert_eq!(succeed(path, "predict m --data x.npy --output classes.csv"), "");
    assert_eq!(fs::read_to_string(path.join("classes.csv")).unwrap(), format!("class\n{printed}"));
    succeed(path, "predict m --data x.npy --output classes.npy");
    let targets = chainrule::data::read_targets::<f32>(path.join("classes.npy"), Some(10)).unwrap();
    assert_eq!(targets, chainrule::data::Targets::Classes { labels: classes, classes: 10 });

    let printed = succeed(path, "predict m --data digits --proba");
    fs::write(path.join("printed.csv"), printed).unwrap();
    succeed(path, "predict m --data digits --proba --output p.npy");
    succeed(path, "predict m --data digits --proba --output p.csv");
    for name in ["printed.csv", "p.npy", "p.csv"] {
        assert_eq!(read_features::<f32>(path.join(name)).unwrap().data(), probabilities, "{name}");
    }
}

#[test]
fn values_are_predicted_as_numbers_and_labels_as_classes_whatever_the_loss() {
    let folder = folder();
    let path = folder.path();
    fs::write(path.join("x.csv"), "0\n1\n2\n3\n4\n").unwrap();
    fs::write(path.join("y.csv"), "0,1\n1,2\n2,3\n3,4\n4,5\n").unwrap();
    fs::write(path.join("l.csv"), "0\n0\n0\n1\n1\n").unwrap();
    let settings = "--loss mse --hidden none --lr 0.05 --epochs 500 --holdout 0 --quiet";
    succeed(path, &format!("train --data x.csv --labels y.csv --save values {settings}"));
    let printed = feed(path, "predict values", b"2.5\n").stdout;
    let values: Vec<f64> = printed.trim().split(',').map(|cell| cell.parse().unwrap()).collect();
    assert!((values[0] - 2.5).abs() < 1e-3 && (values[1] - 3.5).abs() < 1e-3, "{printed}");
    let proba = feed(path, "predict values --proba", b"2.5\n");
    assert!(proba.code == 1 && proba.stderr.contains("a model trained with mse"), "{}", proba.stderr);
    let evaluated = last(path, "eval values --json --data x.csv --labels y.csv");
    assert!(evaluated["confusion"].is_null() && evaluated["test_accuracy"].is_null(), "{evaluated}");

    succeed(path, &format!("train --data x.csv --labels l.csv --task classification --save classes {settings}"));
    assert_eq!(feed(path, "predict classes", b"0\n4\n").stdout, "0\n1\n");
    assert_eq!(last(path, "eval classes --json --data x.csv --labels l.csv")["test_accuracy"], 1.0);
}

#[test]
fn the_words_of_eval_and_inspect_name_what_the_model_is() {
    let folder = folder();
    let path = folder.path();
    trained(path, "");
    let text = succeed(path, "inspect m");
    for part in ["dense(64, 128)", "relu", "17,226", "67.3 KiB", "cross-entropy", "x * 0.0625", "0, 1, 2", "f32_"] {
        assert!(text.contains(part), "{part} in {text}");
    }
    let text = succeed(path, "eval m --data digits --part test");
    assert!(text.contains("digits, test: 359 rows") && text.contains("accuracy  "), "{text}");
    assert!(text.contains(" % (95 % interval ") && text.contains("; majority class: 13.65 %), "), "{text}");
    // The rows, the loss, the accuracy and eight metrics, two of calibration; the scores of ten classes; the confusion matrix.
    assert_eq!(text.lines().count(), 3 + 8 + 2 + (1 + 1 + 10) + (1 + 1 + 1 + 10), "{text}");
    let parts = [("all", 1797), ("train", 1438), ("test", 359)];
    for (part, rows) in parts {
        assert_eq!(last(path, &format!("eval m --json --data digits --part {part}"))["rows"], rows);
    }
    let half = last(path, "eval m --json --data digits --part train --holdout 0.5 --seed 7");
    assert_eq!(half["rows"], 1797 - 899);
}

#[test]
fn a_reader_that_leaves_is_no_failure() {
    let folder = folder();
    trained(folder.path(), "");
    let mut child = command(folder.path())
        .args("predict m --data digits --proba".split(' '))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]));
}

#[test]
fn help_and_version_succeed_and_show_examples() {
    let folder = folder();
    for command in ["", "train ", "eval ", "predict ", "inspect "] {
        let text = succeed(folder.path(), &format!("{command}--help"));
        assert!(text.contains("Usage: chainrule") && text.contains("\nExamples:\n  "), "{text}");
    }
    assert_eq!(succeed(folder.path(), "--version"), format!("chainrule {}\n", env!("CARGO_PKG_VERSION")));
    let nothing = run(folder.path(), "help");
    assert_eq!(nothing.code, 0);
    assert_eq!(names(folder.path()), [""; 0]);
}

//! `chainrule train`: what it learns and what it prints.

use std::fs;
use std::process::Stdio;

use serde_json::Value;

use crate::run::{command, digits_as_files, folder, json, last, names, run, succeed};

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn the_bare_command_learns_the_digits() {
    let folder = folder();
    let done = last(folder.path(), "train --json");
    assert!(done["test_accuracy"].as_f64().unwrap() >= 0.96, "{done}");
    assert_eq!((&done["epochs"], &done["steps"]), (&60.into(), &(60 * 45).into()));
    assert_eq!(names(folder.path()), [""; 0]);
}

#[test]
fn the_defaults_do_not_depend_on_luck() {
    for seed in 0..6 {
        let done = last(folder().path(), &format!("train --json --seed {seed}"));
        assert!(done["test_accuracy"].as_f64().unwrap() >= 0.955, "seed {seed}: {done}");
    }
}

#[test]
fn every_optimizer_learns_the_digits_by_its_defaults_and_is_named() {
    for (settings, words) in [
        ("--momentum 0.9 --nesterov", "sgd with learning rate 0.1, momentum 0.9, nesterov, batches of 32"),
        ("--lr 0.05 --weight-decay 1e-5", "sgd with learning rate 0.05, weight decay 1e-5, batches of 32"),
        ("--optimizer rmsprop", "rmsprop with learning rate 0.01, batches of 32"),
        ("--optimizer adam --beta2 0.99", "adam with learning rate 0.001, beta2 0.99, batches of 32"),
        ("--clip-norm 1", "sgd with learning rate 0.1, gradients clipped to norm 1, batches of 32"),
        (
            "--optimizer adam --clip-value 0.01",
            "adam with learning rate 0.001, gradients clipped at 0.01, batches of 32",
        ),
        ("--optimizer adamw", "adamw with learning rate 0.001, batches of 32"),
    ] {
        let folder = folder();
        let done = last(folder.path(), &format!("train --json {settings}"));
        assert!(done["test_accuracy"].as_f64().unwrap() >= 0.96, "{settings}: {done}");
        let text = succeed(folder.path(), &format!("train --epochs 1 {settings}"));
        assert!(text.contains(&format!("cross-entropy, {words}")), "{text}");
    }
}

#[test]
fn a_table_is_learned_at_a_rate_of_its_own_unless_one_is_given() {
    for (settings, words) in [
        ("", "adam with learning rate 0.003, batches of 32"),
        ("--beta1 0.8", "adam with learning rate 0.003, beta1 0.8, batches of 32"),
        ("--lr 0.002", "adam with learning rate 0.002, batches of 32"),
        ("--optimizer adam", "adam with learning rate 0.001, batches of 32"),
        ("--optimizer sgd", "sgd with learning rate 0.1, batches of 32"),
    ] {
        let text = succeed(folder().path(), &format!("train --data iris --epochs 1 {settings}"));
        assert!(text.contains(words), "{settings}: {text}");
    }
}

#[test]
fn json_is_a_line_for_each_epoch_and_one_at_the_end() {
    let lines = json(folder().path(), "train --json --epochs 3 --threads 2");
    assert_eq!((lines.len(), &lines[0]["event"]), (5, &"start".into()));
    let start = &lines[0];
    assert_eq!((&start["rows"], &start["test_rows"], &start["seed"]), (&1438.into(), &359.into(), &42.into()));
    assert_eq!(start["command"], serde_json::json!(["train", "--epochs", "3"]));
    assert_eq!(
        start["layers"],
        serde_json::json!(["dense(64, 128)", "relu", "dense(128, 64)", "relu", "dense(64, 10)"])
    );
    let lines = &lines[1..];
    for (epoch, line) in (1..).zip(&lines[..3]) {
        assert_eq!((&line["event"], &line["epoch"]), (&"epoch".into(), &epoch.into()));
        // serde_json sorts them.
        let expected = [
            "accuracy",
            "epoch",
            "event",
            "learning_rate",
            "loss",
            "seconds",
            "val_accuracy",
            "val_loss",
            "val_mae",
            "val_r2",
            "weights_sha256",
        ];
        assert_eq!(keys(line), expected);
        assert!(line["val_mae"].is_null() && line["val_r2"].is_null(), "of values alone: {line}");
        let is_word = |key: &str| ["event", "weights_sha256", "val_mae", "val_r2"].contains(&key);
        assert!(keys(line).iter().all(|key| is_word(key) || line[key].is_number()), "{line}");
    }
    let done = &lines[3];
    assert_eq!(done["event"], "done");
    for key in ["epochs", "steps", "threads", "test_loss", "test_accuracy", "seconds", "step_us"] {
        assert!(done[key].is_number(), "{key} of {done}");
    }
    assert_eq!(done["test_accuracy"], lines[2]["val_accuracy"]);
    assert_eq!(done["test_loss"], lines[2]["val_loss"]);
    assert_eq!(done["threads"], 2);
    assert_eq!(done["weights_sha256"].as_str().unwrap().len(), 64);
    assert_eq!(done["weights_sha256"], lines[2]["weights_sha256"]);
    assert_ne!(lines[1]["weights_sha256"], lines[2]["weights_sha256"]);
    assert!(done["kernel"].as_str().unwrap().starts_with("f32_"), "{done}");
    assert_eq!((&done["interrupted"], &done["saved"]), (&false.into(), &Value::Null));
    let (step_us, steps) = (done["step_us"].as_f64().unwrap(), done["steps"].as_f64().unwrap());
    assert!(step_us > 0.0 && 1e-6 * step_us * steps <= done["seconds"].as_f64().unwrap(), "{done}");
}

#[test]
fn what_there_is_none_of_is_null() {
    let folder = folder();
    let lines = json(folder.path(), "train --json --epochs 1 --holdout 0");
    assert!(lines[1]["val_loss"].is_null() && lines[1]["val_accuracy"].is_null());
    assert!(lines[2]["test_loss"].is_null() && lines[2]["test_accuracy"].is_null());
    fs::write(folder.path().join("x.csv"), "0\n1\n2\n3\n4\n").unwrap();
    fs::write(folder.path().join("y.csv"), "0,1\n1,2\n2,3\n3,4\n4,5\n").unwrap();
    let args = "train --json --data x.csv --labels y.csv --loss mse --hidden none --lr 0.05 --epochs 400";
    let lines = json(folder.path(), args);
    assert!(lines.iter().all(|line| line["accuracy"].is_null() && line["val_accuracy"].is_null()));
    let done = lines.last().unwrap();
    assert!(done["test_accuracy"].is_null() && done["test_loss"].as_f64().unwrap() < 1e-3, "{done}");
}

#[test]
fn words_are_a_heading_a_line_for_each_epoch_and_the_result() {
    let folder = folder();
    let text = succeed(folder.path(), "train --epochs 2 --save m.safetensors");
    let at = text.lines().position(|line| line.trim_start().starts_with("epoch ")).expect("a heading");
    let lines: Vec<&str> = text.lines().skip(at).collect();
    let words: Vec<&str> = lines[0].split_whitespace().collect();
    assert_eq!(words, ["epoch", "loss", "accuracy", "val", "loss", "val", "accuracy", "seconds"]);
    let verbose = succeed(folder.path(), "train --epochs 2 --verbose");
    assert!(verbose.lines().any(|line| line.ends_with("  weights")), "{verbose}");
    assert!(lines[1].trim_start().starts_with("1 ") && lines[2].trim_start().starts_with("2 "), "{text}");
    assert!(text.contains("held out: ") && text.contains("% of 359 rows right"), "{text}");
    assert!(text.contains("saved m.safetensors; predict with: chainrule predict m.safetensors"), "{text}");
    assert_eq!(names(folder.path()), ["m.safetensors"]);
}

#[test]
fn quiet_is_silent_save_for_the_json_that_was_asked_for() {
    assert_eq!(succeed(folder().path(), "train --epochs 1 --quiet"), "");
    assert_eq!(json(folder().path(), "train --epochs 1 --quiet --json").len(), 3);
}

#[test]
fn a_run_that_diverges_fails_and_leaves_the_old_model() {
    let folder = folder();
    fs::write(folder.path().join("m"), "precious").unwrap();
    let run = run(folder.path(), "train --lr 1e30 --save m --force");
    assert_eq!(run.code, 1);
    assert!(run.stderr.starts_with("error: the loss became ") && run.stderr.contains("smaller learning rate"));
    assert_eq!(fs::read_to_string(folder.path().join("m")).unwrap(), "precious");
    assert_eq!(names(folder.path()), ["m"]);
}

#[test]
fn a_model_outlives_a_run_that_diverges_after_its_first_epoch() {
    let folder = folder();
    let path = folder.path();
    let diverging = "train --optimizer sgd --schedule exponential:1e30 --epochs 3 --save m";
    // Where there is none, what was learned before is kept and said, whatever is printed.
    let first = run(path, &format!("{diverging} --quiet"));
    assert!(first.code == 1 && first.stderr.contains("saved m as it was after epoch 1"), "{}", first.stderr);
    succeed(path, "train --epochs 2 --save m --quiet");
    let good = fs::read(path.join("m")).unwrap();
    for more in ["", " --quiet", " --json"] {
        let run = run(path, &format!("{diverging}{more}"));
        let said = format!("{}{}", run.stdout, run.stderr);
        assert!(run.code == 1 && said.contains("m stays as it was before this run"), "{said}");
        assert!(fs::read(path.join("m")).unwrap() == good, "{more}");
    }
}

#[test]
fn names_of_other_formats_are_refused_before_training() {
    let folder = folder();
    for name in ["m.onnx", "m.npz", "m.JSON", "m.c", "m.pt", "m.h5", "m.csv"] {
        let run = run(folder.path(), &format!("train --save {name}"));
        assert!(run.code == 2 && run.stdout.is_empty(), "{name}: {run:?}");
        assert!(run.stderr.contains("--save m.safetensors; other formats"), "{name}: {}", run.stderr);
    }
    assert_eq!(names(folder.path()), [""; 0]);
}

#[test]
fn files_train_as_the_embedded_digits_do() {
    let folder = folder();
    digits_as_files(folder.path());
    let hash = |args: &str| {
        last(
            folder.path(),
            &format!("train --json --epochs 2 --optimizer sgd --init-weights he --batch 32 --holdout 0 {args}"),
        )["weights_sha256"]
            .clone()
    };
    let embedded = hash("--seed 1");
    assert_eq!(hash("--seed 1 --data x.npy --labels y.npy --preprocess scale:0.0625"), embedded);
    assert_eq!(hash("--seed 1 --data x.csv --labels y.csv --preprocess scale:0.0625"), embedded);
    assert_ne!(hash("--seed 1 --data x.csv --labels y.csv --preprocess standardize"), embedded);
    assert_ne!(hash("--seed 2"), embedded);
    assert_ne!(hash("--seed 1 --no-shuffle"), embedded);
}

#[test]
fn test_data_take_the_place_of_held_out_rows() {
    let folder = folder();
    digits_as_files(folder.path());
    let args = "train --json --epochs 1 --data x.npy --labels y.npy --preprocess scale:0.0625";
    let tested = json(folder.path(), &format!("{args} --test-data digits"));
    // All 1,797 rows, and they are the same.
    let done = |lines: &[Value]| lines.last().unwrap().clone();
    assert_eq!(done(&tested)["steps"], 57);
    let by_files = json(folder.path(), &format!("{args} --test-data x.csv --test-labels y.csv"));
    assert!(done(&tested)["test_loss"].is_number());
    assert_eq!(done(&tested)["test_loss"], done(&by_files)["test_loss"]);
}

#[test]
fn dropout_and_normalisation_are_trained_saved_and_shown() {
    let folder = folder();
    let path = folder.path();
    for (norm, name) in [("batch", "batch_norm"), ("layer", "layer_norm")] {
        let args = format!("train --json --hidden 32,16 --norm {norm} --dropout 0.1 --epochs 5 --save a");
        let done = last(path, &args);
        assert!(done["test_accuracy"].as_f64().unwrap() > 0.8, "{done}");
        let inspected = last(path, "inspect a --json");
        let want = [
            "dense(64, 32)",
            &format!("{name}(32)"),
            "relu",
            "dropout(0.1)",
            "dense(32, 16)",
            &format!("{name}(16)"),
            "relu",
            "dropout(0.1)",
            "dense(16, 10)",
        ];
        assert_eq!(inspected["layers"], serde_json::json!(want));
        assert_eq!(inspected["weights_sha256"], done["weights_sha256"]);
        let evaluated = last(path, "eval a --json --data digits --part test");
        assert_eq!(evaluated["test_loss"], done["test_loss"]);
        let words = succeed(path, "inspect a");
        assert!(words.contains(&format!("{name}(32)")) && words.contains("dropout(0.1)"), "{words}");
        // On from where it was, with masks of this run's seed.
        let again = |seed: usize, more: &str| {
            let args = format!("train --json --init a --no-shuffle --holdout 0 --epochs 1 --seed {seed} {more}");
            last(path, &args)["weights_sha256"].clone()
        };
        assert_eq!(again(1, ""), again(1, &format!("--norm {norm} --dropout 0.1")));
        assert_ne!(again(1, ""), again(2, ""));
    }
    let words = succeed(path, "train --norm batch --dropout 0.5 --epochs 1");
    assert!(words.contains("network: 64-128-64-10 batch_norm, relu, dropout(0.5); "), "{words}");
}

#[test]
fn training_goes_on_from_a_file() {
    let folder = folder();
    let path = folder.path();
    let first = last(path, "train --json --hidden 32 --activation tanh --epochs 3 --save a");
    let next = json(path, "train --json --init a --epochs 3 --save b");
    // Where the other left off: a new network begins with a loss above 1.
    assert!(next[1]["loss"].as_f64().unwrap() < 0.7, "{} after {first}", next[1]);
    let inspected = last(path, "inspect b --json");
    assert_eq!(inspected["layers"], serde_json::json!(["dense(64, 32)", "tanh", "dense(32, 10)"]));
    let same = last(path, "train --json --init a --hidden 32 --activation tanh --epochs 3");
    assert_eq!(same["weights_sha256"], next.last().unwrap()["weights_sha256"]);
    assert_eq!(last(path, "train --json --init a --epochs 1 --dtype f64")["kernel"].as_str().unwrap()[..4], *"f64_");
}

#[test]
fn a_reader_that_leaves_ends_training_unless_a_model_is_to_be_saved() {
    let folder = folder();
    for (args, saved) in [("train --epochs 60", false), ("train --epochs 60 --save m", true)] {
        let mut child = command(folder.path())
            .args(args.split_whitespace())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]), "{args}");
        assert_eq!(folder.path().join("m").exists(), saved);
    }
}

#[test]
#[cfg(target_os = "linux")]
fn output_that_cannot_be_written_is_a_failure_but_the_model_is_saved() {
    let folder = folder();
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let output = command(folder.path()).args("train --epochs 2 --save m".split(' ')).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.starts_with("error: cannot write to standard output: No space left"), "{stderr}");
    assert_eq!(names(folder.path()), ["m"]);
}

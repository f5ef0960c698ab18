//! `tune`, `train --cv` and `--init-weights`: the same whatever the threads, gone on with where it stopped, and a command
//! line that does what it says.

use std::fs;

use serde_json::Value;

use crate::run::{folder, json, last, run, succeed, weights};

const SEARCH: &str =
    "tune --data people.csv --target answer --missing median --candidates 4 --epochs 4 --seed 7 --json";

/// Two columns with holes, and an answer.
fn people() -> String {
    let row = |at: usize| {
        let (age, size) = ((at * 37 % 60) as f64, (at * 101 % 97) as f64 / 10.0);
        let answer = if age + 6.0 * size > 58.0 { "yes" } else { "no" };
        let age = if at % 11 == 3 { String::new() } else { age.to_string() };
        format!("{age},{size},{answer}\n")
    };
    "age,size,answer\n".to_owned() + &(0..150).map(row).collect::<String>()
}

#[test]
fn a_search_is_the_same_on_any_threads_and_goes_on_where_it_stopped() {
    let folder = folder();
    fs::write(folder.path().join("people.csv"), people()).unwrap();
    let one = last(folder.path(), &format!("{SEARCH} --threads 1 --state s1"));
    let two = last(folder.path(), &format!("{SEARCH} --threads 2 --state s2"));
    assert_eq!(one, two);
    assert_eq!(one["candidates"].as_array().unwrap().len(), 4);
    // Killed after its second result, in the middle of the third.
    let state = fs::read_to_string(folder.path().join("s1")).unwrap();
    let lines: Vec<&str> = state.lines().collect();
    assert_eq!(lines.len(), 1 + 4 + 2, "{state}");
    fs::write(folder.path().join("s3"), format!("{}\n{}", lines[..3].join("\n"), &lines[3][..20])).unwrap();
    let again = last(folder.path(), &format!("{SEARCH} --state s3"));
    assert_eq!(again, one);
    // What was trained then is behind the half line, and known.
    let text = succeed(folder.path(), &format!("{} --state s3", SEARCH.replace(" --json", "")));
    assert!(text.contains("6 known already"), "{text}");
    let text = succeed(folder.path(), &format!("{} --state s1", SEARCH.replace(" --json", "")));
    assert!(text.contains("6 known already") && text.contains("val loss"), "{text}");
    let other = run(folder.path(), &format!("{} --state s1", SEARCH.replace("--seed 7", "--seed 8")));
    assert!(other.code == 2 && other.stderr.contains("seed 7 by --missing median; expected"), "{}", other.stderr);
}

#[test]
fn the_command_line_of_a_search_trains_what_it_found() {
    let folder = folder();
    fs::write(folder.path().join("people.csv"), people()).unwrap();
    let found = last(folder.path(), SEARCH);
    let line = found["command"].as_str().unwrap().strip_prefix("chainrule ").unwrap().to_owned();
    for option in ["--target answer", "--missing median", "--seed 7", "--optimizer adamw", "--validation 0.2"] {
        assert!(line.contains(option), "{line}");
    }
    let epochs = json(folder.path(), &format!("{line} --json"));
    let losses: Vec<f64> = epochs.iter().filter_map(|line| line["val_loss"].as_f64()).collect();
    let best = losses.iter().copied().fold(f64::INFINITY, f64::min);
    assert_eq!(found["candidates"][0]["score"].as_f64(), Some(best), "{line}");
}

#[test]
fn a_search_splits_and_weighs_rows_as_training_is_asked_to() {
    let folder = folder();
    let mut text = "a,b,who,weight,y\n".to_owned();
    for at in 0..120 {
        let (a, b) = (f64::from(at * 37 % 101) / 50.0, f64::from(at * 53 % 97) / 48.0);
        text += &format!("{a},{b},{},{},{}\n", at % 12, 1 + at % 3, (1.0 + a) * (2.0 + b));
    }
    fs::write(folder.path().join("rows.csv"), text).unwrap();
    let search = "tune --data rows.csv --target y --candidates 2 --epochs 4 --threads 1 --state s --json";
    for options in ["--group who --row-weights weight --log1p y", "--drop who,weight --holdout last:0.25"] {
        let found = last(folder.path(), &format!("{search} {options}").replace("--state s", ""));
        let line = found["command"].as_str().unwrap().strip_prefix("chainrule ").unwrap().to_owned();
        assert!(line.contains(options), "{line}");
        let epochs = json(folder.path(), &format!("{line} --json"));
        let losses: Vec<f64> = epochs.iter().filter_map(|line| line["val_loss"].as_f64()).collect();
        let best = losses.iter().copied().fold(f64::INFINITY, f64::min);
        assert_eq!(found["candidates"][0]["score"].as_f64(), Some(best), "{line}");
    }
    last(folder.path(), &format!("{search} --group who"));
    let other = run(folder.path(), &format!("{search} --drop who"));
    assert!(other.code == 2 && other.stderr.contains("and --group who"), "{}", other.stderr);
    let both = run(folder.path(), &format!("{search} --group who --holdout last"));
    assert!(both.code == 2 && both.stderr.contains("--group is for rows that are drawn"), "{}", both.stderr);
}

#[test]
fn cross_validation_tells_each_fold_and_leaves_the_model_alone() {
    let folder = folder();
    let cv = |threads: usize| -> Value {
        let args = format!("train --data iris --epochs 5 --cv 3 --threads {threads} --json --save m{threads}");
        let line = json(folder.path(), &args).into_iter().find(|line| line["event"] == "cv");
        line.expect("a line of the folds")
    };
    let found = cv(1);
    assert_eq!(found, cv(2));
    let scores = found["scores"].as_array().unwrap();
    for score in scores {
        let folds: Vec<f64> = score["folds"].as_array().unwrap().iter().map(|fold| fold.as_f64().unwrap()).collect();
        let mean = folds.iter().sum::<f64>() / 3.0;
        let squares: f64 = folds.iter().map(|fold| (fold - mean).powi(2)).sum();
        assert_eq!(folds.len(), 3);
        assert!((score["mean"].as_f64().unwrap() - mean).abs() < 1e-12, "{score}");
        assert!((score["std"].as_f64().unwrap() - (squares / 2.0).sqrt()).abs() < 1e-12, "{score}");
    }
    assert!(scores.iter().any(|score| score["name"] == "accuracy" && score["mean"].as_f64() > Some(0.5)), "{found}");
    succeed(folder.path(), "train --data iris --epochs 5 --quiet --save plain");
    assert_eq!(weights(&folder.path().join("m1")), weights(&folder.path().join("plain")));
    let refused = run(folder.path(), "train --data iris --cv 1");
    assert!(refused.code == 1 && refused.stderr.contains('1'), "{}", refused.stderr);
}

#[test]
fn initial_weights_are_those_that_are_named() {
    let folder = folder();
    let mut hashes: Vec<String> = Vec::new();
    for init in ["he", "glorot", "lecun", "torch", "glorot-normal", "normal(0.01)"] {
        let file = format!("m{}", hashes.len());
        succeed(folder.path(), &format!("train --data iris --epochs 1 --init-weights {init} --quiet --save {file}"));
        hashes.push(weights(&folder.path().join(file)));
    }
    for (at, hash) in hashes.iter().enumerate() {
        assert!(!hashes[..at].contains(hash), "{at}");
    }
    // Tables start from PyTorch's.
    succeed(folder.path(), "train --data iris --epochs 1 --quiet --save usual");
    assert_eq!(weights(&folder.path().join("usual")), hashes[3]);
    let unknown = run(folder.path(), "train --data iris --init-weights glorott");
    assert!(unknown.code == 2 && unknown.stderr.contains("glorot"), "{}", unknown.stderr);
}

#[test]
fn a_run_over_all_rows_that_batch_norm_cannot_make_leaves_the_model_of_the_run_before() {
    let folder = folder();
    let row = |at: usize| {
        let (a, b) = (at * 37 % 60, at * 101 % 97);
        format!("{a},{b},{}\n", u8::from(a + b > 75))
    };
    let rows: String = (0..161).map(row).collect();
    fs::write(folder.path().join("t.csv"), format!("a,b,y\n{rows}")).unwrap();
    // A fifth is tested on; of the other 129 the last minibatch of 32 is one row.
    let train = "train --data t.csv --target y --norm batch --epochs 40 --patience 5";
    let text = succeed(folder.path(), &format!("{train} --save m"));
    assert!(text.contains("the run over all rows was left out: its last minibatch would have one row"), "{text}");
    succeed(folder.path(), "eval m --data t.csv --part test");
    let other = succeed(folder.path(), &format!("{train} --batch 31 --save m"));
    assert!(!other.contains("was left out"), "{other}");
    // A fold of cross-validation, too: 108 rows of 161 in three, of which 107 are learned from.
    succeed(folder.path(), &format!("{train} --cv 3 --batch 106 --holdout 0.25"));
}

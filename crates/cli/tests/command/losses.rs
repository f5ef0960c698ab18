//! `--loss`, weights of classes and positives, smoothing, and what `eval` and `predict` make of the model.

use std::fs;
use std::path::Path;

use crate::run::{feed, folder, json, last, run, succeed};

/// Rows from -1 to 1; of each whether it is above -0.4 and whether it is below 0.4, and its class, 0 for most.
fn files(folder: &Path) {
    let (mut x, mut tags, mut classes) = (String::new(), String::new(), String::new());
    for i in 0..100 {
        let value = f64::from(i * 37 % 100) / 50.0 - 1.0;
        x += &format!("{value}\n");
        tags += &format!("{},{}\n", u8::from(value > -0.4), u8::from(value < 0.4));
        classes += &format!("{}\n", u8::from(value > 0.8));
    }
    for (name, text) in [("x.csv", x), ("tags.csv", tags), ("classes.csv", classes)] {
        fs::write(folder.join(name), text).unwrap();
    }
}

const SETTINGS: &str = "--data x.csv --holdout 0 --hidden 8 --activation tanh --preprocess none --optimizer sgd --batch 32 --lr 0.5 --epochs 60";

#[test]
fn several_labels_of_a_row_are_trained_on_evaluated_and_predicted() {
    let folder = folder();
    let path = folder.path();
    files(path);
    let train = format!("train {SETTINGS} --labels tags.csv --loss binary-cross-entropy --save m");
    succeed(path, &format!("{train} --quiet"));
    assert_eq!(last(path, "inspect m --json")["loss"], "binary-cross-entropy");
    assert_eq!(feed(path, "predict m", b"0\n1\n").stdout, "1,1\n1,0\n");
    let printed = feed(path, "predict m --proba", b"0\n1\n").stdout;
    let p: Vec<f64> = printed.split([',', '\n']).filter_map(|cell| cell.parse().ok()).collect();
    assert!(p.len() == 4 && p[0] > 0.7 && p[1] > 0.7 && p[2] > 0.7 && p[3] < 0.3, "{printed}");

    let found = last(path, "eval m --data x.csv --labels tags.csv --json");
    assert!(found["metrics"]["macro_F1"].as_f64().unwrap() > 0.9, "{found}");
    assert!(found["metrics"]["macro_ROC_AUC"].as_f64().unwrap() > 0.95, "{found}");
    assert!(found["confusion"].is_null() && found["scores"].as_array().unwrap().len() == 2, "{found}");
    // 70 of a hundred are above -0.4, and as many below 0.4.
    assert_eq!(found["baseline"]["name"], "majority of each output");
    assert_eq!(found["baseline"]["metrics"]["exact_rows"], 0.4);
    assert!(found["calibration"]["brier_score"].as_f64().unwrap() < 0.1, "{found}");
    assert!(found["calibration"]["expected_calibration_error"].as_f64().unwrap() < 0.2, "{found}");
    let interval = &found["intervals"]["exact_rows"];
    let (low, high) = (interval[0].as_f64().unwrap(), interval[1].as_f64().unwrap());
    let exact = found["metrics"]["exact_rows"].as_f64().unwrap();
    assert!(0.8 < low && low < exact && exact < high && high <= 1.0, "{found}");
    let words = succeed(path, "eval m --data x.csv --labels tags.csv");
    let lines: Vec<&str> = words.lines().collect();
    assert!(
        words.contains("exact rows") && words.contains("output 2") && words.contains("precision  recall"),
        "{words}"
    );
    // The numbers of the first table stand under one another.
    let column = lines[1].find("  0.").unwrap();
    assert!(lines[2..7].iter().all(|line| line.find("  0.").or(line.find("  1.")) == Some(column)), "{words}");

    let weighted = format!("{train} --pos-weight 5,1 --json");
    assert_ne!(
        json(path, &weighted).pop().unwrap()["weights_sha256"],
        json(path, &format!("{train} --json")).pop().unwrap()["weights_sha256"]
    );
}

#[test]
fn the_area_under_the_roc_curve_has_the_same_names_in_every_kind_of_classification() {
    let folder = folder();
    let path = folder.path();
    let row = |at: u32| format!("{at},{},{},{}\n", at % 2, at % 3, at % 7 / 4);
    fs::write(path.join("t.csv"), format!("x,two,three,other\n{}", (0..60).map(row).collect::<String>())).unwrap();
    for (task, target) in
        [("binary", "two"), ("classification", "two"), ("classification", "three"), ("multi-label", "two,other")]
    {
        succeed(
            path,
            &format!("train --data t.csv --target {target} --features x --task {task} --epochs 1 --quiet --save m"),
        );
        let found = last(path, "eval m --data t.csv --json");
        for figures in [&found["metrics"], &found["baseline"]["metrics"]] {
            let area = figures["macro_ROC_AUC"].as_f64().unwrap_or_else(|| panic!("{task}: {found}"));
            assert!(figures["ROC_AUC"].as_f64() == Some(area) && (0.0..=1.0).contains(&area), "{task}: {found}");
        }
        let words = succeed(path, "eval m --data t.csv");
        assert_eq!(words.matches("ROC AUC").count(), 1, "{words}");
    }
}

#[test]
fn balanced_classes_are_the_weights_that_they_stand_for() {
    let folder = folder();
    let path = folder.path();
    files(path);
    let hash = |options: &str| {
        last(path, &format!("train {SETTINGS} --labels classes.csv --json {options}"))["weights_sha256"].clone()
    };
    // Nine of a hundred are of class 1: 100 / (2 * 91) and 100 / (2 * 9).
    let weights = [100.0 / 182.0, 100.0 / 18.0].map(|weight: f64| weight.to_string()).join(",");
    assert_eq!(hash("--class-weights balanced"), hash(&format!("--class-weights {weights}")));
    assert_ne!(hash("--class-weights balanced"), hash(""));
    assert_ne!(hash("--label-smoothing 0.1"), hash(""));
    assert_eq!(hash("--label-smoothing 0"), hash(""));
    let words =
        succeed(path, &format!("train {SETTINGS} --labels classes.csv --class-weights balanced --label-smoothing 0.1"));
    assert!(words.contains("cross-entropy, balanced classes, labels smoothed by 0.1, sgd"), "{words}");
}

#[test]
fn losses_of_errors_are_trained_with_and_their_settings_remembered() {
    let folder = folder();
    let path = folder.path();
    files(path);
    for loss in ["mae", "huber", "huber(0.25)"] {
        succeed(path, &format!("train {SETTINGS} --labels tags.csv --loss {loss} --save m --quiet"));
        let remembered = if loss == "huber" { "huber(1)" } else { loss };
        assert_eq!(last(path, "inspect m --json")["loss"], remembered);
        let found = last(path, "eval m --data x.csv --labels tags.csv --json");
        assert!(found["metrics"]["R2"].as_f64().unwrap() > 0.3 && found["scores"].is_null(), "{loss}: {found}");
        // The better the model, the less the mean of each output has by comparison: 0.7 (1 - 0.7).
        assert!((found["outputs"][1]["mean_mse"].as_f64().unwrap() - 0.21).abs() < 1e-2, "{found}");
        assert!(found["baseline"]["metrics"]["MSE"].as_f64() > found["metrics"]["MSE"].as_f64(), "{found}");
        assert!(found["calibration"].is_null() && found["intervals"]["MAE"].as_array().unwrap().len() == 2, "{found}");
        assert!(succeed(path, "eval m --data x.csv --labels tags.csv").contains("MSE of mean"));
    }
}

#[test]
fn a_monitor_that_there_is_not_is_refused_with_those_that_there_are() {
    let folder = folder();
    let path = folder.path();
    files(path);
    for loss in ["mse", "half-mse", "mae", "huber", "binary-cross-entropy"] {
        let options = format!("--data x.csv --labels tags.csv --loss {loss} --patience 2 --monitor accuracy");
        let run = run(path, &format!("train {options}"));
        let is_told = run.stderr.contains("found accuracy, which ") && run.stderr.contains("one that it has: loss");
        assert!(run.code == 1 && is_told && run.stderr.contains(loss), "{}", run.stderr);
    }
}

#[test]
fn weights_without_their_loss_and_weights_that_mean_nothing_are_bad_usage() {
    let folder = folder();
    let path = folder.path();
    files(path);
    let refused = |options: &str, why: &str| {
        let run = run(path, &format!("train {SETTINGS} --labels classes.csv {options}"));
        assert!(run.code == 2 && run.stderr.contains(why), "{options}: {} {}", run.code, run.stderr);
    };
    refused("--loss mse --class-weights balanced", "--class-weights is for --loss cross-entropy, and the loss is mse");
    refused("--loss mse --label-smoothing 0.1", "--label-smoothing is for --loss cross-entropy");
    refused("--pos-weight 2,2", "--pos-weight is for --loss binary-cross-entropy");
    refused("--class-weights 1,0", "expected balanced, or finite numbers above 0");
    refused("--class-weights -1,2", "expected balanced, or finite numbers above 0");
    refused("--label-smoothing 1", "expected a number from 0 to below 1");
    refused("--loss huber(0)", "expected a finite number above 0");
    refused("--loss hubert", "did you mean \"huber\"?");
    let run = run(path, &format!("train {SETTINGS} --labels classes.csv --class-weights 1,2,3"));
    assert!(run.code == 1 && run.stderr.contains("found 3 numbers, expected 2"), "{}", run.stderr);
}

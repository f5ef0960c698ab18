//! `chainrule doctor`, and what `train` says of sick runs.

use std::fs;

use serde_json::Value;

use crate::run::{folder, json, run, succeed};

#[test]
fn a_healthy_model_is_called_healthy_with_exit_code_0() {
    let folder = folder();
    succeed(folder.path(), "train --quiet --save m");
    let text = succeed(folder.path(), "doctor m --data digits --lr 0.1");
    assert!(text.ends_with("\nhealthy: nothing found\n"), "{text}");
    assert!(text.contains("m on digits, 1024 of 1,797 rows"), "{text}");
    let report = &json(folder.path(), "doctor m --data digits --json")[0];
    assert_eq!((&report["healthy"], &report["findings"]), (&true.into(), &Value::Array(vec![])));
    assert_eq!(report["layers"].as_array().unwrap().len(), 3);
}

#[test]
fn a_sick_model_is_diagnosed_with_exit_code_1() {
    let folder = folder();
    succeed(folder.path(), "train --preprocess scale:16 --hidden 16,16 --batch 2000 --epochs 20 --quiet --save m");
    let text = run(folder.path(), "doctor m --data digits");
    assert_eq!((text.code, text.stderr.as_str()), (1, ""));
    for part in [
        "features have a root mean square of 124; about 1 is usual",
        "module 2, dense(16, 16) relu: 16 of 16 units (100 %) are 0 for all of 1024 rows",
        "means: no gradient passes through the layer",
        "the best constant prediction has 2.30",
        "do:    ",
        "\nsick: ",
    ] {
        assert!(text.stdout.contains(part), "{part:?} in {}", text.stdout);
    }
    let report = run(folder.path(), "doctor m --data digits --json");
    let report: Value = serde_json::from_str(&report.stdout).unwrap();
    let findings = report["findings"].as_array().unwrap();
    let dead = findings.iter().find(|finding| finding["kind"] == "dead-units" && finding["module"] == 2).unwrap();
    assert_eq!(dead["numbers"], serde_json::json!({ "dead": 16.0, "units": 16.0, "rows": 1024.0 }));
    assert!(["seen", "means", "do"].iter().all(|key| dead[key].is_string()), "{dead}");
}

#[test]
fn training_warns_before_the_first_step_and_after_the_last() {
    let folder = folder();
    let text = succeed(folder.path(), "train --preprocess none --epochs 3");
    let (before, after) = text.split_once("    epoch ").unwrap();
    assert!(before.contains("warning: features have a root mean square of 7.76"), "{text}");
    assert!(before.contains("one step raises the loss") && after.contains("are 0 for all of 1024 rows"), "{text}");
    assert_eq!(text.matches("root mean square").count(), 1, "said once: {text}");
    let lines = json(folder.path(), "train --preprocess none --epochs 3 --json");
    let events: Vec<_> = lines.iter().filter(|line| line["event"] == "finding").collect();
    assert_eq!((&events[0]["when"], &events[0]["kind"]), (&"before".into(), &"unscaled-features".into()));
    assert_eq!(events[events.len() - 1]["when"], "after");
    assert_eq!(lines[lines.len() - 1]["event"], "done");
    assert_eq!(succeed(folder.path(), "train --preprocess none --epochs 3 --quiet"), "");
}

#[test]
fn a_healthy_run_hears_nothing() {
    assert!(!succeed(folder().path(), "train --epochs 5").contains("warning"));
}

#[test]
fn a_run_that_diverges_is_told_where() {
    let run = run(folder().path(), "train --loss mse --lr 50 --hidden 16");
    assert_eq!(run.code, 1);
    assert!(run.stderr.starts_with("error: the loss became "), "{}", run.stderr);
    assert!(run.stderr.contains("by numbers that overflowed in dense layer "), "{}", run.stderr);
    assert!(run.stdout.contains("one step raises the loss"), "{}", run.stdout);
}

#[test]
fn a_run_that_diverges_is_not_told_to_take_longer_steps() {
    let folder = folder();
    let rows: String = (0..60).map(|at| format!("{},{}\n", at % 7, 3 * (at % 7) + at % 5)).collect();
    fs::write(folder.path().join("t.csv"), format!("a,b\n{rows}")).unwrap();
    for train in ["--data t.csv --target b --raw-targets", "--data t.csv --target b", "--loss mse"] {
        for lr in [1000.0, 20.0] {
            let run = run(folder.path(), &format!("train {train} --optimizer sgd --lr {lr} --epochs 5"));
            assert!(!run.stdout.contains(&format!("--lr {}", 3.0 * lr)), "{train}: {}", run.stdout);
            assert!(run.code == 0 || run.stderr.contains("smaller") || run.stdout.contains("smaller"), "{run:?}");
        }
    }
}

#[test]
fn a_run_that_is_looked_at_ends_in_the_same_bits() {
    // --quiet looks at nothing; the second run is warned of before and after.
    let folder = folder();
    for settings in ["", "--preprocess none --lr 0.01", "--optimizer adam --threads 2"] {
        succeed(folder.path(), &format!("train --epochs 3 {settings} --quiet --save alone"));
        succeed(folder.path(), &format!("train --epochs 3 {settings} --save watched"));
        let bytes = |name: &str| fs::read(folder.path().join(name)).unwrap();
        assert!(bytes("alone") == bytes("watched"), "{settings}");
    }
}

#[test]
fn a_constant_target_is_told_as_the_data_have_it() {
    let folder = folder();
    let rows: String = (0..40).map(|row| format!("{row},{},7\n", row * 7 % 11)).collect();
    fs::write(folder.path().join("t.csv"), format!("a,b,y\n{rows}")).unwrap();
    succeed(
        folder.path(),
        "train --data t.csv --target y --task regression --epochs 2 --quiet --save m --report r.html",
    );
    let found = run(folder.path(), "doctor m --data t.csv");
    assert!(found.stdout.contains("target \"y\" is 7.00 in every row"), "{}", found.stdout);
    assert!(fs::read_to_string(folder.path().join("r.html")).unwrap().contains("is 7.00 in every row"));
}

#[test]
fn a_page_knows_of_the_weights_of_the_run_as_the_run_does() {
    let folder = folder();
    let row = |row: usize| format!("{},{}\n", row * 7 % 11, if row * 37 % 60 > 45 { "yes" } else { "no" });
    let rows: String = (0..200).map(row).collect();
    fs::write(folder.path().join("t.csv"), format!("b,y\n{rows}")).unwrap();
    let train =
        "train --data t.csv --target y --task binary --hidden 3 --epochs 3 --norm batch --activation silu --batch 16";
    let text = succeed(folder.path(), &format!("{train} --pos-weight 8 --save m --report r.html"));
    // Losses that count a yes eight times say nothing beside a constant that counts it once.
    let page = fs::read_to_string(folder.path().join("r.html")).unwrap();
    assert!(!text.contains("the run was too short") && !page.contains("the run was too short"), "{text}");
}

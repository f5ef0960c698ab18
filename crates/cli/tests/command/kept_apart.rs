//! What a file remembers holds in later commands: rows that were learned from stay apart from those that are tested on, and nothing of
//! a run is changed or dropped in silence.

use std::fs;
use std::path::Path;

use crate::run::{folder, last, run, succeed};

/// Rows with a group, a category, a weight, a class and a value.
fn table(path: &Path, name: &str, rows: usize, town: impl Fn(usize) -> &'static str, group: impl Fn(usize) -> usize) {
    let mut text = "a,b,town,group,weight,class,value\n".to_owned();
    for at in 0..rows {
        let (a, b) = ((at * 37 % 101) as f64 / 50.0 - 1.0, (at * 53 % 97) as f64 / 48.0 - 1.0);
        let class = if a + 0.3 * b > 0.2 { "yes" } else { "no" };
        text += &format!("{a},{b},{},{},{},{class},{}\n", town(at), group(at), 1 + at % 3, 100.0 * a - 40.0 * b);
    }
    fs::write(path.join(name), text).unwrap();
}

fn plain(path: &Path) {
    table(path, "d.csv", 120, |at| ["Bonn", "Ulm"][at % 2], |at| at % 12);
}

const VALUE: &str = "--target value --drop class,group,weight";

fn refused(path: &Path, command: &str, code: i32, why: &str) {
    let run = run(path, command);
    assert!(run.code == code && run.stderr.contains(why), "{command}: {} {}", run.code, run.stderr);
}

#[test]
fn a_search_is_not_gone_on_with_by_other_fills_or_for_another_task() {
    let folder = folder();
    let path = folder.path();
    plain(path);
    let text = fs::read_to_string(path.join("d.csv")).unwrap().replacen("\n-0.26,", "\n,", 1);
    assert!(text.contains("\n,"));
    fs::write(path.join("holes.csv"), text).unwrap();
    let tune = format!("tune --data holes.csv {VALUE} --candidates 2 --epochs 2 --threads 1 --state s");
    assert_eq!(run(path, &format!("{tune} --missing mean")).code, 0);
    refused(path, &format!("{tune} --missing indicator"), 2, "by --missing mean; expected regression over");
    assert!(run(path, &format!("{tune} --missing mean")).stdout.contains("2 known already"));
}

#[test]
fn rows_of_other_groups_are_other_rows() {
    let folder = folder();
    let path = folder.path();
    plain(path);
    table(path, "other.csv", 120, |at| ["Bonn", "Ulm"][at % 2], |at| at % 7);
    succeed(path, "train --data d.csv --target value --drop class,weight --group group --epochs 2 --save m --quiet");
    succeed(path, "eval m --data d.csv --part test");
    refused(path, "eval m --data other.csv --part test", 1, "the model was trained on other data");
    let anew = run(path, "train --from m --data other.csv --epochs 1");
    assert!(anew.stderr.contains("rows are split anew"), "{}", anew.stderr);
}

#[test]
fn a_constant_answer_is_measured_by_the_same_delta_as_the_model() {
    let folder = folder();
    let path = folder.path();
    plain(path);
    succeed(path, &format!("train --data d.csv {VALUE} --loss huber(0.5) --save m --quiet"));
    let found = last(path, "eval m --data d.csv --json");
    let (loss, constant) =
        (found["test_loss"].as_f64().unwrap(), found["baseline"]["metrics"]["loss"].as_f64().unwrap());
    assert!(found["metrics"]["R2"].as_f64().unwrap() > 0.9);
    // The constant is off by about a deviation, 60: in units of the deviation 0.5 * (1 - 0.25) at most, times the deviation squared.
    assert!(constant > 5.0 * loss && constant > 500.0, "{loss} and {constant}");
}

#[test]
fn a_loss_that_the_model_was_not_trained_by_explains_nothing() {
    let folder = folder();
    let path = folder.path();
    succeed(path, "train --data iris --hidden 4 --epochs 2 --save m --quiet");
    let why = "--loss mse is for a file that does not name its loss: this model was trained by cross-entropy";
    for command in ["explain m --data iris", "explain m --data iris --row 1", "doctor m --data iris"] {
        refused(path, &format!("{command} --loss mse"), 2, why);
    }
    assert_eq!(run(path, "explain m --data iris --loss cross-entropy").code, 0);
}

#[test]
fn what_began_a_run_is_settled_when_it_goes_on() {
    let folder = folder();
    let path = folder.path();
    plain(path);
    succeed(path, &format!("train --data d.csv {VALUE} --hidden 4 --epochs 2 --checkpoint c --quiet"));
    for option in ["--init-weights he", "--unknown zeros"] {
        refused(path, &format!("train --resume c {option}"), 2, "settled when the run of c began");
    }
}

#[test]
fn a_model_that_is_trained_on_keeps_its_rows_apart_as_before() {
    let folder = folder();
    let path = folder.path();
    plain(path);
    let stopped = "--validation 0.2 --patience 2 --no-refit --hidden 4";
    succeed(path, &format!("train --data d.csv {VALUE} {stopped} --save m --quiet"));
    let on = succeed(path, "train --from m --data d.csv --save n");
    assert!(on.contains("no refit"), "{on}");
    succeed(path, "eval n --data d.csv --part validation");
    // More rows of the same kind, in order of time.
    table(path, "more.csv", 150, |at| ["Bonn", "Ulm"][at % 2], |at| at % 12);
    succeed(path, &format!("train --data d.csv {VALUE} {stopped} --holdout last:0.3 --save t --quiet"));
    // A run that tested on another file held out nothing; of other rows a fifth is.
    table(path, "test.csv", 30, |at| ["Bonn", "Ulm"][at % 2], |at| at % 12);
    assert_eq!(
        run(path, &format!("train --data d.csv {VALUE} --test-data test.csv --hidden 4 --save f --quiet")).code,
        0
    );
    let on = run(path, "train --from f --data more.csv --epochs 1").stdout;
    assert!(!on.contains("no refit") && on.contains("over 30 rows"), "{on}");
    assert_eq!(run(path, "train --from t --data more.csv --save u").code, 0);
    let split = last(path, "inspect u --json")["split"].clone();
    assert_eq!(
        (split["by"].as_str(), split["test"].as_f64(), split["validation"].as_f64()),
        (Some("last"), Some(0.3), Some(0.2))
    );
}

#[test]
fn what_going_on_does_otherwise_is_said() {
    let folder = folder();
    let path = folder.path();
    plain(path);
    let weighted = "--target value --drop class,group --row-weights weight --hidden 4 --epochs 2";
    succeed(path, &format!("train --data d.csv {weighted} --save m --quiet"));
    let on = run(path, "train --from m --data d.csv --epochs 1");
    assert!(on.code == 0 && on.stderr.contains("counted by weight; now they count alike"), "{}", on.stderr);
    let on = run(path, "train --from m --data d.csv --epochs 1 --row-weights weight");
    assert!(on.code == 0 && !on.stderr.contains("count alike"), "{}", on.stderr);
    table(path, "new.csv", 120, |at| ["Bonn", "Ulm", "Kiel"][at % 3], |at| at % 12);
    let on = run(path, "train --from m --data new.csv --epochs 1 --row-weights weight");
    assert!(
        on.code == 0 && on.stderr.contains("to train on have a category that the model does not know"),
        "{}",
        on.stderr
    );
}

#[test]
fn models_that_were_tested_on_other_rows_differ() {
    let folder = folder();
    let path = folder.path();
    plain(path);
    succeed(path, &format!("train --data d.csv {VALUE} --hidden 4 --epochs 1 --save m --quiet"));
    assert_eq!(run(path, "export m --to json --out a.json").code, 0);
    let text = fs::read_to_string(path.join("a.json")).unwrap();
    let other = text.replacen("\"seed\":42", "\"seed\":43", 1).replacen("\"seed\": 42", "\"seed\": 43", 1);
    assert_ne!(text, other);
    fs::write(path.join("b.json"), other).unwrap();
    assert_eq!(run(path, "diff a.json a.json").code, 0);
    let differ = run(path, "diff a.json b.json");
    assert!(differ.code == 1 && differ.stdout.contains("split"), "{} {}", differ.code, differ.stdout);
}

#[test]
fn a_task_that_the_outputs_cannot_have_is_refused() {
    let folder = folder();
    let path = folder.path();
    fs::write(path.join("x.csv"), "1,2,3,4\n").unwrap();
    for (command, task, why) in [
        ("train --data iris", "binary", "has 3 outputs, and a binary task has one output"),
        ("train --data diabetes --raw-targets", "classification", "has 1 output, and classes have an output each"),
    ] {
        succeed(path, &format!("{command} --hidden 4 --epochs 1 --preprocess none --save m --quiet"));
        assert_eq!(run(path, "export m --to torch --out w.safetensors").code, 0);
        refused(path, &format!("predict w.safetensors --activation relu --data x.csv --task {task}"), 2, why);
    }
}

#[test]
fn whatever_a_column_that_is_left_out_is_mixed_of_is_no_error() {
    let folder = folder();
    let path = folder.path();
    plain(path);
    let text = fs::read_to_string(path.join("d.csv")).unwrap();
    let mixed = |at: usize| if at == 0 { "share" } else { ["5%", "0.4", "3%"][at % 3] };
    let lines: Vec<String> = text.lines().enumerate().map(|(at, line)| format!("{line},{}\n", mixed(at))).collect();
    fs::write(path.join("mixed.csv"), lines.concat()).unwrap();
    let command = "train --data mixed.csv --target value --hidden 4 --epochs 1";
    refused(path, command, 1, "expected a number with % in \"share\"");
    for drop in ["--drop class,share", "--drop class,11", "--drop class,share --categories share"] {
        let told = run(path, &format!("{command} {drop}").replace("11", "8"));
        assert_eq!(told.code, 0, "{drop}: {}", told.stderr);
    }
}

#[test]
fn true_in_a_column_of_numbers_is_said_to_be_1() {
    let folder = folder();
    let path = folder.path();
    plain(path);
    succeed(path, &format!("train --data d.csv {VALUE} --hidden 4 --epochs 1 --save m --quiet"));
    fs::write(path.join("new.csv"), "a,b,town\nTRUE,0.5,Ulm\nfalse,0.5,Ulm\n").unwrap();
    let told = run(path, "predict m --data new.csv");
    assert!(told.code == 0 && told.stderr.contains("a: true and false are read as 1 and 0"), "{}", told.stderr);
}

#[test]
fn names_longer_than_a_line_are_cut_in_tables() {
    let folder = folder();
    let path = folder.path();
    let name = "n".repeat(70_000);
    let rows: String = (0..20).map(|at| format!("{at},{},{}\n", at * at % 7, at % 2)).collect();
    fs::write(path.join("d.csv"), format!("{name},b,y\n{rows}")).unwrap();
    succeed(path, "train --data d.csv --target y --task regression --hidden 4 --epochs 1 --save m --quiet");
    for command in ["explain m --data d.csv", "explain m --data d.csv --row 1", "eval m --data d.csv"] {
        let told = run(path, command);
        assert_eq!(told.code, 0, "{command}: {}", told.stderr);
        assert!(told.stdout.lines().all(|line| line.len() < 1000), "{command}");
    }
}

#[test]
fn labels_that_numbers_do_not_tell_apart_are_refused_as_such() {
    let folder = folder();
    let path = folder.path();
    let rows: String = (0..30).map(|at| format!("{at},1234567890123456789{}\n", at % 2)).collect();
    fs::write(path.join("d.csv"), format!("a,k\n{rows}")).unwrap();
    let command = "train --data d.csv --target k --task classification --hidden 4 --epochs 1";
    refused(path, command, 1, "whole numbers beyond 2^53 in \"k\"");
    assert_eq!(run(path, &format!("{command} --categories k")).code, 0);
}

#[test]
fn what_is_asked_about_categories_is_refused_where_there_are_none() {
    let folder = folder();
    let path = folder.path();
    plain(path);
    let command = "train --data d.csv --target value --hidden 4 --epochs 1 --unknown zeros";
    refused(path, &format!("{command} --features a,b"), 2, "--unknown is about categories");
    assert_eq!(run(path, &format!("{command} --features a,town")).code, 0);
    refused(path, "data d.csv --target value --features a,b --unknown zeros", 2, "--unknown is about categories");
    let search = "tune --data d.csv --target value --features a,b --candidates 2 --epochs 2 --unknown zeros";
    refused(path, search, 2, "--unknown is about categories");
}

#[test]
fn rows_without_the_column_of_groups_are_asked_about_and_not_split() {
    let folder = folder();
    let path = folder.path();
    plain(path);
    succeed(path, "train --data d.csv --target value --features a,b --group group --epochs 2 --save m --quiet");
    fs::write(path.join("new.csv"), "a,b,value\n0.5,0.25,40\n0.1,0.2,2\n").unwrap();
    for command in ["eval m --data new.csv", "explain m --data new.csv --row 1", "trace m --data new.csv"] {
        let told = run(path, command);
        assert_eq!(told.code, 0, "{command}: {}", told.stderr);
    }
    refused(path, "eval m --data new.csv --part test", 1, "expected 120, as the model's rows were split");
}

#[test]
fn columns_that_nobody_asks_about_may_be_mixed() {
    let folder = folder();
    let path = folder.path();
    plain(path);
    let text = fs::read_to_string(path.join("d.csv")).unwrap();
    let mixed = |at: usize| if at == 0 { "fee" } else { ["$5", "4", "$3"][at % 3] };
    let lines: Vec<String> = text.lines().enumerate().map(|(at, line)| format!("{line},{}\n", mixed(at))).collect();
    fs::write(path.join("mixed.csv"), lines.concat()).unwrap();
    let command = "train --data mixed.csv --target value --hidden 4 --epochs 1";
    assert_eq!(run(path, &format!("{command} --features a,b --save m")).code, 0);
    for command in ["predict m --data mixed.csv", "eval m --data mixed.csv"] {
        let told = run(path, command);
        assert_eq!(told.code, 0, "{command}: {}", told.stderr);
    }
    refused(path, &format!("{command} --features a,fee"), 1, "expected a number with $ in \"fee\"");
}

#[test]
fn data_are_looked_at_as_they_would_be_split_by_time() {
    let folder = folder();
    let path = folder.path();
    plain(path);
    // The first rows again at the end: by time they are held out, and the others are trained on.
    let text = fs::read_to_string(path.join("d.csv")).unwrap();
    let first: Vec<&str> = text.lines().skip(1).take(24).collect();
    fs::write(path.join("twice.csv"), format!("{text}{}\n", first.join("\n"))).unwrap();
    let told = run(path, "data twice.csv --target value --drop class,group,weight --holdout last:0.16").stdout;
    assert!(
        told.contains("121 to train on, 23 held out") && told.contains("23 of 23 held out are trained on too"),
        "{told}"
    );
    refused(path, "data d.csv --target value --holdout last --split-seed 3", 2, "by their order");
    refused(path, "data d.csv --target value --holdout last --group group", 2, "by their order");
}

#[test]
fn groups_and_time_of_a_file_of_settings_are_not_joined_in_silence() {
    let folder = folder();
    let path = folder.path();
    plain(path);
    let command = "train --data d.csv --features a,b --target value --hidden 4 --epochs 1 --quiet";
    assert_eq!(run(path, &format!("{command} --holdout last --run rr")).code, 0);
    assert_eq!(run(path, &format!("{command} --group group --run rg")).code, 0);
    for command in ["train --config rr/config.toml --group group", "train --config rg/config.toml --holdout last"] {
        let told = run(path, &command.replace(" --quiet", ""));
        let said = told.stdout + &told.stderr;
        assert!(told.code == 0 && said.contains("those of one group are not kept together"), "{command}: {said}");
    }
}

#[test]
fn a_model_that_weighed_its_classes_is_not_judged_by_the_plain_loss() {
    let folder = folder();
    let path = folder.path();
    let mut text = "a,b,w,y\n".to_owned();
    for at in 0..300 {
        let (a, b) = ((at * 37 % 101) as f64 / 50.0 - 1.0, (at * 53 % 97) as f64 / 48.0 - 1.0);
        let is_rare = a + 0.3 * b > 1.0;
        text += &format!("{a},{b},{},{}\n", if is_rare { 20 } else { 1 }, if is_rare { "rare" } else { "common" });
    }
    fs::write(path.join("d.csv"), text).unwrap();
    for weights in ["--drop w --class-weights balanced", "--row-weights w"] {
        let train = format!("train --data d.csv --target y {weights} --hidden 4 --epochs 6 --save m");
        let said = run(path, &train);
        assert!(said.code == 0 && !said.stderr.contains("--class-weights balanced"), "{weights}: {}", said.stderr);
        let found = run(path, "doctor m --data d.csv");
        assert!(!found.stdout.contains("learned nothing"), "{weights}: {}", found.stdout);
        assert!(!found.stdout.contains("--class-weights balanced"), "{weights}: {}", found.stdout);
        assert!(found.stdout.contains("without the weights that it was trained with"), "{weights}: {}", found.stdout);
    }
}

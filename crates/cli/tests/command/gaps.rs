//! Rows that lack a value, asked of a model that was trained without such rows: they have no answer, in their own place.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::run::{feed, folder, run, succeed};

/// 60 rows, of which 5, 15, 25, ... lack a number, and the last; what is learned is a class and a value.
fn write(folder: &Path) {
    let row = |at: usize| {
        let a = if at % 10 == 5 || at == 59 { String::new() } else { format!("{}.5", at * 7 % 13) };
        format!("{a},{},{},{}\n", at % 4, ["low", "high"][usize::from(at * 7 % 13 > 6)], 2 * at + 1)
    };
    fs::write(folder.join("x.csv"), format!("a,b,kind,y\n{}", (0..60).map(row).collect::<String>())).unwrap();
}

const LACKING: [usize; 7] = [5, 15, 25, 35, 45, 55, 59];
const NOTE: &str = "note: 7 rows, the first of them row 6, lack a value and have no answer: the model was trained without such rows \
                    (--missing drop); in place of them stands nothing\n";

fn trained(folder: &Path, target: &str, drop: &str) {
    let args = format!(
        "train --data x.csv --target {target} --drop {drop} --missing drop --epochs 2 --quiet --save {target}.m"
    );
    assert_eq!(run(folder, &args).code, 0);
}

/// The cells of a column of numbers or names, `None` where nothing stands.
fn answers(lines: &str) -> Vec<Option<String>> {
    lines.lines().map(|line| Some(line.to_owned()).filter(|line| line != "\"\"")).collect()
}

#[test]
fn the_command_that_train_prints_answers_each_row_in_its_place() {
    let folder = folder();
    let path = folder.path();
    write(path);
    for (target, drop) in [("kind", "y"), ("y", "kind")] {
        let told = run(
            path,
            &format!("train --data x.csv --target {target} --drop {drop} --missing drop --epochs 2 --save {target}.m"),
        );
        let command =
            told.stdout.lines().find_map(|line| line.split("predict with: chainrule ").nth(1)).expect("a command");
        let asked = run(path, command);
        assert!(asked.code == 0 && asked.stderr.ends_with(NOTE), "{command}: {}", asked.stderr);
        let all = answers(&asked.stdout);
        assert_eq!(all.len(), 60);
        let blank: Vec<usize> = (0..60).filter(|&row| all[row].is_none()).collect();
        assert_eq!(blank, LACKING);
        // The others are those that they are alone.
        let text = fs::read_to_string(path.join("x.csv")).unwrap();
        let whole: Vec<&str> = text
            .lines()
            .enumerate()
            .filter(|(at, _)| *at == 0 || !LACKING.contains(&(at - 1)))
            .map(|(_, line)| line)
            .collect();
        let alone = feed(path, &format!("predict {target}.m"), (whole.join("\n") + "\n").as_bytes());
        assert!(alone.code == 0 && !alone.stderr.contains("no answer"), "{}", alone.stderr);
        assert_eq!(answers(&alone.stdout), all.into_iter().filter(Option::is_some).collect::<Vec<_>>());
        // Bounded memory, a file and JSON say the same.
        assert_eq!(run(path, &format!("{command} --memory 1M")).stdout, asked.stdout);
        assert_eq!(run(path, &format!("{command} --output {target}.csv")).code, 0);
        let file = fs::read_to_string(path.join(format!("{target}.csv"))).unwrap();
        assert_eq!(file, format!("{target}\n{}", asked.stdout));
        let json = run(path, &format!("{command} --json")).stdout;
        let lines: Vec<Value> = json.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let of = |line: &Value| if target == "y" { line["outputs"]["y"].clone() } else { line["class"].clone() };
        let blank: Vec<usize> = (0..60).filter(|&row| of(&lines[row]).is_null()).collect();
        assert!(blank == LACKING && lines[59]["row"] == 60, "{json}");
    }
}

#[test]
fn what_has_no_room_for_a_gap_is_refused_with_another_way() {
    let folder = folder();
    let path = folder.path();
    write(path);
    trained(path, "kind", "y");
    let refused = run(path, "predict kind.m --data x.csv --output kind.npy");
    assert!(
        refused.code == 1 && refused.stderr.contains("row 6 lacks a value and has no answer"),
        "{}",
        refused.stderr
    );
    assert!(refused.stderr.contains("a .csv file, in which its place is empty") && !path.join("kind.npy").exists());
    let shares = run(path, "predict kind.m --data x.csv --proba");
    assert_eq!(shares.stdout.lines().filter(|line| *line == ",").count(), 7);
    assert_eq!(run(path, "predict kind.m --data x.csv --proba --output shares.npy").code, 0);
    let none = feed(path, "predict kind.m", b"a,b\n,1\n");
    assert!(none.code == 1 && none.stderr.contains("stdin has no rows without missing values"), "{}", none.stderr);
}

#[test]
fn a_model_of_rows_that_lacked_nothing_refuses_a_gap() {
    let folder = folder();
    let path = folder.path();
    fs::write(path.join("x.csv"), "a,b,y\n1,2,no\n2,3,yes\n3,1,no\n4,5,yes\n5,3,no\n6,1,yes\n").unwrap();
    succeed(path, "train --data x.csv --target y --epochs 1 --holdout 0 --quiet --save m");
    let refused = feed(path, "predict m", b"a,b\n1,2\n,3\n");
    assert!(refused.code == 1 && refused.stdout.is_empty(), "{refused:?}");
    assert!(refused.stderr.contains("row 2, column 1: found a missing value"), "{}", refused.stderr);
}

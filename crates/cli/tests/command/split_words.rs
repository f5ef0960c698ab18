//! How rows are split and weighted is said before training, with counts.

use std::fs;
use std::path::Path;

use crate::run::{folder, run};

/// Forty rows of ten patients, four each; the weights are 0, 0.5, 1.5 and 2, by turns.
fn files(folder: &Path) {
    let row = |at: u32| {
        format!("{at},{},p{},{},{}\n", at * 7 % 13, at / 4, ["0", "0.5", "1.5", "2"][at as usize % 4], at % 2)
    };
    fs::write(folder.join("t.csv"), format!("a,b,patient,w,y\n{}", (0..40).map(row).collect::<String>())).unwrap();
}

const TRAIN: &str = "train --data t.csv --target y --hidden 3 --epochs 1";

fn line(folder: &Path, options: &str, start: &str) -> Option<String> {
    // What else is found in these rows is on standard error.
    let said = run(folder, &format!("{TRAIN} {options}"));
    assert_eq!(said.code, 0, "{options}: {}", said.stderr);
    said.stdout.lines().find(|line| line.starts_with(start)).map(str::to_owned)
}

#[test]
fn groups_are_counted_in_each_part() {
    let folder = folder();
    let path = folder.path();
    files(path);
    let said = line(path, "--group patient --validation 0.25", "split by group");
    let expected = "split by group: rows with the same patient stay together; 6 groups to train on, 2 to validate on, 2 to test on";
    assert_eq!(said.as_deref(), Some(expected));
    let said = line(path, "--group patient --holdout 0 --validation 0", "split by group");
    assert_eq!(
        said.as_deref(),
        Some("split by group: rows with the same patient stay together; 10 groups to train on")
    );
    // A model that goes on keeps the groups, and says them.
    assert_eq!(run(path, &format!("{TRAIN} --group patient --save m --quiet")).code, 0);
    let again = run(path, "train --data t.csv --from m --epochs 1");
    assert!(again.stdout.contains("split by group: rows with the same patient"), "{} {}", again.stdout, again.stderr);
    let start = run(path, &format!("{TRAIN} --group patient --json")).stdout;
    assert!(start.lines().next().is_some_and(|line| line.contains("\"split_by\":\"group\"")), "{start}");
}

#[test]
fn time_is_told_by_the_order_of_the_rows() {
    let folder = folder();
    let path = folder.path();
    files(path);
    for (options, said) in [
        ("--holdout last", "the last 8 to test on"),
        ("--holdout last --validation 0.25", "the last 8 to test on, the 8 before to validate on"),
    ] {
        let expected = format!("split by time, as the 40 rows stand in their order: {said}");
        assert_eq!(line(path, &format!("{options} --drop patient"), "split by").as_deref(), Some(&*expected));
    }
    // What is usual is not said, nor what a quiet run does.
    assert_eq!(line(path, "--drop patient", "split by"), None);
    assert_eq!(run(path, &format!("{TRAIN} --holdout last --quiet")).stdout, "");
}

#[test]
fn weights_are_told_by_their_range_and_their_sum() {
    let folder = folder();
    let path = folder.path();
    files(path);
    let options = "--row-weights w --drop patient --holdout last --validation 0";
    let expected = "weighted by w: 32 rows to train on count from 0 to 2, 32 in all; 8 rows of weight 0, from which nothing is \
                    learned";
    assert_eq!(line(path, options, "weighted by").as_deref(), Some(expected));
    assert_eq!(line(path, "", "weighted by"), None);
}

//! A model that training goes on with, and what it remembers of its table: rows, categories, names, target.

use std::fs;
use std::path::Path;

use crate::run::{folder, last, run, succeed};

/// Numbers in no order, of which nothing can be learned but by heart.
fn noise(path: &Path) {
    let mut text = "a,b,c,y\n".to_owned();
    let mut state = 7_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as f64 / f64::from(1_u32 << 31)
    };
    for _ in 0..120 {
        text += &format!("{:.6},{:.6},{:.6},{:.6}\n", next(), next(), next(), next());
    }
    fs::write(path.join("noise.csv"), text).unwrap();
}

/// A code of three numbers, whose values go up with a number.
fn codes(path: &Path) {
    let mut text = "code,x,y\n".to_owned();
    for row in 0..300 {
        let x = f64::from(row * 37 % 100) / 100.0;
        text += &format!("{},{x},{}\n", row % 3, f64::from(row % 3 * 5 % 3) + x);
    }
    fs::write(path.join("codes.csv"), text).unwrap();
}

#[test]
fn no_row_that_was_learned_from_is_tested_on() {
    let folder = folder();
    let path = folder.path();
    noise(path);
    succeed(
        path,
        "train --data noise.csv --target y --epochs 3 --validation 0 --split-seed 9 --hidden 8 --save m --quiet",
    );
    let r2 = |options: &str| {
        let done = last(path, &format!("train --from m --data noise.csv --epochs 1 --lr 1e-9 --json {options}"));
        done["test_r2"].as_f64().expect("R2")
    };
    // The rows are the same, whatever is set aside to validate on: so is the figure.
    let asked = last(path, "eval m --data noise.csv --part test --json")["metrics"]["R2"].as_f64().unwrap();
    for options in ["", "--holdout 0.2", "--split-seed 9"] {
        assert!((r2(options) - asked).abs() < 1e-3, "{options}: {} {asked}", r2(options));
    }
    let validated = run(path, "train --from m --data noise.csv --epochs 1 --lr 1e-9 --json --validation 0.2");
    let lines: Vec<serde_json::Value> =
        validated.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let same = lines.last().unwrap()["test_r2"].as_f64().unwrap();
    assert!((same - asked).abs() < 1e-3, "{same} {asked}");
    assert!(validated.stderr.contains("m has learned from 19 of the 19 rows to validate on"), "{}", validated.stderr);
    for options in ["--split-seed 1", "--holdout 0.5", "--holdout last"] {
        let refused = run(path, &format!("train --from m --data noise.csv --epochs 1 {options}"));
        assert_eq!(refused.code, 2, "{options}: {}", refused.stderr);
        assert!(refused.stderr.contains("are among those that m has learned from"), "{options}: {}", refused.stderr);
    }
}

#[test]
fn the_rows_that_a_refit_learned_from_are_counted() {
    let folder = folder();
    let path = folder.path();
    codes(path);
    let train = "train --data codes.csv --target y --task regression --hidden 4 --save m --quiet";
    succeed(path, train);
    for part in ["", "--part all"] {
        let all = succeed(path, &format!("eval m --data codes.csv {part}"));
        assert!(all.contains("all (240 of them trained on; the others: --part test)"), "{part}: {all}");
    }
    succeed(path, &format!("{train} --no-refit --force"));
    let all = succeed(path, "eval m --data codes.csv");
    assert!(all.contains("all (216 of them trained on"), "{all}");
}

#[test]
fn numbers_that_are_names_are_known_to_the_model() {
    let folder = folder();
    let path = folder.path();
    codes(path);
    succeed(path, "train --data codes.csv --target y --categories code --hidden 4 --epochs 2 --save m --quiet");
    let tested = succeed(path, "eval m --data codes.csv --part test");
    assert!(tested.contains("60 rows"), "{tested}");
    let on = succeed(path, "train --from m --data codes.csv --epochs 1");
    assert!(on.contains("rows are split as when the model was trained"), "{on}");
    // Also where a name alone would not be read as a number again.
    let text = fs::read_to_string(path.join("codes.csv")).unwrap();
    let zeros = text.replace("\n0,", "\n00,").replace("\n1,", "\n01,").replace("\n2,", "\n02,");
    fs::write(path.join("zeros.csv"), &zeros).unwrap();
    succeed(path, "train --data zeros.csv --target y --categories code --hidden 4 --epochs 2 --save z --quiet");
    fs::write(path.join("new.csv"), "x,code\n0.5,01\n0.25,00\n").unwrap();
    assert_eq!(succeed(path, "predict z --data new.csv").lines().count(), 2);
}

#[test]
fn a_header_of_years_is_known_to_the_model() {
    let folder = folder();
    let path = folder.path();
    let mut text = "town,2010,2011,2012\n".to_owned();
    for row in 0..60 {
        let x = f64::from(row * 37 % 60) * 10.0;
        text += &format!("{},{x},{},{}\n", ["Ulm", "Bonn", "Kiel"][row as usize % 3], x + 1.5, 2.0 * x + 0.25);
    }
    fs::write(path.join("years.csv"), text).unwrap();
    let alone = run(path, "data years.csv");
    assert!(
        alone.stdout.contains("first line, town, 2010, 2011, ..., taken as data; if it is a header"),
        "{}",
        alone.stdout
    );
    assert!(alone.stdout.contains("--header yes"), "{}", alone.stdout);
    succeed(path, "train --data years.csv --target 2012 --header yes --hidden 4 --epochs 2 --save m --quiet");
    let predicted = run(path, "predict m --data years.csv");
    assert_eq!((predicted.code, predicted.stdout.lines().count()), (0, 60), "{}", predicted.stderr);
    let tested = succeed(path, "eval m --data years.csv --part test");
    assert!(tested.contains("12 rows"), "{tested}");
}

#[test]
fn another_target_is_for_a_new_network() {
    let folder = folder();
    let path = folder.path();
    codes(path);
    succeed(path, "train --data codes.csv --target y --drop code --hidden 4 --epochs 2 --save m --quiet");
    let refused = run(path, "train --from m --data codes.csv --target x --epochs 1");
    assert_eq!(refused.code, 2, "{}", refused.stderr);
    assert!(refused.stderr.contains("--target x: the model of m was trained on y"), "{}", refused.stderr);
}

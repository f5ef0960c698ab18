//! In which unit figures of a regression are, and what f32 leaves of values beside a few that are huge.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::run::{folder, json, last, run, succeed};

/// 300 values from 2 to 5, and one of 1e10.
fn write(folder: &Path, outlier: &str) {
    let mut text = "a,b,y\n".to_owned();
    for row in 0..300_u32 {
        let (a, b) = (row * 7919 % 307, row * 104_729 % 311);
        let y = if row == 5 { outlier.to_owned() } else { format!("{:.2}", 2.0 + f64::from(a) / 100.0) };
        writeln!(text, "{a},{b},{y}").unwrap();
    }
    fs::write(folder.join("x.csv"), text).unwrap();
}

#[test]
fn values_beside_a_huge_one_are_told_to_be_coarse_with_what_to_do() {
    let folder = folder();
    let path = folder.path();
    write(path, "1e10");
    let seen = "half of the values of \"y\" lie from 2.7";
    let train = run(path, "train --data x.csv --target y --epochs 2 --save m");
    assert!(train.code == 0 && train.stderr.contains(&format!("warning: {seen}")), "{}", train.stderr);
    assert!(
        train.stderr.contains("and a few reach 1e10: standardised, f32 tells the former apart by steps of 3.97"),
        "{}",
        train.stderr
    );
    assert!(train.stderr.contains("--log1p y where values differ by factors; or --dtype f64"), "{}", train.stderr);
    assert!(succeed(path, "data x.csv --target y").contains(seen));
    let eval = run(path, "eval m --data x.csv");
    assert!(eval.code == 0 && eval.stderr.contains(&format!("note: {seen}")), "{}", eval.stderr);
    // What is advised helps.
    for way in ["--dtype f64", "--log1p y"] {
        let train = run(path, &format!("train --data x.csv --target y --epochs 2 --save n {way}"));
        assert!(train.code == 0 && !train.stderr.contains("f32 tells"), "{way}: {}", train.stderr);
        assert!(!run(path, "eval n --data x.csv").stderr.contains("f32 tells"), "{way}");
    }
    write(path, "1000");
    let train = run(path, "train --data x.csv --target y --epochs 2");
    assert!(train.code == 0 && !train.stderr.contains("f32 tells"), "{}", train.stderr);
}

#[test]
fn json_says_what_losses_are_of() {
    let folder = folder();
    let path = folder.path();
    write(path, "3");
    let lines = json(path, "train --data x.csv --target y --validation 0.2 --patience 50 --epochs 2 --save m --json");
    let of = |event: &str| lines.iter().find(|line| line["event"] == event).unwrap()["loss_of"].clone();
    assert_eq!((of("epoch"), of("done")), ("standardised targets".into(), "targets".into()));
    assert_eq!(last(path, "eval m --data x.csv --json")["loss_of"], "targets");
    let raw = json(path, "train --data x.csv --target y --raw-targets --lr 0.001 --epochs 1 --json");
    assert!(raw.iter().filter(|line| line["event"] == "epoch").all(|line| line["loss_of"] == "targets"), "{raw:?}");
    // Classes have no unit.
    let classes = json(path, "train --data iris --epochs 1 --json");
    assert!(classes.iter().all(|line| line.get("loss_of").is_none()), "{classes:?}");
    assert!(succeed(path, "train --help").contains("losses of epochs are those of the standardised targets"));
}

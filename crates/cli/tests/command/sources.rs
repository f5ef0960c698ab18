//! Where rows come from: compressed standard input, several files, files to test on, text below a title.

use std::fs;

use crate::run::{feed, folder, run, succeed};

/// `a,b,y` and 30 rows, as gzip writes them.
const GZIP: &str = "1f8b08000000000002033dcc3b0e02310c45d13e6b79857f7192e580a881068d66f728b2e3f6eaea3cf0c4dd0884d7e77a37\
                    1d18f87d1b2b2c4a27f02ee29851047d075d9008dcb176e902cf654277b1e31aa73bcab570958eebe19a96bbd2f5e3aa843b\
                    cbede10a973bd3b5e332253c0e2c1ab053c11ef01f4fd51dad0f010000";

fn rows(from: usize, to: usize) -> String {
    let row = |at: usize| format!("{},{},{}\n", at * 37 % 61, at * 7 % 10, if at % 2 == 1 { "up" } else { "down" });
    "a,b,y\n".to_owned() + &(from..to).map(row).collect::<String>()
}

#[test]
fn standard_input_may_be_compressed_and_other_files_are_named() {
    let folder = folder();
    let digits: Vec<u8> = GZIP.bytes().filter(u8::is_ascii_hexdigit).collect();
    let hex = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    let gzip: Vec<u8> = digits.chunks(2).map(hex).collect();
    let args = "train --data - --target y --epochs 1 --quiet --save m";
    let run = feed(folder.path(), args, &gzip);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    let packed = fs::read(folder.path().join("m")).unwrap();
    assert_eq!(feed(folder.path(), args, rows(0, 30).as_bytes()).code, 0);
    assert!(packed == fs::read(folder.path().join("m")).unwrap());
    let run = feed(folder.path(), args, &gzip[..60]);
    assert!(run.code == 1 && run.stderr.contains("stdin"), "{}", run.stderr);
    let run = feed(folder.path(), args, b"PK\x03\x04 and so on");
    assert!(run.code == 1 && run.stderr.contains("stdin, byte 0: found a zip archive"), "{}", run.stderr);
}

#[test]
fn the_hint_after_training_names_a_source_that_can_be_typed() {
    let folder = folder();
    fs::write(folder.path().join("part-1.csv"), rows(0, 20)).unwrap();
    fs::write(folder.path().join("part-2.csv"), rows(20, 40)).unwrap();
    let text = succeed(folder.path(), "train --data part-*.csv --target y --epochs 1 --save m");
    assert!(text.contains("predict with: chainrule predict m --data part-1.csv\n"), "{text}");
    assert_eq!(run(folder.path(), "predict m --data part-1.csv").stdout.lines().count(), 20);
}

#[test]
fn rows_to_test_on_that_are_trained_on_are_told() {
    let folder = folder();
    fs::write(folder.path().join("train.csv"), rows(0, 40)).unwrap();
    fs::write(folder.path().join("test.csv"), rows(30, 50)).unwrap();
    let args = "train --data train.csv --target y --test-data test.csv --validation 0 --epochs 1";
    let run = run(folder.path(), args);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stderr.contains("10 of 20 rows held out are trained on too"), "{}", run.stderr);
}

#[test]
fn titles_are_passed_over_where_that_is_said() {
    let folder = folder();
    fs::write(folder.path().join("x.csv"), format!("Heights of 2024\n\n{}", rows(0, 30))).unwrap();
    let refused = run(folder.path(), "train --data x.csv --target y --epochs 1");
    assert_eq!(refused.code, 1);
    assert!(refused.stderr.contains("x.csv, line 1, column 1: found a line of one cell, \"Heights of 2024\""));
    assert!(refused.stderr.contains("--skip-lines 2 passes over what is above it"), "{}", refused.stderr);
    succeed(folder.path(), "train --data x.csv --target y --epochs 1 --skip-lines 2");
}

#[test]
fn logarithms_are_said_kept_and_undone() {
    let folder = folder();
    let row = |at: usize| format!("{},{},{}\n", at * 37 % 50, at % 7, 100.0 * f64::from(at as u32 * 37 % 50).exp2());
    let text = "a,b,price\n".to_owned() + &(0..60).map(row).collect::<String>();
    fs::write(folder.path().join("x.csv"), text).unwrap();
    let args = "train --data x.csv --target price --log1p price,a --epochs 3";
    let said = succeed(folder.path(), &format!("{args} --save m"));
    assert!(said.contains("learned by logarithms, ln(1 + x): price, a"), "{said}");
    let inspected = succeed(folder.path(), "inspect m");
    assert!(inspected.contains("ln(1 + x) of    a, price"), "{inspected}");
    let prices = run(folder.path(), "predict m --data x.csv").stdout;
    assert!(prices.lines().count() == 60);
    assert!(prices.lines().all(|line| line.parse::<f64>().unwrap() > -1.0), "{prices}");
    let again = run(folder.path(), "train --data x.csv --target price --from m --log1p a");
    assert!(again.code == 2 && again.stderr.contains("--log1p is for a new network"), "{}", again.stderr);
    succeed(folder.path(), "train --data x.csv --from m --epochs 1");
    let wrong = run(folder.path(), "train --data x.csv --target a --log1p b,c");
    assert!(wrong.code == 1 && wrong.stderr.contains("unknown column \"c\""), "{}", wrong.stderr);
}

//! Rows to test on from a file of their own: their columns are those that are learned, in whatever order and beside whatever else.

use std::fs;
use std::path::Path;

use crate::run::{folder, run, succeed};

/// Two numbers below 10,007 that look drawn.
fn numbers(at: usize) -> (usize, usize) {
    let square = |at: usize| at * at % 10_007;
    (square(at + 101), square(3 * at + 2003))
}

/// Rows whose `y` says whether the sum of `a` and `b` is large, and `z` whether `a` is the larger.
fn files(folder: &Path) {
    let is_large = |(a, b): (usize, usize)| u8::from(a + b > 10_007);
    let is_larger = |(a, b): (usize, usize)| u8::from(a > b);
    let learned = |at: usize| {
        let row @ (a, b) = numbers(at);
        format!("{a},{b},{},{},{},{}\n", is_large(row), is_larger(row), at / 4, 1 + at % 3)
    };
    // The columns of the target have changed places.
    let tested = |at: usize| {
        let row @ (a, b) = numbers(at + 200);
        format!("{a},{b},{},{}\n", is_larger(row), is_large(row))
    };
    let lacking = |at: usize| {
        let (a, b) = numbers(at + 200);
        format!("{a},{b},{}\n", if at.is_multiple_of(2) { "" } else { "1" })
    };
    fs::write(folder.join("t.csv"), format!("a,b,y,z,g,w\n{}", (0..200).map(learned).collect::<String>())).unwrap();
    fs::write(folder.join("e.csv"), format!("a,b,z,y\n{}", (0..60).map(tested).collect::<String>())).unwrap();
    fs::write(folder.join("m.csv"), format!("a,b,y\n{}", (0..60).map(lacking).collect::<String>())).unwrap();
}

fn accuracy(text: &str) -> &str {
    text.lines().find(|line| line.contains(" % of ")).unwrap_or_else(|| panic!("{text}"))
}

#[test]
fn a_target_by_its_number_is_the_column_of_the_same_name() {
    let folder = folder();
    files(folder.path());
    let train = "train --data t.csv --test-data e.csv --features a,b --epochs 30 --target";
    let by_name = succeed(folder.path(), &format!("{train} y"));
    let by_number = succeed(folder.path(), &format!("{train} 3"));
    assert_eq!(accuracy(&by_number), accuracy(&by_name));
    let by_numbers = "train --data t.csv --test-data e.csv --features 1,2 --epochs 30 --target 3";
    assert_eq!(accuracy(&succeed(folder.path(), by_numbers)), accuracy(&by_name));
}

#[test]
fn categories_by_their_number_are_the_columns_of_the_same_name_and_a_target_that_is_not_there_is_missed() {
    let folder = folder();
    let path = folder.path();
    let row = |at: usize| (numbers(at).0, at % 3, at % 2);
    let learned: String = (0..90).map(row).map(|(a, zip, y)| format!("{a},{zip},{y}\n")).collect();
    let tested: String = (90..120).map(row).map(|(a, zip, y)| format!("{zip},{a},{y}\n")).collect();
    fs::write(path.join("t.csv"), format!("a,zip,y\n{learned}")).unwrap();
    fs::write(path.join("e.csv"), format!("zip,a,y\n{tested}")).unwrap();
    fs::write(path.join("o.csv"), format!("zip,a,z\n{tested}")).unwrap();
    let train = "train --data t.csv --epochs 1 --categories 2";
    succeed(path, &format!("{train} --target y --test-data e.csv"));
    succeed(path, &format!("{train} --target 3 --test-data e.csv"));
    let refused = run(path, &format!("{train} --target 3 --test-data o.csv"));
    assert!(refused.code == 1 && refused.stderr.contains("unknown column \"y\""), "{}", refused.stderr);
}

#[test]
fn neither_groups_nor_weights_are_needed_to_test_nor_a_target_beside_a_model() {
    let folder = folder();
    files(folder.path());
    let train = "train --data t.csv --test-data e.csv --features a,b --target y --epochs 2";
    succeed(folder.path(), &format!("{train} --group g --row-weights w --save m"));
    let going_on = run(folder.path(), "train --from m --data t.csv --test-data e.csv --epochs 1 --quiet");
    assert_eq!(going_on.code, 0, "{}", going_on.stderr);
}

#[test]
fn rows_that_are_left_out_are_counted() {
    let folder = folder();
    files(folder.path());
    let text = succeed(
        folder.path(),
        "train --data t.csv --test-data m.csv --features a,b --target y --epochs 1 --missing median",
    );
    assert!(text.contains("m.csv: 30 rows without a target left out\n"), "{text}");
    // And where a model is run on them.
    fs::write(folder.path().join("h.csv"), "a,b,y\n1,2,1\n,3,0\n90,4,1\n").unwrap();
    succeed(folder.path(), "train --data t.csv --features a,b --target y --epochs 1 --missing drop --quiet --save m");
    for args in ["eval m --data h.csv", "explain m --data h.csv --row 2", "trace m --data h.csv --skip 1"] {
        let found = run(folder.path(), args);
        let note = "note: 1 row with missing values left out: rows are counted after that";
        assert!(found.code == 0 && found.stderr.contains(note), "{args}: {found:?}");
    }
}

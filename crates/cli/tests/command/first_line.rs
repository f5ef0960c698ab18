//! The first line of a text file: what names the columns, and what is said where it could be meant either way.

use std::fs;

use crate::run::{feed, folder, run, succeed};

#[test]
fn a_line_that_has_all_columns_that_are_asked_for_is_the_header() {
    let folder = folder();
    let row = |at: usize| format!("{},{},{}\n", at % 7, at * 5 % 11, at % 2);
    let rows: String = (0..60).map(row).collect();
    fs::write(folder.path().join("p.csv"), format!("0,1,y\n{rows}")).unwrap();
    let text = succeed(folder.path(), "train --data p.csv --target y --epochs 1");
    assert!(text.contains("first line taken as names, by which columns are asked for\n"), "{text}");
    assert!(text.contains("p.csv: 48 rows to train on, 12 held out; 2 columns become 2 features"), "{text}");
    // One that is misspelled settles nothing.
    let wrong = run(folder.path(), "train --data p.csv --target x --epochs 1");
    assert!(wrong.code == 1 && wrong.stderr.starts_with("error: "), "{wrong:?}");
}

#[test]
fn one_number_among_words_that_stand_over_categories_is_told() {
    let folder = folder();
    let row = |at: usize| format!("c{},{}\n", at % 3, at % 7);
    let rows: String = (0..60).map(row).collect();
    fs::write(folder.path().join("t.csv"), format!("city,2019\n{rows}")).unwrap();
    let found = run(folder.path(), "data t.csv --target 2");
    let said = format!("{}{}", found.stdout, found.stderr);
    assert!(said.contains("first line, city, 2019, taken as data; if it is a header"), "{said}");
    // Numbers as those below are data, and so are texts that begin as another format.
    fs::write(folder.path().join("n.csv"), format!("city,3\n{rows}")).unwrap();
    let found = run(folder.path(), "data n.csv --target 2");
    assert!(!format!("{}{}", found.stdout, found.stderr).contains("taken as data"), "{found:?}");
    fs::write(folder.path().join("p.csv"), format!("PAR1,ARROW1\n{rows}")).unwrap();
    assert!(succeed(folder.path(), "data p.csv --target 2").contains("first line taken as names"));
    // Rows that begin so are data, and nothing is said of them.
    fs::write(folder.path().join("d.csv"), format!("c1,2019\n{rows}")).unwrap();
    let found = run(folder.path(), "data d.csv --target 2");
    assert!(!format!("{}{}", found.stdout, found.stderr).contains("first line"), "{found:?}");
}

#[test]
fn a_format_that_is_no_text_is_named_on_standard_input() {
    let folder = folder();
    let found = feed(folder.path(), "data -", b"\x93NUMPY\x01\x00\x76\x00{'descr': '<f4'");
    assert_eq!(found.code, 1);
    assert!(
        found.stderr.contains("found NPY, expected text: this format is read from a file, by its name"),
        "{}",
        found.stderr
    );
}

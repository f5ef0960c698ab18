//! Codes in a file of labels of its own, kept as the texts that they are.

use std::fs;

use crate::run::{folder, last, run, succeed};

#[test]
fn what_is_advised_about_codes_in_a_file_of_labels_can_be_typed() {
    let folder = folder();
    let path = folder.path();
    let codes: String = (0..60).map(|row| format!("{}\n", ["01", "02", "10"][row % 3])).collect();
    let rows: String = (0..60).map(|row| format!("{},{}\n", row % 3, row % 7)).collect();
    fs::write(path.join("x.csv"), format!("a,b\n{rows}")).unwrap();
    fs::write(path.join("named.csv"), format!("code\n{codes}")).unwrap();
    fs::write(path.join("bare.csv"), codes).unwrap();
    for (labels, column) in [("named.csv", "code"), ("bare.csv", "bare.csv:1")] {
        let train = format!("train --data x.csv --labels {labels} --epochs 2 --holdout 0");
        let told = run(path, &train);
        assert!(
            told.stderr.contains(&format!("if it is a code, such as a ZIP code: --categories {column}, or")),
            "{}",
            told.stderr
        );
        let told = succeed(path, &format!("{train} --categories {column} --save {labels}.m"));
        assert!(told.contains("classes: 01 = 0, 02 = 1, 10 = 2"), "{told}");
        let command = told.lines().find_map(|line| line.split("predict with: chainrule ").nth(1)).expect("a command");
        let asked = run(path, command);
        assert!(asked.code == 0 && asked.stdout.lines().all(|line| ["01", "02", "10"].contains(&line)), "{asked:?}");
        let classes = last(path, &format!("eval {labels}.m --data x.csv --labels {labels} --json"))["classes"].clone();
        assert_eq!(classes, serde_json::json!(["01", "02", "10"]));
        assert_eq!(run(path, &format!("data x.csv --labels {labels} --categories {column}")).code, 0);
    }
}

//! `chainrule data`, and what `train` says of data before it learns from them.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::run::{folder, json, last, run, succeed};

/// 200 rows: an index, numbers with holes, towns, a column made from the target.
fn write(folder: &Path) {
    let row = |at: usize| {
        let (age, bad) = (at * 7919 % 61, at * 104_729 % 1009 < 350);
        let age = if at % 50 == 7 { String::new() } else { age.to_string() };
        format!(
            "{at},{age},{},{},{}\n",
            ["Bonn", "Ulm", "Kiel"][at % 3],
            u8::from(bad),
            if bad { "bad" } else { "good" }
        )
    };
    let rows: String = (0..200).map(row).collect();
    fs::write(folder.join("people.csv"), format!("id,age,town,code,state\n{rows}")).unwrap();
}

#[test]
fn columns_alone_are_described_on_one_screen() {
    let folder = folder();
    write(folder.path());
    let text = succeed(folder.path(), "data people.csv");
    for part in [
        "people.csv: 200 rows, 5 columns",
        "age     whole           4",
        "one-hot, 3 features",
        "column \"id\" counts the rows",
    ] {
        assert!(text.contains(part), "{part:?} in {text}");
    }
    assert!(text.lines().count() < 30, "{text}");
}

#[test]
fn data_and_train_count_columns_and_features_in_the_same_words() {
    let folder = folder();
    let row = |at: usize| format!("{},{},{},{}\n", ["a", "b", "c"][at % 3], ["no", "yes"][at % 2], at * 7 % 13, at % 2);
    let rows: String = (0..60).map(row).collect();
    fs::write(folder.path().join("x.csv"), format!("town,flag,n,y\n{rows}")).unwrap();
    let words = "; 3 columns become 5 features";
    assert!(
        succeed(folder.path(), "data x.csv --target y").starts_with(&format!("x.csv: 60 rows, 4 columns{words}\n"))
    );
    let train = run(folder.path(), "train --data x.csv --target y --epochs 1").stdout;
    assert!(train.starts_with(&format!("x.csv: 48 rows to train on, 12 held out{words}, 2 classes\n")), "{train}");
    let alone = succeed(folder.path(), "data x.csv");
    assert!(alone.starts_with("x.csv: 60 rows, 4 columns; 4 columns become 6 features, no target named\n"), "{alone}");
    assert!(run(folder.path(), "train --epochs 1").stdout.contains("; 64 features, 10 classes"));
}

#[test]
fn with_a_target_each_finding_says_what_to_type() {
    let folder = folder();
    write(folder.path());
    let text = succeed(folder.path(), "data people.csv --target state");
    for part in [
        "target state: classification, 2 classes: bad ",
        "rows: 160 to train on, 40 held out",
        "4 in all: age 4\n  do:    --missing median",
        "column \"code\" alone tells the target: 100.00 %",
        "do:    --drop code",
        "\n3 findings\n",
    ] {
        assert!(text.contains(part), "{part:?} in {text}");
    }
    let report = &json(folder.path(), "data people.csv --target state --json")[0];
    let kinds: Vec<&str> =
        report["findings"].as_array().unwrap().iter().map(|finding| finding["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["missing-values", "index-column", "column-tells-target"]);
    assert_eq!((&report["columns"][1]["missing"], &report["target"]["task"]), (&4.into(), &"classification".into()));
    let clean = succeed(folder.path(), "data people.csv --target state --drop id,code --missing median");
    assert!(clean.ends_with("\nnothing found\n"), "{clean}");
    assert!(succeed(folder.path(), "data iris").ends_with("\nnothing found\n"));
}

#[test]
fn training_warns_of_the_same_on_standard_error() {
    let folder = folder();
    write(folder.path());
    let train = "train --data people.csv --target state --missing median --epochs 2";
    let said = run(folder.path(), train);
    assert_eq!(said.code, 0);
    assert!(said.stderr.contains("warning: column \"code\" alone tells the target"), "{}", said.stderr);
    assert_eq!((said.stdout + &said.stderr).matches("tells the target").count(), 1, "said once");
    let lines = json(folder.path(), &format!("{train} --json"));
    let events: Vec<&Value> =
        lines.iter().filter(|line| line["event"] == "finding" && line["when"] == "data").collect();
    assert_eq!(events.iter().map(|event| &event["kind"]).collect::<Vec<_>>(), ["index-column", "column-tells-target"]);
    assert_eq!(run(folder.path(), &format!("{train} --quiet")).stderr, "");
}

#[test]
fn the_doctor_says_how_targets_were_scaled_and_what_the_data_say() {
    let folder = folder();
    succeed(folder.path(), "train --data diabetes --epochs 3 --quiet --save m");
    let text = run(folder.path(), "doctor m --data diabetes");
    assert!(text.stdout.contains("target progression: standardised for training (mean 149.9"), "{}", text.stdout);
    write(folder.path());
    run(folder.path(), "train --data people.csv --target state --missing median --epochs 40 --quiet --save n");
    let text = run(folder.path(), "doctor n --data people.csv --missing median");
    assert_eq!(text.code, 1);
    assert!(text.stdout.contains("column \"code\" alone tells the target"), "{}", text.stdout);
    let report: Value =
        serde_json::from_str(&run(folder.path(), "doctor n --data people.csv --missing median --json").stdout).unwrap();
    assert_eq!(report["healthy"], false);
}

#[test]
fn a_file_that_cannot_be_read_or_a_column_that_is_not_there_is_an_error() {
    let folder = folder();
    write(folder.path());
    for (args, part) in
        [("data nothing.csv", "nothing.csv"), ("data people.csv --target stat", "did you mean \"state\"?")]
    {
        let said = run(folder.path(), args);
        assert!(said.code == 1 && said.stderr.contains(part), "{args}: {}", said.stderr);
    }
    assert_eq!(last(folder.path(), "data moons:rows=50 --json")["rows"], 50);
}

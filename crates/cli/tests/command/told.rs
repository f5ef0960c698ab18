//! Notes about data and models that are ambiguous: thousands, identifiers, rows without targets, names.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::run::{folder, json, last, run, succeed};

/// Numbers from 0 to 1 in no order.
fn noise(row: u64) -> f64 {
    let mut z = (row + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (z >> 11) as f64 / (1_u64 << 53) as f64
}

/// 120 rows of an age with holes, a town, yes or no, and an answer; beside it the same without the answer.
fn people(folder: &Path) {
    let (mut with, mut without) = ("age,town,owns,answer\n".to_owned(), "age,town,owns\n".to_owned());
    for row in 0..120 {
        let age = 18 + (noise(row) * 60.0) as u32;
        let town = ["Bonn", "Ulm", "Kiel"][row as usize % 3];
        let owns = if noise(row + 500) > 0.5 { "yes" } else { "no" };
        let cells = format!("{},{town},{owns}", if row % 17 == 3 { String::new() } else { age.to_string() });
        let is_high = f64::from(age) + 20.0 * noise(row + 900) > 60.0;
        writeln!(with, "{cells},{}", if is_high { "high" } else { "low" }).unwrap();
        writeln!(without, "{cells}").unwrap();
    }
    fs::write(folder.join("people.csv"), with).unwrap();
    fs::write(folder.join("asked.csv"), without).unwrap();
}

#[test]
fn what_may_be_thousands_is_said_by_every_command_and_read_otherwise_when_told() {
    let folder = folder();
    let path = folder.path();
    let mut text = "price,rooms,rent\n".to_owned();
    for row in 0..60 {
        let price = 9000 + (noise(row) * 90_000.0) as u32;
        writeln!(text, "{}.{:03},{},{}", price / 1000, price % 1000, row % 5, 300 + price / 100).unwrap();
    }
    fs::write(path.join("flats.csv"), &text).unwrap();
    let told = "if points stand between thousands: --decimal comma";
    let look = succeed(path, "data flats.csv");
    assert!(look.contains(told), "{look}");
    let train = "train --data flats.csv --target rent --task regression --hidden 4 --epochs 2 --save m";
    for command in [train, "eval m --data flats.csv", "predict m --data flats.csv"] {
        let said = run(path, command);
        // The last model was told that commas stand before fractions.
        let told = if command == train { told } else { "as where the model was trained, not" };
        assert!(said.code == 0 && said.stderr.matches(told).count() == 1, "{command}: {}", said.stderr);
        assert!(
            !run(
                path,
                &format!("{command} --decimal comma --force")
                    .replace(" --force", if command == train { " --force" } else { "" })
            )
            .stderr
            .contains(told)
        );
    }
    let column = &last(path, "data flats.csv --decimal comma --json")["columns"][0];
    assert!(column["kind"] == "whole" && column["min"].as_f64().unwrap() >= 9000.0, "{column}");
    // A fraction elsewhere in the file says what points are.
    fs::write(path.join("clear.csv"), text.replace(",300,", ",300.5,").replace(",4,", ",4.5,")).unwrap();
    assert!(!succeed(path, "data clear.csv").contains("thousands"));
}

#[test]
fn training_and_a_look_point_at_the_same_identifiers() {
    let folder = folder();
    let path = folder.path();
    let mut text = "customer_id,x,y\n".to_owned();
    for row in 0..200_u64 {
        let id = 100_000 + row * 104_729 % 899_981;
        writeln!(text, "{id},{},{}", noise(row), noise(row) * 3.0 + noise(row + 700)).unwrap();
    }
    fs::write(path.join("bought.csv"), text).unwrap();
    let seen = "column \"customer_id\" holds another whole number in each of 200 rows";
    let look = succeed(path, "data bought.csv");
    assert!(look.contains(seen) && look.contains("--drop customer_id"), "{look}");
    let said = run(path, "train --data bought.csv --target y --hidden 4 --epochs 1");
    assert!(said.stderr.contains(seen) && said.stderr.contains("--drop customer_id"), "{}", said.stderr);
    assert!(
        !run(path, "train --data bought.csv --target y --hidden 4 --epochs 1 --drop customer_id")
            .stderr
            .contains("another")
    );
}

#[test]
fn exports_are_models_again_and_sources_say_what_they_are() {
    let folder = folder();
    let path = folder.path();
    people(path);
    succeed(path, "train --data people.csv --target answer --missing median --hidden 8 --epochs 9 --quiet --save m");
    let figures = succeed(path, "eval m --data people.csv --part all");
    for ending in ["onnx", "json", "npz"] {
        succeed(path, &format!("export m --out m.{ending}"));
        assert_eq!(succeed(path, &format!("eval m.{ending} --data people.csv")), figures, "{ending}");
        let predicted = run(path, &format!("predict m.{ending} --data asked.csv --proba"));
        let by_model = run(path, "predict m --data asked.csv --proba");
        assert_eq!((predicted.code, predicted.stdout), (0, by_model.stdout), "{ending}");
        // What is filled is said alike.
        assert_eq!(predicted.stderr, by_model.stderr, "{ending}");
    }
    for ending in ["c", "rs"] {
        succeed(path, &format!("export m --out m.{ending}"));
        let refused = run(path, &format!("eval m.{ending} --data people.csv"));
        assert!(
            refused.code == 1
                && refused.stderr.contains("source code in C or Rust")
                && refused.stderr.contains("the model it was exported from is the safetensors file"),
            "{}",
            refused.stderr
        );
    }
    let refused = run(path, "eval people.csv --data people.csv");
    assert!(refused.stderr.contains("found text, expected a model"), "{}", refused.stderr);
}

#[test]
fn rows_without_targets_are_explained_and_drawn_and_what_is_left_out_is_said() {
    let folder = folder();
    let path = folder.path();
    people(path);
    succeed(path, "train --data people.csv --target answer --missing median --hidden 8 --epochs 9 --quiet --save m");
    let with = succeed(path, "explain m --data people.csv --row 3");
    let without = run(path, "explain m --data asked.csv --row 3");
    assert!(without.stderr.contains("asked.csv has no target, so the row's target is left out"), "{}", without.stderr);
    let answered = |text: &str| text.split_once("answer ").unwrap().1.to_owned();
    assert_eq!(answered(&with), answered(&without.stdout));
    assert!(with.contains("target  ") && !without.stdout.contains("target  "), "{}", without.stdout);
    let all = run(path, "explain m --data asked.csv");
    assert!(all.code == 1 && all.stderr.contains("answer"), "{}", all.stderr);

    for (view, part) in [("operations", "|dW"), ("neurons --row 3", "target ")] {
        let of = |data: &str| run(path, &format!("graph m --data {data} --view {view} --format svg"));
        let (with, without) = (of("people.csv"), of("asked.csv"));
        assert_eq!(without.code, 0, "{}", without.stderr);
        assert!(
            without.stderr.contains("so the target, the loss and its gradients are left out"),
            "{}",
            without.stderr
        );
        assert!(with.stdout.len() > without.stdout.len(), "{view}, {part}");
    }
    let refused = run(path, "graph m --data asked.csv --view neurons --edges gradients");
    assert!(refused.code == 1 && refused.stderr.contains("answer"), "{}", refused.stderr);
}

#[test]
fn a_row_is_shown_as_the_table_has_it() {
    let folder = folder();
    let path = folder.path();
    let mut text = "a,b,flag,y\n".to_owned();
    for row in 0..90_u64 {
        let a = (row * 7 % 31) as f64 - 3.0;
        writeln!(text, "{a},{},{},{}", row * 1_000_003 % 9973, if row % 3 == 0 { "yes" } else { "no" }, a * 2.0 + 0.5)
            .unwrap();
    }
    fs::write(path.join("t.csv"), text.clone()).unwrap();
    succeed(path, "train --data t.csv --target y --task regression --hidden 4 --epochs 2 --save m --quiet");
    for row in 1..=31 {
        let found = last(path, &format!("explain m --data t.csv --row {row} --json"));
        let cells: Vec<&str> = text.lines().nth(row).unwrap().split(',').collect();
        let shown: Vec<&str> =
            found["columns"].as_array().unwrap().iter().map(|column| column["value"].as_str().unwrap()).collect();
        assert_eq!(shown, cells[..3], "row {row}");
        assert_eq!(found["target"], cells[3], "row {row}");
    }
}

#[test]
fn one_question_has_the_figures_of_two_classes() {
    let folder = folder();
    let path = folder.path();
    people(path);
    let train =
        "train --data people.csv --target answer --task binary --missing median --hidden 8 --epochs 30 --save b";
    let text = succeed(path, train);
    assert!(text.contains("val accuracy") && text.contains(" of 24 rows right"), "{text}");
    let done = last(path, &format!("{train} --json"));
    assert!(done["test_accuracy"].as_f64().unwrap() > 0.5, "{done}");
    let text = succeed(path, "eval b --data people.csv --part test");
    for part in ["accuracy  ", "balanced accuracy", "ROC AUC", "log loss", "true class by row", "\n low ", "\nhigh "] {
        assert!(text.contains(part), "{part:?} in {text}");
    }
    assert!(!text.contains("output 1") && !text.contains("exact rows"), "{text}");
    let found = last(path, "eval b --data people.csv --part test --json");
    let matrix: Vec<Vec<u64>> = serde_json::from_value(found["confusion"].clone()).unwrap();
    let (right, all) = (matrix[0][0] + matrix[1][1], matrix.iter().flatten().sum::<u64>());
    assert_eq!((all, found["test_accuracy"].as_f64()), (24, Some(right as f64 / 24.0)));
}

#[test]
fn outputs_of_values_are_called_by_their_columns() {
    let folder = folder();
    let path = folder.path();
    let mut text = "a,b,width,height\n".to_owned();
    for row in 0..60 {
        let (a, b) = (noise(row), noise(row + 300));
        writeln!(text, "{a},{b},{},{}", a + b, a * b).unwrap();
    }
    fs::write(path.join("t.csv"), text).unwrap();
    succeed(path, "train --data t.csv --target width,height --hidden 4 --epochs 2 --save m --quiet");
    let text = succeed(path, "eval m --data t.csv");
    assert!(text.contains("\n width ") && text.contains("\nheight ") && !text.contains("output 1"), "{text}");
    let found = last(path, "eval m --data t.csv --json");
    assert_eq!((&found["outputs"][0]["name"], &found["outputs"][1]["name"]), (&"width".into(), &"height".into()));
}

#[test]
fn a_run_that_has_ended_says_so_and_how_to_train_longer() {
    let folder = folder();
    let path = folder.path();
    succeed(path, "train --data iris --hidden 4 --epochs 3 --checkpoint c --save m --quiet");
    let text = succeed(path, "train --resume c");
    let told = "the run had ended before, after all 3 epochs: nothing is trained. To train longer, from its model: \
                chainrule train --from m --data iris --epochs 3";
    assert!(text.contains(told), "{text}");
    let lines = json(path, "train --resume c --json");
    assert!(lines.iter().any(|line| line["event"] == "finished" && line["epochs"] == 3), "{lines:?}");
    succeed(path, "train --from m --data iris --epochs 3");
    let refused = run(path, "train --resume c --epochs 9");
    assert!(refused.code == 1 && refused.stderr.contains("train --from FILE --epochs N"), "{}", refused.stderr);
    // Early stopping ends a run, too.
    succeed(path, "train --data iris --hidden 4 --epochs 200 --patience 2 --lr 0.5 --run r --quiet");
    assert!(succeed(path, "train --resume r").contains(" of at most 200 epochs: nothing is trained"));
}

#[test]
fn what_a_model_has_settled_is_refused_by_name_or_followed() {
    let folder = folder();
    let path = folder.path();
    people(path);
    let table = "--data people.csv --target answer";
    succeed(path, &format!("train {table} --missing median --hidden 4 --epochs 2 --no-shuffle --save m --quiet"));
    for (option, why) in [
        ("--missing mean", "--missing mean is for a new network: the one in m fills missing values by median"),
        (
            "--group town",
            "--group town is for a new network: the one in m was trained on rows that were split without groups",
        ),
        ("--classes 4", "--classes 4 is for a new network: the one in m has 2 outputs"),
    ] {
        let refused = run(path, &format!("train --from m {table} --epochs 1 {option}"));
        assert!(refused.code == 2 && refused.stderr.contains(why), "{option}: {}", refused.stderr);
    }
    succeed(path, &format!("train --from m {table} --epochs 1 --missing median --classes 2"));
    // Unknown towns are refused by the first model and, when that is asked for, zeros to the next.
    fs::write(path.join("new.csv"), "age,town,owns\n30,Rome,yes\n").unwrap();
    assert_eq!(run(path, "predict m --data new.csv").code, 1);
    succeed(path, &format!("train --from m {table} --epochs 1 --unknown zeros --save n --quiet"));
    let told = run(path, "predict n --data new.csv");
    assert!(told.code == 0 && told.stderr.contains("1 in town, such as \"Rome\""), "{}", told.stderr);

    let on = succeed(path, &format!("train --from m {table} --epochs 1"));
    assert!(on.contains("keeps ") && on.contains("rows in their order of m"), "{on}");
    let hash = |options: &str| {
        last(path, &format!("train --from m {table} --epochs 2 --json {options}"))["weights_sha256"].clone()
    };
    assert_eq!(hash(""), hash("--no-shuffle"));
    assert_ne!(hash(""), hash("--shuffle"));

    fs::write(path.join("v.csv"), (0..40).map(|row| format!("{row},{}\n", 50 + row * 3)).collect::<String>()).unwrap();
    succeed(path, "train --data v.csv --target 2 --task regression --hidden 4 --epochs 2 --save v --quiet");
    let refused = run(path, "train --from v --data v.csv --target 2 --raw-targets --epochs 1");
    assert!(refused.code == 2 && refused.stderr.contains("v has learned standardised targets"), "{}", refused.stderr);
}

#[test]
fn small_probabilities_keep_their_digits() {
    let folder = folder();
    let path = folder.path();
    let rows: String = (0..60).map(|row| format!("{row},{}\n", if row < 30 { "low" } else { "high" })).collect();
    fs::write(path.join("t.csv"), format!("x,y\n{rows}")).unwrap();
    succeed(path, "train --data t.csv --target y --optimizer sgd --lr 1 --epochs 1500 --hidden 8 --quiet --save m");
    let text = run(path, "predict m --data t.csv --proba").stdout;
    let json = run(path, "predict m --data t.csv --proba --json").stdout;
    let mut small = 0;
    for (line, object) in text.lines().zip(json.lines()) {
        assert!(line.len() < 30, "{line}");
        let object: serde_json::Value = serde_json::from_str(object).unwrap();
        for (cell, name) in line.split(',').zip(["high", "low"]) {
            let exact = object["outputs"][format!("P({name})")].as_f64().unwrap();
            assert_eq!(cell.parse::<f32>().unwrap(), exact as f32, "{line}");
            small += usize::from(cell.contains("e-"));
        }
    }
    assert!(small > 10, "{text}");
}

#[test]
fn columns_of_one_name_are_read_by_their_numbers() {
    let folder = folder();
    let path = folder.path();
    let rows: String = (0..40).map(|row| format!("{row},{},{}\n", noise(row), row * 2)).collect();
    fs::write(path.join("t.csv"), format!("a,a,y\n{rows}")).unwrap();
    let refused = run(path, "train --data t.csv --target y --epochs 1");
    let advice = "by numbers from 1: --skip-lines 1 --header no";
    assert!(refused.code == 1 && refused.stderr.contains(advice), "{}", refused.stderr);
    succeed(
        path,
        "train --data t.csv --target 3 --task regression --hidden 4 --epochs 1 --skip-lines 1 --header no --quiet",
    );
}

#[test]
fn a_model_reads_numbers_as_in_training_and_the_hint_has_what_the_file_needs() {
    let folder = folder();
    let path = folder.path();
    let mut text = "towns of 2026\npop,cost\n".to_owned();
    for row in 0..60 {
        let pop = 9000 + (noise(row) * 90_000.0) as u32;
        writeln!(text, "{}.{:03},{}", pop / 1000, pop % 1000, 300 + pop / 100).unwrap();
    }
    fs::write(path.join("city.csv"), &text).unwrap();
    let train = "train --data city.csv --skip-lines 1 --target cost --decimal comma --hidden 4 --epochs 2 --save c.st";
    let said = succeed(path, train);
    assert!(said.contains("predict c.st --data city.csv --decimal comma --skip-lines 1"), "{said}");
    for command in ["predict c.st", "eval c.st", "explain c.st", "doctor c.st"] {
        let command = format!("{command} --data city.csv --skip-lines 1");
        let known = run(path, &command);
        let told = run(path, &format!("{command} --decimal comma"));
        assert_eq!((known.code, &known.stdout), (told.code, &told.stdout), "{command}");
        assert!(known.stderr.contains("as where the model was trained, not"), "{command}: {}", known.stderr);
        assert!(!told.stderr.contains("as where the model was trained"), "{command}: {}", told.stderr);
    }
    let predicted = |more: &str| run(path, &format!("predict c.st --data city.csv --skip-lines 1{more}")).stdout;
    assert_ne!(predicted(" --decimal point"), predicted(""));
}

#[test]
fn measurements_of_three_decimals_between_commas_are_read_without_a_word() {
    let folder = folder();
    let path = folder.path();
    let mut text = "a,b,y\n".to_owned();
    for row in 0..60 {
        writeln!(text, "{:.3},{:.3},{}", 11.001 + noise(row), 3.001 + 40.0 * noise(row + 99), row % 7).unwrap();
    }
    // No fraction of fewer digits, and none below 1.
    fs::write(path.join("m.csv"), &text).unwrap();
    for command in [
        "data m.csv",
        "train --data m.csv --target y --task regression --hidden 4 --epochs 2 --save m",
        "predict m --data m.csv",
    ] {
        let said = run(path, command);
        assert!(said.code == 0 && !(said.stderr.clone() + &said.stdout).contains("thousands"), "{command}");
    }
}

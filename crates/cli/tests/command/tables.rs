//! People's own tables: what of them could be meant two ways, or goes wrong, is said with what to type.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::run::{Run, command, feed, folder, json, last, run, succeed};

/// Numbers from 0 to 1 in no order.
fn noise(at: usize) -> f64 {
    let mixed = (at as u64 + 17).wrapping_mul(0x2545_f491_4f6c_dd1d);
    ((mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 12) as f64 / (1_u64 << 52) as f64
}

/// Rows of two numbers and what is made of them.
fn rows(count: usize, separator: &str, made: impl Fn(f64, f64) -> String) -> String {
    let row = |at: usize| {
        let (a, b) = (noise(at) * 6.0 - 3.0, noise(at + 5000) * 2.0 - 1.0);
        format!("{a:.2}{separator}{b:.2}{separator}{}\n", made(a, b))
    };
    (0..count).map(row).collect()
}

/// Runs words as they are, blanks and all.
fn run_words(folder: &Path, words: &[&str]) -> Run {
    command(folder).args(words).output().unwrap().into()
}

#[test]
fn the_hint_after_training_is_a_line_that_works() {
    let folder = folder();
    let text = format!("a sheet\na~b~y\n{}", rows(60, "~", |a, b| format!("{:.2}", 2.0 * a - b)));
    fs::write(folder.path().join("my rows.txt"), text).unwrap();
    let said = run_words(
        folder.path(),
        &[
            "train",
            "--data",
            "my rows.txt",
            "--delimiter",
            "~",
            "--skip-lines",
            "1",
            "--target",
            "y",
            "--epochs",
            "2",
            "--save",
            "my model",
        ],
    );
    let hint = said.stdout.lines().find_map(|line| line.split_once("predict with: chainrule ")).expect("a hint").1;
    let line = format!("'{}' {hint}", env!("CARGO_BIN_EXE_chainrule"));
    let copied = Command::new("sh").args(["-c", &line]).current_dir(folder.path()).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&copied.stdout).lines().count(), 60, "{hint}");
}

#[test]
fn probabilities_are_called_the_same_in_files_and_in_json() {
    let folder = folder();
    let path = folder.path();
    let word = |a: f64, b: f64| if a + b > 0.0 { "late" } else { "early" }.to_owned();
    fs::write(path.join("t.csv"), format!("a,b,arrival\n{}", rows(80, ",", word))).unwrap();
    for (task, proba, raw) in [
        ("binary", vec!["P(late)"], vec!["output late"]),
        ("classification", vec!["P(early)", "P(late)"], vec!["output early", "output late"]),
    ] {
        succeed(path, &format!("train --data t.csv --target arrival --task {task} --epochs 2 --quiet --save {task}"));
        for (option, names) in [("--proba", proba), ("--raw", raw)] {
            let keys = |line: &Value| line["outputs"].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
            let said = run(path, &format!("predict {task} --data t.csv {option} --json"));
            let line: Value = serde_json::from_str(said.stdout.lines().next().unwrap()).unwrap();
            assert_eq!(keys(&line), names, "{task} {option}");
            run(path, &format!("predict {task} --data t.csv {option} --output p.csv"));
            let written = fs::read_to_string(path.join("p.csv")).unwrap();
            assert_eq!(written.lines().next().unwrap(), names.join(","), "{task} {option}");
        }
    }
}

#[test]
fn several_questions_are_answered_by_0_or_1_and_by_probabilities_when_asked() {
    let folder = folder();
    let path = folder.path();
    let tags = |a: f64, b: f64| format!("{},{}", u8::from(a > 0.0), u8::from(b > 0.0));
    fs::write(path.join("t.csv"), format!("a,b,rock,jazz\n{}", rows(120, ",", tags))).unwrap();
    let train = "train --data t.csv --target rock,jazz --task multi-label --epochs 60 --quiet --save m";
    succeed(path, train);
    let asked = b"a,b\n3,1\n-3,-1\n3,-1\n";
    assert_eq!(feed(path, "predict m", asked).stdout, "1,1\n0,0\n1,0\n");
    let line: Value =
        serde_json::from_str(feed(path, "predict m --json", asked).stdout.lines().last().unwrap()).unwrap();
    assert_eq!(line["outputs"], serde_json::json!({ "rock": 1, "jazz": 0 }));
    let line = feed(path, "predict m --json --proba", asked).stdout;
    let line: Value = serde_json::from_str(line.lines().last().unwrap()).unwrap();
    let p = |name: &str| line["outputs"][name].as_f64().unwrap();
    assert!(p("P(rock)") > 0.5 && p("P(jazz)") < 0.5, "{line}");
}

#[test]
fn codes_that_begin_with_zeros_are_told_wherever_they_stand() {
    let folder = folder();
    let path = folder.path();
    // Behind the rows by which kinds of columns are told.
    let town = |at: usize| if at < 1500 { "94105" } else { "03457" };
    let text: String = (0..1600).map(|at| format!("{},{:.3},{}\n", town(at), noise(at), at % 7)).collect();
    fs::write(path.join("t.csv"), format!("zip,size,y\n{text}")).unwrap();
    let told = "note: zip: 03457 is read as the number 3457; if it is a code, such as a ZIP code: --categories zip, or --drop zip";
    assert!(succeed(path, "data t.csv").contains(told));
    let train = "train --data t.csv --target y --task regression --epochs 1 --hidden 4 --force --save m";
    let said = run(path, train);
    assert!(said.code == 0 && said.stderr.contains(told), "{}", said.stderr);
    for option in ["--drop zip", "--categories zip"] {
        let said = run(path, &format!("{train} {option}"));
        assert!(said.code == 0 && !said.stderr.contains("03457"), "{option}: {}", said.stderr);
    }
    // Of which the last took categories: a code is found as it is written.
    let [a, b] =
        ["zip,size\n03457,0.5\n", "zip,size\n94105,0.5\n"].map(|rows| feed(path, "predict m", rows.as_bytes()));
    assert!(a.code == 0 && b.code == 0 && a.stdout != b.stdout, "{a:?} {b:?}");
}

#[test]
fn columns_that_hold_the_same_and_numbers_too_large_to_tell_apart_are_found() {
    let folder = folder();
    let path = folder.path();
    let text: String = (0..60)
        .map(|at| {
            format!("{0:.3},{1},{0:.3},{2:.4}\n", noise(at), 9_007_199_254_740_993_u64 + at as u64 * 7, noise(at + 90))
        })
        .collect();
    fs::write(path.join("t.csv"), format!("cm,account,inch,y\n{text}")).unwrap();
    let found = &json(path, "data t.csv --target y --json")[0];
    let of = |kind: &str| {
        let finding = found["findings"].as_array().unwrap().iter().find(|finding| finding["kind"] == kind);
        finding.unwrap_or_else(|| panic!("{kind} in {found}")).clone()
    };
    assert_eq!(
        (&of("copied-columns")["columns"], &of("copied-columns")["do"]),
        (&serde_json::json!(["inch"]), &"--drop inch".into())
    );
    assert!(of("inexact-numbers")["do"].as_str().unwrap().starts_with("--drop account if"), "{found}");
    // A target without a name is one, too.
    fs::write(path.join("n.csv"), &text).unwrap();
    let found = &json(path, "data n.csv --target 4 --json")[0];
    assert_eq!((&found["columns"][3]["role"], &found["columns"][3]["becomes"]), (&"target".into(), &"target".into()));
}

#[test]
fn every_column_of_dates_is_refused_by_one_option_that_leaves_them_out() {
    let folder = folder();
    let path = folder.path();
    let text: String = (0..40)
        .map(|at| format!("2026-0{}-1{},{}.3.2025,{:.2},{}\n", 1 + at % 9, at % 10, 1 + at % 28, noise(at), at % 5))
        .collect();
    fs::write(path.join("t.csv"), format!("first seen,paid,x,y\n{text}")).unwrap();
    let refused = run(path, "train --data t.csv --target y --task regression --epochs 1");
    let advice = "leave the columns out (--drop \"first seen,paid\")";
    assert!(refused.code == 1 && refused.stderr.contains(advice), "{}", refused.stderr);
    let words = [
        "train",
        "--data",
        "t.csv",
        "--target",
        "y",
        "--task",
        "regression",
        "--epochs",
        "1",
        "--drop",
        "first seen,paid",
    ];
    assert_eq!(run_words(path, &words).code, 0);
}

#[test]
fn a_converted_model_keeps_its_scaling_and_its_decimal_sign() {
    let folder = folder();
    let path = folder.path();
    let text = rows(60, ";", |a, b| format!("{:.2}", a * b)).replace('.', ",");
    fs::write(path.join("t.csv"), format!("a;b;y\n{text}")).unwrap();
    for how in ["minmax", "standardize"] {
        succeed(path, &format!("train --data t.csv --target y --preprocess {how} --epochs 2 --quiet --save {how}"));
        let shown = last(path, &format!("inspect {how} --json"))["preprocess"].clone();
        for ending in ["json", "npz", "onnx"] {
            succeed(path, &format!("convert {how} {how}.{ending}"));
            assert_eq!(last(path, &format!("inspect {how}.{ending} --json"))["preprocess"], shown, "{how} {ending}");
            let same = run(path, &format!("diff {how} {how}.{ending} --data t.csv"));
            assert!(same.code == 0 && same.stdout.ends_with("the same\n"), "{how} {ending}: {}", same.stdout);
        }
    }
}

#[test]
fn a_wide_table_with_categories_goes_to_onnx_and_comes_back() {
    let folder = folder();
    let path = folder.path();
    let columns = 150;
    let names: String = (0..columns).map(|column| format!("c{column},")).collect();
    let row = |row: usize| {
        let cell = |column: usize| match column % 50 {
            0 => format!("{},", ["red", "blue", "green"][(row + column) % 3]),
            // An empty cell now and then.
            7 if row.is_multiple_of(5) => ",".to_owned(),
            _ => format!("{:.2},", noise(row * columns + column)),
        };
        format!("{}{}\n", (0..columns).map(cell).collect::<String>(), row % 2)
    };
    fs::write(path.join("t.csv"), format!("{names}y\n{}", (0..40).map(row).collect::<String>())).unwrap();
    succeed(path, "train --data t.csv --target y --missing median --epochs 2 --quiet --save m");
    succeed(path, "convert m m.onnx");
    assert_eq!(last(path, "inspect m.onnx --json")["features"], last(path, "inspect m --json")["features"]);
    let same = run(path, "diff m m.onnx --data t.csv");
    assert!(same.code == 0 && same.stdout.ends_with("the same\n"), "{}{}", same.stdout, same.stderr);
}

#[test]
fn a_model_that_knows_no_decimal_sign_says_how_it_read_one() {
    let folder = folder();
    let path = folder.path();
    let numbers: Vec<f64> = (0..80).map(|at| noise(at) * 4.0).collect();
    chainrule::data::write_npy(path.join("x.npy"), 40, 2, &numbers).unwrap();
    chainrule::data::write_npy_labels(path.join("y.npy"), &(0..40).map(|at| at % 2).collect::<Vec<u32>>()).unwrap();
    succeed(path, "train --data x.npy --labels y.npy --epochs 2 --quiet --save m");
    let said = feed(path, "predict m", b"1,5;0,25\n3;2,75\n");
    assert_eq!(said.code, 0, "{}", said.stderr);
    assert!(said.stderr.contains("1,5 is read as 1.5, a comma before fractions"), "{}", said.stderr);
    assert!(said.stderr.contains("if it is none: --decimal point"), "{}", said.stderr);
    assert_eq!(feed(path, "predict m --decimal comma", b"1,5;0,25\n3;2,75\n").stderr, "");
    assert_eq!(feed(path, "predict m", b"1.5;0.25\n3;2.75\n").stderr, "");
    // Numbers of an array are no names.
    let refused = run(path, "train --data x.npy --labels y.npy --epochs 2 --categories 2");
    assert!(refused.code != 0 && refused.stderr.contains("a column of a text file"), "{}", refused.stderr);
}

#[test]
fn columns_taken_in_order_where_only_one_side_has_names_are_told() {
    let folder = folder();
    let path = folder.path();
    let text = rows(60, ",", |a, b| format!("{:.2}", a - b));
    fs::write(path.join("named.csv"), format!("a,b,y\n{text}")).unwrap();
    fs::write(path.join("bare.csv"), &text).unwrap();
    succeed(path, "train --data named.csv --target y --epochs 2 --quiet --save named");
    succeed(path, "train --data bare.csv --target 3 --epochs 2 --quiet --save bare");
    let said = feed(path, "predict named", b"0.5,1\n2,3\n");
    let told = "note: stdin does not name its columns: they are taken in the model's order: a, b; if its first line names them: \
                --header yes";
    assert!(said.code == 0 && said.stderr.contains(told), "{}", said.stderr);
    let said = feed(path, "predict bare", b"width,height\n0.5,1\n2,3\n");
    let told = "note: the model does not name its inputs: columns are taken in order: width, height";
    assert!(said.code == 0 && said.stderr.contains(told), "{}", said.stderr);
    assert_eq!(feed(path, "predict named", b"b,a\n1,0.5\n").stderr, "");
    assert_eq!(feed(path, "predict bare", b"0.5,1\n2,3\n").stderr, "");
    assert_ne!(run(path, "eval named --data bare.csv --target 3").stderr, "");
}

#[test]
fn rows_without_a_target_are_counted_alike_before_training_and_by_it() {
    let folder = folder();
    let path = folder.path();
    let text: String = (0..60)
        .map(|at| {
            format!(
                "{:.2},{}\n",
                noise(at),
                if at % 20 == 3 { String::new() } else { format!("{:.2}", noise(at + 99)) }
            )
        })
        .collect();
    fs::write(path.join("t.csv"), format!("x,y\n{text}")).unwrap();
    let look = succeed(path, "data t.csv --target y");
    assert!(look.contains("3 of 60 rows have no target (y)") && look.contains("do:    --missing drop"), "{look}");
    let refused = run(path, "train --data t.csv --target y --epochs 1");
    assert!(refused.code == 1 && refused.stderr.contains("as in 3 rows") && refused.stderr.contains("--missing drop"));
    let (look, train) = (
        succeed(path, "data t.csv --target y --missing drop"),
        succeed(path, "train --data t.csv --target y --missing drop --epochs 1"),
    );
    for said in [look, train] {
        assert!(said.contains("3 rows without a target left out") && said.contains("to train on"), "{said}");
    }
}

#[test]
fn an_explained_row_says_what_was_filled_and_that_logarithms_are_meant() {
    let folder = folder();
    let path = folder.path();
    let text: String = (0..80)
        .map(|at| {
            let a = if at % 10 == 4 { String::new() } else { format!("{:.3}", noise(at)) };
            format!("{a},{:.3},{:.1}\n", noise(at + 70), (8.0 * noise(at)).exp())
        })
        .collect();
    fs::write(path.join("t.csv"), format!("a,b,price\n{text}")).unwrap();
    fs::write(path.join("asked.csv"), "b,a\n0.5,\n0.5,0.25\n").unwrap();
    succeed(path, "train --data t.csv --target price --log1p price --missing mean --epochs 3 --quiet --save m");
    let line = |args: &str, column: &str| {
        let said = run(path, args);
        assert_eq!(said.code, 0, "{args}: {}", said.stderr);
        assert!(said.stdout.contains("output ln(1 + price): "), "{}", said.stdout);
        let line = said.stdout.lines().find(|line| line.starts_with(&format!("{column} "))).unwrap();
        line.to_owned()
    };
    assert!(line("explain m --data t.csv --row 5", "a").contains("(filled)"));
    assert!(!line("explain m --data t.csv --row 5", "b").contains("(filled)"));
    assert!(!line("explain m --data t.csv --row 6", "a").contains("(filled)"));
    assert!(line("explain m --data asked.csv --row 1", "a").contains("(filled)"));
    assert!(!line("explain m --data asked.csv --row 2", "a").contains("(filled)"));
}

#[test]
fn outputs_that_differ_are_called_by_their_names() {
    let folder = folder();
    let path = folder.path();
    fs::write(path.join("t.csv"), format!("a,b,y,z\n{}", rows(60, ",", |a, b| format!("{a:.2},{b:.2}")))).unwrap();
    for seed in [1, 2] {
        succeed(path, &format!("train --data t.csv --target y,z --epochs 2 --seed {seed} --quiet --save m{seed}"));
    }
    let said = run(path, "diff m1 m2 --data t.csv");
    let line = said.stdout.lines().find(|line| line.starts_with("outputs ")).unwrap();
    assert!(line.contains(", output y: ") || line.contains(", output z: "), "{line}");
    assert!(!line.contains("the answer is another"), "values are no answers: {line}");
}

#[test]
fn the_weight_of_yes_makes_the_rarer_answer_count_more() {
    let folder = folder();
    let path = folder.path();
    let word = |a: f64, _: f64| if a > -2.8 { "yes" } else { "no" }.to_owned();
    fs::write(path.join("t.csv"), format!("a,b,paid\n{}", rows(400, ",", word))).unwrap();
    let found = &json(path, "data t.csv --target paid --task binary --json")[0];
    let finding = found["findings"].as_array().unwrap().iter().find(|f| f["kind"] == "label-imbalance").unwrap();
    let advice = finding["do"].as_str().unwrap();
    let weight: f64 = advice.strip_prefix("--pos-weight ").unwrap().split(',').next().unwrap().parse().unwrap();
    assert!(weight < 0.15 && (weight * finding["number"].as_f64().unwrap() - 1.0).abs() < 0.06, "{advice}");
}

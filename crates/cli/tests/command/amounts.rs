//! Columns of money and percent: read as numbers where every cell has the same sign, and by a model as where it was trained.

use std::fs;
use std::path::Path;

use chainrule::data::write_npy;

use crate::run::{Run, feed, folder, json, run, weights};

/// Sixty houses: rent with a dollar and thousands, fee in percent, price in dollars, twelve times the rent and a bit.
fn table(sign: &str) -> String {
    let row = |at: u32| {
        let rent = 900 + at * 37 % 60 * 41;
        let fee = f64::from(at * 7 % 11) / 2.0;
        format!(
            "\"{sign}{},{:03}.50\",{fee} %,\"{sign}{},{:03}\"\n",
            rent / 1000 + 1,
            rent % 1000,
            12 + rent / 80,
            at * 13 % 1000
        )
    };
    format!("rent,fee,price\n{}", (0..60).map(row).collect::<String>())
}

/// The same numbers without signs.
fn plain(text: &str) -> String {
    text.replace(['$', '%'], "").replace(" ,", ",")
}

fn files(folder: &Path) {
    fs::write(folder.join("d.csv"), table("$")).unwrap();
    fs::write(folder.join("plain.csv"), plain(&table("$"))).unwrap();
    fs::write(folder.join("e.csv"), table("€")).unwrap();
    // The target alone is in euros.
    fs::write(folder.join("target.csv"), table("$").replace(",\"$", ",\"€")).unwrap();
    fs::write(folder.join("plain-target.csv"), plain(&table("$").replace(",\"$", ",\"€"))).unwrap();
}

/// Runs what must succeed, whatever it says of these rows.
fn done(folder: &Path, args: &str) -> Run {
    let said = run(folder, args);
    assert_eq!(said.code, 0, "{args}: {}", said.stderr);
    said
}

const TRAIN: &str = "--target price --hidden 6 --epochs 5";

#[test]
fn they_are_learned_as_the_numbers_that_they_are_and_said() {
    let folder = folder();
    let path = folder.path();
    files(path);
    let said = done(path, &format!("train --data d.csv {TRAIN} --save m")).stdout;
    let (money, percent) = (
        "rent, price: $ taken off, their cells are read as numbers; otherwise --categories rent, or --drop rent",
        "fee: % taken off, its cells are read as numbers; otherwise --categories fee, or --drop fee",
    );
    assert!(said.contains(money) && said.contains(percent) && said.contains("2 features, 1 value"), "{said}");
    done(path, &format!("train --data plain.csv {TRAIN} --save p"));
    assert_eq!(weights(&path.join("m")), weights(&path.join("p")), "the same numbers, the same weights");
    done(path, &format!("train --data d.csv {TRAIN} --save b --memory 100K"));
    assert_eq!(weights(&path.join("m")), weights(&path.join("b")), "in scratch files, too");

    let found = run(path, "data d.csv --target price --json");
    let found: serde_json::Value = serde_json::from_str(&found.stdout).unwrap();
    let notes = found["notes"].to_string();
    assert!(
        notes.contains("rent, price: $ taken off") && found["columns"][0]["max"].as_f64() > Some(3000.0),
        "{found}"
    );
    assert_eq!((&found["columns"][1]["kind"], &found["columns"][1]["max"]), (&"number".into(), &5.0.into()), "{found}");
    assert!(done(path, "tune --data d.csv --target price --candidates 2 --epochs 2").stdout.contains("$ taken off"));

    let asked = |model: &str, data: &str| done(path, &format!("predict {model} --data {data}"));
    let answers = asked("m", "d.csv");
    assert_eq!((answers.stdout.lines().count(), answers.stderr.as_str()), (60, "note: columns passed over: price\n"));
    assert_eq!(answers.stdout, asked("p", "plain.csv").stdout);
    // A single row, and one whose thousands nothing else shows.
    assert_eq!(feed(path, "predict m", b"rent,fee\n\"$1,941.50\",3.5 %\n").stderr, "");
    let evaluated = done(path, "eval m --data d.csv");
    assert!(evaluated.stdout.contains("R2") && evaluated.stderr.is_empty(), "{}", evaluated.stderr);
    done(path, "export m --to json --out m.json");
    assert_eq!(asked("m.json", "d.csv").stdout, answers.stdout);
}

#[test]
fn a_model_refuses_another_sign_and_notes_that_there_is_none() {
    let folder = folder();
    let path = folder.path();
    files(path);
    done(path, &format!("train --data d.csv {TRAIN} --save m"));
    done(path, &format!("train --data plain.csv {TRAIN} --save p"));
    done(path, "export m --to json --out m.json");
    for (command, found, expected) in [
        ("predict m --data e.csv", "numbers with € in \"rent\"", "numbers with $, as the model was trained on"),
        ("predict m.json --data e.csv", "numbers with € in \"rent\"", "numbers with $, as the model was trained on"),
        ("eval m --data target.csv", "numbers with € in \"price\"", "numbers with $, as the model was trained on"),
        ("predict p --data d.csv", "numbers with $ in \"rent\"", "numbers without a sign, as the model was trained on"),
        ("eval p --data plain-target.csv", "numbers with € in \"price\"", "numbers without a sign"),
        ("train --data d.csv --target price --epochs 1 --test-data e.csv", "with € in \"rent\"", "numbers with $"),
        (
            "train --data d.csv --target price --epochs 1 --test-data target.csv",
            "with € in \"price\"",
            "numbers with $",
        ),
        ("train --data plain.csv --target price --epochs 1 --test-data d.csv", "with $ in \"rent\"", "without a sign"),
    ] {
        let said = run(path, command);
        assert!(said.code == 1 && said.stderr.contains(found) && said.stderr.contains(expected), "{command}: {said:?}");
    }
    let note =
        "note: rent: its numbers have no $ here, as they had where the model was trained: they are taken as they are";
    let without = done(path, "predict m --data plain.csv");
    assert!(
        without.stderr.contains(note) && without.stderr.contains("note: fee: its numbers have no %"),
        "{without:?}"
    );
    assert_eq!(without.stdout, done(path, "predict m --data d.csv").stdout);
    assert!(done(path, "eval m --data plain.csv").stderr.contains("note: price: its numbers have no $"));
    write_npy(path.join("x.npy"), 1, 2, &[1941.5, 3.5]).unwrap();
    let from_array = done(path, "predict m --data x.npy");
    assert_eq!(from_array.stdout, feed(path, "predict m", b"rent,fee\n\"$1,941.50\",3.5%\n").stdout);
    assert!(from_array.stderr.contains("no $ here"), "{}", from_array.stderr);
}

#[test]
fn rows_to_test_on_are_told_what_eval_tells_of_them() {
    let folder = folder();
    let path = folder.path();
    files(path);
    // Points between thousands in the one; in the other they could be before fractions.
    let row = |at: u32| format!("{}.{:03};{}\n", 2 + at % 7, at * 137 % 1000, at * at % 89);
    let rows: String = (0..60).map(row).collect();
    fs::write(path.join("comma.csv"), format!("area;y\n1,5;3\n{rows}")).unwrap();
    fs::write(path.join("point.csv"), format!("area;y\n{rows}")).unwrap();
    for (data, test, target) in [("d.csv", "plain.csv", "price"), ("comma.csv", "point.csv", "y")] {
        let settings = format!("--target {target} --task regression --hidden 6 --epochs 2");
        done(path, &format!("train --data {data} {settings} --save m --force"));
        let evaluated = done(path, &format!("eval m --data {test}"));
        let told: Vec<String> =
            evaluated.stderr.lines().map(|line| line.replacen("note: ", &format!("note: {test}: "), 1)).collect();
        assert!(!told.is_empty(), "{test}");
        for memory in ["", "--memory 100K"] {
            let trained = done(path, &format!("train --data {data} --test-data {test} {settings} {memory}"));
            assert!(
                told.iter().all(|told| trained.stderr.lines().any(|line| line == told)),
                "{told:?} {}",
                trained.stderr
            );
        }
        // By the same numbers, too.
        let loss = |args: &str| {
            let said = done(path, args).stdout;
            let last: serde_json::Value = serde_json::from_str(said.lines().last().unwrap()).unwrap();
            last["test_loss"].clone()
        };
        let trained = loss(&format!("train --data {data} --test-data {test} {settings} --json --save n --force"));
        assert_eq!(trained, loss(&format!("eval n --data {test} --json")), "{test}");
    }
}

#[test]
fn different_signs_are_refused_by_name_and_row() {
    let folder = folder();
    let path = folder.path();
    files(path);
    let mixed = table("$").replacen("\"$2,", "\"€2,", 1);
    let row = mixed.lines().position(|line| line.starts_with("\"€")).unwrap();
    fs::write(path.join("mixed.csv"), &mixed).unwrap();
    let said = run(path, &format!("train --data mixed.csv {TRAIN}"));
    let place = format!("mixed.csv, row {row}, column 1 (line {})", row + 1);
    for part in [&*place, "a number with $ in \"rent\", as in row 1", "--categories rent"] {
        assert!(said.code == 1 && said.stderr.contains(part), "{part}: {}", said.stderr);
    }
    done(path, &format!("train --data mixed.csv {TRAIN} --categories rent"));
    // Behind the rows that tell what a column holds.
    let late = format!("rent,fee,price\n{}€ 7,1 %,$3\n", "$5,2 %,$8\n$6,3 %,$9\n".repeat(600));
    fs::write(path.join("late.csv"), &late).unwrap();
    let said = run(path, &format!("train --data late.csv {TRAIN}"));
    assert!(
        said.code == 1 && said.stderr.contains("late.csv, row 1201, column 1 (line 1202): found \"€ 7\""),
        "{said:?}"
    );
    fs::write(path.join("late.csv"), late.replace("€ 7", "7")).unwrap();
    let said = run(path, &format!("train --data late.csv {TRAIN}"));
    assert!(said.stderr.contains("row 1201, column 1 (line 1202): found \"7\", expected a number with $"), "{said:?}");
    // Files of a pattern have one sign.
    fs::write(path.join("part-1.csv"), table("$")).unwrap();
    fs::write(path.join("part-2.csv"), table("€")).unwrap();
    let said = run(path, &format!("train --data part-*.csv {TRAIN}"));
    let found =
        "part-2.csv, header: found numbers with € in the column \"rent\", expected numbers with $, as in part-1.csv";
    assert!(said.code == 1 && said.stderr.contains(found), "{said:?}");
    fs::write(path.join("part-2.csv"), table("$")).unwrap();
    done(path, &format!("train --data part-*.csv {TRAIN}"));
}

#[test]
fn words_and_names_stay_what_they_are() {
    let folder = folder();
    let path = folder.path();
    let row = |at: usize| format!("{},{},{}\n", ["5%", "10%", "free"][at % 3], at * 7 % 31, at % 2);
    // Among words they are categories, and a quantile may be the name of a column.
    fs::write(path.join("t.csv"), format!("fee,5%,y\n{}", (0..60).map(row).collect::<String>())).unwrap();
    let found = run(path, "data t.csv --target y --json").stdout;
    let found: serde_json::Value = serde_json::from_str(&found).unwrap();
    assert_eq!(
        (&found["columns"][0]["kind"], &found["columns"][1]["name"]),
        (&"category".into(), &"5%".into()),
        "{found}"
    );
    // Asked for as categories, by train and by the model that it makes.
    let row = |at: usize| format!("{},{},{}\n", ["5%", "10%"][at % 2], at * 7 % 31, at % 2);
    fs::write(path.join("t.csv"), format!("fee,x,y\n{}", (0..60).map(row).collect::<String>())).unwrap();
    done(path, "train --data t.csv --target y --categories fee --epochs 1 --save m --quiet");
    assert!(json(path, "inspect m --json")[0].to_string().contains("fee=5%"));
    assert_eq!(feed(path, "predict m", b"fee,x\n5%,3\n").code, 0);
}

#[test]
fn accounts_write_what_is_below_zero_in_brackets() {
    let folder = folder();
    let folder = folder.path();
    let text = |minus: fn(u32) -> String| {
        let cell = |at: u32| if at.is_multiple_of(3) { minus(at) } else { format!("${at}") };
        let row = |at: u32| format!("{},{}\n", cell(at * 7 % 31), at * 7 % 31 % 5);
        format!("balance,late\n{}", (1..50).map(row).collect::<String>())
    };
    fs::write(folder.join("brackets.csv"), text(|at| format!("(${at})"))).unwrap();
    fs::write(folder.join("signs.csv"), text(|at| format!("-${at}"))).unwrap();
    let column = |file: &str| json(folder, &format!("data {file} --json")).remove(0)["columns"][0].clone();
    let (brackets, signs) = (column("brackets.csv"), column("signs.csv"));
    assert_eq!(brackets, signs);
    assert!(brackets["min"].as_f64().unwrap() < 0.0, "{brackets}");
}

#[test]
fn texts_that_a_missing_sign_does_not_make_numbers_are_not_said_to_become_some() {
    let folder = folder();
    let path = folder.path();
    let table = |odd: &str| {
        let cell = |at: u32| if at == 7 { odd.to_owned() } else { format!("{}.{at}%", at * 7 % 31) };
        format!("share,y\n{}", (1..60).map(|at| format!("{},{}\n", cell(at), at * 7 % 31)).collect::<String>())
    };
    for (odd, says) in [
        ("inf%", "numbers have no %, and \"inf%\" is none without it either: write all of the column as plain numbers"),
        ("free", "numbers have no %, and \"free\" is none without it either"),
    ] {
        fs::write(path.join("t.csv"), table(odd)).unwrap();
        let told = run(path, "data t.csv");
        assert!(told.stdout.contains(says) || told.stderr.contains(says), "{odd}: {}{}", told.stdout, told.stderr);
        // Of nothing else there is to learn from, the error says the same.
        let refused = run(path, "train --data t.csv --target y");
        assert!(
            refused.code == 1 && refused.stderr.contains("features: found none; left out share"),
            "{}",
            refused.stderr
        );
        assert!(refused.stderr.contains(says), "{odd}: {}", refused.stderr);
    }
}

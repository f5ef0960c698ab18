//! What rows, columns and figures mean is kept from training to the last figure, and what could be meant otherwise is said.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::run::{feed, folder, last, run, succeed};

/// Rows of three numbers, the last of them made of the others.
fn rows(count: usize) -> Vec<[f64; 3]> {
    let row = |at: usize| {
        let (a, b) = ((at * 37 % 101) as f64 / 50.0 - 1.0, (at * 53 % 97) as f64 / 48.0 - 1.0);
        [a, b, 2.0 * a - b]
    };
    (0..count).map(row).collect()
}

fn write(path: &Path, name: &str, head: &str, line: impl Fn(&[f64; 3], usize) -> String, count: usize) {
    let lines: String = rows(count).iter().enumerate().map(|(at, row)| line(row, at) + "\n").collect();
    fs::write(path.join(name), format!("{head}{lines}")).unwrap();
}

const SHORT: &str = "--hidden 4 --epochs 3";

#[test]
fn a_column_for_each_class_names_the_classes() {
    let folder = folder();
    let path = folder.path();
    let line = |row: &[f64; 3], _| {
        let class = if row[2] > 0.5 {
            "0,0,1"
        } else if row[2] > -0.5 {
            "0,1,0"
        } else {
            "1,0,0"
        };
        format!("{},{},{class}", row[0], row[1])
    };
    write(path, "d.csv", "a,b,red,green,blue\n", line, 150);
    succeed(path, "train --data d.csv --target red,green,blue --task classification --epochs 20 --save m --quiet");
    let told = run(path, "predict m --data d.csv").stdout;
    assert!(told.lines().count() == 150 && told.lines().all(|line| ["red", "green", "blue"].contains(&line)), "{told}");
    let all = succeed(path, "eval m --data d.csv");
    assert!(all.contains("blue") && all.contains("green"), "{all}");
    assert_eq!(run(path, "predict m --data d.csv --output p.csv").code, 0);
    assert!(fs::read_to_string(path.join("p.csv")).unwrap().starts_with("class\n"));
    let explained = succeed(path, "explain m --data d.csv --row 1 --output blue");
    assert!(explained.contains("output blue"), "{explained}");
    // In whatever order the columns stand, by their names; other columns are no classes of the model.
    let scores =
        |told: &str| told.lines().filter(|line| line.contains("accuracy")).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(scores(&succeed(path, "eval m --data d.csv --target blue,red,green")), scores(&all));
    let refused = run(path, "eval m --data d.csv --target a,red,green");
    assert_eq!(refused.code, 1, "{}", refused.stdout);
    // Without names they are numbered from 0, and a model with names takes them in its order.
    let (_, rest) = fs::read_to_string(path.join("d.csv"))
        .unwrap()
        .split_once('\n')
        .map(|(a, b)| (a.to_owned(), b.to_owned()))
        .unwrap();
    fs::write(path.join("bare.csv"), rest).unwrap();
    let bare = "--data bare.csv --target 3,4,5";
    succeed(path, &format!("train {bare} --task classification --epochs 20 --save b --quiet"));
    assert_eq!(scores(&succeed(path, &format!("eval b {bare}"))), scores(&all));
    let proba = run(path, "predict b --data bare.csv --proba --json").stdout;
    assert!(proba.contains("P(0)") && proba.contains("P(2)"), "{proba}");
    // A row that is of two classes is not one-hot: probabilities, perhaps.
    let text = fs::read_to_string(path.join("d.csv")).unwrap().replacen("1,0,0", "0.5,0.5,0", 1);
    fs::write(path.join("soft.csv"), text).unwrap();
    succeed(path, &format!("train --data soft.csv --target red,green,blue --task classification {SHORT} --quiet"));
}

#[test]
fn values_are_told_in_their_own_unit_as_exactly_as_they_are_measured() {
    let folder = folder();
    let path = folder.path();
    // Seconds of an hour, counted from 1970.
    write(path, "d.csv", "a,b,y\n", |row, _| format!("{},{},{}", row[0], row[1], 1.7e9 + 1000.0 * row[2]), 120);
    succeed(path, "train --data d.csv --target y --save m --quiet");
    let mae = last(path, "eval m --data d.csv --json")["metrics"]["MAE"].as_f64().unwrap();
    let truth: Vec<f64> = rows(120).iter().map(|row| 1.7e9 + 1000.0 * row[2]).collect();
    let off = |values: Vec<f64>| {
        assert_eq!(values.len(), truth.len());
        values.iter().zip(&truth).map(|(value, truth)| (value - truth).abs()).sum::<f64>() / truth.len() as f64
    };
    let lines = run(path, "predict m --data d.csv").stdout;
    let of_text = off(lines.lines().map(|line| line.parse().unwrap()).collect());
    let of_json = |line: &str| serde_json::from_str::<Value>(line).unwrap()["outputs"]["y"].as_f64().unwrap();
    let of_json = off(run(path, "predict m --data d.csv --json").stdout.lines().map(of_json).collect());
    // In f32 they would be multiples of 128.
    for found in [of_text, of_json] {
        assert!((found - mae).abs() < 1e-3 * mae, "{found} and {mae}");
    }
    // Other programs compute in f32, which is said, and not of values that it tells apart.
    for command in ["export m --to c --out m.c", "convert m m.onnx"] {
        let told = run(path, command);
        let note = "y lies around 1.7000e9, where numbers of f32 are 128 apart";
        assert!(told.code == 0 && told.stderr.contains(note), "{command}: {}", told.stderr);
    }
    write(path, "near.csv", "a,b,y\n", |row, _| format!("{},{},{}", row[0], row[1], 1000.0 * row[2]), 60);
    succeed(path, &format!("train --data near.csv --target y {SHORT} --save near --quiet"));
    assert!(!run(path, "export near --to c --out near.c").stderr.contains("apart"));
    // What rounding costs is measured in the same unit: 0 in f32.
    let told = run(path, "predict m --data d.csv --precision int8").stderr;
    let largest: f64 = told.split("at most ").nth(1).unwrap().split([',', ' ']).next().unwrap().parse().unwrap();
    assert!(largest > 0.0 && largest < 64.0, "{told}");
    assert_eq!(run(path, "predict m --data d.csv --output p.npy").code, 0);
    assert!(String::from_utf8_lossy(&fs::read(path.join("p.npy")).unwrap()[..80]).contains("<f8"));
}

#[test]
fn a_number_of_epochs_says_that_it_turns_early_stopping_off() {
    let folder = folder();
    let path = folder.path();
    write(path, "d.csv", "a,b,y\n", |row, _| format!("{},{},{}", row[0], row[1], row[2]), 60);
    let told = succeed(path, &format!("train --data d.csv --target y {SHORT}"));
    assert!(told.contains("without early stopping, since --epochs is given: all 3 epochs are run; --patience"));
    for rest in ["--patience 2", "--validation 0", "--optimizer lbfgs"] {
        let told = succeed(path, &format!("train --data d.csv --target y {SHORT} {rest}"));
        assert!(!told.contains("since --epochs is given"), "{rest}: {told}");
    }
    assert!(!succeed(path, "train --data d.csv --target y --hidden 4").contains("since --epochs is given"));
}

#[test]
fn numbers_that_stand_for_classes_are_said_where_a_file_holds_numbers() {
    let folder = folder();
    let path = folder.path();
    write(
        path,
        "d.csv",
        "a,b,y\n",
        |row, _| format!("{},{},{}", row[0], row[1], if row[2] > 0.0 { 1 } else { -1 }),
        60,
    );
    succeed(path, &format!("train --data d.csv --target y {SHORT} --save m --quiet"));
    let told = run(path, "predict m --data d.csv --output p.npy");
    assert_eq!(told.code, 0);
    assert!(told.stderr.contains("classes are numbered in .npy: 0 = -1, 1 = 1"), "{}", told.stderr);
    assert_eq!(run(path, "predict m --data d.csv --output p.csv").code, 0);
}

#[test]
fn categories_that_are_taken_as_none_are_counted() {
    let folder = folder();
    let path = folder.path();
    write(path, "d.csv", "a,town,y\n", |row, at| format!("{},{},{}", row[0], ["Bonn", "Ulm"][at % 2], row[2]), 60);
    succeed(path, &format!("train --data d.csv --target y --unknown zeros {SHORT} --save m --quiet"));
    fs::write(path.join("new.csv"), "a,town,y\n1,Ulm,1\n1,Kiel,1\n1,Kiel,2\n").unwrap();
    // What is set already is no advice.
    succeed(path, &format!("train --data d.csv --target y {SHORT} --save strict --quiet"));
    for (model, options, is_advised) in [("strict", "", true), ("strict", "--unknown zeros", false), ("m", "", false)] {
        let told = run(path, &format!("train --data new.csv --from {model} --epochs 1 --holdout 0 {options}"));
        assert_eq!((told.code, told.stderr.contains("--unknown zeros")), (0, is_advised), "{}", told.stderr);
        // Nothing is tested, so no row was seen before.
        assert!(!told.stderr.contains("rows are split anew"), "{}", told.stderr);
    }
    let look = run(path, "data new.csv --target y");
    assert!(look.stdout.contains("do:    --unknown zeros"), "{}", look.stdout);
    assert!(!run(path, "data new.csv --target y --unknown zeros").stdout.contains("--unknown zeros"));
    for command in ["predict", "eval"] {
        let told = run(path, &format!("{command} m --data new.csv"));
        let note = "taken as none of those that it did: 2 in town, such as \"Kiel\", of 3 rows";
        assert!(told.code == 0 && told.stderr.contains(note), "{command}: {}", told.stderr);
        assert!(!run(path, &format!("{command} m --data d.csv")).stderr.contains("taken as none"));
    }
    // The same number, written otherwise, is the same category.
    write(path, "zip.csv", "a,zip,y\n", |row, at| format!("{},{},{}", row[0], at % 3, row[2]), 60);
    succeed(
        path,
        &format!("train --data zip.csv --target y --unknown zeros --categories zip {SHORT} --save z --quiet"),
    );
    fs::write(path.join("new.csv"), "a,zip\n1,1.0\n1,2\n").unwrap();
    assert_eq!(succeed(path, "predict z --data new.csv").lines().count(), 2);
}

#[test]
fn columns_that_pandas_numbers_may_be_a_header() {
    let folder = folder();
    let path = folder.path();
    let line = |row: &[f64; 3], at: usize| format!("{at},{},{},{}", row[0], row[1], row[2]);
    write(path, "index.csv", ",0,1,2\n", line, 40);
    let line = |row: &[f64; 3], at: usize| format!("{},{},{}", row[0], row[1], ["u", "v"][at % 2]);
    write(path, "text.csv", "0,1,lab\n", line, 40);
    write(path, "data.csv", "", line, 40);
    for (name, target) in [("index.csv", "4"), ("text.csv", "3")] {
        let told = run(path, &format!("data {name} --target {target} --missing drop"));
        assert!((told.stdout + &told.stderr).contains("taken as data; if it is a header"), "{name}");
    }
    assert!(!run(path, "data data.csv --target 3").stdout.contains("header"));
}

#[test]
fn a_number_is_no_column_where_columns_have_numbers_for_names() {
    let folder = folder();
    let path = folder.path();
    write(path, "d.csv", "0,1,2\n", |row, _| format!("{},{},{}", row[0], row[1], row[2]), 40);
    let refused = run(path, &format!("train --data d.csv --header yes --target 3 {SHORT}"));
    assert_eq!(refused.code, 1);
    assert!(refused.stderr.contains("a name: that of the 3rd column is \"2\""), "{}", refused.stderr);
    succeed(path, &format!("train --data d.csv --header yes --target 2 {SHORT} --quiet"));
}

#[test]
fn rows_in_order_of_time_are_cross_validated_by_those_before_them() {
    let folder = folder();
    let path = folder.path();
    // A trend, which nobody knows who has not seen later rows.
    write(path, "d.csv", "a,b,y\n", |row, at| format!("{},{},{}", row[0], at, row[2] + at as f64), 120);
    let command = "train --data d.csv --target y --drop b --cv 5 --hidden none --optimizer lbfgs --json";
    let mae = |options: &str| {
        let lines = run(path, &format!("{command} {options}")).stdout;
        let cv = lines.lines().find(|line| line.contains("\"event\":\"cv\"")).expect("a line of the folds").to_owned();
        let scores = serde_json::from_str::<Value>(&cv).unwrap()["scores"].clone();
        scores.as_array().unwrap().iter().find(|score| score["name"] == "MAE").unwrap()["mean"].as_f64().unwrap()
    };
    // A constant of the rows before is 10 to 50 too low, one of all others is off by 30 on average.
    assert!(mae("--holdout last") > 1.2 * mae(""), "{} and {}", mae("--holdout last"), mae(""));
    let told = run(path, &format!("{command} --holdout last").replace(" --json", "")).stdout;
    assert!(told.contains("5 folds of all 120 rows in their order: each is tested on by what was learned"), "{told}");
    // Few rows still leave one to validate on.
    fs::write(
        path.join("few.csv"),
        format!("a,b,y\n{}", (0..24).map(|at| format!("{at},{},{}\n", at % 5, at * 2)).collect::<String>()),
    )
    .unwrap();
    assert_eq!(run(path, "train --data few.csv --target y --holdout last --cv 5").code, 0);
    let refused = run(path, "train --data d.csv --target y --holdout last --cv 120");
    assert!(refused.code != 0 && refused.stderr.contains("one less than the number of rows"), "{}", refused.stderr);
}

#[test]
fn a_row_from_a_pipe_is_explained_with_a_target_or_without() {
    let folder = folder();
    let path = folder.path();
    write(path, "d.csv", "a,b,y\n", |row, _| format!("{},{},{}", row[0], row[1], row[2]), 60);
    succeed(path, &format!("train --data d.csv --target y {SHORT} --save m --quiet"));
    let without = feed(path, "explain m --data - --row 1", b"a,b\n0.5,0.25\n");
    assert_eq!(without.code, 0, "{}", without.stderr);
    assert!(without.stderr.contains("the row's target is left out"), "{}", without.stderr);
    let with = feed(path, "explain m --data - --row 1", b"a,b,y\n0.5,0.25,0.75\n");
    assert!(with.code == 0 && with.stdout.contains("target         0.75"), "{} {}", with.stdout, with.stderr);
    assert!(with.stdout.contains("gradient: by the network's inputs"), "{}", with.stdout);
    let all = feed(path, "explain m --data -", b"a,b\n0.5,0.25\n");
    assert_eq!(all.code, 1, "{}", all.stdout);
}

#[test]
fn errors_of_several_values_are_not_added_up_in_their_units() {
    let folder = folder();
    let path = folder.path();
    // The first hangs on a alone, the second, in a unit a thousand times as small, on b.
    write(path, "d.csv", "a,b,kg,mm\n", |row, _| format!("{},{},{},{}", row[0], row[1], row[0], 1000.0 * row[1]), 120);
    succeed(path, "train --data d.csv --target kg,mm --save m --quiet");
    let found = last(path, "explain m --data d.csv --json");
    let rises: Vec<f64> =
        found["importance"].as_array().unwrap().iter().map(|of| of["loss"].as_f64().unwrap()).collect();
    assert!(rises[0] < 2.0 * rises[1], "{rises:?}");
    let told = succeed(path, "explain m --data d.csv");
    assert!(told.contains("their units do not add up") && !told.contains("accuracy"), "{told}");
}

#[test]
fn values_beyond_what_their_squares_may_be_are_refused_with_the_reason() {
    let folder = folder();
    let path = folder.path();
    for power in ["1e300", "1e-300"] {
        let power: f64 = power.parse().unwrap();
        write(path, "d.csv", "a,y\n", |row, _| format!("{},{:e}", row[0], row[2] * power), 60);
        let told = run(path, &format!("train --data d.csv --target y {SHORT} --quiet"));
        assert!(told.code == 1 && told.stderr.contains("write them in another unit"), "{}", told.stderr);
    }
}

#[test]
fn several_questions_take_yes_and_no_and_two_questions_of_words_are_asked_about() {
    let folder = folder();
    let path = folder.path();
    let word = |is: bool| if is { "yes" } else { "no" };
    let rows = |say: &dyn Fn(bool) -> String| -> String {
        (0..80).map(|at| format!("{},{},{}\n", at % 9, say(at % 9 > 4), say(at % 2 == 0))).collect()
    };
    fs::write(path.join("w.csv"), format!("a,red,big\n{}", rows(&|is| word(is).to_owned()))).unwrap();
    fs::write(path.join("n.csv"), format!("a,red,big\n{}", rows(&|is| u8::from(is).to_string()))).unwrap();
    let train = "--target red,big --task multi-label --epochs 3";
    let of_words = succeed(path, &format!("train --data w.csv {train} --save w"));
    assert!(of_words.contains("no in \"red\" is read as 0, and its opposite as 1\n"), "{of_words}");
    succeed(path, &format!("train --data n.csv {train} --save n"));
    assert_eq!(run(path, "predict w --data w.csv --proba").stdout, run(path, "predict n --data n.csv --proba").stdout);
    assert_eq!(
        run(path, "eval w --data w.csv").stdout.replace("w.csv", ""),
        run(path, "eval n --data n.csv").stdout.replace("n.csv", "")
    );
    let asked = run(path, "train --data w.csv --target red,big");
    assert!(asked.code == 1 && asked.stderr.contains("--task multi-label (yes or no in each)"), "{}", asked.stderr);
}

#[test]
fn yes_and_no_are_taken_as_another_program_writes_them() {
    let folder = folder();
    let path = folder.path();
    let rows: String = (0..80)
        .map(|at| format!("{},{},{}\n", at % 9, if at % 2 == 0 { "yes" } else { "no" }, at % 9 + at % 2))
        .collect();
    fs::write(path.join("t.csv"), format!("a,garden,y\n{rows}")).unwrap();
    succeed(path, "train --data t.csv --target y --task regression --epochs 3 --quiet --save m");
    let as_it_was = "a,garden\n1,yes\n2,no\n";
    for text in [as_it_was, "a,garden\n1,True\n2,False\n", "a,garden\n1,1\n2,0\n", "a,garden\n1,Y\n2,N\n"] {
        fs::write(path.join("p.csv"), text).unwrap();
        let answer = run(path, "predict m --data p.csv").stdout;
        fs::write(path.join("p.csv"), as_it_was).unwrap();
        assert_eq!(answer, run(path, "predict m --data p.csv").stdout, "{text}");
    }
}

#[test]
fn numbers_that_f64_does_not_tell_apart_are_no_values_unless_that_is_said() {
    let folder = folder();
    let path = folder.path();
    let rows: String = (0..60).map(|at| format!("{},{}\n", at % 7, 9_007_199_254_740_992_u64 + at % 2)).collect();
    fs::write(path.join("t.csv"), format!("a,id\n{rows}")).unwrap();
    let refused = run(path, "train --data t.csv --target id --epochs 1");
    assert!(refused.code == 1 && refused.stderr.contains("whole numbers beyond 2^53 in \"id\""), "{}", refused.stderr);
    assert!(refused.stderr.contains("--categories id reads them as texts"), "{}", refused.stderr);
    assert_eq!(run(path, "train --data t.csv --target id --task regression --epochs 1").code, 0);
}

#[test]
fn names_with_commas_are_found_by_every_option() {
    let folder = folder();
    let path = folder.path();
    let rows: String = (0..60).map(|at| format!("{},{},{}\n", at % 7 + 1, at % 3, at % 11 + 1)).collect();
    fs::write(path.join("t.csv"), format!("\"size, m2\",\"q, kind\",\"price, EUR\"\n{rows}")).unwrap();
    let args = [
        "train",
        "--data",
        "t.csv",
        "--target",
        "price, EUR",
        "--log1p",
        "size, m2,price, EUR",
        "--categories",
        "q, kind",
    ];
    let run: crate::run::Run =
        crate::run::command(path).args(args).args(["--task", "regression", "--epochs", "1"]).output().unwrap().into();
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    assert!(run.stdout.contains(" become 4 features"), "{}", run.stdout);
}

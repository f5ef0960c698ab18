//! `chainrule explain`: a row by its columns, an image, all rows.

use std::fs;

use crate::run::{folder, last, names, run, succeed};

#[test]
fn a_row_is_explained_by_its_columns_and_the_sum_is_checked() {
    let folder = folder();
    succeed(folder.path(), "train --data iris --quiet --save m");
    let text = succeed(folder.path(), "explain m --data iris --part test --row 2");
    for part in ["target ", "probabilities ", "petal_length", "sum check: integrated gradients add up to"] {
        assert!(text.contains(part), "{part:?} in {text}");
    }
    let found = last(folder.path(), "explain m --data iris --part test --row 2 --json");
    let number = |name: &str| found[name].as_f64().unwrap();
    let sum: f64 = found["columns"].as_array().unwrap().iter().map(|c| c["integrated"].as_f64().unwrap()).sum();
    assert!((sum - number("sum")).abs() < 1e-9 && number("difference").abs() < 0.05, "{found}");
    let all = last(folder.path(), "explain m --data iris --json");
    assert_eq!(all["importance"].as_array().unwrap().len(), 4);
    let wrong = run(folder.path(), "explain m --data iris --row 2 --output rose");
    assert_eq!(wrong.code, 1);
    assert!(
        wrong.stderr.contains("output: found rose, expected one of setosa, versicolor, virginica"),
        "{}",
        wrong.stderr
    );
}

#[test]
fn a_single_question_is_explained_by_what_its_yes_is_called() {
    let folder = folder();
    let row = |at: usize| format!("{},{},{}\n", at % 9, at * 7 % 11, if at % 9 > 4 { "yes" } else { "no" });
    let rows: String = (0..60).map(row).collect();
    fs::write(folder.path().join("t.csv"), format!("a,b,ill\n{rows}")).unwrap();
    succeed(folder.path(), "train --data t.csv --target ill --task binary --epochs 3 --quiet --save m");
    let text = succeed(folder.path(), "explain m --data t.csv --row 1");
    assert!(text.contains("\nprobabilities  yes ") && text.contains("\noutput yes: "), "{text}");
    // The number behind an answer is that of the answer, of a no what yes leaves.
    let line = |head: &str| text.lines().find_map(|line| line.strip_prefix(head)).map(str::trim).unwrap_or_default();
    let yes: f64 = line("probabilities").trim_start_matches("yes ").trim_end_matches(" %").parse().unwrap();
    let answer = line("answer").trim_end_matches(" %)");
    let (word, share) = answer.split_once(" (").unwrap();
    let share: f64 = share.parse().unwrap();
    assert!((share - if word == "yes" { yes } else { 100.0 - yes }).abs() < 0.011, "{text}");
    assert!(share >= 50.0, "{text}");
    // And so does the file: which answer is which.
    let text = succeed(folder.path(), "inspect m");
    let line = |head: &str| text.lines().find_map(|line| line.strip_prefix(head)).map(str::trim).unwrap_or_default();
    assert_eq!(line("answers"), "no = no, yes = yes", "{text}");
    assert_eq!(line("preprocessing"), "(x - mean) / deviation, of 2 columns");
}

#[test]
fn pixels_are_shown_as_an_image() {
    let folder = folder();
    succeed(folder.path(), "train --epochs 2 --quiet --save m");
    let text = succeed(folder.path(), "explain m --data digits --row 1 --output 0");
    assert!(text.contains("integrated gradients by pixel") && text.contains("output 0: "), "{text}");
    let text = succeed(folder.path(), "explain m --data digits --row 1 --output 0 --image a.svg");
    assert!(text.ends_with("wrote a.svg\n"), "{text}");
    let svg = fs::read_to_string(folder.path().join("a.svg")).unwrap();
    for part in
        ["What the output 0 depends on", ">target 0 (", "blue adds to the output, orange takes away", "crispEdges"]
    {
        assert!(svg.contains(part), "{part} in {svg}");
    }
    last(folder.path(), "explain m --data digits --row 1 --image a.png --json");
    assert!(fs::read(folder.path().join("a.png")).unwrap().starts_with(b"\x89PNG"));
}

#[test]
fn only_an_image_is_drawn_and_only_by_a_name_that_says_how() {
    let folder = folder();
    succeed(folder.path(), "train --data iris --epochs 2 --quiet --save m");
    for (args, code, part) in [
        ("--row 1 --image a.png", 1, "picture: found 4 columns, expected an image"),
        ("--row 1 --image a.jpg", 2, "--image a.jpg should end in .svg or .png"),
        ("--row 1 --image no/a.svg", 1, "no/a.svg"),
        ("--image a.svg", 2, "--row"),
    ] {
        let run = run(folder.path(), &format!("explain m --data iris {args}"));
        assert!(run.code == code && run.stderr.contains(part), "{args}: {run:?}");
    }
    assert_eq!(names(folder.path()), ["m"]);
}

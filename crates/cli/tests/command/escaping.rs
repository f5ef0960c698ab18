//! Names that hold commas, quotes, line breaks, escape sequences and marks that turn the reading direction: data keep
//! them, quoted; words show them.
#![cfg(unix)]

use std::fs;
use std::path::Path;

use chainrule::{Loss, Mlp, Model};

use crate::run::{Run, command, folder, json, names, run};

/// Moves the cursor up, makes red, names the window, erases the line, and turns what follows around.
const HOSTILE: &str = "a\x1b[1A\x1b[31m\x1b]0;title\x07\r\u{9b}2K\u{202e}b\nerror: c";

fn rows(folder: &Path) {
    fs::write(folder.join("x.csv"), "1,2\n-4,5\n7,-8\n-1,-1\n").unwrap();
    fs::write(folder.join("y.csv"), "0\n1\n0\n1\n").unwrap();
}

/// A model whose classes have these names.
fn model(path: &Path, names: [&str; 2]) {
    let mlp = Mlp::<f32>::builder(2).seed(3).dense(4).relu().dense(2).build().unwrap();
    let names = names.map(str::to_owned).to_vec();
    Model::new(mlp, Loss::CrossEntropy).with_class_names(names).save(path).unwrap();
}

/// Puts a name into a model file that the library might refuse to write: of the same length, as JSON inside JSON.
fn rename(path: &Path, old: &str, new: &str) {
    assert_eq!(old.len(), new.len());
    let mut bytes = fs::read(path).unwrap();
    let at = bytes.windows(old.len()).position(|window| window == old.as_bytes()).expect("the name in the header");
    bytes[at..at + new.len()].copy_from_slice(new.as_bytes());
    fs::write(path, bytes).unwrap();
}

/// No character that a terminal obeys, other than ends of lines.
fn assert_safe(text: &str, of: &str) {
    let acts = |c: &char| (c.is_control() && *c != '\n') || ('\u{202a}'..='\u{202e}').contains(c);
    assert_eq!(text.chars().find(acts), None, "{of}: {text:?}");
}

fn csv_records(text: &[u8]) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text);
    reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect()
}

#[test]
fn names_with_commas_and_quotes_are_one_cell_of_csv() {
    let folder = folder();
    rows(folder.path());
    let (first, second) = ("Paris, \"City of Light\"", "plain");
    model(&folder.path().join("m"), [first, second]);
    let printed = run(folder.path(), "predict m --data x.csv");
    assert_eq!((printed.code, printed.stderr.as_str()), (0, ""));
    let written = run(folder.path(), "predict m --data x.csv --output p.csv");
    assert_eq!((written.code, written.stdout.as_str()), (0, ""));
    let file = fs::read_to_string(folder.path().join("p.csv")).unwrap();
    assert_eq!(file, format!("class\n{}", printed.stdout));
    let records = csv_records(printed.stdout.as_bytes());
    assert_eq!(records.len(), 4);
    assert!(records.iter().all(|record| record.len() == 1 && [first, second].contains(&record[0].as_str())));
    for name in [first, second] {
        assert!(records.iter().any(|record| record[0] == name), "{name} is among {records:?}");
    }
    assert!(printed.stdout.lines().any(|line| line == "plain"), "a plain name is not quoted");
}

#[test]
fn control_characters_in_class_names_are_refused_or_quoted_in_csv_and_shown_in_words() {
    let folder = folder();
    rows(folder.path());
    // `\n` and `\u001b` as they stand in the file.
    for (placeholder, escape) in
        [("QQQ", r"\\n"), ("QQQQQQQ", r"\\u001b"), ("QQQQQQQ", r"\\u009b"), ("QQQQQQQ", r"\\u202e")]
    {
        let path = folder.path().join("m");
        model(&path, [&format!("a{placeholder}b"), "plain"]);
        rename(&path, placeholder, escape);
        let written = run(folder.path(), "predict m --data x.csv --output p.csv");
        assert_safe(&written.stderr, escape);
        if written.code == 0 {
            let records = csv_records(&fs::read(folder.path().join("p.csv")).unwrap());
            assert_eq!(records.len(), 4, "{escape}");
            assert!(records.iter().all(|record| record.len() == 1), "{escape}: {records:?}");
        } else {
            assert_eq!(written.code, 1);
            assert_eq!(written.stderr.lines().count(), 1, "{}", written.stderr);
        }
        for args in [
            "inspect m",
            "inspect m --json",
            "eval m --data x.csv --labels y.csv",
            "eval m --data x.csv --labels y.csv --json",
        ] {
            let run = run(folder.path(), args);
            assert_eq!(run.code, written.code, "{args}: {}", run.stderr);
            assert_safe(&run.stdout, args);
            assert_safe(&run.stderr, args);
            if args == "inspect m" && run.code == 0 {
                assert_eq!(run.stdout.lines().filter(|line| line.starts_with("classes ")).count(), 1);
                assert!(run.stdout.lines().any(|line| line.starts_with("classes ") && line.ends_with(", plain")));
            }
        }
    }
}

/// Runs the command with arguments that white space may be in.
fn run_with(folder: &Path, args: &[&str]) -> Run {
    command(folder).args(args).output().unwrap().into()
}

#[test]
fn names_of_files_are_shown_in_what_every_command_says() {
    let folder = folder();
    rows(folder.path());
    let name = |ending: &str| format!("./{HOSTILE}{ending}");
    let (x, y, m) = (name("x.csv"), name("y.csv"), name("m"));
    fs::copy(folder.path().join("x.csv"), folder.path().join(&x)).unwrap();
    fs::copy(folder.path().join("y.csv"), folder.path().join(&y)).unwrap();
    let train =
        ["train", "--data", &x, "--labels", &y, "--holdout", "0", "--hidden", "4", "--epochs", "2", "--save", &m];
    let plain = "train --data x.csv --labels y.csv --holdout 0 --hidden 4 --epochs 2 --save m";
    let data = ["--data", &x, "--labels", &y];
    let with_data = |command: &'static str| [&[command, m.as_str()][..], &data].concat();
    for (args, plain) in [
        (train.to_vec(), plain),
        (with_data("eval"), "eval m --data x.csv --labels y.csv"),
        (with_data("doctor"), "doctor m --data x.csv --labels y.csv"),
        (with_data("gradcheck"), "gradcheck m --data x.csv --labels y.csv"),
        (with_data("trace"), "trace m --data x.csv --labels y.csv"),
        (with_data("graph"), "graph m --data x.csv --labels y.csv"),
        (
            [with_data("trace"), vec!["--format", "markdown"]].concat(),
            "trace m --data x.csv --labels y.csv --format markdown",
        ),
        ([with_data("trace"), vec!["--json"]].concat(), "trace m --data x.csv --labels y.csv --json"),
        (
            [&train[..], &["--json"]].concat(),
            "train --data x.csv --labels y.csv --holdout 0 --hidden 4 --epochs 2 --save m --json",
        ),
        (vec!["inspect", &m], "inspect m"),
        // Failures: of the run and of usage.
        (vec!["inspect", &x], "inspect x.csv"),
        (vec!["inspect", "\x1b[31m\nabsent"], "inspect absent"),
        (vec!["predict", &m, "--data", &y], "predict m --data y.csv"),
        (vec!["predict", &m, "--data", &x, "--output", &x], "predict m --data x.csv --output x.csv"),
        (vec!["train", "--data", &x], "train --data x.csv"),
        (vec!["trace", &m], "trace m"),
        (vec!["graph", &m, "--output", &y], "graph m --output y.csv"),
        (vec!["train", "--save", "\x1b[31m\n/m"], "train --save no/m"),
    ] {
        let (hostile, plain) = (run_with(folder.path(), &args), run(folder.path(), plain));
        assert_eq!(hostile.code, plain.code, "{args:?}: {}", hostile.stderr);
        assert_safe(&hostile.stdout, args[0]);
        assert_safe(&hostile.stderr, args[0]);
        assert_eq!(hostile.stdout.lines().count(), plain.stdout.lines().count(), "{args:?}: {}", hostile.stdout);
        assert!(!hostile.stderr.contains("\nerror: c"), "{}", hostile.stderr);
    }
}

#[test]
fn arguments_that_clap_quotes_are_shown() {
    let folder = folder();
    for args in [
        ["train", "--data", "\x1b[31mred"],
        ["train", "--epochs", "\x1b[31mred\u{9b}2K"],
        ["train", "--\x1b[31mred", "\r"],
        ["\x1b[31mred", "", ""],
    ] {
        let run = run_with(folder.path(), &args);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{args:?}");
        assert_safe(&run.stderr, args[1]);
        assert!(run.stderr.starts_with("error: "), "{}", run.stderr);
    }
}

#[test]
fn what_a_data_file_holds_is_shown_when_it_is_quoted() {
    let folder = folder();
    rows(folder.path());
    model(&folder.path().join("m"), ["a", "b"]);
    fs::write(folder.path().join("cell.csv"), "1,2\n\x1b[31m\u{202e}five,3\n").unwrap();
    fs::write(folder.path().join("header.csv"), "\x1b[31mlength,\u{9b}2Kwidth\n1,x\n").unwrap();
    fs::write(folder.path().join("quoted.csv"), "1,\"\x1b[31m\n2\"\n").unwrap();
    fs::write(folder.path().join("text.csv"), "\x1b[31m\n\x07\n").unwrap();
    for args in [
        "predict m --data cell.csv",
        "predict m --data header.csv",
        "predict m --data quoted.csv",
        "train --data x.csv --labels text.csv",
        "inspect cell.csv",
    ] {
        let run = run(folder.path(), args);
        assert_eq!(run.code, 1, "{args}");
        assert_safe(&run.stderr, args);
        assert_eq!(run.stderr.lines().count(), 1, "{args}: {}", run.stderr);
    }
}

#[test]
fn tensors_of_another_program_are_named_safely() {
    let folder = folder();
    let header = r#"{"a\u001b[31m\n\u202e.weight":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]}}"#;
    let bytes = [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &[0; 16]].concat();
    fs::write(folder.path().join("torch"), bytes).unwrap();
    for args in ["inspect torch", "inspect torch --activation relu", "inspect torch --activation relu --json"] {
        let run = run(folder.path(), args);
        assert_safe(&run.stdout, args);
        assert_safe(&run.stderr, args);
        assert!(run.code == 0 || run.stderr.lines().count() == 1, "{args}: {}", run.stderr);
    }
}

#[test]
fn an_example_s_title_and_notes_are_shown_in_words_and_whole_in_json() {
    let folder = folder();
    let worked = Path::new(env!("CARGO_MANIFEST_DIR")).join("../chainrule/examples/worked/003_backprop.toml");
    let worked = fs::read_to_string(worked).unwrap();
    let rest: Vec<&str> = worked.lines().filter(|line| !line.starts_with("title")).collect();
    let title = r#"title = "a\u001b[31m\u009b2K\u202eb\nc""#;
    fs::write(folder.path().join("e.toml"), format!("{title}\n{}\n", rest.join("\n"))).unwrap();
    for args in ["trace e.toml", "trace e.toml --format markdown", "trace e.toml --json", "trace e.toml --output t.md"]
    {
        let run = run(folder.path(), args);
        assert_eq!(run.code, 0, "{}", run.stderr);
        assert_safe(&run.stdout, args);
    }
    assert_safe(&fs::read_to_string(folder.path().join("t.md")).unwrap(), "t.md");
    assert_eq!(json(folder.path(), "trace e.toml --json")[0]["title"], "a\u{1b}[31m\u{9b}2K\u{202e}b\nc");
    assert_eq!(names(folder.path()), ["e.toml", "t.md"]);
}

//! `chainrule trace`: worked examples and models, in every format, and what it refuses.

use std::fs;
use std::path::Path;

use chainrule::data::{write_npy, write_npy_labels};
use serde_json::Value;

use crate::run::{command, digits_as_files, folder, last, names, run, succeed};

const EXAMPLE: &str = r#"title = "One neuron"
digits = 3
inputs = [[1, 2]]
targets = [[1]]
loss = "half-mse"
optimizer = { name = "sgd", lr = 0.25 }
layers = [{ weights = [[0.5], [0.3]], bias = [0.1] }]
"#;

fn example(folder: &Path) {
    fs::write(folder.join("x.toml"), EXAMPLE).unwrap();
}

/// A quantity of the first step shown.
fn quantity<'t>(trace: &'t Value, section: &str, name: &str) -> &'t Value {
    let find = |all: &'t Value, key: &str, name: &str| all.as_array().unwrap().iter().find(|one| one[key] == name);
    let section = find(&trace["steps"][0]["sections"], "title", section).unwrap();
    find(&section["quantities"], "name", name).unwrap()
}

#[test]
fn an_example_is_shown_as_text_with_its_formulas_and_numbers() {
    let folder = folder();
    example(folder.path());
    let text = succeed(folder.path(), "trace x.toml");
    assert!(text.starts_with("One neuron\ndense(2, 1); half-mse; sgd with learning rate 0.25; f64\n"), "{text}");
    for part in [
        "Z1 = X W1 + b1                          weighted sums of layer 1, the output, (1, 1)\n",
        "    [ 1  2 ] [ 0.5 ] + [ 0.1 ]  =  [ 1.2 ]\n             [ 0.3 ]\n",
        "W1 <- W1 - lr * dL/dW1",
        "    [ 0.5 ] - 0.25 * [ 0.2 ]  =  [ 0.45 ]\n    [ 0.3 ]          [ 0.4 ]     [ 0.2  ]\n",
        "L is 0.02 before the step and 0.005 after it.\n",
        "-- summary --\n\nL = 0.02 before step 1, 0.005 after it\nrow 1: target 1, answer 1.2\n\n-- given --\n",
    ] {
        assert!(text.contains(part), "{part}\nin\n{text}");
    }
    assert!(!text.contains('\x1b'), "no colour where there is no terminal");
    assert!(succeed(folder.path(), "trace x.toml --digits 17").contains("0.29999999999999999"));
}

#[test]
fn the_format_is_asked_for_or_told_by_the_name_of_the_output() {
    let folder = folder();
    example(folder.path());
    let print = |args: &str| succeed(folder.path(), &format!("trace x.toml {args}"));
    let write = |args: &str, name: &str| {
        assert_eq!(print(&format!("{args} {name}")), "");
        fs::read_to_string(folder.path().join(name)).unwrap()
    };
    let (text, markdown, json) = (print(""), print("--format markdown"), print("--json"));
    assert!(markdown.starts_with("# One neuron\n") && markdown.contains("\\frac{\\partial L}{\\partial W_{1}}"));
    assert_eq!(print("--format json"), json);
    assert_eq!(write("--output", "a.txt"), text);
    assert_eq!(write("--out", "a.md"), markdown);
    assert_eq!(write("--output", "a.json"), json);
    assert_eq!(write("--format text --output", "b.json"), text);
    let trace: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(quantity(&trace, "backward", "dL/dW1")["formula"], "dL/dW1 = X^T dL/dZ1");
}

#[test]
fn steps_are_taken_and_shown_as_asked() {
    let folder = folder();
    example(folder.path());
    let trace = last(folder.path(), "trace x.toml --json --steps 5 --step 4");
    assert_eq!((trace["losses"].as_array().unwrap().len(), trace["steps"].as_array().unwrap().len()), (6, 1));
    assert_eq!(trace["steps"][0]["step"], 4);
    let trace = last(folder.path(), "trace x.toml --json --steps 5 --step all");
    assert_eq!(trace["steps"].as_array().unwrap().len(), 5);
    let trace = last(folder.path(), "trace x.toml --json --steps 0");
    assert_eq!(trace["losses"].as_array().unwrap().len(), 1);
    let text = succeed(folder.path(), "trace x.toml --steps 40");
    assert!(text.contains("==== step 1 of 40 ====") && !text.contains("==== step 2"), "{text}");
    assert!(text.contains("    step  L before it\n       1  0.02\n") && text.contains("\nafter it  "), "{text}");
}

#[test]
fn a_model_is_traced_on_rows_of_its_data() {
    let folder = folder();
    succeed(folder.path(), "train --epochs 1 --hidden 12 --quiet --save m.safetensors");
    let text = succeed(folder.path(), "trace m.safetensors --data digits");
    assert!(text.starts_with("m.safetensors, row 1 of digits\ndense(64, 12), relu, dense(12, 10); cross-entropy; "));
    assert!(text.contains("shown: rows 1-5 and 60-64 of 64, columns 1-"), "{text}");
    // What is asked about comes first, in the model's own words.
    let (before, _) = text.split_once("-- given --").unwrap();
    assert!(before.contains("-- summary --\n\nL = ") && before.contains("\nrow 1: target 0 ("), "{before}");
    assert!(
        before.contains(" %), answer ") && before.contains("\n    Z2 = [ ") && before.contains("\n    P = [ "),
        "{before}"
    );
    let trace = last(
        folder.path(),
        "trace m.safetensors --data digits --rows 3 --skip 2 --optimizer adam --lr 0.01 --clip-norm 1 --json",
    );
    assert_eq!(trace["title"], "m.safetensors, rows 3 to 5 of digits");
    assert_eq!(trace["optimizer"], "adam with learning rate 0.01");
    assert_eq!(trace["clip"], "gradients clipped to norm 1");
    let summary = &trace["summary"];
    assert_eq!((&summary["loss"], &summary["loss_after"]), (&trace["losses"][0], &trace["losses"][1]));
    assert_eq!((summary["rows"].as_array().unwrap().len(), &summary["rows"][2]["row"]), (3, &Value::from(5)));
    assert_eq!(summary["rows"][2]["outputs"], quantity(&trace, "forward", "Z2")["values"][2]);
    assert_eq!(summary["rows"][2]["probabilities"], quantity(&trace, "loss", "P")["values"][2]);
    assert!(summary["rows"][2]["target"].as_str().unwrap().starts_with("4 ("), "{summary}");
    let label = &trace["given"][1];
    assert_eq!((&label["name"], &label["values"]), (&Value::from("label"), &serde_json::json!([[2.0], [3.0], [4.0]])));
    digits_as_files(folder.path());
    let from_file = last(folder.path(), "trace m.safetensors --data x.npy --labels y.npy --json");
    let named = last(folder.path(), "trace m.safetensors --data digits --json");
    assert_eq!(from_file["losses"], named["losses"]);
}

#[test]
fn the_shipped_examples_are_all_traced() {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/worked");
    let examples: Vec<String> = names(&shipped).into_iter().filter(|name| name.ends_with(".toml")).collect();
    assert!(!examples.is_empty());
    for name in examples {
        let text = succeed(&shipped, &format!("trace {name}"));
        assert!(text.lines().all(|line| !line.starts_with("    ") || line.len() <= 100), "{name}\n{text}");
    }
}

#[test]
fn mistakes_are_told_with_file_and_line_and_leave_nothing_behind() {
    let folder = folder();
    example(folder.path());
    let path = folder.path();
    fs::write(path.join("shape.toml"), EXAMPLE.replace("[0.3]]", "[0.3], [1]]")).unwrap();
    fs::write(path.join("key.toml"), EXAMPLE.replace("targets", "target")).unwrap();
    fs::write(path.join("name.toml"), EXAMPLE.replace("half-mse", "half-msee")).unwrap();
    fs::write(path.join("cut.toml"), &EXAMPLE[..70]).unwrap();
    write_npy(path.join("wide.npy"), 1, 3, &[1.0f32, 2.0, 3.0]).unwrap();
    write_npy_labels(path.join("y.npy"), &[0]).unwrap();
    succeed(path, "train --epochs 1 --hidden none --quiet --save m");
    for (code, args, parts) in [
        (1, "shape.toml", &["shape.toml, line 7, column 23: found weights of 3 x 1, expected 2 rows"][..]),
        (1, "key.toml", &["key.toml, line 4, column 1: found unknown key \"target\", did you mean \"targets\"?"]),
        (
            1,
            "name.toml",
            &["name.toml, line 5, column 8: found unknown loss \"half-msee\", did you mean \"half-mse\"?"],
        ),
        (1, "cut.toml", &["cut.toml, line 5"]),
        (1, "none.toml", &["cannot read none.toml: No such file"]),
        (1, "x.toml --step 2", &["step: found 2, expected one of the steps taken, 1 to 1"]),
        (1, "x.toml --output nowhere/x.md", &["cannot write nowhere/x.md: its folder does not exist"]),
        (1, "m --data wide.npy --labels y.npy", &["wide.npy: found 3 columns, expected 64, the inputs of the network"]),
        (
            1,
            "m --data digits --rows 1798",
            &["rows: found 1798 after the first 0, expected no more than the 1,797 rows"],
        ),
        (1, "m --data digits --skip 1797", &["rows: found 1 after the first 1797"]),
        (1, "m --data digits --skip 18446744073709551615", &["rows: found 1 after the first 18446744073709551615"]),
        (1, "y.npy --data digits", &["y.npy, byte 0: found an NPY file", "expected a model: safetensors"]),
        (2, "m", &["m is a model", "--data", "worked example ends in .toml", "Usage: chainrule trace"]),
        (2, "m --data x.npy", &["--data x.npy: what is to be learned?", "--labels"]),
        (2, "m --data digits --labels y.npy", &["digits has its own labels"]),
        (2, "x.toml --data digits", &["--data is for models", "x.toml contains all of that"]),
        (2, "x.toml --lr 0.1", &["--optimizer and its settings is for models"]),
        (2, "x.toml --rows 2", &["--rows is for models: the worked example x.toml"]),
        (2, "x.toml --activation relu", &["--activation is for models: the worked example x.toml"]),
        (2, "x.toml --skip 1 --clip-norm 1", &["--skip and --clip-norm are for models"]),
        (2, "x.toml --json --digits 3", &["--digits is for text and markdown: JSON has every number in full"]),
        (2, "x.toml --output x.json --limit 3", &["--limit is for text and markdown"]),
        (2, "m --activation relu", &["m is a model", "--data"]),
        (2, "m --data digits --steps 0 --lr 0.1", &["about training steps, and --steps 0 takes none"]),
        (2, "x.toml --digits 0", &["'0'", "expected a whole number from 1 to 17"]),
        (2, "x.toml --step 0", &["'0'", "expected a whole number of at least 1, or all"]),
        (2, "x.toml --steps -1", &["'-1'", "expected a whole number, 0 or more"]),
        (2, "x.toml --format html", &["invalid value 'html'", "[possible values: text, markdown, json]"]),
        (2, "x.toml --format markdwon", &["a similar value exists: 'markdown'"]),
        (2, "x.toml --json --format text", &["cannot be used with"]),
        (2, "m --data digits --lr 0", &["'0'", "expected a finite number above 0"]),
        (2, "", &["<FILE>"]),
    ] {
        let before = names(path);
        let run = run(path, &format!("trace {args}"));
        assert_eq!(run.code, code, "{args}: {}", run.stderr);
        assert_eq!(run.stdout.lines().count(), usize::from(args.contains("--json")), "{args}: {}", run.stdout);
        for part in ["error: "].iter().chain(parts) {
            assert!(run.stderr.contains(part), "{args}: {part:?} in {}", run.stderr);
        }
        assert_eq!(names(path), before, "{args}");
    }
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let folder = folder();
    example(folder.path());
    let mut child = command(folder.path())
        .args(["trace", "x.toml", "--steps", "2000", "--step", "all"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_step_is_that_of_the_models_own_training_unless_another_is_asked_for() {
    let folder = folder();
    succeed(folder.path(), "train --optimizer adam --lr 0.02 --clip-norm 2 --epochs 1 --quiet --save m");
    let own = succeed(folder.path(), "trace m --data digits");
    assert!(own.contains("of the model's own training") && own.contains("adam with learning rate 0.02"), "{own}");
    let other = succeed(folder.path(), "trace m --data digits --optimizer sgd --lr 0.5");
    assert!(!other.contains("own training") && other.contains("sgd with learning rate 0.5"), "{other}");
    // A step of L-BFGS is a line search, which no trace shows.
    let refused = run(folder.path(), "trace m --data digits --optimizer lbfgs");
    assert!(refused.code == 2 && refused.stderr.contains("lbfgs is for train"), "{refused:?}");
    // Weights of rows were in the loss of the training, and are not in that of the trace.
    fs::write(folder.path().join("w.csv"), "a,w,y\n1,2,0\n2,1,1\n3,1,0\n4,5,1\n5,1,1\n6,1,0\n").unwrap();
    succeed(folder.path(), "train --data w.csv --target y --row-weights w --epochs 1 --quiet --save m");
    let own = succeed(folder.path(), "trace m --data w.csv");
    assert!(own.contains("in training it had the weights of rows of w"), "{own}");
}

//! What is asked of a model: rows without targets, classes by name, options that would change nothing.

use std::fs;

use crate::run::{folder, run, succeed};

#[test]
fn rows_without_the_target_say_what_to_give() {
    let folder = folder();
    let path = folder.path();
    let rows: String = (0..60).map(|at| format!("{},{},{}\n", at * 7 % 31, at % 4, at % 5)).collect();
    fs::write(path.join("t.csv"), format!("a,b,y\n{rows}")).unwrap();
    let rows: String = (0..60).map(|at| format!("{},{}\n", at * 7 % 31, at % 4)).collect();
    fs::write(path.join("asked.csv"), format!("a,b\n{rows}")).unwrap();
    succeed(path, "train --data t.csv --target y --task regression --epochs 1 --quiet --save m");
    for command in ["eval m", "explain m", "doctor m", "gradcheck m"] {
        let refused = run(path, &format!("{command} --data asked.csv"));
        assert!(refused.code != 0, "{command}");
        let says = ["no column \"y\", which the model's target is", "--labels FILE", "predict"];
        assert!(says.iter().all(|says| refused.stderr.contains(says)), "{command}: {}", refused.stderr);
    }
}

#[test]
fn the_class_of_a_single_question_has_its_name() {
    let folder = folder();
    let path = folder.path();
    succeed(path, "train --data breast_cancer --task binary --epochs 2 --quiet --save m");
    assert_eq!(run(path, "predict m --data breast_cancer --proba --output p.csv").code, 0);
    let header = fs::read_to_string(path.join("p.csv")).unwrap().lines().next().unwrap().to_owned();
    let yes = header.strip_prefix("P(").and_then(|rest| rest.strip_suffix(')')).unwrap().to_owned();
    let no = if yes == "malignant" { "benign" } else { "malignant" };
    let value = |output: &str| {
        let found = run(path, &format!("explain m --data breast_cancer --row 3 --json --output {output}"));
        let found: serde_json::Value = serde_json::from_str(&found.stdout).unwrap();
        assert_eq!(found["output"], output);
        (found["value"].as_f64().unwrap(), found["sum"].as_f64().unwrap())
    };
    let ((of_yes, yes_sum), (of_no, no_sum)) = (value(&yes), value(no));
    assert!(of_yes == -of_no && yes_sum == -no_sum && of_yes != 0.0, "{of_yes} {of_no}");
}

#[test]
fn what_would_change_nothing_is_refused() {
    let folder = folder();
    let path = folder.path();
    succeed(path, "train --data iris --epochs 1 --quiet --save m");
    succeed(path, "train --data friedman --epochs 1 --quiet --save v");
    for (args, says) in [
        ("eval m --data iris --report i.pdf", "--report i.pdf is a page in HTML"),
        ("train --data iris --report i.pdf", "--report i.pdf is a page in HTML"),
        ("train --data iris --raw-targets", "--raw-targets is for values"),
        ("eval v --data friedman --confusion", "--confusion is for classes: the task here is regression"),
        ("graph m --edges weights", "--edges is for --view neurons"),
        ("graph m --dark", "--dark is for SVG and PNG"),
        ("graph m --rows 4", "--data <SOURCE>"),
        ("trace m --data iris --class-weights balanced", "unexpected argument '--class-weights'"),
        (
            "train --data iris --from m --preprocess minmax",
            "--preprocess is for a new network: the one in m has its own",
        ),
    ] {
        let refused = run(path, args);
        assert!(refused.code == 2 && refused.stderr.contains(says), "{args}: {} {}", refused.code, refused.stderr);
    }
    assert!(!path.join("i.pdf").exists());
}

const OF_TEXT: [&str; 5] =
    ["--delimiter semicolon", "--decimal comma", "--header yes", "--skip-lines 1", "--categories a"];
const OF_COLUMNS: [&str; 6] =
    ["--target y", "--labels y.csv", "--features a", "--drop a", "--task regression", "--missing mean"];

#[test]
fn options_about_rows_are_refused_where_there_are_none() {
    let folder = folder();
    let path = folder.path();
    succeed(path, "train --data iris --epochs 1 --hidden 4 --quiet --save m");
    let example = "inputs = [[1]]\ntargets = [[1]]\nloss = \"mse\"\noptimizer = { name = \"sgd\", lr = 0.1 }\n\
                   layers = [{ weights = [[0.5]], bias = [0.1] }]\n";
    fs::write(path.join("e.toml"), example).unwrap();
    for (command, says) in [
        ("graph m", "are none: name them by --data, or leave it out"),
        ("graph --layers 2-3-1", "are none: name them by --data, or leave it out"),
        ("export m --to c", "are none: name them by --int8 --data, or leave it out"),
        ("export m --to c --int8", "are none: name them by --int8 --data, or leave it out"),
        ("trace e.toml", "is for models: the worked example e.toml contains all of that"),
        ("diff m m", "are none: name them by --data, or leave it out"),
    ] {
        succeed(path, command);
        let of_columns = if command == "diff m m" { &[][..] } else { &OF_COLUMNS };
        for option in OF_TEXT.iter().chain(of_columns) {
            let run = run(path, &format!("{command} {option}"));
            assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{command} {option}: {}", run.stderr);
            let name = option.split(' ').next().unwrap();
            let parts = [format!("error: {name} is "), says.to_owned()];
            parts.iter().for_each(|part| assert!(run.stderr.contains(part), "{command} {option}: {}", run.stderr));
        }
    }
    let two = run(path, "graph m --header yes --target y");
    assert!(two.stderr.contains("--target and --header are about rows") && two.stderr.contains("leave them out"));
}

#[test]
fn a_model_that_knows_its_columns_takes_no_others() {
    let folder = folder();
    let path = folder.path();
    let rows: String = (0..40).map(|at| format!("{},{},{}\n", at * 7 % 31, at % 4, at % 5)).collect();
    fs::write(path.join("t.csv"), format!("a,b,y\n{rows}")).unwrap();
    succeed(path, "train --data t.csv --target y --task regression --epochs 1 --hidden 4 --quiet --save m");
    let filled =
        "train --data t.csv --target y --task regression --missing median --epochs 1 --hidden 4 --quiet --save n";
    succeed(path, filled);
    for command in ["eval", "doctor", "explain", "gradcheck", "trace", "graph", "export --to c --int8"] {
        let (command, rest) = command.split_once(' ').unwrap_or((command, ""));
        for (model, option, says) in [
            ("m", "--features a", "--features is for a new network: the model knows which columns it takes"),
            ("m", "--drop a", "--drop is for a new network: the model knows which columns it takes"),
            (
                "m",
                "--missing mean",
                "--missing mean is for a new network: the model was trained on rows that lacked nothing",
            ),
            ("n", "--missing mean", "--missing mean is for a new network: the model fills missing values by median"),
        ] {
            let run = run(path, &format!("{command} {model} {rest} --data t.csv {option}"));
            assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{command} {option}: {}", run.stderr);
            assert!(run.stderr.contains(says), "{command} {option}: {}", run.stderr);
        }
    }
    succeed(path, "eval n --data t.csv --missing median");
    succeed(path, "eval m --data t.csv --missing drop");
}

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
    for (args, says) in [
        ("eval m --data iris --report i.pdf", "--report i.pdf is a page in HTML"),
        ("train --data iris --report i.pdf", "--report i.pdf is a page in HTML"),
        ("train --data iris --raw-targets", "--raw-targets is for values"),
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

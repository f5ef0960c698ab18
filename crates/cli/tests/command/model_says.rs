//! What a model file says of itself is not contradicted by options that are for files which do not say it.

use std::fs;
use std::path::Path;

use crate::run::{feed, folder, run, succeed};

/// Twelve rows of two numbers, of which the second class has the larger sum; the class, and a value.
fn rows(folder: &Path) {
    let row = |at: u32| {
        let (a, b) = (at * 5 % 12, at * 7 % 13);
        format!("{a},{b},{},{}\n", if a + b > 11 { "high" } else { "low" }, 3 * a + b)
    };
    fs::write(folder.join("d.csv"), format!("a,b,class,value\n{}", (0..12).map(row).collect::<String>())).unwrap();
    let common = "--data d.csv --hidden 4 --epochs 3 --holdout 0 --quiet";
    succeed(folder, &format!("train {common} --target class --drop value --activation tanh --save classes"));
    succeed(folder, &format!("train {common} --target value --drop class --activation tanh --save values"));
}

#[test]
fn another_activation_than_the_files_is_refused_by_every_command() {
    let folder = folder();
    let folder = folder.path();
    rows(folder);
    for command in [
        "predict classes --data d.csv",
        "eval classes --data d.csv",
        "doctor classes --data d.csv",
        "explain classes --data d.csv --row 1",
        "trace classes --data d.csv",
        "graph classes",
        "inspect classes",
        "convert classes to.onnx",
        "export classes --to json",
        "gradcheck classes --data d.csv",
        "diff classes classes",
    ] {
        let same = run(folder, &format!("{command} --activation tanh"));
        assert!(!same.stderr.contains("--activation"), "{command}: {}", same.stderr);
        let refused = run(folder, &format!("{command} --activation relu"));
        let why =
            "--activation relu is for a file that does not name the activation of its hidden layers: classes has tanh";
        assert!(refused.code == 2 && refused.stderr.contains(why), "{command}: {}", refused.stderr);
        assert_eq!(refused.stdout, "", "{command}");
    }
    // No layer to put it between.
    succeed(folder, "train --data d.csv --target class --drop value --hidden none --epochs 1 --save line --quiet");
    succeed(folder, "eval line --data d.csv --activation identity");
    let refused = run(folder, "predict line --data d.csv --activation relu");
    assert!(refused.code == 2 && refused.stderr.contains("line has none; leave it out"), "{}", refused.stderr);
    let refused = run(folder, "train --from classes --data d.csv --target class --drop value --activation relu");
    assert!(refused.code == 1 && refused.stderr.contains("found activation tanh"), "{}", refused.stderr);
}

#[test]
fn another_task_than_the_files_is_refused_and_another_loss_where_it_says_nothing() {
    let folder = folder();
    let folder = folder.path();
    rows(folder);
    let by_task = "this model learned classification, by cross-entropy; leave it out";
    for command in ["predict classes --data d.csv", "convert classes to.onnx", "eval classes --data d.csv"] {
        let refused = run(folder, &format!("{command} --task regression"));
        assert!(refused.code == 2 && refused.stderr.contains(by_task), "{command}: {}", refused.stderr);
        assert_eq!(refused.stdout, "", "{command}");
    }
    for command in
        ["doctor values --data d.csv", "explain values --data d.csv --row 1", "gradcheck values --data d.csv"]
    {
        let refused = run(folder, &format!("{command} --loss cross-entropy"));
        let why = "--loss cross-entropy is for a file that does not say what it was trained for: this model learned regression";
        assert!(refused.code == 2 && refused.stderr.contains(why), "{command}: {}", refused.stderr);
    }
    // The loss is what eval shows; predict and convert would show nothing of it.
    let mae = succeed(folder, "eval values --data d.csv --loss mae");
    assert_ne!(mae, succeed(folder, "eval values --data d.csv"));
    for command in ["predict values --data d.csv", "convert values to.onnx"] {
        let refused = run(folder, &format!("{command} --loss mae"));
        let why = "--loss mae is for a file that does not name its loss: this model was trained by mse; leave it out";
        assert!(refused.code == 2 && refused.stderr.contains(why), "{command}: {}", refused.stderr);
        let same = run(folder, &format!("{command} --loss mse --task regression"));
        assert_eq!(same.code, 0, "{command}: {}", same.stderr);
    }
}

#[test]
fn values_that_a_model_fills_are_counted() {
    let folder = folder();
    let folder = folder.path();
    let row = |at: u32| {
        let a = if at % 10 == 3 { String::new() } else { (at * 7 % 23).to_string() };
        format!("{a},{},{}\n", ["Bonn", "Ulm"][at as usize % 2], at * 7 % 23 + at % 2)
    };
    fs::write(folder.join("d.csv"), format!("a,town,y\n{}", (0..60).map(row).collect::<String>())).unwrap();
    let how = "--task regression --missing mean --hidden 4 --epochs 2";
    succeed(folder, &format!("train --data d.csv --target y {how} --save m --quiet"));
    fs::write(folder.join("new.csv"), "a,town\n3,Ulm\n,Bonn\nNA,\n4,Ulm\n").unwrap();
    let told = run(folder, "predict m --data new.csv");
    let note =
        "note: missing values are filled as in training, by mean: 2 in a (11.1395), 1 in town (Ulm), of 4 rows\n";
    assert_eq!((told.code, &*told.stderr, told.stdout.lines().count()), (0, note, 4), "{}", told.stdout);
    // Rows that lack nothing.
    fs::write(folder.join("whole.csv"), "a,town\n3,Ulm\n").unwrap();
    succeed(folder, "predict m --data whole.csv");
}

#[test]
fn rows_that_are_there_once_are_not_read_twice() {
    let folder = folder();
    let folder = folder.path();
    rows(folder);
    let refused = feed(folder, "diff classes values --data -", &fs::read(folder.join("d.csv")).unwrap());
    assert!(refused.code == 2 && refused.stderr.contains("save them to a file"), "{}", refused.stderr);
}

#[test]
fn classes_without_names_are_named_once() {
    let folder = folder();
    let folder = folder.path();
    rows(folder);
    // A file that holds weights alone: what PyTorch writes.
    succeed(
        folder,
        "train --data d.csv --target class --drop value --hidden 4 --preprocess none --epochs 40 --save m --quiet",
    );
    assert_eq!(run(folder, "export m --to torch --out weights.safetensors").code, 0);
    let eval = "--data d.csv --target class --drop value --task classification";
    let refused = run(folder, &format!("eval weights.safetensors --activation relu {eval}"));
    assert!(
        refused.code == 1 && refused.stderr.contains("`chainrule convert --class-names` does"),
        "{}",
        refused.stderr
    );
    let convert = "convert weights.safetensors named.safetensors --activation relu --class-names";
    for (names, why) in [
        ("high", "found 1, expected one for each of the 2 outputs"),
        ("low,low", "found \"low\", expected different names"),
        ("high,", "found \"\", expected different names"),
    ] {
        let refused = run(folder, &format!("{convert} {names}"));
        assert!(refused.code == 2 && refused.stderr.contains(why), "{names}: {}", refused.stderr);
    }
    let refused = run(folder, &format!("{convert} high,low --task regression"));
    assert!(refused.code == 2 && refused.stderr.contains("regression, which has no classes"), "{}", refused.stderr);
    let refused = run(folder, "convert m again.safetensors --class-names a,b");
    assert!(refused.code == 2 && refused.stderr.contains("names of its own: high, low"), "{}", refused.stderr);
    assert_eq!(run(folder, &format!("{convert} high,low")).code, 0);
    let accuracy = |command: &str| {
        let told = run(folder, command);
        told.stdout.lines().find(|line| line.starts_with("accuracy")).map(str::to_owned).expect("accuracy")
    };
    assert_eq!(accuracy(&format!("eval named.safetensors {eval}")), accuracy("eval m --data d.csv"));
    // The same with the file of weights in training: what was taken for granted is said.
    let told = run(folder, "train --init weights.safetensors --data d.csv --target class --drop value --epochs 1");
    assert!(told.code == 0 && told.stderr.contains("relu is taken; --activation names another"), "{}", told.stderr);
}

#[cfg(target_os = "linux")]
#[test]
fn a_pipe_in_a_files_place_is_read_once() {
    let folder = folder();
    let folder = folder.path();
    rows(folder);
    let told = feed(folder, "explain classes --data /dev/stdin --row 1", &fs::read(folder.join("d.csv")).unwrap());
    let of_file = run(folder, "explain classes --data d.csv --row 1").stdout.replace("d.csv", "/dev/stdin");
    assert_eq!((told.code, told.stdout), (0, of_file), "{}", told.stderr);
}

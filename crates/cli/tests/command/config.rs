//! `train --config`: what the command line makes meaningless of a file of settings is left out, and told; what is typed is refused.

use std::fs;
use std::path::Path;

use crate::run::{digits_as_files, folder, run, succeed, weights};

/// Houses with rooms that may be categories, a hole, and two targets.
fn houses(path: &Path) {
    let row = |at: usize| {
        let area = if at == 7 { String::new() } else { (40 + at * 37 % 113).to_string() };
        let kind = ["flat", "house", "loft"][at % 3];
        format!("{area},{},{kind},{},{}\n", 1 + at % 5, 900 * at + 5000, if at % 7 > 2 { "yes" } else { "no" })
    };
    let rows: String = (0..90).map(row).collect();
    fs::write(path.join("houses.csv"), format!("area,rooms,kind,price,large\n{rows}")).unwrap();
}

/// Runs it, and compares the settings of `c.toml` that it tells to be left out, each with the reason.
fn left_out(path: &Path, args: &str, expected: &[&str]) {
    let done = run(path, &format!("train --config c.toml {args}"));
    assert_eq!(done.code, 0, "{args}: {}", done.stderr);
    let told: Vec<&str> = done.stdout.lines().filter(|line| line.contains(" is left out, ")).collect();
    let expected: Vec<String> = expected.iter().map(|line| format!("c.toml: {line}")).collect();
    assert_eq!(told, expected, "{args}: {}", done.stdout);
}

#[test]
fn what_a_model_has_settled_is_left_out() {
    let folder = folder();
    let path = folder.path();
    houses(path);
    succeed(
        path,
        "train --data houses.csv --target price --drop large,kind --missing mean --hidden 4 --epochs 1 --quiet --save m",
    );
    let columns = "[data]\ndata = \"houses.csv\"\ntarget = [\"price\"]\n";
    let settings = format!(
        "{columns}drop = [\"large\"]\ncategories = [\"rooms\"]\nmissing = \"median\"\nlog1p = [\"area\"]\npreprocess = \"minmax\"\n\
         [network]\nhidden = \"8\"\nactivation = \"relu\"\nnorm = \"layer\"\n[training]\nepochs = 2\nbatch = 16\n"
    );
    fs::write(path.join("c.toml"), &settings).unwrap();
    let expected = [
        "drop = [\"large\"] is left out, because of --init",
        "categories = [\"rooms\"] is left out, because of --init",
        "missing = \"median\" is left out, because of --init",
        "log1p = [\"area\"] is left out, because of --init",
        "preprocess = \"minmax\" is left out, because of --init",
        "hidden = 8 is left out, because of --init",
        "norm = \"layer\" is left out, because of --init",
    ];
    left_out(path, "--from m --save a", &expected);
    succeed(path, "train --data houses.csv --from m --epochs 2 --batch 16 --quiet --save b");
    assert_eq!(weights(&path.join("a")), weights(&path.join("b")));
    let command = succeed(path, "inspect a --command");
    assert!(!command.contains("--drop") && command.contains("--batch=16"), "{command}");
    // Typed, they are refused as ever, and by what is typed.
    for option in ["--drop large", "--categories rooms", "--missing median", "--preprocess minmax"] {
        let refused = run(path, &format!("train --config c.toml --from m {option}"));
        assert!(refused.code == 2 && refused.stderr.contains("is for a new network"), "{option}: {}", refused.stderr);
    }
    // Another target and task, and the task's loss.
    let other = "task = \"binary\"\n[training]\nloss = \"binary-cross-entropy\"\npos-weight = \"2\"\nepochs = 1\n";
    fs::write(path.join("c.toml"), format!("{}{other}", columns.replace("price", "large"))).unwrap();
    let expected = [
        "target = [\"large\"] is left out, because of --init",
        "task = \"binary\" is left out, because of --init",
        "loss = \"binary-cross-entropy\" is left out, because of --init",
        "pos-weight = 2 is left out, because of --init",
    ];
    left_out(path, "--from m", &expected);
    // What says the same stays.
    let same = "missing = \"mean\"\npreprocess = \"standardize\"\n[network]\nhidden = 4\n[training]\nepochs = 1\n";
    fs::write(path.join("c.toml"), format!("{columns}{same}")).unwrap();
    left_out(path, "--from m", &[]);
}

#[test]
fn settings_about_columns_stay_with_the_data_of_the_file() {
    let folder = folder();
    let path = folder.path();
    houses(path);
    digits_as_files(path);
    let table = "[data]\ndata = \"houses.csv\"\ntarget = \"price\"\ndelimiter = \"comma\"\ndrop = \"large\"\n\
                 missing = \"median\"\nunknown = \"zeros\"\npreprocess = \"robust\"\ntask = \"regression\"\nraw-targets = true\n";
    let training = "[network]\nhidden = \"8\"\n[training]\nepochs = 1\n";
    fs::write(path.join("c.toml"), format!("{table}{training}")).unwrap();
    let because = |key: &str| format!("{key} is left out, because of --data");
    let told = [
        "target = \"price\"",
        "delimiter = \"comma\"",
        "drop = \"large\"",
        "missing = \"median\"",
        "unknown = \"zeros\"",
        "preprocess = \"robust\"",
        "task = \"regression\"",
        "raw-targets = true",
    ]
    .map(because);
    left_out(path, "--data digits --save a", &told.each_ref().map(String::as_str));
    succeed(path, "train --hidden 8 --epochs 1 --quiet --save b");
    assert_eq!(weights(&path.join("a")), weights(&path.join("b")));
    let typed = run(path, "train --config c.toml --data digits --drop large");
    assert!(typed.code == 2 && typed.stderr.contains("--drop is about columns of a table"), "{}", typed.stderr);
    // Other data with columns: they stay, and are looked for there.
    let other = run(path, "train --config c.toml --data iris");
    assert!(other.code == 1 && other.stderr.contains("unknown column \"price\""), "{}", other.stderr);
    fs::write(path.join("more.csv"), fs::read_to_string(path.join("houses.csv")).unwrap()).unwrap();
    left_out(path, "--data more.csv", &[]);
    fs::write(
        path.join("c.toml"),
        format!("[data]\ndata = \"x.csv\"\nlabels = \"y.csv\"\nheader = \"no\"\n{training}"),
    )
    .unwrap();
    left_out(
        path,
        "--data digits",
        &["labels = \"y.csv\" is left out, because of --data", "header = \"no\" is left out, because of --data"],
    );
    left_out(
        path,
        "--data iris",
        &["labels = \"y.csv\" is left out, because of --data", "header = \"no\" is left out, because of --data"],
    );
    // The labels are text.
    left_out(path, "--data x.npy", &[]);
    left_out(path, "--data x.npy --labels y.npy", &["header = \"no\" is left out, because of --data"]);
}

#[test]
fn what_other_options_make_meaningless_is_left_out() {
    let folder = folder();
    let path = folder.path();
    digits_as_files(path);
    let training = "[training]\nepochs = 4\npatience = 2\nmin-delta = 0.01\nmonitor = \"loss\"\n";
    fs::write(
        path.join("c.toml"),
        format!(
            "[data]\ndata = \"iris\"\nno-refit = true\nsplit-seed = 3\n[network]\nactivation = \"tanh\"\n{training}"
        ),
    )
    .unwrap();
    let stopping = ["patience = 2", "min-delta = 0.01", "monitor = \"loss\""]
        .map(|key| format!("{key} is left out, because of --validation"));
    let refit = "no-refit = true is left out, because of --validation".to_owned();
    let told: Vec<&str> = std::iter::once(&refit).chain(&stopping).map(String::as_str).collect();
    left_out(path, "--validation 0", &told);
    left_out(path, "--hidden none", &["activation = \"tanh\" is left out, because of --hidden"]);
    left_out(path, "--holdout last", &["split-seed = 3 is left out, because of --holdout"]);
    // Rows to validate on are drawn.
    left_out(path, "--holdout 0", &[]);

    let test = "test-data = \"x.npy\"\ntest-labels = \"y.npy\"\n";
    fs::write(
        path.join("c.toml"),
        format!("[data]\ndata = \"x.csv\"\nlabels = \"y.csv\"\n{test}[training]\nepochs = 1\n[checkpoints]\nevery = \"1m\"\n"),
    )
    .unwrap();
    let every = "every = \"1m\" is left out, as there are no checkpoints: --checkpoint or --run";
    left_out(path, "", &[every]);
    left_out(path, "--checkpoint k", &[]);
    let labels = "test-labels = \"y.npy\" is left out, because of --test-data";
    left_out(path, "--test-data digits --checkpoint l", &[labels]);
    left_out(path, "--test-data x.npy --checkpoint n", &[]);
    let without = ["test-data = \"x.npy\"", "test-labels = \"y.npy\""]
        .map(|key| format!("{key} is left out, because of --holdout"));
    left_out(path, "--holdout 0.1 --checkpoint o", &without.each_ref().map(String::as_str));

    fs::write(
        path.join("c.toml"),
        "[data]\ndata = \"iris\"\nclasses = 3\n[training]\nepochs = 2\npatience = 1\nmonitor = \"accuracy\"\n",
    )
    .unwrap();
    let other = ["classes = 3", "monitor = \"accuracy\""].map(|key| format!("{key} is left out, because of --loss"));
    left_out(path, "--data friedman --loss mse", &other.each_ref().map(String::as_str));
}

#[test]
fn a_run_without_hidden_layers_is_made_again() {
    let folder = folder();
    let path = folder.path();
    succeed(path, "train --data iris --hidden none --epochs 2 --quiet --run a");
    succeed(path, "train --config a/config.toml --quiet --save m");
    assert_eq!(weights(&path.join("a/model.safetensors")), weights(&path.join("m")));
}

//! `train --run` and `--config`: a run is kept whole, and its settings make it again.

use std::fs;
use std::path::Path;

use crate::run::{folder, last, names, run, succeed, weights};

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

fn model(folder: &Path, run: &str) -> String {
    weights(&folder.join(run).join("model.safetensors"))
}

/// A table with a target of each kind.
fn houses(folder: &Path) {
    let row = |at: usize| {
        let (area, rooms, kind) = (40 + at * 37 % 113, 1 + at % 5, ["flat", "house", "loft"][at % 3]);
        format!("{area},{rooms},{kind},{},{}\n", 900 * area + 5000 * rooms, if area > 90 { "yes" } else { "no" })
    };
    let rows: String = (0..90).map(row).collect();
    fs::write(folder.join("houses.csv"), format!("area,rooms,kind,price,large\n{rows}")).unwrap();
}

#[test]
fn the_settings_of_a_run_make_it_again() {
    let folder = folder();
    let path = folder.path();
    houses(path);
    for (at, args) in [
        "--data iris",
        "--epochs 2 --hidden 16 --dropout 0.1 --norm layer --optimizer sgd --momentum 0.9 --nesterov --clip-norm 1",
        "--data iris --optimizer adamw --weight-decay 0.1 --decay-of weights --l1 1e-5 --schedule one-cycle --warm-up 2:0.5",
        "--data houses.csv --target price --drop large --log1p area --epochs 5 --seed 3 --holdout last:0.25 --dtype f64",
        "--data houses.csv --target large --drop price --preprocess robust --patience 3 --monitor accuracy --no-refit",
        "--data houses.csv --target large --drop price --task binary --pos-weight 2 --activation selu --validation 0.2",
        "--data houses.csv --target price --loss huber(0.5) --raw-targets --epochs 3 --accumulate 2 --no-shuffle",
        "--data iris --optimizer lbfgs --epochs 4 --class-weights balanced --label-smoothing 0.1",
    ]
    .iter()
    .enumerate()
    {
        let (first, second) = (format!("a{at}"), format!("b{at}"));
        succeed(path, &format!("train {args} --quiet --run {first}"));
        succeed(path, &format!("train --quiet --config {first}/config.toml --run {second}"));
        assert_eq!(model(path, &first), model(path, &second), "{args}\n{}", read(&path.join(first).join("config.toml")));
        let lines = |run: &str| read(&path.join(run).join("config.toml")).split("[run]").next().unwrap().to_owned();
        assert_eq!(lines(&first), lines(&second), "{args}");
        let epochs = |run: &str| {
            let text = read(&path.join(run).join("metrics.csv"));
            let without_time = |line: &str| line.rsplit_once(',').unwrap().0.to_owned();
            text.lines().map(without_time).collect::<Vec<_>>()
        };
        assert_eq!(epochs(&first), epochs(&second));
        assert_eq!(epochs(&first).len() - 1, last(path, &format!("train {args} --json"))["epochs"].as_u64().unwrap() as usize);
    }
    assert_eq!(
        names(&path.join("a0")),
        ["checkpoints", "config.toml", "metrics.csv", "model.safetensors", "report.html"]
    );
    assert!(!path.join("a7/checkpoints").exists(), "lbfgs has none");
}

#[test]
fn the_best_epoch_of_a_run_is_the_one_that_it_chose() {
    let folder = folder();
    let path = folder.path();
    // An epoch is better only if its loss is less by a lot, so the least loss and the best accuracy are other epochs'.
    let args = "train --data iris --epochs 30 --patience 30 --min-delta 0.3 --no-refit --seed 3";
    let kept = last(path, &format!("{args} --run chosen --json"))["best_epoch"].as_u64().unwrap();
    let listed = succeed(path, "runs --json .");
    let listed: serde_json::Value = serde_json::from_str(listed.lines().next().unwrap()).unwrap();
    assert_eq!(listed["best_epoch"].as_u64(), Some(kept), "{listed}");
    let lines = read(&path.join("chosen/metrics.csv"));
    let lines: Vec<Vec<&str>> = lines.lines().map(|line| line.split(',').collect()).collect();
    let column = |name: &str| lines[0].iter().position(|found| *found == name).unwrap();
    let at = |epoch: u64, name: &str| lines[epoch as usize][column(name)].parse::<f64>().unwrap();
    assert_eq!(listed["best_validation"].as_f64(), Some(at(kept, "val_accuracy")));
    assert!((1..=30).any(|epoch| at(epoch, "val_accuracy") > at(kept, "val_accuracy")), "or this test shows nothing");
}

#[test]
fn the_command_of_a_run_is_typed_as_a_shell_reads_it() {
    let folder = folder();
    let path = folder.path();
    std::fs::write(path.join("my `houses`.csv"), "a,y\n1,2\n2,3\n3,5\n4,7\n5,9\n6,11\n").unwrap();
    let args = ["train", "--data", "my `houses`.csv", "--target", "y", "--epochs", "1", "--quiet", "--run", "v"];
    let done = crate::run::command(path).args(args).output().unwrap();
    assert!(done.status.success(), "{done:?}");
    let config = read(&path.join("v/config.toml"));
    assert!(config.contains("--data 'my `houses`.csv' --target y"), "{config}");
}

#[test]
fn a_model_that_training_goes_on_with_is_gone_on_with_again() {
    let folder = folder();
    let path = folder.path();
    succeed(
        path,
        "train --data iris --optimizer adam --weight-decay 0.01 --decay-of weights --epochs 3 --quiet --save m",
    );
    succeed(path, "train --data iris --from m --quiet --run a");
    succeed(path, "train --config a/config.toml --quiet --run b");
    assert_eq!(model(path, "a"), model(path, "b"));
    assert!(read(&path.join("a/config.toml")).contains("\ndecay-of = \"weights\"\n"));
}

#[test]
fn options_win_over_the_file_and_are_told() {
    let folder = folder();
    let path = folder.path();
    succeed(path, "train --data iris --epochs 3 --beta1 0.8 --quiet --run a");
    let config = path.join("a/config.toml");
    let mine = read(&config).replace("\nlr = ", "\n# found by trying\nlr = ");
    fs::write(&config, &mine).unwrap();
    let text = succeed(path, "train --config a/config.toml --lr 0.01 --epochs=2 --run b");
    assert!(text.contains("a/config.toml: --lr 0.01 in place of 0.003\n"), "{text}");
    assert!(text.contains("a/config.toml: --epochs 2 in place of 3\n"), "{text}");
    succeed(path, "train --data iris --epochs 2 --lr 0.01 --beta1 0.8 --quiet --save m");
    assert_eq!(model(path, "b"), weights(&path.join("m")));
    let new = read(&path.join("b/config.toml"));
    assert!(new.contains("\n# found by trying\nlr = 0.01\n") && new.contains("\nepochs = 2\n"), "{new}");

    // The settings of one optimiser are not those of another.
    let text = succeed(path, "train --config a/config.toml --optimizer sgd --epochs 2 --run c");
    assert!(text.contains("beta1 = 0.8 is left out, because of --optimizer"), "{text}");
    succeed(path, "train --data iris --optimizer sgd --epochs 2 --quiet --save m");
    assert_eq!(model(path, "c"), weights(&path.join("m")));
    assert!(read(&path.join("c/config.toml")).contains("\n# not used: beta1 = 0.8\n"));
}

#[test]
fn what_the_file_says_wrong_is_told_with_its_place() {
    let folder = folder();
    let path = folder.path();
    for (text, code, words) in [
        ("[training]\nepoch = 5\n", 1, "line 2, column 1: found unknown key \"epoch\", did you mean \"epochs\"?"),
        ("[training]\ndata = \"iris\"\n", 1, "expected it in [data]"),
        (
            "[training]\nbatch = 0\n",
            2,
            "c.toml: invalid value '0' for '--batch <ROWS>': expected a whole number of at least 1",
        ),
        ("[training]\nno-shuffle = 3\n", 2, "c.toml: no-shuffle is 3, expected true or false"),
        ("[training]\nclip-norm = 1\nclip-value = 2\n", 2, "cannot be used with"),
        ("[output]\nsave = \"m\"\n", 1, "unknown key \"output\""),
    ] {
        fs::write(path.join("c.toml"), text).unwrap();
        let refused = run(path, "train --config c.toml --run a");
        assert!(refused.code == code && refused.stderr.contains(words), "{}: {}", refused.code, refused.stderr);
    }
    assert_eq!(names(path), ["c.toml"], "no folder is left");
}

#[test]
fn a_run_s_folder_is_new() {
    let folder = folder();
    let path = folder.path();
    succeed(path, "train --data iris --epochs 1 --quiet --run-name iris");
    succeed(path, "train --data iris --epochs 1 --quiet --run-name iris");
    assert_eq!(names(&path.join("runs")), ["iris-001", "iris-002"]);
    let refused = run(path, "train --data iris --run runs/iris-001");
    assert!(refused.code == 1 && refused.stderr.contains("which has files in it"), "{}", refused.stderr);
    for other in ["--save m", "--report p.html", "--checkpoint c", "--run-name x"] {
        assert_eq!(run(path, &format!("train --data iris --run r {other}")).code, 2, "{other}");
    }
    fs::create_dir(path.join("empty")).unwrap();
    succeed(path, "train --data iris --epochs 1 --quiet --run empty");
}

#[test]
fn a_run_goes_on_by_its_folder() {
    let folder = folder();
    let path = folder.path();
    succeed(path, "train --hidden 16 --epochs 5 --quiet --run whole");
    succeed(path, "train --hidden 16 --epochs 5 --every 50 --keep 4 --quiet --run half");
    let checkpoints = names(&path.join("half/checkpoints"));
    for newer in &checkpoints[1..] {
        fs::remove_file(path.join("half/checkpoints").join(newer)).unwrap();
    }
    // Behind the last step of an epoch, before its line is written.
    assert_eq!(succeed(path, "train --hidden 16 --epochs 5 --batch 30 --every 48 --keep 9 --quiet --run last"), "");
    for newer in &names(&path.join("last/checkpoints"))[1..] {
        fs::remove_file(path.join("last/checkpoints").join(newer)).unwrap();
    }
    let steps = |text: &str| {
        let epochs = chainrule::runs::read_metrics("metrics.csv", text).unwrap();
        epochs.iter().map(|epoch| epoch.step).collect::<Vec<_>>()
    };
    assert_eq!(steps(&read(&path.join("last/metrics.csv"))), [48, 96, 144, 192, 240]);
    succeed(path, "train --quiet --resume last");
    assert_eq!(steps(&read(&path.join("last/metrics.csv"))), [48, 96, 144, 192, 240]);
    let before = read(&path.join("half/metrics.csv"));
    fs::remove_file(path.join("half/model.safetensors")).unwrap();
    for resumed in ["half", "half/checkpoints"] {
        succeed(path, &format!("train --quiet --resume {resumed}"));
        assert_eq!(model(path, "whole"), model(path, "half"));
        let after = read(&path.join("half/metrics.csv"));
        let losses =
            |text: &str| text.lines().map(|line| line.rsplit_once(',').unwrap().0.to_owned()).collect::<Vec<_>>();
        assert_eq!(losses(&before), losses(&after), "each epoch has one line");
    }
}

#[cfg(unix)]
#[test]
fn a_run_that_is_killed_leaves_every_whole_epoch() {
    use std::io::BufRead;

    let folder = folder();
    let path = folder.path();
    let (mut child, mut stdout) = crate::signals::start(path, "train --hidden 64 --epochs 100000 --json --run a");
    let mut lines = Vec::new();
    while lines.len() < 4 {
        let mut line = String::new();
        assert!(stdout.read_line(&mut line).unwrap() > 0);
        let line: serde_json::Value = serde_json::from_str(&line).unwrap();
        if line["event"] == "epoch" {
            lines.push(line);
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let text = read(&path.join("a/metrics.csv"));
    let epochs = chainrule::runs::read_metrics("metrics.csv", &text).unwrap();
    assert!(epochs.len() >= 4, "{text}");
    for (line, epoch) in lines.iter().zip(&epochs) {
        assert_eq!(line["loss"].as_f64(), Some(epoch.train_loss));
        assert_eq!(line["val_accuracy"].as_f64(), epoch.val_accuracy);
    }
    assert!(!path.join("a/model.safetensors").exists());
}

#[test]
fn a_run_that_goes_on_keeps_its_model_where_save_says_too() {
    let folder = folder();
    let path = folder.path();
    succeed(path, "train --data iris --epochs 3 --quiet --run r");
    fs::remove_file(path.join("r/model.safetensors")).unwrap();
    succeed(path, "train --resume r --save other.safetensors --report other.html --quiet");
    assert_eq!(weights(&path.join("other.safetensors")), model(path, "r"));
    assert!(path.join("other.html").exists());
    succeed(path, "train --resume r --quiet");
    let refused = run(path, "train --resume r --hidden none --norm");
    assert!(refused.code == 2 && !refused.stderr.contains("\\n"), "{}", refused.stderr);
}

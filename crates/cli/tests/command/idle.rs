//! Options that change nothing because of others: refused, with what to type.

use std::fs;
use std::path::Path;

use crate::run::{folder, run, succeed};

fn refused(path: &Path, args: &str, says: &str) {
    let run = run(path, args);
    assert!(run.code == 2 && (run.stdout.is_empty() || args.contains("--json")), "{args}: {} {}", run.code, run.stderr);
    assert!(run.stderr.contains(says), "{args}: {}", run.stderr);
}

fn table(path: &Path) {
    let row = |at: usize| format!("{},{},{}\n", at * 7 % 31, at % 4, at * at % 53);
    fs::write(path.join("t.csv"), format!("a,b,y\n{}", (0..60).map(row).collect::<String>())).unwrap();
}

#[test]
fn what_a_run_would_not_use_is_refused() {
    let folder = folder();
    let path = folder.path();
    table(path);
    let values = "--data t.csv --target y --task regression";
    for (args, says) in [
        ("--optimizer lbfgs --batch 8", "--batch is for optimizers that take steps: lbfgs takes all rows at once"),
        ("--optimizer lbfgs --accumulate 2", "--accumulate is for optimizers that take steps"),
        (
            "--optimizer lbfgs --warm-up 3 --schedule cosine",
            "--schedule and --warm-up are for optimizers that take steps",
        ),
        ("--optimizer lbfgs --clip-value 1", "--clip-value is for optimizers that take steps"),
        ("--optimizer lbfgs --no-shuffle", "--no-shuffle is for optimizers that take steps"),
        ("--optimizer lbfgs --run r --every 5", "--every is for checkpoints, and lbfgs has none"),
        ("--hidden none --activation tanh", "--activation is about hidden layers, and --hidden none has none"),
        ("--hidden none --norm layer --dropout 0.5", "--norm and --dropout are about hidden layers"),
        ("--decay-of weights", "--decay-of is about --weight-decay and --l1, and there is neither"),
        ("--optimizer adamw --weight-decay 0 --decay-of weights", "--decay-of is about --weight-decay and --l1"),
        ("--shuffle", "--shuffle is for --init"),
        ("--no-refit", "and that of digits is not: a table's is"),
        (&format!("{values} --epochs 3 --no-refit"), "one without early stopping (--patience) is not"),
        (&format!("{values} --validation 0 --no-refit"), "--validation 0 leaves none"),
        ("--data iris --schedule plateau --no-refit", "one with a plateau schedule is not"),
        ("--holdout 0 --split-seed 3", "--split-seed is for rows that are drawn at random, and here none are"),
        ("--data iris --holdout last --split-seed 3", "--split-seed is for rows that are drawn at random"),
        ("--data iris --cv 3 --holdout last --split-seed 3", "--split-seed is for rows that are drawn at random"),
        (&format!("{values} --test-data t.csv --epochs 3 --split-seed 3"), "--split-seed is for rows"),
        (&format!("{values} --classes 5"), "--classes is for classes, and the task is regression"),
        ("--data t.csv --target y --loss mse --classes 5", "--classes is for classes, and the task is regression"),
        ("--data t.csv --target y --features a --drop b", "cannot be used with"),
        (
            "--data iris --group sepal_width --holdout last",
            "--group is for rows that are drawn, and --holdout last splits them by their order",
        ),
        ("--verbose --quiet", "cannot be used with"),
        ("--min-delta 0.1", "--min-delta is for early stopping, by --patience"),
        ("--data iris --epochs 2 --monitor accuracy", "--monitor is for early stopping, by --patience"),
    ] {
        refused(path, &format!("train {args}"), says);
    }
    for args in [
        "--data iris --optimizer lbfgs --epochs 2 --hidden none --patience 2",
        "--data iris --optimizer adamw --decay-of weights --epochs 1",
        "--data iris --holdout 0 --split-seed 3",
        "--data iris --holdout 0 --epochs 1 --validation 0.2 --split-seed 3",
        "--data iris --epochs 1 --hidden none --dropout 0",
        "--data iris --min-delta 0.1 --no-refit",
        "--data iris --epochs 2 --patience 1 --monitor accuracy --no-refit",
    ] {
        succeed(path, &format!("train {args} --quiet"));
    }
}

#[test]
fn options_of_steps_are_refused_for_a_run_of_lbfgs_that_is_gone_on_with() {
    let folder = folder();
    let path = folder.path();
    succeed(path, "train --data iris --hidden 4 --optimizer lbfgs --epochs 2 --quiet --save m");
    refused(path, "train --data iris --from m --batch 8", "--batch is for optimizers that take steps");
    refused(path, "train --data iris --from m --shuffle", "--shuffle is for optimizers that take steps");
    succeed(path, "train --data iris --from m --optimizer sgd --batch 8 --epochs 1 --quiet");
    succeed(path, "train --data iris --hidden 4 --no-shuffle --epochs 1 --quiet --save n");
    succeed(path, "train --data iris --from n --shuffle --epochs 1 --quiet");
}

#[test]
fn what_other_commands_would_not_use_is_refused() {
    let folder = folder();
    let path = folder.path();
    table(path);
    succeed(path, "train --data iris --hidden 4 --epochs 1 --quiet --save m");
    for (args, says) in [
        ("gradcheck --data iris --hidden none --activation tanh", "--activation is about hidden layers"),
        ("gradcheck --data iris --hidden none --norm batch", "--norm is about hidden layers"),
        ("inspect m --command --activation tanh", "cannot be used with"),
        ("graph m --seed 3", "--seed is for a new network's weights, by --layers"),
        (
            "graph --layers 2-3-1 --seed 3",
            "--seed is for weights, which a graph of operations without rows does not show",
        ),
        ("graph --layers 2-1 --activation tanh", "--activation is about hidden layers, and these sizes have none"),
        ("explain m --data iris --limit 3 --json", "cannot be used with"),
        ("export m --to json --name iris", "--name is for c and onnx"),
        ("export m --to rust --name iris", "--name is for c and onnx"),
        ("data t.csv --task regression", "--task is about what is learned, and no target is named: --target COLUMN"),
        ("data t.csv --holdout 0.1 --split-seed 3", "--holdout and --split-seed are about what is learned"),
        ("data t.csv --log1p a", "--log1p is about what is learned"),
        ("data t.csv --target y --holdout 0 --split-seed 3", "--split-seed is about rows that are held out"),
        ("data t.csv --target y --features a --drop b", "cannot be used with"),
        ("eval m --data iris --part all --seed 3", "--seed splits the rows into train and test; --part all is both"),
    ] {
        refused(path, args, says);
    }
    let drawn = |seed: u8| succeed(path, &format!("graph --layers 2-3-1 --view neurons --seed {seed}"));
    assert_ne!(drawn(3), drawn(4));
    succeed(path, "data t.csv --target y --task regression --split-seed 3");
    succeed(path, "export m --to c --name iris");
}

/// Images of 28 x 28 pixels in two parts, as MNIST has them.
fn images(path: &Path) {
    for (part, rows) in [("train", 20u32), ("t10k", 10)] {
        let header = |kind: u32, sizes: &[u32]| {
            let words = [&[kind], sizes].concat();
            words.iter().flat_map(|word| word.to_be_bytes()).collect::<Vec<u8>>()
        };
        let pixels = (0..rows * 784).map(|at| (at * 31 % 251) as u8);
        let labels = (0..rows).map(|row| (row % 10) as u8);
        let with = |mut bytes: Vec<u8>, rest: Vec<u8>| {
            bytes.extend(rest);
            bytes
        };
        let images = with(header(0x803, &[rows, 28, 28]), pixels.collect());
        fs::write(path.join(format!("{part}-images-idx3-ubyte")), images).unwrap();
        fs::write(path.join(format!("{part}-labels-idx1-ubyte")), with(header(0x801, &[rows]), labels.collect()))
            .unwrap();
    }
}

#[test]
fn a_source_with_a_test_part_of_its_own_is_not_split() {
    let folder = folder();
    let path = folder.path();
    fs::create_dir(path.join("d")).unwrap();
    images(&path.join("d"));
    succeed(path, "train --data mnist:d --hidden 4 --epochs 1 --quiet --save m");
    refused(
        path,
        "train --data mnist:d --epochs 1 --split-seed 3",
        "--split-seed is for rows that are drawn at random",
    );
    refused(path, "eval m --data mnist:d --part test --seed 3", "mnist:d has two parts of its own: leave it out");
    succeed(path, "train --data mnist:d --hidden 4 --epochs 1 --validation 0.2 --split-seed 3 --quiet");
    succeed(path, "eval m --data mnist:d --part test");
}

#[test]
fn a_category_that_is_no_column_is_refused_for_every_source() {
    let folder = folder();
    let path = folder.path();
    table(path);
    succeed(path, "train --data iris --hidden 4 --epochs 1 --quiet --save m");
    succeed(path, "train --data t.csv --target y --task regression --hidden 4 --epochs 1 --quiet --save n");
    for command in ["eval", "explain", "doctor", "gradcheck", "trace", "graph", "export --to c --int8"] {
        let (command, rest) = command.split_once(' ').unwrap_or((command, ""));
        for (model, data, given, says) in [
            ("m", "iris", "petal_lenght", "unknown column \"petal_lenght\", did you mean \"petal_length\"?"),
            ("m", "iris", "petal_length", "\"petal_length\" of iris, which holds numbers"),
            ("n", "t.csv", "aa", "unknown column \"aa\", did you mean \"a\"?"),
        ] {
            let run = run(path, &format!("{command} {model} {rest} --data {data} --categories {given}"));
            assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{command} {given}: {}", run.stderr);
            assert!(run.stderr.contains(says), "{command} {given}: {}", run.stderr);
        }
    }
}

//! How a run goes on, as the command line says it: schedules, patience, accumulation, decay, L-BFGS, warm start.

use std::fs;

use chainrule::{Loss, Mlp, Model};
use serde_json::Value;

use crate::run::{folder, json, last, run, succeed};

#[test]
fn schedules_and_warm_ups_change_the_rate_of_each_epoch_and_are_told() {
    let folder = folder();
    let text = succeed(folder.path(), "train --epochs 4 --schedule step:2:0.5 --warm-up 1:0.5 --accumulate 2");
    for words in
        [", step:every=2:factor=0.5, warm-up over 1 epochs, 2 minibatches a step, batches of 32", "rate", "5.000e-2"]
    {
        assert!(text.contains(words), "no {words} in {text}");
    }
    let lines = json(folder.path(), "train --json --epochs 4 --schedule exponential:0.5 --lr 0.2");
    let epochs = lines.iter().filter(|line| line["event"] == "epoch");
    let rates: Vec<f64> = epochs.map(|line| line["learning_rate"].as_f64().unwrap()).collect();
    assert_eq!(rates, [0.2, 0.1, 0.05, 0.025]);
    // Every schedule learns the digits.
    for schedule in ["step:5", "exponential", "cosine", "restarts:5", "one-cycle", "plateau:0.5:2"] {
        let done = last(folder.path(), &format!("train --json --epochs 20 --schedule {schedule}"));
        assert!(done["test_accuracy"].as_f64().unwrap() >= 0.93, "{schedule}: {done}");
    }
}

#[test]
fn patience_ends_a_run_and_what_is_saved_and_told_is_the_best_epoch() {
    let folder = folder();
    let args = "train --json --epochs 200 --optimizer adam --lr 0.02 --patience 3 --save m";
    let lines = json(folder.path(), args);
    let done = &lines[lines.len() - 1];
    let epochs: Vec<&Value> = lines.iter().filter(|line| line["event"] == "epoch").collect();
    let best = done["best_epoch"].as_u64().unwrap() as usize;
    assert_eq!(epochs.len(), best + 3);
    let at = epochs[best - 1];
    assert!(epochs.iter().all(|epoch| epoch["val_loss"].as_f64() >= at["val_loss"].as_f64()));
    assert_eq!(done["weights_sha256"], at["weights_sha256"]);
    // The epoch is chosen by rows that the model is not tested on.
    assert_ne!(done["test_loss"], at["val_loss"]);
    let validated = last(folder.path(), "eval m --data digits --part validation --json");
    assert_eq!(validated["test_loss"], at["val_loss"]);
    let eval = last(folder.path(), "eval m --data digits --part test --json");
    assert_eq!(eval["test_loss"], done["test_loss"]);
    let text = succeed(folder.path(), &args.replace("--json ", ""));
    assert!(text.contains(&format!("the weights are those of epoch {best}, the best of {}", best + 3)), "{text}");
}

#[test]
fn the_same_file_at_any_number_of_threads_with_everything_on() {
    let folder = folder();
    let settings = "--hidden 256 --batch 200 --accumulate 2 --epochs 12 --optimizer adagrad --l1 1e-4 --weight-decay 1e-3 \
                    --decay-of weights --schedule cosine --warm-up 2 --patience 2 --clip-norm 1";
    for settings in [settings, "--hidden 64 --epochs 5 --optimizer lbfgs --dtype f64"] {
        let files: Vec<Vec<u8>> = [1, 2, 3, 4, 8]
            .iter()
            .map(|threads| {
                succeed(folder.path(), &format!("train --quiet --save m {settings} --threads {threads}"));
                fs::read(folder.path().join("m")).unwrap()
            })
            .collect();
        assert!(files.iter().all(|file| *file == files[0]), "{settings}");
    }
}

#[test]
fn lbfgs_learns_the_digits_in_few_iterations_and_has_no_learning_rate() {
    let folder = folder();
    let text = succeed(folder.path(), "train --optimizer lbfgs --epochs 30 --hidden none");
    assert!(text.contains("cross-entropy, lbfgs, all rows at once\n"), "{text}");
    let done = last(folder.path(), "train --json --optimizer lbfgs --epochs 30 --hidden none");
    assert_eq!(done["steps"], 30);
    assert!(done["test_accuracy"].as_f64().unwrap() >= 0.93, "{done}");
    for (args, words) in [
        ("--lr 0.1", "--lr is for sgd, rmsprop, adagrad, adam and adamw; lbfgs has no settings"),
        ("--schedule cosine", "--schedule is for optimizers that take steps"),
        ("--clip-norm 1", "--clip-norm is for optimizers that take steps"),
        ("--l1 0.1 --batch 8", "--batch and --l1 are for optimizers that take steps"),
    ] {
        let run = run(folder.path(), &format!("train --optimizer lbfgs {args}"));
        assert!(run.code == 2 && run.stderr.contains(words), "{args}: {}", run.stderr);
    }
}

#[test]
fn the_best_epoch_is_called_so_where_no_later_one_was_better() {
    let folder = folder();
    let end = |args: &str| {
        let text = succeed(folder.path(), &format!("train --data moons --hidden 16 --epochs 9 --patience 3 {args}"));
        text.lines().find(|line| line.contains("the weights are those of")).unwrap().to_owned()
    };
    // Each epoch is better than the first one, by less than this.
    let better = "the last of 4 that was better by more than 1 (--min-delta)";
    assert_eq!(end("--min-delta 1 --no-refit"), format!("the weights are those of epoch 1, {better}"));
    let refit = "epoch 1 of 4 was the last that was better by more than 1 (--min-delta) on the rows to validate on; ";
    assert!(end("--min-delta 1").starts_with(refit), "{}", end("--min-delta 1"));
    assert_eq!(end("--no-refit"), "the weights are those of epoch 9, the best of 9");
}

#[test]
fn l1_draws_weights_to_0_and_leaves_biases_alone_where_it_is_told_to() {
    let folder = folder();
    let done = |args: &str| last(folder.path(), &format!("train --json --epochs 5 {args}"))["weights_sha256"].clone();
    let hashes = [
        done(""),
        done("--l1 1e-3"),
        done("--l1 1e-3 --decay-of weights"),
        done("--l1 1e-3 --decay-of biases"),
        done("--weight-decay 1e-3"),
        done("--weight-decay 1e-3 --decay-of weights"),
    ];
    for (i, one) in hashes.iter().enumerate() {
        assert!(!hashes[..i].contains(one), "{i}");
    }
    let text = succeed(folder.path(), "train --epochs 1 --weight-decay 1e-3 --l1 0.01 --decay-of weights");
    assert!(text.contains("sgd with learning rate 0.1, L1 decay 0.01 of weights, L2 decay 0.001 of weights"), "{text}");
}

#[test]
fn a_warm_start_goes_on_where_the_file_ends_and_says_what_differs() {
    let folder = folder();
    let first = last(folder.path(), "train --json --epochs 5 --save m");
    let more = last(folder.path(), "train --json --epochs 1 --lr 0.01 --from m");
    assert!(more["test_loss"].as_f64().unwrap() < 1.5 * first["test_loss"].as_f64().unwrap(), "{first} {more}");
    assert_eq!(more, {
        let mut same = last(folder.path(), "train --json --epochs 1 --lr 0.01 --init m");
        for key in ["seconds", "step_us"] {
            same[key] = more[key].clone();
        }
        same
    });
    let run = run(folder.path(), "train --from m --hidden 7");
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("found hidden layers 128,64, expected 7, from --hidden"), "{}", run.stderr);
}

#[test]
fn a_warm_start_keeps_the_settings_of_the_file_and_says_which() {
    let folder = folder();
    let first =
        "train --data iris --batch 16 --clip-norm 1 --schedule cosine --class-weights balanced --quiet --save m";
    succeed(folder.path(), first);
    let beginning = |args: &str| {
        let text = succeed(folder.path(), &format!("train --data iris --from m {args}"));
        let line = |start: &str| text.lines().find(|line| line.starts_with(start)).unwrap_or_default().to_owned();
        (line("keeps "), line("cross-entropy, "))
    };
    let (keeps, runs) = beginning("--epochs 2");
    let kept = "cross-entropy, balanced classes, adam with learning rate 0.003, gradients clipped to norm 1, \
                cosine:min-lr=0, batches of 16";
    let change = "of m; --optimizer, --batch, --epochs and the like change them";
    assert_eq!(keeps, format!("keeps {kept} {change}"));
    assert!(runs.starts_with(kept) && runs.contains(", 2 epochs, "), "{runs}");
    // With a name of its own, and other settings over those that are kept.
    let (keeps, runs) = beginning("--optimizer sgd --batch 8");
    assert!(keeps.starts_with("keeps cross-entropy, balanced classes, 200 epochs, patience "), "{keeps}");
    assert!(runs.starts_with("cross-entropy, balanced classes, sgd with learning rate 0.1, patience"), "{runs}");
    let (_, runs) = beginning("--lr 0.01 --l1 1e-3 --epochs 2");
    let own =
        "adam with learning rate 0.01, gradients clipped to norm 1, L1 decay 0.001, cosine:min-lr=0, batches of 16";
    assert!(runs.contains(own), "{runs}");
    // What is kept of decay is not what was typed, and the same.
    let first = "train --data iris --epochs 2 --weight-decay 1e-3 --decay-of weights --quiet --save m";
    succeed(folder.path(), first);
    let (keeps, runs) = beginning("");
    assert!(
        keeps.contains("L2 decay 0.001 of weights, ") && runs.contains("L2 decay 0.001 of weights, "),
        "{keeps} {runs}"
    );
    succeed(folder.path(), "train --data iris --epochs 2 --optimizer lbfgs --quiet --save m");
    let (keeps, runs) = beginning("--epochs 1");
    assert!(
        keeps.starts_with("keeps cross-entropy, lbfgs of m") && runs.contains("lbfgs, all rows at once"),
        "{keeps}"
    );
    let run = run(folder.path(), "train --data iris --from m --lr 0.1");
    assert!(run.code == 2 && run.stderr.contains("lbfgs has no settings"), "{}", run.stderr);
}

#[test]
fn a_file_without_settings_is_said_to_have_none() {
    let folder = folder();
    let network = Mlp::<f32>::builder(4).dense(3).seed(1).build().unwrap();
    let names = ["setosa", "versicolor", "virginica"].map(str::to_owned).to_vec();
    Model::new(network, Loss::CrossEntropy).with_class_names(names).save(folder.path().join("m")).unwrap();
    let text = succeed(folder.path(), "train --data iris --from m --epochs 1");
    assert!(text.contains("m does not say how it was trained: settings are those of a new network"), "{text}");
}

#[test]
fn bad_values_are_told_with_what_was_found_and_expected() {
    let folder = folder();
    for (args, words) in [
        ("--schedule cosin", "cosine"),
        ("--schedule step:0", "every is 0; expected a finite number above 0"),
        ("--schedule step:x", "step's every is `x`; expected a whole number"),
        ("--schedule cosine:0:1", "cosine has no setting `1`; it has min-lr"),
        ("--warm-up 2:2", "expected a share of the rate above 0, at most 1"),
        ("--patience 0", "expected a whole number of at least 1"),
        ("--accumulate 0", "expected a whole number of at least 1"),
        ("--l1 -1", "expected a finite number, 0 or more"),
        ("--decay-of gammas", "weights"),
        ("--min-delta 0.1", "--patience"),
        ("--lr-decay 0.1", "--lr-decay is for adagrad; sgd takes"),
    ] {
        let run = run(folder.path(), &format!("train {args}"));
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{args}: {}", run.stderr);
        assert!(run.stderr.contains(words), "{args}: {}", run.stderr);
    }
    let run = run(folder.path(), "train --validation 0 --patience 3");
    assert!(run.code == 2 && run.stderr.contains("rows that it does not learn from"), "{}", run.stderr);
}

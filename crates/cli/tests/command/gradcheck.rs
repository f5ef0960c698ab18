//! `chainrule gradcheck`: the table, the JSON line, exit codes, refusals.

use std::fs;

use crate::run::{digits_as_files, folder, json, run, succeed};

#[test]
fn a_model_s_gradients_are_right_with_exit_code_0() {
    let folder = folder();
    succeed(folder.path(), "train --epochs 2 --quiet --save m");
    let text = succeed(folder.path(), "gradcheck m --data digits");
    assert!(text.starts_with("m, 64-128-64-10 relu, cross-entropy on digits, 32 of 1,797 rows\n"), "{text}");
    assert!(text.ends_with("\npassed\n"), "{text}");
    let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
    for (name, shape) in [("input", "32x64"), ("0.weight", "64x128"), ("4.bias", "10"), ("output", "32x10")] {
        let row = rows.iter().find(|row| row.first() == Some(&name)).unwrap_or_else(|| panic!("{name} in {text}"));
        assert_eq!((row[1], row.last()), (shape, Some(&"right")), "{text}");
    }
    // Columns stand below one another.
    let table: Vec<&str> = text.lines().skip(2).take(10).collect();
    let verdict = table[0].find("verdict").unwrap();
    assert!(table.iter().skip(1).all(|row| row.find("right") == Some(verdict)), "{text}");
}

#[test]
fn a_new_network_is_checked_as_it_is_asked_for() {
    let folder = folder();
    let command = "gradcheck --hidden 16,16 --activation tanh --loss cross-entropy --data digits --rows 8 --seed 7";
    let text = succeed(folder.path(), command);
    assert!(text.starts_with("64-16-16-10 tanh, cross-entropy on digits, 8 of 1,797 rows\n"), "{text}");
    let line = &json(folder.path(), &format!("{command} --json"))[0];
    assert_eq!((&line["passed"], &line["rows"], &line["discarded"]), (&true.into(), &8.into(), &0.into()));
    let tensors = line["tensors"].as_array().unwrap();
    assert_eq!(tensors.len(), 9);
    let weight = &tensors[1];
    assert_eq!((&weight["name"], &weight["verdict"]), (&"0.weight".into(), &"right".into()));
    assert_eq!(weight["shape"], serde_json::json!([64, 16]));
    assert_eq!(weight["checked"], 16);
    let [gradient, slope, error, bound] =
        ["gradient", "slope", "error", "bound"].map(|key| weight["worst"][key].as_f64().unwrap());
    assert_eq!(error, (gradient - slope).abs());
    assert!(error <= bound && bound < 1e-8, "{weight}");
    assert!(weight["worst"]["coordinate"].is_array() != weight["worst"]["direction"].is_number(), "{weight}");
    // The same seed looks at the same places; another one makes another network.
    assert_eq!(json(folder.path(), &format!("{command} --json"))[0], *line);
    let other = &json(folder.path(), &format!("{command} --json").replace("--seed 7", "--seed 8"))[0];
    assert_ne!(other["loss"], line["loss"]);
}

#[test]
fn normalisations_and_dropout_are_checked_as_they_train() {
    let folder = folder();
    for (norm, kind) in [("layer", "layer_norm"), ("batch", "batch_norm")] {
        let how = format!("gradcheck --hidden 12 --activation tanh --norm {norm} --dropout 0.3 --data digits");
        let text = succeed(folder.path(), &how);
        assert!(text.contains(kind) && text.contains("\n1.weight  12  ") && text.ends_with("\npassed\n"), "{text}");
        // And of a file.
        succeed(folder.path(), &format!("train --hidden 12 --norm {norm} --dropout 0.3 --epochs 2 --quiet --save m"));
        let text = succeed(folder.path(), "gradcheck m --data digits");
        assert!(text.ends_with("\npassed\n"), "{text}");
    }
}

#[test]
fn kinks_everywhere_are_no_pass() {
    // All features are 0 and so are the biases: every ReLU stands on its kink.
    let folder = folder();
    fs::write(folder.path().join("x.csv"), "0,0\n0,0\n").unwrap();
    fs::write(folder.path().join("y.csv"), "0\n1\n").unwrap();
    let found = run(folder.path(), "gradcheck --data x.csv --labels y.csv --hidden 4");
    assert_eq!((found.code, found.stderr.as_str()), (1, ""), "{}", found.stdout);
    assert!(found.stdout.contains("discarded: input, 0.bias, all: too many kinks to decide"), "{}", found.stdout);
    assert!(found.stdout.ends_with("\nfailed\n"), "{}", found.stdout);
    let found = run(folder.path(), "gradcheck --data x.csv --labels y.csv --hidden 4 --json");
    assert_eq!(found.code, 1);
    assert!(found.stdout.starts_with("{\"passed\":false,"), "{}", found.stdout);
}

#[test]
fn every_loss_and_activation_of_the_command_passes_on_files() {
    let folder = folder();
    digits_as_files(folder.path());
    for activation in chainrule::network::ACTIVATION_NAMES {
        for loss in chainrule::network::LOSS_NAMES {
            let how = format!("--activation {activation} --loss {loss} --hidden 16,12 --rows 6");
            let text = succeed(folder.path(), &format!("gradcheck --data x.npy --labels y.npy {how}"));
            assert!(text.ends_with("\npassed\n"), "{how}: {text}");
        }
    }
}

#[test]
fn what_does_not_go_together_is_refused() {
    let folder = folder();
    digits_as_files(folder.path());
    for (args, code, message) in [
        ("gradcheck --hidden 4", 2, "--data"),
        ("gradcheck m --hidden 4 --data digits", 2, "cannot be used with"),
        (
            "gradcheck --data x.npy",
            2,
            "what is to be learned? Name a column of it with --target, or a file of targets with --labels",
        ),
        ("gradcheck --data digits --rows 0", 2, "--rows"),
        ("gradcheck --data digits --directions 0 --coordinates 0", 1, "expected at least 1"),
        ("gradcheck nowhere --data digits", 1, "cannot read nowhere"),
    ] {
        let found = run(folder.path(), args);
        assert_eq!(found.code, code, "{args}: {}", found.stderr);
        assert!(found.stderr.contains(message), "{args}: {}", found.stderr);
        assert_eq!(found.stdout, "", "{args}");
    }
}

//! `--memory`: the same model as without, and clear errors where it is too small or the disk is full.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::run::{json, last, run};

/// 20,000 rows: twelve times what is kept of a table with `--memory 600K`.
fn table(folder: &Path) {
    let mut text = "a,b,town,y\n".to_owned();
    for row in 0..20_000_u64 {
        let (a, b) = (row * 7919 % 1000, row * row % 977);
        let town = ["Ulm", "Bonn", "Trier"][(row * 31 % 3) as usize];
        writeln!(text, "{a},{b}.5,{town},{:.1}", a as f64 * 0.01 - b as f64 * 0.02 + (row % 7) as f64).unwrap();
    }
    fs::write(folder.join("t.csv"), text).unwrap();
}

const TRAIN: &str = "train --data t.csv --target y --epochs 1 --hidden 8 --json";

fn weights(folder: &Path, options: &str) -> String {
    let done = last(folder, &format!("{TRAIN} {options}"));
    done["weights_sha256"].as_str().unwrap().to_owned()
}

#[test]
fn a_bound_of_memory_changes_neither_weights_nor_predictions_and_leaves_no_files() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    table(folder);
    fs::create_dir(folder.join("scratch")).unwrap();
    let plain = weights(folder, "--save plain.safetensors");
    for memory in ["600K", "5M", "1G"] {
        assert_eq!(
            weights(folder, &format!("--memory {memory} --scratch scratch --save m.safetensors --force")),
            plain
        );
    }
    let predicted = |options: &str| {
        let found = run(folder, &format!("predict plain.safetensors --data t.csv {options}"));
        assert_eq!((found.code, found.stderr.as_str()), (0, "note: columns passed over: y\n"));
        found.stdout
    };
    let want = predicted("");
    assert_eq!(want.lines().count(), 20_000);
    assert_eq!(predicted("--memory 100K --scratch scratch"), want);
    assert_eq!(predicted("--memory 100K --json").lines().count(), 20_000);
    predicted("--output plain.csv");
    predicted("--output stored.csv --memory 100K");
    assert_eq!(fs::read(folder.join("plain.csv")).unwrap(), fs::read(folder.join("stored.csv")).unwrap());
    assert_eq!(fs::read_dir(folder.join("scratch")).unwrap().count(), 0);
    let evaluated = |options: &str| {
        let mut done = last(folder, &format!("eval plain.safetensors --data t.csv --part test --json {options}"));
        done["seconds"] = 0.into();
        done
    };
    assert_eq!(evaluated("--memory 600K"), evaluated(""));
    let described = |options: &str| json(folder, &format!("data t.csv --target y --json {options}"));
    assert_eq!(described("--memory 600K"), described(""));
}

#[test]
fn too_little_memory_and_what_keeps_all_in_memory_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    table(folder);
    let found = run(folder, &format!("{TRAIN} --memory 100K"));
    assert_eq!(found.code, 1);
    assert!(
        found.stderr.contains("memory: found 102400 bytes for 20000 rows of t.csv, expected at least"),
        "{}",
        found.stderr
    );
    for args in ["train --data t.csv --target y --memory 1M --cv 3", "train --data t.csv --target y --scratch ."] {
        assert_eq!(run(folder, args).code, 2, "{args}");
    }
    weights(folder, "--save m.safetensors");
    let found = run(folder, "eval m.safetensors --data t.csv --memory 500K");
    assert_eq!(found.code, 1);
    let expected = "memory: found 512000 bytes for 20000 rows of what is assessed, expected at least 960000";
    assert!(found.stderr.contains(expected), "{}", found.stderr);
    let found = run(folder, &format!("{TRAIN} --memory 1M --scratch nowhere"));
    assert_eq!(found.code, 1);
    assert!(found.stderr.contains("cannot create a scratch file in nowhere"), "{}", found.stderr);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_said_and_nothing_is_saved() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    table(folder);
    // No file may grow beyond 100 KiB, and no signal says so.
    let script = "trap '' XFSZ; ulimit -f 200; exec \"$0\" \"$@\"";
    let mut command = std::process::Command::new("sh");
    command.args(["-c", script, env!("CARGO_BIN_EXE_chainrule")]).current_dir(folder);
    command.args(TRAIN.split_whitespace()).args(["--memory", "600K", "--scratch", ".", "--save", "m.safetensors"]);
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("cannot write rows beyond memory to a scratch file in ."), "{said}");
    let left: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["t.csv"]);
}

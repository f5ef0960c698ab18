//! `train --checkpoint` and `--resume`: a run that was ended anyhow goes on to the bytes of the model that it would have made.

use std::fs;
use std::path::Path;

use crate::run::{folder, json, names, run, succeed};

const RUN: &str = "train --hidden 24 --norm batch --dropout 0.2 --optimizer adam --epochs 4 --patience 3 --seed 5";

fn same(folder: &Path, one: &str, other: &str) -> bool {
    fs::read(folder.join(one)).unwrap() == fs::read(folder.join(other)).unwrap()
}

#[test]
fn a_run_goes_on_by_its_folder_alone_or_by_its_command() {
    let folder = folder();
    let path = folder.path();
    succeed(path, &format!("{RUN} --save whole"));
    succeed(path, &format!("{RUN} --threads 1 --save kept --checkpoint c --every 30 --keep 4"));
    assert!(same(path, "whole", "kept"), "checkpoints change the model");
    let checkpoints = names(&path.join("c"));
    assert_eq!(checkpoints.len(), 4);
    // As if it had been killed behind the oldest that is left.
    for (at, args) in
        ["train --resume c --save again --threads 2", &format!("{RUN} --resume c --save=again")].iter().enumerate()
    {
        for newer in names(&path.join("c")).iter().filter(|name| **name > checkpoints[at]) {
            fs::remove_file(path.join("c").join(newer)).unwrap();
        }
        let lines = json(path, &format!("{args} --json"));
        let resume = lines.iter().find(|line| line["event"] == "resume").expect("a line that says so");
        assert!(resume["checkpoint"].as_str().unwrap().starts_with("c/checkpoint-"), "{resume}");
        assert_eq!(lines.last().unwrap()["checkpoints"], "c");
        assert!(same(path, "whole", "again"), "{args}");
    }
    // What the run was called by is stored with it, and not how it went on.
    assert!(succeed(path, "inspect again --command").starts_with(&format!("chainrule {RUN}\n")));
}

/// What a folder holds, folders in it too.
fn contents(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for name in names(folder) {
        let path = folder.join(&name);
        match path.is_dir() {
            true => found.extend(contents(&path).into_iter().map(|(inner, bytes)| (format!("{name}/{inner}"), bytes))),
            false => found.push((name, fs::read(path).unwrap())),
        }
    }
    found
}

#[test]
fn a_copy_goes_on_in_its_own_folder() {
    let folder = folder();
    let path = folder.path();
    let copy = |from: &str, to: &str| {
        fs::create_dir(path.join(to)).unwrap();
        for (name, bytes) in contents(&path.join(from)) {
            fs::write(path.join(to).join(name), bytes).unwrap();
        }
        fs::remove_file(path.join(to).join(names(&path.join(to)).pop().unwrap())).unwrap();
    };
    let train = "train --hidden 24 --epochs 2 --seed 5 --quiet --every 30";
    for kept in ["--checkpoint a", "--run r", "--run-name n"] {
        succeed(path, &format!("{train} {kept}"));
    }
    for (from, to) in [("a", "b"), ("r/checkpoints", "c"), ("runs/n-001/checkpoints", "d")] {
        copy(from, to);
        let before = contents(path);
        let resumed = run(path, &format!("train --quiet --resume {to}"));
        assert_eq!(resumed.code, 0, "{}", resumed.stderr);
        assert_eq!(resumed.stderr.contains("only checkpoints are written"), from != "a", "{}", resumed.stderr);
        let elsewhere = |all: Vec<(String, Vec<u8>)>| {
            all.into_iter().filter(|(name, _)| !name.starts_with(&format!("{to}/"))).collect::<Vec<_>>()
        };
        assert!(elsewhere(contents(path)) == elsewhere(before), "{to} wrote elsewhere");
        assert_eq!(names(&path.join(to)).len(), 2, "{to} has its own new one");
        // And once more, by what is stored in them.
        succeed(path, &format!("train --quiet --resume {to} --save {to}.safetensors"));
    }
    assert!(same(path, "b.safetensors", "c.safetensors") && same(path, "c.safetensors", "d.safetensors"));
}

#[test]
fn a_table_is_refitted_after_its_run_goes_on() {
    let folder = folder();
    let path = folder.path();
    succeed(path, "train --data iris --save whole");
    succeed(path, "train --data iris --save kept --checkpoint c --every 1epoch --keep 3");
    for name in names(&path.join("c")).iter().skip(1) {
        fs::remove_file(path.join("c").join(name)).unwrap();
    }
    succeed(path, "train --resume c --save again");
    assert!(same(path, "whole", "kept") && same(path, "whole", "again"));
}

#[test]
fn what_is_different_or_damaged_is_said() {
    let folder = folder();
    let path = folder.path();
    succeed(path, &format!("{RUN} --checkpoint c --every 50"));
    let refused = run(path, &format!("{RUN} --checkpoint c"));
    assert_eq!(refused.code, 1);
    assert!(
        refused.stderr.contains("2 of another run in c") && refused.stderr.contains("--resume"),
        "{}",
        refused.stderr
    );
    let refused = run(path, &format!("{RUN} --batch 33 --lr 0.01 --resume c"));
    assert_eq!(refused.code, 1);
    let (lr, batch) = ("optimizer: adam lr 0.001", "batch: 32 in the checkpoint, 33 now");
    assert!(refused.stderr.contains(lr) && refused.stderr.contains(batch), "{}", refused.stderr);
    // Only what is given is another one.
    for (given, what) in
        [("--epochs 70", "epochs: 4 in the checkpoint, 70 now"), ("--lr=0.5", "optimizer: adam lr 0.001")]
    {
        let refused = run(path, &format!("train --resume c {given}"));
        let differences = refused.stderr.split("of another run: ").nth(1).unwrap_or_default();
        assert!(refused.code == 1 && differences.starts_with(what), "{}", refused.stderr);
        assert!(!differences.contains(';') && !differences.contains('{'), "{}", refused.stderr);
    }
    succeed(path, "train --resume c --batch 32 --quiet");

    let newest = path.join("c").join(names(&path.join("c")).pop().unwrap());
    let mut bytes = fs::read(&newest).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(&newest, bytes).unwrap();
    let resumed = run(path, "train --resume c --quiet");
    assert_eq!(resumed.code, 0);
    assert!(
        resumed.stderr.starts_with("warning: c/checkpoint-") && resumed.stderr.contains("next older one"),
        "{}",
        resumed.stderr
    );
    for name in names(&path.join("c")) {
        fs::write(path.join("c").join(name), "none").unwrap();
    }
    let refused = run(path, "train --resume c");
    assert!(refused.code == 1 && refused.stderr.contains("no checkpoint that can be read"), "{}", refused.stderr);
    for (args, why) in [
        ("train --every 3", "--checkpoint"),
        ("train --checkpoint c --every 0", "expected a time"),
        ("train --checkpoint d --keep 0", "--keep"),
        ("train --checkpoint d --optimizer lbfgs", "lbfgs has no checkpoints"),
    ] {
        let refused = run(path, args);
        assert!(refused.code == 2 && refused.stderr.contains(why), "{args}: {}", refused.stderr);
    }
    assert!(!path.join("d").exists());
}

#[test]
fn a_divergence_leaves_the_checkpoints_before() {
    let folder = folder();
    let path = folder.path();
    let diverged = run(path, "train --epochs 3 --checkpoint c --every 1 --schedule exponential:1e30 --save m");
    assert!(diverged.code == 1 && diverged.stderr.contains("training diverged"), "{}", diverged.stderr);
    assert!(diverged.stdout.contains("the checkpoints of the steps before stay in c"), "{}", diverged.stdout);
    assert_eq!(names(&path.join("c")).len(), 2);
    let again = run(path, "train --resume c --quiet").stderr;
    assert!(again.ends_with(&diverged.stderr), "it goes on to the same end: {again}");
}

#[cfg(unix)]
mod signals {
    use std::io::BufRead;

    use super::{folder, names, same, succeed};
    use crate::signals::{SIGNALS, end, kill, start};

    #[test]
    fn each_signal_leaves_a_checkpoint_and_says_how_to_go_on() {
        let run = "train --hidden 64 --epochs 300 --seed 5 --json";
        let folder = folder();
        let path = folder.path();
        succeed(path, &format!("{run} --save whole"));
        for (signal, expected) in SIGNALS {
            let (child, mut stdout) = start(path, &format!("{run} --save m --checkpoint {signal} --every 1h"));
            let mut line = String::new();
            while !line.contains(r#""event":"epoch""#) {
                line.clear();
                assert!(stdout.read_line(&mut line).unwrap() > 0);
            }
            kill(&child, signal);
            let (code, text, errors) = end(child, stdout);
            assert_eq!((code, errors.as_str()), (Some(expected), ""), "{signal}");
            assert!(text.contains(&format!(r#""checkpoints":"{signal}""#)), "{text}");
            assert_eq!(names(&path.join(signal)).len(), 1);
            assert!(!same(path, "whole", "m"), "it was over before the signal");
            succeed(path, &format!("train --resume {signal} --save m --json"));
            assert!(same(path, "whole", "m"), "{signal}");
        }
    }
}

#[test]
fn a_file_in_the_place_of_the_folder_is_refused_before_anything_is_read() {
    let folder = folder();
    fs::write(folder.path().join("f"), "").unwrap();
    let refused = run(folder.path(), "train --data absent.csv --target y --epochs 1 --checkpoint f");
    assert_eq!(refused.code, 2);
    assert!(refused.stderr.contains("--checkpoint f is a file; checkpoints go to a folder"), "{}", refused.stderr);
}

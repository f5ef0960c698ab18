//! Ctrl-C keeps the model.
#![cfg(unix)]

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::run::{command, folder, last, names};

/// A step of this takes long enough to be interrupted in it.
const HUGE: &str = "train --hidden 4096,4096 --batch 2000 --epochs 1000 --save m";

fn start(folder: &Path, args: &str) -> (Child, BufReader<ChildStdout>) {
    let mut child =
        command(folder).args(args.split_whitespace()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let stdout = BufReader::new(child.stdout.take().unwrap());
    (child, stdout)
}

fn ctrl_c(child: &Child) {
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
}

/// The exit code, what was still printed, and stderr.
fn end(mut child: Child, mut stdout: BufReader<ChildStdout>) -> (Option<i32>, String, String) {
    let (mut text, mut errors) = (String::new(), String::new());
    stdout.read_to_string(&mut text).unwrap();
    child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
    (child.wait().unwrap().code(), text, errors)
}

#[test]
fn the_first_one_keeps_and_saves_the_model() {
    let folder = folder();
    let (child, mut stdout) = start(folder.path(), "train --json --epochs 1000000000 --save m");
    let mut first = String::new();
    stdout.read_line(&mut first).unwrap();
    assert!(first.contains(r#""event":"epoch""#), "{first}");
    ctrl_c(&child);
    let (code, text, errors) = end(child, stdout);
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    let done: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    assert_eq!((&done["event"], &done["interrupted"], &done["saved"]), (&"done".into(), &true.into(), &"m".into()));
    assert_eq!(names(folder.path()), ["m"]);
    // The model is the one that was measured.
    let evaluated = last(folder.path(), "eval m --data digits --part test --json");
    assert_eq!(evaluated["weights_sha256"], done["weights_sha256"]);
    assert_eq!(evaluated["test_accuracy"], done["test_accuracy"]);
    assert_eq!(evaluated["test_loss"], done["test_loss"]);
}

#[test]
fn before_the_first_step_nothing_is_lost() {
    let folder = folder();
    fs::write(folder.path().join("m"), "precious").unwrap();
    let (child, mut stdout) = start(folder.path(), HUGE);
    stdout.read_line(&mut String::new()).unwrap();
    ctrl_c(&child);
    let (code, text, errors) = end(child, stdout);
    assert_eq!((code, errors.as_str()), (Some(0), ""), "{text}");
    assert!(text.contains("interrupted"), "{text}");
    // Which of the two it is depends on when the signal came.
    let untouched = fs::read(folder.path().join("m")).unwrap() == b"precious";
    assert_eq!(text.contains("before the first step: nothing is saved"), untouched, "{text}");
    assert_eq!(text.contains("saved m"), !untouched, "{text}");
    assert_eq!(names(folder.path()), ["m"]);
}

#[test]
fn the_second_one_ends_at_once() {
    let folder = folder();
    let (child, mut stdout) = start(folder.path(), HUGE);
    stdout.read_line(&mut String::new()).unwrap();
    ctrl_c(&child);
    std::thread::sleep(Duration::from_millis(20));
    ctrl_c(&child);
    let (code, text, _) = end(child, stdout);
    assert_eq!(code, Some(130), "{text}");
    assert_eq!(names(folder.path()), [""; 0]);
}

//! SIGINT (Ctrl-C), SIGTERM and SIGHUP: what was learned is kept, nothing is half written, and the exit code says which
//! it was.
#![cfg(unix)]

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::Value;

use crate::run::{command, folder, json, last, names, succeed};

/// A step of this takes long enough to be interrupted in it.
const HUGE: &str = "train --hidden 4096,4096 --batch 2000 --epochs 1000 --save m --force";

/// Signals by the names that `kill` knows, and the exit codes that shells give them.
pub(crate) const SIGNALS: [(&str, i32); 3] = [("INT", 130), ("TERM", 143), ("HUP", 129)];

/// A run that listens to signals although these tests may have been started by nohup, and its standard output.
pub(crate) fn start(folder: &Path, args: &str) -> (Child, BufReader<ChildStdout>) {
    let mut exe = command(folder);
    if fs::read_to_string("/proc/self/status").is_ok_and(|status| deaf_to_hangup(&status)) {
        exe = Command::new("env");
        exe.args(["--default-signal=HUP", env!("CARGO_BIN_EXE_chainrule")]).current_dir(folder).stdin(Stdio::null());
    }
    spawn(exe.args(args.split_whitespace()))
}

fn spawn(command: &mut Command) -> (Child, BufReader<ChildStdout>) {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let stdout = BufReader::new(child.stdout.take().unwrap());
    (child, stdout)
}

fn deaf_to_hangup(status: &str) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}

/// Reads up to the first line of an epoch.
fn wait_for_epoch(stdout: &mut BufReader<ChildStdout>) {
    let mut line = String::new();
    while !line.contains(r#""event":"epoch""#) {
        line.clear();
        assert!(stdout.read_line(&mut line).unwrap() > 0);
    }
}

pub(crate) fn kill(child: &Child, signal: &str) {
    let sent = Command::new("kill").args([format!("-{signal}"), child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

/// The exit code, what was still printed, and stderr.
pub(crate) fn end(mut child: Child, mut stdout: BufReader<ChildStdout>) -> (Option<i32>, String, String) {
    let (mut text, mut errors) = (String::new(), String::new());
    stdout.read_to_string(&mut text).unwrap();
    child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
    (child.wait().unwrap().code(), text, errors)
}

/// A pipe with a name in this folder.
pub(crate) fn pipe(folder: &Path, name: &str) {
    assert!(Command::new("mkfifo").arg(folder.join(name)).status().unwrap().success());
}

/// Waits until somebody reads the pipe, who will then wait for its first byte.
pub(crate) fn read_by_somebody(folder: &Path, name: &str) -> File {
    File::options().write(true).open(folder.join(name)).unwrap()
}

/// How often the thread that hears signals has gone to sleep, if it sleeps.
#[cfg(target_os = "linux")]
fn sleeps(child: &Child) -> Option<u64> {
    let threads = fs::read_dir(format!("/proc/{}/task", child.id())).ok()?;
    let folder = threads
        .filter_map(|thread| Some(thread.ok()?.path()))
        .find(|thread| fs::read_to_string(thread.join("comm")).is_ok_and(|name| name.trim() == "signals"))?;
    let status = fs::read_to_string(folder.join("status")).ok()?;
    let line = |name: &str| status.lines().find_map(|line| line.strip_prefix(name));
    line("State:").filter(|state| state.trim().starts_with('S'))?;
    line("voluntary_ctxt_switches:")?.trim().parse().ok()
}

/// Sends a signal and waits until it has been acted on, or the process is gone.
#[cfg(target_os = "linux")]
fn kill_and_wait(child: &mut Child, signal: &str) {
    // Once it sleeps and goes on sleeping, it waits for a signal and for nothing else.
    let mut before = None;
    let before = loop {
        std::thread::sleep(std::time::Duration::from_millis(5));
        match (before, sleeps(child)) {
            (Some(before), Some(now)) if before == now => break now,
            (_, now) => before = now,
        }
    };
    kill(child, signal);
    while child.try_wait().unwrap().is_none() && sleeps(child).is_none_or(|now| now == before) {
        std::thread::yield_now();
    }
}

#[cfg(not(target_os = "linux"))]
fn kill_and_wait(child: &mut Child, signal: &str) {
    kill(child, signal);
    std::thread::sleep(std::time::Duration::from_millis(100));
}

#[test]
fn the_first_one_keeps_and_saves_the_model() {
    for (signal, expected) in SIGNALS {
        let folder = folder();
        let (child, mut stdout) = start(folder.path(), "train --json --epochs 1000000000 --save m");
        wait_for_epoch(&mut stdout);
        kill(&child, signal);
        let (code, text, errors) = end(child, stdout);
        assert_eq!((code, errors.as_str()), (Some(expected), ""), "{signal}");
        let done: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
        assert_eq!((&done["event"], &done["interrupted"], &done["saved"]), (&"done".into(), &true.into(), &"m".into()));
        assert_eq!(names(folder.path()), ["m"]);
        // The model is the one that was measured.
        let evaluated = last(folder.path(), "eval m --data digits --part test --json");
        assert_eq!(evaluated["weights_sha256"], done["weights_sha256"]);
        assert_eq!(evaluated["test_accuracy"], done["test_accuracy"]);
        assert_eq!(evaluated["test_loss"], done["test_loss"]);
    }
}

#[test]
fn before_there_is_anything_to_train_the_exit_code_says_that_nothing_is_saved() {
    for (signal, expected) in SIGNALS {
        let folder = folder();
        fs::write(folder.path().join("m"), "precious").unwrap();
        fs::write(folder.path().join("y.csv"), "0\n1\n").unwrap();
        pipe(folder.path(), "x.csv");
        let (child, stdout) = start(folder.path(), "train --data x.csv --labels y.csv --save m --force");
        let writer = read_by_somebody(folder.path(), "x.csv");
        kill(&child, signal);
        let (code, text, errors) = end(child, stdout);
        drop(writer);
        assert_eq!((code, text.as_str()), (Some(expected), ""), "{errors}");
        assert_eq!(errors, format!("error: ended by SIG{signal}: m is not written\n"));
        assert_eq!(fs::read(folder.path().join("m")).unwrap(), b"precious");
        assert_eq!(names(folder.path()), ["m", "x.csv", "y.csv"]);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn before_the_first_step_the_exit_code_says_that_nothing_is_saved() {
    use std::io::Write;
    for (signal, expected) in SIGNALS {
        let folder = folder();
        fs::write(folder.path().join("m"), "precious").unwrap();
        // A run stands still at its first line when the pipe is full.
        let (mut reader, mut writer) = std::io::pipe().unwrap();
        writer.write_all(&[b'x'; 65536]).unwrap();
        let mut command = Command::new("env");
        command.args(["--default-signal=HUP", env!("CARGO_BIN_EXE_chainrule"), "train", "--save", "m", "--force"]);
        let mut child = command
            .current_dir(folder.path())
            .stdout(writer)
            .stderr(Stdio::piped())
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        drop(command);
        // It sleeps there, with as much time of the CPU used the next time one looks.
        let at = |child: &Child| {
            let stat = fs::read_to_string(format!("/proc/{0}/task/{0}/stat", child.id())).unwrap();
            let fields: Vec<String> = stat.rsplit(')').next().unwrap().split_whitespace().map(str::to_owned).collect();
            (fields[0].clone(), fields[11].clone(), sleeps(child))
        };
        let mut still = 0;
        let mut last = at(&child);
        while still < 20 {
            std::thread::sleep(std::time::Duration::from_millis(5));
            let now = at(&child);
            still = if now == last && now.0 == "S" && now.2.is_some() { still + 1 } else { 0 };
            last = now;
        }
        kill_and_wait(&mut child, signal);
        let mut text = String::new();
        reader.read_to_string(&mut text).unwrap();
        let mut errors = String::new();
        child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(expected), "{errors}");
        assert_eq!(errors, format!("error: stopped by SIG{signal} before the first step: nothing is saved\n"));
        assert!(!text.contains("saved"), "{}", text.trim_start_matches('x'));
        assert_eq!(fs::read(folder.path().join("m")).unwrap(), b"precious");
        assert_eq!(names(folder.path()), ["m"]);
    }
}

#[test]
fn a_run_that_is_stopped_says_whether_there_is_a_file() {
    let folder = folder();
    fs::write(folder.path().join("m"), "precious").unwrap();
    let (child, mut stdout) = start(folder.path(), HUGE);
    stdout.read_line(&mut String::new()).unwrap();
    kill(&child, "INT");
    let (code, text, errors) = end(child, stdout);
    // Which of the two it is depends on when the signal came.
    let untouched = fs::read(folder.path().join("m")).unwrap() == b"precious";
    assert_eq!(code, Some(130), "{text}{errors}");
    assert_eq!(errors.contains("before the first step: nothing is saved"), untouched, "{errors}");
    assert_eq!(text.contains("saved m"), !untouched, "{text}");
    assert_eq!(names(folder.path()), ["m"]);
}

#[test]
fn the_second_one_ends_at_once() {
    for (signal, expected) in SIGNALS {
        let folder = folder();
        let (mut child, mut stdout) = start(folder.path(), HUGE);
        stdout.read_line(&mut String::new()).unwrap();
        kill_and_wait(&mut child, "INT");
        kill(&child, signal);
        let (code, text, errors) = end(child, stdout);
        assert_eq!(code, Some(expected), "{text}{errors}");
        assert!(errors.ends_with(&format!("ended by SIG{signal}: m is not written\n")), "{errors}");
        assert_eq!(names(folder.path()), [""; 0]);
    }
}

/// Rows few and a network large: steps are short and writing is long.
const LARGE: &str = "train --data x.csv --labels y.csv --holdout 0 --hidden 2500,2500 --batch 4";

fn few_rows(folder: &Path) {
    fs::write(folder.join("x.csv"), "1,2,3\n4,5,6\n7,8,9\n1,0,1\n").unwrap();
    fs::write(folder.join("y.csv"), "0\n1\n0\n1\n").unwrap();
}

#[test]
fn a_second_one_during_the_write_leaves_the_old_file_or_the_whole_new_one() {
    for (signal, expected) in SIGNALS {
        let folder = folder();
        few_rows(folder.path());
        succeed(folder.path(), "train --data x.csv --labels y.csv --holdout 0 --hidden 2 --epochs 1 --quiet --save m");
        let old = fs::read(folder.path().join("m")).unwrap();
        let (mut child, mut stdout) = start(folder.path(), &format!("{LARGE} --json --epochs 1000000 --save m"));
        wait_for_epoch(&mut stdout);
        kill(&child, signal);
        let writing = || names(folder.path()).iter().any(|name| name.starts_with(".chainrule-"));
        // Lines that nobody reads would keep the run from ending.
        let rest = std::thread::spawn(move || {
            let mut text = String::new();
            stdout.read_to_string(&mut text).map(|_| text).unwrap()
        });
        // Not without a pause: the run needs the processors more than this does.
        while !writing() && child.try_wait().unwrap().is_none() {
            std::thread::sleep(std::time::Duration::from_micros(200));
        }
        kill(&child, signal);
        let code = child.wait().unwrap().code();
        rest.join().unwrap();
        assert_eq!(code, Some(expected), "{signal}");
        assert_eq!(names(folder.path()), ["m", "x.csv", "y.csv"], "{signal}");
        let new = fs::read(folder.path().join("m")).unwrap();
        assert_ne!(new.len(), old.len(), "{signal}: the first signal keeps what was learned");
        assert_eq!(json(folder.path(), "inspect m --json")[0]["inputs"], 3, "{signal}");
    }
}

#[test]
fn the_answers_of_a_prediction_are_not_written_when_a_signal_comes_before_they_are_known() {
    let folder = folder();
    few_rows(folder.path());
    succeed(folder.path(), "train --data x.csv --labels y.csv --holdout 0 --hidden 2 --epochs 1 --quiet --save m");
    pipe(folder.path(), "rows.csv");
    for (signal, expected) in SIGNALS {
        let (child, stdout) = start(folder.path(), "predict m --data rows.csv --output p.csv");
        let writer = read_by_somebody(folder.path(), "rows.csv");
        kill(&child, signal);
        let (code, _, errors) = end(child, stdout);
        drop(writer);
        assert_eq!(code, Some(expected), "{errors}");
        assert!(errors.contains("p.csv is not written"), "{errors}");
        assert_eq!(names(folder.path()), ["m", "rows.csv", "x.csv", "y.csv"]);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_run_that_nohup_started_outlives_a_hangup_and_hears_the_others() {
    let folder = folder();
    few_rows(folder.path());
    let args = "train --data x.csv --labels y.csv --holdout 0 --hidden 2 --json --epochs 1000000000 --save m";
    let mut command = Command::new("nohup");
    command.arg(env!("CARGO_BIN_EXE_chainrule")).args(args.split(' ')).current_dir(folder.path()).stdin(Stdio::null());
    let (child, mut stdout) = spawn(&mut command);
    let mut line = String::new();
    wait_for_epoch(&mut stdout);
    kill(&child, "HUP");
    // More than the pipe holds: these lines were printed after the signal.
    let mut bytes = 0;
    while bytes < 1 << 18 {
        line.clear();
        bytes += stdout.read_line(&mut line).unwrap();
        assert!(line.contains(r#""event":"epoch""#) || line.contains(r#""event":"finding""#), "{line}");
    }
    kill(&child, "TERM");
    let (code, text, _) = end(child, stdout);
    assert_eq!(code, Some(143));
    assert!(text.lines().last().unwrap().contains(r#""saved":"m""#), "{text}");
}

//! Running the command, and the files it is run on.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use chainrule::data::{digits, write_csv, write_npy, write_npy_labels};
use serde_json::Value;

/// What a run left behind.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

pub(crate) fn command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chainrule"));
    command.current_dir(folder).stdin(Stdio::null());
    command
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        let code = output.status.code().expect("an exit code, not a signal");
        Run { code, stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}

/// Runs the command in a folder. Arguments are split at white space.
pub(crate) fn run(folder: &Path, args: &str) -> Run {
    command(folder).args(args.split_whitespace()).output().unwrap().into()
}

/// As [`run`], of what must succeed and keep quiet on stderr.
pub(crate) fn succeed(folder: &Path, args: &str) -> String {
    let run = run(folder, args);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{args}");
    run.stdout
}

/// As [`succeed`], of what prints JSON lines.
pub(crate) fn json(folder: &Path, args: &str) -> Vec<Value> {
    let stdout = succeed(folder, args);
    stdout.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

/// The last JSON line.
pub(crate) fn last(folder: &Path, args: &str) -> Value {
    json(folder, args).pop().expect("a line")
}

/// As [`succeed`], with this on standard input.
pub(crate) fn feed(folder: &Path, args: &str, stdin: &[u8]) -> Run {
    let mut command = command(folder);
    command.args(args.split_whitespace()).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut pipe = child.stdin.take().unwrap();
    // A command that refuses its arguments does not read.
    let _ = pipe.write_all(stdin);
    drop(pipe);
    child.wait_with_output().unwrap().into()
}

/// The names in a folder, sorted.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// The digits as files: `x.npy`, `y.npy`, `x.csv`, `y.csv`.
pub(crate) fn digits_as_files(folder: &Path) {
    let digits = digits::<f32>();
    let (rows, cols) = (digits.rows(), digits.cols());
    let chainrule::data::Targets::Classes { labels, .. } = digits.targets() else { panic!("digits have classes") };
    write_npy(folder.join("x.npy"), rows, cols, &digits.features().data()).unwrap();
    write_npy_labels(folder.join("y.npy"), labels).unwrap();
    write_csv(folder.join("x.csv"), cols, &digits.features().data()).unwrap();
    write_csv(folder.join("y.csv"), 1, labels).unwrap();
}

pub(crate) fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

/// What identifies the weights of a model file.
pub(crate) fn weights(path: &Path) -> String {
    match chainrule::ModelFile::open(path).unwrap().dtype() {
        chainrule::DType::F64 => chainrule::weights_sha256(&chainrule::Model::<f64>::load(path).unwrap().mlp),
        _ => chainrule::weights_sha256(&chainrule::Model::<f32>::load(path).unwrap().mlp),
    }
}

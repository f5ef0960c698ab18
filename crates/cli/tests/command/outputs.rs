//! What is written: standard streams that are full or closed, and files that are inputs, cannot be written, or do not
//! fit on the disk.
#![cfg(unix)]

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::run::{Run, command, folder, json, names, run, succeed};

/// Four rows of three columns, their labels, and a model for them.
fn files(folder: &Path) {
    fs::write(folder.join("x.csv"), "1,2,3\n4,5,6\n7,8,9\n1,0,1\n").unwrap();
    fs::write(folder.join("y.csv"), "0\n1\n0\n1\n").unwrap();
    succeed(folder, "train --data x.csv --labels y.csv --holdout 0 --hidden 4 --epochs 1 --quiet --save m");
}

/// Every command, as it prints to standard output.
const COMMANDS: [&str; 16] = [
    "train --data x.csv --labels y.csv --hidden 4 --epochs 2 --holdout 0",
    "train --data x.csv --labels y.csv --hidden 4 --epochs 2 --holdout 0 --json",
    "eval m --data x.csv --labels y.csv",
    "eval m --data x.csv --labels y.csv --json",
    "predict m --data x.csv",
    "predict m --data x.csv --proba",
    "inspect m",
    "inspect m --json",
    "graph m",
    "doctor m --data x.csv --labels y.csv",
    "gradcheck m --data x.csv --labels y.csv",
    "trace m --data x.csv --labels y.csv",
    "trace m --data x.csv --labels y.csv --json",
    "--help",
    "train --help",
    "--version",
];

/// What fails and says so on stderr.
const FAILURES: [(&str, i32); 6] = [
    ("train --data absent.csv --labels y.csv", 1),
    ("eval absent --data digits", 1),
    ("predict m --data digits", 1),
    ("train --epochs 0", 2),
    ("train --data x.csv", 2),
    ("", 2),
];

fn full() -> Stdio {
    File::options().write(true).open("/dev/full").unwrap().into()
}

/// A pipe whose reader has left.
fn left() -> Stdio {
    std::io::pipe().unwrap().1.into()
}

/// As [`run`], with file descriptors closed as the shell says it: `2>&-`.
fn run_closed(folder: &Path, args: &str, redirection: &str) -> Run {
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("exec \"$0\" \"$@\" {redirection}"), env!("CARGO_BIN_EXE_chainrule")]);
    shell.args(args.split_whitespace()).current_dir(folder).stdin(Stdio::null()).output().unwrap().into()
}

#[cfg(target_os = "linux")]
#[test]
fn stderr_that_is_full_or_closed_changes_no_exit_code() {
    let folder = folder();
    files(folder.path());
    let commands = COMMANDS.map(|args| (args, run(folder.path(), args).code));
    for (args, code) in commands.into_iter().chain(FAILURES) {
        for stderr in [full(), left()] {
            let run: Run = command(folder.path()).args(args.split_whitespace()).stderr(stderr).output().unwrap().into();
            assert_eq!(run.code, code, "{args}");
        }
        assert_eq!(run_closed(folder.path(), args, "2>&-").code, code, "{args} 2>&-");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn stdout_that_is_full_is_a_failed_run_that_says_so() {
    let folder = folder();
    files(folder.path());
    for args in COMMANDS {
        let run: Run = command(folder.path()).args(args.split_whitespace()).stdout(full()).output().unwrap().into();
        assert_eq!(run.code, 1, "{args}: {}", run.stderr);
        assert!(run.stderr.starts_with("error: cannot write to standard output: "), "{args}: {}", run.stderr);
        assert_eq!(run.stderr.lines().count(), 1, "{args}: {}", run.stderr);
    }
    for (args, code) in COMMANDS.map(|args| (args, 1)).into_iter().chain(FAILURES) {
        let mut both = command(folder.path());
        let output = both.args(args.split_whitespace()).stdout(full()).stderr(full()).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{args}");
    }
}

#[test]
fn a_reader_that_left_ends_every_command_quietly() {
    let folder = folder();
    files(folder.path());
    for args in COMMANDS {
        let usual = run(folder.path(), args).code;
        let left: Run = command(folder.path()).args(args.split_whitespace()).stdout(left()).output().unwrap().into();
        assert_eq!((left.code, left.stderr.as_str()), (usual, ""), "{args}");
        let closed = run_closed(folder.path(), args, ">&- 2>&-");
        assert_eq!(closed.code, usual, "{args}");
    }
}

#[test]
fn a_run_that_writes_files_goes_on_without_its_reader() {
    let folder = folder();
    let path = folder.path();
    let written = |output: &str, name: &str| {
        let mut train = command(path);
        train.args("train --data iris --hidden 4 --epochs 7".split(' ')).args([output, name]);
        let left: Run = train.stdout(left()).output().unwrap().into();
        assert_eq!((left.code, left.stderr.as_str()), (0, ""), "{output}");
        path.join(name)
    };
    // A line with a point for each epoch.
    let has_curve = |file: PathBuf| {
        let points = |line: &str| line.split(' ').filter(|word| word.contains(',')).count();
        fs::read_to_string(file)
            .unwrap()
            .split("<polyline")
            .skip(1)
            .any(|line| points(line.split('>').next().unwrap()) == 7)
    };
    written("--save", "m");
    assert!(succeed(path, "inspect m").contains(" 7 epochs"));
    assert!(has_curve(written("--report", "page.html")));
    assert!(has_curve(written("--curves", "curves.svg")));
    let newest = chainrule::train::Checkpoint::newest(written("--checkpoint", "c")).unwrap();
    assert_eq!(newest.checkpoint.position(), Some((8, 0)));
    assert_eq!(fs::read_to_string(written("--run", "run").join("metrics.csv")).unwrap().lines().count(), 8);
    let logs = written("--tensorboard", "logs");
    let events = fs::read(logs.join(&names(&logs)[0])).unwrap();
    assert_eq!(events.windows(10).filter(|part| *part == b"loss/train").count(), 7);
}

/// Other ways to name a file of this folder.
fn aliases(folder: &Path, name: &str) -> Vec<PathBuf> {
    let ending = Path::new(name).extension().map(|ending| format!(".{}", ending.display())).unwrap_or_default();
    let _ = fs::create_dir(folder.join("sub"));
    let (soft, hard) = (format!("soft{ending}"), format!("sub/hard{ending}"));
    for link in [&soft, &hard] {
        let _ = fs::remove_file(folder.join(link));
    }
    std::os::unix::fs::symlink(name, folder.join(&soft)).unwrap();
    fs::hard_link(folder.join(name), folder.join(&hard)).unwrap();
    let absolute = folder.join(name);
    vec![name.into(), format!("./{name}").into(), format!("sub/../{name}").into(), soft.into(), hard.into(), absolute]
}

#[test]
fn an_input_is_never_overwritten_under_whatever_name() {
    let folder = folder();
    let path = folder.path();
    files(path);
    fs::copy(path.join("m"), path.join("m.csv")).unwrap();
    fs::copy(path.join("x.csv"), path.join("x2.csv")).unwrap();
    fs::copy(path.join("y.csv"), path.join("y2.csv")).unwrap();
    fs::write(path.join("example.toml"), "title = \"t\"\n").unwrap();
    fs::write(path.join("k.toml"), "[data]\ndata = \"iris\"\n").unwrap();
    succeed(path, "convert m m.onnx");
    fs::create_dir(path.join("mn")).unwrap();
    for (name, dims) in
        [("images-idx3", &[3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 3][..]), ("labels-idx1", &[1, 0, 0, 0, 2])]
    {
        for part in ["train", "t10k"] {
            let bytes = [&[0, 0, 8], dims, &[0, 1, 0, 1, 0, 1][..if name == "labels-idx1" { 2 } else { 6 }]].concat();
            fs::write(path.join(format!("mn/{part}-{name}-ubyte")), bytes).unwrap();
        }
    }
    let train = "train --data x.csv --labels y.csv --test-data x2.csv --test-labels y2.csv --init m --epochs 1 --save";
    for (args, input, what) in [
        (train, "x.csv", "--data"),
        (train, "y.csv", "--labels"),
        (train, "x2.csv", "--test-data"),
        (train, "y2.csv", "--test-labels"),
        (train, "m", "--init"),
        ("train --data mnist:mn --hidden 2 --epochs 1 --save", "mn/train-images-idx3-ubyte", "--data"),
        ("train --data mnist:mn --hidden 2 --epochs 1 --save", "mn/t10k-labels-idx1-ubyte", "--data"),
        ("predict m --data x.csv --output", "x.csv", "--data"),
        ("predict m.csv --data x.csv --output", "m.csv", "MODEL"),
        ("graph m --data x.csv --labels y.csv --format dot --output", "m", "MODEL"),
        ("graph m --data x.csv --labels y.csv --format dot --output", "x.csv", "--data"),
        ("graph m --data x.csv --labels y.csv --format dot --output", "y.csv", "--labels"),
        ("trace m --data x.csv --labels y.csv --output", "m", "FILE"),
        ("trace m --data x.csv --labels y.csv --output", "x.csv", "--data"),
        ("trace m --data x.csv --labels y.csv --output", "y.csv", "--labels"),
        ("trace example.toml --output", "example.toml", "FILE"),
        ("eval m --data x.csv --labels y.csv --report", "m", "MODEL"),
        ("eval m --data x.csv --labels y.csv --report", "y.csv", "--labels"),
        ("export m --to c --out", "m", "MODEL"),
        ("export m --to c --int8 --data x.csv --labels y.csv --out", "y.csv", "--labels"),
        ("convert m.onnx", "m.onnx", "IN"),
        ("train --config k.toml --epochs 1 --report", "k.toml", "--config"),
        ("train --config k.toml --epochs 1 --force --save", "k.toml", "--config"),
    ] {
        let before = fs::read(path.join(input)).unwrap();
        for alias in aliases(path, input) {
            let mut command = command(path);
            let refused: Run = command.args(args.split_whitespace()).arg(&alias).output().unwrap().into();
            assert_eq!(
                (refused.code, refused.stdout.as_str()),
                (2, ""),
                "{args} {}: {}",
                alias.display(),
                refused.stderr
            );
            let expected = format!("is the file that {what} reads");
            assert!(refused.stderr.contains(&expected), "{args} {}: {}", alias.display(), refused.stderr);
            assert_eq!(fs::read(path.join(input)).unwrap(), before, "{args} {}", alias.display());
        }
    }
    // The shell opened it, the command knows it all the same.
    let mut piped = command(path);
    piped.args("predict m --output x.csv".split(' ')).stdin(File::open(path.join("x.csv")).unwrap());
    let refused: Run = piped.output().unwrap().into();
    assert_eq!(refused.code, 2);
    assert!(refused.stderr.contains("x.csv is the file that standard input reads"), "{}", refused.stderr);
    // A copy is not the file, and an old output is replaced.
    succeed(path, "predict m --data x.csv --output x2.csv");
    succeed(path, "train --data x.csv --labels y.csv --holdout 0 --hidden 4 --epochs 1 --quiet --save m");
}

#[test]
fn a_dash_is_no_file_by_accident() {
    let folder = folder();
    files(folder.path());
    let before = names(folder.path());
    for args in [
        "eval m --data x.csv --labels y.csv --report -",
        "train --data iris --epochs 1 --save -",
        "train --data iris --epochs 1 --checkpoint -",
        "export m --to c --out -",
        "graph m --format dot --output -",
    ] {
        let refused = run(folder.path(), args);
        assert_eq!((refused.code, refused.stdout.as_str()), (2, ""), "{args}: {}", refused.stderr);
        assert!(refused.stderr.contains("called -, not standard output"), "{args}: {}", refused.stderr);
        assert_eq!(names(folder.path()), before, "{args}");
    }
    succeed(folder.path(), "graph m --format dot --output ./-");
}

#[test]
fn two_outputs_are_never_one_file() {
    let folder = folder();
    let path = folder.path();
    fs::create_dir(path.join("k")).unwrap();
    std::os::unix::fs::symlink("k", path.join("l")).unwrap();
    let before = names(path);
    for (outputs, said) in [
        ("--save o --report o", "--save o and --report o are the same file"),
        ("--save o.svg --curves ./o.svg", "--save o.svg and --curves ./o.svg are the same file"),
        ("--report k/q.svg --curves l/q.svg", "are the same file"),
        ("--save o --checkpoint o", "--save o is a folder to --checkpoint o"),
        ("--report o --tensorboard o/logs", "--report o is a folder to --tensorboard o/logs"),
        ("--curves r.svg --run r.svg", "--curves r.svg is a folder to --run r.svg"),
        ("--run r --tensorboard r/model.safetensors", "is a folder to --tensorboard r/model.safetensors"),
        (
            "--checkpoint k --save l/checkpoint-000000000009.safetensors",
            "is called as the checkpoints of --checkpoint k",
        ),
    ] {
        let refused = run(path, &format!("train --data iris --epochs 1 {outputs}"));
        assert_eq!((refused.code, refused.stdout.as_str()), (2, ""), "{outputs}: {}", refused.stderr);
        assert!(refused.stderr.contains(said), "{outputs}: {}", refused.stderr);
        assert_eq!(names(path), before, "{outputs}");
    }
    succeed(
        path,
        "train --data iris --epochs 1 --quiet --checkpoint k --save k/m --report k/p.html --tensorboard k/logs",
    );
}

#[test]
fn a_page_about_runs_replaces_none_of_their_files() {
    let folder = folder();
    let path = folder.path();
    fs::write(path.join("x.csv"), "a,b\n1,2\n2,4\n3,6\n4,8\n5,10\n6,12\n").unwrap();
    succeed(path, "train --data x.csv --target b --epochs 1 --quiet --every 1 --run r");
    succeed(path, "train --config r/config.toml --from r/model.safetensors --quiet --run s");
    fs::create_dir(path.join("t")).unwrap();
    fs::write(path.join("t/config.toml"), "[data\n").unwrap();
    let checkpoint = format!("r/checkpoints/{}", names(&path.join("r/checkpoints"))[0]);
    let own = ["r/config.toml", "r/metrics.csv", "r/model.safetensors", "r/report.html", &checkpoint, "t/config.toml"];
    for (runs, page) in own.iter().map(|page| ("r t", *page)).chain([("r", "x.csv"), ("s", "r/model.safetensors")]) {
        let before = fs::read(path.join(page)).unwrap();
        for alias in aliases(path, page) {
            let mut command = command(path);
            let refused: Run =
                command.arg("runs").args(runs.split(' ')).arg("--page").arg(&alias).output().unwrap().into();
            assert_eq!((refused.code, refused.stdout.as_str()), (2, ""), "{}: {}", alias.display(), refused.stderr);
            assert!(refused.stderr.contains("it would be overwritten"), "{}", refused.stderr);
            assert_eq!(fs::read(path.join(page)).unwrap(), before, "{}", alias.display());
        }
    }
    for _ in 0..2 {
        succeed(path, "runs r s --page r/page.html");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_folder_that_is_not_there_or_takes_no_files_is_found_before_anything_is_read() {
    let folder = folder();
    files(folder.path());
    for (args, ending) in [
        ("train --data absent.csv --labels y.csv --save", ""),
        ("predict absent --data absent.csv --output", ".csv"),
        ("graph absent --output", ".svg"),
        ("trace absent --data absent.csv --labels y.csv --output", ""),
    ] {
        for place in ["nowhere/p", "m/p", "/proc/p"] {
            let before = names(folder.path());
            let refused = run(folder.path(), &format!("{args} {place}{ending}"));
            assert_eq!((refused.code, refused.stdout.as_str()), (1, ""), "{args}");
            let expected = format!("error: cannot write {place}{ending}: ");
            assert!(refused.stderr.starts_with(&expected), "{args}: {}", refused.stderr);
            assert_eq!(names(folder.path()), before);
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_is_full_in_the_end_is_a_failed_run() {
    let folder = folder();
    files(folder.path());
    for name in ["full", "full.csv"] {
        std::os::unix::fs::symlink("/dev/full", folder.path().join(name)).unwrap();
    }
    for args in [
        "train --data x.csv --labels y.csv --holdout 0 --hidden 4 --epochs 1 --save full",
        "predict m --data x.csv --output full.csv",
        "graph m --format dot --output full.csv",
        "trace m --data x.csv --labels y.csv --output full.csv",
    ] {
        let failed = run(folder.path(), args);
        assert_eq!(failed.code, 1, "{args}");
        let name = args.rsplit(' ').next().unwrap();
        let expected = format!("error: cannot write {name}: No space left");
        assert!(failed.stderr.starts_with(&expected), "{args}: {}", failed.stderr);
        assert!(!failed.stdout.contains("saved"), "{args}: {}", failed.stdout);
    }
}

#[test]
fn a_file_larger_than_ulimit_allows_is_a_failed_run_that_keeps_the_old_one() {
    let folder = folder();
    files(folder.path());
    let old = fs::read(folder.path().join("m")).unwrap();
    let args = "train --epochs 1 --quiet --save m";
    let mut shell = Command::new("sh");
    shell.args(["-c", "ulimit -f 8; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_chainrule")]).args(args.split(' '));
    let failed: Run = shell.current_dir(folder.path()).output().unwrap().into();
    assert_eq!(failed.code, 1, "{}", failed.stderr);
    assert!(failed.stderr.starts_with("error: cannot write m: File too large"), "{}", failed.stderr);
    assert_eq!(fs::read(folder.path().join("m")).unwrap(), old);
    assert_eq!(names(folder.path()), ["m", "x.csv", "y.csv"]);
}

#[test]
fn json_has_null_for_what_is_no_number() {
    let folder = folder();
    files(folder.path());
    let args = "trace m --data x.csv --labels y.csv --lr 1e30 --steps 4 --step all --json";
    let text = json(folder.path(), args)[0].to_string();
    assert!(text.contains("null"), "nothing overflowed");
    fs::write(folder.path().join("values.csv"), "1\n1\n1\n1\n").unwrap();
    for args in ["eval m --data x.csv --labels values.csv --json", "eval m --data x.csv --labels y.csv --json"] {
        json(folder.path(), args);
    }
}

#[test]
fn a_pipe_that_is_closed_before_all_classes_are_written_is_no_failure() {
    let folder = folder();
    let rows: String =
        (0..5000).map(|at| format!("{},{}\n", at % 13, if at % 13 > 6 { "large" } else { "small" })).collect();
    fs::write(folder.path().join("t.csv"), format!("a,size\n{rows}")).unwrap();
    succeed(folder.path(), "train --data t.csv --target size --epochs 1 --quiet --save m");
    let mut predict = command(folder.path());
    predict.args(["predict", "m", "--data", "t.csv"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = predict.spawn().unwrap();
    drop(child.stdout.take());
    let run = Run::from(child.wait_with_output().unwrap());
    assert_eq!((run.code, run.stderr.contains("error")), (0, false), "{}", run.stderr);
}

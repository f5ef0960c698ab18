//! The exit codes that help promises: 0 done, 1 the run failed, 2 bad usage, 128 + signal.
#![cfg(unix)]

use std::fs;

use crate::run::{folder, run, succeed};
use crate::signals::{SIGNALS, end, kill, pipe, read_by_somebody, start};

#[test]
fn every_command_ends_with_the_code_that_help_promises() {
    let folder = folder();
    fs::write(folder.path().join("x.csv"), "1,2,3\n4,5,6\n7,8,9\n1,0,1\n").unwrap();
    fs::write(folder.path().join("y.csv"), "0\n1\n0\n1\n").unwrap();
    let fit = "train --data x.csv --labels y.csv --holdout 0 --hidden 4 --epochs 1";
    succeed(folder.path(), &format!("{fit} --quiet --save m"));
    for (args, code) in [
        ("--help", 0),
        ("--version", 0),
        ("help train", 0),
        (fit, 0),
        ("eval m --data x.csv --labels y.csv", 0),
        ("predict m --data x.csv", 0),
        ("inspect m", 0),
        ("graph m", 0),
        ("graph --layers 3-2-1 --output g.svg", 0),
        ("trace m --data x.csv --labels y.csv", 0),
        ("gradcheck --data x.csv --labels y.csv --hidden 4 --activation tanh", 0),
        ("bench --quick --json", 0),
        // Failed: what is read, what it holds, what is written, and what was looked for and found.
        ("train --data absent.csv --labels y.csv", 1),
        ("train --data x.csv --labels x.csv --loss cross-entropy", 1),
        ("train --data x.csv --labels y.csv --holdout 0 --hidden 4 --epochs 9 --lr 1e30 --loss mse", 1),
        ("eval absent --data digits", 1),
        ("eval m --data digits", 1),
        ("predict x.csv --data x.csv", 1),
        ("inspect y.csv", 1),
        ("graph m --output nowhere/g.svg", 1),
        ("graph m --output nowhere/g.dot", 1),
        ("trace m --data x.csv --labels y.csv --rows 5", 1),
        ("doctor m --data x.csv --labels y.csv --lr 1000", 1),
        ("gradcheck absent --data digits", 1),
        ("bench --quick --out nowhere/b.json", 1),
        // Bad usage: of clap's finding and of ours.
        ("", 2),
        ("trian", 2),
        ("train --epochs", 2),
        ("train --epochs 0", 2),
        ("train --data x.csv", 2),
        ("train --data x.csv --labels y.csv --save x.csv", 2),
        ("eval m", 2),
        ("predict m --data x.csv --output p.txt", 2),
        ("inspect", 2),
        ("graph", 2),
        ("doctor m", 2),
        ("gradcheck", 2),
        ("trace m", 2),
    ] {
        let run = run(folder.path(), args);
        assert_eq!(run.code, code, "{args}: {}{}", run.stdout, run.stderr);
        assert_eq!(run.stderr.is_empty(), code == 0 || args.starts_with("doctor m --data"), "{args}: {}", run.stderr);
    }
    pipe(folder.path(), "rows.csv");
    for (signal, code) in SIGNALS {
        for args in [
            "train --data rows.csv --labels y.csv",
            "eval m --data rows.csv --labels y.csv",
            "predict m --data rows.csv",
            "graph m --data rows.csv --labels y.csv",
            "doctor m --data rows.csv --labels y.csv",
            "gradcheck --data rows.csv --labels y.csv",
            "trace m --data rows.csv --labels y.csv",
        ] {
            let (child, stdout) = start(folder.path(), args);
            let writer = read_by_somebody(folder.path(), "rows.csv");
            kill(&child, signal);
            let (found, text, errors) = end(child, stdout);
            drop(writer);
            assert_eq!((found, text.as_str(), errors.as_str()), (Some(code), "", ""), "{args}");
        }
    }
}

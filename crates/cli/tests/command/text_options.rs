//! Options about text files where the files are none: they are refused by name, before anything is read or written.

use std::fs;
use std::path::Path;

use chainrule::data::{write_npy, write_npy_labels};

use crate::run::{feed, folder, names, run, succeed};

const OPTIONS: [(&str, &str); 4] =
    [("--delimiter", "semicolon"), ("--decimal", "comma"), ("--header", "no"), ("--skip-lines", "1")];

/// Eight rows of two columns in several formats, their labels, and a model.
fn files(folder: &Path) {
    let rows: Vec<f32> = (0..16).map(|x| x as f32 / 16.0).collect();
    let labels = [0, 1, 0, 1, 0, 1, 0, 1];
    write_npy(folder.join("x.npy"), 8, 2, &rows).unwrap();
    write_npy_labels(folder.join("y.npy"), &labels).unwrap();
    let idx = [&[0, 0, 8, 3, 0, 0, 0, 8, 0, 0, 0, 1, 0, 0, 0, 2][..], &[7; 16]].concat();
    fs::write(folder.join("images.idx"), idx).unwrap();
    fs::write(folder.join("y.csv"), "label\n0\n1\n0\n1\n0\n1\n0\n1\n").unwrap();
    fs::write(folder.join("x.csv"), "0;0\n1;1\n2;0\n3;1\n4;0\n5;1\n6;0\n7;1\n").unwrap();
    succeed(folder, "train --data x.npy --labels y.npy --holdout 0 --epochs 1 --quiet --save m");
}

fn refused(folder: &Path, args: &str, parts: &[&str]) {
    let before = names(folder);
    let run = run(folder, args);
    assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{args}: {}", run.stderr);
    parts.iter().for_each(|part| assert!(run.stderr.contains(part), "{args}: {part:?} in {}", run.stderr));
    assert_eq!(names(folder), before, "{args}");
}

#[test]
fn every_command_refuses_them_by_name_and_by_the_format() {
    let folder = folder();
    let path = folder.path();
    files(path);
    for (option, value) in OPTIONS {
        for command in [
            "train --labels y.npy --save new --data",
            "eval m --labels y.npy --data",
            "predict m --output p.csv --data",
            "data",
            "doctor m --labels y.npy --data",
            "explain m --labels y.npy --data",
            "tune --labels y.npy --state s --data",
            "gradcheck m --labels y.npy --data",
            "graph m --output g.svg --labels y.npy --data",
            "trace m --output t.txt --labels y.npy --data",
            "export m --to c --int8 --out e.c --labels y.npy --data",
            "diff m m --data",
        ] {
            let named = if command == "data" { "SOURCE" } else { "--data" };
            let is = format!("{option} is for text files, and {named} x.npy is an NPY file");
            refused(path, &format!("{command} x.npy {option} {value}"), &[&is, "leave it out"]);
        }
    }
}

#[test]
fn every_format_is_called_by_its_name() {
    let folder = folder();
    let path = folder.path();
    files(path);
    for (source, is) in [
        ("digits", "--data digits is images inside the program"),
        ("iris", "--data iris is a table inside the program"),
        ("moons", "--data moons:rows=1000,seed=42 is rows that are made up"),
        (
            "m.safetensors:0.weight --labels y.npy",
            "m.safetensors:0.weight is a safetensors file, --labels y.npy is an NPY file",
        ),
        ("images.idx --labels y.npy", "--data images.idx is an IDX file, --labels y.npy is an NPY file"),
    ] {
        fs::copy(path.join("m"), path.join("m.safetensors")).unwrap();
        refused(
            path,
            &format!("train --data {source} --header no --decimal point"),
            &[is, "--decimal and --header are for text files", "leave them out"],
        );
    }
    refused(path, "predict m --data x.npy --categories 1", &["--categories is for text files"]);
    for (option, command) in [
        ("--categories 1", "train"),
        ("--target y", "train --quiet"),
        ("--missing mean", "eval m --data digits"),
        ("--unknown zeros", "train --data digits"),
        ("--group a", "data digits"),
    ] {
        let (name, _) = option.split_once(' ').unwrap();
        let named = if command == "data digits" { "SOURCE" } else { "--data" };
        let is = format!("{name} is about columns of a table, and {named} digits is images, which have none");
        refused(path, &format!("{command} {option}"), &[&is, "leave it out"]);
    }
}

#[test]
fn where_one_file_is_text_they_are_about_that_one() {
    let folder = folder();
    let path = folder.path();
    files(path);
    succeed(path, "train --data x.npy --labels y.csv --header yes --epochs 1 --quiet");
    let train = "train --data x.npy --labels y.npy --epochs 1 --quiet";
    succeed(path, &format!("{train} --test-data x.csv --test-labels y.npy --delimiter semicolon"));
    succeed(path, &format!("{train} --test-data x.npy --test-labels y.csv --header yes"));
    refused(
        path,
        &format!("{train} --test-data x.npy --test-labels y.npy --header yes"),
        &["--data x.npy is an NPY file, --test-data x.npy is an NPY file", "--test-labels y.npy is an NPY file"],
    );
    // Standard input is text, and a file that is not there is told by its reader.
    assert_eq!(feed(path, "predict m --delimiter semicolon", b"0;1\n").code, 0);
    let missing = run(path, "predict m --data nowhere.npy --header no");
    assert!(missing.code == 1 && missing.stderr.contains("cannot read nowhere.npy"), "{}", missing.stderr);
}

//! Numbers that overflow: answers are an error that names the row, and no file is left that cannot be read.

use std::fs;
use std::path::Path;

use chainrule::{Loss, Mlp, Model};

use crate::run::{folder, names, run, succeed};

/// Two lines through weights so large that the second row's answer is beyond f32, though all of them are finite.
fn steep(folder: &Path) {
    let mut mlp = Mlp::<f32>::builder(2).dense(2).build().unwrap();
    mlp.params_mut().fill(3e38);
    Model::new(mlp, Loss::Mse).save(folder.join("m")).unwrap();
    fs::write(folder.join("x.csv"), "0,0\n1,1\n0,0\n").unwrap();
    fs::write(folder.join("y.csv"), "1,1\n1,1\n1,1\n").unwrap();
}

#[test]
fn answers_that_overflow_fail_with_their_row_and_leave_no_file() {
    let folder = folder();
    steep(folder.path());
    for args in [
        "predict m --data x.csv",
        "predict m --data x.csv --output p.csv",
        "predict m --data x.csv --output p.npy",
        "eval m --data x.csv --labels y.csv",
        "eval m --data x.csv --labels y.csv --json",
    ] {
        let failed = run(folder.path(), args);
        assert_eq!(failed.code, 1, "{args}: {}", failed.stderr);
        // The one line says that it failed.
        assert_eq!(failed.stdout.lines().count(), usize::from(args.contains("--json")), "{args}: {}", failed.stdout);
        assert!(failed.stderr.starts_with("error: ") && failed.stderr.contains("row 2"), "{args}: {}", failed.stderr);
        assert_eq!(names(folder.path()), ["m", "x.csv", "y.csv"], "{args}");
    }
}

#[test]
fn a_number_that_overflows_once_it_is_scaled_is_named_as_it_stands_in_its_column() {
    let folder = folder();
    let row = |at: usize| format!("{},{}e-5,{}\n", ["Bonn", "Ulm", "Kiel"][at % 3], at % 7, at % 5);
    let rows: String = (0..60).map(row).collect();
    fs::write(folder.path().join("t.csv"), format!("town,size,price\n{rows}")).unwrap();
    succeed(folder.path(), "train --data t.csv --target price --task regression --epochs 1 --quiet --save m");
    // The towns are as they are.
    let text = succeed(folder.path(), "inspect m");
    assert!(text.contains("(x - mean) / deviation, of 1 of 4 inputs\n"), "{text}");
    fs::write(folder.path().join("x.csv"), "town,size,price\nUlm,1e-5,1\nBonn,2e37,1\n").unwrap();
    for args in ["predict m --data x.csv", "eval m --data x.csv"] {
        let failed = run(folder.path(), args);
        assert_eq!(failed.code, 1, "{args}: {}", failed.stderr);
        let said = failed.stderr.lines().find(|line| line.starts_with("error: ")).unwrap();
        let found =
            "x.csv, row 2, column 2: found 2e37, expected a number that preprocessing leaves within the range of f32";
        assert!(said.contains(found), "{args}: {said}");
    }
}

#[test]
fn a_run_whose_numbers_overflow_fails_and_keeps_the_old_model_or_writes_one_that_can_be_read() {
    let folder = folder();
    // Squares of the first column are beyond f32: so is its variance.
    fs::write(folder.path().join("x.csv"), "1e30,1\n-1e30,2\n1e30,3\n-1e30,5\n").unwrap();
    fs::write(folder.path().join("y.csv"), "0\n1\n0\n1\n").unwrap();
    let data = "train --data x.csv --labels y.csv --holdout 0 --quiet";
    for settings in [
        "--hidden 5 --norm batch --epochs 2",
        "--hidden 5 --norm batch --epochs 1",
        "--hidden 5 --norm layer --epochs 4 --lr 1e30",
        "--hidden 5 --epochs 1 --lr 1e30",
        "--hidden 5 --epochs 4 --lr 1e30",
        "--hidden none --epochs 3 --lr 1e38 --dtype f64",
    ] {
        fs::copy(folder.path().join("y.csv"), folder.path().join("m")).unwrap();
        let trained =
            run(folder.path(), &format!("{data} --optimizer sgd --preprocess none {settings} --save m --force"));
        let untouched = fs::read(folder.path().join("m")).unwrap() == fs::read(folder.path().join("y.csv")).unwrap();
        match trained.code {
            0 => assert!(!untouched, "{settings}: exit code 0 without the file"),
            code => assert_eq!(code, 1, "{settings}: {}", trained.stderr),
        }
        if !untouched {
            succeed(folder.path(), "inspect m");
        }
    }
}

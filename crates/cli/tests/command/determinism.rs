//! The same seed and settings: the same bits, whatever else differs.

use std::fs;

use crate::run::{Run, command, folder, last, succeed, weights};

#[test]
fn weights_and_files_do_not_depend_on_threads() {
    // Large enough for three threads to share a layer.
    for settings in ["--hidden 256,256 --batch 512 --epochs 2", "--hidden 256 --batch 300 --epochs 2 --dtype f64"] {
        let folder = folder();
        let runs: Vec<(String, Vec<u8>)> = [1, 2, 3, 8]
            .iter()
            .map(|threads| {
                let args = format!("train --json {settings} --threads {threads} --save m{threads}");
                let done = last(folder.path(), &args);
                assert_eq!(done["threads"], *threads);
                let file = fs::read(folder.path().join(format!("m{threads}"))).unwrap();
                (done["weights_sha256"].as_str().unwrap().to_owned(), file)
            })
            .collect();
        assert!(runs.iter().all(|run| *run == runs[0]), "{settings}");
    }
}

/// A product's blocks follow from the caches, its bits do not: minibatches and layers longer than the 128 steps of the smallest
/// block, more rows than its 28.
#[test]
fn model_files_do_not_depend_on_the_caches() {
    for settings in
        ["--hidden 300,150 --batch 300 --optimizer adam", "--hidden 133 --batch 1500 --dtype f64 --momentum 0.9"]
    {
        let folder = folder();
        let file = |caches: &str| {
            let args = format!("train --quiet --epochs 2 --save m {settings}");
            let mut command = command(folder.path());
            let run: Run = command.args(args.split(' ')).env("CHAINRULE_CACHES", caches).output().unwrap().into();
            assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{caches}");
            fs::read(folder.path().join("m")).unwrap()
        };
        let want = file("");
        for caches in ["4K:8,64K:4", "48K:12,2M:16,320M:20:64"] {
            assert!(file(caches) == want, "{settings} with {caches}");
        }
    }
}

#[test]
fn a_text_that_names_no_caches_is_refused_before_anything_is_written() {
    let folder = folder();
    let mut command = command(folder.path());
    command.args(["train", "--epochs", "1", "--save", "m"]).env("CHAINRULE_CACHES", "32K,1M");
    let run: Run = command.output().unwrap().into();
    assert_eq!((run.code, run.stdout.as_str()), (1, ""));
    for part in ["error: ", "`32K,1M`", "BYTES:WAYS", "CHAINRULE_CACHES=32K:8,1M:16,36M:11"] {
        assert!(run.stderr.contains(part), "{part:?} in {}", run.stderr);
    }
    assert!(!folder.path().join("m").exists());
}

#[test]
fn weights_do_not_depend_on_what_is_printed_or_tested() {
    let folder = folder();
    let file = |args: &str| {
        succeed(folder.path(), &format!("train --epochs 3 --save m {args}"));
        fs::read(folder.path().join("m")).unwrap()
    };
    let want = file("--quiet");
    assert!(file("") == want);
    assert!(file("--json") == want);
    assert!(file("--quiet --json") == want);
    // What is tested on stands in the file; the weights are the same.
    let hash = |args: &str| {
        succeed(folder.path(), &format!("train --epochs 3 --quiet --save m {args}"));
        weights(&folder.path().join("m"))
    };
    assert_eq!(hash("--test-data digits"), hash("--holdout 0"));
}

/// 57 steps an epoch, the last of each with 5 rows of 32; 264,231 parameters in widths that no tile divides, so that
/// three threads share the products, two SGD's update and eight Adam's. Each number of threads comes with other reports
/// and with or without a test part, which may not matter either.
fn steps_end_in_the_same_file(epochs: usize, settings: &str) {
    let folder = folder();
    let hashes: Vec<String> = [
        "--threads 1 --test-data digits --json",
        "--threads 2 --holdout 0 --quiet",
        "--threads 3 --holdout 0",
        "--threads 4 --test-data digits --quiet",
        "--threads 8 --holdout 0 --json",
    ]
    .iter()
    .map(|differs| {
        let args = format!("train --save m --hidden 521,433 --batch 32 --epochs {epochs} {settings} {differs}");
        succeed(folder.path(), &args);
        weights(&folder.path().join("m"))
    })
    .collect();
    let same: Vec<bool> = hashes.iter().map(|hash| *hash == hashes[0]).collect();
    assert_eq!(same, [true; 5], "{settings}");
}

/// 1,026 steps.
const THOUSAND: usize = 18;
/// 228 steps: in f64 they take twice the time, and share the code that divides work among threads.
const TWO_HUNDRED: usize = 4;

const SGD: &str = "--lr 0.01 --momentum 0.9 --nesterov --weight-decay 1e-4 --clip-norm 1";

#[test]
fn dropout_and_normalisation_end_in_the_same_file() {
    for settings in ["--dropout 0.3 --norm batch --optimizer adam", "--dropout 0.5 --norm layer --dtype f64"] {
        let folder = folder();
        let file = |threads: usize| {
            let args = format!("train --quiet --hidden 256,133 --batch 300 --epochs 3 {settings} --threads {threads}");
            succeed(folder.path(), &format!("{args} --save m"));
            fs::read(folder.path().join("m")).unwrap()
        };
        let want = file(1);
        for threads in [2, 3, 4, 8] {
            assert!(file(threads) == want, "{settings}, {threads} threads");
        }
    }
}

#[test]
fn a_thousand_steps_of_sgd_in_f32_end_in_the_same_file() {
    steps_end_in_the_same_file(THOUSAND, SGD);
}

#[test]
fn two_hundred_steps_of_sgd_in_f64_end_in_the_same_file() {
    steps_end_in_the_same_file(TWO_HUNDRED, &format!("{SGD} --dtype f64"));
}

#[test]
fn a_thousand_steps_of_adam_in_f32_end_in_the_same_file() {
    steps_end_in_the_same_file(THOUSAND, "--optimizer adam");
}

#[test]
fn two_hundred_steps_of_adam_in_f64_end_in_the_same_file() {
    steps_end_in_the_same_file(TWO_HUNDRED, "--optimizer adam --dtype f64");
}

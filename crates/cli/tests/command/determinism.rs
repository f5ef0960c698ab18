//! The same seed and settings: the same bits, whatever else differs.

use std::fs;

use crate::run::{folder, last, succeed};

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
    let want = file("--quiet --holdout 0");
    assert!(file("--quiet --test-data digits") == want);
}

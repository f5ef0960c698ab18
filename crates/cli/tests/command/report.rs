//! `--report`: the page is written, names what it is of, and never replaces what the run reads.

use std::fs;

use crate::run::{folder, run, succeed};

#[test]
fn train_and_eval_write_a_page() {
    let folder = folder();
    let text = succeed(folder.path(), "train --data iris --epochs 3 --save m.safetensors --report run.html");
    assert!(text.contains("wrote run.html"), "{text}");
    let page = fs::read_to_string(folder.path().join("run.html")).unwrap();
    assert!(page.starts_with("<!DOCTYPE html>") && page.contains("Learning curves"));
    assert!(page.contains("chainrule train --data iris --epochs 3</pre>"), "the command, without where it wrote");
    assert!(page.contains("iris, test: 30"));
    let text = succeed(folder.path(), "eval m.safetensors --data iris --part test --report eval.html");
    assert!(text.contains("wrote eval.html"), "{text}");
    let page = fs::read_to_string(folder.path().join("eval.html")).unwrap();
    assert!(page.contains("<title>m.safetensors</title>") && !page.contains("Learning curves"));
}

#[test]
fn a_network_that_trains_on_no_row_alone_has_a_page_without_steps() {
    let folder = folder();
    for (norm, has_steps) in [("batch", false), ("layer", true)] {
        succeed(
            folder.path(),
            &format!("train --data iris --norm {norm} --hidden 4 --epochs 2 --quiet --report {norm}"),
        );
        let page = fs::read_to_string(folder.path().join(norm)).unwrap();
        assert_eq!(page.contains("Step by step"), has_steps, "{norm}");
    }
    succeed(folder.path(), "train --data iris --norm batch --hidden 4 --epochs 2 --quiet --run r");
    succeed(folder.path(), "train --data iris --norm batch --hidden 4 --epochs 2 --quiet --save m");
    // Of one row too, which the doctor cannot make a step on.
    fs::write(
        folder.path().join("one.csv"),
        "sepal_length,sepal_width,petal_length,petal_width,species\n5,3,1,0.2,setosa\n",
    )
    .unwrap();
    succeed(folder.path(), "eval m --data one.csv --report one.html");
}

#[test]
fn a_page_replaces_no_input() {
    let folder = folder();
    succeed(folder.path(), "train --data iris --epochs 1 --save m.safetensors");
    let before = fs::read(folder.path().join("m.safetensors")).unwrap();
    let failed = run(folder.path(), "eval m.safetensors --data iris --report m.safetensors");
    assert!(failed.code == 2 && failed.stderr.contains("it would be overwritten"), "{}", failed.stderr);
    assert_eq!(fs::read(folder.path().join("m.safetensors")).unwrap(), before);
    let failed = run(folder.path(), "train --data iris --epochs 1 --report no/such/folder.html");
    assert!(failed.code == 1 && failed.stderr.contains("folder.html"), "{}", failed.stderr);
}

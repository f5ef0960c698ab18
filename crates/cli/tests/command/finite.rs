//! Numbers that overflow, and classes that are very many: errors with a row, no file that cannot be read, no memory of
//! classes times classes.

use std::fs;

use crate::run::{folder, last, run, succeed};

#[test]
fn a_run_whose_last_step_overflows_fails_and_leaves_the_file_that_was_there() {
    let folder = folder();
    let path = folder.path();
    let column = |value: fn(i32) -> String| (0..12).map(value).collect::<Vec<_>>().join("\n");
    fs::write(path.join("x.csv"), column(|row| format!("{}e29", row * 7 % 12 - 5))).unwrap();
    fs::write(path.join("y.csv"), column(|row| (row % 2).to_string())).unwrap();
    fs::write(path.join("tame.csv"), column(|row| row.to_string())).unwrap();
    succeed(path, "train --data tame.csv --labels y.csv --preprocess none --epochs 1 --quiet --save m");
    let before = fs::read(path.join("m")).unwrap();
    // The variance of the column is beyond f32; a step of rate 1e38 is, too.
    for args in [
        "--data x.csv --preprocess none --norm batch --hidden 5 --optimizer sgd --lr 1e-3",
        "--data tame.csv --preprocess none --optimizer sgd --init-weights he --lr 1e38",
    ] {
        let run = run(path, &format!("train {args} --labels y.csv --epochs 1 --batch 100 --holdout 0 --save m"));
        assert_eq!(run.code, 1, "{args}: {run:?}");
        assert!(run.stderr.contains("training diverged; the weights are those of the start"), "{args}: {run:?}");
        assert_eq!(fs::read(path.join("m")).unwrap(), before, "{args}");
    }
}

#[test]
fn an_evaluation_that_overflows_names_its_row() {
    let folder = folder();
    let path = folder.path();
    fs::write(path.join("x.csv"), "1\n2\n3\n").unwrap();
    fs::write(path.join("y.csv"), "10.5,1\n20.5,1\n30.5,1\n").unwrap();
    succeed(
        path,
        "train --data x.csv --labels y.csv --loss mse --preprocess none --raw-targets --hidden none --optimizer sgd --lr 0.05 --holdout 0 --epochs 50 --quiet --save m",
    );
    fs::write(path.join("x.csv"), "1\n3e38\n3\n").unwrap();
    let run = run(path, "eval m --data x.csv --labels y.csv");
    assert_eq!((run.code, run.stdout.as_str()), (1, ""));
    assert!(run.stderr.contains("row 2: output 1 is inf"), "{run:?}");
}

#[test]
fn an_evaluation_refuses_what_predict_refuses_in_the_targets_own_unit() {
    let folder = folder();
    let path = folder.path();
    let rows: String = (0..40).map(|row| format!("{row},{}\n", row * row)).collect();
    fs::write(path.join("t.csv"), format!("a,y\n{rows}")).unwrap();
    succeed(path, "train --data t.csv --target y --log1p y --hidden none --epochs 300 --quiet --save m");
    // The logarithm is a number, and what it is of is none; of the last row its square is none.
    for (file, words) in
        [("a,y\n1,2\n90000,3\n", "row 2: output 1 is inf"), ("a,y\n1,2\n3,4\n3500,3\n", "rows 1 to 3: the loss is inf")]
    {
        fs::write(path.join("far.csv"), file).unwrap();
        let eval = run(path, "eval m --data far.csv");
        assert_eq!((eval.code, eval.stdout.as_str()), (1, ""), "{eval:?}");
        assert!(eval.stderr.contains(words), "{eval:?}");
    }
}

#[test]
fn very_many_classes_cost_what_their_rows_do_and_the_matrix_is_listed_when_asked_for() {
    let folder = folder();
    let path = folder.path();
    fs::write(path.join("x.csv"), "0\n1\n2\n3\n").unwrap();
    fs::write(path.join("y.csv"), "0\n1\n2\n40000\n").unwrap();
    succeed(
        path,
        "train --data x.csv --labels y.csv --classes 40001 --hidden 2 --epochs 2 --holdout 0.25 --quiet --save m",
    );
    let eval = "eval m --data x.csv --labels y.csv";
    let words = succeed(path, eval);
    assert!(words.contains("the confusion matrix of 40001 classes is listed with --confusion"), "{words}");
    let listed = succeed(path, &format!("{eval} --confusion"));
    assert!(listed.contains("true class, predicted class and rows\n0  "), "{listed}");
    assert!(last(path, &format!("{eval} --json"))["confusion_entries"].is_null());
    let found = last(path, &format!("{eval} --confusion --json"));
    assert!(found["confusion"].is_null(), "no matrix of 40,001 by 40,001");
    let rows: u64 = found["confusion_entries"].as_array().unwrap().iter().map(|entry| entry[2].as_u64().unwrap()).sum();
    assert_eq!(rows, 4);
}

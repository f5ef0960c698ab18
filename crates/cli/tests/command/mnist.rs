//! MNIST, where it is: `CHAINRULE_MNIST` names the folder of its four files. Nothing is downloaded.

use crate::run::{folder, json, last};

fn mnist() -> Option<String> {
    let folder = std::env::var("CHAINRULE_MNIST").ok().filter(|folder| !folder.is_empty());
    if folder.is_none() {
        eprintln!("SKIPPED: set CHAINRULE_MNIST to the folder of MNIST's four files to run this");
    }
    folder
}

#[test]
fn one_epoch_learns_mnist_and_eval_measures_its_own_test_part() {
    let Some(mnist) = mnist() else { return };
    let folder = folder();
    let lines = json(folder.path(), &format!("train --json --data mnist:{mnist} --hidden 32 --epochs 1 --save m"));
    let done = lines.last().unwrap();
    assert_eq!(done["steps"], 60_000 / 32);
    assert!(done["test_accuracy"].as_f64().unwrap() > 0.92, "{done}");
    let evaluated = last(folder.path(), &format!("eval m --json --data mnist:{mnist}"));
    assert_eq!(evaluated["rows"], 10_000);
    assert_eq!(evaluated["test_accuracy"], done["test_accuracy"]);
    // Its images, 54 MB, are held in files.
    let bounded = "--hidden 32 --epochs 1 --memory 16M --save n";
    json(folder.path(), &format!("train --json --data mnist:{mnist} {bounded}"));
    let hash = |model: &str| last(folder.path(), &format!("inspect {model} --json"))["weights_sha256"].clone();
    assert!(hash("m").is_string());
    assert_eq!(hash("m"), hash("n"));
}

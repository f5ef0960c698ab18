//! `chainrule bench`: the words, the JSON line, the record.

use std::fs;

use serde_json::Value;

use crate::run::{Run, command, folder, json, run, succeed};

#[test]
fn a_machine_is_measured_in_words_and_as_a_record() {
    let folder = folder();
    let text = succeed(folder.path(), "bench --quick --out b.json");
    for part in [
        "processor  ",
        "caches     ",
        "peak       ",
        "1024 x 1024 x 1024 ",
        "784-128-10, 64 rows, SGD ",
        "products reach ",
    ] {
        assert!(text.contains(part), "{part:?} in {text}");
    }
    assert!(text.ends_with("wrote b.json\n"), "{text}");
    let record: Value = serde_json::from_slice(&fs::read(folder.path().join("b.json")).unwrap()).unwrap();
    for field in ["version", "date", "cpu", "caches", "kernel"] {
        assert!(text.contains(record[field].as_str().unwrap()), "{field} of {record} in {text}");
    }
    for list in ["products", "steps"] {
        for timed in record[list].as_array().unwrap() {
            assert!(text.contains(timed["name"].as_str().unwrap()) && timed["us"].as_f64().unwrap() > 0.0, "{timed}");
        }
    }
}

/// What the environment says is used, and stands in the record.
#[test]
fn the_record_names_the_caches_and_the_kernel_that_are_used() {
    let folder = folder();
    let mut command = command(folder.path());
    command.args(["bench", "--quick", "--json"]).env("CHAINRULE_CACHES", "32K:8,256K:8,8M:16:4");
    let run: Run = command.env("CHAINRULE_KERNEL", "").output().unwrap().into();
    let line: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!((run.code, &line["caches"]), (0, &"32K:8,256K:8,8M:16:4".into()), "{}", run.stderr);
    let bytes: Vec<u64> =
        line["memory"].as_array().unwrap().iter().map(|level| level["bytes"].as_u64().unwrap()).collect();
    assert_eq!(bytes, [128 << 10, 4 << 20, 32 << 20]);
}

#[test]
fn a_record_is_not_written_where_it_cannot_be() {
    let folder = folder();
    let found = run(folder.path(), "bench --quick --out nowhere/b.json");
    assert!(found.code == 1 && found.stdout.is_empty() && found.stderr.contains("nowhere/b.json"), "{found:?}");
    assert_eq!(json(folder.path(), "bench --quick --json").len(), 1);
}

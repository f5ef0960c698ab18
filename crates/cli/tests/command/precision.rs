//! `--precision`: weights of two bytes or one.

use std::fs;

use serde_json::Value;

use crate::run::{folder, last, names, run, succeed};

#[test]
fn a_narrow_file_predicts_what_the_option_does_on_the_original() {
    let folder = folder();
    let path = folder.path();
    succeed(path, "train --data digits --epochs 2 --quiet --save m.safetensors");
    let size = |name: &str| fs::metadata(path.join(name)).unwrap().len();
    for (precision, at_most) in [("bf16", 0.65), ("f16", 0.65), ("int8", 0.45)] {
        let name = format!("{precision}.safetensors");
        let converted = run(path, &format!("convert m.safetensors {name} --precision {precision} --data digits"));
        assert!(
            converted.code == 0 && converted.stderr.contains(&format!("{precision} weights: over 1,797 rows")),
            "{}",
            converted.stderr
        );
        assert!((size(&name) as f64) < at_most * size("m.safetensors") as f64, "{precision}: {} bytes", size(&name));
        let option = run(path, &format!("predict m.safetensors --data digits --raw --precision {precision}"));
        let file = run(path, &format!("predict {name} --data digits --raw"));
        assert!(option.code == 0 && option.stdout == file.stdout && option.stdout.lines().count() == 1797);
        assert!(option.stderr.contains("outputs differ by at most") && option.stderr.contains("another decision in"));
        assert!(file.stderr.contains(&format!("weights rounded to {precision}, taken as f32")), "{}", file.stderr);
        assert_ne!(option.stdout, run(path, "predict m.safetensors --data digits --raw").stdout, "{precision}");
        let option =
            last(path, &format!("eval m.safetensors --data digits --part test --json --precision {precision}"));
        let of_file = run(path, &format!("eval {name} --data digits --part test --json"));
        let of_file: Value = serde_json::from_str(&of_file.stdout).unwrap();
        assert_eq!(
            (&option["test_loss"], &option["weights_sha256"]),
            (&of_file["test_loss"], &of_file["weights_sha256"])
        );
        let before = last(path, "eval m.safetensors --data digits --part test --json");
        let rounding = &option["rounding"];
        assert_eq!((&rounding["loss_before"], &rounding["precision"]), (&before["test_loss"], &precision.into()));
        assert!(rounding["share"].as_f64().unwrap() < 0.02 && before["rounding"].is_null(), "{rounding}");
    }
    let said = succeed(path, "eval m.safetensors --data digits --part test --precision int8");
    assert!(said.contains("int8 weights: over") && said.contains("before rounding: loss"), "{said}");
    // Training goes on from the rounded weights, as f32.
    let from = run(path, "train --data digits --epochs 1 --quiet --from int8.safetensors --save n.safetensors");
    assert!(from.code == 0 && from.stderr.contains("weights rounded to int8, taken as f32"), "{}", from.stderr);
}

#[test]
fn more_than_the_tolerance_is_exit_code_1_and_nothing_is_written() {
    let folder = folder();
    let path = folder.path();
    succeed(path, "train --data iris --epochs 2 --quiet --save m.safetensors");
    succeed(path, "train --data iris --epochs 2 --quiet --dtype f64 --save d.safetensors");
    fs::write(path.join("v.csv"), "x,y\n1,2\n2,4.1\n3,6\n4,8.2\n5,10\n6,12.1\n7,14\n8,16\n9,18.1\n10,20\n").unwrap();
    succeed(path, "train --data v.csv --target y --epochs 2 --quiet --save v.safetensors");
    let before = names(path);
    for (args, code, says) in [
        ("predict v.safetensors --data v.csv --precision int8 --tolerance 0", 1, "a relative difference of outputs of"),
        (
            "predict v.safetensors --data v.csv --precision int8 --tolerance 0 --output p.csv",
            1,
            "is more than --tolerance",
        ),
        (
            "convert v.safetensors s.safetensors --precision int8 --data v.csv --tolerance 0",
            1,
            "is more than --tolerance",
        ),
        ("eval v.safetensors --data v.csv --part all --precision bf16 --tolerance 1e-9", 1, "is more than --tolerance"),
        ("convert m.safetensors s.safetensors --precision int8 --tolerance 0.1", 2, "--tolerance needs rows"),
        ("convert m.safetensors s.onnx --precision int8", 2, "--precision is for safetensors"),
        ("convert m.safetensors s.safetensors --tolerance 0.1", 2, "--precision"),
        ("predict m.safetensors --data iris --precision int4", 2, "int4"),
        ("predict m.safetensors --data iris --precision int8 --tolerance -1", 2, "-1"),
        ("predict d.safetensors --data iris --precision int8", 1, "weights of f64"),
        (
            "convert d.safetensors s.safetensors --precision f32 --data iris",
            2,
            "--data measures what weights of f32 lose",
        ),
    ] {
        let run = run(path, args);
        assert!(run.code == code && run.stderr.contains(says), "{args}: {} {}", run.code, run.stderr);
        assert!(run.stdout.is_empty(), "{args}: {}", run.stdout);
    }
    assert_eq!(names(path), before);
    // A model in f64 is narrowed by way of f32, and by f32 alone, too.
    for (precision, bytes) in [("f32", 1.0), ("bf16", 0.9), ("int8", 0.9)] {
        let converted = run(path, &format!("convert d.safetensors {precision}.safetensors --precision {precision}"));
        assert!(converted.code == 0 && converted.stderr.contains("rounded to f32 first"), "{}", converted.stderr);
        let size = |name: &str| fs::metadata(path.join(name)).unwrap().len() as f64;
        assert!(size(&format!("{precision}.safetensors")) < bytes * size("d.safetensors"), "{precision}");
        assert!(run(path, &format!("inspect {precision}.safetensors")).stdout.contains("f32"), "{precision}");
        let narrow = run(path, &format!("predict {precision}.safetensors --data iris --precision int8"));
        assert_eq!(narrow.code, 0, "{}", narrow.stderr);
    }
    let fits = run(path, "predict v.safetensors --data v.csv --precision int8 --tolerance 0.5");
    assert!(fits.code == 0 && fits.stdout.lines().count() == 10, "{}", fits.stderr);
    let plain = run(path, "predict m.safetensors --data iris").stdout;
    assert_eq!(run(path, "predict m.safetensors --data iris --precision f32 --tolerance 0").stdout, plain);
}

//! `--max-bytes`, and what costs more than it is worth: refused with exit code 1 and the option that helps.

use std::fs;

use crate::run::{feed, folder, names, run, succeed};

#[test]
fn a_file_beyond_max_bytes_is_refused_and_a_higher_limit_reads_it() {
    let folder = folder();
    let path = folder.path();
    fs::write(path.join("x.csv"), "1,2\n3,4\n5,6\n7,8\n").unwrap();
    fs::write(path.join("y.csv"), "0\n1\n0\n1\n").unwrap();
    succeed(
        path,
        "train --data x.csv --labels y.csv --hidden 3 --epochs 1 --holdout 0 --quiet --save m --max-bytes 16",
    );
    let model = fs::metadata(path.join("m")).unwrap().len();
    for (args, file, size) in [
        ("train --data x.csv --labels y.csv --hidden 3 --epochs 1 --max-bytes 15", "x.csv", 16),
        ("predict m --data x.csv --max-bytes 500", "m", model),
        ("inspect m --max-bytes 500", "m", model),
        ("eval m --data x.csv --labels y.csv --max-bytes 500", "m", model),
    ] {
        let limit = args.rsplit(' ').next().unwrap();
        let run = run(path, args);
        let expected = format!(
            "error: {file} has {size} bytes, more than the limit of {limit} bytes for a file; raise Limits::max_bytes to \
             read it, with --max-bytes 16G for example\n"
        );
        assert_eq!((run.code, run.stderr), (1, expected), "{args}");
    }
    succeed(path, "inspect m --max-bytes 2K");
    let fed = feed(path, &format!("predict m --max-bytes {model}"), "1,2\n".repeat(1000).as_bytes());
    assert_eq!(fed.code, 1);
    assert!(fed.stderr.contains("stdin has more bytes, more than the limit of"), "{}", fed.stderr);
    for (size, why) in [("0", "expected a number of bytes"), ("4GB", "such as 500000, 64K, 500M or 16G")] {
        let run = run(path, &format!("inspect m --max-bytes {size}"));
        assert!(run.code == 2 && run.stderr.contains(why), "{}", run.stderr);
    }
}

#[test]
fn a_png_of_a_network_too_deep_is_refused_and_an_svg_is_drawn() {
    let folder = folder();
    let sizes = vec!["1"; 3000].join("-");
    let run = run(folder.path(), &format!("graph --layers {sizes} --output g.png"));
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("pixels, more than 100000000, expected a smaller one; SVG has no such limit"));
    assert_eq!(names(folder.path()), [""; 0]);
    succeed(folder.path(), &format!("graph --layers {sizes} --output g.svg"));
}

#[test]
fn a_network_of_more_outputs_than_the_rows_have_classes_is_trained_further_and_saved() {
    let folder = folder();
    let path = folder.path();
    fs::write(path.join("x.csv"), "1,2\n3,4\n5,6\n7,8\n").unwrap();
    fs::write(path.join("y5.csv"), "0\n1\n0\n4\n").unwrap();
    fs::write(path.join("y2.csv"), "0\n1\n0\n1\n").unwrap();
    let train = "train --data x.csv --hidden 3 --epochs 1 --holdout 0 --quiet";
    succeed(path, &format!("{train} --labels y5.csv --classes 5 --save m"));
    succeed(path, "train --from m --data x.csv --labels y2.csv --epochs 1 --holdout 0 --quiet --save n");
    let text = succeed(path, "inspect n --json");
    assert!(text.contains(r#"["0","1","2","3","4"]"#), "{text}");
}

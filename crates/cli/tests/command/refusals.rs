//! Bad input: the exit code, a message that names the file, the place, what was found and what was expected, and a
//! folder in which nothing has changed.

use std::fs;
use std::path::Path;

use chainrule::data::{write_npy, write_npy_labels};

use crate::run::{feed, folder, names, run, succeed};

/// Four rows of three columns and their labels, a model for them, and spoilt versions of each.
fn files(folder: &Path) {
    let write = |name: &str, bytes: &[u8]| fs::write(folder.join(name), bytes).unwrap();
    let rows: Vec<f32> = (0..12).map(|x| x as f32 / 12.0).collect();
    write_npy(folder.join("x.npy"), 4, 3, &rows).unwrap();
    write_npy(folder.join("wide.npy"), 3, 4, &rows).unwrap();
    write_npy_labels(folder.join("y.npy"), &[0, 1, 0, 1]).unwrap();
    write_npy_labels(folder.join("y3.npy"), &[0, 1, 0]).unwrap();
    write_npy_labels(folder.join("large.npy"), &[0, 1, 7, 1]).unwrap();
    let mut spoilt = rows.clone();
    spoilt[7] = f32::NAN;
    write_npy(folder.join("nan.npy"), 4, 3, &spoilt).unwrap();
    write("y.csv", b"0\n1\n0.5\n1\n");
    write("negative.csv", b"0\n1\n0\n-1\n");
    write("inf.csv", b"a,b,c\n1,2,3\n4,inf,6\n");
    write("ragged.csv", b"1,2,3\n4,5\n");
    write("word.csv", b"1,2,3\n4,five,6\n");
    write("empty.csv", b"");
    write("values.csv", b"0.5,1\n1,2\n3,4\n5,6\n");
    let npy = fs::read(folder.join("x.npy")).unwrap();
    write("short.npy", &npy[..npy.len() - 1]);
    write("long.npy", &[&npy[..], b"x"].concat());
    write("images.idx", &[&[0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 3][..], &[9; 6]].concat());
    write("short.idx", &[&[0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 3][..], &[9; 5]].concat());
    write("long.idx", &[&[0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 3][..], &[9; 7]].concat());
    write("magic.idx", &[&[0, 1, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 3][..], &[9; 6]].concat());
    write("zero.idx", &[0, 0, 8, 3, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 3]);
    succeed(folder, "train --data x.npy --labels y.npy --holdout 0 --epochs 1 --hidden 5,4 --quiet --save m");
    let model = fs::read(folder.join("m")).unwrap();
    write("short.safetensors", &model[..model.len() - 1]);
    write("long.safetensors", &[&model[..], b"x"].concat());
    fs::create_dir(folder.join("mnist")).unwrap();
}

fn refuse(folder: &Path, code: i32, args: &str, parts: &[&str]) {
    let before = names(folder);
    let run = run(folder, args);
    assert_eq!(run.code, code, "{args}: {}", run.stderr);
    assert!(run.stderr.starts_with("error: "), "{args}: {}", run.stderr);
    if args.contains("--json") {
        let line: serde_json::Value = serde_json::from_str(&run.stdout).expect("one JSON line");
        let kind = if code == 1 { "run" } else { "usage" };
        assert_eq!((&line["event"], &line["kind"], &line["exit_code"]), (&"error".into(), &kind.into(), &code.into()));
        let message = line["message"].as_str().unwrap();
        assert!(run.stderr.starts_with(&format!("error: {message}")), "{args}: {line} {}", run.stderr);
    } else {
        assert_eq!(run.stdout, "", "{args}");
    }
    for part in parts {
        assert!(run.stderr.contains(part), "{args}: {part:?} in {}", run.stderr);
    }
    assert_eq!(names(folder), before, "{args}");
}

#[test]
fn data_that_cannot_be_learned_from() {
    let folder = folder();
    files(folder.path());
    for (data, labels, parts) in [
        ("no.npy", "y.npy", &["cannot read no.npy: No such file"][..]),
        ("x.npy", "no.npy", &["cannot read no.npy: No such file"]),
        ("x.npy", "y3.npy", &["x.npy has 4 rows but y3.npy has 3"]),
        ("x.npy", "y.csv --task classification", &["y.csv, row 3: found label 0.5, expected a whole number"]),
        ("x.npy", "negative.csv --classes 2", &["negative.csv, row 4: found label -1, expected 0 to 1 for 2 classes"]),
        ("x.npy", "large.npy --classes 2", &["large.npy, row 3: found label 7, expected 0 to 1 for 2 classes"]),
        ("nan.npy", "y.npy", &["nan.npy, row 3, column 2: found a missing value", "column 2 1"]),
        ("inf.csv", "y.npy", &["inf.csv, row 2, column 2 (line 3): found inf, expected a finite number"]),
        ("ragged.csv", "y.npy", &["ragged.csv, row 2, column 3 (line 2): found 2 cells, expected 3 cells"]),
        ("word.csv", "y.npy", &["word.csv, row 2, column 2 (line 2): found \"five\", expected a number"]),
        ("empty.csv", "y.npy", &["empty.csv has no rows"]),
        ("short.npy", "y.npy", &["short.npy, header: found shape (4, 3)", "176 bytes in all, expected the 175 bytes"]),
        ("long.npy", "y.npy", &["long.npy, header: found shape (4, 3)", "176 bytes in all, expected the 177 bytes"]),
        ("short.idx", "y.npy", &["short.idx, byte 21: found the end, expected 22 bytes in all"]),
        ("long.idx", "y.npy", &["long.idx, byte 22: found more bytes, expected the end"]),
        ("magic.idx", "y.npy", &["magic.idx, byte ", "found ", "expected "]),
        ("zero.idx", "y.npy", &["zero.idx has no rows"]),
        ("images.idx", "y.npy", &["images.idx has 2 rows but y.npy has 4"]),
        (
            "x.npy",
            "values.csv --loss cross-entropy",
            &["targets, row 1: found ", "expected probabilities that add up to 1"],
        ),
        (".", "y.npy", &["the folder .", "expected a file, or mnist:."]),
        ("x.npy", "y.npy --holdout 0.001", &["holdout: found 0.001, expected ", "4 rows would split into 4 and 0"]),
        ("x.npy", "y.npy --test-data wide.npy --test-labels y3.npy", &["wide.npy: found 4 columns, expected 3"]),
        (
            "x.npy",
            "y.npy --test-data x.npy --test-labels large.npy",
            &["large.npy, row 3: found label 7, expected one of the classes 0, 1"],
        ),
    ] {
        let args = format!("train --json --save new --data {data} --labels {labels}");
        refuse(folder.path(), 1, &args, parts);
    }
    refuse(folder.path(), 1, "train --json --data mnist:mnist", &["train-images", "not found", "mnist/train-images"]);
    refuse(folder.path(), 1, "train --json --data mnist:nowhere", &["train-images", "nowhere/train-images"]);
}

#[test]
fn models_that_do_not_fit() {
    let folder = folder();
    files(folder.path());
    for (args, parts) in [
        ("inspect no", &["cannot read no: No such file"][..]),
        ("inspect x.npy", &["x.npy, byte 0: found an NPY file", "expected a model: safetensors"]),
        ("inspect short.safetensors", &["short.safetensors, header: found ", "expected a whole safetensors file"]),
        ("inspect long.safetensors", &["long.safetensors, header: found ", "expected a whole safetensors file"]),
        ("eval m --data wide.npy --labels y3.npy", &["wide.npy: found 4 columns, expected 3, the inputs"]),
        (
            "eval m --data x.npy --labels large.npy",
            &["large.npy, row 3: found label 7, expected one of the classes 0, 1"],
        ),
        ("eval m --data digits --part test --holdout 0.0001", &["digits: found 64 columns, expected 3"]),
        ("predict m --data wide.npy", &["wide.npy: found 4 columns, expected 3, the inputs"]),
        ("predict m --data nan.npy --output new.csv", &["nan.npy, row 3, column 2: found a missing value"]),
        ("predict m --data x.npy --output nowhere/p.npy", &["cannot write nowhere/p.npy: its folder does not exist"]),
        ("train --json --init m", &["digits: found 64 columns, expected 3, the inputs of the network"]),
        ("train --json --classes 2", &["digits, row 3: found label 2, expected 0 to 1 for 2 classes"]),
        (
            "train --json --init m --data x.npy --labels large.npy",
            &["large.npy, row 3: found label 7, expected one of the classes 0, 1"],
        ),
        (
            "train --json --init m --data wide.npy --labels y3.npy",
            &["wide.npy: found 4 columns, expected 3, the inputs"],
        ),
        ("train --json --init m --hidden 6 --save new", &["m: found hidden layers 5,4, expected 6, from --hidden"]),
        ("train --json --init m --activation tanh", &["m: found activation relu, expected tanh, from --activation"]),
        ("train --json --init m --norm batch", &["m: found normalisations none, expected batch, from --norm"]),
        ("train --json --init m --dropout 0.5", &["m: found dropout 0, expected 0.5, from --dropout"]),
        (
            "train --quiet --norm batch --data x.npy --labels y.npy --holdout 0 --batch 3",
            &[
                "batch: found 4 rows in batches of 3, the last of which has 1",
                "at least 2 rows in each, for batch_norm",
            ],
        ),
        ("train --json --init no --save new", &["cannot read no: No such file"]),
        ("train --json --hidden 99999999999", &["memory"]),
        ("train --json --threads 100000", &["threads: found 100000, expected at most"]),
    ] {
        refuse(folder.path(), 1, args, parts);
    }
}

#[test]
fn standard_input_that_is_no_table() {
    let folder = folder();
    files(folder.path());
    for (stdin, part) in [
        ("1,2,3\n4,x,6\n", "stdin, row 2, column 2 (line 2): found \"x\", expected a number"),
        ("1,2\n", "stdin: found 2 columns, expected 3, the inputs of the model"),
        ("", "stdin has no rows"),
    ] {
        let run = feed(folder.path(), "predict m", stdin.as_bytes());
        assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{stdin:?}");
        assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
        assert!(run.stderr.contains(part), "{}", run.stderr);
    }
}

#[test]
fn a_path_that_cannot_be_written_is_found_before_anything_is_read() {
    let folder = folder();
    files(folder.path());
    for (path, reason) in
        [("nowhere/m", "its folder does not exist"), (".", "it is a folder"), ("m/m", "cannot write m/m: ")]
    {
        // Had the data been read first, they would have been what is refused.
        let args = format!("train --json --data nan.npy --labels y.npy --save {path}");
        refuse(folder.path(), 1, &args, &["cannot write ", reason]);
    }
}

#[test]
fn bad_usage() {
    let folder = folder();
    files(folder.path());
    for (args, parts) in [
        ("trian", &["unrecognized subcommand 'trian'", "'train'"][..]),
        ("train --hiden 3", &["unexpected argument '--hiden'", "'--hidden'"]),
        ("train --activation sigmoyd", &["--activation", "did you mean \"sigmoid\"?"]),
        ("train --activation leaky_relu(x)", &["--activation", "unknown activation"]),
        ("train --norm bacth", &["--norm", "a similar value exists: 'batch'", "[possible values: layer, batch]"]),
        ("train --dropout 1", &["'1'", "--dropout", "expected a fraction from 0 (none) to below 1"]),
        ("train --dropout -0.5", &["'-0.5'", "--dropout", "expected a fraction"]),
        ("train --loss cros-entropy", &["--loss", "did you mean \"cross-entropy\"?"]),
        ("train --optimizer sdg", &["--optimizer", "did you mean \"sgd\"?"]),
        (
            "train --optimizer adam --momentum 0.9",
            &["--momentum is for sgd; adam takes --lr, --beta1", "Usage: chainrule train"],
        ),
        ("train --optimizer rmsprop --nesterov", &["--nesterov is for sgd; rmsprop takes --lr, --alpha"]),
        ("train --beta2 0.99", &["--beta2 is for adam and adamw; sgd takes --lr, --momentum, --nesterov and"]),
        ("train --nesterov", &["momentum is 0; expected more than 0, for nesterov", "Usage: chainrule train"]),
        ("train --momentum 1", &["'1'", "--momentum", "expected a number from 0 to below 1"]),
        ("train --optimizer adam --beta1 -0.1", &["'-0.1'", "--beta1", "expected a number from 0 to below 1"]),
        ("train --optimizer rmsprop --eps 0", &["'0'", "--eps", "expected a finite number above 0"]),
        ("train --weight-decay inf", &["'inf'", "--weight-decay", "expected a finite number, 0 or more"]),
        ("train --clip-norm 0", &["'0'", "--clip-norm", "expected a finite number above 0"]),
        ("train --clip-value -1", &["'-1'", "--clip-value", "expected a finite number above 0"]),
        ("train --clip-norm 1 --clip-value 1", &["'--clip-norm <NORM>' cannot be used with '--clip-value <VALUE>'"]),
        ("train --data didgits", &["--data", "did you mean \"digits\"?"]),
        ("train --data minst:x", &["--data", "did you mean \"mnist:FOLDER\"?"]),
        ("train --dtype f23", &["'f23'", "--dtype", "[possible values: f32, f64]"]),
        ("train --dtype f3", &["--dtype", "a similar value exists: 'f32'"]),
        ("train --patience 2 --monitor acuracy", &["--monitor", "a similar value exists: 'accuracy'"]),
        ("train --decay-of weight", &["--decay-of", "'weights'", "[possible values: all, weights, biases]"]),
        ("train --loss cros_entropy", &["\"cros_entropy\"", "did you mean \"cross-entropy\"?"]),
        ("train --preprocess standardice", &["--preprocess", "did you mean \"standardize\"?"]),
        ("train --preprocess scale:0", &["'scale:0'", "expected a finite number other than 0"]),
        ("train --batch 0", &["'0'", "--batch", "expected a whole number of at least 1"]),
        ("train --epochs 0", &["'0'", "--epochs", "expected a whole number of at least 1"]),
        ("train --threads 0", &["'0'", "--threads", "expected a whole number of at least 1"]),
        ("train --classes 0", &["'0'", "--classes", "expected a whole number of at least 1"]),
        ("train --epochs -3", &["'-3'", "--epochs", "expected a whole number of at least 1"]),
        ("train --batch 1.5", &["'1.5'", "--batch", "expected a whole number of at least 1"]),
        ("train --hidden 16,0", &["'16,0'", "at least 1 unit in each layer, found 0 in layer 2"]),
        ("train --hidden 16,x", &["'16,x'", "expected sizes separated by commas"]),
        ("train --holdout 1", &["'1'", "--holdout", "expected a fraction"]),
        ("train --holdout -0.1", &["'-0.1'", "--holdout", "expected a fraction"]),
        ("train --lr NaN", &["'NaN'", "--lr", "expected a finite number above 0"]),
        ("train --lr 0", &["'0'", "--lr", "expected a finite number above 0"]),
        ("train --lr -0.1", &["'-0.1'", "--lr", "expected a finite number above 0"]),
        ("train --seed -1", &["'-1'", "--seed", "expected a whole number"]),
        ("train --test-data digits --holdout 0.2", &["'--test-data <SOURCE>' cannot be used with '--holdout <SHARE>'"]),
        ("train --test-labels y.npy", &["--test-data <SOURCE>"]),
        ("train --data x.npy", &["x.npy", "--labels", "Usage: chainrule train"]),
        ("train --data x.npy --labels y.npy --test-data x.npy", &["--test-data x.npy", "--test-labels"]),
        ("train --labels y.npy", &["y.npy", "digits has its own labels"]),
        ("eval", &["<MODEL>", "--data"]),
        ("eval m", &["--data"]),
        ("eval m --data x.npy", &["x.npy", "--labels", "Usage: chainrule eval"]),
        ("eval m --data digits --part tset", &["--part", "a similar value exists: 'test'"]),
        ("eval m --data digits --part all --holdout 0.5", &["--holdout", "--part all"]),
        ("predict", &["<MODEL>"]),
        ("predict m --data x.npy --output p.txt", &["'p.txt'", "expected a name that ends in .npy or .csv"]),
        ("predict m --data imagenet", &["--data", "unknown data source"]),
        ("inspect", &["<MODEL>"]),
        ("train --json --epochs 0", &["'0'", "--epochs"]),
        ("train --json --data x.npy", &["x.npy", "--labels"]),
        ("inspect --json", &["<MODEL>"]),
    ] {
        refuse(folder.path(), 2, args, parts);
    }
}

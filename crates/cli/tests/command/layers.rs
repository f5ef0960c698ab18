//! `--layers`: the order of the layers of files that do not tell it.

use std::fs;
use std::path::Path;

use crate::run::{folder, run, succeed};

/// A safetensors file of dense layers of two inputs, two outputs and no bias; of each its name and its numbers, row by row.
fn squares(path: &Path, layers: &[(&str, [f32; 4])]) {
    let entry = |(i, (name, _)): (usize, &(&str, [f32; 4]))| {
        format!(r#""{name}.weight":{{"dtype":"F32","shape":[2,2],"data_offsets":[{},{}]}}"#, 16 * i, 16 * i + 16)
    };
    let header = format!("{{{}}}", layers.iter().enumerate().map(entry).collect::<Vec<_>>().join(","));
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.bytes());
    layers.iter().for_each(|(_, numbers)| numbers.iter().for_each(|x| bytes.extend(x.to_le_bytes())));
    fs::write(path, bytes).unwrap();
}

const SWAP: [f32; 4] = [0.0, 1.0, 1.0, 0.0];
const FIRST_TWICE: [f32; 4] = [2.0, 0.0, 0.0, 1.0];

#[test]
fn the_option_decides_the_order_for_predictions() {
    let folder = folder();
    let folder = folder.path();
    squares(&folder.join("m"), &[("back", SWAP), ("front", FIRST_TWICE)]);
    fs::write(folder.join("x.csv"), "3,5\n3,7\n").unwrap();
    let predict = "predict m --activation relu --task classification --data x.csv";
    let refused = run(folder, predict);
    assert_eq!((refused.code, &*refused.stdout), (1, ""));
    let words = "m: its layers fit in more than one order, and their names do not tell which is right (back, front) \
                 (front, back): name their order, with --layers back,front for example";
    assert!(refused.stderr.contains(words), "{}", refused.stderr);

    // (3, 5) -> (6, 5) -> (5, 6), and (3, 7) -> (6, 7) -> (7, 6).
    assert_eq!(succeed(folder, &format!("{predict} --layers front,back")), "1\n0\n");
    // (3, 5) -> (5, 3) -> (10, 3).
    assert_eq!(succeed(folder, &format!("{predict} --layers back,front")), "0\n0\n");
    for (layers, words) in [
        ("front,bakc", "unknown layer \"bakc\", did you mean \"back\"? (known: back, front)"),
        ("front", "order of layers: found no `back`, expected each of the 2 layers once: back, front"),
        ("front,front", "order of layers: found `front` twice, expected each layer once"),
    ] {
        let refused = run(folder, &format!("{predict} --layers {layers}"));
        assert!(refused.code == 1 && refused.stderr.contains(words), "{layers}: {}", refused.stderr);
    }
}

#[test]
fn a_guess_by_names_is_told_on_standard_error() {
    let folder = folder();
    let folder = folder.path();
    squares(&folder.join("m"), &[("decoder", SWAP), ("encoder", FIRST_TWICE)]);
    fs::write(folder.join("x.csv"), "3,5\n3,7\n").unwrap();
    let told = run(folder, "predict m --activation relu --task classification --data x.csv");
    assert_eq!((told.code, &*told.stdout), (0, "1\n0\n"));
    let note = "note: m: layers are taken in the order encoder, decoder, by their names; --layers decides\n";
    assert_eq!(told.stderr, note);
    assert_eq!(
        succeed(folder, "predict m --activation relu --task classification --data x.csv --layers decoder,encoder"),
        "0\n0\n"
    );
}

#[test]
fn every_command_that_opens_a_model_takes_the_option() {
    let folder = folder();
    let folder = folder.path();
    squares(&folder.join("m"), &[("back", SWAP), ("front", FIRST_TWICE)]);
    fs::write(folder.join("x.csv"), "3,5\n3,7\n1,2\n2,1\n").unwrap();
    fs::write(folder.join("y.csv"), "1\n0\n0\n1\n").unwrap();
    let data = "--data x.csv --labels y.csv";
    for command in [
        "inspect m".to_owned(),
        "graph m".to_owned(),
        format!("eval m {data} --task classification"),
        format!("trace m {data}"),
        format!("gradcheck m {data} --loss cross-entropy"),
        format!("doctor m {data}"),
        format!("train --init m {data} --holdout 0 --epochs 1 --batch 4"),
    ] {
        let command = format!("{command} --activation tanh");
        let refused = run(folder, &command);
        assert!(refused.stderr.contains("--layers back,front for example"), "{command}: {}", refused.stderr);
        let ran = run(folder, &format!("{command} --layers front,back"));
        // The doctor and the check of gradients may find something; they then have run.
        assert!(ran.code == 0 || !ran.stderr.contains("error"), "{command}: {}", ran.stderr);
        assert!(!ran.stdout.is_empty(), "{command}");
    }
}

#[test]
fn the_option_without_a_model_file_is_bad_usage() {
    let folder = folder();
    let folder = folder.path();
    fs::write(folder.join("x.csv"), "3,5\n3,7\n").unwrap();
    fs::write(folder.join("y.csv"), "1\n0\n").unwrap();
    for command in ["train --layers a,b", "gradcheck --data x.csv --labels y.csv --layers a,b"] {
        let refused = run(folder, command);
        assert!(refused.code == 2 && refused.stderr.contains("--layers orders the layers"), "{}", refused.stderr);
    }
    let refused = run(folder, "graph --layers a,b");
    assert!(refused.code == 2 && refused.stderr.contains("such as 2-4-3-1; found \"a,b\""), "{}", refused.stderr);
    assert!(succeed(folder, "graph --layers 2-4-3-1").contains("flowchart"));
}

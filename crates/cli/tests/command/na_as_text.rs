//! `NA` that is a text: Namibia, sodium, a class. Only where it is said; a model remembers it.

use std::fs;
use std::path::Path;

use crate::run::{folder, run, succeed};

/// Towns of countries, `NA` among them, a number with holes, and a class that is called `None`.
fn towns(path: &Path) {
    let mut text = "country,size,kind\n".to_owned();
    for row in 0..90 {
        let country = ["NA", "DE", "null", "FR"][row % 4];
        let size = if row % 10 == 7 { "NA".to_owned() } else { (row * 37 % 90).to_string() };
        let kind = ["None", "port", "na"][row * 7 % 3];
        text += &format!("{country},{size},{kind}\n");
    }
    fs::write(path.join("towns.csv"), text).unwrap();
}

const TRAIN: &str = "train --data towns.csv --target kind --hidden 4 --epochs 2 --missing median";

#[test]
fn texts_such_as_na_are_categories_and_classes_where_that_is_said_and_the_model_remembers() {
    let folder = folder();
    let path = folder.path();
    towns(path);
    succeed(path, &format!("{TRAIN} --na-as-text country,kind --save m --quiet"));
    let shown = succeed(path, "inspect m --json");
    for part in ["country=DE", "country=FR", "country=NA", "country=null", "[\"None\",\"na\",\"port\"]"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    // All of the rows have a class and a country; sizes are filled.
    let tested = succeed(path, "eval m --data towns.csv");
    assert!(!tested.contains("left out"), "{tested}");
    // Whichever way the target is named.
    assert_eq!(succeed(path, "eval m --data towns.csv --target 3"), tested);
    let row = |country: &str| {
        fs::write(path.join("new.csv"), format!("country,size\n{country},5\n")).unwrap();
        run(path, "predict m --data new.csv --raw")
    };
    let (na, null) = (row("NA"), row("null"));
    assert_eq!((na.code, null.code), (0, 0), "{} {}", na.stderr, null.stderr);
    assert_ne!(na.stdout, null.stdout, "two categories");
    assert!(!na.stderr.contains("fill"), "{}", na.stderr);
    // What it knows it knows of texts in memory, and in files that were made of it.
    succeed(path, "export m --to json --out m.json");
    fs::write(path.join("new.csv"), "country,size\nNA,5\n").unwrap();
    assert_eq!(succeed(path, "predict m.json --data new.csv --raw"), na.stdout);
    let on = succeed(path, "train --from m --data towns.csv --epochs 1");
    assert!(on.contains("rows are split as when the model was trained"), "{on}");
}

#[test]
fn without_it_they_are_missing_and_the_message_says_what_to_type() {
    let folder = folder();
    let path = folder.path();
    towns(path);
    let refused = run(path, "train --data towns.csv --target size --task regression --drop kind --epochs 1");
    assert_eq!(refused.code, 1);
    let told = "country 45; country holds texts, and if NA is one of them: --na-as-text country";
    assert!(refused.stderr.contains(told), "{}", refused.stderr);
    let text = fs::read_to_string(path.join("towns.csv")).unwrap();
    let lines: Vec<String> =
        text.lines().enumerate().map(|(at, line)| format!("{line},{at}\n").replace(",0\n", ",x\n")).collect();
    fs::write(path.join("kinds.csv"), lines.concat()).unwrap();
    let refused = run(path, "train --data kinds.csv --target kind --drop country,size --epochs 1");
    assert!(refused.stderr.contains("if it names a class: --na-as-text kind"), "{}", refused.stderr);
    // A number is no text, in a file that knows its types.
    succeed(path, "train --data iris --hidden 4 --epochs 1 --save i --quiet");
    assert_eq!(run(path, "predict i --data iris --raw --output x.npy").code, 0);
    assert_eq!(run(path, "predict i --data iris --output y.npy").code, 0);
    let refused = run(path, "train --data x.npy --labels y.npy --epochs 1 --na-as-text 2");
    assert!(refused.code == 1 && refused.stderr.contains("which holds numbers"), "{}", refused.stderr);
    fs::write(path.join("x.csv"), "a,b\n1,2\n3,4\n").unwrap();
    let refused = run(path, "train --data x.csv --target b --na-as-text c");
    assert_eq!(refused.code, 1);
    assert!(refused.stderr.contains("unknown column \"c\""), "{}", refused.stderr);
    let images = run(path, "train --data digits --na-as-text 1");
    assert_eq!(images.code, 2, "{}", images.stderr);
    assert!(images.stderr.contains("--na-as-text"), "{}", images.stderr);
}

use std::fs;

use super::*;
use crate::data::Request;

/// A folder with these files.
fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    files.iter().for_each(|(name, bytes)| fs::write(folder.path().join(name), bytes).unwrap());
    folder
}

/// 2 images of 1x2.
const IMAGES: &[u8] = &[0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 9, 8, 7, 6];

#[test]
fn names_and_paths_are_told_apart() {
    let parse = |text| Source::parse(text).unwrap();
    assert_eq!(parse("digits"), Source::Digits);
    assert_eq!(parse("mnist:/data/mnist"), Source::Mnist("/data/mnist".into()));
    for path in ["x.npy", "./digits", "/a:b/x.idx", "C:\\x.npy", "a/b", "Cargo.toml", "src", "x.npz:key", "a/x.npz:b/c"]
    {
        assert_eq!(parse(path), Source::File(path.into()));
        assert_eq!(parse(path).to_string(), path);
    }
}

#[test]
fn an_unknown_name_comes_with_the_nearest() {
    for (text, meant) in [
        ("digit", Some("digits")),
        ("Digits", Some("digits")),
        ("minst:/data", Some("mnist:FOLDER")),
        ("mnist", Some("mnist:FOLDER")),
        ("mnist:", Some("mnist:FOLDER")),
        ("mnits:/data/x.y", Some("mnist:FOLDER")),
    ] {
        let Error::UnknownName { nearest, known, .. } = Source::parse(text).unwrap_err() else { panic!("{text}") };
        assert_eq!(nearest.as_deref(), meant, "{text}");
        assert!(known.contains(&"digits".to_owned()) && known.contains(&"the path of a file".to_owned()));
    }
    assert!(Source::parse("").is_err());
}

#[test]
fn errors_name_the_file_they_come_from() {
    let folder = folder(&[("images.idx", IMAGES), ("labels.idx", &[0, 0, 8, 1, 0, 0, 0, 2, 0, 3]), ("empty", b"")]);
    let path = |name: &str| folder.path().join(name);
    let message = |data: &str, labels: &str| {
        let mut request = Request::new(Source::File(path(data)));
        request.labels = Some(path(labels));
        request.read().unwrap_err().to_string()
    };
    assert!(message("no.idx", "labels.idx").contains("cannot read"));
    assert!(message("images.idx", "no.idx").contains("no.idx"));
    assert!(message("labels.idx", "labels.idx").contains("labels.idx, byte 3: found 1 dimension"));
    assert!(message("images.idx", "images.idx").contains("images.idx, byte 3: found 3 dimensions"));
    assert!(message("empty", "labels.idx").contains("empty, byte 0: found the end"));
    assert!(message("", "labels.idx").contains("a file, or mnist:"));
    assert!(message("images.idx", "").contains("it is a folder"));
}

#[test]
fn a_wrong_file_is_read_by_what_its_name_promises() {
    let folder = folder(&[("x.idx", b"1,2\n"), ("train-ubyte", b"PK\x03\x04"), ("x", b"PK\x03\x04")]);
    for (name, found) in [("x.idx", "(text)"), ("train-ubyte", "(a zip archive)"), ("x", "found a zip archive")] {
        let message = read_features::<f32>(folder.path().join(name)).unwrap_err().to_string();
        assert!(message.contains(found), "{message}");
    }
}

#[cfg(feature = "csv")]
#[test]
fn files_that_a_pattern_fits_are_one_table_in_the_order_of_their_names() {
    let folder = folder(&[
        ("part-2.csv", b"b,a\n4,3\n"),
        ("part-1.csv", b"a,b\n1,2\n"),
        ("other.csv", b"a,b\n9,9\n"),
        ("bad-1.csv", b"a,b\n1,2\n"),
        ("bad-2.csv", b"a,b\n1,2\n3\n"),
        ("lacks-1.csv", b"a,b\n1,2\n"),
        ("lacks-2.csv", b"a,c\n1,2\n"),
    ]);
    let parse = |pattern: &str| Source::parse(&folder.path().join(pattern).display().to_string());
    let source = parse("part-*.csv").unwrap();
    assert!(source.to_string().ends_with("part-2.csv (2 files)"), "{source}");
    assert!(!source.has_targets());
    assert_eq!(*source.load_features::<f64>().unwrap().data(), [1.0, 2.0, 3.0, 4.0]);
    let whole = source.read_table(&TextFormat::default(), Limits::default().into()).unwrap();
    assert!(whole.origin().contains("part-1.csv to ") && whole.notes().iter().any(|note| note.starts_with("2 files")));
    assert_eq!(parse("oth?r.csv").unwrap(), Source::File(folder.path().join("other.csv")));
    assert!(parse("none-*.csv").unwrap_err().to_string().contains("which no file fits"));
    let message = |pattern: &str| parse(pattern).unwrap().load_features::<f64>().unwrap_err().to_string();
    assert!(
        message("bad-*.csv").contains("bad-2.csv, row 2, column 2 (line 3): found 1 cell"),
        "{}",
        message("bad-*.csv")
    );
    assert!(message("lacks-*.csv").contains("lacks-2.csv, header: found no column \"b\""));
}

#[cfg(feature = "npy")]
#[test]
fn npy_is_told_by_its_bytes_whatever_the_name() {
    let folder = folder(&[("x.npy", b"not one, though it says so"), ("images.idx", IMAGES)]);
    let path = folder.path().join("anything");
    crate::data::write_npy(&path, 2, 1, &[0.5f32, 1.5]).unwrap();
    assert_eq!(*read_features::<f64>(&path).unwrap().data(), [0.5, 1.5]);
    crate::data::write_npy_labels(&path, &[1, 0]).unwrap();
    assert!(matches!(read_targets::<f32>(&path, None).unwrap(), Targets::Classes { classes: 2, .. }));
    let message = read_features::<f32>(folder.path().join("x.npy")).unwrap_err().to_string();
    assert!(message.contains("expected an NPY file"), "{message}");
}

#[cfg(not(any(feature = "npy", feature = "csv")))]
#[test]
fn a_format_that_was_left_out_says_how_to_get_it() {
    let folder = folder(&[("x.csv", b"1,2\n"), ("x.npy", b"\x93NUMPY\x01\x00")]);
    for (name, feature) in [("x.csv", "csv"), ("x.npy", "npy")] {
        let message = read_features::<f32>(folder.path().join(name)).unwrap_err().to_string();
        assert!(message.contains(&format!("with feature {feature:?}")), "{message}");
        assert!(read_targets::<f32>(folder.path().join(name), None).is_err());
    }
}

//! What `train` writes of its epochs beside the model: curves as SVG or PNG, TensorBoard's event files.

use std::fs;

use crate::run::{folder, names, run, succeed};

const TRAIN: &str = "train --data iris --epochs 20 --hidden 8 --quiet";

#[test]
fn curves_stand_alone() {
    let folder = folder();
    succeed(folder.path(), &format!("{TRAIN} --schedule cosine --curves curves.svg"));
    let svg = fs::read_to_string(folder.path().join("curves.svg")).unwrap();
    assert!(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\"") && svg.ends_with("</svg>\n"));
    for part in [">Loss<", ">Accuracy<", ">Learning rate<", ">training<", ">validation<", "prefers-color-scheme"] {
        assert!(svg.contains(part), "{part}");
    }
    // Loss and accuracy of both parts, and the rate.
    assert_eq!(svg.matches("<polyline").count(), 5);
    for line in svg.lines().filter(|line| line.starts_with("<polyline")) {
        assert_eq!(line.split(' ').filter(|word| word.contains(',')).count(), 20, "{line}");
    }
    assert_eq!(svg.matches("http").count(), 1, "nothing is asked for from elsewhere");
}

#[test]
fn curves_are_pixels_where_the_name_says_so() {
    let folder = folder();
    succeed(folder.path(), &format!("{TRAIN} --curves curves.PNG"));
    let file = fs::read(folder.path().join("curves.PNG")).unwrap();
    // Loss and accuracy side by side, two pixels a point.
    assert_eq!((&file[..8], &file[16..24]), (&b"\x89PNG\r\n\x1a\n"[..], &[0, 0, 7, 48, 0, 0, 2, 88][..]));
}

#[test]
fn curves_are_refused_before_the_run_where_they_cannot_be_written() {
    let folder = folder();
    for (curves, code) in [("curves.gif", 2), ("absent/curves.svg", 1)] {
        let refused = run(folder.path(), &format!("{TRAIN} --curves {curves} --save m"));
        assert!(refused.code == code && refused.stderr.contains(curves), "{refused:?}");
    }
    assert!(names(folder.path()).is_empty());
}

#[test]
fn event_files_go_to_a_folder_and_grow_with_the_epochs() {
    let folder = folder();
    let size = |board: &str| {
        let names = names(&folder.path().join(board));
        assert!(names.len() == 1 && names[0].starts_with("events.out.tfevents."), "{names:?}");
        let file = fs::read(folder.path().join(board).join(&names[0])).unwrap();
        let count = |tag: &str| file.windows(tag.len()).filter(|part| *part == tag.as_bytes()).count();
        [count("brain.Event:2"), count("loss/train"), count("accuracy/validation"), count("r2/validation")]
    };
    succeed(folder.path(), &format!("{TRAIN} --tensorboard logs/a"));
    assert_eq!(size("logs/a"), [1, 20, 20, 0]);
    succeed(folder.path(), "train --data diabetes --epochs 5 --quiet --tensorboard b");
    assert_eq!(size("b"), [1, 5, 0, 5]);
    fs::write(folder.path().join("file"), "").unwrap();
    let refused = run(folder.path(), &format!("{TRAIN} --tensorboard file"));
    assert!(refused.code == 2 && refused.stderr.contains("file is a file"), "{refused:?}");
}

//! Rows to test on that the model has learned from: those to validate on are learned from in the end, too.

use std::fmt::Write as _;
use std::fs;

use crate::run::{folder, run, succeed};

#[test]
fn copies_of_rows_to_validate_on_count_where_these_are_learned_from_in_the_end() {
    let folder = folder();
    let path = folder.path();
    let mut text = "a,b,y\n".to_owned();
    // Each row twice.
    for row in (0..200_u32).chain(0..200) {
        writeln!(text, "{},{}.5,{}", row * 7919 % 997, row * 104_729 % 1009, row % 2).unwrap();
    }
    fs::write(path.join("x.csv"), text).unwrap();
    let shared =
        |text: &str| text.lines().find(|line| line.contains("are trained on too")).expect("a warning").to_owned();
    let found = shared(&succeed(path, "data x.csv --target y"));
    let number = |line: &str| line.split("; ").last().unwrap().split(' ').next().unwrap().parse::<usize>().unwrap();
    let count = number(&found);
    // Trained anew on all rows but those that `data` holds out, as it counts.
    let again = shared(&run(path, "train --data x.csv --target y --validation 0.2").stderr);
    assert_eq!(again, format!("warning: {count} of 80 rows held out are trained on too: the score will be too good"));
    let kept = shared(&run(path, "train --data x.csv --target y --validation 0.2 --no-refit").stderr);
    assert!(kept.contains("of 144 rows to validate and test on are trained on too"), "{kept}");
    let alone = shared(&run(path, "train --data x.csv --target y --validation 0.2 --holdout 0").stderr);
    assert!(alone.contains("of 80 rows to validate on are trained on too"), "{alone}");
}

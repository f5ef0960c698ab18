//! CSV files: what is parsed, written by the library and parsed again is the same, shape and bits, as features of both
//! types and as targets.

use super::{ORIGIN, all_finite, same_bits};
use chainrule::Scalar;
use chainrule::data::{Targets, parse_csv_features, parse_csv_targets, write_csv_to};

pub(crate) fn check(bytes: &[u8]) -> bool {
    let tables = [features::<f32>(bytes), features::<f64>(bytes)];
    let answers = [targets(bytes, None), targets(bytes, Some(10))];
    tables.into_iter().chain(answers).any(|accepted| accepted)
}

fn features<T: Scalar>(bytes: &[u8]) -> bool {
    let Ok(table) = parse_csv_features::<T>(ORIGIN, bytes) else { return false };
    let (rows, cols) = (table.rows(), table.cols());
    assert_eq!(table.data().len(), rows * cols, "{rows} rows of {cols}");
    assert!(all_finite(&table.data()), "a feature that is not finite");
    let mut file = Vec::new();
    write_csv_to(&mut file, cols, &table.data()).expect("a vector takes everything");
    let again = parse_csv_features::<T>("written", &file[..]).expect("what was written is read");
    assert_eq!((again.rows(), again.cols()), (rows, cols));
    assert!(same_bits(&again.data(), &table.data()), "read again, the numbers differ");
    true
}

fn targets(bytes: &[u8], classes: Option<usize>) -> bool {
    let Ok(targets) = parse_csv_targets::<f64>(ORIGIN, bytes, classes) else { return false };
    let mut file = Vec::new();
    let classes = match &targets {
        Targets::Classes { labels, classes } => {
            assert!(labels.iter().all(|&label| (label as usize) < *classes), "a label past {classes} classes");
            write_csv_to(&mut file, 1, labels).expect("a vector takes everything");
            Some(*classes)
        }
        Targets::Values { values, cols } => {
            assert!(all_finite(values), "a target that is not finite");
            write_csv_to(&mut file, *cols, values).expect("a vector takes everything");
            classes
        }
    };
    let again = parse_csv_targets::<f64>("written", &file[..], classes);
    assert_eq!(again.expect("what was written is read"), targets);
    true
}

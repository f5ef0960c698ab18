//! NPY files: what is parsed, written by the library and parsed again is the same, shape and bits, as features of both
//! types and as targets.

use super::{ORIGIN, all_finite, same_bits, written};
use chainrule::Scalar;
use chainrule::data::{Targets, parse_npy_features, parse_npy_targets, write_npy, write_npy_labels};

pub(crate) fn check(bytes: &[u8]) -> bool {
    let tables = [features::<f32>(bytes), features::<f64>(bytes)];
    let answers = [targets(bytes, None), targets(bytes, Some(10))];
    tables.into_iter().chain(answers).any(|accepted| accepted)
}

fn features<T: Scalar>(bytes: &[u8]) -> bool {
    let Ok(table) = parse_npy_features::<T>(ORIGIN, bytes) else { return false };
    let (rows, cols) = (table.rows(), table.cols());
    assert_eq!(table.data().len(), rows * cols, "{rows} rows of {cols}");
    assert!(all_finite(&table.data()), "a feature that is not finite");
    let file = written(|path| write_npy(path, rows, cols, &table.data()));
    let again = parse_npy_features::<T>("written", &file).expect("what was written is read");
    assert_eq!((again.rows(), again.cols()), (rows, cols));
    assert!(same_bits(&again.data(), &table.data()), "read again, the numbers differ");
    true
}

fn targets(bytes: &[u8], classes: Option<usize>) -> bool {
    let Ok(targets) = parse_npy_targets::<f64>(ORIGIN, bytes, classes) else { return false };
    match &targets {
        Targets::Classes { labels, classes } => {
            assert!(labels.iter().all(|&label| (label as usize) < *classes), "a label past {classes} classes");
            let file = written(|path| write_npy_labels(path, labels));
            let again = parse_npy_targets::<f64>("written", &file, Some(*classes));
            assert_eq!(again.expect("what was written is read"), targets);
        }
        Targets::Values { values, cols } => {
            assert!(all_finite(values), "a target that is not finite");
            let file = written(|path| write_npy(path, values.len() / cols, *cols, values));
            let again = parse_npy_targets::<f64>("written", &file, classes);
            assert_eq!(again.expect("what was written is read"), targets);
        }
    }
    true
}

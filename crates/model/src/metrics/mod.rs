//! Metrics: how good answers are, once they are there. The definitions are scikit-learn's, whose numbers the tests hold
//! them to (`scripts/sklearn-reference-metrics`); where one would divide by 0 it says what it answers instead.
//!
//! Everything is added up in f64 and in order, at a cost that grows with rows and classes and not with the product of classes
//! and classes. Arguments that do not fit each other are a caller's bug: they panic, with both numbers.

mod confusion;
mod ranking;
mod regression;
mod scores;

use chainrule_kernel::Scalar;

pub use confusion::ConfusionMatrix;
pub use ranking::{log_loss, roc_auc, roc_auc_one_vs_rest, top_k};
pub use regression::{mae, mse, r2};
pub use scores::{Average, ClassScores};

/// The index of the largest element, the first of equals; 0 when all are NaN.
///
/// # Panics
/// When there are no elements.
pub fn argmax<T: Scalar>(row: &[T]) -> usize {
    assert!(!row.is_empty(), "the largest of 0 elements");
    let mut best = 0;
    for (i, x) in row.iter().enumerate() {
        // A NaN in first place gives way to any number.
        if *x > row[best] || (row[best].partial_cmp(&row[best]).is_none() && x.partial_cmp(x).is_some()) {
            best = i;
        }
    }
    best
}

/// Refuses another number of scores than `classes` for each label, and labels that are no class.
fn check_scores(scores: usize, classes: usize, labels: &[u32]) {
    let rows = labels.len();
    assert!(rows.checked_mul(classes) == Some(scores), "{scores} scores, for {rows} labels and {classes} classes");
    if let Some(row) = labels.iter().position(|&label| label as usize >= classes) {
        panic!("row {row} has label {}, of {classes} classes", labels[row]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn argmax_takes_the_first_of_equals_and_passes_over_nan() {
        assert_eq!(argmax(&[1.0, 3.0, 3.0]), 1);
        assert_eq!(argmax(&[f32::NAN, -1.0, f32::NAN]), 1);
        assert_eq!(argmax(&[f64::NAN]), 0);
        assert_eq!(argmax(&[-1.0, f64::NAN, 2.0]), 2);
    }
}

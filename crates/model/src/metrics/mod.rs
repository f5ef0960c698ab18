//! Metrics: how good answers are, once they are there. The definitions are scikit-learn's, whose numbers the tests hold
//! them to (`scripts/sklearn-reference-metrics`); where one would divide by 0 it says what it answers instead.
//!
//! Everything is added up in f64 and in order.

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
pub fn argmax<T: Scalar>(row: &[T]) -> usize {
    let mut best = 0;
    for (i, x) in row.iter().enumerate() {
        // A NaN in first place gives way to any number.
        if *x > row[best] || (row[best].partial_cmp(&row[best]).is_none() && x.partial_cmp(x).is_some()) {
            best = i;
        }
    }
    best
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

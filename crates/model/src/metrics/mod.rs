//! Metrics of predictions, by scikit-learn's definitions; the tests compare with its numbers
//! (`scripts/sklearn-reference-metrics`). Where a metric would divide by 0, its documentation says what it returns.
//!
//! Sums are in f64 and in order; the cost is linear in rows and classes, not quadratic in classes. Arguments whose sizes do
//! not match are a bug of the caller: the functions panic, with both sizes.

mod argmax;
mod baseline;
mod calibration;
mod check;
mod confusion;
mod interval;
mod ranking;
mod regression;
mod roc_curve;
mod scores;

pub use argmax::argmax;
pub use baseline::{ClassShares, MeanBaseline, binary_entropy};
pub use calibration::{CALIBRATION_BINS, CalibrationBin, CalibrationBins, brier_score};
pub use confusion::ConfusionMatrix;
pub use interval::{Interval, RunningMean};
pub use ranking::{log_loss, log_odds, roc_auc, roc_auc_one_vs_rest, top_k};
pub use regression::{mae, mse, r2};
pub use roc_curve::{RocPoint, roc_curve};
pub use scores::{Average, ClassScores};

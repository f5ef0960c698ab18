//! Metrics: how good answers are, once they are there. The definitions are scikit-learn's, whose numbers the tests hold
//! them to (`scripts/sklearn-reference-metrics`); where one would divide by 0 it says what it answers instead.
//!
//! Everything is added up in f64 and in order, at a cost that grows with rows and classes and not with the product of classes
//! and classes. Arguments that do not fit each other are a caller's bug: they panic, with both numbers.

mod argmax;
mod baseline;
mod calibration;
mod check;
mod confusion;
mod interval;
mod ranking;
mod regression;
mod scores;

pub use argmax::argmax;
pub use baseline::{ClassShares, MeanBaseline, binary_entropy};
pub use calibration::{CALIBRATION_BINS, CalibrationBin, CalibrationBins, brier_score};
pub use confusion::ConfusionMatrix;
pub use interval::{Interval, RunningMean};
pub use ranking::{log_loss, log_odds, roc_auc, roc_auc_one_vs_rest, top_k};
pub use regression::{mae, mse, r2};
pub use scores::{Average, ClassScores};

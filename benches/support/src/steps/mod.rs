//! Whole training steps and predictions: ours and those of rivals, verified and then timed in turns.
//!
//! - [`jobs`]: the networks, minibatches and optimisers that are timed.
//! - [`data`]: the rows that they see, and in which order.
//! - [`candidate`]: the interface of rivals, and the comparison of their results with ours.
//! - [`ours`], [`plain`], `loops`, [`naive`]: those without a framework. `plain` is written on a matrix product that
//!   a rival provides; `loops` has none, and needs the feature `vectors`.
//! - With the feature `report`, `timing`: rounds of samples; `record` and `figures`: their record.

pub mod candidate;
pub mod data;
#[cfg(feature = "report")]
pub mod figures;
pub mod jobs;
#[cfg(feature = "vectors")]
pub mod loops;
pub mod naive;
pub mod ours;
pub mod plain;
#[cfg(feature = "report")]
pub mod record;
#[cfg(feature = "report")]
pub mod timing;
mod vectors;

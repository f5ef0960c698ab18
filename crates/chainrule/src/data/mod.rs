//! Rows to learn from: where they come from, how they are checked, in which order they are served.
//!
//! Whatever enters is checked once, at the door: a [`Dataset`] holds finite numbers, labels below its number of
//! classes, and a target for every row. Nothing here trains; nothing here prints.

mod batches;
mod dataset;
mod digits;
mod features;
mod preprocess;
mod targets;

pub use batches::{Batches, Order};
pub use dataset::Dataset;
pub use digits::{DIGITS_CREDIT, digits};
pub use features::Features;
pub use preprocess::Preprocess;
pub use targets::{Targets, TargetsMut};

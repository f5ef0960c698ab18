//! Losses: one number that says how far an output is from its targets, and its gradient by the output, in one pass.
//!
//! `kind.rs` lists them, and `targets.rs` what they are measured against; each family has a file, value and gradient side by
//! side, which `evaluation.rs` calls. Rows are added up in order and in f64, so a loss does not depend on the number of threads.

mod binary_cross_entropy;
mod check;
mod cross_entropy;
mod errors;
mod evaluation;
pub(crate) mod kind;
pub(crate) mod objective;
pub(crate) mod targets;
mod text;

pub use kind::Loss;
pub use objective::{Objective, Reduction};
pub use targets::TargetsRef;
pub use text::LOSS_NAMES;

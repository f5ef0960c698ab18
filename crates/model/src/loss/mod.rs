//! Losses: the value and its gradient by the output, computed in one pass.
//!
//! `kind.rs` lists the losses and `targets.rs` the kinds of targets; each family of losses has a file, which
//! `evaluation.rs` calls. Rows are summed in order and in f64, so a loss does not depend on the number of threads.

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

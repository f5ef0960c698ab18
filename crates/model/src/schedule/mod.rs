//! How the learning rate changes while a run goes on: pure functions of the step, and [`Rates`], which remembers what the
//! only rule that looks at losses has seen.
//!
//! `kind.rs` lists the schedules. The command line is made from [`SCHEDULE_NAMES`] and the settings' names.

mod cosine;
mod kind;
mod rates;
mod text;

pub use kind::{SCHEDULE_NAMES, Schedule, Span, WarmUp};
pub use rates::Rates;

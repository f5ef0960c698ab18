//! Schedules of the learning rate: pure functions of the step, and [`Rates`], which holds the state of the schedule that
//! depends on validation losses.
//!
//! `kind.rs` lists the schedules. The options of the command are made from [`SCHEDULE_NAMES`] and the names of the
//! settings.

mod cosine;
mod kind;
mod rates;
mod text;

pub use kind::{SCHEDULE_NAMES, Schedule, Span, WarmUp};
pub use rates::{Rates, RatesState};

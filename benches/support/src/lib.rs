//! Shared by the benchmarks and the property tests across crates: random networks that a few numbers describe, their
//! naive references, bounds on the rounding errors of gradients, and the shapes that are timed.
//!
//! - [`Recipe`]: a small random network, its loss and a minibatch, as plain data that a failing test can print; a
//!   [`Case`] is that recipe with its numbers.
//! - [`Reference`]: the same network in naive loops.
//! - [`gradient_bounds`]: per element, how far a gradient computed in f32 (or f64) may lie from the true one.
//! - [`shapes`]: every size that is timed, in one place.
//! - [`steps`]: whole training steps and predictions, by chainrule and by rivals.
//!
//! With the feature `report`:
//!
//! - `caches`: the sizes of the caches.
//! - `operands` and `rounds`: candidates for one product, verified and then timed in turns.
//! - `record`, `summary`, `figures` and `chart`: what a run measured, as JSON lines, as the README's table, in a few lines,
//!   as a picture.
//! - `family` and `families`: which family a processor is of, and what was measured on each of them, side by side.
#![forbid(unsafe_code)]

mod bound;
#[cfg(feature = "report")]
pub mod caches;
#[cfg(feature = "report")]
pub mod chart;
#[cfg(feature = "report")]
pub mod families;
#[cfg(feature = "report")]
pub mod family;
#[cfg(feature = "report")]
pub mod figures;
#[cfg(feature = "report")]
pub mod operands;
mod recipe;
#[cfg(feature = "report")]
pub mod record;
mod reference;
#[cfg(feature = "report")]
pub mod rounds;
pub mod shapes;
#[cfg(feature = "report")]
pub mod stats;
pub mod steps;
#[cfg(feature = "report")]
pub mod summary;
#[cfg(feature = "report")]
mod timing;

pub use bound::{Roundoff, gradient_bounds};
pub use recipe::{Case, Goal, Recipe};
pub use reference::{Pass, Reference};

/// The repository's README is compiled with the tests: no published package holds it.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;

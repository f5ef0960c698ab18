//! chainrule
#![forbid(unsafe_code)]

pub mod atomic;
pub mod data;
mod error;
mod nearest;
mod place;

pub use error::{Error, Result};
pub use place::Place;

//! model
#![forbid(unsafe_code)]
pub mod random;

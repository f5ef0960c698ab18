//! The slow truth.
#![forbid(unsafe_code)]

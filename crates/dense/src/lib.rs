//! dense
#![forbid(unsafe_code)]

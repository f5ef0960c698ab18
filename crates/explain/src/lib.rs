//! explain
#![forbid(unsafe_code)]

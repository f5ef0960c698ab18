//! Random models of every kind, and what other programs make of them.

mod cases;
mod objects;
#[cfg(unix)]
mod sources;

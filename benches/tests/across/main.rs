//! One program, since each has to be linked: what spans the crates. `forked.rs` is its own, for nothing else may run beside
//! a fork.

mod gradients;
mod readme;
mod steps;

//! One program, since each has to be linked: what spans the crates.

#[cfg(unix)]
mod forked;
mod gradients;
mod readme;
mod steps;

//! One program, since each has to be linked: what spans the crates.

mod caches;
#[cfg(unix)]
mod forked;
mod gradients;
mod readme;
mod steps;

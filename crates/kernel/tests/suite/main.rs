//! One program for all tests that need no allocator of their own: linking is what a test program costs.

mod activations;
mod bitwise;
mod byte_lut;
mod caches;
mod cases;
mod contract;
mod dots;
mod epilogues;
mod few_rows;
mod functions;
#[cfg(unix)]
mod guard_pages;
mod interpreted;
mod narrow;
mod panics;
mod random_shapes;
mod sizes;
mod update;
mod views;

//! One test program, to link only once: the layer against naive loops, its plans, and what it refuses.

mod layer;
mod panics;
mod plans;

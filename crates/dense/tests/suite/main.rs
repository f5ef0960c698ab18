//! One program, since each has to be linked: the layer against naive loops, its plans, and what it refuses.

mod layer;
mod panics;
mod plans;

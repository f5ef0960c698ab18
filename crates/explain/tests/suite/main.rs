//! One program, since each has to be linked.

#![forbid(unsafe_code)]

mod pictures;
mod trace;

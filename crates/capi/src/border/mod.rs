//! The functions of the header. All of the crate's `unsafe` is here: what a function is given is turned into slices, texts and
//! places to write to (`memory.rs`, `structs.rs`, `callback.rs`), on the word of its caller, before anything is done with it.
//!
//! Each SAFETY comment below names what the header asks of a caller: every pointer that is not null points to as many elements
//! as the length beside it says, to a text that ends in NUL, or to one struct, and nothing else writes there during the call.

#![allow(unsafe_code)]

mod callback;
mod general;
mod memory;
mod model;
mod predict;
mod structs;
mod train;
mod trainer;

pub(crate) use callback::{ChainruleEpoch, ChainruleEpochCallback};

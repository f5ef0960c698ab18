//! Text and pictures from the numbers of a model. Nothing is computed here by a way of its own: what is shown is what
//! `chainrule-model` holds.

#![forbid(unsafe_code)]

pub mod doctor;
pub mod graph;
mod table;
pub mod trace;

pub use table::layer_table;

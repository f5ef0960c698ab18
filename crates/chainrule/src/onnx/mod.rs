//! ONNX: its schema, and graphs read as networks.
//!
//! A graph is walked from an output back to the input (`walk.rs`): each step finds the nodes that make up one layer, or
//! refuses the node by its operator and name. `network.rs` makes a model of the layers.

mod activations;
mod answers;
pub(crate) mod digest;
mod graph;
mod network;
mod norms;
mod piece;
mod read;
pub(crate) mod schema;
mod tensor;
mod walk;

pub(crate) use read::{is_one, model};

#[cfg(test)]
mod tests;

//! What a network is made of, as its builder, its files and its pictures name it: a sequence of modules, counted as
//! PyTorch's `nn.Sequential` counts them. Each has a room of its own in this folder, which holds it whole: `room.rs` says what
//! it answers. A new one is such a file, a variant in `kind.rs`, and its rows in `op.rs`.

mod activation;
mod batch_norm;
pub(crate) mod dense;
mod describe;
mod dropout;
pub(crate) mod kind;
mod layer_norm;
pub(crate) mod norm;
mod op;
pub(crate) mod room;
mod softmax;
mod statistics;

pub use kind::Layer;
pub(crate) use op::{Op, Place, each};

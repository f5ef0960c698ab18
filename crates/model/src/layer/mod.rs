//! The layers. A network is a sequence of modules, numbered as in PyTorch's `nn.Sequential`. Each kind has a file in this
//! folder with everything about it; the trait [`layer_op::LayerOp`] lists what such a file implements. A new layer is such a file,
//! a variant in `kind.rs`, and its rows in `op.rs`.

mod activation;
mod batch_norm;
pub(crate) mod dense;
mod describe;
mod dropout;
pub(crate) mod kind;
mod layer_norm;
pub(crate) mod layer_op;
pub(crate) mod norm;
mod op;
mod softmax;
mod statistics;

pub use kind::Layer;
pub(crate) use op::{Op, Place, each};

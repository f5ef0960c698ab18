//! Models for other programs: C and Rust sources that stand alone, arrays, JSON, ONNX.
//!
//! Every format holds the whole of a model as far as it can: how columns become features, the network in evaluation, and how
//! outputs are brought to the targets' unit. Logarithms (`--log1p`) are held by ONNX, within 4 units in the last place, and told
//! by JSON; other formats refuse them. `blueprint.rs` lays a model out, each format has files of its own.

mod blueprint;
mod c;
mod c_functions;
mod c_layers;
mod c_parts;
mod c_writer;
mod format;
mod fragments;
mod int8;
mod int8_cost;
mod json;
#[cfg(feature = "npy")]
mod npz;
mod onnx;
mod options;
mod rust;
mod rust_functions;
mod rust_parts;
mod samples;
#[cfg(test)]
mod tests;
mod text;
mod torch;
mod write;

pub(crate) use blueprint::Blueprint;
pub use format::ExportFormat;
pub use int8_cost::Int8Cost;
pub use options::ExportOptions;
pub(crate) use samples::predict;

//! A model as an ONNX graph.

mod columns;
mod graph;
mod model;
mod network;

pub(super) use model::file;

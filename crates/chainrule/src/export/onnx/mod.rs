//! A model as an ONNX graph.

mod columns;
mod graph;
mod logarithms;
mod model;
mod network;

pub(super) use model::file;

//! ONNX: its schema, and protobuf, in which its files are written.

pub(crate) mod encode;
pub(crate) mod schema;

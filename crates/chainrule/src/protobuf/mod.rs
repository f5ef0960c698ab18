//! Protobuf, in which ONNX's models and TensorBoard's events are written.

pub(crate) mod decode;
pub(crate) mod encode;

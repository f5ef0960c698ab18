//! Random models of every kind, and what other programs make of them.

mod cases;
mod evaluated;
mod objects;
mod onnx;
#[cfg(feature = "npy")]
mod read_back;
#[cfg(unix)]
mod sources;

//! kernel
pub mod math;
mod scalar;
pub use scalar::Scalar;

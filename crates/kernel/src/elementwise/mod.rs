//! Elementwise operations, outside of products.

pub(crate) mod activation;
pub(crate) mod byte_lut;
pub(crate) mod multiply_adds;
pub(crate) mod optimizer;

//! Operands copied into the order in which the micro-kernel reads them.

pub(crate) mod panels;
pub(crate) mod prepacked;
pub(crate) mod scratch;

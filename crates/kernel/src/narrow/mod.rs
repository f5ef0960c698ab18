//! Weights in two bytes or one: what they are rounded to, how they are packed, and products with them.
//!
//! A product with narrow weights has the bits of the product with the same weights rounded and kept as f32: widening is exact, and
//! each element is one chain of multiply-adds in the order of k, as in the tiles. Of integers the chain is over the integers, and
//! the sum is multiplied by the column's scale once. A single row, or a few, are bound by how fast weights are read; they are read
//! narrow and widened in registers. For many rows some columns at a time are widened once, into a panel that stays in the
//! second-level cache, and multiplied as any other. Both give the same bits.

pub(crate) mod format;
pub(crate) mod half;
pub(crate) mod packed;
pub(crate) mod panels;
pub(crate) mod row;
pub(crate) mod widen_panels;

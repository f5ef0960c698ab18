//! The five loops around the micro-kernel.

pub(crate) mod blocked;
pub(crate) mod macro_kernel;
pub(crate) mod packing_plan;
mod packs_a;

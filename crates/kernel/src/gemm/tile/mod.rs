//! One tile of C: the micro-kernels, and the choice among their compiled instances.

pub(crate) mod dispatch;
mod each_row;
mod lane_steps;
pub(crate) mod micro_kernel;
pub(crate) mod micro_kernel_tail;
pub(crate) mod shape;
pub(crate) mod store_transposed;

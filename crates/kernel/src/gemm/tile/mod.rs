//! One tile of C: the micro-kernels, and the choice among their compiled instances.

pub(crate) mod dispatch;
pub(crate) mod micro_kernel;
pub(crate) mod micro_kernel_tail;

//! Views of matrices, and aligned memory.

pub(crate) mod aligned;
pub(crate) mod operand;
pub(crate) mod view;

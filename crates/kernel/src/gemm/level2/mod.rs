//! Products that need no tiles: single rows, few rows, few steps of k.

pub(crate) mod dot;
pub(crate) mod gemv;
pub(crate) mod ger;
pub(crate) mod row;
pub(crate) mod skinny;
pub(crate) mod streamed;

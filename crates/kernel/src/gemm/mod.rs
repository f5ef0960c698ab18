//! The product `C <- epilogue(A * B)`: which algorithm it takes, its loops, tiles and packed panels.

pub(crate) mod block_sizes;
pub(crate) mod blocking;
pub(crate) mod cache_sizes;
pub(crate) mod level2;
pub(crate) mod loops;
pub(crate) mod pack;
pub(crate) mod problem;
pub(crate) mod run;
pub(crate) mod select;
pub(crate) mod tile;

//! Model files: safetensors, so that PyTorch reads them and theirs are read, with what else a prediction needs in the
//! metadata.
//!
//! The metadata begin with a checksum over the whole file (`sealed`), and end with rows and their outputs (`replay`).
//!
//! Written, the modules are numbered as `nn.Sequential` numbers them and weights lie (out, in): `0.weight`, `0.bias`,
//! `2.weight`, ...; normalisations have theirs, (width), and batch normalisations `1.running_mean`, `1.running_var` and
//! `1.num_batches_tracked`. Read, any prefixes will do: layers are taken in the order of numbers in otherwise
//! equal names (`net.2.weight` before `net.10.weight`), or in the one order that their shapes allow; see `order`.

mod dtype;
mod foreign;
pub(crate) mod header;
mod kind;
mod layer_order;
mod metadata;
mod names;
mod order;
mod read;
mod replay;
mod sealed;
mod strict;
mod tensors;
mod valid;
mod write;

pub use dtype::DType;
pub(crate) use metadata::CHECKPOINT;
pub use read::{Checks, ModelFile};
pub(crate) use strict::check_keys;

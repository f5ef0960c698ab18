//! Models read back from what [`Model::export`](crate::Model::export) wrote as JSON, NPZ and ONNX: each holds the same
//! description of columns, scaling, layers and targets. What an export leaves out a model that is read back has not: what
//! it was trained with, dropout.

mod description;
mod flat;
mod json;
#[cfg(feature = "npy")]
mod npz;
mod rows;

pub(crate) use description::{Description, Either, Exported};
pub(crate) use json::of_json;
#[cfg(feature = "npy")]
pub(crate) use npz::of_npz;

//! What a model file holds besides tensors: one JSON text under the key `chainrule`.

use chainrule_kernel::Scalar;
use serde::{Deserialize, Serialize};

use super::Model;
use crate::data::Preprocess;

/// The key. There is only one: safetensors keeps its metadata in a hash map, and two keys would come out in either
/// order, so the same model would not give the same bytes.
pub(super) const KEY: &str = "chainrule";

/// The version of the JSON text; a reader refuses later ones.
pub(super) const VERSION: u32 = 1;

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Metadata {
    pub(super) version: u32,
    /// The modules, as `Layer` prints them.
    pub(super) layers: Vec<String>,
    pub(super) loss: String,
    pub(super) preprocess: Preprocess,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) class_names: Option<Vec<String>>,
}

impl Metadata {
    pub(super) fn of<T: Scalar>(model: &Model<T>) -> Self {
        Metadata {
            version: VERSION,
            layers: model.mlp.layers().iter().map(ToString::to_string).collect(),
            loss: model.loss.to_string(),
            preprocess: model.preprocess.clone(),
            class_names: model.class_names.clone(),
        }
    }
}

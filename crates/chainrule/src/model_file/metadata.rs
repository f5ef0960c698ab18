//! What a model file holds besides tensors: one JSON text under the key `chainrule`.

use chainrule_kernel::Scalar;
use serde::{Deserialize, Serialize};

use super::strict::{Most, check_json};
use crate::data::{Preprocess, Schema, Split, Target};
use crate::{Error, Facts, Model, Place, Result, Task};

/// The key. There is only one: safetensors keeps its metadata in a hash map, and two keys would come out in either
/// order, so the same model would not give the same bytes.
pub(super) const KEY: &str = "chainrule";

/// The version of the JSON text; a reader refuses later ones.
pub(super) const VERSION: u32 = 2;

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Metadata {
    pub(super) version: u32,
    /// The modules, as `Layer` prints them.
    pub(super) layers: Vec<String>,
    pub(super) loss: String,
    pub(super) preprocess: Preprocess,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) class_names: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) task: Option<Task>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) schema: Option<Schema>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) target: Option<Target>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) split: Option<Split>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) facts: Option<Facts>,
}

impl Metadata {
    pub(super) fn of<T: Scalar>(model: &Model<T>) -> Self {
        Metadata {
            version: VERSION,
            layers: model.mlp.layers().iter().map(ToString::to_string).collect(),
            loss: model.loss.to_string(),
            preprocess: model.preprocess.clone(),
            class_names: model.class_names.clone(),
            task: model.task,
            schema: model.schema.as_deref().cloned(),
            target: (*model.target != Target::default()).then(|| (*model.target).clone()),
            split: model.split.clone(),
            facts: model.facts.clone(),
        }
    }
}

/// Reads the text, of which no list has more than `longest` elements.
///
/// # Errors
/// When it is none of ours, of a later version, or repeats a key.
pub(super) fn parse(origin: &str, json: &str, longest: usize) -> Result<Metadata> {
    /// Of any version.
    #[derive(Deserialize)]
    struct Version {
        version: Option<u64>,
    }
    let error = |found: String| Error::format(origin, Place::Header, found, "metadata of a chainrule model");
    // Some ten keys are known; a later version may have more.
    let most = Most { entries: 64, elements: longest };
    check_json(json, most).map_err(|e| error(e.to_string()))?;
    let Version { version } = serde_json::from_str(json).map_err(|e| error(e.to_string()))?;
    match version {
        Some(version) if version <= u64::from(VERSION) => {}
        Some(version) => {
            let expected = format!("version {VERSION} or below; a newer chainrule can read it");
            return Err(Error::format(origin, Place::Header, format!("metadata of version {version}"), expected));
        }
        None => return Err(error("no version".to_owned())),
    }
    serde_json::from_str(json).map_err(|e| error(e.to_string()))
}

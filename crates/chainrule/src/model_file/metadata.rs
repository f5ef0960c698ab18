//! What a model file holds besides tensors: one JSON text under the key `chainrule`.

use chainrule_kernel::Scalar;
use serde::{Deserialize, Serialize};

use super::replay::Replay;
use super::strict::{Most, check_json};
use crate::checksum;
use crate::data::{Preprocess, Schema, Split, Target};
use crate::{Error, Facts, Model, Place, Result, Task};

/// The key. There is only one: safetensors keeps its metadata in a hash map, and two keys would come out in either
/// order, so the same model would not give the same bytes.
pub(super) const KEY: &str = "chainrule";

/// The key of the metadata of a checkpoint, which is no model.
pub(crate) const CHECKPOINT: &str = "chainrule_checkpoint";

/// The version of the JSON text; a reader refuses later ones. Since 2 it says what outputs mean, since 3 it has a checksum, and
/// rows with their outputs.
pub(super) const VERSION: u32 = 3;

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Metadata {
    /// Of the whole file; first, as [`crate::checksum`] wants it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) checksum: Option<String>,
    pub(super) version: u32,
    /// The version of chainrule that wrote the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) chainrule: Option<String>,
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) replay: Option<Replay>,
}

impl Metadata {
    /// # Errors
    /// When there is not enough memory for the outputs of stored rows.
    pub(super) fn of<T: Scalar>(model: &Model<T>) -> Result<Self> {
        Ok(Metadata {
            checksum: Some(checksum::placeholder()),
            version: VERSION,
            chainrule: Some(env!("CARGO_PKG_VERSION").to_owned()),
            layers: model.mlp.layers().iter().map(ToString::to_string).collect(),
            loss: model.loss.to_string(),
            preprocess: model.preprocess.clone(),
            class_names: model.class_names.clone(),
            task: model.task,
            schema: model.schema.as_deref().cloned(),
            target: (*model.target != Target::default()).then(|| (*model.target).clone()),
            split: model.split.clone(),
            facts: model.facts.clone(),
            replay: Replay::of(model)?,
        })
    }
}

/// The version of a text; refuses one without a version or of a later one.
///
/// # Errors
/// With the version of chainrule that wrote the file, where the text says it.
pub(super) fn check_version(origin: &str, json: &str) -> Result<u64> {
    /// Of any version.
    #[derive(Deserialize)]
    struct Version {
        version: Option<u64>,
        chainrule: Option<String>,
    }
    let error = |found: String| Error::format(origin, Place::Header, found, OURS);
    let Version { version, chainrule } = serde_json::from_str(json).map_err(|e| error(e.to_string()))?;
    match version {
        Some(version) if version <= u64::from(VERSION) => Ok(version),
        Some(version) => {
            let by = chainrule.filter(|by| by.len() <= 40 && !by.contains(char::is_control));
            let (writer, reader) = match by {
                Some(by) => (format!(", written by chainrule {by}"), format!("chainrule {by} can read it")),
                None => (String::new(), "a newer chainrule can read it".to_owned()),
            };
            let expected = format!("version {VERSION} or below; {reader}");
            Err(Error::format(origin, Place::Header, format!("metadata of version {version}{writer}"), expected))
        }
        None => Err(error("no version".to_owned())),
    }
}

const OURS: &str = "metadata of a chainrule model";

/// Reads the text, of which no list has more than `longest` elements.
///
/// # Errors
/// When it is none of ours, of a later version, or repeats a key.
pub(super) fn parse(origin: &str, json: &str, longest: usize) -> Result<Metadata> {
    let error = |found: String| Error::format(origin, Place::Header, found, OURS);
    // Some ten keys are known; a later version may have more.
    let most = Most { entries: 64, elements: longest };
    check_json(json, most).map_err(|e| error(e.to_string()))?;
    check_version(origin, json)?;
    serde_json::from_str(json).map_err(|e| error(e.to_string()))
}

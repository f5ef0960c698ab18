//! Exports that are read back, as the bytes of a model file of ours, which everything else then reads.

use std::io::Read;
use std::path::Path;

use super::header;
use super::kind::{ModelKind, model_kind};
use super::write::bytes;
use crate::data::input::Input;
use crate::exported::{self, Either, Exported};
use crate::onnx;
use crate::{Error, Place, Result};

/// The bytes of a model file.
pub(super) struct Bytes {
    pub(super) bytes: Vec<u8>,
    /// Of an export: the rows in it that were computed again.
    pub(super) exported: Option<usize>,
}

/// The bytes of a model file: the file itself, or what its model is written as.
///
/// # Errors
/// When it is no model, or longer than its limits allow.
pub(super) fn read(input: Input) -> Result<Bytes> {
    let kind = model_kind(&input.origin, &input.head)?;
    if kind == ModelKind::Safetensors {
        return Ok(Bytes { bytes: header::read(input)?, exported: None });
    }
    let Input { origin, reader, limits, .. } = input;
    #[cfg(feature = "npy")]
    if kind == ModelKind::Npz {
        let file = reader.into_inner().1;
        return written(&origin, exported::of_npz(&origin, &file, limits)?);
    }
    let mut file = Vec::new();
    // One byte more than is allowed shows that there are too many.
    let mut reader = reader.take(limits.max_bytes.saturating_add(1));
    reader.read_to_end(&mut file).map_err(Error::io("read", &*origin))?;
    limits.check(&origin, file.len() as u128)?;
    of_bytes(&origin, &file, kind)
}

/// As [`read`], of bytes that are in memory; `None` of those of a model file of ours.
///
/// # Errors
/// As [`read`]; an archive is read from a file alone.
pub(super) fn parse(origin: &str, file: &[u8]) -> Result<Option<Bytes>> {
    match model_kind(origin, &file[..file.len().min(8)])? {
        ModelKind::Safetensors => Ok(None),
        kind => of_bytes(origin, file, kind).map(Some),
    }
}

fn of_bytes(origin: &str, file: &[u8], kind: ModelKind) -> Result<Bytes> {
    let model = match kind {
        ModelKind::Onnx => onnx::model(origin, file)?,
        ModelKind::Json => exported::of_json(origin, file)?,
        ModelKind::Npz | ModelKind::Safetensors => {
            if cfg!(feature = "npy") {
                let expected = "a safetensors, ONNX or JSON file; an archive is read from its file: ModelFile::open";
                return Err(Error::format(origin, Place::Byte(0), "an NPZ archive", expected));
            }
            return Err(Error::Unsupported { origin: origin.to_owned(), found: "an NPZ archive", feature: "npy" });
        }
    };
    written(origin, model)
}

fn written(origin: &str, Exported { model, rows }: Exported) -> Result<Bytes> {
    let bytes = match model {
        Either::F32(model) => bytes(&model, Path::new(origin))?,
        Either::F64(model) => bytes(&model, Path::new(origin))?,
    };
    Ok(Bytes { bytes, exported: Some(rows) })
}

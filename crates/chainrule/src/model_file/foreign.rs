//! Files of other formats, as the bytes of a model file of ours, which everything else then reads.

use std::io::Read;
use std::path::Path;

use super::write::bytes;
use crate::data::input::Input;
use crate::onnx::{self, Either};
use crate::{Error, Result};

/// Whether a file is ONNX, by its name or its first bytes.
pub(super) fn is_onnx(path: &Path, input: &Input) -> bool {
    path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("onnx")) || onnx::is_one(&input.head)
}

/// The model in an ONNX file as a file of ours.
///
/// # Errors
/// Those of [`onnx::model`], and when the file is longer than its limits allow.
pub(super) fn read_onnx(path: &Path, input: Input) -> Result<Vec<u8>> {
    let Input { origin, reader, limits, .. } = input;
    let mut file = Vec::new();
    // One byte more than is allowed shows that there are too many.
    let mut reader = reader.take(limits.max_bytes.saturating_add(1));
    reader.read_to_end(&mut file).map_err(Error::io("read", path))?;
    limits.check(&origin, file.len() as u128)?;
    of_onnx(&origin, &file)
}

/// Whether bytes are an ONNX file's.
pub(super) fn is_onnx_bytes(bytes: &[u8]) -> bool {
    onnx::is_one(&bytes[..bytes.len().min(8)])
}

/// As [`read_onnx`], of bytes; errors name `origin`.
pub(super) fn of_onnx(origin: &str, file: &[u8]) -> Result<Vec<u8>> {
    match onnx::model(origin, file)? {
        Either::F32(model) => bytes(&model, Path::new(origin)),
        Either::F64(model) => bytes(&model, Path::new(origin)),
    }
}

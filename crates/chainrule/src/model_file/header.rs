//! The bytes of a safetensors file: eight that say how long the header is, the header, which is JSON, and the tensors,
//! whose length the header says. Each length is compared with those before it, with the file's own and with the limits
//! before memory is asked for, so that a file which lies costs no more than it holds.

use safetensors::SafeTensors;
use safetensors::tensor::{Metadata, TensorInfo};

use super::strict::{Most, check_json};
use crate::data::input::{Input, append, fill};
use crate::{Error, Place, Result};

/// The bytes that hold the header's length.
const LENGTH: usize = 8;
/// The longest header that safetensors reads and writes.
const HEADER_MAX: u64 = 100_000_000;
/// Modules of a network in a file. The longest that anyone trains have thousands; each costs some 300 bytes beyond its
/// numbers.
pub(crate) const MODULES_MAX: usize = 1 << 15;
/// The most tensors that a module has, those of a batch normalisation.
const TENSORS_OF_A_MODULE: usize = 5;
/// In the header the longest lists are shapes, of at most two dimensions in a file that is read.
const HEADER_MOST: Most = Most { entries: TENSORS_OF_A_MODULE * MODULES_MAX + 1, elements: 8 };

const WHOLE: &str = "a whole safetensors file";

fn damaged(origin: &str, found: impl Into<String>) -> Error {
    Error::format(origin, Place::Header, found, WHOLE)
}

/// A header that agrees with the bytes of its file.
#[derive(Debug)]
pub(crate) struct Header {
    metadata: Metadata,
    /// Where the tensors begin in the file.
    start: usize,
}

impl Header {
    /// Reads the header of a file that is in memory.
    ///
    /// # Errors
    /// When the lengths differ, a key occurs twice, or there are more tensors than the largest network has.
    pub(crate) fn parse(origin: &str, bytes: &[u8]) -> Result<Self> {
        let length = bytes.first_chunk().map_or(0, |first| u64::from_le_bytes(*first));
        let json = bytes.get(LENGTH..).unwrap_or_default();
        if let Some(json) = usize::try_from(length).ok().and_then(|length| json.get(..length)) {
            check_header(origin, json)?;
        }
        let (length, metadata) =
            SafeTensors::read_metadata(bytes).map_err(|error| damaged(origin, error.to_string()))?;
        Ok(Header { metadata, start: LENGTH + length })
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.metadata.offset_keys()
    }

    /// A tensor, if there is one of that name.
    pub(crate) fn tensor(&self, name: &str) -> Option<&TensorInfo> {
        self.metadata.info(name)
    }

    /// Where a tensor lies in the file.
    pub(crate) fn range(&self, tensor: &TensorInfo) -> std::ops::Range<usize> {
        self.start + tensor.data_offsets.0..self.start + tensor.data_offsets.1
    }

    /// Keys and texts of the file's own metadata.
    pub(crate) fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.metadata.metadata().iter().flatten().map(|(key, text)| (key.as_str(), text.as_str()))
    }

    /// The text under a key of the file's own metadata.
    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        self.metadata.metadata().as_ref()?.get(key).map(String::as_str)
    }
}

fn check_header(origin: &str, json: &[u8]) -> Result<()> {
    let text = str::from_utf8(json).map_err(|error| damaged(origin, error.to_string()))?;
    check_json(text, HEADER_MOST).map_err(|error| damaged(origin, format!("a header with {error}")))
}

/// Reads a whole file, and no more of it than its first bytes where they do not agree with its length or the limits.
///
/// # Errors
/// When the lengths do not agree, the limits do not allow as many bytes, or the operating system refuses.
pub(crate) fn read(mut input: Input) -> Result<Vec<u8>> {
    let Input { origin, reader, len, limits, .. } = &mut input;
    let mut first = [0; LENGTH];
    let filled = fill(reader, &mut first).map_err(Error::io("read", &*origin))?;
    if filled < LENGTH {
        return Err(damaged(origin, format!("{filled} bytes")));
    }
    let length = u64::from_le_bytes(first);
    // `{}` is the shortest.
    if !(2..=HEADER_MAX).contains(&length) {
        return Err(damaged(origin, format!("a header of {length} bytes")));
    }
    let ahead = LENGTH + length as usize;
    agree(origin, ahead as u128, *len, false)?;
    limits.check(origin, ahead as u128)?;
    let mut bytes = first.to_vec();
    let came = append(origin, reader, LENGTH as u64, &mut bytes, length as usize)?;
    if let Some(came) = came {
        return Err(damaged(origin, format!("{came} bytes of a header of {length}")));
    }

    check_header(origin, &bytes[LENGTH..])?;
    let metadata: Metadata =
        serde_json::from_slice(&bytes[LENGTH..]).map_err(|error| damaged(origin, error.to_string()))?;
    let tensors = metadata.data_len();
    let whole = ahead as u128 + tensors as u128;
    drop(metadata);
    agree(origin, whole, *len, true)?;
    limits.check(origin, whole)?;
    if let Some(came) = append(origin, reader, ahead as u64, &mut bytes, tensors)? {
        return Err(damaged(origin, format!("{} bytes where its header tells of {whole}", ahead + came)));
    }
    match fill(reader, &mut [0]).map_err(Error::io("read", &*origin))? {
        0 => Ok(bytes),
        _ => Err(damaged(origin, format!("more than the {whole} bytes that its header tells of"))),
    }
}

/// Compares what the header tells of with the length of the file, where that is known.
fn agree(origin: &str, told: u128, len: Option<u64>, is_all: bool) -> Result<()> {
    match len.map(u128::from) {
        Some(len) if len < told || (is_all && len > told) => {
            Err(damaged(origin, format!("{len} bytes where its header tells of {told}")))
        }
        _ => Ok(()),
    }
}

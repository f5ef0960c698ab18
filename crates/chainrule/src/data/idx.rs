//! IDX, the format of the MNIST files: two zero bytes, a code for the element type, the number of dimensions, the
//! dimensions as big-endian u32, then the elements. Bytes only (code 0x08), plain or compressed by gzip, which is
//! told by the first bytes and not by the name.
//!
//! The format: "THE IDX FILE FORMAT" at the foot of Y. LeCun, C. Cortes, C. Burges, "The MNIST database".

use crate::data::gzip::Members;
use crate::data::input::{expected_in_all, fill, open, read_error, read_exactly};
use crate::data::memory::Within;
use crate::data::scratch::AT_ONCE;
use crate::data::stored::StoredBuilder;
use crate::data::{Features, Limits};
use crate::{Error, Place, Result};
use chainrule_kernel::Scalar;
use std::io::{Cursor, Read};
use std::path::Path;

/// The first two bytes of a gzip stream.
pub(crate) const GZIP: [u8; 2] = [0x1f, 0x8b];

/// An array of bytes as an IDX file holds it.
///
/// ```
/// use chainrule::data::parse_idx;
///
/// let file = [0, 0, 8, 1, 0, 0, 0, 3, 7, 2, 1]; // bytes, one dimension, 3 of them
/// let idx = parse_idx("labels", &file[..])?;
/// assert_eq!((idx.dims(), idx.data()), (&[3][..], &[7, 2, 1][..]));
/// assert_eq!(idx.into_labels("labels")?, [7, 2, 1]);
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idx {
    dims: Vec<usize>,
    data: Vec<u8>, // (dims[0], dims[1], ...)
}

impl Idx {
    /// The dimensions, the rows first. None is 0.
    pub fn dims(&self) -> &[usize] {
        &self.dims
    }

    /// The elements, the last dimension running fastest.
    pub fn data(&self) -> &[u8] {
        &self.data
    }

    /// A table with a row for each image, its pixels in one line. Errors name `origin`.
    ///
    /// # Errors
    /// When there is only one dimension: those are labels.
    pub fn into_features<T: Scalar>(self, origin: &str) -> Result<Features<T>> {
        if self.dims.len() < 2 {
            return Err(wrong_dims(origin, &self.dims, "images, with 2 dimensions or more"));
        }
        let cols = self.dims[1..].iter().product(); // no overflow: the product of all is data.len()
        Features::bytes_from_origin(origin, self.dims[0], cols, self.data)
    }

    /// The labels, one a row. Errors name `origin`.
    ///
    /// # Errors
    /// When there is more than one dimension: those are images.
    pub fn into_labels(self, origin: &str) -> Result<Vec<u32>> {
        if self.dims.len() != 1 {
            return Err(wrong_dims(origin, &self.dims, "labels, with 1 dimension"));
        }
        let mut labels = Vec::new();
        labels.try_reserve_exact(self.data.len()).map_err(|_| Error::no_memory("labels", self.data.len()))?;
        labels.extend(self.data.into_iter().map(u32::from));
        Ok(labels)
    }
}

/// Parses an IDX file, plain or compressed, from bytes or any reader. Errors name `origin`.
///
/// What the dimensions claim is compared with [`Limits`], with the length of a file where it is known, and with the
/// bytes that come: too few and too many are errors. Memory grows with what comes, whatever the claim, and at most one
/// byte past the claim is read.
///
/// ```
/// let bytes = [0, 0, 8, 1, 0, 0, 0, 3, 7, 2, 1];
/// let labels = chainrule::data::parse_idx("labels", &bytes[..])?.into_labels("labels")?;
/// assert_eq!(labels, [7, 2, 1]);
/// # Ok::<(), chainrule::Error>(())
/// ```
///
/// # Errors
/// [`Error::Format`] for what is not a whole IDX file of bytes, [`Error::Empty`] for a dimension of 0,
/// [`Error::OverLimit`], and [`Error::Io`] when reading fails.
pub fn parse_idx(origin: &str, reader: impl Read) -> Result<Idx> {
    parse_within(origin, reader, None, Limits::default())
}

/// As [`parse_idx`]; `len` is how many bytes the reader has, when that is known.
pub(crate) fn parse_within(origin: &str, mut reader: impl Read, len: Option<u64>, limits: Limits) -> Result<Idx> {
    let mut head = [0; 2];
    let filled = fill(&mut reader, &mut head).map_err(Error::io("read", origin))?;
    let reader = Cursor::new(head).take(filled as u64).chain(reader);
    match head == GZIP {
        // Streams of nothing, one behind the other, inflate to nothing without an end.
        true => decode(origin, Members::new(reader.take(limits.max_bytes)), None, limits),
        false => decode(origin, reader, len, limits),
    }
}

/// Reads images from a file: a row for each, its pixels (0 to 255) in one line.
///
/// # Errors
/// Those of [`parse_idx`] and [`Idx::into_features`].
pub fn read_idx_images<T: Scalar>(path: impl AsRef<Path>) -> Result<Features<T>> {
    images_within(path.as_ref(), Limits::default())
}

/// Reads labels from a file.
///
/// # Errors
/// Those of [`parse_idx`] and [`Idx::into_labels`].
pub fn read_idx_labels(path: impl AsRef<Path>) -> Result<Vec<u32>> {
    labels_within(path.as_ref(), Limits::default())
}

pub(crate) fn images_within<T: Scalar>(path: &Path, limits: Limits) -> Result<Features<T>> {
    let input = open(path, limits)?;
    parse_within(&input.origin, input.reader, input.len, limits)?.into_features(&input.origin)
}

pub(crate) fn labels_within(path: &Path, limits: Limits) -> Result<Vec<u32>> {
    let input = open(path, limits)?;
    parse_within(&input.origin, input.reader, input.len, limits)?.into_labels(&input.origin)
}

fn decode(origin: &str, mut reader: impl Read, len: Option<u64>, limits: Limits) -> Result<Idx> {
    let Claim { dims, offset, count } = claim_of(origin, &mut reader, len, limits)?;
    let data = read_exactly(origin, &mut reader, offset, count)?;
    Ok(Idx { dims, data })
}

/// What a header says of the bytes behind it.
struct Claim {
    dims: Vec<usize>,
    /// Where they begin.
    offset: u64,
    count: usize,
}

fn claim_of(origin: &str, reader: &mut impl Read, len: Option<u64>, limits: Limits) -> Result<Claim> {
    let mut header = [0; 4];
    read_header(origin, reader, 0, &mut header, "an IDX header of 4 bytes")?;
    let [zero, zero_too, code, ndims] = header;
    if [zero, zero_too] != [0, 0] {
        let found = format!("bytes {zero:02x} {zero_too:02x} {code:02x} {ndims:02x}{}", known_as(header));
        return Err(Error::format(origin, Place::Byte(0), found, "an IDX file, which starts with 00 00 08"));
    }
    if code != 0x08 {
        return Err(Error::format(origin, Place::Byte(2), type_name(code), "type code 0x08 (unsigned bytes)"));
    }
    if ndims == 0 {
        return Err(Error::format(origin, Place::Byte(3), "0 dimensions", "1 for labels, 2 or more for images"));
    }
    let mut sizes = vec![0; 4 * usize::from(ndims)];
    read_header(origin, reader, 4, &mut sizes, &format!("{ndims} dimensions of 4 bytes each"))?;
    let dims: Vec<u32> = sizes.as_chunks().0.iter().map(|size| u32::from_be_bytes(*size)).collect();
    if let Some(index) = dims.iter().position(|&dim| dim == 0) {
        let what = if index == 0 { "rows" } else { "columns" };
        return Err(Error::Empty { origin: origin.to_string(), what });
    }
    let dims: Vec<usize> = dims.into_iter().map(|dim| dim as usize).collect();
    let count = dims.iter().try_fold(1usize, |count, &dim| count.checked_mul(dim)).ok_or_else(|| {
        let found = format!("dimensions {}", times(&dims));
        Error::format(origin, Place::Byte(4), found, "a number of bytes that can be counted")
    })?;
    let offset = 4 + sizes.len() as u64;
    let claimed = u128::from(offset) + count as u128;
    if let Some(len) = len.filter(|len| u128::from(*len) < claimed) {
        return Err(Error::format(origin, Place::Byte(len), "the end", expected_in_all(offset, count)));
    }
    limits.check(origin, claimed)?;
    Ok(Claim { dims, offset, count })
}

/// Images, which are stored where they would take more memory than was allowed; `len` as for [`parse_within`].
pub(crate) fn images_of(
    origin: &str,
    mut reader: impl Read,
    len: Option<u64>,
    within: Within<'_>,
) -> Result<Features<f64>> {
    let Some(memory) = within.memory else {
        return parse_within(origin, reader, len, within.limits)?.into_features(origin);
    };
    let Claim { dims, offset, count } = claim_of(origin, &mut reader, len, within.limits)?;
    if dims.len() < 2 || count as u64 <= memory.share() {
        let data = read_exactly(origin, &mut reader, offset, count)?;
        return Idx { dims, data }.into_features(origin);
    }
    let cols = count / dims[0];
    let mut builder = StoredBuilder::new(memory, cols, 1)?;
    let mut buffer = vec![0; AT_ONCE];
    let mut came = 0;
    while came < count {
        let some = &mut buffer[..AT_ONCE.min(count - came)];
        let filled = fill(&mut reader, some).map_err(|error| read_error(origin, offset, error))?;
        builder.push(&some[..filled])?;
        came += filled;
        if filled < some.len() {
            let end = Place::Byte(offset + came as u64);
            return Err(Error::format(origin, end, "the end", expected_in_all(offset, count)));
        }
    }
    // The end, and nothing behind it.
    read_exactly(origin, &mut reader, offset + count as u64, 0)?;
    Features::of_stored_bytes(origin, [dims[0], cols, count], builder.finish()?)
}

fn read_header(origin: &str, reader: &mut impl Read, offset: u64, into: &mut [u8], expected: &str) -> Result<()> {
    let filled = fill(reader, into).map_err(|error| read_error(origin, offset, error))?;
    if filled < into.len() {
        return Err(Error::format(origin, Place::Byte(offset + filled as u64), "the end", expected));
    }
    Ok(())
}

fn wrong_dims(origin: &str, dims: &[usize], expected: &str) -> Error {
    let found = match dims.len() {
        1 => format!("1 dimension ({})", dims[0]),
        n => format!("{n} dimensions ({})", times(dims)),
    };
    Error::format(origin, Place::Byte(3), found, expected)
}

fn times(dims: &[usize]) -> String {
    dims.iter().map(usize::to_string).collect::<Vec<_>>().join(" x ")
}

/// What a file that is no IDX file perhaps is.
fn known_as(header: [u8; 4]) -> &'static str {
    match &header {
        b"\x93NUM" => " (a NumPy file)",
        b"PK\x03\x04" => " (a zip archive)",
        b"\x89PNG" => " (a PNG image)",
        [0x1f, 0x8b, ..] => " (compressed twice)",
        _ if header.iter().all(|byte| matches!(byte, b' '..=b'~' | b'\n' | b'\r' | b'\t')) => " (text)",
        _ => "",
    }
}

fn type_name(code: u8) -> String {
    let name = match code {
        0x09 => "signed bytes",
        0x0b => "16-bit integers",
        0x0c => "32-bit integers",
        0x0d => "32-bit floats",
        0x0e => "64-bit floats",
        _ => "no known type",
    };
    format!("type code {code:#04x} ({name})")
}

#[cfg(test)]
mod tests;

//! IDX, the format of the MNIST files: two zero bytes, a code for the element type, the number of dimensions, the
//! dimensions as big-endian u32, then the elements. Bytes only (code 0x08), plain or compressed by gzip, which is
//! told by the first bytes and not by the name.
//!
//! The format: "THE IDX FILE FORMAT" at the foot of Y. LeCun, C. Cortes, C. Burges, "The MNIST database".

use crate::data::input::{expected_in_all, fill, open, read_error, read_exactly};
use crate::data::{Features, Limits};
use crate::{Error, Place, Result};
use chainrule_kernel::Scalar;
use flate2::bufread::MultiGzDecoder;
use std::io::{BufReader, Cursor, Read};
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
        true => decode(origin, MultiGzDecoder::new(BufReader::new(reader.take(limits.max_bytes))), None, limits),
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
    let mut header = [0; 4];
    read_header(origin, &mut reader, 0, &mut header, "an IDX header of 4 bytes")?;
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
    read_header(origin, &mut reader, 4, &mut sizes, &format!("{ndims} dimensions of 4 bytes each"))?;
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
    let data = read_exactly(origin, &mut reader, offset, count)?;
    Ok(Idx { dims, data })
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
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write;

    /// 2 images of 2x3, then 12 pixels.
    fn images() -> Vec<u8> {
        let header = [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3];
        [&header[..], &[0, 1, 2, 3, 4, 5, 250, 251, 252, 253, 254, 255]].concat()
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn message(bytes: &[u8]) -> String {
        parse_idx("x.idx", bytes).unwrap_err().to_string()
    }

    #[test]
    fn images_are_read_plain_and_compressed() {
        for bytes in [images(), gzip(&images())] {
            let idx = parse_idx("x.idx", &bytes[..]).unwrap();
            assert_eq!(idx.dims(), [2, 2, 3]);
            let features = idx.into_features::<f32>("x.idx").unwrap();
            assert_eq!((features.rows(), features.cols()), (2, 6));
            assert_eq!(*features.row(1), [250.0, 251.0, 252.0, 253.0, 254.0, 255.0]);
        }
        let flat = [0, 0, 8, 2, 0, 0, 0, 1, 0, 0, 0, 2, 9, 8];
        assert_eq!(*parse_idx("x", &flat[..]).unwrap().into_features::<f64>("x").unwrap().data(), [9.0, 8.0]);
    }

    #[test]
    fn every_prefix_is_refused() {
        for whole in [images(), gzip(&images())] {
            for length in 0..whole.len() {
                let message = message(&whole[..length]);
                assert!(message.starts_with("x.idx, byte "), "{length} bytes: {message}");
            }
        }
        let message = message(&images()[..20]);
        assert_eq!(message, "x.idx, byte 20: found the end, expected 28 bytes in all: a header of 16 and data of 12");
    }

    #[test]
    fn a_byte_too_many_is_refused() {
        let plain = [&images()[..], &[0]].concat();
        let inside = gzip(&plain);
        for bytes in [plain, inside] {
            assert!(message(&bytes).starts_with("x.idx, byte 28: found more bytes, expected the end"));
        }
        let behind = [gzip(&images()), vec![0]].concat();
        assert!(message(&behind).contains("corrupt or cut off"), "{}", message(&behind));
        let garbage = [gzip(&images()), b"garbage behind the stream".to_vec()].concat();
        assert!(message(&garbage).contains("corrupt or cut off"), "{}", message(&garbage));
    }

    #[test]
    fn two_compressed_parts_make_one_file_as_gzip_defines() {
        let bytes = [gzip(&images()[..20]), gzip(&images()[20..])].concat();
        assert_eq!(parse_idx("x", &bytes[..]).unwrap().data(), &images()[16..]);
    }

    #[test]
    fn every_flipped_bit_of_a_compressed_file_is_refused_or_harmless() {
        let whole = gzip(&images());
        for index in 0..whole.len() {
            for bit in 0..8 {
                let mut bytes = whole.clone();
                bytes[index] ^= 1 << bit;
                // A time in the header means nothing, and a copy from another place may hold the same bytes.
                if let Ok(idx) = parse_idx("x.idx", &bytes[..]) {
                    assert_eq!(idx.data(), &images()[16..], "byte {index}, bit {bit}");
                }
            }
        }
    }

    #[test]
    fn a_wrong_start_says_what_it_looks_like() {
        for (start, looks_like) in [
            (&b"\x93NUMPY\x01\x00"[..], "(a NumPy file)"),
            (b"PK\x03\x04", "(a zip archive)"),
            (b"1,2,3\n", "(text)"),
            (&gzip(&gzip(&images())), "(compressed twice)"),
            (&[1, 0, 8, 3], "bytes 01 00 08 03,"),
            (&[0, 1, 8, 3], "bytes 00 01 08 03,"),
        ] {
            let message = message(start);
            assert!(message.contains(looks_like) && message.contains("starts with 00 00 08"), "{message}");
        }
    }

    #[test]
    fn an_element_type_other_than_bytes_is_named() {
        for (code, name) in [(0x09, "signed bytes"), (0x0d, "32-bit floats"), (0x0e, "64-bit floats"), (7, "no known")]
        {
            let message = message(&[0, 0, code, 1, 0, 0, 0, 1, 5]);
            assert!(message.contains(name) && message.contains("x.idx, byte 2"), "{message}");
        }
    }

    #[test]
    fn images_are_no_labels_and_labels_no_images() {
        let labels = [0, 0, 8, 1, 0, 0, 0, 2, 5, 6];
        let parse = |bytes: &[u8]| parse_idx("x", bytes).unwrap();
        assert_eq!(parse(&labels).into_labels("x").unwrap(), [5, 6]);
        let message = parse(&labels).into_features::<f32>("x").unwrap_err().to_string();
        assert!(message.contains("found 1 dimension (2), expected images"), "{message}");
        let message = parse(&images()).into_labels("x").unwrap_err().to_string();
        assert!(message.contains("found 3 dimensions (2 x 2 x 3), expected labels"), "{message}");
        assert!(super::tests::message(&[0, 0, 8, 0]).contains("0 dimensions"));
    }

    #[test]
    fn nothing_to_read_is_refused() {
        assert!(message(&[0, 0, 8, 3, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 3]).contains("no rows"));
        assert!(message(&[0, 0, 8, 2, 0, 0, 0, 3, 0, 0, 0, 0]).contains("no columns"));
    }

    #[test]
    fn a_huge_claim_costs_no_memory() {
        let claim = |dims: &[u32]| {
            let mut bytes = vec![0, 0, 8, dims.len() as u8];
            dims.iter().for_each(|dim| bytes.extend(dim.to_be_bytes()));
            bytes
        };
        // 2^32 - 1 three times over does not fit 64 bits; twice it does, and would be 16 EiB.
        assert!(message(&claim(&[u32::MAX; 3])).contains("that can be counted"));
        assert!(message(&claim(&[u32::MAX; 2])).contains("more than the limit"));
        assert!(message(&claim(&[u32::MAX])).contains("has 4294967303 bytes, more than the limit"));
        assert!(message(&claim(&[1 << 30])).contains("1073741832 bytes in all"));
        // Dimensions whose product wraps to 0.
        assert!(message(&claim(&[1 << 31, 1 << 31, 4])).contains("that can be counted"));
        assert!(message(&claim(&[1; 255])).contains("byte 1024: found the end"));
        // 64 MiB of zeros in 64 KiB, of which 10 were claimed.
        let bomb = gzip(&[claim(&[10]), vec![0; 64 << 20]].concat());
        assert!(message(&bomb).contains("byte 18: found more bytes"));
    }

    #[test]
    fn a_reader_is_not_read_past_one_byte_too_many() {
        let mut endless = images().into_iter().chain(std::iter::repeat(7));
        struct Bytes<I>(I, usize);
        impl<I: Iterator<Item = u8>> Read for Bytes<I> {
            fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
                buffer.iter_mut().for_each(|place| *place = self.0.next().unwrap());
                self.1 += buffer.len();
                Ok(buffer.len())
            }
        }
        let mut reader = Bytes(&mut endless, 0);
        assert!(parse_idx("x", &mut reader).is_err());
        assert_eq!(reader.1, 29);
    }
}

//! Bytes on their way in: opening a file, looking at its first bytes, and reading as many as were claimed and not
//! one more than is needed to notice a surplus. What the bytes mean is the parsers' affair.

use crate::data::Limits;
use crate::{Error, Place, Result};
use std::fs::File;
use std::io::{self, Chain, Cursor, Read};
use std::path::Path;

/// How many first bytes tell the formats apart.
const HEAD: usize = 8;

/// An opened file whose first bytes have been looked at and are still to be read. It need not be seekable.
pub(crate) struct Input {
    /// The path as it was given.
    pub(crate) origin: String,
    /// The first bytes, up to eight.
    pub(crate) head: Vec<u8>,
    /// All bytes, the first ones included.
    pub(crate) reader: Chain<Cursor<Vec<u8>>, File>,
    /// How many there are, when the operating system knows: not for a pipe.
    pub(crate) len: Option<u64>,
    /// How many there may be.
    pub(crate) limits: Limits,
}

/// Opens a file; one that is known to be longer than `limits` allow is refused.
pub(crate) fn open(path: &Path, limits: Limits) -> Result<Input> {
    let opened = || {
        let mut file = File::open(path)?;
        let metadata = file.metadata()?;
        if metadata.is_dir() {
            return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder, expected a file"));
        }
        let mut head = vec![0; HEAD];
        let filled = fill(&mut file, &mut head)?;
        head.truncate(filled);
        Ok((file, head, metadata.is_file().then_some(metadata.len())))
    };
    let (file, head, len) = opened().map_err(Error::io("read", path))?;
    let origin = path.display().to_string();
    limits.check(&origin, len.unwrap_or(0).into())?;
    let reader = Cursor::new(head.clone()).chain(file);
    Ok(Input { origin, head, reader, len, limits })
}

/// Reads until `buffer` is full or the end comes, and says how many bytes came.
pub(crate) fn fill(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match reader.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// Reads the `count` bytes that a header has claimed, which start at `offset`, and refuses fewer and more. Memory
/// grows with the bytes that come, not with the claim; at most one byte past the claim is asked for.
pub(crate) fn read_exactly(origin: &str, reader: &mut impl Read, offset: u64, count: usize) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(came) = append(origin, reader, offset, &mut bytes, count)? {
        let end = offset + came as u64;
        return Err(Error::format(origin, Place::Byte(end), "the end", expected_in_all(offset, count)));
    }
    match fill(reader, &mut [0]) {
        Ok(0) => Ok(bytes),
        Ok(_) => {
            let end = offset + count as u64;
            Err(Error::format(
                origin,
                Place::Byte(end),
                "more bytes",
                format!("the end, {}", expected_in_all(offset, count)),
            ))
        }
        Err(error) => Err(read_error(origin, offset + count as u64, error)),
    }
}

/// Appends `count` bytes that start at `offset`, or says how many came before the end. Memory grows with what comes.
pub(crate) fn append(
    origin: &str,
    reader: &mut impl Read,
    offset: u64,
    bytes: &mut Vec<u8>,
    count: usize,
) -> Result<Option<usize>> {
    let before = bytes.len();
    while bytes.len() - before < count {
        let start = bytes.len();
        // Doubling from 64 KiB: at most twice what has come, and reading in few pieces.
        let step = (start - before).max(64 << 10).min(count - (start - before));
        bytes.try_reserve_exact(step).map_err(|_| {
            Error::no_memory(&format!("{origin}, {}", Place::Byte(offset)), format!("a claim of {count} bytes"))
        })?;
        bytes.resize(start + step, 0);
        let came = fill(reader, &mut bytes[start..]).map_err(|error| read_error(origin, offset, error))?;
        if came < step {
            return Ok(Some(start - before + came));
        }
    }
    Ok(None)
}

pub(crate) fn expected_in_all(offset: u64, count: usize) -> String {
    format!("{} bytes in all: a header of {offset} and data of {count}", u128::from(offset) + count as u128)
}

/// A failure to read: the operating system's, or that of a decompressor on bytes that no compressor wrote.
pub(crate) fn read_error(origin: &str, offset: u64, error: io::Error) -> Error {
    use io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
    match error.kind() {
        InvalidData | InvalidInput | UnexpectedEof if error.raw_os_error().is_none() => {
            let found = format!("compressed bytes that are corrupt or cut off ({error})");
            Error::format(origin, Place::Byte(offset), found, "a whole stream")
        }
        _ => Error::io("read", origin)(error),
    }
}

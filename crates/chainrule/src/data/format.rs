//! The formats that a file may have, told apart by its first bytes and, where those say nothing, by its name; inside gzip
//! too. Reading each is its own reader's.

use std::io::{BufReader, Cursor, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;

use super::contents::{BYTE, Bytes, Contents, Inflated};
use super::idx;
use super::input::{Input, fill, open};
use super::limits::Limits;
use super::table::{Table, TextFormat};
use crate::{Error, Place, Result};

/// The formats that a file may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Idx,
    Npy,
    Text,
}

/// Reads a file of features, and of targets too if it is text.
pub(crate) fn read_file(path: &Path, text: &TextFormat, limits: Limits) -> Result<Contents> {
    if path.is_dir() {
        return Err(Error::Argument {
            name: "data source",
            found: format!("the folder {}", path.display()),
            expected: format!("a file, or mnist:{} for a folder with the files of MNIST", path.display()),
        });
    }
    let Opened { input, format, inflated } = open_any(path, limits)?;
    let origin = input.origin.clone();
    match format {
        Format::Idx => {
            let idx = match inflated {
                Some(reader) => idx::parse_within(&origin, reader, None, limits)?,
                None => idx::parse_within(&origin, input.reader, input.len, limits)?,
            };
            Ok(Contents::Bytes(Bytes { features: idx.into_features(&origin)?, labels: None, factor: BYTE }))
        }
        #[cfg(feature = "npy")]
        Format::Npy => super::npy::contents(&origin, input, inflated),
        #[cfg(not(feature = "npy"))]
        Format::Npy => Err(unsupported(origin, format)),
        Format::Text => match inflated {
            Some(reader) => read_text(&origin, reader, text, limits).map(Contents::Table),
            None => read_text(&origin, input.reader, text, limits).map(Contents::Table),
        },
    }
}

/// Reads a file of targets.
pub(crate) fn read_target_file(path: &Path, text: &TextFormat, limits: Limits) -> Result<Table> {
    let Opened { input, format, inflated } = open_any(path, limits)?;
    let origin = input.origin.clone();
    match format {
        Format::Idx => {
            let idx = match inflated {
                Some(reader) => idx::parse_within(&origin, reader, None, limits)?,
                None => idx::parse_within(&origin, input.reader, input.len, limits)?,
            };
            let labels: Vec<f64> = idx.into_labels(&origin)?.into_iter().map(f64::from).collect();
            Table::of_numbers(&origin, 1, &labels)
        }
        #[cfg(feature = "npy")]
        Format::Npy => super::npy::target_table(&origin, input, inflated),
        #[cfg(not(feature = "npy"))]
        Format::Npy => Err(unsupported(origin, format)),
        Format::Text => match inflated {
            Some(reader) => read_text(&origin, reader, text, limits),
            None => read_text(&origin, input.reader, text, limits),
        },
    }
}

/// Reads text from any reader.
#[cfg(feature = "csv")]
pub(crate) fn read_text(origin: &str, reader: impl Read, text: &TextFormat, limits: Limits) -> Result<Table> {
    super::table::read_text(origin, reader, text, limits)
}

/// Says which feature reads text.
#[cfg(not(feature = "csv"))]
pub(crate) fn read_text(origin: &str, _: impl Read, _: &TextFormat, _: Limits) -> Result<Table> {
    Err(unsupported(origin.to_owned(), Format::Text))
}

/// A file, its format, and what reads its bytes if they are compressed.
struct Opened {
    input: Input,
    format: Format,
    inflated: Option<Inflated>,
}

fn open_any(path: &Path, limits: Limits) -> Result<Opened> {
    let mut input = open(path, limits)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    if !input.head.starts_with(&idx::GZIP) {
        let format = format_of(&name, &input.origin, &input.head)?;
        return Ok(Opened { input, format, inflated: None });
    }
    // Streams of nothing, one behind the other, inflate to nothing without an end.
    let reader = std::mem::replace(&mut input.reader, Cursor::new(Vec::new()).chain(empty_file(path)?));
    let mut inflated = MultiGzDecoder::new(BufReader::new(reader.take(limits.max_bytes)));
    let mut head = vec![0; 8];
    let filled = fill(&mut inflated, &mut head).map_err(|error| super::input::read_error(&input.origin, 0, error))?;
    head.truncate(filled);
    let inside = name.strip_suffix(".gz").unwrap_or(&name);
    let format = if filled < 2 { Format::Idx } else { format_of(inside, &input.origin, &head)? };
    let inflated: Inflated = Box::new(Cursor::new(head).chain(inflated));
    Ok(Opened { input, format, inflated: Some(inflated) })
}

/// The file again, of which nothing is read.
fn empty_file(path: &Path) -> Result<std::fs::File> {
    std::fs::File::open(path).map_err(Error::io("read", path))
}

#[cfg_attr(all(feature = "csv", feature = "npy"), allow(dead_code))]
fn unsupported(origin: String, format: Format) -> Error {
    match format {
        Format::Text => Error::Unsupported { origin, found: "a text file", feature: "csv" },
        _ => Error::Unsupported { origin, found: "an NPY file", feature: "npy" },
    }
}

/// Tells the format by the first bytes; by the name where they fit none, so that its reader can say what is wrong.
fn format_of(name: &str, origin: &str, head: &[u8]) -> Result<Format> {
    let is_text = |byte: &u8| matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~' | 0x80..);
    let ends = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
    if head.starts_with(b"\x93NUMPY") {
        Ok(Format::Npy)
    } else if head.starts_with(&[0, 0]) {
        Ok(Format::Idx)
    } else if ends(&[".npy"]) {
        Ok(Format::Npy)
    } else if ends(&[".csv", ".tsv", ".txt", ".data", ".tab", ".dat"]) {
        Ok(Format::Text)
    } else if ends(&[".idx", "ubyte"]) {
        Ok(Format::Idx)
    } else if let Some(known) = foreign(head) {
        Err(Error::format(origin, Place::Byte(0), known, "an IDX, NPY or text file"))
    } else if !head.is_empty() && head.iter().all(is_text) {
        Ok(Format::Text)
    } else {
        let shown: Vec<String> = head.iter().map(|byte| format!("{byte:02x}")).collect();
        let found = if head.is_empty() { "the end".to_string() } else { format!("bytes {}", shown.join(" ")) };
        Err(Error::format(origin, Place::Byte(0), found, "an IDX, NPY or text file"))
    }
}

/// What begins with these bytes and cannot be read.
fn foreign(head: &[u8]) -> Option<&'static str> {
    const FOREIGN: [(&[u8], &str); 5] = [
        (b"PK\x03\x04", "a zip archive"),
        (b"PAR1", "a Parquet file"),
        (b"ARROW1", "an Arrow file"),
        (b"\x89HDF", "an HDF5 file"),
        (b"\x89PNG", "a PNG image"),
    ];
    FOREIGN.iter().find(|(start, _)| head.starts_with(start)).map(|(_, what)| *what)
}

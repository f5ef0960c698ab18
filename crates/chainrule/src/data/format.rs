//! The formats that a file may have, told apart by its first bytes and, where those say nothing, by its name; inside gzip
//! and zstd too. Reading each is its own reader's.

use std::io::{Cursor, Read};
use std::path::Path;

use super::contents::{BYTE, Bytes, Contents, Inflated};
use super::features::Features;
use super::foreign;
use super::gzip::Members;
use super::idx;
use super::input::{Input, fill, open};
use super::limits::Limits;
use super::member::Member;
use super::memory::Within;
#[cfg(feature = "npy")]
use super::npy::{Arrays, Layout};
use super::table::{Table, TextFormat};
use crate::{Error, Place, Result};

/// The formats that a file may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Idx,
    Npy,
    Npz,
    Tensors,
    Parquet,
    Arrow,
    Text,
}

impl Format {
    /// What a file of it is called.
    fn name(self) -> &'static str {
        match self {
            Format::Idx => "an IDX file",
            Format::Npy => "an NPY file",
            Format::Npz => "an NPZ archive",
            Format::Tensors => "a safetensors file",
            Format::Parquet => "a Parquet file",
            Format::Arrow => "an Arrow file",
            Format::Text => "a text file",
        }
    }
}

/// What a file is called whose first bytes say that it is no text; `None` where they say that it is, or cannot be looked at
/// without taking them away, as those of a pipe.
pub(crate) fn not_text(path: &Path) -> Option<&'static str> {
    let Member { path, .. } = Member::of(path);
    if !path.is_file() {
        return None;
    }
    let format = open_any(&path, Limits { max_bytes: u64::MAX }).ok()?.format;
    (format != Format::Text).then(|| format.name())
}

/// Reads a file of features, and of targets too if it is text: `file.csv`, `file.npz:key`.
pub(crate) fn read_file(path: &Path, text: &TextFormat, within: Within<'_>) -> Result<Contents> {
    if path.is_dir() {
        return Err(Error::Argument {
            name: "data source",
            found: format!("the folder {}", path.display()),
            expected: format!("a file, or mnist:{} for a folder with the files of MNIST", path.display()),
        });
    }
    let Member { path, key } = Member::of(path);
    let opened = open_any(&path, within.limits)?;
    match opened.format {
        Format::Idx => Ok(Contents::Bytes(Bytes { features: opened.images(within)?, labels: None, factor: BYTE })),
        Format::Text => opened.text(text, within).map(Contents::Table),
        Format::Parquet | Format::Arrow => opened.columns(text, within).map(Contents::Table),
        #[cfg(feature = "npy")]
        _ => opened.arrays(key.as_deref(), within).contents(),
        #[cfg(not(feature = "npy"))]
        _ => Err(opened.unsupported_array(key.as_deref())),
    }
}

/// Reads a file of targets.
pub(crate) fn read_target_file(path: &Path, text: &TextFormat, within: Within<'_>) -> Result<Table> {
    let Member { path, key } = Member::of(path);
    let opened = open_any(&path, within.limits)?;
    let origin = opened.input.origin.clone();
    match opened.format {
        Format::Idx => {
            let labels: Vec<f64> =
                opened.idx(within.limits)?.into_labels(&origin)?.into_iter().map(f64::from).collect();
            Table::of_numbers(&origin, 1, &labels)
        }
        Format::Text => opened.text(text, within),
        Format::Parquet | Format::Arrow => opened.columns(text, within),
        #[cfg(feature = "npy")]
        _ => opened.arrays(key.as_deref(), within).target_table(),
        #[cfg(not(feature = "npy"))]
        _ => Err(opened.unsupported_array(key.as_deref())),
    }
}

/// Reads text from any reader.
#[cfg(feature = "csv")]
pub(crate) fn read_text(origin: &str, reader: impl Read, text: &TextFormat, within: Within<'_>) -> Result<Table> {
    super::table::read_text(origin, reader, text, within)
}

/// Says which feature reads text.
#[cfg(not(feature = "csv"))]
pub(crate) fn read_text(origin: &str, _: impl Read, _: &TextFormat, _: Within<'_>) -> Result<Table> {
    Err(unsupported(origin, "a text file", "csv"))
}

#[cfg_attr(all(feature = "csv", feature = "npy", feature = "zstd", feature = "parquet"), allow(dead_code))]
fn unsupported(origin: &str, found: &'static str, feature: &'static str) -> Error {
    Error::Unsupported { origin: origin.to_owned(), found, feature }
}

/// A file, its format, and what reads its bytes if they are compressed.
struct Opened {
    input: Input,
    format: Format,
    inflated: Option<Inflated>,
}

impl Opened {
    fn idx(self, limits: Limits) -> Result<idx::Idx> {
        let Opened { input, inflated, .. } = self;
        match inflated {
            Some(reader) => idx::parse_within(&input.origin, reader, None, limits),
            None => idx::parse_within(&input.origin, input.reader, input.len, limits),
        }
    }

    /// Images, stored where they would take more memory than was allowed.
    fn images(self, within: Within<'_>) -> Result<Features<f64>> {
        let Opened { input, inflated, .. } = self;
        let origin = &input.origin;
        match inflated {
            Some(reader) => idx::images_of(origin, reader, None, within),
            None => idx::images_of(origin, input.reader, input.len, within),
        }
    }

    fn text(self, text: &TextFormat, within: Within<'_>) -> Result<Table> {
        let Opened { input, inflated, .. } = self;
        match inflated {
            Some(reader) => read_text(&input.origin, reader, text, within),
            None => read_text(&input.origin, input.reader, text, within),
        }
    }

    #[cfg(feature = "npy")]
    fn arrays<'a>(self, key: Option<&'a str>, within: Within<'a>) -> Arrays<'a> {
        let Opened { input, format, inflated } = self;
        let layout = match format {
            Format::Npz => Layout::Npz,
            Format::Tensors => Layout::Tensors,
            _ => Layout::Npy,
        };
        Arrays { layout, input, inflated, key, memory: within.memory }
    }

    #[cfg(not(feature = "npy"))]
    fn unsupported_array(self, _: Option<&str>) -> Error {
        unsupported(&self.input.origin, self.format.name(), "npy")
    }

    /// A file of columns.
    fn columns(self, text: &TextFormat, within: Within<'_>) -> Result<Table> {
        let format = self.format;
        let origin = &self.input.origin;
        if self.inflated.is_some() {
            let found = "columns in a compressed file";
            return Err(Error::format(origin, Place::Byte(0), found, "the Parquet or Arrow file itself"));
        }
        #[cfg(feature = "parquet")]
        {
            let file = self.input.reader.into_inner().1;
            if format == Format::Parquet {
                super::columnar::parquet(origin, file, text, within)
            } else {
                super::columnar::arrow(origin, file, text, within)
            }
        }
        #[cfg(not(feature = "parquet"))]
        {
            let _ = (text, within);
            Err(unsupported(origin, format.name(), "parquet"))
        }
    }
}

/// The first bytes of a frame of zstd.
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

fn open_any(path: &Path, limits: Limits) -> Result<Opened> {
    let mut input = open(path, limits)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let (is_gzip, is_zstd) = (input.head.starts_with(&idx::GZIP), input.head.starts_with(&ZSTD));
    if !is_gzip && !is_zstd {
        let format = format_of(&name, &input.origin, &input.head)?;
        return Ok(Opened { input, format, inflated: None });
    }
    let reader = std::mem::replace(&mut input.reader, Cursor::new(Vec::new()).chain(empty_file(path)?));
    let mut inflated = inflated(&input.origin, reader, is_zstd, limits)?;
    let mut head = vec![0; 8];
    let filled = fill(&mut inflated, &mut head).map_err(|error| super::input::read_error(&input.origin, 0, error))?;
    head.truncate(filled);
    let inside = [".gz", ".zst", ".zstd"].iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(&name);
    let format = if filled < 2 { Format::Idx } else { format_of(inside, &input.origin, &head)? };
    let inflated: Inflated = Box::new(Cursor::new(head).chain(inflated));
    Ok(Opened { input, format, inflated: Some(inflated) })
}

/// What inflates these bytes.
fn inflated(origin: &str, reader: impl Read + 'static, is_zstd: bool, limits: Limits) -> Result<Inflated> {
    // Streams of nothing, one behind the other, inflate to nothing without an end.
    let reader = reader.take(limits.max_bytes);
    let _ = origin;
    Ok(match is_zstd {
        false => Box::new(Members::new(reader)),
        #[cfg(feature = "zstd")]
        true => Box::new(super::zstd::Frames::new(reader)),
        #[cfg(not(feature = "zstd"))]
        true => return Err(unsupported(origin, "a file that zstd has compressed", "zstd")),
    })
}

/// Formats that are not read from a stream, by how they begin.
const FROM_FILES: [(&[u8], &str); 3] = [(b"\x93NUMPY", "NPY"), (b"PAR1\x15", "Parquet"), (b"ARROW1\0\0", "Arrow")];

/// Reads text from a stream without a name, which gzip or zstd may have compressed.
pub(crate) fn read_stream(
    origin: &str,
    mut reader: impl Read + 'static,
    text: &TextFormat,
    within: Within<'_>,
) -> Result<Table> {
    let head_of = |reader: &mut dyn Read| {
        let mut head = vec![0; 8];
        let filled = fill(&mut &mut *reader, &mut head).map_err(|error| super::input::read_error(origin, 0, error))?;
        head.truncate(filled);
        Ok::<_, Error>(head)
    };
    let mut head = head_of(&mut reader)?;
    let (is_gzip, is_zstd) = (head.starts_with(&idx::GZIP), head.starts_with(&ZSTD));
    let mut reader: Inflated = Box::new(Cursor::new(head.clone()).chain(reader));
    if is_gzip || is_zstd {
        reader = inflated(origin, reader, is_zstd, within.limits)?;
        head = head_of(&mut reader)?;
        reader = Box::new(Cursor::new(head.clone()).chain(reader));
    }
    match foreign::refused(origin, &head, "text") {
        Some(error) => Err(error),
        None if head.starts_with(b"PK\x03\x04") => Err(foreign::zip(origin, "", "text")),
        None => match FROM_FILES.iter().find(|(magic, _)| head.starts_with(magic)) {
            Some((_, name)) => {
                let expected = "text: this format is read from a file, by its name".to_owned();
                Err(Error::format(origin, Place::Byte(0), (*name).to_owned(), expected))
            }
            None => read_text(origin, reader, text, within),
        },
    }
}

/// The file again, of which nothing is read.
fn empty_file(path: &Path) -> Result<std::fs::File> {
    std::fs::File::open(path).map_err(Error::io("read", path))
}

/// What is read.
const KNOWN: &str = "an IDX, NPY, NPZ, safetensors, Parquet, Arrow or text file";

/// Tells the format by the first bytes; by the name where they fit none, so that its reader can say what is wrong.
fn format_of(name: &str, origin: &str, head: &[u8]) -> Result<Format> {
    const MAGIC: [(&[u8], Format); 6] = [
        (b"\x93NUMPY", Format::Npy),
        (&[0, 0], Format::Idx),
        (b"PAR1", Format::Parquet),
        (b"ARROW1", Format::Arrow),
        (b"PK\x03\x04", Format::Npz),
        (b"PK\x05\x06", Format::Npz),
    ];
    const ENDINGS: [(&[&str], Format); 6] = [
        (&[".npy"], Format::Npy),
        (&[".npz"], Format::Npz),
        (&[".safetensors"], Format::Tensors),
        (&[".parquet"], Format::Parquet),
        (&[".csv", ".tsv", ".txt", ".data", ".tab", ".dat"], Format::Text),
        (&[".idx", "ubyte"], Format::Idx),
    ];
    let by_name = ENDINGS.iter().find(|(endings, _)| endings.iter().any(|ending| name.ends_with(ending)));
    let by_bytes = MAGIC.iter().find(|(start, _)| head.starts_with(start));
    let is_text = |byte: &u8| matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~' | 0x80..);
    // What a name of text or no name promises is no reason to read other bytes as text.
    if let (None, None | Some((_, Format::Text | Format::Parquet))) = (by_bytes, by_name)
        && let Some(error) = foreign::refused(origin, head, KNOWN)
    {
        return Err(error);
    }
    match (by_bytes, by_name) {
        // The length of a header stands first: any bytes.
        (_, Some((_, Format::Tensors))) => return Ok(Format::Tensors),
        // A zip archive without that name may be anything, and a text may begin with these letters.
        (Some((_, Format::Npz)), Some((_, format @ (Format::Npz | Format::Idx)))) => return Ok(*format),
        (Some((_, Format::Npz)), _) => return Err(foreign::zip(origin, name, KNOWN)),
        (Some((_, format)), None) => return Ok(*format),
        (Some((_, format @ (Format::Npy | Format::Idx))), Some(_)) => return Ok(*format),
        (_, Some((_, format))) => return Ok(*format),
        (None, None) => {}
    }
    let is_utf16 = head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff");
    if is_utf16 || (!head.is_empty() && head.iter().all(is_text)) {
        Ok(Format::Text)
    } else {
        let shown: Vec<String> = head.iter().map(|byte| format!("{byte:02x}")).collect();
        let found = if head.is_empty() { "the end".to_string() } else { format!("bytes {}", shown.join(" ")) };
        Err(Error::format(origin, Place::Byte(0), found, KNOWN))
    }
}

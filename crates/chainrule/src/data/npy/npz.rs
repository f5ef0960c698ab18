//! NumPy's archives of arrays, as `savez` and `savez_compressed` write them: a zip file of NPY files, stored or deflated.
//! Only the array that is asked for is inflated, and no further than its header and the limits allow.
//!
//! By `rawzip`, which has no dependencies and leaves inflating to `flate2`; `zip` would bring nine crates, `rc-zip` over
//! twenty.

use std::fs::File;
use std::io::{BufReader, Read};

use flate2::bufread::DeflateDecoder;
use rawzip::{CompressionMethod, FileReader, ZipArchive, ZipArchiveEntryWayfinder};

use super::array::{Array, tuple};
use super::header::read_header;
use crate::data::Limits;
use crate::data::input::read_exactly;
use crate::data::member::listed;
use crate::nearest::nearest;
use crate::{Error, Place, Result};

/// Arrays of an archive; NumPy writes one for each name that it is given.
const MOST: usize = 65_536;

/// An array in the archive.
struct Entry {
    /// Without `.npy`.
    name: String,
    method: CompressionMethod,
    at: ZipArchiveEntryWayfinder,
}

/// An opened archive.
struct Npz<'a> {
    origin: &'a str,
    archive: ZipArchive<FileReader>,
    entries: Vec<Entry>,
    limits: Limits,
}

/// What `read` makes of the array of this name, or of the only one, and what errors call it.
pub(super) fn array<R>(
    origin: &str,
    file: File,
    key: Option<&str>,
    limits: Limits,
    read: impl FnOnce(&str, BufReader<Box<dyn Read + '_>>) -> Result<R>,
) -> Result<(String, R)> {
    let npz = Npz::open(origin, file, limits)?;
    let entry = npz.choose(key)?;
    let origin = format!("{origin}:{}", entry.name);
    limits.check(&origin, entry.at.uncompressed_size_hint().into())?;
    let reader = npz.inflated(entry)?;
    let array = read(&origin, BufReader::new(reader))?;
    Ok((origin, array))
}

/// The names of all files in an archive, arrays or not.
pub(crate) fn zip_names(origin: &str, file: &File) -> Result<Vec<String>> {
    let file = file.try_clone().map_err(Error::io("read", origin))?;
    let broken = |error: rawzip::Error| broken(origin, &error);
    let mut buffer = vec![0; rawzip::RECOMMENDED_BUFFER_SIZE];
    let archive = ZipArchive::from_file(file, &mut buffer).map_err(broken)?;
    let (mut names, mut entries) = (Vec::new(), archive.entries(&mut buffer));
    while let Some(entry) = entries.next_entry().map_err(broken)?.filter(|_| names.len() < MOST) {
        names.push(String::from_utf8_lossy(entry.file_path().as_bytes()).into_owned());
    }
    Ok(names)
}

/// The numbers of the array of this name.
pub(crate) fn npz_numbers(origin: &str, file: &File, key: &str, limits: Limits) -> Result<Vec<f64>> {
    let file = file.try_clone().map_err(Error::io("read", origin))?;
    let read = |named: &str, reader: BufReader<Box<dyn Read + '_>>| Array::<f64>::read(named, reader, None, limits);
    Ok(array(origin, file, Some(key), limits, read)?.1.data)
}

/// The text of this name: an array without dimensions, of UTF-32.
pub(crate) fn npz_text(origin: &str, file: &File, key: &str, limits: Limits) -> Result<String> {
    let file = file.try_clone().map_err(Error::io("read", origin))?;
    let read = |named: &str, mut reader: BufReader<Box<dyn Read + '_>>| {
        let header = read_header(named, &mut reader)?;
        let refuse = |found: String| Error::format(named, Place::Header, found, "a text in UTF-32, little-endian");
        let length = header.descr.strip_prefix("<U").and_then(|length| length.parse::<usize>().ok());
        let Some(count) = length.and_then(|length| length.checked_mul(4)).filter(|_| header.shape.is_empty()) else {
            return Err(refuse(format!("an array of {:?}", header.descr)));
        };
        limits.check(named, count as u128)?;
        let bytes = read_exactly(named, &mut reader, header.offset, count)?;
        let text = bytes.as_chunks().0.iter().map(|four| char::from_u32(u32::from_le_bytes(*four)));
        text.collect::<Option<String>>().ok_or_else(|| refuse("a number that is no character".to_owned()))
    };
    Ok(array(origin, file, Some(key), limits, read)?.1)
}

impl<'a> Npz<'a> {
    fn open(origin: &'a str, file: File, limits: Limits) -> Result<Self> {
        let broken = |error: rawzip::Error| broken(origin, &error);
        let mut buffer = vec![0; rawzip::RECOMMENDED_BUFFER_SIZE];
        let archive = ZipArchive::from_file(file, &mut buffer).map_err(broken)?;
        let mut found = Vec::new();
        let mut entries = archive.entries(&mut buffer);
        while let Some(entry) = entries.next_entry().map_err(broken)? {
            let name = String::from_utf8_lossy(entry.file_path().as_bytes()).into_owned();
            let Some(name) = name.strip_suffix(".npy") else { continue };
            if found.len() == MOST {
                let found = format!("more than {MOST} arrays");
                return Err(Error::format(origin, Place::Header, found, "fewer"));
            }
            found.push(Entry { name: name.to_owned(), method: entry.compression_method(), at: entry.wayfinder() });
        }
        Ok(Npz { origin, archive, entries: found, limits })
    }

    fn choose(&self, key: Option<&str>) -> Result<&Entry> {
        let refuse = |found: String, expected: String| Err(Error::format(self.origin, Place::Header, found, expected));
        let Some(key) = key else {
            return match &self.entries[..] {
                [only] => Ok(only),
                [] => {
                    refuse("a zip archive without arrays".to_owned(), "one of NumPy's, with NPY files in it".to_owned())
                }
                [first, ..] => {
                    let expected = format!("the name of one behind the file: {}:{}", self.origin, first.name);
                    refuse(format!("the arrays {}", self.listed()), expected)
                }
            };
        };
        let mut named = self.entries.iter().filter(|entry| entry.name == key);
        match (named.next(), named.next()) {
            (Some(entry), None) => Ok(entry),
            (Some(_), Some(_)) => refuse(format!("two arrays {key:?}"), "one of each name".to_owned()),
            (None, _) => {
                let names: Vec<&str> = self.entries.iter().map(|entry| entry.name.as_str()).collect();
                let meant = nearest(key, &names).map_or(String::new(), |name| format!(" (did you mean {name:?}?)"));
                refuse(format!("no array {key:?}{meant}"), format!("one of {}", self.listed()))
            }
        }
    }

    /// The names of all arrays with their shapes, of which only headers are read.
    fn listed(&self) -> String {
        let shape = |entry: &Entry| {
            let header = read_header(self.origin, &mut self.inflated(entry)?)?;
            Ok::<_, Error>(tuple(&header.shape.iter().map(|&dim| dim as usize).collect::<Vec<_>>()))
        };
        let described = |(at, entry): (usize, &Entry)| {
            let shape =
                if at < 20 { shape(entry).unwrap_or_else(|_| "(unreadable)".to_owned()) } else { String::new() };
            (entry.name.clone(), shape)
        };
        listed(&self.entries.iter().enumerate().map(described).collect::<Vec<_>>())
    }

    /// The bytes of an array's file, whose number and checksum are compared with the archive's.
    fn inflated(&self, entry: &Entry) -> Result<Box<dyn Read + '_>> {
        let opened = self.archive.get_entry(entry.at).map_err(|error| broken(self.origin, &error))?;
        let stored = opened.reader().take(self.limits.max_bytes);
        match entry.method {
            CompressionMethod::STORE => Ok(Box::new(opened.verifying_reader(stored))),
            CompressionMethod::DEFLATE => {
                Ok(Box::new(opened.verifying_reader(DeflateDecoder::new(BufReader::new(stored)))))
            }
            other => {
                let found = format!("{:?} compressed by {other}", entry.name);
                Err(Error::format(self.origin, Place::Header, found, "arrays that are stored or deflated, as NumPy's"))
            }
        }
    }
}

fn broken(origin: &str, error: &rawzip::Error) -> Error {
    let found = format!("a zip archive that is corrupt or cut off ({error})");
    Error::format(origin, Place::Header, found, "a whole one")
}

#[cfg(test)]
mod tests {
    use std::io::{Seek, Write};

    use super::super::array::tests::npy;
    use super::*;
    use crate::data::npy::Array;

    fn file(bytes: &[u8]) -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        file.rewind().unwrap();
        file
    }

    /// An archive of these files.
    fn zip(files: &[(&str, &[u8])], is_deflated: bool) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut archive = rawzip::ZipArchiveWriter::new(&mut bytes);
        for (name, content) in files {
            let method = if is_deflated { CompressionMethod::DEFLATE } else { CompressionMethod::STORE };
            let (mut entry, config) = archive.new_file(*name).compression_method(method).start().unwrap();
            let descriptor = if is_deflated {
                let mut writer =
                    config.wrap(flate2::write::DeflateEncoder::new(&mut entry, flate2::Compression::best()));
                writer.write_all(content).unwrap();
                let (encoder, descriptor) = writer.finish().unwrap();
                encoder.finish().unwrap();
                descriptor
            } else {
                let mut writer = config.wrap(&mut entry);
                writer.write_all(content).unwrap();
                writer.finish().unwrap().1
            };
            entry.finish(descriptor).unwrap();
        }
        archive.finish().unwrap();
        bytes
    }

    fn of_bytes(shape: &str, data: &[u8]) -> Vec<u8> {
        npy(1, &format!("{{'descr': '|i1', 'fortran_order': False, 'shape': {shape}, }}"), data)
    }

    fn read(bytes: &[u8], key: Option<&str>, limits: Limits) -> Result<(String, Array<f64>)> {
        array("x.npz", file(bytes), key, limits, |origin, reader| Array::read(origin, reader, None, limits))
    }

    #[test]
    fn arrays_are_found_by_name_stored_or_deflated() {
        let (x, y) = (of_bytes("(2, 2)", &[1, 2, 3, 4]), of_bytes("(2,)", &[0, 1]));
        for is_deflated in [false, true] {
            let bytes = zip(&[("x.npy", &x), ("folder/y.npy", &y)], is_deflated);
            let (origin, array) = read(&bytes, Some("x"), Limits::default()).unwrap();
            assert_eq!((origin.as_str(), array.shape, array.data), ("x.npz:x", vec![2, 2], vec![1.0, 2.0, 3.0, 4.0]));
            assert_eq!(read(&bytes, Some("folder/y"), Limits::default()).unwrap().1.data, [0.0, 1.0]);
            let message = |key| read(&bytes, key, Limits::default()).unwrap_err().to_string();
            assert_eq!(
                message(None),
                "x.npz, header: found the arrays x (2, 2), folder/y (2,), expected the name of one behind the file: x.npz:x"
            );
            assert!(message(Some("X")).contains("no array \"X\" (did you mean \"x\"?), expected one of x (2, 2), f"));
        }
        assert_eq!(read(&zip(&[("x.npy", &x)], true), None, Limits::default()).unwrap().1.data.len(), 4);
        let none = read(&zip(&[("readme.txt", b"hello")], false), None, Limits::default());
        assert!(none.unwrap_err().to_string().contains("a zip archive without arrays"));
    }

    #[test]
    fn every_prefix_and_a_changed_byte_of_the_data_are_refused() {
        let x = of_bytes("(2, 2)", &[1, 2, 3, 4]);
        for is_deflated in [false, true] {
            let bytes = zip(&[("x.npy", &x)], is_deflated);
            for length in 0..bytes.len() {
                assert!(read(&bytes[..length], None, Limits::default()).is_err(), "{length}");
            }
        }
        let mut bytes = zip(&[("x.npy", &x)], false);
        let at = bytes.windows(4).position(|four| four == [1, 2, 3, 4]).unwrap();
        bytes[at] = 9;
        let message = read(&bytes, None, Limits::default()).unwrap_err().to_string();
        assert!(message.contains("x.npz:x, byte") && message.contains("corrupt"), "{message}");
    }

    #[test]
    fn a_bomb_is_refused_before_it_is_inflated() {
        let bytes = zip(&[("x.npy", &of_bytes("(10000000,)", &vec![0; 10_000_000]))], true);
        assert!(bytes.len() < 20_000);
        let message = read(&bytes, None, Limits { max_bytes: 1 << 20 }).unwrap_err().to_string();
        assert!(message.starts_with("x.npz:x has 10000128 bytes, more than the limit of 1048576 bytes"), "{message}");
    }
}

//! Rows of equal length in a file that has no name and is gone when it is closed. They are written once and read at any
//! place. No map of the file's pages into memory: these count as memory of the process.

use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::OnceLock;

use super::memory::Memory;
use crate::{Error, Result};

/// Bytes that are read at once where rows are read one after the other.
pub(crate) const AT_ONCE: usize = 256 << 10;

/// A file of rows.
#[derive(Debug)]
pub(crate) struct Scratch {
    file: File,
    folder: PathBuf,
    row_bytes: usize,
    /// The first error of reading: those who read cannot say so themselves.
    failed: OnceLock<(io::ErrorKind, String)>,
    /// The file has one place to read from.
    #[cfg(not(unix))]
    lock: std::sync::Mutex<()>,
}

impl Scratch {
    /// An empty one.
    pub(crate) fn new(memory: &Memory, row_bytes: usize) -> Result<Self> {
        Ok(Self::of(memory.file()?, memory.folder().to_path_buf(), row_bytes))
    }

    fn of(file: File, folder: PathBuf, row_bytes: usize) -> Self {
        Scratch {
            file,
            folder,
            row_bytes,
            failed: OnceLock::new(),
            #[cfg(not(unix))]
            lock: std::sync::Mutex::default(),
        }
    }

    /// Number of bytes in a row.
    pub(crate) fn row_bytes(&self) -> usize {
        self.row_bytes
    }

    /// Rows that are read at once.
    pub(crate) fn rows_at_once(&self) -> usize {
        (AT_ONCE / self.row_bytes.max(1)).max(1)
    }

    /// Writes rows, the first of which has this number.
    ///
    /// # Errors
    /// [`Error::Io`], when the disk is full for example.
    pub(crate) fn write(&self, first: usize, rows: &[u8]) -> Result<()> {
        let at = first as u64 * self.row_bytes as u64;
        self.write_at(rows, at).map_err(|error| {
            let written = at.div_ceil(1 << 20);
            let text = format!("{error} ({written}M were written; another folder may have more room)");
            Error::io("write rows beyond memory to a scratch file in", &self.folder)(io::Error::new(error.kind(), text))
        })
    }

    /// Reads rows, from this number on; what cannot be read is 0, and [`Scratch::check`] says so.
    pub(crate) fn read(
        &self,
        first: usize,
        into: &mut [u8], // (rows, row_bytes)
    ) {
        self.read_at_byte(first as u64 * self.row_bytes as u64, into);
    }

    /// The same from a byte on.
    pub(crate) fn read_at_byte(&self, at: u64, into: &mut [u8]) {
        if let Err(error) = self.read_at(into, at) {
            into.fill(0);
            let _ = self.failed.set((error.kind(), error.to_string()));
        }
    }

    /// That all that was read so far could be.
    ///
    /// # Errors
    /// [`Error::Io`]
    pub(crate) fn check(&self) -> Result<()> {
        match self.failed.get() {
            None => Ok(()),
            Some((kind, text)) => {
                let error = io::Error::new(*kind, text.clone());
                Err(Error::io("read rows from a scratch file in", &self.folder)(error))
            }
        }
    }

    #[cfg(unix)]
    fn read_at(&self, into: &mut [u8], at: u64) -> io::Result<()> {
        std::os::unix::fs::FileExt::read_exact_at(&self.file, into, at)
    }

    #[cfg(unix)]
    fn write_at(&self, bytes: &[u8], at: u64) -> io::Result<()> {
        std::os::unix::fs::FileExt::write_all_at(&self.file, bytes, at)
    }

    #[cfg(not(unix))]
    fn read_at(&self, into: &mut [u8], at: u64) -> io::Result<()> {
        use std::io::{Read, Seek, SeekFrom};
        let _one = self.lock.lock();
        let mut file = &self.file;
        file.seek(SeekFrom::Start(at))?;
        file.read_exact(into)
    }

    #[cfg(not(unix))]
    fn write_at(&self, bytes: &[u8], at: u64) -> io::Result<()> {
        use std::io::{Seek, SeekFrom, Write};
        let _one = self.lock.lock();
        let mut file = &self.file;
        file.seek(SeekFrom::Start(at))?;
        file.write_all(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read_back_at_any_place_and_what_is_not_there_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let scratch = Scratch::new(&Memory::new(0).in_folder(folder.path()), 3).unwrap();
        scratch.write(0, b"abcdef").unwrap();
        scratch.write(2, b"ghi").unwrap();
        let mut rows = [0; 6];
        scratch.read(1, &mut rows);
        assert_eq!(&rows, b"defghi");
        assert!(scratch.check().is_ok());
        #[cfg(unix)]
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "it has no name");
        scratch.read(2, &mut rows);
        assert_eq!(rows, [0; 6]);
        assert!(scratch.check().unwrap_err().to_string().contains("cannot read rows from a scratch file in"));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_says_so() {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let message = Scratch::of(full, "/there".into(), 3).write(1 << 20, b"abc").unwrap_err().to_string();
        let expected = "cannot write rows beyond memory to a scratch file in /there: No space left on device";
        assert!(message.starts_with(expected) && message.contains("3M were written"), "{message}");
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let memory = Memory::new(1).in_folder("/no/such/folder");
        let message = Scratch::new(&memory, 1).unwrap_err().to_string();
        assert!(message.starts_with("cannot create a scratch file in /no/such/folder"), "{message}");
    }

    #[test]
    fn a_bound_below_what_stays_in_memory_is_refused_with_one_that_suffices() {
        let message = Memory::new(999).check("x.csv", 100, 10).unwrap_err().to_string();
        assert_eq!(
            message,
            "memory: found 999 bytes for 100 rows of x.csv, expected at least 1000 (1M): 10 bytes of each row stay in memory"
        );
        assert!(Memory::new(1000).check("x.csv", 100, 10).is_ok());
    }
}

//! A reader that counts what passes: the bytes of a text file and those of the row that it is in, so that a file
//! without an end, or a row without one, is refused where its bound is and not where memory ends.

use std::cell::Cell;
use std::io::{self, Read};

use crate::data::Limits;
use crate::{Error, Place};

/// Bytes that the parser behind asks for at once.
pub(super) const CHUNK: usize = 256 << 10;

/// What the parser behind has asked for at once and not used yet, at most.
const AHEAD: u64 = 2 * CHUNK as u64;

/// However low the limit.
const ROW_MAX_AT_LEAST: u64 = 1 << 20;

/// What is left of each bound; shared with the reader that counts it down.
#[derive(Debug)]
pub(super) struct Meter {
    limits: Limits,
    file: Cell<u64>,
    row: Cell<u64>,
    is_row: Cell<bool>,
}

impl Meter {
    pub(super) fn new(limits: Limits) -> Self {
        let (file, zero) = (Cell::new(limits.max_bytes), Cell::new(0));
        let meter = Meter { limits, file, row: zero, is_row: Cell::new(false) };
        meter.next_row();
        meter
    }

    /// Bytes of a row.
    fn row_max(&self) -> u64 {
        (self.limits.max_bytes / 256).max(ROW_MAX_AT_LEAST)
    }

    /// Columns.
    pub(super) fn columns_max(&self) -> u64 {
        self.row_max() / 16
    }

    /// A row has been read whole.
    pub(super) fn next_row(&self) {
        self.row.set(self.row_max().saturating_add(AHEAD));
    }

    fn pass(&self, bytes: &[u8]) -> io::Result<()> {
        let Some(rest) = self.row.get().checked_sub(bytes.len() as u64) else {
            self.is_row.set(true);
            return Err(io::ErrorKind::FileTooLarge.into());
        };
        self.row.set(rest);
        let rest = self.file.get().checked_sub(bytes.len() as u64).ok_or(io::ErrorKind::FileTooLarge)?;
        self.file.set(rest);
        Ok(())
    }

    /// What an error of the reader means; `place` is that of the row.
    pub(super) fn error(&self, origin: &str, place: Place, error: io::Error) -> Error {
        match (error.kind(), self.is_row.get()) {
            (io::ErrorKind::FileTooLarge, true) => self.row_error(origin, place),
            (io::ErrorKind::FileTooLarge, false) => self.limits.exceeded(origin),
            _ => Error::io("read", origin)(error),
        }
    }

    /// That a row has no end in sight.
    pub(super) fn row_error(&self, origin: &str, place: Place) -> Error {
        let (bytes, columns) = (self.row_max(), self.columns_max());
        let expected = format!(
            "rows of at most {bytes} bytes and {columns} columns (is a quote closed?); a higher Limits::max_bytes allows \
             longer ones"
        );
        Error::format(origin, place, "a longer row", expected)
    }
}

/// What `reader` gives, counted.
#[derive(Debug)]
pub(super) struct Metered<'a, R> {
    pub(super) reader: R,
    pub(super) meter: &'a Meter,
}

impl<R: Read> Read for Metered<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        self.meter.pass(&buffer[..count])?;
        Ok(count)
    }
}

//! A text file as records: one line each, or several where quotes go over the end of a line. Lines without quotes are given
//! as they lie; what quotes mean is `csv-core`'s affair.

use std::io::{self, Read};
use std::mem;

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use super::dialect::Delimiter;
use crate::data::metered::CHUNK;

/// The cells of a row.
pub(super) enum Record<'a> {
    /// A line without quotes, and without its end.
    Line(&'a [u8]),
    /// Cells that have been taken out of their quotes: where each ends.
    Cells { bytes: &'a [u8], ends: &'a [usize] },
    /// What is left of the file, from a quote on that is never closed.
    Unclosed,
}

/// Reads records one after the other; empty lines are none.
pub(super) struct Records<R> {
    reader: R,
    buffer: Vec<u8>,
    /// What of the buffer has been read and not used.
    start: usize,
    end: usize,
    is_at_end: bool,
    /// Counted from 1: of the next record.
    line: u64,
    /// The line that the last record began at.
    began: u64,
    terminator: u8,
    quotes: Option<Reader>,
    cells: Vec<u8>,
    ends: Vec<usize>,
}

/// Where a line lies in the buffer.
struct Span {
    start: usize,
    end: usize,
    /// Where the next one begins.
    next: usize,
}

const BOM: &[u8] = b"\xef\xbb\xbf";

impl<R: Read> Records<R> {
    /// Reads the first bytes, without using them.
    pub(super) fn new(reader: R) -> io::Result<Self> {
        let mut records = Records {
            reader,
            buffer: Vec::new(),
            start: 0,
            end: 0,
            is_at_end: false,
            line: 1,
            began: 1,
            terminator: b'\n',
            quotes: None,
            cells: Vec::new(),
            ends: Vec::new(),
        };
        while records.end < CHUNK && !records.is_at_end {
            records.fill()?;
        }
        if records.ahead().starts_with(BOM) {
            records.start = BOM.len();
        }
        let ahead = records.ahead();
        // The last byte may be the first half of `\r\n`.
        let returns = if records.is_at_end { ahead } else { &ahead[..ahead.len().saturating_sub(1)] };
        if memchr::memchr(b'\n', ahead).is_none() && memchr::memchr(b'\r', returns).is_some() {
            records.terminator = b'\r';
        }
        Ok(records)
    }

    /// Reads ahead until this number of lines is complete; calls `line_done` for each line that becomes complete.
    pub(super) fn read_ahead(&mut self, lines: usize, line_done: impl Fn()) -> io::Result<()> {
        let (mut whole, mut searched) = (0, 0);
        loop {
            let found = memchr::memchr_iter(self.terminator, &self.ahead()[searched..]).take(lines - whole).count();
            (0..found).for_each(|_| line_done());
            whole += found;
            if whole == lines || self.is_at_end {
                return Ok(());
            }
            searched = self.ahead().len();
            self.fill()?;
        }
    }

    /// Passes over a line, whatever it holds; whether there was one.
    pub(super) fn pass_line(&mut self) -> io::Result<bool> {
        let Some(span) = self.next_line()? else { return Ok(false) };
        (self.start, self.line) = (span.next, self.line + 1);
        Ok(true)
    }

    /// The line that comes next, counted from 1.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// Counts lines from this one on.
    pub(super) fn count_from(&mut self, line: u64) {
        self.line = line;
    }

    /// What has been read ahead.
    pub(super) fn ahead(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// Whether all has been read.
    pub(super) fn is_at_end(&self) -> bool {
        self.is_at_end
    }

    /// What ends a line: `\n`, or `\r` in files that know nothing else.
    pub(super) fn terminator(&self) -> u8 {
        self.terminator
    }

    /// From now on quotes are understood, between these delimiters; blanks know no quotes.
    pub(super) fn quote(&mut self, delimiter: Delimiter) {
        self.quotes = match delimiter {
            Delimiter::Byte(byte) => Some(ReaderBuilder::new().delimiter(byte).build()),
            Delimiter::Blanks => None,
        };
    }

    /// The line that the last record began at, counted from 1.
    pub(super) fn began_at(&self) -> u64 {
        self.began
    }

    /// The next record, or `None` at the end.
    pub(super) fn next(&mut self) -> io::Result<Option<Record<'_>>> {
        loop {
            let Some(span) = self.next_line()? else { return Ok(None) };
            self.began = self.line;
            let line = &self.buffer[span.start..span.end];
            if line.iter().all(u8::is_ascii_whitespace) && memchr::memchr(b'\t', line).is_none() {
                (self.start, self.line) = (span.next, self.line + 1);
                continue;
            }
            if self.quotes.is_some() && memchr::memchr(b'"', line).is_some() {
                let is_closed = self.quoted()?;
                return Ok(Some(match is_closed {
                    true => Record::Cells { bytes: &self.cells, ends: &self.ends },
                    false => Record::Unclosed,
                }));
            }
            (self.start, self.line) = (span.next, self.line + 1);
            return Ok(Some(Record::Line(&self.buffer[span.start..span.end])));
        }
    }

    /// Takes a record that begins at the start of what is ahead out of its quotes, and says whether they were closed.
    fn quoted(&mut self) -> io::Result<bool> {
        let Some(mut core) = self.quotes.take() else { return Ok(true) };
        core.set_line(1);
        let (mut out, mut count, mut is_closed, mut is_half) = (0, 0, true, false);
        // `csv-core` would drop a byte order mark in front of any record, were it not given in pieces.
        let mut is_first = true;
        self.cells.resize(self.cells.len().max(1 << 10), 0);
        self.ends.resize(self.ends.len().max(1 << 6), 0);
        loop {
            if self.start == self.end && !self.is_at_end {
                self.fill()?;
            }
            let is_over = self.start == self.end;
            // A line's end behind the last byte ends the record, or else it stands in quotes, which `csv-core` would take
            // for closed where the file ends.
            let input = if is_over { b"\n" } else { &self.buffer[self.start..self.end] };
            let input = if mem::take(&mut is_first) { &input[..1] } else { input };
            let (result, read, written, ended) =
                core.read_record(input, &mut self.cells[out..], &mut self.ends[count..]);
            let ends_by_return = read > 0 && input[read - 1] == b'\r';
            self.start += if is_over { 0 } else { read };
            (out, count) = (out + written, count + ended);
            match result {
                ReadRecordResult::InputEmpty if is_over => {
                    is_closed = false;
                    break;
                }
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => self.cells.resize(2 * self.cells.len(), 0),
                ReadRecordResult::OutputEndsFull => self.ends.resize(2 * self.ends.len(), 0),
                ReadRecordResult::Record | ReadRecordResult::End => {
                    is_half = ends_by_return && self.terminator == b'\n';
                    break;
                }
            }
        }
        if self.start == self.end && !self.is_at_end {
            self.fill()?;
        }
        // `csv-core` leaves the second half of a line's end, `\r\n`, to the next record.
        let is_left = is_half && self.ahead().first() == Some(&b'\n');
        self.start += usize::from(is_left);
        self.line += (core.line().saturating_sub(1) + u64::from(is_left)).max(1);
        self.cells.truncate(out.max(1 << 10));
        self.ends.truncate(count);
        core.reset();
        self.quotes = Some(core);
        Ok(is_closed)
    }

    /// Where the next line lies, whole.
    fn next_line(&mut self) -> io::Result<Option<Span>> {
        let mut searched = 0;
        loop {
            let ahead = &self.buffer[self.start..self.end];
            if let Some(at) = memchr::memchr(self.terminator, &ahead[searched..]) {
                let at = searched + at;
                let end = if at > 0 && ahead[at - 1] == b'\r' { at - 1 } else { at };
                return Ok(Some(Span { start: self.start, end: self.start + end, next: self.start + at + 1 }));
            }
            if self.is_at_end {
                let last = Span { start: self.start, end: self.end, next: self.end };
                return Ok((last.start < last.end).then_some(last));
            }
            searched = ahead.len();
            self.fill()?;
        }
    }

    /// Reads more behind what is ahead.
    fn fill(&mut self) -> io::Result<()> {
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
        }
        (self.start, self.end) = (0, self.end - self.start);
        if self.buffer.len() < self.end + CHUNK {
            self.buffer.try_reserve(self.end + CHUNK - self.buffer.len())?;
            self.buffer.resize(self.end + CHUNK, 0);
        }
        loop {
            match self.reader.read(&mut self.buffer[self.end..self.end + CHUNK]) {
                Ok(count) => {
                    self.end += count;
                    self.is_at_end = count == 0;
                    return Ok(());
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A reader that gives one byte at a time.
    struct Slow<'a>(&'a [u8]);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = self.0.len().min(1);
            buffer[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }

    fn records(text: &str) -> Vec<(u64, Vec<String>)> {
        let mut records = Records::new(Slow(text.as_bytes())).unwrap();
        records.quote(Delimiter::Byte(b','));
        let mut all = Vec::new();
        loop {
            let cells: Vec<String> = match records.next().unwrap() {
                None => return all,
                Some(Record::Line(line)) => {
                    line.split(|byte| *byte == b',').map(|cell| String::from_utf8(cell.to_vec()).unwrap()).collect()
                }
                Some(Record::Cells { bytes, ends }) => (0..ends.len())
                    .map(|i| if i == 0 { 0 } else { ends[i - 1] }..ends[i])
                    .map(|cell| String::from_utf8(bytes[cell].to_vec()).unwrap())
                    .collect(),
                Some(Record::Unclosed) => vec!["UNCLOSED".to_owned()],
            };
            all.push((records.began_at(), cells));
        }
    }

    #[test]
    fn a_byte_order_mark_is_one_at_the_beginning_only() {
        for quote in ["", "\""] {
            let text = format!("\u{feff}{quote}a{quote}\n\u{feff}b{quote}\nc{quote}\n");
            let cells: Vec<String> = records(&text).into_iter().flat_map(|(_, cells)| cells).collect();
            assert_eq!(cells[0], "a", "{text:?}");
            assert_eq!(cells[1], format!("\u{feff}b{quote}"), "{text:?}");
        }
    }

    #[test]
    fn lines_end_in_any_way_and_empty_ones_are_none() {
        let want = vec![(1, vec!["a".to_owned(), "b".to_owned()]), (3, vec!["c".to_owned(), String::new()])];
        for text in ["a,b\n\nc,\n", "a,b\r\n\r\nc,\r\n", "a,b\n  \nc,", "\u{feff}a,b\n\nc,", "a,b\r\rc,\r"] {
            assert_eq!(records(text), want, "{text:?}");
        }
        assert_eq!(records(""), []);
        assert_eq!(records("\n\n"), []);
    }

    #[test]
    fn quotes_hold_delimiters_quotes_and_lines() {
        let found = records("\"a,b\",c\n\"d\"\"e\",\"f\ng\"\r\nh,i\n\"j\"");
        let cells = |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>();
        let want =
            [(1, cells(&["a,b", "c"])), (2, cells(&["d\"e", "f\ng"])), (4, cells(&["h", "i"])), (5, cells(&["j"]))];
        assert_eq!(found, want);
        let long = format!("\"{}\",{}\nx,y\n", "z".repeat(5000), "1,".repeat(200));
        let found = records(&long);
        assert_eq!((found[0].1.len(), found[0].1[0].len(), found[1].0), (202, 5000, 2));
    }

    #[test]
    fn a_quote_that_is_never_closed_is_told_from_one_at_the_end() {
        for text in ["a\n\"b", "a\n\"b\n", "a\n\"b\nc,d", "a\n\"", "a\n\"b\"\"", "a\n\"b\"\"\n", "a\nx,\"\r\n"] {
            let found = records(text);
            assert_eq!(found[1..], [(2, vec!["UNCLOSED".to_owned()])], "{text:?}");
        }
        for text in ["a\n\"b\"", "a\n\"b\"\n", "a\n\"b\"\r\n", "a\n\"b\"\r"] {
            assert_eq!(records(text)[1..], [(2, vec!["b".to_owned()])], "{text:?}");
        }
        assert_eq!(records("a\nx,\"\"\"\"")[1..], [(2, vec!["x".to_owned(), "\"".to_owned()])]);
    }

    #[test]
    fn whole_lines_are_read_ahead_however_long() {
        let long = "1,".repeat(CHUNK);
        let text = format!("{long}\n{long}\n{long}\n");
        let mut records = Records::new(text.as_bytes()).unwrap();
        let count = std::cell::Cell::new(0);
        records.read_ahead(2, || count.set(count.get() + 1)).unwrap();
        assert_eq!(count.get(), 2);
        assert!(records.ahead().len() > 2 * long.len() && !records.is_at_end());
    }
}

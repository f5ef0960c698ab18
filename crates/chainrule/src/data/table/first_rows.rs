//! What the first rows of a text file say of it: its dialect, whether they are named, and the kind of each column.

use std::io::{Cursor, Read};

use super::amounts::taken_off;
use super::cell::Decimal;
use super::columns::{Cells, Column, title};
use super::dialect::{Delimiter, Dialect, Header, dialect, header, split, trimmed};
use super::kinds::{FirstCells, Kind, Sample};
use super::options::TextFormat;
use super::preamble::refuse_preamble;
use super::records::{Record, Records};
use super::thousands::{self, Setting};
use super::words::Words;
use crate::data::choice::ColumnNames;
use crate::{Error, Place, Result};

/// Rows by which kinds of columns are told.
const SAMPLED: usize = 1000;
/// Rows by which the dialect and the header are told.
const FIRST_LINES: usize = 100;
/// What the first rows of a file say of it.
pub(super) struct FirstRows {
    pub(super) dialect: Dialect,
    pub(super) has_header: bool,
    rows: FirstCells,
    pub(super) notes: Vec<String>,
    /// The decimal sign by which the file alone would be read.
    alone: Decimal,
    /// The decimal sign, where it is said, known or shown.
    pub(super) decimal: Option<Decimal>,
}

/// Whether the first line holds each of these names, of which there is one. Names that hold commas come in parts.
fn has_all(firsts: &[Vec<&[u8]>], names: &[String]) -> bool {
    let (Some(first), [_, ..]) = (firsts.first(), names) else { return false };
    let cells = ColumnNames::new(first.iter().map(|cell| std::str::from_utf8(cell).ok()));
    cells.joined(names).iter().all(|name| cells.place(name).is_some())
}

impl FirstRows {
    pub(super) fn read<R: Read>(origin: &str, records: &Records<R>, format: &TextFormat) -> Result<Self> {
        let ahead = records.ahead();
        let lines: Vec<&[u8]> = ahead
            .split(|byte| *byte == records.terminator())
            .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
            .filter(|line| !line.iter().all(u8::is_ascii_whitespace))
            .take(FIRST_LINES)
            .collect();
        // The last may be cut off where reading stopped.
        let whole = if lines.len() > 2 { &lines[..lines.len() - 1] } else { &lines[..] };
        // Comments have cells of their own.
        let comments = whole.iter().take_while(|line| line.starts_with(b"#")).count();
        let whole = if comments < whole.len() { &whole[comments..] } else { whole };
        let dialect = dialect(whole, format.delimiter, format.decimal);
        let alone = dialect.decimal;
        let dialect = if format.decimal.is_none() { dialect.with_known(whole, format.known_decimal) } else { dialect };
        let mut sampled = Records::new(Cursor::new(ahead)).map_err(Error::io("read", origin))?;
        sampled.quote(dialect.delimiter);
        sampled.count_from(records.line());
        let mut rows = FirstCells::default();
        while rows.len() <= SAMPLED {
            let Some(record) = sampled.next().map_err(Error::io("read", origin))? else { break };
            match record {
                Record::Line(line) => rows.extend(split(line, dialect.delimiter).into_iter()),
                Record::Cells { bytes, ends } => rows.extend(cells_of(bytes, ends, dialect.delimiter)),
                // It goes on behind what has been read, or the table's reader refuses it.
                Record::Unclosed => break,
            }
            rows.end_row(sampled.began_at());
        }
        if rows.len() > 2 && !records.is_at_end() {
            rows.pop();
        }
        refuse_preamble(origin, &rows)?;
        let mut notes = Vec::new();
        if dialect.delimiter != Delimiter::Byte(b',') || dialect.decimal != Decimal::Point {
            let decimal = if dialect.decimal == Decimal::Comma { ", decimal commas" } else { "" };
            notes.push(format!("delimiter: {}{decimal}", dialect.delimiter));
        }
        let firsts: Vec<Vec<&[u8]>> = (0..rows.len().min(FIRST_LINES)).map(|row| rows.row(row)).collect();
        let has_header = match (format.header, header(&firsts, dialect.decimal)) {
            (Some(has_header), _) => has_header,
            (None, kind) if has_all(&firsts, &format.known_columns) => {
                match (format.for_model, kind) {
                    (true, Header::Names) => {}
                    (true, _) => notes.push("first line taken as names, which the model knows".to_owned()),
                    (false, Header::Names) => notes.push("first line taken as names".to_owned()),
                    (false, _) => notes.push("first line taken as names, by which columns are asked for".to_owned()),
                }
                true
            }
            (None, Header::Names) => {
                notes.push("first line taken as names".to_owned());
                true
            }
            (None, Header::Data) => false,
            (None, Header::DataLikeNames) => {
                let more = if firsts[0].len() > 3 { ", ..." } else { "" };
                let firsts: Vec<_> = firsts[0].iter().take(3).map(|cell| String::from_utf8_lossy(cell)).collect();
                notes.push(format!(
                    "warning: first line, {}{more}, taken as data; if it is a header, which names the columns: header = yes",
                    firsts.join(", ")
                ));
                false
            }
        };
        Ok(FirstRows { dialect, has_header, rows, notes, alone, decimal: format.decimal })
    }

    pub(super) fn width(&self) -> usize {
        self.rows.width(0)
    }

    /// The columns, by the names of the header and the kinds of the cells below.
    ///
    /// What could be meant otherwise is added to the notes.
    pub(super) fn columns(&mut self, origin: &str, format: &TextFormat) -> Result<Vec<Column>> {
        let names = self.names(origin, format)?;
        let header = usize::from(self.has_header);
        let decimal = self.dialect.decimal;
        let sample = Sample { origin, cells: &self.rows, header, decimal, for_model: format.for_model };
        let are_words = format.are_categories(names.iter().map(Option::as_deref))?;
        let are_left_out = format.are_left_out(names.iter().map(Option::as_deref));
        let na_is_text = format.na_is_text(names.iter().map(Option::as_deref))?;
        let (mut numbers, mut words) = (0, 0);
        let mut columns = Vec::with_capacity(names.len());
        for (column, name) in names.into_iter().enumerate() {
            let kind = match are_words[column] {
                true => Kind::Words,
                false => sample.kind(column, name.as_deref()).or_else(|error| match are_left_out[column] {
                    true => Ok(Kind::Words),
                    false => Err(error),
                })?,
            };
            let next = if kind == Kind::Words { &mut words } else { &mut numbers };
            let slot = *next;
            *next += 1;
            let cells = match kind {
                Kind::Numbers | Kind::Amounts(_) => Cells::Numbers { slot },
                Kind::Words => Cells::Words { slot, words: Box::new(Words::new(na_is_text[column])) },
            };
            let sign = if let Kind::Amounts(sign) = kind { Some(sign) } else { None };
            columns.push(Column { name, cells, missing: 0, sign });
        }
        // What a model does not expect is told when its columns are found.
        self.notes.extend(taken_off(&columns).filter(|_| !format.for_model));
        if format.decimal.is_none() {
            let are_numbers =
                columns.iter().enumerate().filter(|(_, column)| matches!(column.cells, Cells::Numbers { .. }));
            let are_numbers = are_numbers.map(|(at, column)| (at, title(column.name.as_deref(), at)));
            if format.known_decimal == Some(self.dialect.decimal) {
                self.decimal = format.known_decimal;
                self.notes.extend(thousands::known_note(&sample, self.alone, are_numbers));
            } else {
                let setting = Setting { delimiter: self.dialect.delimiter, has_model: format.for_model };
                let told = thousands::told(&sample, setting, are_numbers.clone());
                self.decimal = told.is_settled.then_some(self.dialect.decimal);
                let usual = format.known_decimal.unwrap_or_default();
                let other = (format.for_model && told.note.is_none() && self.dialect.decimal != usual)
                    .then(|| thousands::other_sign(&sample, format.known_decimal, are_numbers));
                self.notes.extend(told.note.or(other.flatten()));
            }
        }
        Ok(columns)
    }

    /// What is to be done about a name that holds a control character, such as the end of a line between quotes.
    fn without_control_characters(&self) -> String {
        let end = if self.rows.len() > 1 { self.rows.line(1) - 1 } else { self.rows.line(0) };
        format!(
            "names without control characters: write a blank in its place in the file; without names, by numbers from 1: \
             skip_lines = {end} header = no"
        )
    }

    /// What the header calls each column.
    fn names(&self, origin: &str, format: &TextFormat) -> Result<Vec<Option<String>>> {
        let width = self.width();
        if !self.has_header || width == 0 {
            return Ok(vec![None; width]);
        }
        let line = self.rows.line(0);
        let mut names = Vec::with_capacity(width);
        for (column, cell) in self.rows.row(0).into_iter().enumerate() {
            let place = Place::Text { row: 0, column: column + 1, line };
            let name = std::str::from_utf8(cell).map_err(|error| not_utf8(origin, place, error))?;
            if let Some(bad) = name.chars().find(|c| c.is_control()) {
                let found = format!("{bad:?} in the name of a column");
                return Err(Error::format(origin, place, found, self.without_control_characters()));
            }
            names.push((!name.is_empty()).then(|| name.to_owned()));
        }
        let are_left_out = format.are_left_out(names.iter().map(Option::as_deref));
        if let Some((first, again)) = first_twice(&names, &are_left_out) {
            let place = Place::Text { row: 0, column: again + 1, line };
            let name = names[again].as_deref().unwrap_or_default();
            let found = format!("{name:?}, the name of column {} too", first + 1);
            let expected = format!("different names; without them, by numbers from 1: skip_lines = {line} header = no");
            return Err(Error::format(origin, place, found, expected));
        }
        Ok(names)
    }
}

/// The first column whose name stands before it, and where, unless nothing is asked of either. By sorting: a hash of a million names
/// takes 50 MB.
fn first_twice(names: &[Option<String>], are_left_out: &[bool]) -> Option<(usize, usize)> {
    let mut order: Vec<u32> = (0..names.len() as u32).filter(|&at| names[at as usize].is_some()).collect();
    order.sort_by_key(|&at| &names[at as usize]); // stable
    let pairs = order.windows(2).map(|pair| (pair[0] as usize, pair[1] as usize));
    let alike = pairs.filter(|&(first, again)| names[first] == names[again]);
    alike.filter(|&(first, again)| !(are_left_out[first] && are_left_out[again])).min_by_key(|(_, again)| *again)
}

/// That a cell is no text.
pub(super) fn not_utf8(origin: &str, place: Place, error: std::str::Utf8Error) -> Error {
    let found = format!("bytes that are no UTF-8, {} into the cell", error.valid_up_to());
    Error::format(
        origin,
        place,
        found,
        format!("text in UTF-8; a file in Latin-1 is converted by: iconv -f latin1 -t utf-8 {origin} > NEW"),
    )
}

/// The cells that have been taken out of their quotes, without the blanks around them.
pub(super) fn cells_of<'a>(bytes: &'a [u8], ends: &'a [usize], delimiter: Delimiter) -> impl Iterator<Item = &'a [u8]> {
    let byte = match delimiter {
        Delimiter::Byte(byte) => byte,
        Delimiter::Blanks => b' ',
    };
    ends.iter().enumerate().map(move |(i, &end)| trimmed(&bytes[if i == 0 { 0 } else { ends[i - 1] }..end], byte))
}

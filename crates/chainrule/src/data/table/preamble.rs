//! What stands above a table in a text file: lines that are passed over when that is asked for, a first line `sep=;` for
//! spreadsheets, and comments and titles, which are refused with what to type.

use std::io::{self, Read};

use super::dialect::Delimiter;
use super::kinds::FirstCells;
use super::records::Records;
use crate::{Error, Place, Result};

/// The delimiter that a first line `sep=;` names, which Excel writes and obeys; the line is passed over.
pub(super) fn named_delimiter<R: Read>(records: &mut Records<R>) -> io::Result<Option<Delimiter>> {
    let ahead = records.ahead();
    let line = ahead.split(|byte| matches!(byte, b'\n' | b'\r')).next().unwrap_or_default();
    let named = std::str::from_utf8(line).ok().and_then(|line| line.strip_prefix("sep="));
    let Some(delimiter) = named.filter(|_| line.len() < ahead.len()).and_then(Delimiter::parse) else {
        return Ok(None);
    };
    records.pass_line()?;
    Ok(Some(delimiter))
}

/// Refuses comments and titles above a table: rows that have other cells than those below.
pub(super) fn refuse_preamble(origin: &str, rows: &FirstCells) -> Result<()> {
    let is_comment = |row: usize| rows.cell(row, 0).is_some_and(|cell| cell.starts_with(b"#"));
    let is_title = |row: usize| rows.width(row) == 1;
    let comments = (0..rows.len()).take_while(|&row| is_comment(row)).count();
    // A line of text between the title and the table has fewer cells than those, by its commas.
    let usual = usual_width(rows);
    let is_above = |row: usize| is_title(row) || is_comment(row) || (is_title(0) && rows.width(row) < usual);
    let titles = (0..rows.len()).take_while(|&row| is_above(row)).count();
    let (first, what) = if comments > 0 { (comments, "a comment") } else { (titles, "a line of one cell") };
    let first = if comments > 0 && is_title(comments) && titles < rows.len() { titles } else { first };
    let width = rows.width(first);
    // Names may begin with a number sign, and a row alone may be the one that is wrong.
    let is_alone = rows.len() == first + 1;
    let is_table = match comments {
        0 => width > 1 && !is_alone && rows.width(first + 1) == width,
        _ => width > 0 && (is_alone || rows.width(first + 1) == width),
    };
    if first == 0 || !is_table || rows.width(0) == width {
        return Ok(());
    }
    let text = String::from_utf8_lossy(rows.cell(0, 0).unwrap_or_default()).into_owned();
    let text: String = text.chars().take(40).collect();
    let cells = if width == 1 { "cell" } else { "cells" };
    let expected = format!(
        "the names of the columns or the first row: the table of {width} {cells} begins in line {0}; skip_lines = {1} passes \
         over what is above it",
        rows.line(first),
        rows.line(first) - 1
    );
    Err(Error::format(
        origin,
        Place::Character { line: rows.line(0) as usize, column: 1 },
        format!("{what}, {text:?}"),
        expected,
    ))
}

/// The number of cells that most rows have, the larger one where two occur as often.
fn usual_width(rows: &FirstCells) -> usize {
    let mut widths: Vec<usize> = (0..rows.len()).map(|row| rows.width(row)).collect();
    widths.sort_unstable();
    widths.chunk_by(|a, b| a == b).max_by_key(|alike| alike.len()).map_or(0, |alike| alike[0])
}

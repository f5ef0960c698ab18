//! Any bytes as a table of text.
//!
//! The oracles. Read in pieces, the table or the error is the same. And read with commas and without a header, it is what
//! the crate `csv` and `str::parse` make of it, cell by cell.
#![no_main]

#[path = "../../crates/chainrule/tests/attack/oracle/mod.rs"]
#[allow(dead_code, reason = "each target uses one of the oracles")]
mod oracle;

use chainrule::data::{Decimal, Delimiter, Table, TextFormat};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    oracle::table::text(bytes);
    against_reference(bytes);
});

fn against_reference(bytes: &[u8]) {
    let format = TextFormat {
        delimiter: Some(Delimiter::Byte(b',')),
        decimal: Some(Decimal::Point),
        header: Some(false),
        ..TextFormat::default()
    };
    let Some(rows) = reference(bytes) else { return };
    let Ok(table) = Table::parse(oracle::ORIGIN, bytes, &format) else {
        assert!(!are_numbers(&rows), "refused: {rows:?}");
        return;
    };
    assert_eq!((table.rows(), table.cols()), (rows.len(), rows[0].len()));
    for (row, cells) in rows.iter().enumerate() {
        assert_eq!(cells.len(), table.cols(), "row {row} has another width");
        for (column, cell) in cells.iter().enumerate() {
            match (table.number(row, column), table.word(row, column)) {
                (Some(number), _) => {
                    let expected = value(cell).or_else(|| amount(cell));
                    assert_eq!(expected.map(f64::to_bits), Some(number.to_bits()), "{cell:?}");
                }
                (None, Some(word)) => assert_eq!(word.as_bytes(), cell),
                (None, None) => assert!(is_missing(cell) || is_sign(cell), "{cell:?}"),
            }
        }
    }
}

/// The rows of cells without blanks around them; `None` of what the crates take for lines differently: a carriage return
/// that ends no line, and lines that are blank.
fn reference(bytes: &[u8]) -> Option<Vec<Vec<Vec<u8>>>> {
    // In UTF-16, or with a first line that is not of the table.
    if [&b"\xff\xfe"[..], b"\xfe\xff", b"sep=", b"\xef\xbb\xbfsep="].iter().any(|start| bytes.starts_with(start)) {
        return None;
    }
    let is_bare = |(at, byte): (usize, &u8)| *byte == b'\r' && bytes.get(at + 1) != Some(&b'\n');
    // Of a quote that is never closed one does not know whose lines are whose.
    if bytes.iter().enumerate().any(is_bare) || bytes.iter().filter(|byte| **byte == b'"').count() % 2 == 1 {
        return None;
    }
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(b',').from_reader(bytes);
    let mut rows = Vec::new();
    for record in reader.byte_records() {
        let row: Vec<Vec<u8>> = record.expect("a slice is read").iter().map(trimmed).collect();
        if row.len() == 1 && row[0].iter().all(u8::is_ascii_whitespace) {
            return None;
        }
        rows.push(row);
    }
    (!rows.is_empty()).then_some(rows)
}

fn trimmed(cell: &[u8]) -> Vec<u8> {
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r');
    let start = cell.iter().position(|byte| !is_blank(byte)).unwrap_or(cell.len());
    let end = cell.iter().rposition(|byte| !is_blank(byte)).map_or(start, |last| last + 1);
    cell[start..end].to_vec()
}

fn is_missing(cell: &[u8]) -> bool {
    ["", "na", "n/a", "nan", "null", "?", "#n/a"].iter().any(|word| cell.eq_ignore_ascii_case(word.as_bytes()))
}

/// What is missing in columns of numbers, and may be a word elsewhere.
fn is_sign(cell: &[u8]) -> bool {
    ["n.a.", "-", "--", ".", "none", "<na>", "nil", "#div/0!", "#value!", "missing"]
        .iter()
        .any(|sign| cell.eq_ignore_ascii_case(sign.as_bytes()))
}

fn value(cell: &[u8]) -> Option<f64> {
    let text = std::str::from_utf8(cell).ok()?;
    text.parse().ok().or_else(|| in_thousands(text))
}

/// `-$5`, `5 %`: one sign of money or percent is cut away, at the beginning behind a minus or at the end.
fn amount(cell: &[u8]) -> Option<f64> {
    let text = std::str::from_utf8(cell).ok()?;
    for sign in ['$', '€', '£', '¥', '%'] {
        for (start, factor) in [("", 1.0), ("+", 1.0), ("-", -1.0)] {
            if let Some(rest) = text.strip_prefix(start).and_then(|rest| rest.strip_prefix(sign)) {
                return value(rest.trim_start().as_bytes()).map(|value| factor * value);
            }
        }
        if let Some(rest) = text.strip_suffix(sign) {
            return value(rest.trim_end().as_bytes());
        }
    }
    None
}

/// `12,345.5`: written anew with commas from its digits, it is the same text.
fn in_thousands(text: &str) -> Option<f64> {
    let digits = text.trim_start_matches(['-', '+']);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let plain: String = whole.chars().filter(|c| *c != ',').collect();
    let mut again = String::new();
    for (at, digit) in plain.chars().enumerate() {
        again.extend((at > 0 && (plain.len() - at) % 3 == 0).then_some(','));
        again.push(digit);
    }
    let are_digits = plain.chars().chain(fraction.chars()).all(|c| c.is_ascii_digit());
    let is_it = again == whole && whole.contains(',') && !plain.starts_with('0') && are_digits;
    is_it.then(|| text.replace(',', "").parse().ok()).flatten()
}

/// Whether nothing may be refused: rows of one width, and numbers or nothing in every cell.
fn are_numbers(rows: &[Vec<Vec<u8>>]) -> bool {
    rows.iter().all(|row| row.len() == rows[0].len())
        && rows.iter().flatten().all(|cell| is_missing(cell) || value(cell).is_some_and(f64::is_finite))
}

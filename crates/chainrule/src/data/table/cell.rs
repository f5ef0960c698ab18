//! What the text of one cell means: a number, nothing, a yes or no, a date, or a word.

use serde::{Deserialize, Serialize};

/// What stands for a value that is not there, in any case of letters.
pub(crate) const MISSING: [&str; 7] = ["", "na", "n/a", "nan", "null", "?", "#n/a"];

/// Whether nothing is there: an empty cell, `NA`, `NaN`, `null`, `?`.
pub(crate) fn is_missing(cell: &[u8]) -> bool {
    cell.len() <= 4 && MISSING.iter().any(|word| cell.eq_ignore_ascii_case(word.as_bytes()))
}

/// As [`is_missing`], in a column of numbers: also signs that may be words elsewhere, such as `-`, `.` and `None`.
pub(crate) fn is_missing_number(cell: &[u8]) -> bool {
    const SIGNS: [&str; 10] = ["n.a.", "-", "--", ".", "none", "<na>", "nil", "#div/0!", "#value!", "missing"];
    is_missing(cell) || (cell.len() <= 8 && SIGNS.iter().any(|sign| cell.eq_ignore_ascii_case(sign.as_bytes())))
}

/// The sign between a number's whole part and its fraction.
///
/// ```
/// use chainrule::data::{Decimal, TextFormat};
/// let format = TextFormat { decimal: Some(Decimal::Comma), ..TextFormat::default() };
/// assert_ne!(format.decimal, Some(Decimal::Point));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decimal {
    /// `0.5`
    #[default]
    Point,
    /// `0,5`
    Comma,
}

/// The minus of typography, U+2212, which spreadsheets and web pages write for `-`.
pub(super) const MINUS: &str = "\u{2212}";

/// What stands behind the minus of typography, where a digit or a decimal sign does.
fn behind_minus(cell: &[u8]) -> Option<&[u8]> {
    cell.strip_prefix(MINUS.as_bytes()).filter(|rest| matches!(rest.first(), Some(b'0'..=b'9' | b'.' | b',')))
}

/// The number that a cell holds whole; infinity too, which is refused later by its place. Not NaN, which is missing.
pub(crate) fn number(cell: &[u8], decimal: Decimal) -> Option<f64> {
    if let Some(rest) = behind_minus(cell) {
        return number(rest, decimal).map(|value| -value);
    }
    match decimal {
        Decimal::Point => plain(cell),
        Decimal::Comma => {
            // The longest number that means anything more is shorter.
            let mut text = [0; 64];
            let text = text.get_mut(..cell.len())?;
            text.copy_from_slice(cell);
            if text.contains(&b'.') {
                return None;
            }
            text.iter_mut().filter(|byte| **byte == b',').for_each(|byte| *byte = b'.');
            plain(text)
        }
    }
}

/// As [`number`], also of a number whose thousands are set apart by the sign that is not the decimal one: `1,234,567.5`, or
/// `1.234.567,5`.
pub(crate) fn number_in_thousands(cell: &[u8], decimal: Decimal) -> Option<f64> {
    number(cell, decimal).or_else(|| grouped(cell, decimal))
}

/// The number that stands in brackets, in which accounts write what is below zero: `(12.50)` is -12.5. Not one with a sign of its
/// own.
pub(crate) fn bracketed(cell: &[u8], decimal: Decimal) -> Option<f64> {
    let inner = cell.strip_prefix(b"(")?.strip_suffix(b")")?.trim_ascii();
    let is_plain = matches!(inner.first(), Some(b'0'..=b'9' | b'.' | b','));
    // 0 and not -0.
    number_in_thousands(inner, decimal).filter(|_| is_plain).map(|value| 0.0 - value)
}

/// A cell without the brackets around its number; any other as it is.
pub(super) fn without_brackets(cell: &[u8]) -> &[u8] {
    let inner = cell.strip_prefix(b"(").and_then(|rest| rest.strip_suffix(b")"));
    inner.map(<[u8]>::trim_ascii).filter(|inner| inner.first().is_some_and(u8::is_ascii_digit)).unwrap_or(cell)
}

/// The number whose thousands are set apart, once at least.
pub(crate) fn grouped(cell: &[u8], decimal: Decimal) -> Option<f64> {
    if let Some(rest) = behind_minus(cell) {
        return grouped(rest, decimal).map(|value| -value);
    }
    let (point, comma) = match decimal {
        Decimal::Point => (b'.', b','),
        Decimal::Comma => (b',', b'.'),
    };
    let digits = cell.strip_prefix(b"-").or_else(|| cell.strip_prefix(b"+")).unwrap_or(cell);
    let end = digits.iter().position(|&byte| byte == point).unwrap_or(digits.len());
    let (whole, fraction) = digits.split_at(end);
    let mut groups = whole.split(|&byte| byte == comma);
    let first = groups.next()?;
    let are_digits = |part: &[u8]| part.iter().all(u8::is_ascii_digit);
    let is_first = matches!(first.len(), 1..=3) && first[0] != b'0' && are_digits(first);
    let mut others = 0;
    for group in groups {
        others += 1;
        if group.len() != 3 || !are_digits(group) {
            return None;
        }
    }
    if !is_first || others == 0 || !are_digits(fraction.get(1..).unwrap_or_default()) {
        return None;
    }
    let text: Vec<u8> = cell.iter().copied().filter(|&byte| byte != comma).collect();
    number(&text, decimal)
}

fn plain(cell: &[u8]) -> Option<f64> {
    // No number begins with anything else; `i` is infinity's.
    if !matches!(cell.first()?, b'0'..=b'9' | b'-' | b'+' | b'.' | b'i' | b'I') {
        return None;
    }
    fast_float2::parse(cell).ok().filter(|value: &f64| !value.is_nan())
}

/// The pairs of words that say no and yes.
const ANSWERS: [[&str; 2]; 4] = [["false", "true"], ["no", "yes"], ["n", "y"], ["f", "t"]];

/// Whether a text is a yes or a no, as people and programs write them; also 1 and 0.
pub(crate) fn answer(text: &str) -> Option<bool> {
    let is = |at: usize| ANSWERS.iter().any(|words| words[at].eq_ignore_ascii_case(text));
    match text {
        "1" => Some(true),
        "0" => Some(false),
        _ if is(1) => Some(true),
        _ if is(0) => Some(false),
        _ => None,
    }
}

/// Whether two words say no and yes, in this order; in any case of letters.
pub(crate) fn are_no_and_yes(no: &str, yes: &str) -> bool {
    ANSWERS.iter().any(|[a, b]| no.eq_ignore_ascii_case(a) && yes.eq_ignore_ascii_case(b))
}

/// Whether a text is a date or a point in time: `2026-11-28`, `28.11.2026`, `11/28/26`, `2026-11-28T10:00`, `Nov 28 2026`.
pub(crate) fn is_date(text: &str) -> bool {
    let day = text.split(['T', ' ']).next().unwrap_or_default();
    let parts: Vec<&str> = day.split(['-', '/', '.']).collect();
    let is_whole = |part: &&str| matches!(part.len(), 1 | 2 | 4) && part.bytes().all(|byte| byte.is_ascii_digit());
    if parts.len() == 3 && day.len() >= 6 && parts.iter().all(is_whole) {
        return true;
    }
    const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let words: Vec<&str> = text.split([' ', ',', '-', '/']).filter(|word| !word.is_empty()).collect();
    let is_month =
        |word: &&str| word.get(..3).is_some_and(|start| MONTHS.iter().any(|m| start.eq_ignore_ascii_case(m)));
    let is_number = |word: &&str| word.bytes().all(|byte| byte.is_ascii_digit() || byte == b':');
    (2..=4).contains(&words.len())
        && words.iter().filter(|word| is_month(word)).count() == 1
        && words.iter().filter(|word| is_number(word)).count() == words.len() - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_whole_cells_in_either_notation() {
        for (text, value) in [("1", 1.0), ("-2.5", -2.5), ("+4e1", 40.0), (".5", 0.5), ("5.", 5.0), ("1E-3", 0.001)] {
            assert_eq!(number(text.as_bytes(), Decimal::Point), Some(value), "{text}");
        }
        for (text, value) in [("1", 1.0), ("-2,5", -2.5), ("1,25e2", 125.0)] {
            assert_eq!(number(text.as_bytes(), Decimal::Comma), Some(value), "{text}");
        }
        for text in ["\u{2212}", "\u{2212}-5", "-\u{2212}5", "\u{2212}inf", "\u{2013}5"] {
            assert_eq!(number(text.as_bytes(), Decimal::Point), None, "{text}");
        }
        assert_eq!(number("\u{2212}2.5".as_bytes(), Decimal::Point), Some(-2.5));
        assert_eq!(number_in_thousands("\u{2212}1.234,5".as_bytes(), Decimal::Comma), Some(-1234.5));
        for text in ["", "x", "1x", "1 2", "0x10", "1,5", "--1", "nan", "1_000", "1.2.3", "e5", "-"] {
            assert_eq!(number(text.as_bytes(), Decimal::Point), None, "{text}");
        }
        for text in ["1.5", "1,2,3", &"1".repeat(65)] {
            assert_eq!(number(text.as_bytes(), Decimal::Comma), None, "{text}");
        }
        assert_eq!(number(b"-inf", Decimal::Point), Some(f64::NEG_INFINITY));
        assert_eq!(number(b"1e999", Decimal::Point), Some(f64::INFINITY));
    }

    #[test]
    fn thousands_are_set_apart_by_the_other_sign_in_groups_of_three() {
        for (text, decimal, value) in [
            ("1,234", Decimal::Point, 1234.0),
            ("-12,345,678.25", Decimal::Point, -12_345_678.25),
            ("1.234", Decimal::Comma, 1234.0),
            ("23.039,20", Decimal::Comma, 23039.2),
            ("1.234", Decimal::Point, 1.234),
            ("1,234", Decimal::Comma, 1.234),
        ] {
            assert_eq!(number_in_thousands(text.as_bytes(), decimal), Some(value), "{text}");
        }
        for text in
            ["0,123", "1234,567", "1,23", "1,2345", ",123", "1,,234", "1,234.5.6", "1,234e5", "1.5,234", "1,2a4"]
        {
            assert_eq!(number_in_thousands(text.as_bytes(), Decimal::Point), None, "{text}");
        }
    }

    #[test]
    fn a_number_in_brackets_is_below_zero() {
        for (text, value) in [("(12.50)", -12.5), ("( 1,234 )", -1234.0), ("(.5)", -0.5), ("(0)", 0.0)] {
            assert_eq!(bracketed(text.as_bytes(), Decimal::Point), Some(value), "{text}");
        }
        assert_eq!(bracketed(b"(1.234,50)", Decimal::Comma), Some(-1234.5));
        for text in ["12.50", "(-5)", "(+5)", "(5", "()", "((5))", "(five)", "(inf)", "($5)", "(\u{2212}5)"] {
            assert_eq!(bracketed(text.as_bytes(), Decimal::Point), None, "{text}");
        }
        assert_eq!((without_brackets(b"( 1,234 )"), without_brackets(b"(a)")), (&b"1,234"[..], &b"(a)"[..]));
    }

    #[test]
    fn missing_values_and_answers_have_several_spellings() {
        assert!(["", "NA", "n/a", "NaN", "null", "NULL", "?", "#N/A"].iter().all(|cell| is_missing(cell.as_bytes())));
        assert!(["0", "none", "-", "naN0", "nope"].iter().all(|cell| !is_missing(cell.as_bytes())));
        assert!(are_no_and_yes("False", "True") && are_no_and_yes("no", "YES") && !are_no_and_yes("true", "false"));
    }

    #[test]
    fn dates_are_told_from_numbers_and_words() {
        for text in [
            "2026-11-28",
            "28.11.2026",
            "11/28/26",
            "2026-11-28T10:00:00Z",
            "Nov 28 2026",
            "28-Nov-2026",
            "1/2/2020 3:04",
        ] {
            assert!(is_date(text), "{text}");
        }
        for text in ["1.2.3", "10.0.0.1", "may", "march hare", "12-34", "A/5 21171", "2026", "red", "555-12-3456x"] {
            assert!(!is_date(text), "{text}");
        }
    }
}

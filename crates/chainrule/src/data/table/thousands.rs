//! Numbers such as `22.554`, whose sign may stand before a fraction or between thousands: which of the two was taken.

use super::cell::{Decimal, number, number_in_thousands};
use super::kinds::Sample;

/// Columns that a note names.
const NAMED: usize = 3;

/// How the cells of a column may be meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    /// Every cell is one sign and three digits behind it: of a fraction or of thousands.
    Either,
    /// A cell shows that the sign which is taken for the decimal one is that.
    Fractions,
    /// Nothing of the kind.
    Neither,
}

/// That columns of these, numbers all, could be meant otherwise: where every cell has one sign, three digits behind it and one to
/// three before it, and no other column shows what the sign is.
pub(super) fn note(sample: &Sample<'_>, columns: impl Iterator<Item = (usize, String)>) -> Option<String> {
    let (mut titles, mut first) = (Vec::new(), None);
    for (column, title) in columns {
        match reading(sample, column) {
            Reading::Neither => {}
            Reading::Fractions => return None,
            Reading::Either => {
                first = first.or_else(|| sample.below(column).next());
                titles.push(title);
            }
        }
    }
    let cell = String::from_utf8_lossy(first?).into_owned();
    let taken = number_in_thousands(cell.as_bytes(), sample.decimal)?;
    let (sign, other) = match cell.contains('.') {
        true => ("points", Decimal::Comma),
        false => ("commas", Decimal::Point),
    };
    // What it would be with the other sign before fractions.
    let other = if number(cell.as_bytes(), sample.decimal).is_some() { other } else { opposite(other) };
    let meant = number_in_thousands(cell.as_bytes(), other)?;
    let (what, option) = match other {
        Decimal::Comma if sign == "commas" => ("commas stand before fractions", "comma"),
        Decimal::Point if sign == "points" => ("points stand before fractions", "point"),
        Decimal::Comma => ("points stand between thousands", "comma"),
        Decimal::Point => ("commas stand between thousands", "point"),
    };
    let more = if titles.len() > NAMED { format!(" and {} more", titles.len() - NAMED) } else { String::new() };
    titles.truncate(NAMED);
    Some(format!(
        "note: {}{more}: {cell} is read as {taken}, not {meant}; if {what}: decimal = {option}",
        titles.join(", ")
    ))
}

fn opposite(decimal: Decimal) -> Decimal {
    match decimal {
        Decimal::Point => Decimal::Comma,
        Decimal::Comma => Decimal::Point,
    }
}

fn reading(sample: &Sample<'_>, column: usize) -> Reading {
    let (mut first, mut differ, mut has_whole) = (None, false, false);
    for cell in sample.below(column) {
        match (leading(cell), number(cell, sample.decimal)) {
            (Some(part), _) => differ |= *first.get_or_insert(part) != part,
            // With a fraction that no thousands have.
            (None, Some(_)) if cell.iter().any(|byte| matches!(byte, b'.' | b',')) => return Reading::Fractions,
            // With a sign of either kind, which tells both.
            (None, None) => return Reading::Fractions,
            (None, Some(_)) => has_whole = true,
        }
    }
    if differ && !has_whole { Reading::Either } else { Reading::Neither }
}

/// What stands before the one sign of a cell with three digits behind it, where it may be thousands.
fn leading(cell: &[u8]) -> Option<&[u8]> {
    let digits = cell.strip_prefix(b"-").unwrap_or(cell);
    let at = digits.len().checked_sub(4).filter(|at| matches!(at, 1..=3))?;
    let (before, behind) = (&digits[..at], &digits[at + 1..]);
    let are_digits = before.iter().chain(behind).all(u8::is_ascii_digit);
    (are_digits && before[0] != b'0' && matches!(digits[at], b'.' | b',')).then_some(before)
}

#[cfg(test)]
mod tests {
    use crate::data::{Decimal, Table, TextFormat};

    fn notes(text: &str, decimal: Option<Decimal>) -> (Table, Vec<String>) {
        let format = TextFormat { decimal, ..TextFormat::default() };
        let table = Table::parse("x.csv", text.as_bytes(), &format).unwrap();
        let notes = table.notes().iter().filter(|note| note.starts_with("note: ")).cloned().collect();
        (table, notes)
    }

    #[test]
    fn a_sign_that_may_mean_either_is_said_with_what_to_type_for_the_other() {
        let text = "price,year\n22.554,1999\n9.371,2001\n118.020,2003\n";
        let (table, said) = notes(text, None);
        assert_eq!(table.number(0, 0), Some(22.554));
        let expected =
            "note: price: 22.554 is read as 22.554, not 22554; if points stand between thousands: decimal = comma";
        assert_eq!(said, [expected]);
        let (table, said) = notes(text, Some(Decimal::Comma));
        assert_eq!((table.number(0, 0), said.len()), (Some(22554.0), 0));

        let text = "price;year\n22,554;1999\n9,371;2001\n118,020;2003\n";
        let (table, said) = notes(text, None);
        assert_eq!(table.number(0, 0), Some(22.554));
        assert!(said[0].ends_with("not 22554; if commas stand between thousands: decimal = point"), "{said:?}");
        assert_eq!(notes(text, Some(Decimal::Point)).0.number(2, 0), Some(118_020.0));

        let text = "price,year\n\"22,554\",1999\n\"9,371\",2001\n\"118,020\",2003\n";
        let (table, said) = notes(text, None);
        assert_eq!(table.number(0, 0), Some(22554.0));
        assert!(said[0].ends_with("not 22.554; if commas stand before fractions: decimal = comma"), "{said:?}");
        assert_eq!(notes(text, Some(Decimal::Comma)).0.number(2, 0), Some(118.02));
    }

    #[test]
    fn measurements_and_thousands_that_are_clear_are_read_without_a_word() {
        for (text, value) in [
            // A fraction below one, one of two digits, one in another column, one leading part alone.
            ("a,b\n22.554,1\n0.371,2\n", 22.554),
            ("a,b\n22.554,1\n9.37,2\n", 22.554),
            ("a,b\n22.554,1.5\n9.371,2\n", 22.554),
            ("a,b\n22.554,1\n9.371,2.5\n", 22.554),
            ("a,b\n9.554,1\n9.371,2\n", 9.554),
            // Thousands twice, or beside the decimal sign.
            ("a,b\n\"22,554,001\",1\n\"9,371\",2\n", 22_554_001.0),
            ("a,b\n\"22,554.5\",1\n\"9,371.25\",2\n", 22554.5),
            ("a;b\n22.554,5;1\n9.371,25;2\n", 22554.5),
            ("a;b\n22.554;1,5\n9.371;2,5\n", 22554.0),
        ] {
            let (table, said) = notes(text, None);
            assert_eq!((table.number(0, 0), said), (Some(value), Vec::new()), "{text}");
        }
    }
}

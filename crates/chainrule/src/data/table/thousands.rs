//! Numbers such as `22.554`, whose sign may stand before a fraction or between thousands: which of the two was taken.

use super::cell::{Decimal, MINUS, number, number_in_thousands};
use super::dialect::Delimiter;
use super::kinds::Sample;

/// Columns that a note names.
const NAMED: usize = 3;

/// How the cells of a column may be meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    /// Cells have one sign and three digits behind it: of a fraction or of thousands.
    Either {
        /// Whether they look like counts: beside whole numbers below 1000, which no fractions would leave without a sign.
        is_count: bool,
        /// Whether different numbers stand before the signs.
        varies: bool,
    },
    /// A cell shows that the sign which is taken for the decimal one is that.
    Fractions,
    /// The same, of this column alone: whole numbers of four digits stand without a sign.
    HasWhole,
    /// No cell has a sign.
    Whole,
}

/// The note about the decimal sign of a file's numbers.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// What could be meant otherwise.
    pub(super) note: Option<String>,
    /// Whether the sign is clear, or taken without a note.
    pub(super) is_settled: bool,
}

/// How a file separates its cells.
#[derive(Debug, Clone, Copy)]
pub(super) struct Setting {
    pub(super) delimiter: Delimiter,
    /// Whether it is read for a model, which does not know how its numbers are written.
    pub(super) has_model: bool,
}

/// Whether columns of these, numbers all, could be meant otherwise: where all cells with a sign have one, three digits behind it
/// and one to three before it, and no other column shows what the sign is. Between commas or blanks, as programs write them,
/// three digits behind points are fractions in several columns, unless one of them looks like counts.
pub(super) fn told(sample: &Sample<'_>, setting: Setting, columns: impl Iterator<Item = (usize, String)>) -> Told {
    let (mut titles, mut first, mut has_signs) = (Vec::new(), None, false);
    let (mut has_counts, mut any_varies) = (false, false);
    for (column, title) in columns {
        match reading(sample, column) {
            Reading::Whole => {}
            Reading::HasWhole => has_signs = true,
            Reading::Fractions => return Told { note: None, is_settled: true },
            Reading::Either { is_count, varies } => {
                first = first.or_else(|| sample.below(column).find(|cell| leading(cell).is_some()));
                titles.push(title);
                (has_counts, any_varies) = (has_counts || is_count, any_varies || varies);
            }
        }
    }
    let Some(first) = first else { return Told { note: None, is_settled: has_signs } };
    let is_usual = matches!(setting.delimiter, Delimiter::Byte(b',') | Delimiter::Blanks) && first.contains(&b'.');
    let looks_like_counts = has_counts || (titles.len() == 1 && any_varies) || setting.has_model;
    if is_usual && !looks_like_counts {
        return Told { note: None, is_settled: true };
    }
    // What it would be with the other sign before fractions.
    let note = said(&titles, first, sample.decimal, opposite(sample.decimal), "");
    Told { note, is_settled: false }
}

/// That numbers are read as where a model was trained, if by themselves they would be read otherwise.
pub(super) fn known_note(
    sample: &Sample<'_>,
    alone: Decimal,
    columns: impl Iterator<Item = (usize, String)>,
) -> Option<String> {
    let differs = |cell: &&[u8]| number_in_thousands(cell, sample.decimal) != number_in_thousands(cell, alone);
    let (mut titles, mut first) = (Vec::new(), None);
    for (column, title) in columns {
        if let Some(cell) = sample.below(column).find(differs) {
            first.get_or_insert(cell);
            titles.push(title);
        }
    }
    said(&titles, first?, sample.decimal, alone, " as where the model was trained,")
}

/// That numbers have another sign before fractions than where a model was trained, or than is usual where it does not say.
pub(super) fn other_sign(
    sample: &Sample<'_>,
    known: Option<Decimal>,
    mut columns: impl Iterator<Item = (usize, String)>,
) -> Option<String> {
    let has_sign = |cell: &&[u8]| {
        cell.iter().any(|byte| matches!(byte, b'.' | b',')) && number_in_thousands(cell, sample.decimal).is_some()
    };
    let (title, cell) = columns.find_map(|(at, title)| Some((title, sample.below(at).find(has_sign)?)))?;
    let value = number_in_thousands(cell, sample.decimal)?;
    let cell = String::from_utf8_lossy(cell);
    let (sign, option) = match sample.decimal {
        Decimal::Comma => ("a comma", "point"),
        Decimal::Point => ("a point", "comma"),
    };
    let than = match known {
        Some(_) => "unlike where the model was trained",
        None => "the model does not say how its own were written",
    };
    Some(format!(
        "note: {title}: {cell} is read as {value}, {sign} before fractions; {than}; if it is none: decimal = {option}"
    ))
}

/// That a cell is read by one sign before fractions and could be read by the other.
fn said(titles: &[String], cell: &[u8], decimal: Decimal, other: Decimal, why: &str) -> Option<String> {
    let (taken, meant) = (number_in_thousands(cell, decimal)?, number_in_thousands(cell, other)?);
    let cell = String::from_utf8_lossy(cell);
    let sign = if cell.contains('.') { "points" } else { "commas" };
    let (what, option) = match other {
        Decimal::Comma if sign == "commas" => ("commas stand before fractions", "comma"),
        Decimal::Point if sign == "points" => ("points stand before fractions", "point"),
        Decimal::Comma => ("points stand between thousands", "comma"),
        Decimal::Point => ("commas stand between thousands", "point"),
    };
    let more = if titles.len() > NAMED { format!(" and {} more", titles.len() - NAMED) } else { String::new() };
    let named = titles.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    Some(format!("note: {named}{more}: {cell} is read as {taken},{why} not {meant}; if {what}: decimal = {option}"))
}

fn opposite(decimal: Decimal) -> Decimal {
    match decimal {
        Decimal::Point => Decimal::Comma,
        Decimal::Comma => Decimal::Point,
    }
}

fn reading(sample: &Sample<'_>, column: usize) -> Reading {
    let (mut first, mut is_count, mut varies, mut has_whole) = (None, false, false, false);
    for cell in sample.below(column) {
        match (leading(cell), number(cell, sample.decimal)) {
            (Some(part), _) => varies |= *first.get_or_insert(part) != part,
            // With a fraction that no thousands have.
            (None, Some(_)) if cell.iter().any(|byte| matches!(byte, b'.' | b',')) => return Reading::Fractions,
            // With a sign of either kind, which tells both.
            (None, None) => return Reading::Fractions,
            (None, Some(_)) => {
                let below_1000 = cell.len() <= 3 && cell.iter().all(u8::is_ascii_digit);
                (is_count, has_whole) = (is_count || below_1000, has_whole || !below_1000);
            }
        }
    }
    match first {
        None => Reading::Whole,
        Some(_) if has_whole => Reading::HasWhole,
        Some(_) => Reading::Either { is_count, varies },
    }
}

/// What stands before the one sign of a cell with three digits behind it, where it may be thousands.
fn leading(cell: &[u8]) -> Option<&[u8]> {
    let digits = cell.strip_prefix(b"-").or_else(|| cell.strip_prefix(MINUS.as_bytes())).unwrap_or(cell);
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
    fn groups_beside_whole_numbers_below_1000_are_said_and_one_row_where_a_model_does_not_know() {
        let pop = "pop;x\n861;1\n34.481;2\n12.300;3\n45;4\n7.018;5\n120;6\n";
        for text in [pop, &pop.replace(';', ",")] {
            let (_, said) = notes(text, None);
            assert!(
                said.len() == 1 && said[0].starts_with("note: pop: 34.481 is read as 34.481, not 34481"),
                "{said:?}"
            );
        }
        // Without a sign though it has four digits.
        assert_eq!(notes(&pop.replace("861", "1861"), None).1, Vec::<String>::new());
        for text in ["a;b\n50.000;3\n", "a;b\n50.000;3\n50.000;4\n"] {
            assert_eq!(notes(text, None).1.len(), 1, "{text}");
        }
        let read = |known_decimal| {
            let known_columns = vec!["a".to_owned()];
            let format = TextFormat { known_columns, known_decimal, for_model: true, ..TextFormat::default() };
            let table = Table::parse("x.csv", &b"a,b\n50.000,3\n"[..], &format).unwrap();
            let said = table.notes().iter().find(|note| note.starts_with("note: ")).cloned();
            (table.number(0, 0), said)
        };
        assert!(read(None).1.is_some_and(|note| note.contains("50.000 is read as 50, not 50000")));
        assert_eq!(read(Some(Decimal::Point)), (Some(50.0), None));
        let expected = "note: a: 50.000 is read as 50000, as where the model was trained, not 50; if points stand before \
                        fractions: decimal = point";
        assert_eq!(read(Some(Decimal::Comma)), (Some(50000.0), Some(expected.to_owned())));
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
            // Several measurements of three decimals.
            ("a,b\n14.168,37.201\n9.310,101.555\n", 14.168),
            ("a b\n14.168 37.201\n15.310 38.555\n", 14.168),
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

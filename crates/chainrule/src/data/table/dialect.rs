//! How a text file separates its cells, told by its first lines: what stands between cells, how fractions are written, and
//! whether the first line names the columns.

use std::fmt;

use super::cell::{Decimal, grouped, is_missing, is_missing_number, number_in_thousands};
use super::like_names::{are_years_alone, count_up, stands_over_categories};
use super::sign::{is_number, without_sign};

/// What stands between the cells of a row.
///
/// ```
/// use chainrule::data::Delimiter;
/// assert_eq!(Delimiter::parse("tab"), Some(Delimiter::Byte(b'\t')));
/// assert_eq!(Delimiter::Byte(b';').to_string(), "semicolon");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Delimiter {
    /// One character, of ASCII.
    Byte(u8),
    /// One blank or more: what `numpy.savetxt` writes.
    Blanks,
}

impl Delimiter {
    /// Understands `comma`, `semicolon`, `tab`, `pipe`, `blank` or `spaces`, `\t`, or the character itself.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "comma" => Delimiter::Byte(b','),
            "semicolon" => Delimiter::Byte(b';'),
            "tab" | "\\t" => Delimiter::Byte(b'\t'),
            "pipe" => Delimiter::Byte(b'|'),
            "blank" | "blanks" | "space" | "spaces" | " " => Delimiter::Blanks,
            _ => match text.as_bytes() {
                &[byte] if byte.is_ascii() && !byte.is_ascii_alphanumeric() && !b"\"'\r\n.-+".contains(&byte) => {
                    Delimiter::Byte(byte)
                }
                _ => return None,
            },
        })
    }
}

/// `comma`, `semicolon`, `tab`, `pipe`, `blanks`, or the character in quotes.
impl fmt::Display for Delimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Delimiter::Byte(b',') => f.write_str("comma"),
            Delimiter::Byte(b';') => f.write_str("semicolon"),
            Delimiter::Byte(b'\t') => f.write_str("tab"),
            Delimiter::Byte(b'|') => f.write_str("pipe"),
            Delimiter::Byte(byte) => write!(f, "{:?}", char::from(*byte)),
            Delimiter::Blanks => f.write_str("blanks"),
        }
    }
}

/// Splits a line that holds no quotes into cells, blanks around them removed.
pub(super) fn split(line: &[u8], delimiter: Delimiter) -> Vec<&[u8]> {
    match delimiter {
        Delimiter::Byte(byte) => split_quoted(line, byte),
        Delimiter::Blanks => line.split(u8::is_ascii_whitespace).filter(|cell| !cell.is_empty()).collect(),
    }
}

/// As [`split`]; delimiters between quotes do not count. The quotes stay.
fn split_quoted(line: &[u8], delimiter: u8) -> Vec<&[u8]> {
    let (mut cells, mut start, mut is_quoted) = (Vec::new(), 0, false);
    for (at, &byte) in line.iter().enumerate() {
        match byte {
            b'"' => is_quoted = !is_quoted,
            _ if byte == delimiter && !is_quoted => {
                cells.push(trimmed(&line[start..at], delimiter));
                start = at + 1;
            }
            _ => {}
        }
    }
    cells.push(trimmed(&line[start..], delimiter));
    cells
}

/// Without the blanks around it.
pub(super) fn trimmed(cell: &[u8], delimiter: u8) -> &[u8] {
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r') && *byte != delimiter;
    let start = cell.iter().position(|byte| !is_blank(byte)).unwrap_or(cell.len());
    let end = cell.iter().rposition(|byte| !is_blank(byte)).map_or(start, |last| last + 1);
    &cell[start..end]
}

/// Without the quotes around it.
fn unquoted(cell: &[u8]) -> &[u8] {
    cell.strip_prefix(b"\"").and_then(|cell| cell.strip_suffix(b"\"")).unwrap_or(cell)
}

/// How cells are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Dialect {
    pub(super) delimiter: Delimiter,
    pub(super) decimal: Decimal,
}

const CANDIDATES: [u8; 4] = [b',', b';', b'\t', b'|'];

/// The dialect in which most of these lines have the same number of cells, more than one; where two do, the one in which
/// more cells are numbers. Commas where nothing separates anything.
pub(super) fn dialect(lines: &[&[u8]], delimiter: Option<Delimiter>, decimal: Option<Decimal>) -> Dialect {
    let decimals = |delimiter| match (decimal, delimiter) {
        (Some(decimal), _) => vec![decimal],
        (None, Delimiter::Byte(b';' | b'\t' | b'|')) => vec![Decimal::Point, Decimal::Comma],
        (None, _) => vec![Decimal::Point],
    };
    let delimiters = match delimiter {
        Some(delimiter) => vec![delimiter],
        None => CANDIDATES.iter().map(|&byte| Delimiter::Byte(byte)).chain([Delimiter::Blanks]).collect(),
    };
    let mut best = (Fit::default(), None);
    for delimiter in delimiters {
        for decimal in decimals(delimiter) {
            let found = Dialect { delimiter, decimal };
            let fit = Fit::of(lines, found);
            if fit.is_better_than(&best.0) {
                best = (fit, Some(found));
            }
        }
    }
    best.1.unwrap_or(Dialect {
        delimiter: delimiter.unwrap_or(Delimiter::Byte(b',')),
        decimal: decimal.unwrap_or_default(),
    })
}

impl Dialect {
    /// The same with the decimal sign that a model knows, where as many cells are numbers by it.
    pub(super) fn with_known(self, lines: &[&[u8]], known: Option<Decimal>) -> Self {
        let count = |decimal| {
            let cells = lines.iter().flat_map(|line| split(line, self.delimiter));
            cells.filter(|cell| is_number(unquoted(cell), decimal)).count()
        };
        match known {
            Some(known) if known != self.decimal && count(known) >= count(self.decimal) => {
                Dialect { decimal: known, ..self }
            }
            _ => self,
        }
    }
}

/// How well lines fit a dialect.
#[derive(Debug, Clone, Copy, Default)]
struct Fit {
    /// The share of lines that have as many cells as most have, where that is more than one.
    even: f64,
    /// The share of cells that are numbers or missing.
    numbers: f64,
    /// The same without signs between thousands.
    plain: f64,
}

impl Fit {
    fn of(lines: &[&[u8]], dialect: Dialect) -> Self {
        let rows: Vec<Vec<&[u8]>> = lines.iter().map(|line| split(line, dialect.delimiter)).collect();
        let mut widths: Vec<usize> = rows.iter().map(Vec::len).collect();
        widths.sort_unstable();
        // The width that occurs most, the larger one where two do.
        let usual = widths.chunk_by(|a, b| a == b).max_by_key(|alike| alike.len()).map_or(0, |alike| alike[0]);
        if usual < 2 {
            return Fit::default();
        }
        let even = widths.iter().filter(|width| **width == usual).count() as f64 / widths.len() as f64;
        let is_number = |cell: &&&[u8]| {
            let cell = unquoted(cell);
            is_missing(cell) || is_number(cell, dialect.decimal)
        };
        let is_plain =
            |cell: &&&[u8]| is_number(cell) && grouped(without_sign(unquoted(cell)), dialect.decimal).is_none();
        // The first line may name the columns.
        let data = if rows.len() > 1 { &rows[1..] } else { &rows[..] };
        let cells = data.iter().map(Vec::len).sum::<usize>().max(1);
        let numbers = data.iter().flatten().filter(is_number).count() as f64 / cells as f64;
        let plain = data.iter().flatten().filter(is_plain).count() as f64 / cells as f64;
        // Words of a sentence are no cells.
        if dialect.delimiter == Delimiter::Blanks
            && (even < 1.0 || (numbers < 1.0 && !are_aligned(lines, &rows, is_number)))
        {
            return Fit::default();
        }
        Fit { even, numbers, plain }
    }

    fn is_better_than(&self, other: &Fit) -> bool {
        const NEAR: f64 = 1e-9;
        if (self.even - other.even).abs() > 0.1 {
            return self.even > other.even;
        }
        let order = [(self.numbers, other.numbers), (self.plain, other.plain), (self.even, other.even)];
        order.iter().find(|(a, b)| (a - b).abs() > NEAR).is_some_and(|(a, b)| a > b)
    }
}

/// Whether a first row names the columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Header {
    Names,
    Data,
    /// It is data, and may be meant as names: 0, 1, 2, ..., as pandas numbers columns that have no names, or years.
    DataLikeNames,
}

/// Tells by the cells of the first rows. Names are no numbers, and not missing; a row that mixes numbers with words is data,
/// since data must not be lost. Among words alone, names are those that do not occur again below them.
pub(super) fn header(rows: &[Vec<&[u8]>], decimal: Decimal) -> Header {
    let Some((first, below)) = rows.split_first() else { return Header::Data };
    let is_plain = |cell: &[u8]| number_in_thousands(cell, decimal).is_some();
    let is_number = |cell: &[u8]| is_number(cell, decimal);
    if first.iter().all(|cell| is_missing(cell)) {
        return Header::Data;
    }
    if first.iter().any(|cell| is_plain(cell)) {
        let counts_up = first.len() > 2
            && below.len() > 1
            && (count_up(first, below, decimal) || are_years_alone(first, below, decimal));
        let may_be_names = counts_up || stands_over_categories(first, below, decimal);
        return if may_be_names { Header::DataLikeNames } else { Header::Data };
    }
    // A quantile may be called `5%`, but what stands over amounts is one of them.
    let is_amount = |cell: &[u8]| is_number(cell) && !is_plain(cell);
    let below_amount = |column: usize| {
        let mut cells = below.iter().filter_map(|row| row.get(column)).filter(|cell| !is_missing_number(cell));
        is_amount(first[column]) && cells.all(|cell| is_amount(cell))
    };
    if (0..first.len()).any(below_amount) {
        return Header::Data;
    }
    let has_numbers = below.iter().flatten().any(|cell| is_number(cell));
    let columns = || (0..first.len()).filter(|&column| !first[column].is_empty());
    let recurs = |column: usize| below.iter().any(|row| row.get(column) == Some(&first[column]));
    let stands_over_numbers = |column: usize| {
        let mut cells =
            below.iter().filter_map(|row| row.get(column)).filter(|cell| !is_missing_number(cell)).peekable();
        cells.peek().is_some() && cells.all(|cell| is_number(cell))
    };
    if has_numbers && columns().any(stands_over_numbers) {
        return Header::Names;
    }
    if columns().any(recurs) { Header::Data } else { Header::Names }
}

/// Whether columns of words and of numbers are set apart by runs of blanks, as where they stand below one another: three
/// lines or more, each with a run, and a column that holds numbers alone below the first line.
fn are_aligned(lines: &[&[u8]], rows: &[Vec<&[u8]>], is_number: impl Fn(&&&[u8]) -> bool) -> bool {
    let has_run = |line: &&[u8]| line.trim_ascii().windows(2).any(|pair| pair == b"  ");
    let columns = rows.first().map_or(0, Vec::len);
    rows.len() >= 3
        && lines.iter().all(has_run)
        && (0..columns).any(|column| rows[1..].iter().all(|row| row.get(column).is_some_and(|cell| is_number(&cell))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> (Delimiter, Decimal) {
        let lines: Vec<&[u8]> = text.lines().map(str::as_bytes).collect();
        let Dialect { delimiter, decimal } = dialect(&lines, None, None);
        (delimiter, decimal)
    }

    #[test]
    fn the_delimiter_is_told_by_the_first_lines() {
        let byte = Delimiter::Byte;
        for (text, found) in [
            ("a,b\n1,2\n3,4", byte(b',')),
            ("a;b\n1;2\n3;4", byte(b';')),
            ("a\tb c\n1\t2\n3\t4", byte(b'\t')),
            ("1|2\n3|4", byte(b'|')),
            ("1.0 2.0\n3.0  4.0", Delimiter::Blanks),
            ("name    age\nAnna      3\nRobert   14", Delimiter::Blanks),
            ("a  word\nand  another\nof  two", byte(b',')),
            ("name age\nAnna 3\nRobert 14", byte(b',')),
            ("name,note\nx,\"a;b;c\"\ny,\"d;e;f\"", byte(b',')),
            ("a word\nand another\nof two", byte(b',')),
            ("1\n2\n3", byte(b',')),
            ("", byte(b',')),
        ] {
            assert_eq!(of(text), (found, Decimal::Point), "{text:?}");
        }
        assert_eq!(of("a;b\n1,5;2,5\n3,25;4"), (byte(b';'), Decimal::Comma));
        assert_eq!(of("1,5\n2,5"), (byte(b','), Decimal::Point));
        assert_eq!(of("a;b\n€ 1,5;2%\n€ 3,25;4%"), (byte(b';'), Decimal::Comma));
        // Numbers in quotes are numbers.
        assert_eq!(of("\"a\";\"b\"\n\"1,5\";\"2,5\"\n\"3,25\";\"4\""), (byte(b';'), Decimal::Comma));
        assert_eq!(of("1\t,\"0.5\",\"2\",\"3\""), (byte(b','), Decimal::Point));
    }

    #[test]
    fn a_delimiter_is_named_or_written() {
        for (text, byte) in [("comma", b','), (";", b';'), ("tab", b'\t'), ("\\t", b'\t'), ("|", b'|'), ("~", b'~')] {
            assert_eq!(Delimiter::parse(text), Some(Delimiter::Byte(byte)), "{text}");
        }
        assert_eq!(Delimiter::parse("blank"), Some(Delimiter::Blanks));
        for text in ["", "a", "1", "\"", ".", "\n", "ab", "é"] {
            assert_eq!(Delimiter::parse(text), None, "{text:?}");
        }
    }

    fn names(text: &str) -> Header {
        let rows: Vec<Vec<&[u8]>> = text.lines().map(|line| split(line.as_bytes(), Delimiter::Byte(b','))).collect();
        header(&rows, Decimal::Point)
    }

    #[test]
    fn names_stand_over_numbers_or_do_not_recur() {
        for text in [
            "a,b\n1,2",
            ",width\n1,2",
            "sex,age\nm,1\nf,2",
            "a,b\n$1,m\n$2,m",
            "a,5%\n1,2\n3,4",
            "label\nred\ngreen",
            "a,b\nNA,1\nNA,2",
            "a,b",
        ] {
            assert_eq!(names(text), Header::Names, "{text:?}");
        }
        for text in [
            "1,2\n3,4",
            "NA,NA\n1,2",
            "1,x\n2,y",
            "id,1\n3,4",
            "red\ngreen\nred",
            "",
            "x,1\ny,2",
            ",\n1,2",
            "a,$1\nb,$2",
            "$5",
        ] {
            assert_eq!(names(text), Header::Data, "{text:?}");
        }
        assert_eq!(names("0,1,2\n5,6,7\n8,9,10"), Header::DataLikeNames);
        assert_eq!(names("0\n1\n2"), Header::Data);
        assert_eq!(names("2019,2020,2021\n5,6,7\n8,9,10"), Header::DataLikeNames);
        assert_eq!(names("town,2020,2021\nUlm,6,7\nBonn,9,10"), Header::DataLikeNames);
        assert_eq!(names("Ulm,2020,2021\nUlm,6,7\nBonn,9,10"), Header::Data);
        for text in ["2019,2020,2021\n5,6,7\n2019,9,10", "2019,2021,2022\n5,6,7\n8,9,10", "2019,2020\n5,6\n7,8"] {
            assert_eq!(names(text), Header::Data, "{text:?}");
        }
    }
}

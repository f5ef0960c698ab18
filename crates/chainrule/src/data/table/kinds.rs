//! Which columns of a text file hold numbers and which words, told by its first rows.

use super::amounts::{Amounts, as_typed, other_sign};
use super::cell::{Decimal, bracketed, is_missing_number, number_in_thousands, without_brackets};
use super::columns::title;
use super::sign::{Sign, amount, without_sign};
use crate::{Error, Place, Result};

/// Fewer words than this beside numbers are mistakes or signs of missing values, however few the rows.
const WORDS_AT_LEAST: usize = 20;

/// What the cells of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Numbers,
    /// Each with this sign.
    Amounts(Sign),
    Words,
}

/// The first rows of a file, each with its line. The cells lie one behind the other: a million columns are a few megabytes.
#[derive(Debug, Default)]
pub(super) struct FirstCells {
    text: Vec<u8>,
    /// Where the text of each cell ends, of all rows.
    ends: Vec<usize>,
    /// The line of each row, and where its cells end.
    rows: Vec<(u64, usize)>,
}

impl FirstCells {
    /// Adds cells to the row that is being read.
    pub(super) fn extend<'a>(&mut self, cells: impl Iterator<Item = &'a [u8]>) {
        for cell in cells {
            self.text.extend_from_slice(cell);
            self.ends.push(self.text.len());
        }
    }

    /// Ends the row.
    pub(super) fn end_row(&mut self, line: u64) {
        self.rows.push((line, self.ends.len()));
    }

    /// Takes the last row away.
    pub(super) fn pop(&mut self) {
        self.rows.pop();
        self.ends.truncate(self.rows.last().map_or(0, |(_, end)| *end));
    }

    /// Number of rows.
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// The line of a row.
    pub(super) fn line(&self, row: usize) -> u64 {
        self.rows[row].0
    }

    /// Cells of a row; none of one that is not there.
    pub(super) fn width(&self, row: usize) -> usize {
        self.rows.get(row).map_or(0, |(_, end)| end - self.first(row))
    }

    fn first(&self, row: usize) -> usize {
        if row == 0 { 0 } else { self.rows[row - 1].1 }
    }

    /// The cell in this column; `None` where the row is shorter.
    pub(super) fn cell(&self, row: usize, column: usize) -> Option<&[u8]> {
        if column >= self.width(row) {
            return None;
        }
        let at = self.first(row) + column;
        let start = if at == 0 { 0 } else { self.ends[at - 1] };
        Some(&self.text[start..self.ends[at]])
    }

    /// All cells of a row.
    pub(super) fn row(&self, row: usize) -> Vec<&[u8]> {
        (0..self.width(row)).filter_map(|column| self.cell(row, column)).collect()
    }
}

/// The first rows of a file below its header.
pub(super) struct Sample<'a> {
    pub(super) origin: &'a str,
    pub(super) cells: &'a FirstCells,
    /// Rows that are a header.
    pub(super) header: usize,
    pub(super) decimal: Decimal,
    /// Whether they are read for a model: numbers in brackets alone may be some of a column that had others.
    pub(super) for_model: bool,
}

impl Sample<'_> {
    /// The cells of a column below the header that hold something, without signs of money or percent, and without brackets.
    pub(super) fn below(&self, column: usize) -> impl Iterator<Item = &[u8]> {
        let cells = (self.header..self.cells.len()).filter_map(move |row| self.cells.cell(row, column));
        cells.filter(|cell| !is_missing_number(cell)).map(|cell| without_brackets(without_sign(cell)))
    }

    /// The kind of a column: words where all are, or most, or a tenth and not a few; amounts where all have one sign. Numbers in
    /// brackets are numbers beside others.
    ///
    /// # Errors
    /// Where a few words stand among numbers, or amounts have different signs or stand among plain numbers, of which nobody knows
    /// whether 0.1 is 10 % or 0.1 %: with the first of them.
    pub(super) fn kind(&self, column: usize, name: Option<&str>) -> Result<Kind> {
        let (mut numbers, mut words, mut first, mut plain) = (0usize, 0usize, None, None);
        let (mut amounts, mut in_brackets) = (Amounts::default(), 0usize);
        let mut first_in_brackets = None;
        for row in self.header..self.cells.len() {
            let Some(cell) = self.cells.cell(row, column).filter(|cell| !is_missing_number(cell)) else { continue };
            if number_in_thousands(cell, self.decimal).is_some() {
                numbers += 1;
                plain.get_or_insert((row, cell));
            } else if bracketed(cell, self.decimal).is_some() {
                in_brackets += 1;
                first_in_brackets.get_or_insert((row, cell));
            } else {
                words += 1;
                first.get_or_insert((row, cell));
                amounts.see(row, amount(cell, self.decimal));
            }
        }
        let (count, earliest) = match numbers + amounts.count > 0 || self.for_model {
            true => (&mut numbers, &mut plain),
            // Texts such as `(1)`, as far as one can tell.
            false => (&mut words, &mut first),
        };
        *count += in_brackets;
        *earliest = [*earliest, first_in_brackets].into_iter().flatten().min_by_key(|(row, _)| *row);
        let place =
            |row: usize| Place::Text { row: row + 1 - self.header, column: column + 1, line: self.cells.line(row) };
        if let (true, Some((at, sign))) = (amounts.count == words, amounts.first) {
            let other = amounts.other.map(|row| (row, self.cells.cell(row, column).unwrap_or_default())).or(plain);
            let Some((row, cell)) = other else { return Ok(Kind::Amounts(sign)) };
            // The fewer are the mistake.
            if let (None, true, Some((row, cell))) = (amounts.other, amounts.count < numbers, first) {
                return Err(no_number(self.origin, place(row), cell, &title(name, column)));
            }
            let as_in = format!(", as in row {}", at + 1 - self.header);
            return Err(other_sign(self.origin, place(row), cell, (sign, &as_in), &title(name, column)));
        }
        let are_words = numbers == 0 || 2 * words > numbers + words;
        match first {
            None => Ok(Kind::Numbers),
            Some(_) if are_words || (words >= WORDS_AT_LEAST && 10 * words >= numbers + words) => Ok(Kind::Words),
            Some((row, cell)) => {
                let error = no_number(self.origin, place(row), cell, &title(name, column));
                Err(match (self.header, words) {
                    // A word in the first line alone may be the name of the column.
                    (0, 1) if row == 0 => or_may_name(error, "the first line names the columns: header = yes"),
                    (1, 1) if self.may_name(row) => {
                        let line = self.cells.line(row);
                        or_may_name(error, &format!("line {line} names the columns: skip_lines = {}", line - 1))
                    }
                    _ => error,
                })
            }
        }
    }

    /// Whether a row may be the names of the columns, below a title that was taken for them: its cells are all words, and nothing but
    /// empty cells stands between the two.
    fn may_name(&self, row: usize) -> bool {
        let is_number = |cell: &[u8]| number_in_thousands(cell, self.decimal).is_some();
        let are_words = self.cells.row(row).iter().all(|cell| !is_missing_number(cell) && !is_number(cell));
        let mut between = (self.header..row).flat_map(|above| self.cells.row(above));
        are_words && between.all(is_missing_number)
    }
}

/// The error, and what else may be meant.
fn or_may_name(mut error: Error, what: &str) -> Error {
    if let Error::Format { expected, .. } = &mut error {
        *expected += &format!("; if {what}");
    }
    error
}

/// The error for a word in a column of numbers.
pub(super) fn no_number(origin: &str, place: Place, cell: &[u8], title: &str) -> Error {
    let text = String::from_utf8_lossy(cell);
    let found = match text.char_indices().nth(40) {
        _ if text.is_empty() => "an empty cell".to_string(),
        None => format!("{text:?}"),
        Some((end, _)) => format!("{:?}...", &text[..end]),
    };
    let title: String = title.chars().take(40).collect();
    let typed = as_typed(&title);
    let expected = format!(
        "a number, as elsewhere in {title:?}; if its values are names: categories = {typed}; a missing value is left empty"
    );
    Error::format(origin, place, found, expected)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(cells: &[&str]) -> Result<Kind> {
        let mut first = FirstCells::default();
        cells.iter().for_each(|cell| {
            first.extend([cell.as_bytes()].into_iter());
            first.end_row(1);
        });
        Sample { origin: "x.csv", cells: &first, header: 0, decimal: Decimal::Point, for_model: false }
            .kind(0, Some("age"))
    }

    #[test]
    fn amounts_of_one_sign_are_numbers_and_others_are_refused_or_words() {
        assert_eq!(kind(&["$1,200.50", "", "-$3", "$ 4"]).unwrap(), Kind::Amounts(Sign::Dollar));
        assert_eq!(kind(&["5 %", "NA", "7.5%"]).unwrap(), Kind::Amounts(Sign::Percent));
        let message = kind(&["$1", "$2", "3 €"]).unwrap_err().to_string();
        assert!(
            message.starts_with("x.csv, row 3, column 1 (line 1): found \"3 €\", expected a number with $"),
            "{message}"
        );
        assert!(message.contains("in \"age\", as in row 1") && message.ends_with("categories = age"), "{message}");
        let message = kind(&["5%", "0.4", "3%"]).unwrap_err().to_string();
        assert!(message.contains("row 2, column 1 (line 1): found \"0.4\", expected a number with %"), "{message}");
        assert!(kind(&["1", "$2", "3"]).unwrap_err().to_string().contains("row 2, column 1 (line 1): found \"$2\""));
        for words in [["$1", "$2", "free"], ["$1", "€ two", "$3"]] {
            assert_eq!(kind(&words).unwrap(), Kind::Words, "{words:?}");
        }
    }

    #[test]
    fn numbers_in_brackets_are_numbers_beside_others_and_texts_alone() {
        assert_eq!(kind(&["(12.50)", "3", "", "(1,200)"]).unwrap(), Kind::Numbers);
        assert_eq!(kind(&["(1)", "(2)", "(3)"]).unwrap(), Kind::Words);
        assert_eq!(kind(&["(1)", "red"]).unwrap(), Kind::Words);
        // Of another unit than those with a sign.
        let message = kind(&["$1", "(2)", "$3"]).unwrap_err().to_string();
        assert!(message.contains("row 2, column 1 (line 1): found \"(2)\", expected a number with $"), "{message}");
        assert!(kind(&["1", "x", "(2)"]).unwrap_err().to_string().contains("found \"x\""));
    }

    #[test]
    fn a_few_words_among_numbers_are_refused_and_many_are_names() {
        assert_eq!(kind(&["1", "", "NA", "2.5"]).unwrap(), Kind::Numbers);
        assert_eq!(kind(&["", "NA"]).unwrap(), Kind::Numbers);
        assert_eq!(kind(&["a", "", "b"]).unwrap(), Kind::Words);
        assert_eq!(kind(&["a", "1", "b"]).unwrap(), Kind::Words);
        let message = kind(&["1", "2", "x"]).unwrap_err().to_string();
        assert!(message.starts_with("x.csv, row 3, column 1 (line 1): found \"x\", expected a number"), "{message}");
        assert!(message.contains("\"age\""), "{message}");
        let many = |words: usize| [vec!["7"; 100], vec!["A7"; words]].concat();
        assert!(kind(&many(19)).is_err());
        assert_eq!(kind(&many(20)).unwrap(), Kind::Words);
    }
}

//! A table of texts whose columns are known to hold numbers or words, as those that a model was trained on.

use super::cell::{Decimal, bracketed, is_missing_number, number};
use super::columns::{Cells, Column, Table};
use super::sign::{Amount, Sign, amount};
use super::words::{MISSING_WORD, Words};
use crate::{Error, Place, Result};

/// A column of texts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TypedColumn<'a> {
    /// The column in messages.
    pub(crate) title: &'a str,
    pub(crate) has_words: bool,
    /// Whether `NA` and the like are words.
    pub(crate) na_is_text: bool,
    /// What may stand at its numbers.
    pub(crate) sign: Option<Sign>,
}

impl Table {
    /// The table of these cells, (rows, columns) row-major, without names. Numbers have a decimal point; blanks around a cell
    /// do not count.
    pub(crate) fn of_cells(origin: &str, columns: &[TypedColumn<'_>], cells: &[&str]) -> Result<Self> {
        let (mut numbers, mut words) = (0, 0);
        let mut column = |column: &TypedColumn<'_>| {
            let count = if column.has_words { &mut words } else { &mut numbers };
            let slot = *count;
            *count += 1;
            let cells = match column.has_words {
                true => Cells::Words { slot, words: Box::new(Words::new(column.na_is_text)) },
                false => Cells::Numbers { slot },
            };
            Column { name: None, cells, missing: 0, sign: column.sign }
        };
        let mut table = Table::new(origin, columns.iter().map(&mut column).collect());
        let mut row = Vec::with_capacity(numbers);
        for (at, cells) in cells.chunks_exact(columns.len()).enumerate() {
            row.clear();
            for (index, (of, cell)) in columns.iter().zip(cells).enumerate() {
                let (cell, column) = (cell.trim(), &mut table.columns[index]);
                let is_missing = match &mut column.cells {
                    Cells::Numbers { .. } => {
                        let place = Place::Cell { row: at + 1, column: index + 1 };
                        let value = number_of(cell, of.sign).ok_or_else(|| {
                            let expected = format!("a number in {:?}, as the model was trained on", of.title);
                            Error::format(origin, place, format!("{cell:?}"), expected)
                        })?;
                        row.push(value);
                        value.is_nan()
                    }
                    Cells::Words { words, .. } => {
                        let code = words.cell(cell.as_bytes()).unwrap_or(MISSING_WORD);
                        if words.are_too_many {
                            return Err(Error::Argument {
                                name: "rows",
                                found: format!("more different words in {:?} than a column may have", of.title),
                                expected: "fewer rows at once".to_owned(),
                            });
                        }
                        table.words.push(code);
                        code == MISSING_WORD
                    }
                };
                column.missing += usize::from(is_missing);
            }
            table.room()?.extend_from_slice(&row);
            table.rows += 1;
        }
        if table.rows == 0 {
            return Err(Error::Empty { origin: origin.to_owned(), what: "rows" });
        }
        Ok(table)
    }
}

/// The number that a text of a column of numbers stands for, NaN of one that says that nothing is there.
fn number_of(cell: &str, sign: Option<Sign>) -> Option<f64> {
    match cell {
        _ if is_missing_number(cell.as_bytes()) => Some(f64::NAN),
        _ if cell.eq_ignore_ascii_case("false") => Some(0.0),
        _ if cell.eq_ignore_ascii_case("true") => Some(1.0),
        _ => {
            let of_sign = |amount: &Amount| Some(amount.sign) == sign;
            let amount = amount(cell.as_bytes(), Decimal::Point).filter(of_sign);
            let plain = || number(cell.as_bytes(), Decimal::Point);
            let value = amount.map(|amount| amount.value).or_else(plain);
            // Of a column with a sign, a number in brackets has none.
            value.or_else(|| bracketed(cell.as_bytes(), Decimal::Point).filter(|_| sign.is_none()))
        }
    }
}

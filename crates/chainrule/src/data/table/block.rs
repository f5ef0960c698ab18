//! Rows that come by columns, appended to a table.

use super::amounts::{Amounts, other_sign, taken_off};
use super::cell::{Decimal, is_missing_number, number_in_thousands};
use super::columns::{Cells, Table};
use super::options::TextFormat;
use super::sign::{Sign, amount};
use super::words::MISSING_WORD;
use crate::{Error, Place, Result};

/// Some cells of a column.
#[derive(Debug)]
pub(crate) enum Block {
    /// NaN where a value is missing.
    Numbers(Vec<f64>),
    /// The numbers of words, by [`Table::code_of`].
    Words(Vec<u32>),
}

impl Block {
    /// The cells at these places; missing ones where there is none.
    pub(crate) fn at(&self, places: impl Iterator<Item = usize>) -> Self {
        match self {
            Block::Numbers(all) => Block::Numbers(places.map(|at| all.get(at).copied().unwrap_or(f64::NAN)).collect()),
            Block::Words(all) => Block::Words(places.map(|at| all.get(at).copied().unwrap_or(MISSING_WORD)).collect()),
        }
    }
}

/// The amounts of a column in which nothing but numbers stands, of which a plain one is as one of another sign; `None` where
/// something else does.
fn amounts_alone<'t>(texts: impl Iterator<Item = Option<&'t str>>) -> Option<Amounts> {
    let (mut amounts, mut plain) = (Amounts::default(), None);
    for (row, text) in texts.enumerate() {
        let cell = text.unwrap_or_default().trim().as_bytes();
        match amount(cell, Decimal::Point) {
            _ if is_missing_number(cell) => {}
            Some(amount) => amounts.see(row, Some(amount)),
            None => {
                number_in_thousands(cell, Decimal::Point)?;
                plain.get_or_insert(row);
            }
        }
    }
    amounts.other = amounts.other.or(plain);
    Some(amounts)
}

/// The number of a text in a column whose numbers have this sign, NaN where nothing is there; `None` of any other text.
fn value_with(sign: Sign, text: &str) -> Option<f64> {
    let cell = text.trim().as_bytes();
    if is_missing_number(cell) {
        return Some(f64::NAN);
    }
    amount(cell, Decimal::Point).filter(|amount| amount.sign == sign).map(|amount| amount.value)
}

impl Table {
    /// Makes columns of words numbers where each of their `texts` in the first rows is an amount of one sign, unless the column is
    /// a category. For a table without rows.
    ///
    /// # Errors
    /// Where amounts of a column have different signs, and for a category that is not there.
    pub(crate) fn take_amounts<'t, I>(&mut self, format: &TextFormat, texts: impl Fn(usize) -> Option<I>) -> Result<()>
    where
        I: Iterator<Item = Option<&'t str>>,
    {
        let is_category = format.are_categories(self.columns.iter().map(|column| column.name.as_deref()))?;
        let na_is_text = format.na_is_text(self.columns.iter().map(|column| column.name.as_deref()))?;
        for (column, na_is_text) in self.columns.iter_mut().zip(na_is_text) {
            if let Cells::Words { words, .. } = &mut column.cells {
                words.na_is_text = na_is_text;
            }
        }
        let are_left_out = format.are_left_out(self.columns.iter().map(|column| column.name.as_deref()));
        let stays =
            is_category.into_iter().zip(are_left_out).map(|(is_category, is_left_out)| is_category || is_left_out);
        for (column, stays) in stays.collect::<Vec<_>>().into_iter().enumerate() {
            let Some(amounts) = texts(column).filter(|_| !stays).and_then(amounts_alone) else { continue };
            let Some((first, sign)) = amounts.first else { continue };
            if let Some(row) = amounts.other {
                let text = texts(column).and_then(|mut texts| texts.nth(row)?).unwrap_or_default();
                let place = Place::Cell { row: row + 1, column: column + 1 };
                let as_in = format!(", as in row {}", first + 1);
                return Err(other_sign(&self.origin, place, text.as_bytes(), (sign, &as_in), &self.title(column)));
            }
            self.columns[column].cells = Cells::Numbers { slot: 0 };
            self.columns[column].sign = Some(sign);
        }
        let (mut numbers, mut words) = (0, 0);
        for column in &mut self.columns {
            let (slot, next) = match &mut column.cells {
                Cells::Numbers { slot } => (slot, &mut numbers),
                Cells::Words { slot, .. } => (slot, &mut words),
            };
            (*slot, *next) = (*next, *next + 1);
        }
        (self.number_columns, self.word_columns) = (numbers, words);
        self.notes.extend(taken_off(&self.columns).filter(|_| !format.for_model));
        Ok(())
    }

    /// The number in a text of this column, whose numbers have this sign; NaN where the text is a missing value. The text stands
    /// `below` rows below the table's last.
    ///
    /// # Errors
    /// When it is another text.
    pub(crate) fn amount_of(&self, column: usize, below: usize, sign: Sign, text: &str) -> Result<f64> {
        value_with(sign, text).ok_or_else(|| {
            let place = Place::Cell { row: self.rows + below + 1, column: column + 1 };
            let its = (sign, ", as in its first rows");
            other_sign(&self.origin, place, text.as_bytes(), its, &self.title(column))
        })
    }

    /// The number of a word of this column, which holds words; that of none where the word says that nothing is there.
    pub(crate) fn code_of(&mut self, column: usize, word: &str) -> u32 {
        match &mut self.columns[column].cells {
            Cells::Words { words, .. } => words.cell(word.as_bytes()).unwrap_or(MISSING_WORD),
            Cells::Numbers { .. } => MISSING_WORD,
        }
    }

    /// Appends rows, one block of cells for each column, of the column's kind.
    pub(crate) fn append(&mut self, rows: usize, blocks: &[Block]) -> Result<()> {
        let no_memory = |_| Error::no_memory("rows of a table", rows);
        self.words.try_reserve(rows * self.word_columns).map_err(no_memory)?;
        for row in 0..rows {
            self.room()?;
            let block = self.block();
            for (column, cells) in self.columns.iter_mut().zip(blocks) {
                let is_missing = match cells {
                    Block::Numbers(numbers) => {
                        self.numbers[block].push(numbers[row]);
                        numbers[row].is_nan()
                    }
                    Block::Words(codes) => {
                        self.words.push(codes[row]);
                        codes[row] == MISSING_WORD
                    }
                };
                column.missing += usize::from(is_missing);
            }
            self.rows += 1;
        }
        Ok(())
    }
}

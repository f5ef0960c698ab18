//! Columns of amounts, numbers with a sign of money or percent each: told by their first cells, and what is said of them.

use super::columns::{Column, title};
use super::sign::{Amount, Sign};
use crate::{Error, Place};

/// Columns that a note names.
const NAMED: usize = 12;

/// The amounts among the cells of a column.
#[derive(Debug, Default)]
pub(super) struct Amounts {
    pub(super) count: usize,
    /// The row of the first, and its sign.
    pub(super) first: Option<(usize, Sign)>,
    /// The first row with another sign.
    pub(super) other: Option<usize>,
}

impl Amounts {
    pub(super) fn see(&mut self, row: usize, amount: Option<Amount>) {
        let Some(Amount { sign, .. }) = amount else { return };
        self.count += 1;
        let (_, first) = *self.first.get_or_insert((row, sign));
        if sign != first {
            self.other.get_or_insert(row);
        }
    }
}

/// A note for each sign that was taken off the numbers of columns.
pub(super) fn taken_off(columns: &[Column]) -> impl Iterator<Item = String> {
    Sign::ALL.into_iter().filter_map(move |sign| {
        let titles: Vec<String> = columns
            .iter()
            .enumerate()
            .filter(|(_, column)| column.sign == Some(sign))
            .map(|(at, column)| title(column.name.as_deref(), at))
            .collect();
        let first = as_typed(titles.first()?);
        let (named, sign) = (titles[..titles.len().min(NAMED)].join(", "), sign.text());
        let more = if titles.len() > NAMED { format!(" and {} more", titles.len() - NAMED) } else { String::new() };
        let its = if titles.len() == 1 { "its cells are" } else { "their cells are" };
        Some(format!(
            "{named}{more}: {sign} taken off, {its} read as numbers; otherwise categories = {first}, or drop = {first}"
        ))
    })
}

/// The error for a cell that has not the sign which the others of its column have.
pub(super) fn other_sign(origin: &str, place: Place, cell: &[u8], (sign, as_in): (Sign, &str), title: &str) -> Error {
    let (sign, typed) = (sign.text(), as_typed(title));
    let found = format!("{:?}", String::from_utf8_lossy(cell).chars().take(40).collect::<String>());
    let expected = format!(
        "a number with {sign} in {title:?}{as_in}: numbers with different signs, or with and without one, are not of one unit; \
         write all of them alike; or each text is a category by categories = {typed}"
    );
    Error::format(origin, place, found, expected)
}

/// The name of a column as an option takes it.
pub(super) fn as_typed(title: &str) -> String {
    let typed = title.strip_prefix("column ").unwrap_or(title);
    if typed.contains(' ') { format!("'{typed}'") } else { typed.to_owned() }
}

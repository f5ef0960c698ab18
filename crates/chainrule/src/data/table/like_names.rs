//! Whether a first line that holds numbers may be meant as names all the same.

use std::collections::HashSet;

use super::cell::{Decimal, is_missing, number};
use super::sign::is_number;

/// Whether cells are 0, 1, 2, ... or 1, 2, 3, ..., as pandas and spreadsheets number columns, with no more between them than texts that
/// do not occur again below, and ahead of them than the empty name of an index.
pub(super) fn count_up(first: &[&[u8]], below: &[Vec<&[u8]>], decimal: Decimal) -> bool {
    let (mut next, mut start, mut counted) = (None, 0, 0);
    for (column, cell) in first.iter().enumerate() {
        if is_number(cell, decimal) {
            let due = *next.get_or_insert_with(|| {
                start = usize::from(*cell == b"1");
                start
            });
            if *cell != due.to_string().as_bytes() {
                return false;
            }
            (next, counted) = (Some(due + 1), counted + 1);
        } else if is_missing(cell) {
            if column > 0 || !cell.is_empty() {
                return false;
            }
        } else if below.iter().any(|row| row.get(column) == Some(cell)) {
            return false;
        }
    }
    // 1, 2, 3 alone may well be data.
    counted >= 2 && (start == 0 || counted < first.len())
}

/// Whether a text of the first row does not occur again below, where other texts do, three times each on average, and its numbers
/// lie beyond those below. Of fewer than ten rows that says nothing.
pub(super) fn stands_over_categories(first: &[&[u8]], below: &[Vec<&[u8]>], decimal: Decimal) -> bool {
    let lies_beyond = |column: usize| {
        let Some(here) = number(first[column], decimal) else { return true };
        let mut numbers = below.iter().filter_map(|row| number(row.get(column)?, decimal)).peekable();
        let (mut is_below, mut is_above) = (true, true);
        if numbers.peek().is_none() {
            return true;
        }
        numbers.for_each(|number| (is_below, is_above) = (is_below && here < number, is_above && here > number));
        is_below || is_above
    };
    if below.len() < 10 || !(0..first.len()).all(lies_beyond) {
        return false;
    }
    (0..first.len()).filter(|&column| !is_number(first[column], decimal) && !is_missing(first[column])).any(|column| {
        let cells = || below.iter().filter_map(|row| row.get(column)).filter(|cell| !is_missing(cell));
        let different: HashSet<&[u8]> = cells().copied().collect();
        let are_texts = !different.is_empty() && different.iter().all(|cell| !is_number(cell, decimal));
        are_texts && !different.contains(first[column]) && cells().count() >= 3 * different.len()
    })
}

/// Whether the numbers of the first row are years, one after the other, and none of the numbers below is one; its words, if it
/// has any, do not occur again below them.
pub(super) fn are_years_alone(first: &[&[u8]], below: &[Vec<&[u8]>], decimal: Decimal) -> bool {
    let year =
        |cell: &[u8]| number(cell, decimal).filter(|year| (1500.0..2500.0).contains(year) && year.fract() == 0.0);
    let (numbers, words): (Vec<usize>, Vec<usize>) =
        (0..first.len()).partition(|&column| number(first[column], decimal).is_some());
    let years: Vec<Option<f64>> = numbers.iter().map(|&column| year(first[column])).collect();
    let recurs = |column: &usize| below.iter().any(|row| row.get(*column) == Some(&first[*column]));
    years.len() > 1
        && years.windows(2).all(|pair| matches!(pair, [Some(a), Some(b)] if *b == a + 1.0))
        && !words.iter().any(recurs)
        && below.iter().flatten().all(|cell| year(cell).is_none())
}

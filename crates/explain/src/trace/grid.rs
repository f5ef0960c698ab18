//! A matrix as cells of text: the cells that are shown, aligned in columns.

use super::Matrix;
use super::number::significant;

/// How much of a number and of a matrix is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Detail {
    /// Significant digits.
    pub(super) digits: usize,
    /// The largest number of rows that are shown.
    pub(super) rows: usize,
    /// The largest number of columns that are shown.
    pub(super) columns: usize,
}

impl Detail {
    pub(super) fn new(digits: usize, limit: usize) -> Self {
        Detail { digits, rows: limit, columns: limit }
    }
}

/// The rows and columns of a matrix that are shown, either with at most one gap.
pub(super) struct Grid {
    pub(super) cells: Vec<Vec<String>>,
    /// A note about what is omitted.
    pub(super) note: Option<String>,
}

/// Marks omitted numbers; no number looks like it.
const GAP: &str = "..";

impl Grid {
    pub(super) fn of(matrix: &Matrix, detail: Detail) -> Self {
        let (rows, cols) = (shown(matrix.rows(), detail.rows), shown(matrix.cols(), detail.columns));
        let cell = |i: &Option<usize>, j: &Option<usize>| match (i, j) {
            (Some(i), Some(j)) => significant(matrix.get(*i, *j), detail.digits),
            _ => GAP.to_owned(),
        };
        let cells = rows.iter().map(|i| cols.iter().map(|j| cell(i, j)).collect()).collect();
        let parts = [left_out(&rows, matrix.rows(), "rows"), left_out(&cols, matrix.cols(), "columns")];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        let note = (!parts.is_empty()).then(|| format!("shown: {}", parts.join(", ")));
        Grid { cells, note }
    }

    /// Whether this cell stands for omitted numbers.
    pub(super) fn is_gap(cell: &str) -> bool {
        cell == GAP
    }

    /// `[ 0.3   0.2 ]`, one line per row, aligned at the decimal points.
    pub(super) fn lines(&self) -> Vec<String> {
        let columns = self.cells.first().map_or(0, Vec::len);
        let mut lines = vec!["[ ".to_owned(); self.cells.len()];
        for j in 0..columns {
            let column = aligned(self.cells.iter().map(|row| row[j].as_str()).collect());
            for (line, cell) in lines.iter_mut().zip(column) {
                line.push_str(if j > 0 { "  " } else { "" });
                line.push_str(&cell);
            }
        }
        lines.iter_mut().for_each(|line| line.push_str(" ]"));
        lines
    }
}

/// The indices below `count` that are shown: all, or the first and the last with a gap between them.
pub(super) fn shown(count: usize, limit: usize) -> Vec<Option<usize>> {
    if count <= limit.max(1) {
        return (0..count).map(Some).collect();
    }
    let first = limit.max(1).div_ceil(2);
    let last = limit.max(1) - first;
    (0..first).map(Some).chain([None]).chain((count - last..count).map(Some)).collect()
}

/// `rows 1-4, 61-64 of 64`, unless all are shown.
fn left_out(shown: &[Option<usize>], count: usize, what: &str) -> Option<String> {
    let gap = shown.iter().position(Option::is_none)?;
    let last = shown.len() - gap - 1;
    let ends = if last == 0 { String::new() } else { format!(" and {}", span(count - last + 1, count)) };
    Some(format!("{what} {}{ends} of {count}", span(1, gap)))
}

fn span(first: usize, last: usize) -> String {
    if first == last { first.to_string() } else { format!("{first}-{last}") }
}

/// Cells of equal width, aligned at the decimal points, or to the right if there are powers of ten.
fn aligned(cells: Vec<&str>) -> Vec<String> {
    let has_powers = cells.iter().any(|cell| cell.contains('e'));
    // What stands before and after the decimal point, with the point.
    let halves: Vec<(&str, &str)> = cells
        .iter()
        .map(|cell| match cell.find('.') {
            Some(at) if !has_powers && !Grid::is_gap(cell) => cell.split_at(at),
            _ => (*cell, ""),
        })
        .collect();
    let width = |half: fn(&(&str, &str)) -> usize| halves.iter().map(half).max().unwrap_or(0);
    let (before, after) = (width(|half| half.0.len()), width(|half| half.1.len()));
    halves.iter().map(|(whole, fraction)| format!("{whole:>before$}{fraction:<after$}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(values: &[f64], rows: usize, limit: usize) -> (Vec<String>, Option<String>) {
        let matrix = Matrix::from_slice(values, rows, values.len() / rows);
        let grid = Grid::of(&matrix, Detail::new(6, limit));
        (grid.lines(), grid.note)
    }

    #[test]
    fn decimal_points_stand_below_one_another() {
        let (lines, note) = lines(&[0.3, -12.0, 10.25, 0.125, 7.0, -0.5], 3, 8);
        assert_eq!(lines, ["[  0.3   -12     ]", "[ 10.25    0.125 ]", "[  7      -0.5   ]"]);
        assert_eq!(note, None);
    }

    #[test]
    fn powers_of_ten_are_flush_right() {
        assert_eq!(lines(&[2.5e-8, 0.5, -1e-12], 3, 8).0, ["[ 2.5e-8 ]", "[    0.5 ]", "[ -1e-12 ]"]);
    }

    #[test]
    fn large_matrices_show_their_corners_and_say_so() {
        let values: Vec<f64> = (0..100).map(f64::from).collect();
        let (lines, note) = lines(&values, 10, 3);
        assert_eq!(lines, ["[  0   1  ..   9 ]", "[ 10  11  ..  19 ]", "[ ..  ..  ..  .. ]", "[ 90  91  ..  99 ]"]);
        assert_eq!(note.unwrap(), "shown: rows 1-2 and 10 of 10, columns 1-2 and 10 of 10");
    }

    #[test]
    fn a_limit_of_one_shows_the_first() {
        let (lines, note) = lines(&[1.0, 2.0, 3.0], 1, 1);
        assert_eq!((lines[0].as_str(), note.as_deref()), ("[ 1  .. ]", Some("shown: columns 1 of 3")));
    }
}

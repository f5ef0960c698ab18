//! Numbers written with zeros ahead of them, `03457`: codes, perhaps, which lose those zeros where they are read as numbers.

/// Columns of such numbers that are remembered.
#[cfg(feature = "csv")]
const MOST: usize = 64;

/// Columns in which a number was written with zeros ahead of it, each with the first such cell.
#[derive(Debug, Clone, Default)]
pub(crate) struct Padded {
    found: Vec<(usize, String)>,
}

impl Padded {
    /// The first cell of this column that was written so.
    pub(crate) fn of(&self, column: usize) -> Option<&str> {
        self.found.iter().find(|(at, _)| *at == column).map(|(_, cell)| cell.as_str())
    }

    /// Looks at the cell of a number.
    #[cfg(feature = "csv")]
    #[inline]
    pub(super) fn see(&mut self, column: usize, cell: &[u8]) {
        if let [b'0', b'0'..=b'9', ..] = cell {
            self.keep(column, cell);
        }
    }

    #[cfg(feature = "csv")]
    fn keep(&mut self, column: usize, cell: &[u8]) {
        let is_new = self.found.len() < MOST && self.found.iter().all(|(at, _)| *at != column);
        if is_new && cell.iter().all(u8::is_ascii_digit) {
            self.found.push((column, String::from_utf8_lossy(cell).into_owned()));
        }
    }

    /// Adds those of a table whose columns are found here at these places.
    pub(super) fn join(&mut self, other: &Padded, from: &[usize]) {
        for (column, &theirs) in from.iter().enumerate() {
            if let (None, Some(cell)) = (self.of(column), other.of(theirs)) {
                self.found.push((column, cell.to_owned()));
            }
        }
    }
}

//! Rows of a scratch file that have been read: those that are asked for nearly in their order come in pieces, others alone.

use super::scratch::Scratch;

/// The last rows that were read, of cells of `SIZE` bytes.
#[derive(Debug)]
pub(crate) struct Window<E, const SIZE: usize> {
    decode: fn([u8; SIZE]) -> E,
    start: usize,
    end: usize,
    bytes: Vec<u8>,
    cells: Vec<E>,
}

impl<E, const SIZE: usize> Window<E, SIZE> {
    pub(crate) fn new(decode: fn([u8; SIZE]) -> E) -> Self {
        Window { decode, start: 0, end: 0, bytes: Vec::new(), cells: Vec::new() }
    }

    /// A row of a file of so many rows.
    pub(crate) fn row(&mut self, file: &Scratch, rows: usize, row: usize) -> &[E] {
        let width = file.row_bytes() / SIZE;
        if width == 0 {
            return &[];
        }
        if !(self.start..self.end).contains(&row) {
            let at_once = file.rows_at_once();
            // Far from the last ones it is not known to be the first of several.
            let is_near = row >= self.end && row - self.end < at_once;
            let count = if is_near { at_once.min(rows - row) } else { 1 };
            self.bytes.resize(count * file.row_bytes(), 0);
            file.read(row, &mut self.bytes);
            self.cells.clear();
            self.cells.extend(self.bytes.as_chunks::<SIZE>().0.iter().map(|bytes| (self.decode)(*bytes)));
            (self.start, self.end) = (row, row + count);
        }
        &self.cells[(row - self.start) * width..][..width]
    }
}

//! The rows of features that memory does not hold, in a scratch file: numbers as they are, or bytes that stand for numbers.

use std::sync::Arc;

use chainrule_kernel::Scalar;

use super::memory::Memory;
use super::scratch::{AT_ONCE, Scratch};
use crate::Result;

/// Bytes of a short row, and of a piece of a longer one: they lie on the stack meanwhile.
const SHORT: usize = 1 << 10;
const PIECE: usize = 1 << 14;

/// Rows of a scratch file, all of them or some in any order.
#[derive(Debug, Clone)]
pub(crate) struct StoredRows {
    file: Arc<Scratch>,
    memory: Memory,
    /// Bytes of a number.
    cell: usize,
    chosen: Option<Arc<[u32]>>,
}

impl StoredRows {
    /// The same rows in this order. They exist.
    pub(crate) fn select(&self, rows: &[usize]) -> Self {
        StoredRows { chosen: Some(rows.iter().map(|&row| self.at(row) as u32).collect()), ..self.clone() }
    }

    /// How much of it other rows that are made of these may take.
    pub(crate) fn memory(&self) -> &Memory {
        &self.memory
    }

    /// That all rows that were asked for could be read.
    pub(crate) fn check_read(&self) -> Result<()> {
        self.file.check()
    }

    #[inline]
    fn at(&self, row: usize) -> usize {
        self.chosen.as_ref().map_or(row, |chosen| chosen[row] as usize)
    }

    /// Copies rows; those that lie one behind the other at once.
    pub(crate) fn copy<T>(
        &self,
        rows: impl ExactSizeIterator<Item = usize>,
        to: &mut [T], // (rows, cols)
        decode: impl Fn(&[u8], &mut [T]),
    ) {
        let cols = self.file.row_bytes() / self.cell;
        let mut rest = to;
        // Of the run so far.
        let (mut first, mut count) = (0, 0);
        for row in rows {
            let row = self.at(row);
            if count > 0 && row != first + count {
                let (here, behind) = rest.split_at_mut(count * cols);
                self.copy_run(first, here, &decode);
                (rest, count) = (behind, 0);
            }
            if count == 0 {
                first = row;
            }
            count += 1;
        }
        self.copy_run(first, &mut rest[..count * cols], &decode);
    }

    fn copy_run<T>(&self, first: usize, to: &mut [T], decode: &impl Fn(&[u8], &mut [T])) {
        let at = first as u64 * self.file.row_bytes() as u64;
        match to.len() * self.cell <= SHORT {
            true => self.copy_pieces(at, to, &mut [0; SHORT], decode),
            false => self.copy_pieces(at, to, &mut [0; PIECE], decode),
        }
    }

    fn copy_pieces<T>(&self, at: u64, to: &mut [T], buffer: &mut [u8], decode: &impl Fn(&[u8], &mut [T])) {
        let each = buffer.len() / self.cell;
        for (piece, to) in to.chunks_mut(each).enumerate() {
            let bytes = &mut buffer[..to.len() * self.cell];
            self.file.read_at_byte(at + (piece * each * self.cell) as u64, bytes);
            decode(bytes, to);
        }
    }
}

/// Takes rows in, and stores them.
pub(crate) struct StoredBuilder {
    file: Scratch,
    memory: Memory,
    cell: usize,
    stored: usize,
    pending: Vec<u8>,
}

impl StoredBuilder {
    /// For rows of this count of cells.
    pub(crate) fn new(memory: &Memory, cols: usize, cell: usize) -> Result<Self> {
        let file = Scratch::new(memory, cols * cell)?;
        Ok(StoredBuilder { file, memory: memory.clone(), cell, stored: 0, pending: Vec::new() })
    }

    /// Takes bytes of cells in, in their order.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Result<()> {
        self.pending.extend_from_slice(bytes);
        if self.pending.len() >= AT_ONCE { self.store() } else { Ok(()) }
    }

    fn store(&mut self) -> Result<()> {
        let row = self.file.row_bytes();
        let whole = self.pending.len() / row;
        self.file.write(self.stored, &self.pending[..whole * row])?;
        self.stored += whole;
        self.pending.drain(..whole * row);
        Ok(())
    }

    /// The rows that came whole.
    pub(crate) fn finish(mut self) -> Result<StoredRows> {
        self.store()?;
        Ok(StoredRows { file: Arc::new(self.file), memory: self.memory, cell: self.cell, chosen: None })
    }
}

/// The bytes of a number.
pub(crate) fn encode<T: Scalar>(value: T) -> [u8; 8] {
    value.to_le_bytes8()
}

/// The numbers of these bytes.
pub(crate) fn decode<T: Scalar>(bytes: &[u8], to: &mut [T]) {
    // A narrow number is the same when it is widened and narrowed again.
    if size_of::<T>() == 4 {
        let cells = bytes.as_chunks::<4>().0;
        to.iter_mut().zip(cells).for_each(|(to, cell)| *to = T::from_f64(f64::from(f32::from_le_bytes(*cell))));
    } else {
        let cells = bytes.as_chunks::<8>().0;
        to.iter_mut().zip(cells).for_each(|(to, cell)| *to = T::from_f64(f64::from_le_bytes(*cell)));
    }
}

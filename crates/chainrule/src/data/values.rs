//! Numbers of all rows, in memory or, where they would take more of it than was allowed, in a scratch file.

use std::sync::Arc;

use super::memory::Memory;
use super::scratch::{AT_ONCE, Scratch};
use super::window::Window;
use crate::{Error, Result};

/// Numbers of all rows, (rows, cols).
#[derive(Debug, Clone)]
pub(crate) struct Values {
    cols: usize,
    rows: usize,
    cells: Cells,
}

#[derive(Debug, Clone)]
enum Cells {
    Memory(Vec<f64>),
    Stored(Arc<Scratch>),
}

impl Values {
    /// How many numbers a row has.
    pub(crate) fn cols(&self) -> usize {
        self.cols
    }

    /// How many rows there are.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// Goes through the rows.
    pub(crate) fn cursor(&self) -> ValueCursor<'_> {
        ValueCursor { values: self, window: Window::new(f64::from_le_bytes) }
    }

    /// Shows every number of a column, in the order of the rows.
    pub(crate) fn each(&self, column: usize, mut see: impl FnMut(f64)) {
        let mut cursor = self.cursor();
        (0..self.rows).for_each(|row| see(cursor.at(row)[column]));
    }

    /// That all rows that were asked for could be read.
    pub(crate) fn check_read(&self) -> Result<()> {
        match &self.cells {
            Cells::Memory(_) => Ok(()),
            Cells::Stored(file) => file.check(),
        }
    }
}

/// Reads one row after the other.
pub(crate) struct ValueCursor<'a> {
    values: &'a Values,
    window: Window<f64, 8>,
}

impl ValueCursor<'_> {
    /// The numbers of a row, (cols).
    #[inline]
    pub(crate) fn at(&mut self, row: usize) -> &[f64] {
        let Values { cols, rows, cells } = self.values;
        match cells {
            Cells::Memory(all) => &all[row * cols..][..*cols],
            Cells::Stored(file) => self.window.row(file, *rows, row),
        }
    }
}

/// Takes numbers in, one after the other.
pub(crate) struct ValuesBuilder {
    cols: usize,
    /// Numbers that came.
    count: usize,
    pending: Vec<f64>,
    file: Option<Scratch>,
}

impl ValuesBuilder {
    /// For so many rows.
    pub(crate) fn new(rows: usize, cols: usize, memory: Option<&Memory>) -> Result<Self> {
        let count = rows.saturating_mul(cols);
        let most = memory.map_or(u64::MAX, Memory::share);
        let file = match memory.filter(|_| count as u64 * 8 > most) {
            Some(memory) => Some(Scratch::new(memory, 8 * cols)?),
            None => None,
        };
        let mut pending = Vec::new();
        let room = if file.is_some() { AT_ONCE / 8 } else { count };
        pending.try_reserve_exact(room).map_err(|_| Error::no_memory("targets", rows))?;
        Ok(ValuesBuilder { cols, count: 0, pending, file })
    }

    pub(crate) fn push(&mut self, value: f64) -> Result<()> {
        self.pending.push(value);
        self.count += 1;
        let is_due = self.file.is_some() && self.pending.len() * 8 >= AT_ONCE && self.count.is_multiple_of(self.cols);
        if is_due { self.store() } else { Ok(()) }
    }

    fn store(&mut self) -> Result<()> {
        let Some(file) = &self.file else { return Ok(()) };
        let bytes: Vec<u8> = self.pending.iter().flat_map(|value| value.to_le_bytes()).collect();
        file.write((self.count - self.pending.len()) / self.cols, &bytes)?;
        self.pending.clear();
        Ok(())
    }

    /// The numbers that came.
    pub(crate) fn finish(mut self) -> Result<Values> {
        self.store()?;
        let (cols, rows) = (self.cols, self.count / self.cols);
        let cells = self.file.map_or(Cells::Memory(self.pending), |file| Cells::Stored(Arc::new(file)));
        Ok(Values { cols, rows, cells })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_values_are_those_that_came() {
        let all = |memory: Option<&Memory>| {
            let mut builder = ValuesBuilder::new(100_000, 3, memory).unwrap();
            (0..300_000).for_each(|i| builder.push(f64::from(i) * 0.1).unwrap());
            builder.finish().unwrap()
        };
        let (stored, plain) = (all(Some(&Memory::new(1000))), all(None));
        assert!(matches!((&stored.cells, &plain.cells), (Cells::Stored(_), Cells::Memory(_))));
        assert_eq!((stored.rows(), stored.cols()), (100_000, 3));
        let (mut a, mut b) = (stored.cursor(), plain.cursor());
        for row in (0..100_000).chain([3, 99_999, 70_000, 70_001, 0]) {
            assert_eq!(a.at(row), b.at(row));
        }
        assert!(stored.check_read().is_ok());
    }
}

//! Stores rows of a table that memory does not hold.

use std::sync::Arc;

use super::columns::{BLOCK, Table, check_rows};
use super::store::Store;
use crate::Result;
use crate::data::memory::Memory;
use crate::data::scratch::Scratch;

/// Bytes of rows that are stored at once.
const STORED_AT_ONCE: u64 = 1 << 20;

impl Table {
    /// The same, whose rows go to scratch files where they would take more memory.
    pub(crate) fn bounded(mut self, memory: Option<&Memory>) -> Self {
        self.store = memory.map(|memory| Box::new(Store { memory: memory.clone(), files: None }));
        self
    }

    /// The block that the next row's numbers go to, after [`Table::room`].
    pub(super) fn block(&self) -> usize {
        (self.rows - self.stored) / BLOCK
    }

    /// Whether rows in memory are to be stored.
    pub(super) fn is_due(&self) -> bool {
        let Some(store) = &self.store else { return false };
        let row = 8 * self.number_columns as u64 + 4 * self.word_columns as u64;
        let most = if store.files.is_some() { STORED_AT_ONCE } else { store.memory.share() };
        let pending = (self.rows - self.stored) as u64;
        pending > 0 && pending * row > most
    }

    /// Stores all rows that are in memory; the last is whole.
    pub(super) fn store_rows(&mut self) -> Result<()> {
        let Some(store) = &mut self.store else { return Ok(()) };
        check_rows(self.rows)?;
        if store.files.is_none() {
            let file = |bytes| Scratch::new(&store.memory, bytes).map(Arc::new);
            store.files = Some((file(8 * self.number_columns)?, file(4 * self.word_columns)?));
        }
        let Some((numbers, words)) = &store.files else { return Ok(()) };
        let mut bytes = Vec::new();
        let mut first = self.stored;
        for block in &self.numbers {
            for some in block.chunks((STORED_AT_ONCE as usize / 8).next_multiple_of(self.number_columns.max(1))) {
                bytes.clear();
                some.iter().for_each(|value| bytes.extend_from_slice(&value.to_le_bytes()));
                numbers.write(first, &bytes)?;
                first += some.len() / self.number_columns.max(1);
            }
        }
        let mut first = self.stored;
        for some in self.words.chunks((STORED_AT_ONCE as usize / 4).next_multiple_of(self.word_columns.max(1))) {
            bytes.clear();
            some.iter().for_each(|code| bytes.extend_from_slice(&code.to_le_bytes()));
            words.write(first, &bytes)?;
            first += some.len() / self.word_columns.max(1);
        }
        // The rest of the first share is given back; the next rows take one block.
        self.numbers.truncate(1);
        self.numbers.iter_mut().for_each(Vec::clear);
        self.words.clear();
        self.words.shrink_to(STORED_AT_ONCE as usize / 4);
        self.stored = self.rows;
        Ok(())
    }

    /// Whether rows are in scratch files.
    #[cfg(all(test, feature = "parquet"))]
    pub(crate) fn is_stored(&self) -> bool {
        self.stored > 0
    }

    /// That all rows that were asked for could be read.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io)
    pub(crate) fn check_read(&self) -> Result<()> {
        match self.store.as_ref().and_then(|store| store.files.as_ref()) {
            Some((numbers, words)) => numbers.check().and_then(|()| words.check()),
            None => Ok(()),
        }
    }
}

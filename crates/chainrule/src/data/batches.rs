//! The order of the rows in an epoch and its cuts into minibatches. It deals in row numbers only; copying rows is
//! [`Dataset::gather`](crate::data::Dataset::gather)'s.

use crate::{Error, Result};
use chainrule_model::random::{Purpose, Stream};
use std::slice::Chunks;

/// In which order an epoch visits the rows.
///
/// ```
/// use chainrule::data::{Batches, Order};
///
/// let mut in_turn = Batches::new(4, 2, Order::Sequential)?;
/// assert_eq!(in_turn.epoch(0).collect::<Vec<_>>(), [[0, 1], [2, 3]]);
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Order {
    /// From the first to the last, every epoch.
    Sequential,
    /// At random, each epoch differently: a function of the seed and the epoch's number alone.
    Shuffled {
        /// The seed.
        seed: u64,
    },
}

/// Cuts epochs into minibatches of row numbers. The last one of an epoch holds what is left.
///
/// ```
/// use chainrule::data::{Batches, Order};
/// let mut batches = Batches::new(10, 4, Order::Shuffled { seed: 42 })?;
/// for epoch in 0..3 {
///     let sizes: Vec<usize> = batches.epoch(epoch).map(|rows| rows.len()).collect();
///     assert_eq!(sizes, [4, 4, 2]);
/// }
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Batches {
    order: Order,
    batch: usize,
    rows: Vec<usize>,
    /// The rows there are, in their order, where they are not all from 0 on.
    chosen: Option<Vec<usize>>,
}

impl Batches {
    /// Minibatches of `batch` out of `rows` rows. A batch larger than the rows holds them all.
    ///
    /// # Errors
    /// When either number is 0, or when there is not enough memory for the order of the rows.
    pub fn new(rows: usize, batch: usize, order: Order) -> Result<Self> {
        for (name, count) in [("rows", rows), ("batch", batch)] {
            if count == 0 {
                return Err(Error::Argument { name, found: "0".to_string(), expected: "at least 1".to_string() });
            }
        }
        let mut order_of_rows = Vec::new();
        order_of_rows.try_reserve_exact(rows).map_err(|_| Error::no_memory("rows", rows))?;
        order_of_rows.extend(0..rows);
        Ok(Batches { order, batch: batch.min(rows), rows: order_of_rows, chosen: None })
    }

    /// As [`Batches::new`], of these rows alone.
    pub(crate) fn of(rows: Vec<usize>, batch: usize, order: Order) -> Result<Self> {
        let counted = Self::new(rows.len(), batch, order)?;
        Ok(Batches { rows: rows.clone(), chosen: Some(rows), ..counted })
    }

    /// Rows in the largest minibatch: what buffers must hold.
    pub fn batch(&self) -> usize {
        self.batch
    }

    /// Minibatches in an epoch, the partial one included.
    pub fn per_epoch(&self) -> usize {
        self.rows.len().div_ceil(self.batch)
    }

    /// The minibatches of the epoch with this number, whichever came before. Nothing is allocated.
    pub fn epoch(&mut self, epoch: u64) -> Chunks<'_, usize> {
        if let Order::Shuffled { seed } = self.order {
            match &self.chosen {
                Some(chosen) => self.rows.copy_from_slice(chosen),
                None => self.rows.iter_mut().enumerate().for_each(|(index, row)| *row = index),
            }
            Stream::new(seed, Purpose::Shuffle, epoch).shuffle(&mut self.rows);
        }
        self.rows.chunks(self.batch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(batches: &mut Batches, epoch: u64) -> Vec<usize> {
        batches.epoch(epoch).flatten().copied().collect()
    }

    #[test]
    fn an_epoch_visits_every_row_once_and_keeps_the_partial_batch() {
        for (rows, batch) in [(1, 1), (7, 3), (8, 4), (5, 100), (97, 10)] {
            let mut batches = Batches::new(rows, batch, Order::Shuffled { seed: 3 }).unwrap();
            assert_eq!(batches.epoch(0).count(), batches.per_epoch());
            assert_eq!(batches.epoch(0).map(<[usize]>::len).max(), Some(batches.batch()));
            let mut visited = order(&mut batches, 0);
            visited.sort_unstable();
            assert_eq!(visited, (0..rows).collect::<Vec<_>>());
        }
    }

    #[test]
    fn an_epochs_order_depends_on_seed_and_epoch_and_not_on_the_epochs_before() {
        let mut batches = Batches::new(50, 8, Order::Shuffled { seed: 1 }).unwrap();
        let (first, second) = (order(&mut batches, 0), order(&mut batches, 1));
        assert_ne!(first, second);
        assert_eq!(order(&mut batches, 0), first);
        let mut resumed = Batches::new(50, 16, Order::Shuffled { seed: 1 }).unwrap();
        assert_eq!(order(&mut resumed, 1), second);
        let mut other = Batches::new(50, 8, Order::Shuffled { seed: 2 }).unwrap();
        assert_ne!(order(&mut other, 0), first);
    }

    #[test]
    fn a_sequential_epoch_goes_from_first_to_last() {
        let mut batches = Batches::new(5, 2, Order::Sequential).unwrap();
        for epoch in [0, 1, 9] {
            assert_eq!(batches.epoch(epoch).collect::<Vec<_>>(), [&[0, 1][..], &[2, 3], &[4]]);
        }
    }

    #[test]
    fn an_epoch_reuses_its_vector() {
        let mut batches = Batches::new(1000, 32, Order::Shuffled { seed: 1 }).unwrap();
        let place = batches.rows.as_ptr();
        let _ = (order(&mut batches, 0), order(&mut batches, 1));
        assert_eq!(batches.rows.as_ptr(), place);
    }

    #[test]
    fn zero_rows_and_zero_batch_are_refused() {
        let message = |rows, batch| Batches::new(rows, batch, Order::Sequential).unwrap_err().to_string();
        assert_eq!(message(0, 4), "rows: found 0, expected at least 1");
        assert_eq!(message(4, 0), "batch: found 0, expected at least 1");
    }
}

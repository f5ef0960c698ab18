//! Features that come row by row, and are stored where they would take more memory than was allowed.

use chainrule_kernel::Scalar;

use super::features::Features;
use super::memory::Memory;
use super::stored::{StoredBuilder, encode};
use crate::{Error, Place, Result};

/// Takes numbers in, row after row.
pub(crate) struct FeaturesBuilder<'a, T> {
    origin: &'a str,
    rows: usize,
    cols: usize,
    cells: Cells<T>,
}

enum Cells<T> {
    Memory(Vec<T>),
    Stored {
        builder: StoredBuilder,
        /// Numbers that came.
        count: usize,
    },
}

impl<'a, T: Scalar> FeaturesBuilder<'a, T> {
    /// With room for this count of numbers; errors name `origin`.
    pub(crate) fn new(origin: &'a str, rows: usize, cols: usize, memory: Option<&Memory>) -> Result<Self> {
        let count = rows.checked_mul(cols).and_then(|count| count.checked_mul(size_of::<T>()));
        let bytes = count.ok_or_else(|| Error::no_memory("features", rows))?;
        let cells = match memory.filter(|memory| bytes as u64 > memory.share() && cols > 0) {
            Some(memory) => Cells::Stored { builder: StoredBuilder::new(memory, cols, size_of::<T>())?, count: 0 },
            None => {
                let mut data = Vec::new();
                data.try_reserve_exact(rows * cols).map_err(|_| Error::no_memory("features", rows))?;
                Cells::Memory(data)
            }
        };
        Ok(FeaturesBuilder { origin, rows, cols, cells })
    }

    /// Takes the next number in.
    #[inline]
    pub(crate) fn push(&mut self, value: T) -> Result<()> {
        match &mut self.cells {
            Cells::Memory(data) => data.push(value),
            Cells::Stored { builder, count } => {
                if !value.is_finite() {
                    let (place, value) = (Place::cell(*count, self.cols), value.to_f64());
                    return Err(Error::NotFinite { origin: self.origin.to_owned(), place, value });
                }
                *count += 1;
                builder.push(&encode(value)[..size_of::<T>()])?;
            }
        }
        Ok(())
    }

    /// The features.
    pub(crate) fn finish(self) -> Result<Features<T>> {
        match self.cells {
            Cells::Memory(data) => Features::from_origin(self.origin, self.rows, self.cols, data),
            Cells::Stored { builder, count } => {
                Features::of_stored(self.origin, [self.rows, self.cols, count], builder.finish()?)
            }
        }
    }
}

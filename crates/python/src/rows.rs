//! The rows of X, dense or sparse, as they lie in the caller's arrays.

use chainrule::kernel::prefetch;
use chainrule::{MatRef, Scalar};

use crate::failure::Failure;

/// The rows of X.
#[derive(Clone, Copy)]
pub(crate) enum Rows<'a, T> {
    /// (rows, width), row-major.
    Dense { values: &'a [T], width: usize },
    /// Compressed sparse rows: row i has `values[starts[i]..starts[i + 1]]` in `columns` of the same range.
    Sparse { values: &'a [T], columns: &'a [i32], starts: &'a [i64], width: usize },
}

impl<'a, T: Scalar> Rows<'a, T> {
    pub(crate) fn width(&self) -> usize {
        match *self {
            Rows::Dense { width, .. } | Rows::Sparse { width, .. } => width,
        }
    }

    pub(crate) fn len(&self) -> usize {
        match *self {
            Rows::Dense { values, width } => values.len() / width.max(1),
            Rows::Sparse { starts, .. } => starts.len().saturating_sub(1),
        }
    }

    /// All rows as a matrix, if they are one.
    pub(crate) fn matrix(&self) -> Option<MatRef<'a, T>> {
        match *self {
            Rows::Dense { values, width } => Some(MatRef::new(values, self.len(), width)),
            Rows::Sparse { .. } => None,
        }
    }

    /// Asks for the row at this place of the order to be brought to the caches, if there is one and rows are dense.
    pub(crate) fn prefetch(&self, order: Order<'_>, at: usize) {
        let Rows::Dense { values, width } = *self else { return };
        if at < order.len()
            && let Ok(row) = order.row(at)
        {
            prefetch(&values[row * width..][..width]);
        }
    }

    /// Writes a row.
    ///
    /// # Errors
    /// When there is no such row, or a sparse one does not lie in its arrays.
    pub(crate) fn copy(
        &self,
        row: usize,
        to: &mut [T], // (width)
    ) -> Result<(), Failure> {
        if row >= self.len() {
            return Err(Failure::input(format!("there is no row {row} of X, which has {}", self.len())));
        }
        match *self {
            Rows::Dense { values, width } => to.copy_from_slice(&values[row * width..][..width]),
            Rows::Sparse { values, columns, starts, .. } => {
                let broken = || Failure::input(format!("row {row} of the sparse X does not lie in its arrays"));
                to.fill(T::ZERO);
                let place = |at: i64| usize::try_from(at).map_err(|_| broken());
                let range = place(starts[row])?..place(starts[row + 1])?;
                let (values, columns) = (values.get(range.clone()), columns.get(range));
                let (Some(values), Some(columns)) = (values, columns) else { return Err(broken()) };
                for (&value, &column) in values.iter().zip(columns) {
                    // The same place twice is the sum of both, as SciPy defines it.
                    let at = usize::try_from(column).ok().and_then(|column| to.get_mut(column));
                    *at.ok_or_else(broken)? += value;
                }
            }
        }
        Ok(())
    }
}

/// Which rows are meant, in which order: all of them, or those of a list.
#[derive(Clone, Copy)]
pub(crate) struct Order<'a> {
    list: Option<&'a [i64]>,
    all: usize,
}

impl<'a> Order<'a> {
    /// Of X with `all` rows.
    pub(crate) fn new(list: Option<&'a [i64]>, all: usize) -> Self {
        Order { list, all }
    }

    pub(crate) fn len(&self) -> usize {
        self.list.map_or(self.all, <[i64]>::len)
    }

    pub(crate) fn is_all(&self) -> bool {
        self.list.is_none()
    }

    /// The row at a place of the order.
    ///
    /// # Errors
    /// When it is not one of X.
    pub(crate) fn row(&self, at: usize) -> Result<usize, Failure> {
        let Some(list) = self.list else { return Ok(at) };
        let row = usize::try_from(list[at]).ok().filter(|&row| row < self.all);
        row.ok_or_else(|| Failure::input(format!("there is no row {} of X, which has {}", list[at], self.all)))
    }
}

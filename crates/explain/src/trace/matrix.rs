//! Copies of the model's numbers, to be shown.

use chainrule_model::{MatRef, Scalar};

/// A matrix, or a single number, as it was at one moment. f32 is widened, which is exact.
///
/// ```
/// # mod chainrule { pub use chainrule_explain::*; pub use chainrule_model::*; }
/// use chainrule::trace::{TraceRequest, trace};
/// use chainrule::{MatRef, Mlp};
///
/// let mut mlp = Mlp::builder(2).dense(3).build()?;
/// let trace = trace(&mut mlp, &TraceRequest::forward(MatRef::new(&[1.0, 2.0], 1, 2)))?;
/// let x = &trace.given("X").unwrap().value;
/// assert_eq!((x.rows(), x.cols(), x.get(0, 1), x.is_scalar()), (1, 2, 2.0, false));
/// # Ok::<(), chainrule::ModelError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Matrix {
    rows: usize,
    cols: usize,
    values: Vec<f64>, // (rows, cols)
    is_scalar: bool,
}

impl Matrix {
    /// A copy of a view.
    pub(crate) fn of<T: Scalar>(view: MatRef<'_, T>) -> Self {
        let values = (0..view.rows()).flat_map(|i| view.row(i)).map(|v| v.to_f64()).collect();
        Matrix { rows: view.rows(), cols: view.cols(), values, is_scalar: false }
    }

    /// A copy of `rows * cols` numbers.
    pub(crate) fn from_slice<T: Scalar>(values: &[T], rows: usize, cols: usize) -> Self {
        Self::of(MatRef::new(values, rows, cols))
    }

    /// A column of whole numbers.
    pub(crate) fn column(values: impl Iterator<Item = usize>) -> Self {
        let values: Vec<f64> = values.map(|v| v as f64).collect();
        Matrix { rows: values.len(), cols: 1, values, is_scalar: false }
    }

    /// A single number.
    pub(crate) fn scalar(value: f64) -> Self {
        Matrix { rows: 1, cols: 1, values: vec![value], is_scalar: true }
    }

    /// Its transpose.
    pub(crate) fn transposed(&self) -> Self {
        let values = (0..self.cols).flat_map(|j| (0..self.rows).map(move |i| self.get(i, j))).collect();
        Matrix { rows: self.cols, cols: self.rows, values, is_scalar: self.is_scalar }
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The number of columns.
    pub fn cols(&self) -> usize {
        self.cols
    }

    /// Row by row, (rows, cols).
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// Whether it is a single number, such as the loss.
    pub fn is_scalar(&self) -> bool {
        self.is_scalar
    }

    /// The element in row `i` and column `j`.
    ///
    /// # Panics
    /// When there is no such element.
    pub fn get(&self, i: usize, j: usize) -> f64 {
        self.values[i * self.cols + j]
    }
}

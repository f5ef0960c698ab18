//! Some rows of a dataset, to look at a network with: for [`doctor`](crate::doctor) and [`graph`](crate::graph).

use chainrule_explain::graph::Rows;
use chainrule_kernel::Scalar;
use chainrule_model::{Loss, Mlp};

use crate::compatibility::{check_columns, check_compatible};
use crate::data::Dataset;
use crate::train::Minibatch;
use crate::{Error, Result};

/// Rows that were copied out of a dataset.
///
/// ```
/// use chainrule::data::digits;
/// use chainrule::doctor::{Examination, examine};
/// use chainrule::{Loss, Mlp, Model};
///
/// let data = digits::<f32>(); // as they come, 0 to 16
/// let model = Model::new(Mlp::builder(64).dense(32).relu().dense(10).build()?, Loss::CrossEntropy);
/// let sample = model.sample(&data, 1024)?;
/// let case = Examination { trained: false, ..model.examination(&sample) };
/// let findings = examine(&case)?;
/// assert_eq!(findings[0].kind.name(), "unscaled-features");
/// println!("{}", findings[0]);
/// # Ok::<(), chainrule::Error>(())
/// ```
pub struct Sample<T> {
    minibatch: Minibatch<T>,
}

impl<T: Scalar> Sample<T> {
    /// For a network without the rest of its model, which takes rows as they are: see
    /// [`Model::sample`](crate::Model::sample). At most so many rows, spread evenly over the dataset, so that one sorted by class is seen whole.
    ///
    /// # Errors
    /// When the dataset does not fit the network or the loss.
    pub fn spread(mlp: &Mlp<T>, data: &Dataset<T>, loss: Loss, most: usize) -> Result<Self> {
        let count = most.clamp(1, data.rows());
        // In u128: rows * rows may be more than a usize holds.
        let row = |i: usize| (i as u128 * data.rows() as u128 / count as u128) as usize;
        Self::of(mlp, data, loss, &(0..count).map(row).collect::<Vec<_>>())
    }

    /// For a network without the rest of its model: see [`Model::sample_row`](crate::Model::sample_row). One row, counted from
    /// 0.
    ///
    /// # Errors
    /// When there is no such row, or the dataset does not fit the network or the loss.
    pub fn row(mlp: &Mlp<T>, data: &Dataset<T>, loss: Loss, row: usize) -> Result<Self> {
        if row >= data.rows() {
            let (found, expected) = ((row + 1).to_string(), format!("1 to {}, the rows there are", data.rows()));
            return Err(Error::Argument { name: "row", found, expected });
        }
        Self::of(mlp, data, loss, &[row])
    }

    fn of(mlp: &Mlp<T>, data: &Dataset<T>, loss: Loss, rows: &[usize]) -> Result<Self> {
        match data.is_labelled() {
            true => check_compatible(mlp, data, loss)?,
            false => check_columns(mlp, data.cols())?,
        }
        let mut minibatch = Minibatch::new(data, rows.len());
        minibatch.gather(data, rows);
        Ok(Sample { minibatch })
    }

    /// The rows.
    pub fn rows(&self) -> Rows<'_, T> {
        Rows { x: self.minibatch.x(), targets: self.minibatch.targets() }
    }
}

impl<T> std::fmt::Debug for Sample<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sample").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Features, Targets};

    #[test]
    fn a_spread_sample_begins_with_the_first_row_and_skips_evenly() {
        let features = Features::new(10, 1, (0..10).map(|x| x as f32).collect()).unwrap();
        let data = Dataset::new(features, Targets::Classes { labels: vec![0; 10], classes: 1 }).unwrap();
        let mlp = Mlp::builder(1).dense(1).build().unwrap();
        let seen = |most| {
            let sample = Sample::spread(&mlp, &data, Loss::Mse, most).unwrap();
            (0..sample.rows().count()).map(|row| sample.rows().x.get(row, 0)).collect::<Vec<_>>()
        };
        assert_eq!(seen(4), [0.0, 2.0, 5.0, 7.0]);
        assert_eq!(seen(100).len(), 10);
        assert_eq!(Sample::row(&mlp, &data, Loss::Mse, 9).unwrap().rows().x.get(0, 0), 9.0);
        let message = Sample::row(&mlp, &data, Loss::Mse, 10).unwrap_err().to_string();
        assert_eq!(message, "row: found 11, expected 1 to 10, the rows there are");
    }
}

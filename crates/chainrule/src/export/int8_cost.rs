//! What weights in eight bits cost, measured on rows.

use chainrule_kernel::Scalar;

use crate::data::Dataset;
use crate::{Evaluation, Model, Result};

/// A model and the same with weights in eight bits, on the same rows.
///
/// ```
/// use chainrule::data::digits;
/// use chainrule::{Loss, Mlp, Model};
///
/// let model = Model::new(Mlp::builder(64).dense(10).seed(1).build()?, Loss::CrossEntropy);
/// let cost = model.int8_cost(&digits::<f32>())?;
/// assert!(cost.rows == 1797 && cost.largest_deviation < 0.02 * cost.largest_output);
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Int8Cost {
    /// Rows that it was measured on.
    pub rows: usize,
    /// The largest distance between two outputs, in the targets' unit.
    pub largest_deviation: f64,
    /// The largest output of the model, by its size.
    pub largest_output: f64,
    /// Loss and accuracy of the model.
    pub model: Evaluation,
    /// Loss and accuracy in eight bits.
    pub int8: Evaluation,
}

impl<T: Scalar> Model<T> {
    /// Measures what [`Model::rounded_to_int8`] costs on rows whose answers are known.
    ///
    /// # Errors
    /// As [`Model::evaluate`].
    pub fn int8_cost(&self, data: &Dataset<T>) -> Result<Int8Cost> {
        let rounded = self.rounded_to_int8()?;
        let (a, b) = (self.predict(data.features())?, rounded.predict(data.features())?);
        let most = |numbers: &mut dyn Iterator<Item = f64>| numbers.fold(0.0, |most: f64, y| most.max(y.abs()));
        Ok(Int8Cost {
            rows: data.rows(),
            largest_deviation: most(&mut a.iter().zip(&b).map(|(a, b)| a.to_f64() - b.to_f64())),
            largest_output: most(&mut a.iter().map(|y| y.to_f64())),
            model: self.evaluate(data)?,
            int8: rounded.evaluate(data)?,
        })
    }
}

//! Models with rounded weights, and what the rounding costs on rows.

use chainrule_kernel::Scalar;
use chainrule_model::Precision;
use chainrule_model::metrics::argmax;
use serde::Serialize;

use crate::data::Features;
use crate::{Error, Model, Result, Task};

/// Rows that are compared at once.
const AT_ONCE: usize = 1 << 16;

/// What sets the outputs of a model with rounded weights apart from those of the same model before.
///
/// ```
/// use chainrule::data::digits;
/// use chainrule::{Loss, Mlp, Model, Precision};
///
/// let model = Model::new(Mlp::builder(64).dense(10).seed(1).build()?, Loss::CrossEntropy);
/// let cost = model.rounding_cost(&model.rounded(Precision::Bf16)?, digits::<f32>().features())?;
/// assert!(cost.rows == 1797 && cost.largest > 0.0 && cost.relative_rms < 0.01);
/// assert_eq!(cost.share(), cost.changed.expect("classes") as f64 / 1797.0);
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct RoundingCost {
    /// Rows that were compared.
    pub rows: usize,
    /// The largest distance between two outputs, in the targets' own unit; of classifiers between logits.
    pub largest: f64,
    /// The mean distance of outputs.
    pub mean: f64,
    /// The root of the mean squared distance, divided by that of the model's outputs.
    pub relative_rms: f64,
    /// Rows for which another class is predicted, or another answer to any question of yes or no; `None` of models that predict
    /// values.
    pub changed: Option<usize>,
}

impl RoundingCost {
    /// The figure that a tolerance bounds: the share of rows with another decision, and of models that predict values
    /// [`RoundingCost::relative_rms`]. 0 of no rows.
    pub fn share(&self) -> f64 {
        match self.changed {
            Some(changed) => changed as f64 / self.rows.max(1) as f64,
            None => self.relative_rms,
        }
    }
}

/// Sums over the outputs seen so far.
#[derive(Default)]
struct Sums {
    numbers: usize,
    largest: f64,
    distance: f64,
    /// Of the distance, and of the outputs.
    squares: [f64; 2],
    changed: usize,
}

impl<T: Scalar> Model<T> {
    /// The same model with the weights of its dense layers rounded, which are f32 again: what a [`Predictor`](crate::Predictor) of
    /// that precision predicts, of integers within the rounding of sums. See [`Mlp::rounded`](crate::Mlp::rounded).
    ///
    /// # Errors
    /// When a weight has no number of that precision, or the model is one of f64 and the precision not [`Precision::F32`]; when there
    /// is not enough memory.
    pub fn rounded(&self, precision: Precision) -> Result<Self> {
        Ok(Model { mlp: self.mlp.rounded(precision)?, ..self.clone() })
    }

    /// What sets the outputs of this model, with rounded weights, apart from its own on some rows.
    ///
    /// # Errors
    /// As [`Model::predict`], and when they give different numbers of outputs.
    pub fn rounding_cost(&self, rounded: &Model<T>, rows: &Features<T>) -> Result<RoundingCost> {
        let outputs = self.mlp.outputs();
        if outputs != rounded.mlp.outputs() {
            return Err(Error::Shape {
                origin: "the rounded model".to_owned(),
                found: format!("{} outputs", rounded.mlp.outputs()),
                expected: format!("{outputs}, to be compared"),
            });
        }
        let mut sums = Sums::default();
        for first in (0..rows.rows()).step_by(AT_ONCE) {
            let some: Vec<usize> = (first..rows.rows().min(first + AT_ONCE)).collect();
            let part = if some.len() == rows.rows() { None } else { Some(rows.select(&some)?) };
            let part = part.as_ref().unwrap_or(rows);
            let (a, b) = (self.predict_values(part)?, rounded.predict_values(part)?);
            for (a, b) in a.chunks_exact(outputs).zip(b.chunks_exact(outputs)) {
                sums.see(a, b);
                sums.changed += usize::from(self.decides_otherwise(a, b));
            }
        }
        let mean = |sum: f64| if sums.numbers == 0 { 0.0 } else { sum / sums.numbers as f64 };
        let [apart, whole] = sums.squares;
        Ok(RoundingCost {
            rows: rows.rows(),
            largest: sums.largest,
            mean: mean(sums.distance),
            relative_rms: if apart == 0.0 { 0.0 } else { (apart / whole).sqrt() },
            changed: self.decides().then_some(sums.changed),
        })
    }

    /// Whether its outputs are for decisions.
    fn decides(&self) -> bool {
        matches!(self.task, Some(Task::Classification | Task::Binary | Task::MultiLabel))
    }

    /// Whether these are the outputs for different decisions, (outputs) each.
    fn decides_otherwise(&self, a: &[f64], b: &[f64]) -> bool {
        match self.task {
            Some(Task::Classification) => argmax(a) != argmax(b),
            Some(Task::Binary | Task::MultiLabel) => a.iter().zip(b).any(|(a, b)| (*a > 0.0) != (*b > 0.0)),
            _ => false,
        }
    }
}

impl Sums {
    fn see(&mut self, a: &[f64], b: &[f64]) {
        for (a, b) in a.iter().zip(b) {
            let distance = (a - b).abs();
            self.numbers += 1;
            self.largest = self.largest.max(distance);
            self.distance += distance;
            self.squares[0] += distance * distance;
            self.squares[1] += a * a;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Loss, Mlp};

    fn model(loss: Loss, outputs: usize, bias: &[f32]) -> Model<f32> {
        let mut mlp = Mlp::builder(1).dense(outputs).build().unwrap();
        mlp.params_mut().fill(0.0);
        mlp.params_mut()[outputs..].copy_from_slice(bias);
        Model::new(mlp, loss)
    }

    #[test]
    fn distances_and_decisions_are_counted() {
        let rows = Features::new(4, 1, vec![0.0f32, 1.0, 2.0, 3.0]).unwrap();
        let cost = |loss, a: &[f32], b: &[f32]| {
            model(loss, a.len(), a).rounding_cost(&model(loss, b.len(), b), &rows).unwrap()
        };
        let found = cost(Loss::CrossEntropy, &[3.0, 4.0], &[3.0, 2.0]);
        assert_eq!((found.rows, found.largest, found.mean, found.changed), (4, 2.0, 1.0, Some(4)));
        assert!((found.relative_rms - (4.0f64 / 25.0).sqrt()).abs() < 1e-12 && found.share() == 1.0);
        assert_eq!(cost(Loss::CrossEntropy, &[3.0, 4.0], &[3.0, 3.5]).changed, Some(0));
        assert_eq!(cost(Loss::BinaryCrossEntropy, &[0.5], &[-0.5]).changed, Some(4));
        assert_eq!(cost(Loss::BinaryCrossEntropy, &[0.5, -1.0], &[0.25, -2.0]).changed, Some(0));
        let values = cost(Loss::Mse, &[3.0, 4.0], &[3.0, 3.0]);
        assert!(values.changed.is_none() && (values.share() - 0.2).abs() < 1e-12);
        assert_eq!(cost(Loss::Mse, &[0.0], &[0.0]).share(), 0.0);
        assert_eq!(cost(Loss::Mse, &[0.0], &[1.0]).share(), f64::INFINITY);
        let narrower = model(Loss::Mse, 1, &[0.0]);
        assert!(model(Loss::Mse, 2, &[0.0; 2]).rounding_cost(&narrower, &rows).is_err());
    }
}

//! Networks with rounded weights: what a predictor of that precision computes with.

use chainrule_kernel::{MatRef, NarrowError, Scalar};

use crate::layer::Op;
use crate::layer::dense::Dense;
use crate::precision::Precision;
use crate::{Mlp, ModelError};

impl<T: Scalar> Mlp<T> {
    /// The same network with the weights of its dense layers rounded; everything else, biases too, stays what it is. Its
    /// outputs are those of [`crate::Predictor::with_precision`] for this network, with integers within the rounding of sums. Rounded
    /// twice it is the same.
    ///
    /// ```
    /// # use chainrule_model as chainrule;
    /// use chainrule::{Mlp, Precision};
    ///
    /// let mlp = Mlp::builder(8).dense(4).seed(1).build()?;
    /// let rounded = mlp.rounded(Precision::Bf16)?;
    /// let close = |(a, b): (&f32, &f32)| (a - b).abs() <= a.abs() / 256.0;
    /// assert!(mlp.params().iter().zip(rounded.params()).all(close));
    /// assert_eq!(rounded.rounded(Precision::Bf16)?.params(), rounded.params());
    /// # Ok::<(), chainrule::ModelError>(())
    /// ```
    ///
    /// # Errors
    /// [`ModelError::Precision`] when a weight is infinite, NaN or too large, or the network is one of f64 and the precision
    /// not [`Precision::F32`]; when there is not enough memory.
    pub fn rounded(&self, precision: Precision) -> Result<Self, ModelError> {
        let mut rounded = self.try_clone()?;
        if let Some(format) = precision.narrow() {
            for (at, dense) in self.dense_ops() {
                let w = &mut rounded.params[dense.ranges().w];
                let round = format.round(w, dense.shape.inputs, dense.shape.outputs);
                round.map_err(|problem| refused(precision, at, problem))?;
            }
        }
        Ok(rounded)
    }

    /// That all weights can be rounded.
    pub(crate) fn check_precision(&self, precision: Precision) -> Result<(), ModelError> {
        if let Some(format) = precision.narrow() {
            for (at, dense) in self.dense_ops() {
                let w = MatRef::new(&self.params[dense.ranges().w], dense.shape.inputs, dense.shape.outputs);
                format.check(w).map_err(|problem| refused(precision, at, problem))?;
            }
        }
        Ok(())
    }

    /// The dense operations, counted from 1.
    fn dense_ops(&self) -> impl Iterator<Item = (usize, Dense)> {
        let dense = |op: &Op| if let Op::Dense(dense) = op { Some(*dense) } else { None };
        (1..).zip(self.layout.ops.iter().filter_map(dense))
    }
}

fn refused(precision: Precision, layer: usize, problem: NarrowError) -> ModelError {
    match problem {
        NarrowError::Size(_) => {
            ModelError::TooLarge { what: format!("the weights of dense layer {layer} as {precision}") }
        }
        problem => ModelError::Precision { precision: precision.to_string(), layer, problem },
    }
}

//! From features to answers, with everything that the model's file says.

use chainrule_kernel::{MatRef, Scalar};
use chainrule_model::metrics::argmax;
use chainrule_model::{Layer, Loss, Predictor, Workspace, softmax};
use rayon::prelude::*;

use crate::data::Features;
use crate::fit::check_columns;
use crate::forked;
use crate::{Error, Model, Result};

/// Rows that are predicted at once.
const BATCH: usize = 256;
/// Packing the weights once costs about as much as a few rows gain.
const WORTH_PACKING: usize = 32;

impl<T: Scalar> Model<T> {
    /// The network's outputs for features as they come from their source, (rows, outputs), row-major: logits after
    /// training with cross-entropy, values otherwise. Threads share the rows; an application that has threads of its own
    /// calls a [`Predictor`] from each.
    ///
    /// # Errors
    /// When the features have another number of columns than the network has inputs.
    pub fn predict(&self, features: &Features<T>) -> Result<Vec<T>> {
        check_columns(&self.mlp, features.cols())?;
        forked::check()?;
        let mut features = features.clone();
        self.preprocess.apply(&mut features)?;
        let (cols, outputs) = (features.cols(), self.mlp.outputs());
        let mut output = vec![T::ZERO; features.rows() * outputs];
        if features.rows() < WORTH_PACKING {
            let x = features.data();
            let x = MatRef::new(&x, features.rows(), cols);
            self.mlp.predict_into(x, &mut output, &mut Workspace::new(&self.mlp, features.rows()))?;
            return Ok(output);
        }
        let predictor = Predictor::new(&self.mlp);
        let batch = BATCH.min(features.rows());
        let room = || (vec![T::ZERO; batch * cols], predictor.workspace(batch));
        output.par_chunks_mut((batch * outputs).max(1)).enumerate().try_for_each_init(
            room,
            |(x, workspace), (i, output)| {
                let rows = output.len() / outputs;
                let x = &mut x[..rows * cols];
                x.chunks_exact_mut(cols).enumerate().for_each(|(row, x)| features.copy_row(i * batch + row, x));
                predictor.predict_into(MatRef::new(x, rows, cols), output, workspace)
            },
        )?;
        Ok(output)
    }

    /// The probability of each class, (rows, outputs), row-major; after training with binary cross-entropy that of a 1
    /// at each output.
    ///
    /// # Errors
    /// As [`Model::predict`], and when the outputs are not logits or probabilities.
    pub fn predict_proba(&self, features: &Features<T>) -> Result<Vec<T>> {
        let last = self.mlp.layers().last();
        let has_softmax = matches!(last, Some(Layer::Softmax | Layer::LogSoftmax));
        let is_binary = self.loss == Loss::BinaryCrossEntropy;
        if !has_softmax && self.loss != Loss::CrossEntropy && !is_binary {
            return Err(Error::Argument {
                name: "probabilities",
                found: format!("a model trained with {}", self.loss),
                expected: "one trained with a cross-entropy, or that ends in softmax".to_owned(),
            });
        }
        let mut output = self.predict(features)?;
        if is_binary {
            self.mlp.kernel().sigmoid(&mut output);
        } else if last != Some(&Layer::Softmax) {
            // Of logarithms of probabilities, softmax gives the probabilities.
            softmax::forward(self.mlp.kernel(), self.mlp.outputs(), &mut output);
        }
        Ok(output)
    }

    /// The class with the largest output, (rows).
    ///
    /// # Errors
    /// As [`Model::predict`].
    pub fn predict_classes(&self, features: &Features<T>) -> Result<Vec<u32>> {
        let output = self.predict(features)?;
        Ok(output.chunks_exact(self.mlp.outputs()).map(|row| argmax(row) as u32).collect())
    }

    /// Whether the outputs stand for classes: after training with cross-entropy, behind a softmax, or when they have
    /// names of classes.
    pub fn is_classifier(&self) -> bool {
        self.class_names.is_some()
            || self.loss == Loss::CrossEntropy
            || matches!(self.mlp.layers().last(), Some(Layer::Softmax | Layer::LogSoftmax))
    }
}

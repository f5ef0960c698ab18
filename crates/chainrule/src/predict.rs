//! From features to answers, with everything that the model's file says.

use chainrule_kernel::{MatRef, Scalar};
use chainrule_model::metrics::argmax;
use chainrule_model::{Layer, Loss, Workspace, softmax};

use crate::data::Features;
use crate::fit::check_columns;
use crate::{Error, Model, Result};

/// Rows that are predicted at once.
const BATCH: usize = 256;

impl<T: Scalar> Model<T> {
    /// The network's outputs for features as they come from their source, (rows, outputs), row-major: logits after
    /// training with cross-entropy, values otherwise.
    ///
    /// # Errors
    /// When the features have another number of columns than the network has inputs.
    pub fn predict(&self, features: &Features<T>) -> Result<Vec<T>> {
        check_columns(&self.mlp, features.cols())?;
        let mut features = features.clone();
        self.preprocess.apply(&mut features)?;
        let mut output = vec![T::ZERO; features.rows() * self.mlp.outputs()];
        let data = features.data();
        let x = MatRef::new(&data, features.rows(), features.cols());
        let mut workspace = Workspace::new(&self.mlp, BATCH.min(features.rows()));
        self.mlp.predict_into(x, &mut output, &mut workspace)?;
        Ok(output)
    }

    /// The probability of each class, (rows, outputs), row-major.
    ///
    /// # Errors
    /// As [`Model::predict`], and when the outputs are not logits or probabilities.
    pub fn predict_proba(&self, features: &Features<T>) -> Result<Vec<T>> {
        let has_softmax = self.mlp.layers().last() == Some(&Layer::Softmax);
        if !has_softmax && self.loss != Loss::CrossEntropy {
            return Err(Error::Argument {
                name: "probabilities",
                found: format!("a model trained with {}", self.loss),
                expected: "one trained with cross-entropy, or that ends in softmax".to_owned(),
            });
        }
        let mut output = self.predict(features)?;
        if !has_softmax {
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
            || self.mlp.layers().last() == Some(&Layer::Softmax)
    }
}

//! Checks of a loss: the range of its setting, and the layer before it.

use chainrule_dense::Activation;
use chainrule_kernel::Scalar;

use super::kind::Loss;
use crate::error::ModelError;
use crate::layer::kind::Layer;
use crate::optimizer::setting::SettingRange;

impl Loss {
    /// Checks the range of the setting.
    ///
    /// # Errors
    /// When the delta of Huber's loss is not a finite number above 0.
    pub fn check(self) -> Result<(), ModelError> {
        match self {
            Loss::Huber(delta) if !(delta.is_finite() && delta > 0.0) => Err(ModelError::Setting {
                what: "the delta of huber",
                found: delta,
                expected: "a finite number above 0",
            }),
            _ => Ok(()),
        }
    }

    /// As [`Loss::check`], in an element type, where delta must not be 0 or infinite either.
    pub(crate) fn check_in<T: Scalar>(self) -> Result<(), ModelError> {
        match self {
            Loss::Huber(delta) => SettingRange::Positive.check_in::<T>("the delta of huber", delta),
            _ => Ok(()),
        }
    }

    /// Refuses a loss that takes logits after a layer that has turned them into probabilities.
    ///
    /// # Errors
    /// When cross-entropy follows softmax, or binary cross-entropy a sigmoid.
    pub fn check_after(self, last: Option<&Layer>) -> Result<(), ModelError> {
        match (self, last) {
            (Loss::CrossEntropy, Some(Layer::Softmax)) => Err(ModelError::SoftmaxTwice),
            (Loss::CrossEntropy, Some(Layer::LogSoftmax)) => Err(ModelError::LogSoftmaxTwice),
            (Loss::BinaryCrossEntropy, Some(Layer::Activation(Activation::Sigmoid))) => Err(ModelError::SigmoidTwice),
            _ => Ok(()),
        }
    }
}

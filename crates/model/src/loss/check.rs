//! What a loss refuses: a setting that means nothing, and a layer that has done its work already.

use chainrule_dense::Activation;
use chainrule_kernel::Scalar;

use super::kind::Loss;
use crate::error::ModelError;
use crate::layer::kind::Layer;
use crate::optimizer::setting::SettingRange;

impl Loss {
    /// Refuses a setting that means nothing.
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

    /// The same in an element type, in which a delta must not be 0 or infinite either.
    pub(crate) fn check_in<T: Scalar>(self) -> Result<(), ModelError> {
        match self {
            Loss::Huber(delta) => SettingRange::Positive.check_in::<T>("the delta of huber", delta),
            _ => Ok(()),
        }
    }

    /// Refuses a loss of logits behind a layer that has made probabilities of them already.
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

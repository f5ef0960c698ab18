//! How outputs decide what a row is answered, so that rows are right or wrong.

use chainrule_kernel::Scalar;
use chainrule_model::metrics::argmax;
use chainrule_model::{Loss, Mlp};

use crate::data::{Dataset, Targets};

/// What the answer to a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    /// None: values, and several questions at once.
    None,
    /// The class of the largest output; of targets that are probabilities, that of the largest of them.
    Largest,
    /// Of the only output yes, class 1, where it is above 0; a target is yes above a half.
    AboveZero,
}

impl Decision {
    /// With classes, with values that are probabilities of classes, and with one question of yes or no.
    pub(crate) fn of<T: Scalar>(data: &Dataset<T>, loss: Loss) -> Self {
        match (data.targets(), loss) {
            (Targets::Classes { .. }, _) | (_, Loss::CrossEntropy) => Decision::Largest,
            (Targets::Values { cols: 1, .. }, Loss::BinaryCrossEntropy) => Decision::AboveZero,
            _ => Decision::None,
        }
    }

    /// With a loss of the caller's own: classes that all have an output.
    pub(crate) fn of_own_loss<T: Scalar>(data: &Dataset<T>, mlp: &Mlp<T>) -> Self {
        match data.targets() {
            Targets::Classes { classes, .. } if *classes <= mlp.outputs() => Decision::Largest,
            _ => Decision::None,
        }
    }

    /// Whether rows are right or wrong.
    pub(crate) fn is_some(self) -> bool {
        self != Decision::None
    }

    /// The number of classes that this number of outputs tells apart.
    pub(crate) fn classes(self, outputs: usize) -> usize {
        if self == Decision::AboveZero { 2 } else { outputs }
    }

    /// The answer of these outputs, (outputs).
    pub(crate) fn answer<T: Scalar>(self, outputs: &[T]) -> usize {
        match self {
            Decision::AboveZero => usize::from(outputs[0] > T::ZERO),
            Decision::None | Decision::Largest => argmax(outputs),
        }
    }

    /// The class that targets which are values name, (outputs).
    pub(crate) fn truth<T: Scalar>(self, targets: &[T]) -> usize {
        match self {
            Decision::AboveZero => usize::from(targets[0].to_f64() > 0.5),
            Decision::None | Decision::Largest => argmax(targets),
        }
    }
}

//! The evaluation of a loss: checks its arguments, then computes value and gradient in one pass.

use chainrule_kernel::{Kernel, MatRef, Scalar};

use super::kind::Loss;
use super::objective::{Objective, Reduction};
use super::targets::TargetsRef;
use super::{binary_cross_entropy, cross_entropy, errors};
use crate::error::ModelError;

impl Loss {
    /// Returns the mean loss; writes its gradient by the output into `dy`.
    ///
    /// # Errors
    /// As [`Objective::backward`].
    pub fn backward<T: Scalar>(
        self,
        kernel: &Kernel<T>,
        output: MatRef<'_, T>, // (batch, outputs)
        targets: TargetsRef<'_, T>,
        dy: &mut [T], // (batch, outputs)
    ) -> Result<f64, ModelError> {
        Objective::from(self).backward(kernel, output, targets, dy)
    }
}

impl<T: Scalar> Objective<'_, T> {
    /// Returns the value; writes its gradient by the output into `dy`.
    ///
    /// # Errors
    /// When the targets or weights have another shape, a label is not below the number of outputs, there are no rows or
    /// none with a weight to take a mean of, or a setting is out of range or not for this loss.
    pub fn backward(
        &self,
        kernel: &Kernel<T>,
        output: MatRef<'_, T>, // (batch, outputs)
        targets: TargetsRef<'_, T>,
        dy: &mut [T], // (batch, outputs)
    ) -> Result<f64, ModelError> {
        check_targets(output.rows(), output.cols(), targets)?;
        if !self.is_plain() {
            self.check(output.rows(), output.cols())?;
            if self.reduction == Reduction::Mean {
                let mass = self.mass(targets);
                if mass <= 0.0 {
                    return Err(ModelError::NoWeight);
                }
                if !mass.is_finite() {
                    let (what, expected) = ("the sum of the weights of rows", "a finite number: smaller weights");
                    return Err(ModelError::Setting { what, found: mass, expected });
                }
            }
        }
        self.loss.check_in::<T>()?;
        Ok(loss_and_gradient(kernel, self, output, targets, dy))
    }

    /// Checks the numbers and ranges of the weights, and that the loss takes them.
    fn check(&self, batch: usize, width: usize) -> Result<(), ModelError> {
        let not_for = |what| Err(ModelError::NotForLoss { loss: self.loss, what });
        match self.loss {
            Loss::CrossEntropy => {}
            _ if self.smoothing != 0.0 => return not_for("label smoothing"),
            Loss::BinaryCrossEntropy => {}
            _ if self.outputs.is_some() => return not_for("weights of outputs"),
            _ => {}
        }
        if !(0.0..=1.0).contains(&self.smoothing) {
            let (what, expected) = ("label smoothing", "a number from 0 to 1");
            return Err(ModelError::Setting { what, found: self.smoothing, expected });
        }
        check_weights("the weights of rows", self.rows, batch)?;
        check_weights("the weights of outputs", self.outputs, width)
    }
}

/// The loss and its gradient, with checked arguments.
fn loss_and_gradient<T: Scalar>(
    kernel: &Kernel<T>,
    objective: &Objective<'_, T>,
    output: MatRef<'_, T>, // (batch, outputs)
    targets: TargetsRef<'_, T>,
    dy: &mut [T], // (batch, outputs)
) -> f64 {
    match objective.loss {
        Loss::CrossEntropy => cross_entropy::backward(kernel, objective, output, targets, dy),
        Loss::BinaryCrossEntropy => binary_cross_entropy::backward(kernel, objective, output, targets, dy),
        Loss::Mse => errors::squared(objective, output, targets, 2.0, dy),
        Loss::HalfMse => 0.5 * errors::squared(objective, output, targets, 1.0, dy),
        Loss::Mae => errors::absolute(objective, output, targets, dy),
        Loss::Huber(delta) => errors::huber(objective, output, targets, delta, dy),
    }
}

fn check_weights<T: Scalar>(what: &'static str, weights: Option<&[T]>, needed: usize) -> Result<(), ModelError> {
    let Some(weights) = weights else { return Ok(()) };
    if weights.len() != needed {
        let (found, expected) = ((1, weights.len()), (1, needed));
        return Err(ModelError::Shape { operation: "loss", what, found, expected });
    }
    match weights.iter().find(|weight| !(weight.is_finite() && **weight >= T::ZERO)) {
        Some(weight) => Err(ModelError::Setting {
            what: "a weight of the loss",
            found: weight.to_f64(),
            expected: "a finite number, 0 or more",
        }),
        None => Ok(()),
    }
}

fn check_targets<T: Scalar>(batch: usize, width: usize, targets: TargetsRef<'_, T>) -> Result<(), ModelError> {
    if batch == 0 {
        return Err(ModelError::EmptyBatch);
    }
    let shape = |found| Err(ModelError::Shape { operation: "loss", what: "targets", found, expected: (batch, width) });
    match targets {
        TargetsRef::Classes(labels) if labels.len() != batch => shape((labels.len(), width)),
        TargetsRef::Classes(labels) => match labels.iter().position(|&label| label as usize >= width) {
            Some(row) => Err(ModelError::Label { row, label: labels[row], classes: width }),
            None => Ok(()),
        },
        TargetsRef::Values(t) if (t.rows(), t.cols()) != (batch, width) => shape((t.rows(), t.cols())),
        TargetsRef::Values(_) => Ok(()),
    }
}

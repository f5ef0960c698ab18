//! A loss with all that shapes it: how the rows come together, how much each of them and each output counts, and
//! smoothed labels.

use chainrule_kernel::{Kernel, MatRef, Scalar};

use super::{Loss, TargetsRef, measure};
use crate::ModelError;

/// How the losses of a minibatch become one number.
///
/// ```
/// # use chainrule_model as chainrule;
/// use chainrule::network::{Objective, Reduction};
/// use chainrule::{Loss, TargetsRef};
///
/// let mean = Objective::<f64>::from(Loss::CrossEntropy);
/// let sum = Objective { reduction: Reduction::Sum, ..mean };
/// assert_eq!(mean.reduction, Reduction::Mean);
/// assert_eq!(mean.mass(TargetsRef::Classes(&[0, 1, 1])), 3.0); // what the mean divides by
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Reduction {
    /// Their mean, each counted by its weight.
    #[default]
    Mean,
    /// Their sum, each multiplied by its weight.
    Sum,
}

/// A [`Loss`], and how it is taken. A loss alone is one whose rows count alike; anything else is said beside it:
///
/// ```
/// # use chainrule_model as chainrule;
/// use chainrule::network::Objective;
/// use chainrule::{Loss, MatRef, Mlp, Optimizer, TargetsRef, Workspace};
///
/// let mut mlp = Mlp::builder(2).dense(3).build()?;
/// let (x, targets) = (MatRef::new(&[0.0, 1.0, 1.0, 0.0], 2, 2), TargetsRef::Classes(&[0, 2]));
/// let rare = Objective { outputs: Some(&[1.0, 1.0, 5.0]), smoothing: 0.1, ..Loss::CrossEntropy.into() };
/// mlp.step(x, targets, rare, Optimizer::Sgd { lr: 0.1 }, &mut Workspace::new(&mlp, 2))?;
/// # Ok::<(), chainrule_model::ModelError>(())
/// ```
///
/// A mean divides by the sum of the weights: a row of weight 2 counts as that row twice, and one of weight 0 as if it
/// were not there. So PyTorch's cross-entropy does with class weights, and its `mse_loss`, `l1_loss` and `huber_loss`
/// with `weight`; only its binary cross-entropy divides by the number of elements, whatever their `weight`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Objective<'a, T> {
    /// The loss of a row.
    pub loss: Loss,
    /// How rows come together.
    pub reduction: Reduction,
    /// How much each row counts, (batch): 0 or more; all alike when there are none.
    pub rows: Option<&'a [T]>,
    /// (outputs), 0 or more. With cross-entropy what each class counts, PyTorch's `weight`: a label's row counts as its
    /// class does in a mean, a row of probabilities as 1. With binary cross-entropy what a 1 counts beside a 0 at each
    /// output, PyTorch's `pos_weight`, which no mean divides by. Other losses take none.
    pub outputs: Option<&'a [T]>,
    /// With cross-entropy, the share of each target that is spread evenly over all classes, from 0 to 1: PyTorch's
    /// `label_smoothing`; Szegedy et al., "Rethinking the Inception architecture", 2016, section 7.
    pub smoothing: f64,
}

impl<T> From<Loss> for Objective<'_, T> {
    fn from(loss: Loss) -> Self {
        Objective { loss, reduction: Reduction::Mean, rows: None, outputs: None, smoothing: 0.0 }
    }
}

impl<T: Scalar> Objective<'_, T> {
    /// The value, and its gradient by the output.
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
        Ok(measure(kernel, self, output, targets, dy))
    }

    /// What the rows count together, which is what a mean divides by: their number, or the sum of their weights.
    ///
    /// # Panics
    /// When there are weights of another number of rows, or a label that no weight of a class stands for: what
    /// [`Objective::backward`] refuses.
    pub fn mass(&self, targets: TargetsRef<'_, T>) -> f64 {
        let batch = match targets {
            TargetsRef::Classes(labels) => labels.len(),
            TargetsRef::Values(t) => t.rows(),
        };
        if let Some(weights) = self.rows {
            assert!(weights.len() == batch, "{} weights of rows, for {batch} rows", weights.len());
        }
        let row = |row: usize| self.rows.map_or(1.0, |weights| weights[row].to_f64());
        match (targets, self.outputs) {
            (TargetsRef::Classes(labels), Some(classes)) if self.loss == Loss::CrossEntropy => {
                let class = |label: u32| {
                    let n = classes.len();
                    classes.get(label as usize).unwrap_or_else(|| panic!("label {label}, and {n} weights of classes"))
                };
                labels.iter().enumerate().map(|(i, &label)| row(i) * class(label).to_f64()).sum()
            }
            _ => self.rows_mass(batch),
        }
    }

    fn rows_mass(&self, batch: usize) -> f64 {
        self.rows.map_or(batch as f64, |weights| weights.iter().map(|weight| weight.to_f64()).sum())
    }

    /// Whether it is the mean of a loss and nothing more.
    pub(super) fn is_plain(&self) -> bool {
        self.reduction == Reduction::Mean && self.rows.is_none() && self.outputs.is_none() && self.smoothing == 0.0
    }

    /// Whether a finite loss has a finite gradient: where that is at most 1, or Huber's delta, by each output. A square's
    /// overflows before its loss does, which is added up in f64.
    pub(crate) fn bounds_its_gradient(&self) -> bool {
        self.is_plain() && !matches!(self.loss, Loss::Mse | Loss::HalfMse)
    }

    /// What the rows' losses are divided by.
    pub(super) fn divisor(&self, targets: TargetsRef<'_, T>) -> f64 {
        match self.reduction {
            Reduction::Mean => self.mass(targets),
            Reduction::Sum => 1.0,
        }
    }

    /// What the losses of single outputs, `width` in a row, are divided by.
    pub(super) fn divisor_of_elements(&self, targets: TargetsRef<'_, T>, width: usize) -> f64 {
        match self.reduction {
            Reduction::Mean => self.mass(targets) * width as f64,
            Reduction::Sum => 1.0,
        }
    }

    /// Refuses weights of another number than `batch` and `width`, or below 0, and what the loss does not take.
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

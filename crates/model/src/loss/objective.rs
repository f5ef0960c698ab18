//! A loss with its reduction, the weights of rows and outputs, and label smoothing.

use chainrule_kernel::Scalar;

use super::kind::Loss;
use super::targets::TargetsRef;

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

/// A [`Loss`] with reduction, weights and label smoothing. A loss converts to the mean over rows of equal weight; further
/// settings are fields:
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
    /// The reduction over rows.
    pub reduction: Reduction,
    /// The weight of each row, (batch): 0 or more; `None` for equal weights.
    pub rows: Option<&'a [T]>,
    /// The weight of each output, (outputs): 0 or more. With cross-entropy it is the weight of the class, PyTorch's
    /// `weight`; in the sum that a mean divides by, a row with a label has the weight of its class, a row of probabilities
    /// weight 1. With binary cross-entropy it is the weight of a 1 relative to a 0, PyTorch's `pos_weight`, which the mean
    /// does not divide by. Other losses take none.
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
    /// The number that a mean divides by: the number of rows, or the sum of their weights.
    ///
    /// # Panics
    /// When the number of weights is not the number of rows, or a label has no weight of its class; [`Objective::backward`]
    /// returns an error for these.
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

    /// Whether it is a plain mean, without weights and smoothing.
    pub(super) fn is_plain(&self) -> bool {
        self.reduction == Reduction::Mean && self.rows.is_none() && self.outputs.is_none() && self.smoothing == 0.0
    }

    /// Whether a finite loss implies a finite gradient: its elements are at most 1, or Huber's delta. The gradient of a
    /// squared error can overflow before its loss does, which is summed in f64.
    pub(crate) fn bounds_its_gradient(&self) -> bool {
        self.is_plain() && !matches!(self.loss, Loss::Mse | Loss::HalfMse)
    }

    /// The divisor of the sum over rows.
    pub(super) fn divisor(&self, targets: TargetsRef<'_, T>) -> f64 {
        match self.reduction {
            Reduction::Mean => self.mass(targets),
            Reduction::Sum => 1.0,
        }
    }

    /// The divisor of the sum over elements, `width` in a row.
    pub(super) fn divisor_of_elements(&self, targets: TargetsRef<'_, T>, width: usize) -> f64 {
        match self.reduction {
            Reduction::Mean => self.mass(targets) * width as f64,
            Reduction::Sum => 1.0,
        }
    }
}

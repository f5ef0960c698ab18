//! Losses: one number that says how far an output is from its targets, and its gradient by the output, in one pass.
//!
//! Here stand their names and what they are measured against; each family has a file, value and gradient side by side.
//! Rows are added up in order and in f64, so a loss does not depend on the number of threads.

mod binary_cross_entropy;
mod cross_entropy;
mod errors;
mod objective;

use std::fmt;
use std::str::FromStr;

use chainrule_dense::Activation;
use chainrule_kernel::{Kernel, MatRef, Scalar};

use crate::{Layer, ModelError, SettingRange};

pub use objective::{Objective, Reduction};

/// What training makes small: alone the mean over a minibatch; with weights, smoothing or a sum as an [`Objective`].
///
/// ```
/// # use chainrule_model as chainrule;
/// use chainrule::Loss;
///
/// assert_eq!("huber(0.5)".parse::<Loss>()?, Loss::Huber(0.5));
/// assert_eq!(Loss::CrossEntropy.to_string(), "cross-entropy");
/// assert!(Loss::Huber(-1.0).check().is_err());
/// # Ok::<(), chainrule::ModelError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[non_exhaustive]
pub enum Loss {
    /// `-sum_j t_j log softmax(z)_j`, averaged over rows: PyTorch's `CrossEntropyLoss`. The output is logits; by
    /// log-sum-exp, never the log of a clipped probability.
    #[default]
    CrossEntropy,
    /// `-t log s(z) - (1 - t) log(1 - s(z))` with `s` the sigmoid, averaged over all elements: PyTorch's
    /// `BCEWithLogitsLoss`. Each output is a question of its own, so several may be true of a row.
    BinaryCrossEntropy,
    /// `(y - t)^2`, averaged over all elements: PyTorch's `MSELoss`.
    Mse,
    /// Half of [`Loss::Mse`], as in the notebooks.
    HalfMse,
    /// `|y - t|`, averaged over all elements: PyTorch's `L1Loss`. At `y = t` the gradient is 0.
    Mae,
    /// `e^2 / 2` where `|e| <= delta` and `delta (|e| - delta / 2)` beyond, with `e = y - t`, averaged over all elements:
    /// PyTorch's `HuberLoss`; Huber, "Robust estimation of a location parameter", 1964. Delta is above 0.
    Huber(f64),
}

/// What the output should have been.
///
/// ```
/// # use chainrule_model as chainrule;
/// use chainrule::{MatRef, TargetsRef};
///
/// let classes: TargetsRef<'_, f32> = TargetsRef::Classes(&[2, 0, 1]); // of three rows
/// let values = TargetsRef::Values(MatRef::new(&[0.5_f32, 1.0, -2.0], 3, 1));
/// assert!(matches!((classes, values), (TargetsRef::Classes(labels), TargetsRef::Values(t)) if labels.len() == t.rows()));
/// ```
#[derive(Debug, Clone, Copy)]
pub enum TargetsRef<'a, T> {
    /// One class index for each row. Where a loss is of single outputs it stands for 1 at that output and 0 at the others.
    Classes(&'a [u32]),
    /// (batch, outputs): values, or for the cross-entropies probabilities.
    Values(MatRef<'a, T>),
}

/// The names that [`Loss`] parses and prints; `huber` also as `huber(0.5)`.
pub const LOSS_NAMES: &[&str] = &["cross-entropy", "binary-cross-entropy", "mse", "half-mse", "mae", "huber"];

/// PyTorch's default.
const DEFAULT_DELTA: f64 = 1.0;

/// `mse`, `huber(0.5)`.
impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Loss::CrossEntropy => f.write_str("cross-entropy"),
            Loss::BinaryCrossEntropy => f.write_str("binary-cross-entropy"),
            Loss::Mse => f.write_str("mse"),
            Loss::HalfMse => f.write_str("half-mse"),
            Loss::Mae => f.write_str("mae"),
            Loss::Huber(delta) => write!(f, "huber({delta})"),
        }
    }
}

/// What `Display` writes is read back; `huber` alone has PyTorch's delta, 1.
impl FromStr for Loss {
    type Err = ModelError;

    fn from_str(text: &str) -> Result<Self, ModelError> {
        let unknown = || ModelError::UnknownName { what: "loss", found: text.to_owned(), known: LOSS_NAMES.join(", ") };
        let loss = match text {
            "cross-entropy" => Loss::CrossEntropy,
            "binary-cross-entropy" => Loss::BinaryCrossEntropy,
            "mse" => Loss::Mse,
            "half-mse" => Loss::HalfMse,
            "mae" => Loss::Mae,
            "huber" => Loss::Huber(DEFAULT_DELTA),
            _ => {
                let delta = text.strip_prefix("huber(").and_then(|rest| rest.strip_suffix(')'));
                Loss::Huber(delta.ok_or_else(unknown)?.trim().parse().map_err(|_| unknown())?)
            }
        };
        loss.check()?;
        Ok(loss)
    }
}

impl Loss {
    /// The mean loss, and its gradient by the output.
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

/// The loss and its gradient, once everything fits.
fn measure<T: Scalar>(
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

/// The target at an output: a class stands for 1 there and 0 elsewhere.
#[inline(always)]
fn target<T: Scalar>(targets: TargetsRef<'_, T>, row: usize, output: usize) -> T {
    match targets {
        TargetsRef::Classes(labels) if labels[row] as usize == output => T::ONE,
        TargetsRef::Classes(_) => T::ZERO,
        TargetsRef::Values(t) => t.get(row, output),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_loss_reads_back_what_it_writes() {
        let mut losses: Vec<Loss> = LOSS_NAMES.iter().map(|name| name.parse().unwrap()).collect();
        losses.push(Loss::Huber(0.25));
        for loss in losses {
            assert_eq!(loss.to_string().parse(), Ok(loss));
        }
        assert_eq!("huber".parse(), Ok(Loss::Huber(1.0)));
    }

    #[test]
    fn unknown_names_and_bad_deltas_are_refused() {
        for text in ["l2", "huber(x)", "huber(", "mse(2)", ""] {
            let error = text.parse::<Loss>().unwrap_err().to_string();
            assert!(error.contains(&format!("`{text}`")) && error.contains("binary-cross-entropy"), "{error}");
        }
        for text in ["huber(0)", "huber(-1)", "huber(inf)", "huber(NaN)"] {
            let error = text.parse::<Loss>().unwrap_err().to_string();
            assert!(error.ends_with("expected a finite number above 0"), "{error}");
        }
    }
}

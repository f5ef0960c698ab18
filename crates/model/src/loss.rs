//! Losses: the mean over a minibatch, and its gradient by the network's output, in one pass.
//!
//! Rows are added up in order and in f64, so a loss does not depend on the number of threads.

use std::fmt;
use std::str::FromStr;

use chainrule_kernel::{Kernel, MatRef, Scalar, math};

use crate::ModelError;
use crate::softmax::{largest, powers};

/// What training makes small.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Loss {
    /// `-sum_j t_j log softmax(z)_j`, averaged over rows. The output is logits; by log-sum-exp, never the log of a
    /// clipped probability.
    #[default]
    CrossEntropy,
    /// `(y - t)^2`, averaged over all elements, as PyTorch's `MSELoss`.
    Mse,
    /// Half of [`Loss::Mse`], as in the notebooks.
    HalfMse,
}

/// What the output should have been.
#[derive(Debug, Clone, Copy)]
pub enum Targets<'a, T> {
    /// One class index for each row. For the squared losses it stands for 1 at that output and 0 at the others.
    Classes(&'a [u32]),
    /// (batch, outputs): values, or for cross-entropy probabilities.
    Values(MatRef<'a, T>),
}

/// The names that [`Loss`] parses and prints.
pub const LOSS_NAMES: &[&str] = &["cross-entropy", "mse", "half-mse"];

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Loss::CrossEntropy => "cross-entropy",
            Loss::Mse => "mse",
            Loss::HalfMse => "half-mse",
        })
    }
}

impl FromStr for Loss {
    type Err = ModelError;

    fn from_str(text: &str) -> Result<Self, ModelError> {
        [Loss::CrossEntropy, Loss::Mse, Loss::HalfMse].into_iter().find(|loss| loss.to_string() == text).ok_or_else(
            || ModelError::UnknownName { what: "loss", found: text.to_owned(), known: LOSS_NAMES.join(", ") },
        )
    }
}

impl Loss {
    /// The mean loss, and its gradient by the output.
    ///
    /// # Errors
    /// When the targets have another shape, a label is not below the number of outputs, or there are no rows.
    pub fn backward<T: Scalar>(
        self,
        kernel: &Kernel<T>,
        output: MatRef<'_, T>, // (batch, outputs)
        targets: Targets<'_, T>,
        dy: &mut [T], // (batch, outputs)
    ) -> Result<f64, ModelError> {
        let (batch, width) = (output.rows(), output.cols());
        check(batch, width, targets)?;
        match self {
            Loss::CrossEntropy => Ok(cross_entropy(kernel, output, targets, dy)),
            // d/dy of the mean of (y - t)^2 is 2 (y - t) / n; half of both for the half.
            Loss::Mse => Ok(squared(output, targets, 2.0, dy)),
            Loss::HalfMse => Ok(0.5 * squared(output, targets, 1.0, dy)),
        }
    }
}

fn check<T: Scalar>(batch: usize, width: usize, targets: Targets<'_, T>) -> Result<(), ModelError> {
    if batch == 0 {
        return Err(ModelError::EmptyBatch);
    }
    let shape = |found| Err(ModelError::Shape { operation: "loss", what: "targets", found, expected: (batch, width) });
    match targets {
        Targets::Classes(labels) if labels.len() != batch => shape((labels.len(), width)),
        Targets::Classes(labels) => match labels.iter().position(|&label| label as usize >= width) {
            Some(row) => Err(ModelError::Label { row, label: labels[row], classes: width }),
            None => Ok(()),
        },
        Targets::Values(t) if (t.rows(), t.cols()) != (batch, width) => shape((t.rows(), t.cols())),
        Targets::Values(_) => Ok(()),
    }
}

/// With `s = sum_j e^(z_j - top)`: the row's loss is `sum_j t_j (ln s + (top - z_j))`, its gradient
/// `(softmax(z) sum_j t_j - t) / batch`. `top - z_j` comes first: added to a large top, ln s would be rounded away
/// (Blanchard, Higham and Higham, "Accurately computing the log-sum-exp and softmax functions", 2021).
fn cross_entropy<T: Scalar>(
    kernel: &Kernel<T>,
    z: MatRef<'_, T>,
    targets: Targets<'_, T>,
    dz: &mut [T], // (batch, classes)
) -> f64 {
    let (batch, classes) = (z.rows(), z.cols());
    let n = T::from_f64(batch as f64);
    for (i, dz) in dz.chunks_exact_mut(classes).enumerate() {
        dz.copy_from_slice(z.row(i));
    }
    powers(kernel, classes, dz);
    let mut total = 0.0;
    for (i, dz) in dz.chunks_exact_mut(classes).enumerate() {
        let z = z.row(i);
        let sum = dz.iter().copied().sum::<T>();
        let (top, ln_sum) = (largest(z).to_f64(), math::ln(sum.to_f64()));
        match targets {
            Targets::Classes(labels) => {
                let label = labels[i] as usize;
                total += ln_sum + (top - z[label].to_f64());
                dz.iter_mut().for_each(|p| *p = *p / sum / n);
                dz[label] -= T::ONE / n;
            }
            Targets::Values(t) => {
                let t = t.row(i);
                let mass = t.iter().copied().sum::<T>();
                for ((p, &t), &z) in dz.iter_mut().zip(t).zip(z) {
                    // 0 * log 0 is 0: a class that the target excludes may have an infinitely small logit.
                    total += if t == T::ZERO { 0.0 } else { t.to_f64() * (ln_sum + (top - z.to_f64())) };
                    *p = (*p / sum * mass - t) / n;
                }
            }
        }
    }
    total / batch as f64
}

/// The mean of `(y - t)^2`, and `factor * (y - t) / elements` in `dy`.
fn squared<T: Scalar>(y: MatRef<'_, T>, targets: Targets<'_, T>, factor: f64, dy: &mut [T]) -> f64 {
    let width = y.cols();
    let elements = (y.rows() * width) as f64;
    let factor = T::from_f64(factor / elements);
    let mut total = 0.0;
    for (i, dy) in dy.chunks_exact_mut(width).enumerate() {
        let y = y.row(i);
        for j in 0..width {
            let t = match targets {
                Targets::Classes(labels) if labels[i] as usize == j => T::ONE,
                Targets::Classes(_) => T::ZERO,
                Targets::Values(t) => t.get(i, j),
            };
            let error = y[j] - t;
            total += error.to_f64() * error.to_f64();
            dy[j] = factor * error;
        }
    }
    total / elements
}

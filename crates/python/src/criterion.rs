//! The losses of scikit-learn's perceptrons, from the library's. Each is a mean over the rows, by their weights, of a sum
//! over the outputs, and so are its gradients; scikit-learn reports the squared error as a mean over the outputs, too.

use chainrule::network::{Objective, Reduction};
use chainrule::optim::Update;
use chainrule::{Loss, MatRef, Mlp, ModelError, Scalar, TargetsRef, Workspace};
use pyo3::prelude::*;

use crate::batch::{Batch, Share};
use crate::failure::Failure;

/// A loss of the network's output before its last activation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Criterion {
    /// Cross-entropy of a softmax: `log_loss` of several classes.
    CrossEntropy,
    /// Cross-entropy of a sigmoid each: `log_loss` of two classes, or of several labels.
    BinaryCrossEntropy,
    /// Half the squared error.
    HalfSquaredError,
    /// Half the Poisson deviance `y ln(y / p) - y + p` of `p = e^z`.
    Poisson,
    /// One of the library's, of values.
    Other(Loss),
}

impl Criterion {
    pub(crate) fn by_name(name: &str) -> Result<Self, Failure> {
        Ok(match name {
            "cross_entropy" => Criterion::CrossEntropy,
            "binary_cross_entropy" => Criterion::BinaryCrossEntropy,
            "squared_error" => Criterion::HalfSquaredError,
            "poisson" => Criterion::Poisson,
            _ => match name.parse()? {
                Loss::CrossEntropy | Loss::BinaryCrossEntropy => {
                    return Err(Failure::input(format!("`{name}` is a loss of classes; expected one of values")));
                }
                loss => Criterion::Other(loss),
            },
        })
    }

    /// Which shares a minibatch without weights needs. The library's mean is one over the outputs as well, so with several
    /// of them each row's share is spelt out in a sum.
    pub(crate) fn share(self, outputs: usize) -> Share {
        match self {
            Criterion::CrossEntropy => Share::Mean,
            Criterion::Poisson => Share::Spelt,
            Criterion::BinaryCrossEntropy | Criterion::HalfSquaredError | Criterion::Other(_) if outputs == 1 => {
                Share::Mean
            }
            Criterion::BinaryCrossEntropy | Criterion::HalfSquaredError | Criterion::Other(_) => Share::Spelt,
        }
    }

    /// The factor of the loss in reports.
    fn reported(self, outputs: usize) -> f64 {
        match self {
            Criterion::HalfSquaredError | Criterion::Other(_) => 1.0 / outputs as f64,
            Criterion::CrossEntropy | Criterion::BinaryCrossEntropy | Criterion::Poisson => 1.0,
        }
    }

    /// A training step; returns the loss before it.
    pub(crate) fn step<T: Scalar>(
        self,
        mlp: &mut Mlp<T>,
        batch: &Batch<'_, T>,
        update: Update,
        workspace: &mut Workspace<T>,
    ) -> Result<f64, ModelError> {
        let factor = self.reported(mlp.outputs());
        let loss = match self.objective(batch) {
            Some(objective) => mlp.step(batch.x, batch.targets, objective, update, workspace),
            None => mlp.step_with(batch.x, |z, dz| poisson(batch, z, dz), update, workspace),
        };
        loss.map(|loss| factor * loss)
    }

    /// The loss of a minibatch; its gradients are in the workspace then.
    pub(crate) fn backward<T: Scalar>(
        self,
        mlp: &Mlp<T>,
        batch: &Batch<'_, T>,
        workspace: &mut Workspace<T>,
    ) -> Result<f64, ModelError> {
        mlp.forward(batch.x, workspace)?;
        let loss = match self.objective(batch) {
            Some(objective) => mlp.backward(batch.x, batch.targets, objective, workspace),
            None => mlp.backward_with(batch.x, |z, dz| poisson(batch, z, dz), workspace),
        };
        loss.map(|loss| self.reported(mlp.outputs()) * loss)
    }

    /// The library's loss; `None` of the Poisson deviance, which it does not have.
    pub(crate) fn loss(self) -> Option<Loss> {
        Some(match self {
            Criterion::CrossEntropy => Loss::CrossEntropy,
            Criterion::BinaryCrossEntropy => Loss::BinaryCrossEntropy,
            Criterion::HalfSquaredError => Loss::HalfMse,
            Criterion::Other(loss) => loss,
            Criterion::Poisson => return None,
        })
    }

    /// The library's objective; `None` as of [`Criterion::loss`].
    fn objective<'a, T: Scalar>(self, batch: &Batch<'a, T>) -> Option<Objective<'a, T>> {
        let plain = Objective::from(self.loss()?);
        Some(match batch.shares {
            None => plain,
            Some(shares) => Objective { rows: Some(shares), reduction: Reduction::Sum, ..plain },
        })
    }
}

/// Half the Poisson deviance and its gradient by z, `p - y`. Source: Wedderburn, "Quasi-likelihood functions, generalized
/// linear models, and the Gauss-Newton method", 1974.
fn poisson<T: Scalar>(
    batch: &Batch<'_, T>,
    z: MatRef<'_, T>, // (batch, outputs)
    dz: &mut [T],     // (batch, outputs)
) -> f64 {
    let (TargetsRef::Values(y), Some(shares)) = (batch.targets, batch.shares) else { return f64::NAN };
    let mut sum = 0.0;
    for i in 0..z.rows() {
        let (share, row) = (shares[i].to_f64(), i * z.cols());
        for j in 0..z.cols() {
            let (y, log_p) = (y.get(i, j).to_f64(), z.get(i, j).to_f64());
            let p = log_p.exp();
            let information = if y == 0.0 { 0.0 } else { y * (y.ln() - log_p) };
            sum += share * (information - y + p);
            dz[row + j] = T::from_f64(share * (p - y));
        }
    }
    sum
}

/// Why this is no loss of values of the library's, such as `huber(0.5)`; `None` if it is one.
#[pyfunction]
pub(crate) fn loss_error(text: &str) -> Option<String> {
    match text.parse::<Loss>() {
        Ok(Loss::CrossEntropy | Loss::BinaryCrossEntropy) => Some("it is a loss of classes".to_owned()),
        Ok(_) => None,
        Err(error) => Some(error.to_string()),
    }
}

//! How good a network is on rows it did not learn from.

use chainrule_kernel::{MatRef, Scalar};
use chainrule_model::metrics::{ConfusionMatrix, argmax};
use chainrule_model::{Loss, Mlp, Workspace};

use super::minibatch::Minibatch;
use crate::Result;
use crate::data::{Dataset, Targets};
use crate::fit::check_fit;

/// Rows in a minibatch of an evaluation: enough for the kernels' large blocks, little enough for the second-level cache.
pub(super) const EVALUATION_BATCH: usize = 256;

/// Loss and accuracy over a dataset. Weights and smoothing are for training: here the loss is the plain one, and rows
/// count alike.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    /// Rows seen.
    pub rows: usize,
    /// The mean loss.
    pub loss: f64,
    /// The share of rows whose largest output is their class; `None` without classes.
    pub accuracy: Option<f64>,
    /// Who was taken for whom; `None` without classes.
    pub confusion: Option<ConfusionMatrix>,
}

/// Whether the largest output is an answer: with classes always, with values when they are probabilities.
pub(super) fn has_classes<T: Scalar>(data: &Dataset<T>, loss: Loss) -> bool {
    matches!(data.targets(), Targets::Classes { .. }) || loss == Loss::CrossEntropy
}

/// Runs the network over the dataset and compares.
///
/// # Errors
/// When the dataset does not fit the network or the loss.
pub fn evaluate<T: Scalar>(mlp: &Mlp<T>, data: &Dataset<T>, loss: Loss) -> Result<Evaluation> {
    check_fit(mlp, data, loss)?;
    crate::forked::check()?;
    Evaluator::new(mlp, data).run(mlp, data, loss)
}

/// The memory of an evaluation, kept from one epoch to the next.
pub(super) struct Evaluator<T: Scalar> {
    workspace: Workspace<T>,
    minibatch: Minibatch<T>,
    rows: Vec<usize>,
}

impl<T: Scalar> Evaluator<T> {
    pub(super) fn new(mlp: &Mlp<T>, data: &Dataset<T>) -> Self {
        let batch = EVALUATION_BATCH.min(data.rows());
        Evaluator {
            workspace: Workspace::new(mlp, batch),
            minibatch: Minibatch::new(data, batch),
            rows: (0..data.rows()).collect(),
        }
    }

    pub(super) fn run(&mut self, mlp: &Mlp<T>, data: &Dataset<T>, loss: Loss) -> Result<Evaluation> {
        self.run_with(mlp, data, loss, |_| ())
    }

    /// As [`Evaluator::run`], showing the outputs of each minibatch on the way.
    pub(super) fn run_with(
        &mut self,
        mlp: &Mlp<T>,
        data: &Dataset<T>,
        loss: Loss,
        mut see: impl FnMut(MatRef<'_, T>),
    ) -> Result<Evaluation> {
        let mut confusion = has_classes(data, loss).then(|| ConfusionMatrix::new(mlp.outputs()));
        let mut total = 0.0;
        for rows in self.rows.chunks(self.workspace.max_batch()) {
            self.minibatch.gather(data, rows);
            mlp.forward(self.minibatch.x(), &mut self.workspace)?;
            total += mlp.loss(self.minibatch.targets(), loss, &mut self.workspace)? * rows.len() as f64;
            see(self.workspace.output());
            if let Some(confusion) = &mut confusion {
                let output = self.workspace.output();
                (0..rows.len()).for_each(|row| confusion.add(self.minibatch.class(row), argmax(output.row(row))));
            }
        }
        let accuracy = confusion.as_ref().map(ConfusionMatrix::accuracy);
        Ok(Evaluation { rows: data.rows(), loss: total / data.rows() as f64, accuracy, confusion })
    }
}

//! The loss that a run minimises: one of the library's, with weights and smoothing, or one of the caller's own. Both have
//! the same interface: step, gradient, value, and the weight of rows.

use chainrule_kernel::{MatRef, Scalar};
use chainrule_model::network::Objective;
use chainrule_model::optim::Update;
use chainrule_model::{Loss, Mlp, TargetsRef, Workspace};

use super::minibatch::Minibatch;
use crate::Result;

/// The input of a loss of the caller's own: see [`Trainer::fit_with`](super::Trainer::fit_with).
///
/// ```
/// use chainrule::train::LossBatch;
/// use chainrule::TargetsRef;
///
/// /// The mean absolute error, and its gradient by each output.
/// fn absolute(batch: LossBatch<'_, f32>, dy: &mut [f32]) -> f64 {
///     let (y, TargetsRef::Values(t)) = (batch.output, batch.targets) else { panic!("values were given") };
///     let (rows, cols) = (y.rows(), y.cols());
///     let mut total = 0.0;
///     for (i, dy) in dy.iter_mut().enumerate() {
///         let error = y.get(i / cols, i % cols) - t.get(i / cols, i % cols);
///         total += f64::from(error.abs());
///         *dy = error.signum() / (rows * cols) as f32;
///     }
///     total / (rows * cols) as f64
/// }
/// ```
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct LossBatch<'a, T> {
    /// The network's output for the minibatch, (batch, outputs).
    pub output: MatRef<'a, T>,
    /// The targets: (batch) labels, or (batch, columns) values, with any number of columns.
    pub targets: TargetsRef<'a, T>,
    /// The weights of the rows, (batch), if the dataset has any.
    pub weights: Option<&'a [T]>,
}

/// A loss that a run minimises.
pub(super) trait Criterion<T: Scalar> {
    /// One step on this minibatch. A loss that is infinite or NaN changes nothing.
    fn step(
        &mut self,
        mlp: &mut Mlp<T>,
        minibatch: &Minibatch<T>,
        update: Update,
        workspace: &mut Workspace<T>,
    ) -> Result<f64>;

    /// The loss, and its gradients in the workspace, which holds the forward pass.
    fn backward(&mut self, mlp: &Mlp<T>, minibatch: &Minibatch<T>, workspace: &mut Workspace<T>) -> Result<f64>;

    /// The loss as an evaluation reports it, of the output that the workspace holds.
    fn value(&mut self, mlp: &Mlp<T>, minibatch: &Minibatch<T>, workspace: &mut Workspace<T>) -> Result<f64>;

    /// The number of rows of the minibatch, or the sum of their weights.
    fn mass(&self, minibatch: &Minibatch<T>) -> f64;

    /// Whether each row has weight 1.
    fn counts_alike(&self) -> bool;
}

/// A loss of the library.
pub(super) struct Known<'a, T>(pub(super) Objective<'a, T>);

impl<T: Scalar> Known<'_, T> {
    /// The loss without weights and smoothing, as evaluation reports it.
    pub(super) fn plain(loss: Loss) -> Self {
        Known(loss.into())
    }

    fn objective<'m>(&'m self, minibatch: &'m Minibatch<T>) -> Objective<'m, T> {
        Objective { rows: minibatch.weights(), ..self.0 }
    }
}

impl<T: Scalar> Criterion<T> for Known<'_, T> {
    fn step(
        &mut self,
        mlp: &mut Mlp<T>,
        minibatch: &Minibatch<T>,
        update: Update,
        workspace: &mut Workspace<T>,
    ) -> Result<f64> {
        let objective = self.objective(minibatch);
        Ok(mlp.step(minibatch.x(), minibatch.targets(), objective, update, workspace)?)
    }

    fn backward(&mut self, mlp: &Mlp<T>, minibatch: &Minibatch<T>, workspace: &mut Workspace<T>) -> Result<f64> {
        Ok(mlp.backward(minibatch.x(), minibatch.targets(), self.objective(minibatch), workspace)?)
    }

    fn value(&mut self, mlp: &Mlp<T>, minibatch: &Minibatch<T>, workspace: &mut Workspace<T>) -> Result<f64> {
        Ok(mlp.loss(minibatch.targets(), self.0.loss, workspace)?)
    }

    fn mass(&self, minibatch: &Minibatch<T>) -> f64 {
        self.objective(minibatch).mass(minibatch.targets())
    }

    fn counts_alike(&self) -> bool {
        self.0.outputs.is_none()
    }
}

/// A loss of the caller's own.
pub(super) struct Own<F>(pub(super) F);

impl<F> Own<F> {
    /// The caller's loss as a function of the output and its gradient, for the targets of a minibatch.
    fn on_minibatch<'a, T: Scalar>(
        &'a mut self,
        minibatch: &'a Minibatch<T>,
    ) -> impl FnOnce(MatRef<'_, T>, &mut [T]) -> f64 + 'a
    where
        F: FnMut(LossBatch<'_, T>, &mut [T]) -> f64,
    {
        let (targets, weights) = (minibatch.targets(), minibatch.weights());
        move |output, dy| (self.0)(LossBatch { output, targets, weights }, dy)
    }
}

impl<T: Scalar, F: FnMut(LossBatch<'_, T>, &mut [T]) -> f64> Criterion<T> for Own<F> {
    fn step(
        &mut self,
        mlp: &mut Mlp<T>,
        minibatch: &Minibatch<T>,
        update: Update,
        workspace: &mut Workspace<T>,
    ) -> Result<f64> {
        Ok(mlp.step_with(minibatch.x(), self.on_minibatch(minibatch), update, workspace)?)
    }

    fn backward(&mut self, mlp: &Mlp<T>, minibatch: &Minibatch<T>, workspace: &mut Workspace<T>) -> Result<f64> {
        Ok(mlp.backward_with(minibatch.x(), self.on_minibatch(minibatch), workspace)?)
    }

    fn value(&mut self, mlp: &Mlp<T>, minibatch: &Minibatch<T>, workspace: &mut Workspace<T>) -> Result<f64> {
        let mut dy = vec![T::ZERO; minibatch.rows() * mlp.outputs()];
        let (targets, weights) = (minibatch.targets(), minibatch.weights());
        Ok((self.0)(LossBatch { output: workspace.output(), targets, weights }, &mut dy))
    }

    fn mass(&self, minibatch: &Minibatch<T>) -> f64 {
        let sum = |weights: &[T]| weights.iter().map(|weight| weight.to_f64()).sum();
        minibatch.weights().map_or(minibatch.rows() as f64, sum)
    }

    fn counts_alike(&self) -> bool {
        true
    }
}

//! L-BFGS over all rows, ended as SciPy's L-BFGS-B ends it.

use chainrule::optim::{Accumulation, Lbfgs, LbfgsOutcome, LbfgsSettings};
use chainrule::{Mlp, ModelError, Scalar, Workspace};

use crate::batch::{Buffers, Data, Share};
use crate::criterion::Criterion;
use crate::failure::Failure;
use crate::net::{Net, squares};
use crate::rows::Order;
use crate::threads::Stop;

/// Rows at a time: what memory a minimisation takes does not grow with X.
const BLOCK: usize = 1024;
/// SciPy's `ftol`: converged when the loss falls by less, relative to the larger of itself and 1.
const LEAST_DECREASE: f64 = 1e7 * f64::EPSILON;

/// When to end; names as scikit-learn's.
pub(crate) struct Limits {
    pub(crate) tol: f64,
    pub(crate) max_iter: usize,
    pub(crate) max_fun: usize,
}

/// How it ended.
pub(crate) struct Minimum {
    pub(crate) loss: f64,
    pub(crate) iterations: usize,
    pub(crate) evaluations: usize,
    /// `converged`, `iterations`, `evaluations` (limits), or `stuck`: the line search found no lower loss.
    pub(crate) reason: &'static str,
}

impl<T: Scalar> Net<T> {
    /// Minimises the loss with its penalty.
    pub(crate) fn minimise(
        &mut self,
        data: &Data<'_, T>,
        criterion: Criterion,
        alpha: f64,
        limits: &Limits,
        stop: &Stop,
    ) -> Result<Minimum, Failure> {
        data.check()?;
        let mut params = self.mlp.params().to_vec();
        let mut objective = Whole::new(&mut self.mlp, data, criterion, alpha)?;
        let tolerances =
            LbfgsSettings { gradient_tolerance: limits.tol, change_tolerance: 0.0, ..LbfgsSettings::default() };
        let mut lbfgs = Lbfgs::try_new(tolerances)?;
        let mut evaluate = |params: &[T], grads: &mut [T]| objective.evaluate(params, grads, stop);
        let (mut iterations, mut reason) = (0, "iterations");
        while iterations < limits.max_iter {
            let before = lbfgs.loss();
            match lbfgs.iterate(&mut params, &mut evaluate)? {
                LbfgsOutcome::Moved => {}
                LbfgsOutcome::Stuck => {
                    reason = "stuck";
                    break;
                }
                _ => {
                    reason = "converged";
                    break;
                }
            }
            iterations += 1;
            let after = lbfgs.loss();
            // The first iteration began without a loss.
            if before.is_finite() && before - after <= LEAST_DECREASE * before.abs().max(after.abs()).max(1.0) {
                reason = "converged";
                break;
            }
            if lbfgs.evaluations() >= limits.max_fun {
                reason = "evaluations";
                break;
            }
        }
        let (loss, evaluations) = (lbfgs.loss(), lbfgs.evaluations());
        self.mlp.params_mut().copy_from_slice(&params);
        Ok(Minimum { loss, iterations, evaluations, reason })
    }
}

/// The loss of all rows.
struct Whole<'a, 'd, T: Scalar> {
    mlp: &'a mut Mlp<T>,
    data: &'a Data<'d, T>,
    criterion: Criterion,
    alpha: f64,
    /// The sum of all weights, or the number of rows.
    mass: f64,
    workspace: Workspace<T>,
    sum: Accumulation<T>,
    buffers: Buffers<T>,
}

impl<'a, 'd, T: Scalar> Whole<'a, 'd, T> {
    fn new(mlp: &'a mut Mlp<T>, data: &'a Data<'d, T>, criterion: Criterion, alpha: f64) -> Result<Self, Failure> {
        let rows = data.rows.len();
        let weights = |weights: &[T]| weights.iter().map(|weight| weight.to_f64()).sum();
        let mass = data.weights.map_or(rows as f64, weights);
        let workspace = Workspace::try_new(mlp, rows.min(BLOCK))?;
        let sum = Accumulation::new(mlp)?;
        Ok(Whole { mlp, data, criterion, alpha, mass, workspace, sum, buffers: Buffers::default() })
    }

    /// The loss at `params`; a loss or gradient that is not finite is an infinite loss, which no line search goes to.
    fn evaluate(&mut self, params: &[T], grads: &mut [T], stop: &Stop) -> Result<f64, Failure> {
        let Whole { mlp, data, criterion, alpha, mass, workspace, sum, buffers } = self;
        mlp.params_mut().copy_from_slice(params);
        let order = Order::new(None, data.rows.len());
        let mut loss = 0.0;
        sum.clear();
        for start in (0..order.len()).step_by(BLOCK) {
            stop.check()?;
            let places = start..order.len().min(start + BLOCK);
            let batch = buffers.gather(data, order, places, Share::Of(*mass))?;
            loss += match criterion.backward(mlp, &batch, workspace) {
                Ok(loss) if loss.is_finite() => loss,
                Ok(_) | Err(ModelError::LossGradient { .. }) => {
                    grads.fill(T::ZERO);
                    return Ok(f64::INFINITY);
                }
                Err(error) => return Err(error.into()),
            };
            sum.add(workspace, 1.0)?;
        }
        grads.copy_from_slice(sum.gradients());
        let factor = T::from_f64(*alpha / *mass);
        for layer in mlp.dense_layers() {
            let weights = layer.params.start..layer.params.end - layer.b.len();
            for (g, &w) in grads[weights.clone()].iter_mut().zip(&mlp.params()[weights]) {
                *g += factor * w;
            }
        }
        Ok(loss + 0.5 * *alpha * squares(mlp) / *mass)
    }
}

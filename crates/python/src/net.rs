//! A network with scikit-learn's parameters, and an epoch of its training.

use std::ops::Range;

use chainrule::optim::{OptimizerState, Rates, Schedule, Span};
use chainrule::{Mlp, ModelError, Scalar, Workspace};

use crate::batch::{Buffers, Data};
use crate::criterion::Criterion;
use crate::failure::Failure;
use crate::forward::Forward;
use crate::rows::{Order, Rows};
use crate::shape::{Shape, build};
use crate::solver::Solver;
use crate::threads::Stop;

/// A network, and what it trains with.
pub(crate) struct Net<T: Scalar> {
    pub(crate) shape: Shape,
    /// Without the output's activation.
    pub(crate) mlp: Mlp<T>,
    pub(crate) training: Option<Training<T>>,
    /// Whether a step gave no finite loss: nothing is computed from then on.
    diverged: bool,
}

/// What a stochastic solver needs between epochs.
pub(crate) struct Training<T: Scalar> {
    pub(crate) solver: Solver,
    pub(crate) criterion: Criterion,
    /// scikit-learn's alpha.
    pub(crate) alpha: f64,
    pub(crate) batch: usize,
    schedule: Option<Course>,
    /// The learning rate of the last step; 0 before the first. With a schedule that of the epoch, which it starts from.
    pub(crate) rate: f64,
    workspace: Workspace<T>,
    buffers: Buffers<T>,
}

/// The settings of a training.
pub(crate) struct TrainingArgs {
    pub(crate) solver: Solver,
    pub(crate) criterion: Criterion,
    pub(crate) alpha: f64,
    pub(crate) batch: usize,
    pub(crate) schedule: Option<Course>,
}

/// A schedule of the library's over a run of this many epochs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Course {
    pub(crate) schedule: Schedule,
    pub(crate) epochs: u64,
}

impl<T: Scalar> Net<T> {
    /// A network with parameters laid out as [`Mlp::params`], and statistics as [`Mlp::running`].
    pub(crate) fn new(shape: Shape, params: &[T], running: &[T]) -> Result<Self, Failure> {
        let mut mlp = build(&shape, None)?;
        mlp.params_mut().copy_from_slice(params);
        mlp.running_mut().copy_from_slice(running);
        Ok(Net { shape, mlp, training: None, diverged: false })
    }

    /// The output of the network, its activation included, for the rows in this order.
    pub(crate) fn predict(&self, rows: Rows<'_, T>, order: Option<&[i64]>) -> Result<Vec<T>, Failure> {
        Forward::new(&self.shape, self.mlp.params(), self.mlp.running())?.predict(rows, order)
    }

    /// Prepares training; its workspaces are for the threads of the pool that this is called in.
    pub(crate) fn start(&mut self, args: &TrainingArgs) -> Result<(), Failure> {
        let TrainingArgs { solver, criterion, alpha, batch, schedule } = *args;
        let workspace = Workspace::for_training(&self.mlp, batch, solver.update(1.0, 1, alpha))?;
        let buffers = Buffers::default();
        self.training = Some(Training { solver, criterion, alpha, batch, schedule, rate: 0.0, workspace, buffers });
        Ok(())
    }

    /// An epoch: a step with each minibatch of the rows in this order. Returns the mean of the minibatches' losses, each
    /// with its penalty, by their rows.
    ///
    /// A loss that is infinite or NaN, and a gradient that is, end the training: the parameters are NaN then, as they
    /// would be after scikit-learn's step.
    pub(crate) fn epoch(
        &mut self,
        data: &Data<'_, T>,
        order: Option<&[i64]>,
        rate: f64,
        stop: &Stop,
    ) -> Result<f64, Failure> {
        data.check()?;
        if self.diverged {
            return Ok(f64::NAN);
        }
        let Net { mlp, training, .. } = self;
        let Some(training) = training else { return Err(Failure::input("no training was started")) };
        let order = Order::new(order, data.rows.len());
        training.set_rate(mlp, rate)?;
        let (n, mut total) = (order.len(), 0.0);
        let steps = n.div_ceil(training.batch).max(1) as u64;
        let rates = training
            .schedule
            .map(|Course { schedule, epochs }| Rates::new(schedule, None, rate, Span { epochs, steps }));
        for start in (0..n).step_by(training.batch) {
            stop.check()?;
            let places = start..n.min(start + training.batch);
            let rate = rates.as_ref().map_or(rate, |rates| rates.at(training.state().steps()));
            let loss = training.step(mlp, data, (order, places.clone()), rate)?;
            if !loss.is_finite() {
                mlp.params_mut().fill(T::from_f64(f64::NAN));
                self.diverged = true;
                return Ok(loss);
            }
            total += loss * places.len() as f64;
        }
        Ok(total / n as f64)
    }
}

impl<T: Scalar> Training<T> {
    /// A step with the rows at these places of the order, at this rate; returns the loss with its penalty before it.
    fn step(
        &mut self,
        mlp: &mut Mlp<T>,
        data: &Data<'_, T>,
        (order, places): (Order<'_>, Range<usize>),
        rate: f64,
    ) -> Result<f64, Failure> {
        let Training { solver, criterion, alpha, workspace, buffers, .. } = self;
        let batch = buffers.gather(data, order, places, criterion.share(mlp.outputs()))?;
        let penalty = if *alpha > 0.0 { 0.5 * *alpha * squares(mlp) / batch.mass } else { 0.0 };
        let update = solver.update(rate, workspace.optimizer_state().steps() + 1, *alpha / batch.mass);
        match criterion.step(mlp, &batch, update, workspace) {
            Ok(loss) => Ok(loss + penalty),
            Err(ModelError::LossGradient { .. }) => Ok(f64::NAN),
            Err(error) => Err(error.into()),
        }
    }

    fn set_rate(&mut self, mlp: &Mlp<T>, rate: f64) -> Result<(), Failure> {
        let old = std::mem::replace(&mut self.rate, rate);
        let state = self.workspace.optimizer_state();
        let Some(factor) = self.solver.rescaling(old, rate).filter(|_| state.steps() > 0) else { return Ok(()) };
        let values: Vec<T> = state.values().iter().map(|v| T::from_f64(v.to_f64() * factor)).collect();
        let steps = state.steps();
        self.restore(mlp, steps, &values, rate)
    }

    /// Goes on from a state that [`Training::state`] gave.
    pub(crate) fn restore(&mut self, mlp: &Mlp<T>, steps: u64, values: &[T], rate: f64) -> Result<(), Failure> {
        let optimizer = self.solver.optimizer(1.0, 1);
        let state = OptimizerState::restored(optimizer, steps, values, mlp.params().len())?;
        self.rate = rate;
        Ok(self.workspace.set_optimizer_state(state)?)
    }

    /// The state of the optimiser.
    pub(crate) fn state(&self) -> &OptimizerState<T> {
        self.workspace.optimizer_state()
    }
}

/// The sum of the squares of all weights, without the intercepts.
pub(crate) fn squares<T: Scalar>(mlp: &Mlp<T>) -> f64 {
    mlp.dense_layers()
        .map(|layer| squares_of(&mlp.params()[layer.params.start..][..layer.w.rows() * layer.w.cols()]))
        .sum()
}

/// In the element type within blocks of `16 * LANES`, in f64 between them: a vector's work at an error of a few units.
fn squares_of<T: Scalar>(w: &[T]) -> f64 {
    const LANES: usize = 32;
    let mut sum = 0.0;
    for block in w.chunks(16 * LANES) {
        let mut lanes = [T::ZERO; LANES];
        let (rows, rest) = block.as_chunks::<LANES>();
        for row in rows {
            for (lane, &w) in lanes.iter_mut().zip(row) {
                *lane += w * w;
            }
        }
        sum += lanes.iter().chain([&rest.iter().map(|&w| w * w).sum()]).map(|lane| lane.to_f64()).sum::<f64>();
    }
    sum
}

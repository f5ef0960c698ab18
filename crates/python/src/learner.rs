//! A network that takes training steps one at a time, with the buffers of a step and the moments of its optimiser.

use chainrule::network::Objective;
use chainrule::optim::OptimizerState;
use chainrule::{Loss, MatRef, Mlp, Optimizer, Scalar, TargetsRef, Workspace};

use crate::failure::Failure;

/// A network in training.
pub(crate) struct Learner<T: Scalar> {
    pub(crate) mlp: Mlp<T>,
    /// Made for as many rows as the largest minibatch so far had.
    workspace: Option<Workspace<T>>,
    /// The rows of the forward pass, (rows, inputs).
    x: Vec<T>,
    /// None where no forward pass is to be followed by a backward pass.
    rows: usize,
    /// Of the optimiser of the last step.
    moments: Option<OptimizerState<T>>,
    gradients: Vec<T>,
}

impl<T: Scalar> Learner<T> {
    pub(crate) fn new(mlp: Mlp<T>) -> Self {
        Learner { mlp, workspace: None, x: Vec::new(), rows: 0, moments: None, gradients: Vec::new() }
    }

    /// A network whose next step goes on with these moments.
    pub(crate) fn with_moments(mlp: Mlp<T>, moments: Option<OptimizerState<T>>) -> Self {
        Learner { moments, ..Learner::new(mlp) }
    }

    /// The moments of the optimiser; those of plain gradient descent, which has none, before the first step.
    pub(crate) fn moments(&self) -> Result<OptimizerState<T>, Failure> {
        let none = || Ok(OptimizerState::new(Optimizer::by_name("sgd")?, self.mlp.params().len())?);
        self.moments.clone().map_or_else(none, Ok)
    }

    /// The parameters are other ones now: the moments of an optimiser begin anew.
    pub(crate) fn replace(&mut self, mlp: Mlp<T>) {
        *self = Learner::new(mlp);
    }

    /// The output of a training pass, (rows, outputs); the network does not change.
    pub(crate) fn forward(
        &mut self,
        x: MatRef<'_, T>, // (rows, inputs)
    ) -> Result<Vec<T>, Failure> {
        self.rows = 0;
        let rows = x.rows();
        let workspace = match &mut self.workspace {
            Some(workspace) if workspace.max_batch() >= rows => workspace,
            // With more rows than before.
            workspace => workspace.insert(Workspace::try_new(&self.mlp, rows)?),
        };
        self.x.clear();
        (0..rows).for_each(|row| self.x.extend_from_slice(x.row(row)));
        let output = self.mlp.forward_training(MatRef::new(&self.x, rows, x.cols()), workspace)?;
        let outputs = (0..rows).flat_map(|row| output.row(row).iter().copied()).collect();
        self.rows = rows;
        Ok(outputs)
    }

    /// The loss of the forward pass, whose gradients are known then.
    pub(crate) fn backward(&mut self, targets: TargetsRef<'_, T>, loss: Loss) -> Result<f64, Failure> {
        let Learner { mlp, workspace, x, rows, gradients, .. } = self;
        let workspace = workspace.as_mut().filter(|_| *rows > 0).ok_or_else(no_pass)?;
        let value = mlp.backward(MatRef::new(x, *rows, mlp.inputs()), targets, Objective::from(loss), workspace)?;
        gradients.clear();
        gradients.extend_from_slice(workspace.gradients());
        Ok(value)
    }

    /// The same of a loss of the caller's: its value, and its gradient by each output of the forward pass.
    pub(crate) fn backward_from(
        &mut self,
        value: f64,
        dz: &[T], // (rows, outputs)
    ) -> Result<(), Failure> {
        let Learner { mlp, workspace, x, rows, gradients, .. } = self;
        let workspace = workspace.as_mut().filter(|_| *rows > 0).ok_or_else(no_pass)?;
        let expected = *rows * mlp.outputs();
        if dz.len() != expected {
            return Err(Failure::input(format!("the gradient has {} numbers; expected {expected}", dz.len())));
        }
        let given = |_: MatRef<'_, T>, to: &mut [T]| {
            to.copy_from_slice(dz);
            value
        };
        mlp.backward_with(MatRef::new(x, *rows, mlp.inputs()), given, workspace)?;
        gradients.clear();
        gradients.extend_from_slice(workspace.gradients());
        Ok(())
    }

    /// The gradients of the last backward pass, laid out as [`Mlp::params`].
    pub(crate) fn gradients(&self) -> &[T] {
        &self.gradients
    }

    /// A step against the gradients of the last backward pass. The moments stay as long as the optimiser's name does; those that
    /// it had none of, as gradient descent without momentum has, begin anew.
    pub(crate) fn update(&mut self, optimizer: Optimizer) -> Result<(), Failure> {
        let Learner { mlp, workspace, rows, moments, gradients, .. } = self;
        let workspace = workspace.as_ref().filter(|_| *rows > 0).ok_or_else(no_pass)?;
        let state = match moments {
            Some(state) if are_of(state, optimizer, mlp.params().len()) => state,
            moments => moments.insert(OptimizerState::new(optimizer, mlp.params().len())?),
        };
        mlp.update(optimizer, gradients, state)?;
        mlp.commit_pass(workspace)?;
        *rows = 0;
        Ok(())
    }
}

/// Whether these are moments of an optimiser of this name, for this many parameters.
fn are_of<T: Scalar>(state: &OptimizerState<T>, optimizer: Optimizer, parameters: usize) -> bool {
    let name = state.optimizer().map(Optimizer::name);
    name == Some(optimizer.name()) && state.values().len() == optimizer.moments() * parameters
}

fn no_pass() -> Failure {
    Failure::input("there is no forward pass for this backward pass")
}

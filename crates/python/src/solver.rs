//! scikit-learn's stochastic solvers, from the library's optimisers, and those as they are. Two of scikit-learn's differ from
//! PyTorch's, which the library follows:
//!
//! - Its Adam adds epsilon to `sqrt(v)`, the library to `sqrt(v / (1 - beta2^t))`: epsilon is divided by the root of the
//!   correction.
//! - Its velocity contains the learning rate of each step, the library's is multiplied by the current one: when the rate
//!   changes, the velocity is multiplied by the old rate over the new one.

use chainrule::Optimizer;
use chainrule::optim::{Decay, Group, Schedule, Span, Update};
use pyo3::prelude::*;

use crate::failure::Failure;

/// A solver with its settings.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Solver {
    Sgd {
        momentum: f64,
        nesterov: bool,
    },
    Adam {
        beta1: f64,
        beta2: f64,
        epsilon: f64,
    },
    /// The library's own, as it is there.
    Other(Optimizer),
}

/// What a solver is made from; names as scikit-learn's.
#[derive(Debug, Clone)]
pub(crate) struct SolverArgs<'a> {
    pub(crate) name: &'a str,
    pub(crate) momentum: f64,
    pub(crate) nesterov: bool,
    pub(crate) beta_1: f64,
    pub(crate) beta_2: f64,
    pub(crate) epsilon: f64,
}

impl Solver {
    pub(crate) fn new(args: &SolverArgs<'_>) -> Result<Self, Failure> {
        let solver = match args.name {
            "sgd" => Solver::Sgd { momentum: args.momentum, nesterov: args.nesterov && args.momentum > 0.0 },
            "adam" => Solver::Adam { beta1: args.beta_1, beta2: args.beta_2, epsilon: args.epsilon },
            text => Solver::Other(text.parse()?),
        };
        solver.optimizer(1.0, 1).check()?;
        Ok(solver)
    }

    /// The optimiser of step t, counted from 1.
    pub(crate) fn optimizer(self, lr: f64, t: u64) -> Optimizer {
        match self {
            Solver::Sgd { momentum, nesterov } => Optimizer::Momentum { lr, momentum, nesterov, weight_decay: 0.0 },
            Solver::Adam { beta1, beta2, epsilon } => {
                let root = (1.0 - beta2.powf(t as f64)).sqrt();
                Optimizer::Adam { lr, beta1, beta2, eps: epsilon / root, weight_decay: 0.0 }
            }
            Solver::Other(optimizer) => optimizer.at_rate(lr),
        }
    }

    /// The update of step t, with the L2 penalty `penalty / 2 * sum w^2` of the weights.
    pub(crate) fn update(self, lr: f64, t: u64, penalty: f64) -> Update {
        let decay = Group::Weights.decays(Decay { l2: penalty, ..Decay::default() });
        Update { decay, ..Update::from(self.optimizer(lr, t)) }
    }

    /// The factor of the velocity when the learning rate changes; `None` where nothing does.
    pub(crate) fn rescaling(self, old: f64, new: f64) -> Option<f64> {
        match self {
            Solver::Sgd { momentum, .. } if momentum > 0.0 && old != new => Some(old / new),
            _ => None,
        }
    }
}

/// Why this is none of the library's optimisers, `adamw:weight-decay=0.05` for example; `None` if it is one. The learning
/// rate is no setting of it here: estimators have a parameter for that.
#[pyfunction]
pub(crate) fn solver_error(text: &str) -> Option<String> {
    if text.split(':').any(|part| part.split('=').next().is_some_and(|name| name.trim() == "lr")) {
        return Some("its learning rate is learning_rate_init".to_owned());
    }
    text.parse::<Optimizer>().err().map(|error| error.to_string())
}

/// Why this is no schedule for an estimator; `None` if it is one.
#[pyfunction]
pub(crate) fn schedule_error(text: &str) -> Option<String> {
    match text.parse::<Schedule>() {
        Ok(Schedule::Plateau { .. }) => Some("it looks at a validation loss; 'adaptive' looks at the loss".to_owned()),
        Ok(_) => None,
        Err(error) => Some(error.to_string()),
    }
}

/// The learning rate of a step by a schedule, counted from 0, as a share of the solver's own.
#[pyfunction]
pub(crate) fn schedule_rate(text: &str, step: u64, steps: u64, epochs: u64) -> PyResult<f64> {
    let schedule: Schedule = text.parse().map_err(Failure::from)?;
    Ok(schedule.rate(1.0, step, Span { epochs, steps }))
}

//! The update of the parameters: clipping, decay and optimiser.

use std::fmt;

use chainrule_dense::clip;
use chainrule_kernel::Scalar;

use crate::decay::{Decays, Steps};
use crate::error::ModelError;
use crate::optimizer::kind::Optimizer;

/// Gradient clipping.
///
/// ```
/// # use chainrule_model as chainrule;
/// use chainrule::optim::Clip;
///
/// let mut gradients = [3.0, -4.0]; // of length 5
/// Clip::Norm(1.0).apply(&mut gradients);
/// assert!((gradients[0] - 0.6_f64).abs() < 1e-6 && (gradients[1] + 0.8_f64).abs() < 1e-6);
/// assert!(Clip::Value(-1.0).check().is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Clip {
    /// Each element is clamped to this distance from 0: PyTorch's `clip_grad_value_`.
    Value(f64),
    /// All gradients of the network as one vector: `dw <- dw * limit / (|dw| + 1e-6)`, if that factor is less than 1.
    /// PyTorch's `clip_grad_norm_`; Pascanu, Mikolov and Bengio, "On the difficulty of training recurrent neural networks",
    /// 2013, algorithm 1.
    Norm(f64),
}

impl Clip {
    /// Clips all gradients of a network. Infinities and NaN are not removed by [`Clip::Norm`].
    pub fn apply<T: Scalar>(self, grads: &mut [T]) {
        match self {
            Clip::Value(limit) => clip::clamp(grads, limit),
            Clip::Norm(limit) => {
                let factor = limit / (clip::norm(grads) + 1e-6);
                if factor >= 1.0 {
                    return;
                }
                clip::scale(grads, factor);
            }
        }
    }

    /// Checks the limit.
    ///
    /// # Errors
    /// When it is not a finite number above 0.
    pub fn check(self) -> Result<(), ModelError> {
        let (what, found) = match self {
            Clip::Value(limit) => ("the largest gradient", limit),
            Clip::Norm(limit) => ("the largest norm of the gradients", limit),
        };
        if found.is_finite() && found > 0.0 {
            return Ok(());
        }
        Err(ModelError::Setting { what, found, expected: "a finite number above 0" })
    }
}

/// `gradients clipped to norm 0.5`.
impl fmt::Display for Clip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Clip::Value(limit) => write!(f, "gradients clipped at {limit}"),
            Clip::Norm(limit) => write!(f, "gradients clipped to norm {limit}"),
        }
    }
}

/// How [`crate::Mlp::step`] updates the parameters. An [`Optimizer`] converts to an update without clipping and without
/// further decay.
///
/// ```
/// # use chainrule_model as chainrule;
/// use chainrule::optim::{Clip, Decay, Group, Update};
/// use chainrule::Optimizer;
///
/// let adam = Optimizer::by_name("adam")?;
/// let decay = Group::Weights.decays(Decay { decoupled: 0.01, ..Decay::default() });
/// let update = Update { clip: Some(Clip::Norm(1.0)), decay, ..Update::from(adam) };
/// update.check()?;
/// # Ok::<(), chainrule::ModelError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Update {
    /// Clipping of the gradients, before anything else.
    pub clip: Option<Clip>,
    /// The optimiser.
    pub optimizer: Optimizer,
    /// Decay in addition to the optimiser's own weight decay.
    pub decay: Decays,
}

impl Update {
    /// The step of each group of parameters at step t, counted from 1.
    pub(crate) fn steps<T: Scalar>(self, t: u64) -> Steps<T> {
        let Update { optimizer, decay: Decays { weights, biases }, .. } = self;
        Steps { weights: weights.step(optimizer, t), biases: biases.step(optimizer, t) }
    }

    /// Whether the fused step needs buffers for strips of gradients.
    pub(crate) fn wants_strips(self) -> bool {
        self.optimizer.moments() > 0 || self.decay.weights.l1 != 0.0
    }

    /// Checks the ranges of the settings.
    ///
    /// # Errors
    /// When one of the optimiser, the clipping or the decay is out of its range.
    pub fn check(self) -> Result<(), ModelError> {
        self.optimizer.check()?;
        self.clip.map_or(Ok(()), Clip::check)?;
        self.decay.check()
    }
}

impl From<Optimizer> for Update {
    fn from(optimizer: Optimizer) -> Self {
        Update { clip: None, optimizer, decay: Decays::default() }
    }
}

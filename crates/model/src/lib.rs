//! Multilayer perceptrons as pure arithmetic: layers, losses, initialisers, optimisers, metrics.
//!
//! A network is a list of [`Layer`]s and one array of parameters, built by [`Mlp::builder`]. Its activations and gradients
//! are in a [`Workspace`] that is allocated once: a training step allocates nothing.
//!
//! Examples import from `chainrule`, the crate that applications link; with this crate alone, import from
//! `chainrule_model`.
//!
//! This crate starts no threads and uses no files, clocks or terminals. `chainrule-dense` has the threads, `chainrule` the
//! data and the training loop.

#![forbid(unsafe_code)]
// docs.rs says beside each item which feature it needs; that takes a nightly rustdoc.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod accumulation;
mod activation;
mod backward;
mod builder;
mod builder_text;
mod decay;
mod error;
mod finite;
pub mod gradcheck;
mod inference;
mod init;
mod intermediates;
mod layer;
mod layout;
mod lbfgs;
mod loss;
mod memory;
pub mod metrics;
mod mlp;
mod norm;
mod optimizer;
mod optimizer_state;
mod pass;
mod power;
mod precision;
mod predictor;
pub mod random;
mod rounding;
mod schedule;
mod settings;
pub mod softmax;
mod step;
mod summary;
mod update;
mod workspace;

pub use builder::MlpBuilder;
pub use chainrule_dense::Activation;
/// From the dense layers, for the crate above, which starts their threads; this crate starts none.
pub use chainrule_dense::global_pool_process;
pub use chainrule_kernel::{Kernel, KernelError, MatMut, MatRef, Rule, Scalar};
pub use error::ModelError;
pub use init::Init;
pub use layer::Layer;
pub use loss::{Loss, TargetsRef};
pub use mlp::Mlp;
pub use optimizer::Optimizer;
pub use precision::Precision;
pub use predictor::Predictor;
pub use workspace::Workspace;

/// Optimisation: settings and state of optimisers, schedules of the learning rate, decay, clipping, gradient accumulation,
/// and L-BFGS.
pub mod optim {
    pub use crate::accumulation::Accumulation;
    pub use crate::decay::{Decay, Decays, GROUP_NAMES, Group};
    pub use crate::lbfgs::{Lbfgs, LbfgsOutcome, LbfgsSettings};
    pub use crate::optimizer::{OPTIMIZER_NAMES, SETTINGS, Setting, SettingRange};
    pub use crate::optimizer_state::OptimizerState;
    pub use crate::schedule::{Rates, RatesState, SCHEDULE_NAMES, Schedule, Span, WarmUp};
    pub use crate::update::{Clip, Update};
}

/// The parts of a network: parameters of its layers, names of activations and losses, losses with weights, and the
/// intermediate values of a pass.
pub mod network {
    pub use crate::activation::{ACTIVATION_NAMES, activation_name, parse_activation};
    pub use crate::inference::PredictorWorkspace;
    pub use crate::init::INIT_NAMES;
    pub use crate::intermediates::Intermediates;
    pub use crate::loss::{LOSS_NAMES, Objective, Reduction};
    pub use crate::mlp::DenseLayer;
    pub use crate::norm::{NormLayer, Running};
    pub use crate::precision::PRECISION_NAMES;
}

// Short paths for the crate's own files.
use network::Objective;
use optim::{Clip, Decay, OptimizerState, SettingRange, Update};

/// The package's README is run with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

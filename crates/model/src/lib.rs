//! Multilayer perceptrons as pure arithmetic: layers, losses, initialisers, optimisers, metrics.
//!
//! A network is a list of [`Layer`]s and one array of parameters; [`Mlp`] says how to build one. Everything it computes
//! on the way lies in a [`Workspace`] that is made once: a training step allocates nothing.
//!
//! Examples import from `chainrule`, the crate that applications link, which names what they use again; with this crate
//! alone write `chainrule_model`.
//!
//! This crate knows no threads, files, clocks or terminals. Threads are `chainrule-dense`'s, data and training loops
//! `chainrule`'s.

#![forbid(unsafe_code)]

mod accumulation;
mod activation;
mod backward;
mod batch_norm;
mod builder;
mod decay;
mod dissection;
mod dropout;
mod error;
mod finite;
pub mod gradcheck;
mod inference;
mod init;
mod layer;
mod layer_norm;
mod layout;
mod lbfgs;
mod loss;
mod memory;
pub mod metrics;
mod mlp;
mod moments;
mod norm;
mod optimizer;
mod pass;
mod predictor;
pub mod random;
mod schedule;
mod settings;
pub mod softmax;
mod statistics;
mod step;
mod summary;
mod update;
mod workspace;

pub use accumulation::Accumulation;
pub use activation::{ACTIVATION_NAMES, activation_name, parse_activation};
pub use builder::MlpBuilder;
pub use chainrule_dense::Activation;
pub use chainrule_kernel::{Kernel, KernelError, MatMut, MatRef, Rule, Scalar};
pub use decay::{Decay, Decays, GROUP_NAMES, Group};
pub use dissection::Dissection;
pub use error::ModelError;
pub use inference::PredictorWorkspace;
pub use init::Init;
pub use layer::Layer;
pub use lbfgs::{Lbfgs, LbfgsOutcome, LbfgsSettings};
pub use loss::{LOSS_NAMES, Loss, Objective, Reduction, Targets};
pub use mlp::{DenseLayer, Mlp};
pub use moments::Moments;
pub use norm::{NormLayer, Running};
pub use optimizer::{OPTIMIZER_NAMES, Optimizer, Range, SETTINGS, Setting};
pub use predictor::Predictor;
pub use schedule::{Rates, SCHEDULE_NAMES, Schedule, Span, WarmUp};
pub use update::{Clip, Update};
pub use workspace::Workspace;

/// The package's README is run with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

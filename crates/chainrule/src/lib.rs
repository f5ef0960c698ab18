//! Dense neural networks on CPUs at the machine's limit, reproducible to the bit.
//!
//! This is the crate that applications link: data, training, model files, predictions. The arithmetic is
//! `chainrule-model`'s, of which the parts that an application needs are named here again.
//!
//! ```
//! use chainrule::data::{Features, digits};
//! use chainrule::{EpochReport, Loss, Mlp, Model, TrainConfig, Trainer};
//! use std::ops::ControlFlow;
//!
//! let (train, test) = digits::<f32>().split(0.2, 42)?;
//! let mut mlp = Mlp::builder(64).dense(32).relu().dense(10).seed(42).build()?;
//! let trainer = Trainer::new(TrainConfig { epochs: 2, ..TrainConfig::default() })?;
//! trainer.fit(&mut mlp, &train, Some(&test), |_: &EpochReport| ControlFlow::Continue(()))?;
//! let model = Model::new(mlp, Loss::CrossEntropy);
//! let image = Features::new(1, 64, test.features().row(0).to_vec())?;
//! let class = model.predict_classes(&image)?[0];
//! assert!(class < 10);
//! # Ok::<(), chainrule::Error>(())
//! ```
//!
//! Same seed, same settings, same kernel: the same bits, on any number of threads.
//!
//! In a debug build its dependencies should be optimised, or a training step takes 140 to 460 times as long as in release.
//! Two lines in the application's `Cargo.toml` do that:
//!
//! ```toml
//! [profile.dev.package."*"]
//! opt-level = 3
//! ```
//!
//! It never prints and never ends the process; everything that can go wrong is an [`Error`] that says what was found,
//! what was expected, and where.

#![forbid(unsafe_code)]

pub mod atomic;
pub mod data;
mod divergence;
mod error;
mod fit;
mod forked;
mod hash;
mod model_file;
mod nearest;
mod place;
mod predict;
mod sample;
#[cfg(feature = "proptest")]
pub mod strategies;
pub mod trace;
mod train;

pub use chainrule_explain::{doctor, graph, layer_table};
pub use chainrule_kernel::{Epilogue, Kernel, KernelError, MatMut, MatRef, PackedB, Rule, Scalar, Scratch, SizeError};
pub use chainrule_model::{
    ACTIVATION_NAMES, Accumulation, Activation, Clip, Decay, Decays, DenseLayer, Dissection, GROUP_NAMES, Group, Init,
    LOSS_NAMES, Layer, Lbfgs, LbfgsOutcome, LbfgsSettings, Loss, Mlp, MlpBuilder, ModelError, Moments, NormLayer,
    OPTIMIZER_NAMES, Objective, Optimizer, Predictor, PredictorWorkspace, Range, Rates, Reduction, Running,
    SCHEDULE_NAMES, SETTINGS, Schedule, Setting, Span, Targets, Update, WarmUp, Workspace, activation_name, gradcheck,
    metrics, parse_activation,
};
pub use divergence::Divergence;
pub use error::{Error, Result};
pub use forked::start_threads;
pub use hash::weights_sha256;
pub use model_file::{DType, Model, ModelFile};
pub use place::Place;
pub use sample::Sample;
pub use train::{
    Assessment, ClassWeights, EarlyStopping, Ending, EpochReport, Evaluation, History, LossBatch, Monitor, Observer,
    StopHandle, TrainConfig, TrainReport, Trainer, assess, evaluate,
};

/// The package's README is run with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

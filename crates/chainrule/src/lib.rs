//! Dense neural networks on CPUs at the machine's limit, reproducible to the bit.
//!
//! This is the crate that applications link: data, training, model files, predictions. A [`Model`] is what training
//! returns and what is saved, loaded, evaluated and asked: a network that knows its preprocessing, its loss and its
//! classes. The arithmetic is `chainrule-model`'s, of which the parts that an application needs are named here again.
//!
//! ```
//! use chainrule::data::digits;
//! use chainrule::{Mlp, TrainConfig, Trainer};
//!
//! let (train, test) = digits::<f32>().scaled(1.0 / 16.0)?.split(0.2, 42)?; // images of 8x8 pixels, 0 to 16
//! let network = Mlp::builder(64).dense(32).relu().dense(10).seed(42).build()?;
//! let model = Trainer::new(TrainConfig::default().epochs(5))?.fit(network, &train, Some(&test), ())?.model;
//! println!("{:.1} % right", 100.0 * model.evaluate(&test)?.accuracy.unwrap_or(0.0));
//! let image = digits().into_features().select(&[0])?; // as it comes: the model scales it as it was trained
//! assert_eq!(model.predict_classes(&image)?, [0]);
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
//! # Features
//!
//! None is on by default.
//!
//! - `csv`: tables with commas, read and written.
//! - `npy`: NumPy's arrays, read and written.
//! - `parquet`: tables in Parquet and Arrow; brings 32 crates.
//! - `png`: graphs of networks as pixels, beside SVG; brings a rasteriser and a font.
//! - `proptest`: `strategies`, random networks and minibatches for property tests.
//! - `toml`: worked examples for [`trace`], read from TOML; `runs`, folders of runs with their settings.
//! - `zstd`: files that zstd has compressed.
//!
//! It never prints and never ends the process; everything that can go wrong is an [`Error`] that says what was found,
//! what was expected, and where.

#![forbid(unsafe_code)]
// docs.rs says beside each item which feature it needs; that takes a nightly rustdoc.
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod atomic;
pub mod bench;
mod checksum;
mod compatibility;
pub mod data;
mod date;
mod described;
mod difference;
mod divergence;
mod error;
pub mod explanation;
pub mod export;
mod exported;
mod facts;
mod forked;
mod graph_labels;
mod hash;
mod histogram;
#[cfg(feature = "toml")]
mod located;
mod model;
mod model_file;
mod nearest;
mod onnx;
mod place;
mod precision;
mod predict;
mod printable;
mod protobuf;
pub mod report;
#[cfg(feature = "toml")]
pub mod runs;
mod sample;
mod stored_rows;
#[cfg(feature = "proptest")]
pub mod strategies;
mod task;
pub mod trace;
pub mod train;
mod unlabelled;

pub use chainrule_explain::{doctor, graph};
pub use chainrule_kernel::{MatMut, MatRef, Scalar};
pub use chainrule_model::{
    Activation, Init, Layer, Loss, Mlp, MlpBuilder, ModelError, Optimizer, Precision, Predictor, TargetsRef, Workspace,
    gradcheck, metrics, optim,
};
pub use difference::{Difference, OutputDifference, WeightDifference};
pub use divergence::Divergence;
pub use error::{Error, Result};
pub use facts::Facts;
pub use forked::start_threads;
pub use hash::weights_sha256;
pub use histogram::{TensorHistogram, weight_histograms};
pub use model::Model;
pub use model_file::{Checks, DType, ModelFile};
pub use place::Place;
pub use precision::RoundingCost;
pub use sample::Sample;
pub use task::Task;
pub use train::{Assessment, EpochReport, Evaluation, TrainConfig, TrainReport, Trained, Trainer};

/// What a network consists of and what it computes, part by part: its layers' numbers, names of activations and losses, a
/// loss with its weights, and a pass taken apart.
pub mod network {
    pub use chainrule_explain::layer_table;
    pub use chainrule_model::network::*;
}

/// Products of matrices and what an application needs to call them itself.
pub mod kernel {
    pub use chainrule_kernel::{
        Caches, Epilogue, Kernel, KernelError, Level, NarrowError, NarrowFormat, PackedB, PackedNarrow, Rule, Scratch,
        SizeError, prefetch,
    };
}

/// Networks without the rest of their model, for experiments and comparisons. What was done to the rows before, the caller
/// has to do again each time, and to name the loss: a [`Model`] knows both.
pub mod bare {
    pub use crate::train::{assess_network as assess, evaluate_network as evaluate};
}

/// The package's README is run with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

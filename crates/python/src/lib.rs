//! The compiled module of the Python package `chainrule`: what crosses the border between Python's arrays and the library.
//!
//! It knows what scikit-learn's perceptrons compute (`criterion.rs`, `solver.rs`), and has no estimator: the estimators,
//! their checks and their random numbers are Python's, in `python/chainrule/sklearn`. A call computes an epoch or a whole
//! minimisation without Python's lock; no minibatch is seen from Python.
//!
//! The library's own way is beside it: tables (`table.rs`), runs (`fit.rs`) and their checkpoints (`checkpoints.rs`), single
//! steps (`learner.rs`), models that many threads ask (`model_predictor.rs`). Where these call Python back, `calls.rs` does it
//! on the caller's thread.

#![forbid(unsafe_code)]

mod arrays;
mod batch;
mod blocks;
mod borrowed;
mod calls;
mod checkpoints;
mod criterion;
mod explain;
mod failure;
mod fit;
mod forward;
mod gradcheck;
mod graph;
mod labelled;
mod layers;
mod learner;
mod minimise;
mod mlp;
mod model;
mod model_predictor;
mod net;
mod network;
mod parameters;
mod part;
mod predictor;
mod rows;
mod shape;
mod solver;
mod table;
mod tensors;
mod threads;

use pyo3::prelude::*;

/// The compiled part of chainrule; use the package `chainrule`, whose names stay.
#[pymodule]
mod _chainrule {
    #[pymodule_export]
    use super::borrowed::output_of_few;
    #[pymodule_export]
    use super::checkpoints::{check_checkpoints, newest_checkpoint};
    #[pymodule_export]
    use super::criterion::loss_error;
    #[pymodule_export]
    use super::explain::{doctor, evaluate, export, trace};
    #[pymodule_export]
    use super::fit::{check_settings, fit};
    #[pymodule_export]
    use super::gradcheck::gradcheck;
    #[pymodule_export]
    use super::graph::Graph;
    #[pymodule_export]
    use super::layers::{model_of_layers, parameters_of};
    #[pymodule_export]
    use super::mlp::Mlp;
    #[pymodule_export]
    use super::model::Model;
    #[pymodule_export]
    use super::model_predictor::ModelPredictor;
    #[pymodule_export]
    use super::network::{Network, activation_error, activation_names};
    #[pymodule_export]
    use super::part::split_rows;
    #[pymodule_export]
    use super::predictor::Predictor;
    #[pymodule_export]
    use super::solver::{schedule_error, schedule_rate, solver_error};
    #[pymodule_export]
    use super::table::Table;

    /// The version of the library.
    #[pymodule_export]
    #[allow(non_upper_case_globals)]
    const __version__: &str = env!("CARGO_PKG_VERSION");
}

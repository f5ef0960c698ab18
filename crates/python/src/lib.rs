//! The compiled module of the Python package `chainrule`: what crosses the border between Python's arrays and the library.
//!
//! It knows what scikit-learn's perceptrons compute (`criterion.rs`, `solver.rs`), and has no estimator: the estimators,
//! their checks and their random numbers are Python's, in `python/chainrule/sklearn`. A call computes an epoch or a whole
//! minimisation without Python's lock; no minibatch is seen from Python.

#![forbid(unsafe_code)]

mod arrays;
mod batch;
mod borrowed;
mod criterion;
mod explain;
mod failure;
mod forward;
mod graph;
mod labelled;
mod layers;
mod minimise;
mod model;
mod net;
mod network;
mod parameters;
mod predictor;
mod rows;
mod shape;
mod solver;
mod threads;

use pyo3::prelude::*;

/// The compiled part of chainrule; use the package `chainrule`, whose names stay.
#[pymodule]
mod _chainrule {
    #[pymodule_export]
    use super::borrowed::output_of_few;
    #[pymodule_export]
    use super::explain::{doctor, evaluate, export, trace};
    #[pymodule_export]
    use super::graph::Graph;
    #[pymodule_export]
    use super::layers::{model_of_layers, parameters_of};
    #[pymodule_export]
    use super::model::Model;
    #[pymodule_export]
    use super::network::{Network, activation_names};
    #[pymodule_export]
    use super::predictor::Predictor;

    /// The version of the library.
    #[pymodule_export]
    #[allow(non_upper_case_globals)]
    const __version__: &str = env!("CARGO_PKG_VERSION");
}

//! Tests of what the model promises, against the naive reference, the worked numbers of the notebooks, and itself.
//!
//! Random networks as property tests are in `benches/support/tests`, since they span the crates; what is here is chosen by
//! hand.

mod allocations;
mod batches;
mod check;
mod decays;
mod dropout;
mod finite;
mod fused;
mod layers;
mod layout;
mod lbfgs;
mod losses;
mod memory;
mod metric_arguments;
mod normalisations;
mod notebook_001;
mod notebook_002;
mod notebook_003;
mod optimizers;
mod own_losses;
mod panics;
mod predictors;
mod pytorch_activations;
mod pytorch_losses;
mod refusals;
mod schedules;
mod seeds;
mod settings;
mod sklearn_metrics;
mod summary;
mod weighted_losses;

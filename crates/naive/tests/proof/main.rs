//! The proof that the naive crate may be called the truth: worked numbers, central differences, edge cases.
//!
//! The notebook files hold the numbers of the worked examples that the project grew out of, recomputed in double
//! precision; where a notebook prints something else, the file says what and why. The other files test one idea each.

mod bounds;
mod check;
mod edges;
mod gradients;
mod huge_logits;
mod network_gradients;
mod normalisations;
mod notebook_001_predict;
mod notebook_001_step;
mod notebook_002;
mod notebook_003_backward;
mod notebook_003_forward;
mod notebook_003_layer;
mod optimizers;
mod panics;
mod transpositions;

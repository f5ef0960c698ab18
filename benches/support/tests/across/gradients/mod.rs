//! Gradients of whole networks: the fast ones equal the naive ones, and both are the slope of the loss.
//!
//! Random networks come from a [`recipes::check`] each; a failure prints the shrunk recipe and the seed, and
//! `PROPTEST_CASES` and `PROPTEST_RNG_SEED` choose how many are tried and which.

mod bounded;
mod differences;
mod exact;
mod metamorphic;
mod recipes;
mod threads;

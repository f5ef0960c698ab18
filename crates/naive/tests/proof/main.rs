//! The proof that the naive crate may be called the truth: central differences.
//!
//! Each file tests one idea.

mod check;
mod gradients;
mod network_gradients;

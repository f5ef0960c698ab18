//! One dense layer over a minibatch, `a = f(x * w + b)`, forward and backward, on as many threads as are worthwhile.
//!
//! ```
//! use chainrule_dense::{Activation, LayerShape, Plan};
//! use chainrule_kernel::{Kernel, MatMut, MatRef};
//!
//! let shape = LayerShape { inputs: 2, outputs: 1, activation: Activation::Relu };
//! let mut plan = Plan::<f64>::new(Kernel::selected()?, shape, 4);
//! let (x, w, b) = ([1.0, 2.0, 3.0, 4.0], [0.5, -0.25], [1.0]);
//! let mut a = [0.0; 2];
//! plan.forward(MatRef::new(&x, 2, 2), &w, &b, MatMut::new(&mut a, 2, 1));
//! assert_eq!(a, [1.0, 1.5]);
//! # Ok::<(), chainrule_kernel::KernelError>(())
//! ```
//!
//! Threads own disjoint parts of each output and never share a sum, so the bits of a result depend neither on the
//! number of threads nor on their timing. The pool is rayon's: the one that the caller has installed, otherwise the
//! global one.
//!
//! This crate has no `unsafe` code, and nothing about networks, losses or data.

#![forbid(unsafe_code)]
// docs.rs says beside each item which feature it needs; that takes a nightly rustdoc.
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod activation;
pub mod clip;
mod fused_update;
mod packed_layer;
mod partition;
mod plan;
mod process;
mod step;
pub mod sum;
pub mod update;

pub use chainrule_kernel::Activation;
pub use packed_layer::PackedLayer;
pub use plan::{Gradients, LayerShape, Plan, PreviousLayer};
pub use process::global_pool_process;
pub use step::Step;

/// The package's README is run with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

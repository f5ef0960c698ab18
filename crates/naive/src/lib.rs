//! The slow truth: dense networks in plain loops over slices, for the fast crates to be tested against.
//!
//! Everything here is written in the most obvious order of operations, so that a reader who knows backpropagation
//! from a notebook can check it line by line. It does not use SIMD, threads, views, strides or any other crate, and
//! it never will: what is fast is elsewhere, and must agree with this.
//!
//! - [`matmul`]: C = A * B in every transposition; with [`matmul_f64`], [`matmul_abs`] and [`gamma`], the bound that
//!   another product must keep.
//! - [`dense_forward`], [`dense_backward`]: z = x*w + b.
//! - [`Activation`]: identity, ReLU, leaky ReLU, sigmoid, tanh, ELU, SELU, GELU and its tanh form, SiLU, softplus,
//!   softsign, hard sigmoid.
//! - [`softmax_forward`], [`softmax_jacobian`], [`softmax_backward`], [`log_softmax`],
//!   [`log_softmax_backward`].
//! - [`cross_entropy_forward`], [`mse_forward`], [`half_mse_forward`], each with its `_backward`.
//! - [`weighted_cross_entropy_forward`], [`binary_cross_entropy_forward`], [`error_forward`] with weights of rows and outputs,
//!   and their `_backward`.
//! - [`roc_auc`], [`precision_recall_f1`].
//! - [`dropout_forward`], [`layer_norm_forward`], [`batch_norm_forward`], each with its `_backward`; [`running_step`].
//! - [`Network`]: layers in a chain, everything stored.
//! - [`sgd_step`], [`momentum_step`], [`rmsprop_step`], [`adagrad_step`], [`adam_step`], [`adamw_step`]; [`l1_gradient`];
//!   [`clip_norm`], [`clip_value`].
//!
//! Why it may be called the truth: its tests hold it to the worked numbers of the notebooks that the project grew out
//! of, and every backward function to central differences of its forward function.
//!
//! Matrices are row-major slices without gaps; x is (batch, inputs), w is (inputs, outputs). A name with `d` in front
//! is the gradient of the loss by the thing named.
//!
//! ```
//! use chainrule_naive::{Activation, Layer, Network, half_mse_backward};
//! // One neuron: a = relu(x*w + b), at x = [1, 2], w = [3, -1], b = 0.5.
//! let neuron = Layer { inputs: 2, outputs: 1, w: vec![3., -1.], b: vec![0.5], activation: Activation::Relu };
//! let network = Network { layers: vec![neuron] };
//! let tape = network.forward(1, &[1., 2.]);
//! assert_eq!(tape.a[0], [1.5]);
//! // Half the squared error to the target 1, and by the chain rule its gradient: dw = x * (1.5 - 1).
//! let gradients = network.backward(&tape, &half_mse_backward(&tape.a[0], &[1.]));
//! assert_eq!(gradients[0].dw, [0.5, 1.]);
//! ```
#![forbid(unsafe_code)]
// docs.rs says beside each item which feature it needs; that takes a nightly rustdoc.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod activation;
mod adagrad;
mod adam;
mod batch_norm;
mod binary_cross_entropy;
mod clip;
mod cross_entropy;
mod dense;
mod dropout;
mod float;
mod l1;
mod layer_norm;
mod loss_weights;
mod matmul;
mod metrics;
mod momentum;
mod network;
mod normal;
mod rmsprop;
mod sgd;
mod shape;
mod softmax;
mod squared_error;
mod weighted_cross_entropy;
mod weighted_error;

pub use activation::Activation;
pub use adagrad::{AdaGrad, adagrad_step};
pub use adam::{Adam, adam_step, adamw_step};
pub use batch_norm::{
    batch_norm_backward, batch_norm_backward_given, batch_norm_forward, column_moments, running_step,
};
pub use binary_cross_entropy::{binary_cross_entropy_backward, binary_cross_entropy_forward};
pub use clip::{clip_norm, clip_value};
pub use cross_entropy::{Targets, cross_entropy_backward, cross_entropy_forward};
pub use dense::{DenseGradients, DenseShape, dense_backward, dense_forward};
pub use dropout::{dropout_backward, dropout_forward};
pub use float::Float;
pub use l1::l1_gradient;
pub use layer_norm::{NormGradients, NormShape, layer_norm_backward, layer_norm_forward};
pub use loss_weights::LossWeights;
pub use matmul::{Dims, Transpose, gamma, matmul, matmul_abs, matmul_f64};
pub use metrics::{precision_recall_f1, roc_auc};
pub use momentum::{Momentum, momentum_step};
pub use network::{Layer, LayerGradients, Network, Tape};
pub use rmsprop::{RmsProp, rmsprop_step};
pub use sgd::sgd_step;
pub use softmax::{RowsShape, log_softmax, log_softmax_backward, softmax_backward, softmax_forward, softmax_jacobian};
pub use squared_error::{half_mse_backward, half_mse_forward, mse_backward, mse_forward};
pub use weighted_cross_entropy::{weighted_cross_entropy_backward, weighted_cross_entropy_forward};
pub use weighted_error::{Cost, error_backward, error_forward};

/// The package's README is run with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

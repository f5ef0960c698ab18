//! The shape of a network in scikit-learn's words, and a network of it.

use chainrule::kernel::Kernel;
use chainrule::{Activation, Layer, Mlp, Scalar};

use crate::failure::Failure;

/// The activation after the last layer, which losses and training do without.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Head {
    Identity,
    Logistic,
    Softmax,
    Exp,
}

impl Head {
    /// By scikit-learn's name, an `out_activation_`.
    pub(crate) fn by_name(name: &str) -> Result<Self, Failure> {
        Ok(match name {
            "identity" => Head::Identity,
            "logistic" => Head::Logistic,
            "softmax" => Head::Softmax,
            "exp" => Head::Exp,
            _ => {
                let known = "identity, logistic, softmax, exp";
                return Err(Failure::input(format!("there is no output activation `{name}`; known are {known}")));
            }
        })
    }

    /// The layer that the library has for it.
    pub(crate) fn layer(self) -> Option<Layer> {
        match self {
            Head::Identity | Head::Exp => None,
            Head::Logistic => Some(Layer::Activation(Activation::Sigmoid)),
            Head::Softmax => Some(Layer::Softmax),
        }
    }

    /// What the last product ends with.
    pub(crate) fn activation(self) -> Activation {
        match self {
            Head::Logistic => Activation::Sigmoid,
            Head::Identity | Head::Softmax | Head::Exp => Activation::Identity,
        }
    }

    /// Replaces what the last product gave by the output: the bits of [`Head::layer`], and of `Exp`.
    pub(crate) fn finish<T: Scalar>(
        self,
        kernel: &Kernel<T>,
        z: &mut [T], // (rows, outputs)
        rows: usize,
    ) {
        match self {
            Head::Identity | Head::Logistic => {}
            Head::Exp => kernel.exp(z),
            Head::Softmax => {
                // e^(z - max z) / sum e^(z - max z)
                let width = z.len() / rows.max(1);
                for row in z.chunks_exact_mut(width.max(1)) {
                    let largest = row.iter().copied().fold(T::NEG_INFINITY, |top, z| if z > top { z } else { top });
                    row.iter_mut().for_each(|z| *z -= largest);
                }
                kernel.exp(z);
                for row in z.chunks_exact_mut(width.max(1)) {
                    let sum = row.iter().copied().sum::<T>();
                    row.iter_mut().for_each(|p| *p = *p / sum);
                }
            }
        }
    }
}

/// The normalisation between a hidden dense layer and its activation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Norm {
    Batch,
    Layer,
}

/// The shape of a network.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    /// Inputs, the widths of the hidden layers, outputs.
    pub(crate) widths: Vec<usize>,
    pub(crate) activation: Activation,
    pub(crate) head: Head,
    pub(crate) norm: Option<Norm>,
    pub(crate) dropout: Dropout,
}

/// Dropout behind each hidden activation; none with a probability of 0.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Dropout {
    pub(crate) p: f64,
    /// Of the masks.
    pub(crate) seed: u64,
}

/// A network of this shape whose parameters are 0, with a layer after the last one.
pub(crate) fn build<T: Scalar>(shape: &Shape, head: Option<Layer>) -> Result<Mlp<T>, Failure> {
    let [inputs, hidden @ .., outputs] = &shape.widths[..] else {
        return Err(Failure::input("a network needs at least one layer"));
    };
    let Dropout { p, seed } = shape.dropout;
    let mut builder = Mlp::builder(*inputs).init(chainrule::Init::Zeros).seed(seed);
    for &width in hidden {
        builder = builder.dense(width);
        builder = match shape.norm {
            None => builder,
            Some(Norm::Batch) => builder.batch_norm(),
            Some(Norm::Layer) => builder.layer_norm(),
        };
        builder = builder.activation(shape.activation);
        if p != 0.0 {
            builder = builder.dropout(p);
        }
    }
    builder = builder.dense(*outputs);
    if let Some(head) = head {
        builder = builder.layer(head);
    }
    Ok(builder.build_as()?)
}

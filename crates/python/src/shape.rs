//! The shape of a network in scikit-learn's words, and a network of it.

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
}

/// The shape of a network.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    /// Inputs, the widths of the hidden layers, outputs.
    pub(crate) widths: Vec<usize>,
    pub(crate) activation: Activation,
    pub(crate) head: Head,
}

/// A network of this shape whose parameters are 0, with a layer after the last one.
pub(crate) fn build<T: Scalar>(shape: &Shape, head: Option<Layer>) -> Result<Mlp<T>, Failure> {
    let [inputs, hidden @ .., outputs] = &shape.widths[..] else {
        return Err(Failure::input("a network needs at least one layer"));
    };
    let mut builder = Mlp::builder(*inputs).init(chainrule::Init::Zeros);
    for &width in hidden {
        builder = builder.dense(width).activation(shape.activation);
    }
    builder = builder.dense(*outputs);
    if let Some(head) = head {
        builder = builder.layer(head);
    }
    Ok(builder.build_as()?)
}

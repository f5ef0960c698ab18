//! What a network is before it has numbers: its modules, the operations they became, and the kernel that computes. It
//! decides every size of a workspace, so it is what a workspace is recognised by.

use std::ops::Range;

use chainrule_dense::{Activation, LayerShape};
use chainrule_kernel::{Kernel, Scalar};

use crate::{Layer, ModelError};

/// A network without its numbers. Clones of a network share one.
#[derive(Debug)]
pub(crate) struct Layout<T: Scalar> {
    pub(crate) kernel: &'static Kernel<T>,
    pub(crate) inputs: usize,
    pub(crate) layers: Vec<Layer>,
    pub(crate) ops: Vec<Op>,
}

/// What is computed in one go: a dense layer takes the activation that follows it along.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Op {
    Dense {
        shape: LayerShape,
        /// Where its w begins in the parameters; b follows.
        offset: usize,
    },
    Activation(Activation),
    Softmax,
    LogSoftmax,
    Dropout {
        p: f64,
        /// Its number among the modules, which is part of the mask's key.
        module: usize,
    },
    LayerNorm(Norm),
    BatchNorm {
        norm: Norm,
        momentum: f64,
        module: usize,
        /// Where its running means begin; the variances follow.
        running: usize,
    },
}

/// A normalisation over so many features.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Norm {
    pub(crate) width: usize,
    pub(crate) eps: f64,
    /// Where its gamma begins in the parameters; beta follows.
    pub(crate) offset: usize,
}

impl Norm {
    /// Where gamma and beta lie in the parameters, and in the gradients.
    pub(crate) fn ranges(self) -> (Range<usize>, Range<usize>) {
        let end = self.offset + self.width;
        (self.offset..end, end..end + self.width)
    }

    /// Both.
    pub(crate) fn learned(self) -> Range<usize> {
        self.offset..self.offset + 2 * self.width
    }
}

/// Where a module stands, and where its numbers begin.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) module: usize,
    /// In the parameters.
    pub(crate) offset: usize,
    /// In the running statistics.
    pub(crate) running: usize,
}

/// The modules with their places.
pub(crate) fn places(layers: &[Layer]) -> impl Iterator<Item = (Layer, Place)> {
    layers.iter().enumerate().scan((0, 0), |(offset, running), (module, layer)| {
        let place = Place { module, offset: *offset, running: *running };
        *offset += layer.parameters();
        *running += layer.running();
        Some((*layer, place))
    })
}

impl Op {
    /// What a module computes by itself.
    pub(crate) fn of(layer: Layer, Place { module, offset, running }: Place) -> Self {
        match layer {
            Layer::Dense { inputs, outputs } => {
                Op::Dense { shape: LayerShape { inputs, outputs, activation: Activation::Identity }, offset }
            }
            Layer::Activation(activation) => Op::Activation(activation),
            Layer::Softmax => Op::Softmax,
            Layer::LogSoftmax => Op::LogSoftmax,
            Layer::Dropout { p } => Op::Dropout { p, module },
            Layer::LayerNorm { width, eps } => Op::LayerNorm(Norm { width, eps, offset }),
            Layer::BatchNorm { width, eps, momentum } => {
                Op::BatchNorm { norm: Norm { width, eps, offset }, momentum, module, running }
            }
        }
    }

    /// Where w and b of a dense operation lie in the parameters, and in the gradients.
    pub(crate) fn ranges(shape: LayerShape, offset: usize) -> (Range<usize>, Range<usize>) {
        let w = offset..offset + shape.inputs * shape.outputs;
        let b = w.end..w.end + shape.outputs;
        (w, b)
    }
}

impl<T: Scalar> Layout<T> {
    /// The modules, each activation fused into the dense layer before it.
    pub(crate) fn new(kernel: &'static Kernel<T>, inputs: usize, layers: Vec<Layer>) -> Self {
        let mut ops: Vec<Op> = Vec::new();
        for (layer, place) in places(&layers) {
            match (layer, ops.last_mut()) {
                (Layer::Activation(activation), Some(Op::Dense { shape, .. }))
                    if shape.activation == Activation::Identity =>
                {
                    shape.activation = activation;
                }
                _ => ops.push(Op::of(layer, place)),
            }
        }
        Layout { kernel, inputs, layers, ops }
    }

    /// The same modules, computed by other operations.
    pub(crate) fn with_ops(&self, ops: Vec<Op>) -> Self {
        Layout { kernel: self.kernel, inputs: self.inputs, layers: self.layers.clone(), ops }
    }

    /// Refuses what was made for another layout than this one: a clone's is this one, an equal one is as good.
    #[inline]
    pub(crate) fn check(&self, operation: &'static str, what: &'static str, made_for: &Self) -> Result<(), ModelError> {
        if std::ptr::eq(self, made_for) || self.is_like(made_for) {
            return Ok(());
        }
        let (expected, found) = self.difference(made_for);
        Err(ModelError::OtherNetwork { operation, what, found, expected })
    }

    fn is_like(&self, other: &Self) -> bool {
        std::ptr::eq(self.kernel, other.kernel)
            && self.inputs == other.inputs
            && self.layers == other.layers
            && self.ops == other.ops
    }

    /// The first thing in which they differ: here and there.
    #[cold]
    fn difference(&self, other: &Self) -> (String, String) {
        if self.inputs != other.inputs {
            return (format!("{} inputs", self.inputs), format!("{} inputs", other.inputs));
        }
        for module in 0..self.layers.len().max(other.layers.len()) {
            let [here, there] = [self, other].map(|layout| layout.layers.get(module));
            if here != there {
                let words = |layer: Option<&Layer>| match layer {
                    Some(layer) => format!("{layer} as module {module}"),
                    None => format!("no module {module}"),
                };
                return (words(here), words(there));
            }
        }
        if !std::ptr::eq(self.kernel, other.kernel) {
            return (format!("the kernel {}", self.kernel.name()), format!("the kernel {}", other.kernel.name()));
        }
        ("these operations".to_owned(), "other operations for the same modules".to_owned())
    }
}

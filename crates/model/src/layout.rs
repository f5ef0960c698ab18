//! What a network is before it has numbers: its modules, the operations they became, and the kernel that computes. It
//! decides every size of a workspace, so it is what a workspace is recognised by.

use chainrule_dense::Activation;
use chainrule_kernel::{Kernel, Scalar};

use crate::layer::{Op, Place};
use crate::{Layer, ModelError};

/// A network without its numbers. Clones of a network share one.
#[derive(Debug)]
pub(crate) struct Layout<T: Scalar> {
    pub(crate) kernel: &'static Kernel<T>,
    pub(crate) inputs: usize,
    pub(crate) layers: Vec<Layer>,
    pub(crate) ops: Vec<Op>,
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

impl<T: Scalar> Layout<T> {
    /// The modules, each activation fused into the dense layer before it.
    pub(crate) fn new(kernel: &'static Kernel<T>, inputs: usize, layers: Vec<Layer>) -> Self {
        let mut ops: Vec<Op> = Vec::new();
        for (layer, place) in places(&layers) {
            match (layer, ops.last_mut()) {
                (Layer::Activation(activation), Some(Op::Dense(dense)))
                    if dense.shape.activation == Activation::Identity =>
                {
                    dense.shape.activation = activation;
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

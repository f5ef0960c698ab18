//! The layout of a network: everything but its parameters, that is its modules, the operations they are computed by, and
//! the kernel. It determines every size of a workspace, so a workspace records the layout that it was made for.

use chainrule_dense::Activation;
use chainrule_kernel::{Kernel, Scalar};

use crate::layer::{Op, Place};
use crate::{Layer, ModelError};

/// A network without its parameters. Clones of a network share a layout.
#[derive(Debug)]
pub(crate) struct Layout<T: Scalar> {
    pub(crate) kernel: &'static Kernel<T>,
    pub(crate) inputs: usize,
    pub(crate) layers: Vec<Layer>,
    pub(crate) ops: Vec<Op>,
}

/// The modules with their positions.
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

    /// The same modules with other operations.
    pub(crate) fn with_ops(&self, ops: Vec<Op>) -> Self {
        Layout { kernel: self.kernel, inputs: self.inputs, layers: self.layers.clone(), ops }
    }

    /// Checks that `made_for`, the layout of `what`, is this one or an equal one.
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

    /// The first difference of two layouts: a description of this one, and of the other.
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

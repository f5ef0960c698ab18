//! The network: its modules and its parameters, and how to reach them. What it computes stands in `pass.rs`.

use std::ops::Range;

use chainrule_dense::{Activation, LayerShape};
use chainrule_kernel::{Kernel, MatRef, Scalar};

use crate::{Init, Layer, MlpBuilder};

/// A multilayer perceptron over f32 or f64.
///
/// ```
/// use chainrule_model::{Loss, MatRef, Mlp, Optimizer, Targets, Workspace};
///
/// let mut mlp = Mlp::builder(2).dense(8).tanh().dense(2).seed(42).build()?;
/// let x = [0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0];
/// let xor = Targets::Classes(&[0, 1, 1, 0]);
/// let mut workspace = Workspace::new(&mlp, 4);
/// let sgd = Optimizer::Sgd { lr: 0.5 };
/// for _ in 0..500 {
///     mlp.step(MatRef::new(&x, 4, 2), xor, Loss::CrossEntropy, sgd, &mut workspace)?;
/// }
/// let logits = mlp.forward(MatRef::new(&x, 4, 2), &mut workspace)?;
/// assert!(logits.get(0, 0) > logits.get(0, 1) && logits.get(1, 1) > logits.get(1, 0));
/// # Ok::<(), chainrule_model::ModelError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Mlp<T: Scalar> {
    pub(crate) kernel: &'static Kernel<T>,
    pub(crate) inputs: usize,
    pub(crate) layers: Vec<Layer>,
    pub(crate) ops: Vec<Op>,
    /// For each dense layer in turn w, (inputs, outputs) row-major, and b.
    pub(crate) params: Vec<T>,
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
}

impl Op {
    /// Where w and b of a dense operation lie in the parameters, and in the gradients.
    pub(crate) fn ranges(shape: LayerShape, offset: usize) -> (Range<usize>, Range<usize>) {
        let w = offset..offset + shape.inputs * shape.outputs;
        let b = w.end..w.end + shape.outputs;
        (w, b)
    }
}

impl Mlp<f32> {
    /// Begins the description of a network that takes `inputs` features.
    pub fn builder(inputs: usize) -> MlpBuilder {
        MlpBuilder::new(inputs)
    }
}

impl<T: Scalar> Mlp<T> {
    pub(crate) fn zeroed(kernel: &'static Kernel<T>, inputs: usize, layers: Vec<Layer>, parameters: usize) -> Self {
        let mut ops: Vec<Op> = Vec::new();
        let mut offset = 0;
        for layer in &layers {
            match (*layer, ops.last_mut()) {
                (Layer::Dense { inputs, outputs }, _) => {
                    let shape = LayerShape { inputs, outputs, activation: Activation::Identity };
                    ops.push(Op::Dense { shape, offset });
                    offset += layer.parameters();
                }
                (Layer::Activation(activation), Some(Op::Dense { shape, .. }))
                    if shape.activation == Activation::Identity =>
                {
                    shape.activation = activation;
                }
                (Layer::Activation(activation), _) => ops.push(Op::Activation(activation)),
                (Layer::Softmax, _) => ops.push(Op::Softmax),
            }
        }
        Mlp { kernel, inputs, layers, ops, params: vec![T::ZERO; parameters] }
    }

    pub(crate) fn initialise(&mut self, init: Init, seed: u64) {
        let mut dense = 0;
        for op in &self.ops {
            if let Op::Dense { shape, offset } = *op {
                let (w, b) = Op::ranges(shape, offset);
                let rectified = matches!(shape.activation, Activation::Relu | Activation::LeakyRelu(_));
                init.fill((shape.inputs, shape.outputs), rectified, (seed, dense), &mut self.params[w]);
                self.params[b].fill(T::ZERO);
                dense += 1;
            }
        }
    }

    /// Features that go in.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// Features that come out.
    pub fn outputs(&self) -> usize {
        let width = |layer: &Layer| if let Layer::Dense { outputs, .. } = layer { Some(*outputs) } else { None };
        self.layers.iter().rev().find_map(width).unwrap_or(self.inputs)
    }

    /// The modules in order, numbered as PyTorch numbers those of an `nn.Sequential`.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// The name of the kernel that computes.
    pub fn kernel_name(&self) -> &'static str {
        self.kernel.name()
    }

    /// The kernel that computes.
    pub fn kernel(&self) -> &'static Kernel<T> {
        self.kernel
    }

    /// Every number that is learned: for each dense layer w, (inputs, outputs) row-major, then b.
    pub fn params(&self) -> &[T] {
        &self.params
    }

    /// As [`Mlp::params`], to be changed.
    pub fn params_mut(&mut self) -> &mut [T] {
        &mut self.params
    }

    /// The dense layers in order, each by its module's number.
    pub fn dense_layers(&self) -> impl Iterator<Item = DenseLayer<'_, T>> {
        let dense = |(module, layer): (usize, &Layer)| match *layer {
            Layer::Dense { inputs, outputs } => Some((module, inputs, outputs)),
            _ => None,
        };
        self.layers.iter().enumerate().filter_map(dense).scan(0, |offset, (module, inputs, outputs)| {
            let shape = LayerShape { inputs, outputs, activation: Activation::Identity };
            let (w, b) = Op::ranges(shape, *offset);
            *offset = b.end;
            let params = w.start..b.end;
            let (w, bias) = (MatRef::new(&self.params[w], inputs, outputs), &self.params[b]);
            Some(DenseLayer { module, w, b: bias, params })
        })
    }
}

/// A dense layer's parameters.
#[derive(Debug, Clone)]
pub struct DenseLayer<'a, T: Scalar> {
    /// Its number among the network's modules.
    pub module: usize,
    /// (inputs, outputs).
    pub w: MatRef<'a, T>,
    /// (outputs).
    pub b: &'a [T],
    /// Where w and then b lie in [`Mlp::params`].
    pub params: Range<usize>,
}

//! The network: its modules and its parameters. Its passes are in `pass.rs`.

use std::ops::Range;
use std::sync::Arc;

use chainrule_dense::{Activation, LayerShape};
use chainrule_kernel::{Aligned, Kernel, MatRef, Scalar};

use crate::error::ModelError;
use crate::init::Init;
use crate::layer::dense::{Dense, DenseRanges};
use crate::layer::kind::Layer;
use crate::layer::layer_op::{InitContext, LayerOp, Numbers};
use crate::layer::{Op, Place, each};
use crate::layout::{Layout, places};
use crate::memory::{NoMemory, filled, zeros};

/// A multilayer perceptron over f32 or f64.
///
/// ```
/// # use chainrule_model as chainrule;
/// use chainrule::{Loss, MatRef, Mlp, Optimizer, TargetsRef, Workspace};
///
/// let mut mlp = Mlp::builder(2).dense(8).tanh().dense(2).seed(42).build()?;
/// let x = [0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0];
/// let xor = TargetsRef::Classes(&[0, 1, 1, 0]);
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
    /// Shared with clones, and with the workspaces made for it.
    pub(crate) layout: Arc<Layout<T>>,
    /// Module by module: w, (inputs, outputs) row-major, and b of a dense layer; gamma and beta of a normalisation.
    pub(crate) params: Aligned<T>,
    /// The running means and variances of each batch normalisation in order.
    pub(crate) running: Vec<T>,
    /// For each batch normalisation the number of minibatches it was trained on.
    pub(crate) batches: Vec<u64>,
    /// The seed of dropout masks.
    pub(crate) seed: u64,
    /// Training passes that have been committed; see [`Mlp::commit_pass`].
    pub(crate) passes: u64,
}

impl<T: Scalar> Mlp<T> {
    /// As [`Clone::clone`], with an error instead of a panic.
    ///
    /// # Errors
    /// [`ModelError::TooLarge`] when there is not enough memory.
    pub fn try_clone(&self) -> Result<Self, ModelError> {
        let no_memory = |memory: NoMemory| memory.of(format!("a copy of {} parameters", self.params.len()));
        let mut params = zeros(self.params.len()).map_err(no_memory)?;
        params.copy_from_slice(&self.params);
        let mut running = filled(self.running.len(), T::ZERO).map_err(no_memory)?;
        running.copy_from_slice(&self.running);
        let (layout, batches) = (Arc::clone(&self.layout), self.batches.clone());
        Ok(Mlp { layout, params, running, batches, seed: self.seed, passes: self.passes })
    }
}

impl<T: Scalar> Mlp<T> {
    /// A network whose parameters are all 0; `parameters` is their number.
    pub(crate) fn zeroed(layout: Layout<T>, parameters: usize, seed: u64) -> Result<Self, ModelError> {
        let too_large = |memory: NoMemory| memory.of(format!("a network of {parameters} parameters"));
        let layers = &layout.layers;
        let running = layers.iter().map(Layer::running).sum();
        let (running, params) = (filled(running, T::ZERO).map_err(too_large)?, zeros(parameters).map_err(too_large)?);
        let batches = vec![0; layers.iter().filter(|layer| layer.running() > 0).count()];
        Ok(Mlp { layout: Arc::new(layout), params, running, batches, seed, passes: 0 })
    }

    /// Parameters, running statistics and kernel.
    #[inline]
    pub(crate) fn numbers(&self) -> Numbers<'_, T> {
        Numbers { kernel: self.layout.kernel, params: &self.params, running: &self.running }
    }

    pub(crate) fn initialise(&mut self, init: Init, seed: u64) {
        let mut dense = 0;
        for (i, op) in self.layout.ops.iter().enumerate() {
            let begin = InitContext { init: init.before(self.activation_after(i)), seed, dense };
            each!(op, layer => layer.initialise(begin, &mut self.params, &mut self.running));
            dense += usize::from(matches!(op, Op::Dense(_)));
        }
    }

    /// The activation of an operation's output: its own, or one after a normalisation or dropout.
    fn activation_after(&self, op: usize) -> Activation {
        match self.layout.ops[op] {
            Op::Dense(dense) if dense.shape.activation != Activation::Identity => dense.shape.activation,
            _ => match self.layout.ops[op + 1..].iter().find(|op| !each!(op, layer => layer.is_transparent())) {
                Some(Op::Activation(activation)) => *activation,
                _ => Activation::Identity,
            },
        }
    }

    /// The number of input features.
    pub fn inputs(&self) -> usize {
        self.layout.inputs
    }

    /// The number of outputs.
    pub fn outputs(&self) -> usize {
        self.layout.layers.iter().fold(self.layout.inputs, |width, layer| layer.width(width))
    }

    /// The modules in order, numbered as PyTorch numbers those of an `nn.Sequential`.
    pub fn layers(&self) -> &[Layer] {
        &self.layout.layers
    }

    /// The name of the kernel that the network computes with.
    pub fn kernel_name(&self) -> &'static str {
        self.layout.kernel.name()
    }

    /// The kernel that the network computes with.
    pub fn kernel(&self) -> &'static Kernel<T> {
        self.layout.kernel
    }

    /// All parameters, module by module: w, (inputs, outputs) row-major, then b of a dense layer; gamma, then beta of a
    /// normalisation.
    pub fn params(&self) -> &[T] {
        &self.params
    }

    /// As [`Mlp::params`], mutable.
    pub fn params_mut(&mut self) -> &mut [T] {
        &mut self.params
    }

    /// The dense layers in order.
    pub fn dense_layers(&self) -> impl Iterator<Item = DenseLayer<'_, T>> {
        places(&self.layout.layers).filter_map(|(layer, Place { module, offset, .. })| {
            let Layer::Dense { inputs, outputs } = layer else { return None };
            let shape = LayerShape { inputs, outputs, activation: Activation::Identity };
            let DenseRanges { w, b } = Dense { shape, offset }.ranges();
            let params = w.start..b.end;
            let (w, bias) = (MatRef::new(&self.params[w], inputs, outputs), &self.params[b]);
            Some(DenseLayer { module, w, b: bias, params })
        })
    }
}

/// A dense layer's parameters.
///
/// ```
/// # use chainrule_model as chainrule;
/// use chainrule::Mlp;
///
/// let mlp = Mlp::builder(3).dense(4).relu().dense(2).build()?;
/// let last = mlp.dense_layers().last().unwrap();
/// assert_eq!((last.module, last.w.rows(), last.w.cols(), last.b.len()), (2, 4, 2, 2));
/// assert_eq!(last.params, 3 * 4 + 4..mlp.params().len());
/// # Ok::<(), chainrule::ModelError>(())
/// ```
#[derive(Debug, Clone)]
pub struct DenseLayer<'a, T: Scalar> {
    /// Its module number.
    pub module: usize,
    /// (inputs, outputs).
    pub w: MatRef<'a, T>,
    /// (outputs).
    pub b: &'a [T],
    /// The range of w and then b in [`Mlp::params`].
    pub params: Range<usize>,
}

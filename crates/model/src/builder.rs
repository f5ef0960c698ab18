//! The builder of a network: a list of modules, checked as a whole when the network is built.

use chainrule_dense::Activation;
use chainrule_kernel::{Kernel, Scalar};

use crate::error::ModelError;
use crate::init::Init;
use crate::layer::kind::Layer;
use crate::layout::Layout;
use crate::memory::{probe, product};
use crate::mlp::Mlp;

/// The description of a network, from input to output; see [`Mlp::builder`].
///
/// ```
/// # use chainrule_model as chainrule;
/// use chainrule::{Init, Layer, Mlp};
///
/// let mlp = Mlp::builder(8).dense(16).relu().dropout(0.1).dense(3).init(Init::HeNormal).seed(7).build()?;
/// assert!(matches!(mlp.layers(), [Layer::Dense { .. }, Layer::Activation(_), Layer::Dropout { .. }, Layer::Dense { .. }]));
/// assert!(Mlp::builder(8).dense(0).build().is_err());
/// # Ok::<(), chainrule::ModelError>(())
/// ```
#[derive(Debug, Clone)]
pub struct MlpBuilder {
    inputs: usize,
    width: usize,
    layers: Vec<Layer>,
    init: Init,
    seed: u64,
    kernel: Option<String>,
}

impl Mlp<f32> {
    /// Begins the description of a network that takes `inputs` features.
    pub fn builder(inputs: usize) -> MlpBuilder {
        MlpBuilder::new(inputs)
    }
}

impl MlpBuilder {
    pub(crate) fn new(inputs: usize) -> Self {
        MlpBuilder { inputs, width: inputs, layers: Vec::new(), init: Init::Auto, seed: 0, kernel: None }
    }

    /// A dense layer of `outputs` features.
    pub fn dense(self, outputs: usize) -> Self {
        self.layer(Layer::Dense { inputs: 0, outputs })
    }

    /// An activation after the modules so far.
    pub fn activation(self, activation: Activation) -> Self {
        self.layer(Layer::Activation(activation))
    }

    /// `max(z, 0)`.
    pub fn relu(self) -> Self {
        self.activation(Activation::Relu)
    }

    /// z above 0, `alpha * z` elsewhere.
    pub fn leaky_relu(self, alpha: f64) -> Self {
        self.activation(Activation::LeakyRelu(alpha))
    }

    /// `1 / (1 + e^-z)`.
    pub fn sigmoid(self) -> Self {
        self.activation(Activation::Sigmoid)
    }

    /// `tanh(z)`.
    pub fn tanh(self) -> Self {
        self.activation(Activation::Tanh)
    }

    /// Softmax over each row. Not before [`crate::Loss::CrossEntropy`], which takes logits.
    pub fn softmax(self) -> Self {
        self.layer(Layer::Softmax)
    }

    /// The logarithm of softmax over each row. Not before [`crate::Loss::CrossEntropy`], which takes logits.
    pub fn log_softmax(self) -> Self {
        self.layer(Layer::LogSoftmax)
    }

    /// In training, each element is set to 0 with probability `p`, and divided by `1 - p` otherwise.
    pub fn dropout(self, p: f64) -> Self {
        self.layer(Layer::Dropout { p })
    }

    /// Each row to mean 0 and variance 1, then times a learned gamma, plus a learned beta.
    pub fn layer_norm(self) -> Self {
        self.layer(Layer::LAYER_NORM)
    }

    /// Each column to mean 0 and variance 1, in training by the statistics of the minibatch, in evaluation by running
    /// averages of them; then times a learned gamma, plus a learned beta.
    pub fn batch_norm(self) -> Self {
        self.layer(Layer::BATCH_NORM)
    }

    /// A module as [`Mlp::layers`] lists it. The inputs of a dense layer and the width of a normalisation are set to the
    /// number of features before it.
    pub fn layer(mut self, layer: Layer) -> Self {
        let layer = layer.behind(self.width);
        self.width = layer.width(self.width);
        self.layers.push(layer);
        self
    }

    /// The initialiser of the weights; [`Init::Auto`] by default, which depends on the activation after the layer.
    pub fn init(mut self, init: Init) -> Self {
        self.init = init;
        self
    }

    /// The seed of the initial weights and of the dropout masks; 0 by default.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// The kernel to compute with, by name; the best one for the CPU by default.
    pub fn kernel(mut self, name: &str) -> Self {
        self.kernel = Some(name.to_owned());
        self
    }

    /// The network in f32.
    ///
    /// # Errors
    /// When a width is 0, there is no dense layer, a setting is out of range in f64 or in the element type, the kernel is
    /// unknown or the CPU does not support it, or there is not enough memory.
    pub fn build(self) -> Result<Mlp<f32>, ModelError> {
        self.build_as()
    }

    /// The network in f32 or f64.
    ///
    /// # Errors
    /// As [`MlpBuilder::build`].
    pub fn build_as<T: Scalar>(self) -> Result<Mlp<T>, ModelError> {
        if self.inputs == 0 {
            return Err(ModelError::ZeroWidth { what: "the input".to_owned() });
        }
        self.init.check_in::<T>()?;
        let parameters = self.count::<T>()?;
        let kernel = match &self.kernel {
            Some(name) => Kernel::by_name(name)?,
            None => Kernel::selected()?,
        };
        let mut mlp = Mlp::zeroed(Layout::new(kernel, self.inputs, self.layers), parameters, self.seed)?;
        mlp.initialise(self.init, self.seed);
        Ok(mlp)
    }

    /// Checks every module, and counts the parameters.
    fn count<T: Scalar>(&self) -> Result<usize, ModelError> {
        let (mut parameters, mut running, mut dense) = (0usize, 0usize, 0);
        for layer in &self.layers {
            if let Layer::Dense { outputs, .. } = *layer {
                dense += 1;
                if outputs == 0 {
                    return Err(ModelError::ZeroWidth { what: format!("dense layer {dense}") });
                }
            }
            layer.check_in::<T>()?;
            // Four times the bytes of f64: gradients and optimiser state must be addressable too.
            let sum = |all: usize, more: usize| {
                let fits = |n: &usize| n.checked_mul(32).is_some_and(|bytes| bytes <= isize::MAX as usize);
                all.checked_add(more).filter(fits).ok_or_else(|| {
                    let which =
                        if let Layer::Dense { .. } = layer { format!("dense layer {dense}, ") } else { String::new() };
                    ModelError::TooLarge { what: format!("{which}{layer},") }
                })
            };
            parameters = sum(parameters, layer.parameters())?;
            running = sum(running, layer.running())?;
        }
        if dense == 0 {
            return Err(ModelError::NoLayers);
        }
        // Probe for the least that training takes: parameters, gradients and as much again for packing.
        let bytes = product(3 * parameters + running, size_of::<T>());
        bytes.and_then(probe).map_err(|memory| memory.of(format!("a network of {parameters} parameters")))?;
        Ok(parameters)
    }
}

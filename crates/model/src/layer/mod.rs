//! What a network is made of, as its builder, its files and its pictures name it: a sequence of modules, counted as
//! PyTorch's `nn.Sequential` counts them. Each has a room of its own in this folder, which holds it whole; a new one is such
//! a file and its rows here.

mod activation;
pub(crate) mod batch_norm;
pub(crate) mod dense;
pub(crate) mod dropout;
pub(crate) mod layer_norm;
pub(crate) mod norm;
pub(crate) mod room;
pub mod softmax;
mod statistics;

use std::fmt;
use std::str::FromStr;

use chainrule_dense::{Activation, LayerShape};
use chainrule_kernel::Scalar;

use crate::ModelError;
use crate::activation::{ACTIVATION_NAMES, parse_activation};
use crate::layout::Place;
use batch_norm::{BatchNorm, DEFAULT_MOMENTUM};
use dense::Dense;
use dropout::Dropout;
use layer_norm::LayerNorm;
use norm::{DEFAULT_EPS, Norm, NormSettings};
use room::Room;
use softmax::{LogSoftmax, Softmax};

/// One module of the sequence.
///
/// ```
/// # use chainrule_model as chainrule;
/// use chainrule::network::parse_activation;
/// use chainrule::{Layer, Mlp};
///
/// let mlp = Mlp::builder(4).dense(3).layer(Layer::Activation(parse_activation("silu")?)).build()?;
/// assert_eq!(mlp.layers()[0].to_string(), "dense(4, 3)");
/// assert_eq!(mlp.layers().iter().map(|layer| layer.parameters()).sum::<usize>(), 4 * 3 + 3);
/// # Ok::<(), chainrule::ModelError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Layer {
    /// `z = x * w + b`, w of (inputs, outputs).
    Dense {
        /// Features in.
        inputs: usize,
        /// Features out.
        outputs: usize,
    },
    /// A function of each element.
    Activation(Activation),
    /// `a_i = e^z_i / sum_j e^z_j` over each row.
    Softmax,
    /// `a_i = ln(e^z_i / sum_j e^z_j)` over each row.
    LogSoftmax,
    /// In training each element is 0 with probability p and divided by 1 - p otherwise; the identity in evaluation.
    Dropout {
        /// The share left out, from 0 to below 1.
        p: f64,
    },
    /// `y = gamma * (x - mean) / sqrt(variance + eps) + beta`, with the mean and the variance of each row.
    LayerNorm {
        /// Features in and out.
        width: usize,
        /// What keeps the division from one by 0.
        eps: f64,
    },
    /// The same with the mean and the variance of each column: those of the minibatch in training, running ones in
    /// evaluation.
    BatchNorm {
        /// Features in and out.
        width: usize,
        /// What keeps the division from one by 0.
        eps: f64,
        /// The share of a minibatch in the running statistics.
        momentum: f64,
    },
}

/// A module as its room knows it, where it stands in a network. What is computed in one go: a dense layer takes the
/// activation that follows it along.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Op {
    Dense(Dense),
    Activation(Activation),
    Softmax(Softmax),
    LogSoftmax(LogSoftmax),
    Dropout(Dropout),
    LayerNorm(LayerNorm),
    BatchNorm(BatchNorm),
}

/// Asks an operation's room: `each!(op, room => room.width(before))`.
macro_rules! each {
    ($op:expr, $room:ident => $ask:expr) => {
        match $op {
            $crate::layer::Op::Dense($room) => $ask,
            $crate::layer::Op::Activation($room) => $ask,
            $crate::layer::Op::Softmax($room) => $ask,
            $crate::layer::Op::LogSoftmax($room) => $ask,
            $crate::layer::Op::Dropout($room) => $ask,
            $crate::layer::Op::LayerNorm($room) => $ask,
            $crate::layer::Op::BatchNorm($room) => $ask,
        }
    };
}
pub(crate) use each;

impl Op {
    /// A module by itself.
    pub(crate) fn of(layer: Layer, Place { module, offset, running }: Place) -> Self {
        match layer {
            Layer::Dense { inputs, outputs } => {
                let shape = LayerShape { inputs, outputs, activation: Activation::Identity };
                Op::Dense(Dense { shape, offset })
            }
            Layer::Activation(activation) => Op::Activation(activation),
            Layer::Softmax => Op::Softmax(Softmax),
            Layer::LogSoftmax => Op::LogSoftmax(LogSoftmax),
            Layer::Dropout { p } => Op::Dropout(Dropout { p, module }),
            Layer::LayerNorm { width, eps } => Op::LayerNorm(LayerNorm(Norm { width, eps, offset })),
            Layer::BatchNorm { width, eps, momentum } => {
                Op::BatchNorm(BatchNorm { norm: Norm { width, eps, offset }, momentum, module, running })
            }
        }
    }

    /// Features out of so many.
    #[inline]
    pub(crate) fn width(&self, before: usize) -> usize {
        each!(self, room => room.width(before))
    }
}

/// The modules that are no activations, as they are written.
const MODULES: &str = "dense(inputs, outputs), dropout(p), layer_norm(width), batch_norm(width), softmax, log_softmax";

impl Layer {
    /// A layer normalisation with the default settings, of the width that it happens to follow.
    pub(crate) const LAYER_NORM: Layer = Layer::LayerNorm { width: 0, eps: DEFAULT_EPS };
    /// The same of a batch normalisation.
    pub(crate) const BATCH_NORM: Layer = Layer::BatchNorm { width: 0, eps: DEFAULT_EPS, momentum: DEFAULT_MOMENTUM };

    /// As it stands behind so many features.
    pub(crate) fn behind(self, width: usize) -> Self {
        match self {
            Layer::Dense { outputs, .. } => Layer::Dense { inputs: width, outputs },
            Layer::LayerNorm { eps, .. } => Layer::LayerNorm { width, eps },
            Layer::BatchNorm { eps, momentum, .. } => Layer::BatchNorm { width, eps, momentum },
            other => other,
        }
    }

    /// What is written without settings, or with these; nothing where it is none of these or the settings are others.
    fn read(name: &str, settings: Option<&str>) -> Option<Self> {
        match (name, settings) {
            ("softmax", None) => Some(Layer::Softmax),
            ("log_softmax", None) => Some(Layer::LogSoftmax),
            ("dense", Some(sizes)) => Dense::read(sizes),
            ("dropout", Some(p)) => Dropout::read(p),
            ("layer_norm", Some(settings)) => {
                let NormSettings { width, eps, .. } = NormSettings::read(settings, false)?;
                Some(Layer::LayerNorm { width, eps })
            }
            ("batch_norm", Some(settings)) => {
                let NormSettings { width, eps, momentum } = NormSettings::read(settings, true)?;
                Some(Layer::BatchNorm { width, eps, momentum })
            }
            _ => None,
        }
    }

    /// The room, of a module that stands nowhere.
    fn op(&self) -> Op {
        Op::of(*self, Place::default())
    }

    /// As it is printed, without the sizes that its neighbours tell: `dense`, `relu`, `dropout(0.5)`, `batch_norm`.
    pub fn kind(&self) -> String {
        each!(self.op(), room => room.kind())
    }

    /// How many numbers the module learns; the largest number there is where they pass the address space.
    pub fn parameters(&self) -> usize {
        each!(self.op(), room => room.parameters())
    }

    /// How many numbers the module keeps that are not learned: running means and variances; counted as parameters are.
    pub fn running(&self) -> usize {
        each!(self.op(), room => room.running())
    }

    /// Features out of so many.
    pub(crate) fn width(&self, before: usize) -> usize {
        self.op().width(before)
    }

    /// Whether it computes in training what it does not in evaluation.
    pub fn differs_in_training(&self) -> bool {
        each!(self.op(), room => room.differs_in_training())
    }

    /// Refuses settings that mean nothing in the element type: what is in range in f64 may be 0 or infinite in f32.
    pub(crate) fn check_in<T: Scalar>(&self) -> Result<(), ModelError> {
        self.check()?;
        each!(self.op(), room => room.check_in::<T>())
    }

    /// Refuses settings that mean nothing.
    pub(crate) fn check(&self) -> Result<(), ModelError> {
        each!(self.op(), room => room.check())
    }
}

/// `dense(784, 128)`, `relu`, `dropout(0.5)`, `batch_norm(128)`; settings of a normalisation follow where they are not
/// the defaults: `layer_norm(128, eps=0.001)`.
impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        each!(self.op(), room => room.write(f))
    }
}

/// What [`Layer`]'s `Display` writes is read back.
impl FromStr for Layer {
    type Err = ModelError;

    fn from_str(text: &str) -> Result<Self, ModelError> {
        let unknown = || ModelError::UnknownName {
            what: "layer",
            found: text.to_owned(),
            known: format!("{MODULES}, {}", ACTIVATION_NAMES.join(", ")),
        };
        let settings = text.strip_suffix(')').and_then(|text| text.split_once('('));
        let (name, settings) = settings.map_or((text, None), |(name, settings)| (name, Some(settings)));
        if let Some(layer) = Layer::read(name, settings) {
            layer.check()?;
            return Ok(layer);
        }
        parse_activation(text).map(Layer::Activation).map_err(|error| match error {
            ModelError::UnknownName { .. } => unknown(),
            other => other,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_layer_reads_back_what_it_writes() {
        let mut layers = vec![
            Layer::Dense { inputs: 784, outputs: 1 },
            Layer::Softmax,
            Layer::LogSoftmax,
            Layer::Dropout { p: 0.3 },
        ];
        for eps in [1e-5, 1e-3, 1e-12] {
            layers.push(Layer::LayerNorm { width: 7, eps });
            layers.push(Layer::BatchNorm { width: 1, eps, momentum: 0.1 });
            layers.push(Layer::BatchNorm { width: 64, eps, momentum: 1.0 / 3.0 });
        }
        layers.extend(ACTIVATION_NAMES.iter().map(|name| Layer::Activation(parse_activation(name).unwrap())));
        layers.extend([Activation::LeakyRelu(0.1), Activation::Elu(1.5)].map(Layer::Activation));
        for layer in layers {
            assert_eq!(layer.to_string().parse(), Ok(layer));
        }
    }

    #[test]
    fn defaults_are_left_out() {
        let text = |layer: Layer| layer.to_string();
        assert_eq!(text(Layer::Dropout { p: 0.5 }), "dropout(0.5)");
        assert_eq!(text(Layer::LayerNorm { width: 64, eps: 1e-5 }), "layer_norm(64)");
        assert_eq!(text(Layer::BatchNorm { width: 64, eps: 1e-5, momentum: 0.1 }), "batch_norm(64)");
        let other = Layer::BatchNorm { width: 64, eps: 0.001, momentum: 0.2 };
        assert_eq!(text(other), "batch_norm(64, eps=0.001, momentum=0.2)");
    }

    #[test]
    fn settings_out_of_range_are_refused_with_what_they_may_be() {
        for (text, what) in [
            ("dropout(1)", "the share that dropout leaves out is 1; expected a number from 0 to below 1"),
            ("dropout(-0.5)", "the share that dropout leaves out is -0.5"),
            ("dropout(NaN)", "the share that dropout leaves out is NaN"),
            ("layer_norm(3, eps=0)", "eps of a normalisation is 0; expected a finite number above 0"),
            ("batch_norm(3, eps=inf)", "eps of a normalisation is inf"),
            ("batch_norm(3, momentum=1.5)", "momentum of batch_norm is 1.5; expected a number from 0 to 1"),
        ] {
            let error = text.parse::<Layer>().unwrap_err().to_string();
            assert!(error.starts_with(what), "{text}: {error}");
        }
    }

    #[test]
    fn unknown_names_are_refused_by_name() {
        for text in [
            "rellu",
            "dense(3)",
            "dense(a, 3)",
            "leaky_relu(x)",
            "tanh(1)",
            "elu(1",
            "",
            "dropout()",
            "dropout(half)",
            "layer_norm()",
            "layer_norm(3, momentum=0.1)",
            "batch_norm(3, 0.1)",
        ] {
            let error = text.parse::<Layer>().unwrap_err().to_string();
            assert!(error.contains(&format!("`{text}`")) && error.contains("relu"), "{error}");
        }
    }
}

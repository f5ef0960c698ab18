//! The operations of a network: an enum with a variant for each kind of layer, and a macro that calls the layer's methods.

use chainrule_dense::{Activation, LayerShape};

use super::batch_norm::BatchNorm;
use super::dense::Dense;
use super::dropout::Dropout;
use super::kind::Layer;
use super::layer_norm::LayerNorm;
use super::layer_op::LayerOp;
use super::norm::{DEFAULT_EPS, DEFAULT_MOMENTUM, Norm, NormSettings};
use super::softmax::{LogSoftmax, Softmax};

/// The position of a module: its number, and the indices of its first parameter and running statistic.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Place {
    pub(crate) module: usize,
    /// In the parameters.
    pub(crate) offset: usize,
    /// In the running statistics.
    pub(crate) running: usize,
}

/// An operation of a network: a module at its position. A dense layer and the activation after it are one operation.
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

/// Calls a method of an operation's layer: `each!(op, layer => layer.width(before))`.
macro_rules! each {
    ($op:expr, $layer:ident => $ask:expr) => {
        match $op {
            $crate::layer::Op::Dense($layer) => $ask,
            $crate::layer::Op::Activation($layer) => $ask,
            $crate::layer::Op::Softmax($layer) => $ask,
            $crate::layer::Op::LogSoftmax($layer) => $ask,
            $crate::layer::Op::Dropout($layer) => $ask,
            $crate::layer::Op::LayerNorm($layer) => $ask,
            $crate::layer::Op::BatchNorm($layer) => $ask,
        }
    };
}
pub(crate) use each;

impl Op {
    /// The operation of a single module.
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

    /// The number of outputs for `before` inputs.
    #[inline]
    pub(crate) fn width(&self, before: usize) -> usize {
        each!(self, layer => layer.width(before))
    }
}

/// The text forms of the modules that are not activations.
pub(super) const MODULES: &str =
    "dense(inputs, outputs), dropout(p), layer_norm(width), batch_norm(width), softmax, log_softmax";

impl Layer {
    /// A layer normalisation with the default settings; its width is set by [`Layer::behind`].
    pub(crate) const LAYER_NORM: Layer = Layer::LayerNorm { width: 0, eps: DEFAULT_EPS };
    /// A batch normalisation with the default settings; its width is set by [`Layer::behind`].
    pub(crate) const BATCH_NORM: Layer = Layer::BatchNorm { width: 0, eps: DEFAULT_EPS, momentum: DEFAULT_MOMENTUM };

    /// The layer with its number of inputs set to `width`.
    pub(crate) fn behind(self, width: usize) -> Self {
        match self {
            Layer::Dense { outputs, .. } => Layer::Dense { inputs: width, outputs },
            Layer::LayerNorm { eps, .. } => Layer::LayerNorm { width, eps },
            Layer::BatchNorm { eps, momentum, .. } => Layer::BatchNorm { width, eps, momentum },
            other => other,
        }
    }

    /// Parses a layer that is not an activation; `None` if the name or the settings are unknown.
    pub(super) fn read(name: &str, settings: Option<&str>) -> Option<Self> {
        match (name, settings) {
            ("softmax", None) => Some(Layer::Softmax),
            ("log_softmax", None) => Some(Layer::LogSoftmax),
            ("dense", Some(sizes)) => {
                let [inputs, outputs] = Dense::read(sizes)?;
                Some(Layer::Dense { inputs, outputs })
            }
            ("dropout", Some(p)) => Some(Layer::Dropout { p: Dropout::read(p)? }),
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
}

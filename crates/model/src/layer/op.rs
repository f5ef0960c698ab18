//! The list of rooms: a row for each layer, by which a network asks without knowing which it asks.

use chainrule_dense::{Activation, LayerShape};

use super::batch_norm::BatchNorm;
use super::dense::Dense;
use super::dropout::Dropout;
use super::kind::Layer;
use super::layer_norm::LayerNorm;
use super::norm::{DEFAULT_EPS, DEFAULT_MOMENTUM, Norm, NormSettings};
use super::room::Room;
use super::softmax::{LogSoftmax, Softmax};

/// Where a module stands, and where its numbers begin.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Place {
    pub(crate) module: usize,
    /// In the parameters.
    pub(crate) offset: usize,
    /// In the running statistics.
    pub(crate) running: usize,
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
pub(super) const MODULES: &str =
    "dense(inputs, outputs), dropout(p), layer_norm(width), batch_norm(width), softmax, log_softmax";

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

//! The description of a layer: its text form, printed and parsed, its sizes, and the check of its settings.

use std::fmt;
use std::str::FromStr;

use chainrule_kernel::Scalar;

use super::kind::Layer;
use super::layer_op::LayerOp;
use super::op::{MODULES, Op, Place, each};
use crate::ModelError;
use crate::activation::{ACTIVATION_NAMES, parse_activation};

impl Layer {
    /// Its operation, outside of any network.
    fn op(&self) -> Op {
        Op::of(*self, Place::default())
    }

    /// The text form without sizes: `dense`, `relu`, `dropout(0.5)`, `batch_norm`.
    pub fn kind(&self) -> String {
        each!(self.op(), layer => layer.kind())
    }

    /// The number of parameters of the module; `usize::MAX` where it would overflow.
    pub fn parameters(&self) -> usize {
        each!(self.op(), layer => layer.parameters())
    }

    /// The number of running statistics of the module, means and variances; `usize::MAX` where it would overflow.
    pub fn running(&self) -> usize {
        each!(self.op(), layer => layer.running())
    }

    /// The number of outputs for `before` inputs.
    pub(crate) fn width(&self, before: usize) -> usize {
        self.op().width(before)
    }

    /// Whether a training pass computes something else than an evaluation pass.
    pub fn differs_in_training(&self) -> bool {
        each!(self.op(), layer => layer.differs_in_training())
    }

    /// Checks the settings in the element type: a value that is in range in f64 may be 0 or infinite in f32.
    pub(crate) fn check_in<T: Scalar>(&self) -> Result<(), ModelError> {
        self.check()?;
        each!(self.op(), layer => layer.check_in::<T>())
    }

    /// Checks the ranges of the settings.
    pub(crate) fn check(&self) -> Result<(), ModelError> {
        each!(self.op(), layer => layer.check())
    }
}

/// `dense(784, 128)`, `relu`, `dropout(0.5)`, `batch_norm(128)`; settings of a normalisation follow where they are not
/// the defaults: `layer_norm(128, eps=0.001)`.
impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        each!(self.op(), layer => layer.write(f))
    }
}

/// Parses what `Display` writes.
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
    use chainrule_dense::Activation;

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

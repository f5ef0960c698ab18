//! What a network is made of, as its builder, its files and its pictures name it: a sequence of modules, counted as
//! PyTorch's `nn.Sequential` counts them.

use std::fmt;
use std::str::FromStr;

use chainrule_dense::Activation;
use chainrule_kernel::Scalar;

use crate::activation::{ACTIVATION_NAMES, activation_name, check_activation, parse_activation};
use crate::{ModelError, SettingRange};

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

/// What a normalisation adds to the variance unless said otherwise, in PyTorch too.
pub(crate) const DEFAULT_EPS: f64 = 1e-5;
/// The share of a minibatch in the running statistics unless said otherwise, in PyTorch too.
pub(crate) const DEFAULT_MOMENTUM: f64 = 0.1;

impl Layer {
    /// As it is printed, without the sizes that its neighbours tell: `dense`, `relu`, `dropout(0.5)`, `batch_norm`.
    pub fn kind(&self) -> String {
        match self {
            Layer::Dense { .. } => "dense".to_owned(),
            Layer::LayerNorm { .. } => "layer_norm".to_owned(),
            Layer::BatchNorm { .. } => "batch_norm".to_owned(),
            other => other.to_string(),
        }
    }

    /// How many numbers the module learns; the largest number there is where they pass the address space.
    pub fn parameters(&self) -> usize {
        match self {
            Layer::Dense { inputs, outputs } => inputs.saturating_mul(*outputs).saturating_add(*outputs),
            Layer::LayerNorm { width, .. } | Layer::BatchNorm { width, .. } => width.saturating_mul(2),
            Layer::Activation(_) | Layer::Softmax | Layer::LogSoftmax | Layer::Dropout { .. } => 0,
        }
    }

    /// How many numbers the module keeps that are not learned: running means and variances; counted as parameters are.
    pub fn running(&self) -> usize {
        match self {
            Layer::BatchNorm { width, .. } => width.saturating_mul(2),
            _ => 0,
        }
    }

    /// Features out, where the module decides them.
    pub(crate) fn width(&self) -> Option<usize> {
        if let Layer::Dense { outputs, .. } = self { Some(*outputs) } else { None }
    }

    /// Whether it computes in training what it does not in evaluation.
    pub fn differs_in_training(&self) -> bool {
        matches!(self, Layer::Dropout { .. } | Layer::BatchNorm { .. })
    }

    /// Refuses settings that mean nothing in the element type: what is in range in f64 may be 0 or infinite in f32.
    pub(crate) fn check_in<T: Scalar>(&self) -> Result<(), ModelError> {
        self.check()?;
        match *self {
            Layer::Activation(Activation::LeakyRelu(alpha)) => {
                SettingRange::NotNegative.check_in::<T>("the slope of leaky_relu", alpha)
            }
            Layer::Activation(Activation::Elu(alpha)) => {
                SettingRange::NotNegative.check_in::<T>("the alpha of elu", alpha)
            }
            Layer::LayerNorm { eps, .. } | Layer::BatchNorm { eps, .. } => {
                SettingRange::Positive.check_in::<T>("eps of a normalisation", eps)
            }
            _ => Ok(()),
        }
    }

    /// Refuses settings that mean nothing.
    pub(crate) fn check(&self) -> Result<(), ModelError> {
        let in_range = |is_in: bool, what, found, expected| match is_in {
            true => Ok(()),
            false => Err(ModelError::Setting { what, found, expected }),
        };
        let eps_in_range =
            |eps: f64| in_range(eps.is_finite() && eps > 0.0, "eps of a normalisation", eps, "a finite number above 0");
        match *self {
            Layer::Dense { .. } | Layer::Softmax | Layer::LogSoftmax => Ok(()),
            Layer::Activation(activation) => check_activation(activation),
            Layer::Dropout { p } => {
                in_range((0.0..1.0).contains(&p), "the share that dropout leaves out", p, "a number from 0 to below 1")
            }
            Layer::LayerNorm { eps, .. } => eps_in_range(eps),
            Layer::BatchNorm { eps, momentum, .. } => {
                let is_share = (0.0..=1.0).contains(&momentum);
                in_range(is_share, "momentum of batch_norm", momentum, "a number from 0 to 1")?;
                eps_in_range(eps)
            }
        }
    }
}

/// `dense(784, 128)`, `relu`, `dropout(0.5)`, `batch_norm(128)`; settings of a normalisation follow where they are not
/// the defaults: `layer_norm(128, eps=0.001)`.
impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Layer::Dense { inputs, outputs } => write!(f, "dense({inputs}, {outputs})"),
            Layer::Activation(activation) => f.write_str(&activation_name(*activation)),
            Layer::Softmax => f.write_str("softmax"),
            Layer::LogSoftmax => f.write_str("log_softmax"),
            Layer::Dropout { p } => write!(f, "dropout({p})"),
            Layer::LayerNorm { width, eps } => {
                write!(f, "layer_norm({width}")?;
                setting(f, "eps", *eps, DEFAULT_EPS)?;
                f.write_str(")")
            }
            Layer::BatchNorm { width, eps, momentum } => {
                write!(f, "batch_norm({width}")?;
                setting(f, "eps", *eps, DEFAULT_EPS)?;
                setting(f, "momentum", *momentum, DEFAULT_MOMENTUM)?;
                f.write_str(")")
            }
        }
    }
}

fn setting(f: &mut fmt::Formatter<'_>, name: &str, value: f64, default: f64) -> fmt::Result {
    if value == default { Ok(()) } else { write!(f, ", {name}={value}") }
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
        match text {
            "softmax" => return Ok(Layer::Softmax),
            "log_softmax" => return Ok(Layer::LogSoftmax),
            _ => {}
        }
        let between = text.strip_suffix(')').and_then(|text| text.split_once('('));
        let whole = |text: &str| text.trim().parse::<usize>().map_err(|_| unknown());
        let real = |text: &str| text.trim().parse::<f64>().map_err(|_| unknown());
        let layer = match between {
            Some(("dense", sizes)) => {
                let (inputs, outputs) = sizes.split_once(',').ok_or_else(unknown)?;
                Layer::Dense { inputs: whole(inputs)?, outputs: whole(outputs)? }
            }
            Some(("dropout", p)) => Layer::Dropout { p: real(p)? },
            Some((name @ ("layer_norm" | "batch_norm"), settings)) => {
                let mut settings = settings.split(',');
                let width = whole(settings.next().unwrap_or_default())?;
                let (mut eps, mut momentum) = (DEFAULT_EPS, DEFAULT_MOMENTUM);
                for setting in settings {
                    match setting.trim().split_once('=').ok_or_else(unknown)? {
                        ("eps", value) => eps = real(value)?,
                        ("momentum", value) if name == "batch_norm" => momentum = real(value)?,
                        _ => return Err(unknown()),
                    }
                }
                match name {
                    "layer_norm" => Layer::LayerNorm { width, eps },
                    _ => Layer::BatchNorm { width, eps, momentum },
                }
            }
            _ => {
                return parse_activation(text).map(Layer::Activation).map_err(|error| match error {
                    ModelError::UnknownName { .. } => unknown(),
                    other => other,
                });
            }
        };
        layer.check()?;
        Ok(layer)
    }
}

/// The modules that are no activations, as they are written.
const MODULES: &str = "dense(inputs, outputs), dropout(p), layer_norm(width), batch_norm(width), softmax, log_softmax";

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

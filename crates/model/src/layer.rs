//! What a network is made of, as its builder, its files and its pictures name it: a sequence of modules, counted as
//! PyTorch's `nn.Sequential` counts them.

use std::fmt;
use std::str::FromStr;

use chainrule_dense::Activation;

use crate::ModelError;

/// One module of the sequence.
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
}

impl Layer {
    /// How many numbers the module learns.
    pub fn parameters(&self) -> usize {
        match self {
            Layer::Dense { inputs, outputs } => inputs * outputs + outputs,
            Layer::Activation(_) | Layer::Softmax => 0,
        }
    }
}

/// `dense(784, 128)`, `relu`, `softmax`.
impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Layer::Dense { inputs, outputs } => write!(f, "dense({inputs}, {outputs})"),
            Layer::Activation(activation) => f.write_str(&activation_name(*activation)),
            Layer::Softmax => f.write_str("softmax"),
        }
    }
}

/// What [`Layer`]'s `Display` writes is read back.
impl FromStr for Layer {
    type Err = ModelError;

    fn from_str(text: &str) -> Result<Self, ModelError> {
        let unknown = || ModelError::UnknownName {
            what: "layer",
            found: text.to_owned(),
            known: format!("dense(inputs, outputs), softmax, {}", ACTIVATION_NAMES.join(", ")),
        };
        if text == "softmax" {
            return Ok(Layer::Softmax);
        }
        let Some(sizes) = text.strip_prefix("dense(").and_then(|rest| rest.strip_suffix(')')) else {
            return parse_activation(text).map(Layer::Activation).map_err(|error| match error {
                ModelError::UnknownName { .. } => unknown(),
                other => other,
            });
        };
        let (inputs, outputs) = sizes.split_once(',').ok_or_else(unknown)?;
        let number = |text: &str| text.trim().parse::<usize>().map_err(|_| unknown());
        Ok(Layer::Dense { inputs: number(inputs)?, outputs: number(outputs)? })
    }
}

/// The names that [`parse_activation`] takes; `leaky_relu` also as `leaky_relu(0.2)`.
pub const ACTIVATION_NAMES: &[&str] = &["identity", "relu", "leaky_relu", "sigmoid", "tanh"];

/// PyTorch's default slope.
const DEFAULT_ALPHA: f64 = 0.01;

/// The name of an activation, with its parameter if it has one.
pub fn activation_name(activation: Activation) -> String {
    match activation {
        Activation::Identity => "identity".to_owned(),
        Activation::Relu => "relu".to_owned(),
        Activation::LeakyRelu(alpha) => format!("leaky_relu({alpha})"),
        Activation::Sigmoid => "sigmoid".to_owned(),
        Activation::Tanh => "tanh".to_owned(),
        other => format!("{other:?}"),
    }
}

/// The activation of that name. `leaky_relu` alone has PyTorch's slope, 0.01.
///
/// # Errors
/// When the name is not known or its parameter is not a number it can take.
pub fn parse_activation(text: &str) -> Result<Activation, ModelError> {
    let unknown =
        || ModelError::UnknownName { what: "activation", found: text.to_owned(), known: ACTIVATION_NAMES.join(", ") };
    let activation = match text {
        "identity" => Activation::Identity,
        "relu" => Activation::Relu,
        "leaky_relu" => Activation::LeakyRelu(DEFAULT_ALPHA),
        "sigmoid" => Activation::Sigmoid,
        "tanh" => Activation::Tanh,
        _ => {
            let alpha = text.strip_prefix("leaky_relu(").and_then(|rest| rest.strip_suffix(')'));
            Activation::LeakyRelu(alpha.ok_or_else(unknown)?.trim().parse().map_err(|_| unknown())?)
        }
    };
    check_activation(activation)?;
    Ok(activation)
}

pub(crate) fn check_activation(activation: Activation) -> Result<(), ModelError> {
    match activation {
        Activation::LeakyRelu(alpha) if !(alpha.is_finite() && alpha >= 0.0) => Err(ModelError::Setting {
            what: "the slope of leaky_relu",
            found: alpha,
            expected: "a finite number, 0 or more",
        }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_layer_reads_back_what_it_writes() {
        let mut layers = vec![Layer::Dense { inputs: 784, outputs: 1 }, Layer::Softmax];
        layers.extend(ACTIVATION_NAMES.iter().map(|name| Layer::Activation(parse_activation(name).unwrap())));
        layers.push(Layer::Activation(Activation::LeakyRelu(0.1)));
        for layer in layers {
            assert_eq!(layer.to_string().parse(), Ok(layer));
        }
    }

    #[test]
    fn unknown_names_and_bad_slopes_are_refused_by_name() {
        for text in ["rellu", "dense(3)", "dense(a, 3)", "leaky_relu(x)", ""] {
            let error = text.parse::<Layer>().unwrap_err().to_string();
            assert!(error.contains(&format!("`{text}`")) && error.contains("relu"), "{error}");
        }
        let error = parse_activation("leaky_relu(-1)").unwrap_err().to_string();
        assert_eq!(error, "the slope of leaky_relu is -1; expected a finite number, 0 or more");
    }
}

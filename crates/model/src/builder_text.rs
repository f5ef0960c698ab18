//! The text form of a network: `784-128-10 relu`, or its layers as they print.

use std::str::FromStr;

use crate::builder::MlpBuilder;
use crate::error::ModelError;
use crate::layer::kind::Layer;

/// Parses a network in one of two forms:
///
/// - its sizes from the inputs to the outputs, and the modules behind each dense layer but the last, in their order:
///   `784-128-64-10 batch_norm relu dropout(0.2)`;
/// - its layers as they print, with commas between them: `dense(784, 128), relu, dense(128, 10)`.
///
/// ```
/// # use chainrule_model as chainrule;
/// use chainrule::{Mlp, MlpBuilder};
///
/// let mlp = "2-8-3 tanh".parse::<MlpBuilder>()?.seed(1).build()?;
/// assert_eq!(mlp, Mlp::builder(2).dense(8).tanh().dense(3).seed(1).build()?);
/// let listed = "dense(2, 8), tanh, dense(8, 3)".parse::<MlpBuilder>()?.seed(1).build()?;
/// assert_eq!(mlp, listed);
/// # Ok::<(), chainrule::ModelError>(())
/// ```
impl FromStr for MlpBuilder {
    type Err = ModelError;

    fn from_str(text: &str) -> Result<Self, ModelError> {
        let text = text.trim();
        if text.starts_with(|c: char| c.is_ascii_digit()) { of_sizes(text) } else { of_layers(text) }
    }
}

fn of_sizes(text: &str) -> Result<MlpBuilder, ModelError> {
    let mut words = text.split_whitespace();
    let sizes = words.next().unwrap_or_default();
    let wrong = || ModelError::SettingText {
        what: "the sizes of a network".to_owned(),
        found: sizes.to_owned(),
        expected: "whole numbers from the inputs to the outputs, as in 784-128-10",
    };
    let sizes = sizes.split('-').map(|size| size.parse().map_err(|_| wrong())).collect::<Result<Vec<usize>, _>>()?;
    let modules = words.map(module).collect::<Result<Vec<_>, _>>()?;
    let [inputs, hidden @ .., outputs] = &sizes[..] else { return Err(wrong()) };
    let mut builder = MlpBuilder::new(*inputs);
    for &units in hidden {
        builder = modules.iter().fold(builder.dense(units), |builder, &module| builder.layer(module));
    }
    Ok(builder.dense(*outputs))
}

/// A module without its width: `relu`, `batch_norm`, `dropout(0.2)`.
fn module(text: &str) -> Result<Layer, ModelError> {
    match text {
        "batch_norm" => Ok(Layer::BATCH_NORM),
        "layer_norm" => Ok(Layer::LAYER_NORM),
        _ => match text.parse()? {
            Layer::Dense { .. } => Err(ModelError::SettingText {
                what: "what follows the sizes of a network".to_owned(),
                found: text.to_owned(),
                expected: "modules between dense layers, as in 784-128-10 relu",
            }),
            layer => Ok(layer),
        },
    }
}

fn of_layers(text: &str) -> Result<MlpBuilder, ModelError> {
    let layers = pieces(text).into_iter().map(|piece| piece.trim().parse()).collect::<Result<Vec<Layer>, _>>()?;
    // An activation or a dropout in front takes as many inputs as the layer behind it.
    let mut width = layers.iter().find_map(Layer::inputs).ok_or(ModelError::NoLayers)?;
    let mut builder = MlpBuilder::new(width);
    for (at, layer) in layers.into_iter().enumerate() {
        if let Some(found) = layer.inputs()
            && found != width
        {
            return Err(ModelError::SettingText {
                what: format!("the width of layer {}, {layer},", at + 1),
                found: found.to_string(),
                expected: "the number of outputs of the layer before it",
            });
        }
        builder = builder.layer(layer);
        width = layer.width(width);
    }
    Ok(builder)
}

/// What commas separate, but for those in brackets.
fn pieces(text: &str) -> Vec<&str> {
    let (mut pieces, mut start, mut depth) = (Vec::new(), 0, 0_usize);
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                pieces.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    pieces.push(&text[start..]);
    pieces
}

impl Layer {
    /// The number of inputs that the layer says itself; none of an activation, which takes any.
    fn inputs(&self) -> Option<usize> {
        match *self {
            Layer::Dense { inputs, .. } => Some(inputs),
            Layer::LayerNorm { width, .. } | Layer::BatchNorm { width, .. } => Some(width),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Mlp;

    fn layers(text: &str) -> String {
        let mlp = text.parse::<MlpBuilder>().unwrap().build().unwrap();
        mlp.layers().iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn the_layers_that_a_network_prints_make_the_same_network() {
        let mlp =
            Mlp::builder(5).dense(7).batch_norm().leaky_relu(0.1).dropout(0.25).dense(3).layer_norm().log_softmax();
        let mlp = mlp.seed(9).build().unwrap();
        let text = mlp.layers().iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        assert_eq!(text.parse::<MlpBuilder>().unwrap().seed(9).build().unwrap(), mlp);
        assert_eq!(layers("layer_norm(4), dense(4,2)"), "layer_norm(4), dense(4, 2)");
        assert_eq!(layers("dropout(0.5), relu, dense(4,2)"), "dropout(0.5), relu, dense(4, 2)");
    }

    #[test]
    fn modules_follow_each_dense_layer_but_the_last() {
        assert_eq!(layers("3-2"), "dense(3, 2)");
        assert_eq!(
            layers(" 4-3-2-1  layer_norm  elu(0.5) "),
            "dense(4, 3), layer_norm(3), elu(0.5), dense(3, 2), layer_norm(2), elu(0.5), dense(2, 1)"
        );
    }

    #[test]
    fn what_is_no_network_is_refused_by_what_is_wrong() {
        let said = |text: &str| text.parse::<MlpBuilder>().and_then(MlpBuilder::build).unwrap_err().to_string();
        for (text, what) in [
            ("", "there is no layer ``"),
            ("3", "the sizes of a network is `3`"),
            ("3--1", "whole numbers from the inputs to the outputs"),
            ("3-x", "whole numbers from the inputs to the outputs"),
            ("3-99999999999999999999", "whole numbers"),
            ("3-0-1 relu", "dense layer 1 of width 0"),
            ("3-2-1 rellu", "there is no layer `rellu`"),
            ("3-2-1 dense(2,2)", "modules between dense layers"),
            ("relu, dropout(0.5)", "a network without a dense layer"),
            ("dense(2, 3), relu, dense(4, 1)", "the width of layer 3, dense(4, 1), is `4`"),
            ("dense(2, 3), batch_norm(2)", "the width of layer 2"),
            ("dense(2, 3),", "there is no layer ``"),
            ("dense(2, 18446744073709551615)", "would need more memory"),
        ] {
            let message = said(text);
            assert!(message.contains(what), "{text}: {message}");
        }
    }
}

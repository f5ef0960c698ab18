//! The kinds of modules, with their settings. Their computations are in the other files of this folder.

use chainrule_dense::Activation;

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
        /// The probability of dropping a unit, from 0 to below 1.
        p: f64,
    },
    /// `y = gamma * (x - mean) / sqrt(variance + eps) + beta`, with the mean and the variance of each row.
    LayerNorm {
        /// Features in and out.
        width: usize,
        /// Added to the variance, so that its root is never 0.
        eps: f64,
    },
    /// As [`Layer::LayerNorm`], with the mean and the variance of each column: those of the minibatch in training, running
    /// ones in evaluation.
    BatchNorm {
        /// Features in and out.
        width: usize,
        /// Added to the variance, so that its root is never 0.
        eps: f64,
        /// The weight of a minibatch in the running statistics.
        momentum: f64,
    },
}

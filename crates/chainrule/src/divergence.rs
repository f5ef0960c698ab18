//! What became infinite or NaN in a training run, and its text in an error. `train/finite.rs` finds it.

/// What became infinite or NaN in a training run.
///
/// ```
/// use chainrule::data::digits;
/// use chainrule::{Divergence, Error, Loss, Mlp, Model, Optimizer, TrainConfig, Trainer};
///
/// let mut model = Model::new(Mlp::builder(64).dense(10).build()?, Loss::CrossEntropy);
/// let config = TrainConfig::default().optimizer(Optimizer::Sgd { lr: 1e38 });
/// match Trainer::new(config)?.resume(&mut model, &digits(), None, ()) {
///     Err(Error::Diverged { what: Divergence::Loss, step, .. }) => assert_eq!(step, 2), // by the weights of the first
///     other => panic!("{other:?}"),
/// }
/// assert!(model.mlp.is_finite()); // the network is the one from before
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Divergence {
    /// The loss of a step.
    Loss,
    /// The gradient by the outputs that a loss of the caller's own wrote in a step.
    Gradient {
        /// NaN or infinity.
        value: f64,
    },
    /// A parameter, when the last step of the epoch was done.
    Parameter {
        /// Its number among the network's modules.
        module: usize,
        /// NaN or infinity.
        value: f64,
    },
    /// A running mean or variance of a batch normalisation, when the last step of the epoch was done.
    Running {
        /// Its number among the network's modules.
        module: usize,
        /// NaN or infinity.
        value: f64,
    },
    /// An output for a row of the validation part, after the epoch.
    ValidationOutput {
        /// The row, counted from 1.
        row: usize,
        /// The output, counted from 1.
        output: usize,
        /// NaN or infinity.
        value: f64,
    },
    /// The loss over rows of the validation part whose outputs are finite, after the epoch.
    ValidationLoss {
        /// The first of the rows, counted from 1.
        first: usize,
        /// The last of them.
        last: usize,
        /// NaN or infinity.
        value: f64,
    },
}

/// The words of [`Error::Diverged`](crate::Error::Diverged), whose fields these are.
pub(crate) fn words(what: Divergence, epoch: usize, step: usize, loss: f64, layer: Option<usize>) -> String {
    let (at, of_dense) =
        (format!("at step {step} of epoch {epoch}"), layer.map(|layer| format!("dense layer {layer}")));
    let found = match (what, of_dense) {
        (Divergence::Loss, None) => format!("the loss became {loss} {at}"),
        (Divergence::Loss, Some(dense)) => {
            format!("the loss became {loss} {at}, by numbers that overflowed in {dense}")
        }
        (Divergence::Gradient { value }, _) => format!("the loss wrote {value} as a gradient {at}"),
        (Divergence::Parameter { value, .. }, Some(dense)) => format!("a parameter of {dense} became {value} {at}"),
        (Divergence::Parameter { module, value }, None) => {
            format!("a parameter of module {module} became {value} {at}")
        }
        (Divergence::Running { module, value }, _) => {
            format!("a running statistic of module {module}, batch_norm, became {value} {at}")
        }
        (Divergence::ValidationOutput { row, output, value }, _) => {
            format!("output {output} of validation row {row} became {value} after epoch {epoch}")
        }
        (Divergence::ValidationLoss { first, last, value }, _) => {
            format!("the loss of validation rows {first} to {last} became {value} after epoch {epoch}")
        }
    };
    let kept = if epoch == 1 { "the start".to_owned() } else { format!("the end of epoch {}", epoch - 1) };
    format!(
        "{found}: training diverged; the weights are those of {kept}. Try a smaller learning rate, scaled features, or \
         clipped gradients"
    )
}

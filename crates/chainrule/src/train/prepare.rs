//! Checks before the first step: whether the network, the rows and the settings fit together, and which rows count.

use chainrule_kernel::Scalar;
use chainrule_model::{Layer, Mlp};

use super::finite::{NotFinite, first_not_finite};
use super::{ClassWeights, EarlyStopping, Monitor, TrainConfig};
use crate::compatibility::check_columns;
use crate::data::Dataset;
use crate::{Divergence, Error, Result};

/// The training rows: those whose weight is above 0; `None` if these are all rows.
pub(super) fn rows_that_count<T: Scalar>(data: &Dataset<T>) -> Result<Option<Vec<usize>>> {
    let Some(weights) = data.weights() else { return Ok(None) };
    let rows: Vec<usize> = (0..data.rows()).filter(|&row| weights[row] > T::ZERO).collect();
    if rows.is_empty() {
        let found = format!("0 for each of the {} rows", data.rows());
        return Err(Error::Argument { name: "weights of rows", found, expected: "one above 0".to_owned() });
    }
    Ok((rows.len() < data.rows()).then_some(rows))
}

/// Refuses a network with an infinite or NaN number.
pub(super) fn check_start<T: Scalar>(mlp: &Mlp<T>) -> Result<()> {
    let Some(NotFinite { what, .. }) = first_not_finite(mlp) else { return Ok(()) };
    let found = match what {
        Divergence::Running { module, value } => format!("{value} as a running statistic of module {module}"),
        Divergence::Parameter { module, value } => format!("{value} as a parameter of module {module}"),
        other => format!("{other:?}"),
    };
    Err(Error::Argument { name: "network", found, expected: "finite numbers to start from".to_owned() })
}

/// Refuses settings that only make sense with validation, and a monitor that it does not have: `with_accuracy` says whether rows
/// are right or wrong. `loss` is what the loss is called.
pub(super) fn check_validation(config: &TrainConfig, with_accuracy: Option<bool>, loss: &str) -> Result<()> {
    let Some(with_accuracy) = with_accuracy else { return config.check_without_validation() };
    let Some(EarlyStopping { monitor, .. }) = config.early_stopping else { return Ok(()) };
    let there: Vec<Monitor> =
        Monitor::ALL.iter().copied().filter(|&monitor| with_accuracy || monitor != Monitor::Accuracy).collect();
    if there.contains(&monitor) {
        return Ok(());
    }
    let names: Vec<String> = there.iter().map(Monitor::to_string).collect();
    Err(Error::Argument {
        name: "monitor",
        found: format!("{monitor}, which {loss} does not have without class labels"),
        expected: format!("one that it has: {}", names.join(", ")),
    })
}

/// Checks a run with a loss of the caller's own: refuses settings that only the library's losses have, and features of
/// another width than the network's input. Targets are not checked: the loss may take any.
pub(super) fn check_own_loss<T: Scalar>(config: &TrainConfig, mlp: &Mlp<T>, data: &Dataset<T>) -> Result<()> {
    let shaped = [
        ("class weights", config.class_weights != ClassWeights::Equal),
        ("positive weights", config.positive_weights.is_some()),
        ("label smoothing", config.label_smoothing != 0.0),
    ];
    if let Some((name, _)) = shaped.into_iter().find(|(_, is_set)| *is_set) {
        let expected = "none with a loss of your own, which applies weights itself".to_owned();
        return Err(Error::Argument { name, found: "some".to_owned(), expected });
    }
    check_columns(mlp, data.cols())
}

/// Refuses, for L-BFGS, networks with dropout or batch normalisation, whose training loss differs between passes or from
/// that of evaluation.
pub(super) fn check_repeatable<T: Scalar>(mlp: &Mlp<T>) -> Result<()> {
    let changes = |layer: &&Layer| matches!(layer, Layer::Dropout { .. } | Layer::BatchNorm { .. });
    match mlp.layers().iter().find(changes) {
        Some(layer) => Err(Error::Argument {
            name: "lbfgs",
            found: format!("a network with {layer}"),
            expected: "layers that do the same in each pass".to_owned(),
        }),
        None => Ok(()),
    }
}

/// Refuses checkpoints of a run that cannot go on from one.
pub(super) fn check_checkpoints(config: &TrainConfig, are_asked: bool) -> Result<()> {
    if !are_asked || config.lbfgs.is_none() {
        return Ok(());
    }
    let expected = "none with lbfgs, whose past steps are not stored, or an optimiser that takes steps".to_owned();
    Err(Error::Argument { name: "checkpoints", found: "some".to_owned(), expected })
}

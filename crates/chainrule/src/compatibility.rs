//! Checks that a dataset, a network and a loss are compatible: once, before the first step.

use chainrule_kernel::Scalar;
use chainrule_model::{Loss, Mlp};

use crate::data::{Dataset, Targets};
use crate::{Error, Place, Result};

/// The largest distance of the sum of a row's probabilities from 1: f32 sums of thousands of them are this exact.
const MASS_TOLERANCE: f64 = 1e-3;

/// Refuses a dataset whose columns or targets the network or the loss does not take.
pub(crate) fn check_compatible<T: Scalar>(mlp: &Mlp<T>, data: &Dataset<T>, loss: Loss) -> Result<()> {
    loss.check_after(mlp.layers().last())?;
    check_columns(mlp, data.cols())?;
    if !data.is_labelled() {
        let expected = "targets, which a loss needs".to_owned();
        return Err(Error::Argument { name: "data", found: "rows without targets".to_owned(), expected });
    }
    match data.targets() {
        Targets::Classes { classes, .. } if *classes > mlp.outputs() => Err(Error::Shape {
            origin: "labels".to_owned(),
            found: format!("{classes} classes"),
            expected: format!("at most {}, the outputs of the network", mlp.outputs()),
        }),
        Targets::Classes { .. } => Ok(()),
        Targets::Values { cols, .. } if *cols != mlp.outputs() => Err(Error::Shape {
            origin: "targets".to_owned(),
            found: format!("{cols} columns"),
            expected: format!("{}, one for each output of the network", mlp.outputs()),
        }),
        Targets::Values { values, cols } => check_values(values, *cols, loss),
    }
}

/// Refuses minibatches of a single row, which have no variance, for networks with batch normalisation. Only the last
/// minibatch of an epoch can be that short.
pub(crate) fn check_rows<T: Scalar>(mlp: &Mlp<T>, rows: usize, batch: usize) -> Result<()> {
    let last = if rows.is_multiple_of(batch) { batch } else { rows % batch };
    if last > 1 || mlp.batches().is_empty() {
        return Ok(());
    }
    Err(Error::Argument {
        name: "batch",
        found: format!("{rows} rows in batches of {batch}, the last of which has {last}"),
        expected: match rows {
            1 => "more than one row, for batch_norm".to_owned(),
            _ => "at least 2 rows in each, for batch_norm; another size leaves another rest".to_owned(),
        },
    })
}

/// Refuses features of another width than the network's input.
pub(crate) fn check_columns<T: Scalar>(mlp: &Mlp<T>, cols: usize) -> Result<()> {
    if cols == mlp.inputs() {
        return Ok(());
    }
    Err(Error::Shape {
        origin: "features".to_owned(),
        found: format!("{cols} columns"),
        expected: format!("{}, the inputs of the network", mlp.inputs()),
    })
}

fn check_values<T: Scalar>(values: &[T], cols: usize, loss: Loss) -> Result<()> {
    for (row, values) in values.chunks_exact(cols).enumerate() {
        if let Some((found, expected)) = incompatibility(values, loss) {
            return Err(Error::format("targets", Place::Row(row + 1), found, expected));
        }
    }
    Ok(())
}

/// What cross-entropy expects of a row of values.
const PROBABILITIES: &str = "probabilities that add up to 1, as cross-entropy needs; other values need a squared loss";
/// What binary cross-entropy expects of each value.
const SHARES: &str = "a number from 0 to 1, as binary cross-entropy needs; other values need a squared loss";

/// What is wrong with a row of values as a target of this loss, and what the loss expects; `None` if nothing is.
pub(crate) fn incompatibility<T: Scalar>(
    row: &[T], // (outputs)
    loss: Loss,
) -> Option<(String, &'static str)> {
    match loss {
        Loss::CrossEntropy => Some((no_probabilities(row)?, PROBABILITIES)),
        Loss::BinaryCrossEntropy => {
            let column = row.iter().position(|t| *t < T::ZERO || *t > T::ONE)?;
            Some((format!("{} in column {}", row[column], column + 1), SHARES))
        }
        _ => None,
    }
}

/// Why a row is no probability distribution; `None` if it is one.
fn no_probabilities<T: Scalar>(row: &[T], // (classes)
) -> Option<String> {
    if let Some(column) = row.iter().position(|p| *p < T::ZERO) {
        return Some(format!("{} in column {}", row[column], column + 1));
    }
    let sum: f64 = row.iter().map(|p| p.to_f64()).sum();
    ((sum - 1.0).abs() > MASS_TOLERANCE).then(|| format!("a sum of {sum}"))
}

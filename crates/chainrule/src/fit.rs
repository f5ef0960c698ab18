//! Whether a dataset, a network and a loss belong together: asked once, before the first step.

use chainrule_kernel::Scalar;
use chainrule_model::{Loss, Mlp};

use crate::data::{Dataset, Targets};
use crate::{Error, Place, Result};

/// How far the probabilities of a row may be from adding up to 1: f32 sums of thousands of them are this exact.
const MASS_TOLERANCE: f64 = 1e-3;

/// Refuses what could only fail later, or learn nonsense.
pub(crate) fn check_fit<T: Scalar>(mlp: &Mlp<T>, data: &Dataset<T>, loss: Loss) -> Result<()> {
    loss.check_after(mlp.layers().last())?;
    check_columns(mlp, data.cols())?;
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

/// Refuses minibatches of a single row, whose variance batch normalisation cannot learn from: one is as short as the
/// last.
pub(crate) fn check_rows<T: Scalar>(mlp: &Mlp<T>, rows: usize, batch: usize) -> Result<()> {
    let last = if rows.is_multiple_of(batch) { batch } else { rows % batch };
    if last > 1 || mlp.batches().is_empty() {
        return Ok(());
    }
    Err(Error::Argument {
        name: "batch",
        found: format!("{rows} rows in batches of {batch}, the last of which has {last}"),
        expected: "at least 2 rows in each, for batch_norm; another size leaves another rest".to_owned(),
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
        if let Some((found, expected)) = unfit(values, loss) {
            return Err(Error::format("targets", Place::Row(row + 1), found, expected));
        }
    }
    Ok(())
}

/// What cross-entropy needs of a row of values.
const PROBABILITIES: &str = "probabilities that add up to 1, as cross-entropy needs; other values need a squared loss";
/// What binary cross-entropy needs of each.
const SHARES: &str = "a number from 0 to 1, as binary cross-entropy needs; other values need a squared loss";

/// What keeps a row of values from being a target of this loss, and what it takes; nothing if it is one.
pub(crate) fn unfit<T: Scalar>(
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

/// Why a row is not probabilities, unless it is.
fn no_probabilities<T: Scalar>(row: &[T], // (classes)
) -> Option<String> {
    if let Some(column) = row.iter().position(|p| *p < T::ZERO) {
        return Some(format!("{} in column {}", row[column], column + 1));
    }
    let sum: f64 = row.iter().map(|p| p.to_f64()).sum();
    ((sum - 1.0).abs() > MASS_TOLERANCE).then(|| format!("a sum of {sum}"))
}

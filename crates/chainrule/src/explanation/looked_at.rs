//! Which rows are looked at, and whether they are images.

use std::borrow::Cow;

use chainrule_kernel::Scalar;

use crate::data::{Dataset, Preprocess};
use crate::{Model, Result};

/// Rows that are looked at one by one: charts of more say no more.
pub(crate) const MOST_ROWS: usize = 20_000;

/// Rows of images keep their scale; each column of a table has its own.
pub(crate) fn is_images<T: Scalar>(model: &Model<T>) -> bool {
    let side = model.mlp.inputs().isqrt();
    matches!(model.preprocess, Preprocess::Scale { .. }) && side >= 4 && side * side == model.mlp.inputs()
}

/// At most `most` rows, spread evenly over the data. They are in memory.
pub(crate) fn spread<T: Scalar>(data: &Dataset<T>, most: usize) -> Result<Cow<'_, Dataset<T>>> {
    let rows = data.rows();
    if rows <= most && data.features().memory().is_none() {
        return Ok(Cow::Borrowed(data));
    }
    let count = rows.min(most);
    let chosen: Vec<usize> = (0..count).map(|at| (at as u128 * rows as u128 / count as u128) as usize).collect();
    data.select(&chosen).map(Cow::Owned)
}

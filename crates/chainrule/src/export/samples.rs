//! Rows that a source is tested with: made up, like the rows that the model was trained on where it knows their scale, with
//! what the model predicts for them.

use chainrule_kernel::Scalar;
use chainrule_model::random::{Purpose, Stream};

use super::blueprint::{Blueprint, Column, ColumnKind, FeatureScaling};
use crate::data::{Features, exp_m1};
use crate::{Model, Result};

/// How many rows.
const ROWS: usize = 4;
/// The distance of outputs that is allowed, in units in the last place of the largest: in f32, whose sums a source rounds as
/// the model does.
const ULPS: f64 = 4.0;
/// In f64, where it rounds products and sums apart, and in eight bits, where it multiplies sums by the scale, the model
/// weights.
const ULPS_OTHERWISE: f64 = 64.0;

/// Rows of columns and their outputs.
pub(crate) struct Samples {
    /// Each (columns); a category as its index, a missing value as NaN.
    pub(crate) columns: Vec<Vec<f64>>,
    /// Each (outputs).
    pub(crate) outputs: Vec<Vec<f64>>,
    /// How far an output of a source may be from these.
    pub(crate) tolerance: f64,
}

impl Samples {
    /// Rows for a model, whose outputs `model` gives.
    ///
    /// # Errors
    /// When an output is infinite or NaN.
    pub(crate) fn of<T: Scalar>(blueprint: &Blueprint, model: &Model<T>, int8: bool) -> Result<Self> {
        let columns: Vec<Vec<f64>> = (0..ROWS).map(|row| columns(blueprint, row)).collect();
        let outputs = predict(blueprint, model, &columns)?;
        let largest = outputs.iter().flatten().fold(0.0, |most: f64, y| most.max(y.abs()));
        let ulps = if int8 || T::NAME == "f64" { ULPS_OTHERWISE } else { ULPS };
        // A unit in the last place of y is at least y times the unit roundoff, which is half of that of 1.
        let tolerance = T::from_f64(2.0 * ulps * T::UNIT_ROUNDOFF.to_f64() * largest).to_f64();
        Ok(Samples { columns, outputs, tolerance })
    }
}

/// What a model predicts for rows of columns that it does not refuse, (outputs) each: on the calling thread, as those of a file are
/// few.
pub(crate) fn predict<T: Scalar>(
    blueprint: &Blueprint,
    model: &Model<T>,
    columns: &[Vec<f64>],
) -> Result<Vec<Vec<f64>>> {
    let encoded: Vec<Vec<f64>> = columns.iter().filter_map(|row| blueprint.encode(row)).collect();
    let data = encoded.iter().flatten().map(|x| T::from_f64(*x)).collect();
    let mut features = Features::new(encoded.len(), blueprint.inputs, data)?;
    features.set_preprocessing(model.preprocess.clone());
    let outputs = model.predict_alone(&features)?;
    Ok(outputs.chunks_exact(blueprint.outputs).map(|row| row.iter().map(|y| y.to_f64()).collect()).collect())
}

/// A row: every fourth lacks what may be missing.
pub(crate) fn columns(blueprint: &Blueprint, row: usize) -> Vec<f64> {
    let mut stream = Stream::new(1, Purpose::Synthetic, row as u64);
    let mut feature = 0;
    let is_missing = row % ROWS == ROWS - 1;
    let value = |column: &Column| {
        let kind = &column.kind;
        let (here, noise) = (feature, stream.normal());
        feature += kind.width();
        // As the columns of such a model: f32 where it was trained on those.
        let rounded = |x: f64| if blueprint.has_table || blueprint.is_double { x } else { f64::from(x as f32) };
        let number = match &blueprint.scaling {
            FeatureScaling::None => noise,
            FeatureScaling::Factor(factor) => noise.abs() / factor,
            FeatureScaling::Affine { shift, scale, .. } => shift[here] + noise * scale[here],
        };
        match kind {
            ColumnKind::Number { fill: Some(_), .. } | ColumnKind::Flag { fill: Some(_), .. } if is_missing => f64::NAN,
            ColumnKind::Category { fill: Some(_), .. } if is_missing => f64::NAN,
            ColumnKind::Number { .. } if column.log1p => exp_m1(number),
            ColumnKind::Number { .. } => rounded(number),
            ColumnKind::Flag { .. } => stream.below(2) as f64,
            ColumnKind::Category { levels, .. } => stream.below(levels.len() as u64) as f64,
        }
    };
    blueprint.columns.iter().map(value).collect()
}

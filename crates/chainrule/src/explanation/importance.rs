//! What each column is worth: how much worse the model is when that column's values are shuffled among the rows (Breiman,
//! "Random forests", 2001, section 10; Fisher, Rudin and Dominici, "All models are wrong, but many are useful", 2019).

use std::ops::Range;

use chainrule_kernel::Scalar;
use chainrule_model::random::{Purpose, Stream};

use super::columns::{TableColumn, columns};
use super::looked_at::spread;
use crate::data::{Dataset, Features};
use crate::train::evaluate_network;
use crate::{Model, Result};

/// Shuffles of each column.
pub(crate) const SHUFFLES: u64 = 5;
/// Rows that are shuffled, at most.
const ROWS: usize = 2000;
/// Multiply-adds that it may take: about two seconds of one core.
const WORK: usize = 20_000_000_000;

/// What one column is worth.
///
/// ```
/// use chainrule::data::digits;
/// use chainrule::explanation::permutation_importance;
/// use chainrule::{Loss, Mlp, Model};
///
/// let model = Model::new(Mlp::builder(64).dense(10).build()?, Loss::CrossEntropy);
/// let columns = permutation_importance(&model, &digits::<f32>())?;
/// assert_eq!(columns.len(), 64);
/// assert!(columns[0].loss >= columns[63].loss);
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Importance {
    /// What the column is called.
    pub column: String,
    /// By how much the mean loss rises when the column is shuffled, the mean of five shuffles: of one value in its own unit, of
    /// several of the values as they were learned, standardised unless it was said otherwise.
    pub loss: f64,
    /// The standard deviation of that over the shuffles.
    pub deviation: f64,
    /// By how much the share of right answers falls, of a classifier.
    pub accuracy: Option<f64>,
}

/// What every column of the table is worth to the model, the most important first. At most 2,000 rows are shuffled, spread
/// evenly over the data, fewer for large networks. The shuffles are always the same.
///
/// # Errors
/// As [`Model::evaluate`].
pub fn permutation_importance<T: Scalar>(model: &Model<T>, data: &Dataset<T>) -> Result<Vec<Importance>> {
    let columns = columns(data);
    let passes = columns.len() * SHUFFLES as usize;
    let rows = (WORK / (passes * model.mlp.params().len()).max(1)).clamp(100, ROWS);
    let looked_at = spread(data, rows)?;
    let data = model.prepared(&looked_at)?.into_owned();
    // Errors in kg and in cm do not add up: of several values each counts as it was learned, by its deviation.
    let data = if model.mlp.outputs() > 1 { data.measured_as_learned() } else { data };
    let whole = evaluate_network(&model.mlp, &data, model.loss)?;
    let mut worths = Vec::with_capacity(columns.len());
    for (at, TableColumn { name: column, range, .. }) in columns.into_iter().enumerate() {
        let (mut rises, mut falls) = (Vec::new(), Vec::new());
        for shuffle in 0..SHUFFLES {
            let mut stream = Stream::at(0, Purpose::Importance, at as u64, shuffle);
            let shuffled = shuffled(&data, &range, &mut stream)?;
            let found = evaluate_network(&model.mlp, &shuffled, model.loss)?;
            rises.push(found.loss - whole.loss);
            falls.extend(whole.accuracy.zip(found.accuracy).map(|(whole, found)| whole - found));
        }
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        let loss = mean(&rises);
        let variance = mean(&rises.iter().map(|value| (value - loss).powi(2)).collect::<Vec<_>>());
        let accuracy = (!falls.is_empty()).then(|| mean(&falls));
        worths.push(Importance { column, loss, deviation: variance.sqrt(), accuracy });
    }
    worths.sort_by(|a, b| b.loss.total_cmp(&a.loss));
    Ok(worths)
}

/// The same rows, with the values of these features among other rows.
fn shuffled<T: Scalar>(data: &Dataset<T>, range: &Range<usize>, stream: &mut Stream) -> Result<Dataset<T>> {
    let (rows, cols) = (data.rows(), data.cols());
    let old = data.features().data();
    let mut new = old.to_vec();
    let mut order: Vec<usize> = (0..rows).collect();
    stream.shuffle(&mut order);
    for (row, from) in order.into_iter().enumerate() {
        new[row * cols..][range.clone()].copy_from_slice(&old[from * cols..][range.clone()]);
    }
    let mut features = Features::new(rows, cols, new)?;
    features.set_preprocessing(data.features().preprocessing().clone());
    Ok(data.clone().with_features(features))
}

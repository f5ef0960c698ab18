//! What each column is worth: how much worse the model is when that column's values are shuffled among the rows (Breiman,
//! "Random forests", 2001, section 10; Fisher, Rudin and Dominici, "All models are wrong, but many are useful", 2019).

use std::ops::Range;

use chainrule_explain::page::{Html, bar, table};
use chainrule_kernel::Scalar;
use chainrule_model::random::{Purpose, Stream};

use super::sample::spread;
use super::words::{number, percent};
use crate::data::{Dataset, Features};
use crate::train::evaluate_network;
use crate::{Model, Result};

/// With more columns the section is left out: each needs passes of its own.
const COLUMNS: usize = 256;
/// Shuffles of each column.
const SHUFFLES: u64 = 5;
/// Rows that are shuffled, at most.
const ROWS: usize = 2000;
/// Multiply-adds that the section may take: about two seconds of one core.
const WORK: usize = 20_000_000_000;
/// Lines of the table.
const SHOWN: usize = 40;

/// What one column is worth.
pub(super) struct Worth {
    pub(super) name: String,
    /// By how much the mean loss rises, and the standard deviation over the shuffles.
    loss: [f64; 2],
    /// By how much the share of right answers falls.
    accuracy: Option<f64>,
}

/// The columns, the most important first; none where there are too many.
pub(super) fn of<T: Scalar>(model: &Model<T>, data: &Dataset<T>) -> Result<Vec<Worth>> {
    let columns = columns(data);
    if columns.len() > COLUMNS {
        return Ok(Vec::new());
    }
    let passes = columns.len() * SHUFFLES as usize;
    let rows = (WORK / (passes * model.mlp.params().len()).max(1)).clamp(100, ROWS);
    let data = spread(data, rows)?;
    let whole = evaluate_network(&model.mlp, &data, model.loss)?;
    let mut worths = Vec::with_capacity(columns.len());
    for (at, (name, range)) in columns.into_iter().enumerate() {
        let (mut rises, mut falls) = (Vec::new(), Vec::new());
        for shuffle in 0..SHUFFLES {
            let mut stream = Stream::at(0, Purpose::Importance, at as u64, shuffle);
            let shuffled = shuffled(&data, &range, &mut stream)?;
            let found = evaluate_network(&model.mlp, &shuffled, model.loss)?;
            rises.push(found.loss - whole.loss);
            falls.extend(whole.accuracy.zip(found.accuracy).map(|(whole, found)| whole - found));
        }
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        let rise = mean(&rises);
        let variance = mean(&rises.iter().map(|value| (value - rise).powi(2)).collect::<Vec<_>>());
        let accuracy = (!falls.is_empty()).then(|| mean(&falls));
        worths.push(Worth { name, loss: [rise, variance.sqrt()], accuracy });
    }
    worths.sort_by(|a, b| b.loss[0].total_cmp(&a.loss[0]));
    Ok(worths)
}

/// The columns of the table that the features came from, and which features are of each.
fn columns<T: Scalar>(data: &Dataset<T>) -> Vec<(String, Range<usize>)> {
    match data.schema() {
        Some(schema) => schema.columns_of_features(),
        None => (0..data.cols()).map(|column| (format!("column {}", column + 1), column..column + 1)).collect(),
    }
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

pub(super) fn section(worths: &[Worth]) -> Html {
    let largest = worths.iter().map(|worth| worth.loss[0]).fold(f64::MIN_POSITIVE, f64::max);
    let has_accuracy = worths.iter().any(|worth| worth.accuracy.is_some());
    let line = |worth: &Worth| {
        let [rise, deviation] = worth.loss;
        let mut cells =
            vec![Html::text(&worth.name), bar(&number(rise), rise / largest), Html::text(number(deviation))];
        if has_accuracy {
            cells.push(Html::text(worth.accuracy.map(percent).unwrap_or_default()));
        }
        cells
    };
    let mut header = vec!["column", "the loss rises by", "deviation"];
    header.extend(has_accuracy.then_some("accuracy falls by"));
    let caption = format!(
        "Each column is shuffled among the rows {SHUFFLES} times. Of two columns that say the same, neither seems to matter.{}",
        if worths.len() > SHOWN { format!(" The first {SHOWN} of {}.", worths.len()) } else { String::new() }
    );
    table(&caption, &header, worths.iter().take(SHOWN).map(line).collect())
}

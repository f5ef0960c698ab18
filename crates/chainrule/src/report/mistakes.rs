//! The rows that the model is most wrong about.

use chainrule_explain::page::{Html, bitmap, table};
use chainrule_kernel::Scalar;

use super::answers::Answers;
use super::sample::is_images;
use super::words::number;
use crate::Model;
use crate::data::{Dataset, Preprocess};

/// Columns of a row that are shown, the most important.
const COLUMNS: usize = 8;

pub(super) fn section<T: Scalar>(
    model: &Model<T>,
    data: &Dataset<T>,
    answers: &Answers,
    worst: &[usize],
    order: &[&str],
) -> Html {
    if worst.is_empty() {
        return Html::paragraph("None: every answer is right.");
    }
    match is_images(model) {
        true => images(model, data, answers, worst),
        false => rows(model, data, answers, worst, order),
    }
}

fn images<T: Scalar>(model: &Model<T>, data: &Dataset<T>, answers: &Answers, worst: &[usize]) -> Html {
    let side = data.cols().isqrt();
    let figure = |&row: &usize| {
        let pixels: Vec<f64> = data.features().row(row).iter().map(|pixel| pixel.to_f64()).collect();
        let words = answers.words(model, row);
        let caption = format!("row {}: {}, answered {}", row + 1, words.truth, words.answer);
        Html::figure(bitmap(&pixels, side, &format!("row {}", row + 1)), caption)
    };
    Html::element("div", &[("class", "gallery".to_owned())], worst.iter().map(figure).collect())
}

fn rows<T: Scalar>(model: &Model<T>, data: &Dataset<T>, answers: &Answers, worst: &[usize], order: &[&str]) -> Html {
    let columns = match data.schema() {
        Some(schema) => schema.columns_of_features(),
        None => (0..data.cols()).map(|column| (format!("column {}", column + 1), column..column + 1)).collect(),
    };
    let names = data.schema().map(|schema| schema.feature_names()).unwrap_or_default();
    let mut shown: Vec<usize> = (0..columns.len()).collect();
    shown.sort_by_key(|&at| order.iter().position(|name| *name == columns[at].0).unwrap_or(usize::MAX));
    shown.truncate(COLUMNS);
    let cell = |row: &[T], at: usize| {
        let (name, range) = &columns[at];
        let values: Vec<f64> =
            range.clone().map(|feature| undone(&model.preprocess, feature, row[feature].to_f64())).collect();
        let is_missing = |feature: usize| names.get(feature).is_some_and(|name| name.ends_with(" is missing"));
        match &values[..] {
            [value] => number(*value),
            [_, flag] if is_missing(range.start + 1) && *flag > 0.5 => "missing".to_owned(),
            [value, _] if is_missing(range.start + 1) => number(*value),
            one_hot => {
                let level = one_hot.iter().position(|value| *value > 0.5).and_then(|at| names.get(range.start + at));
                let level = level.and_then(|level| level.strip_prefix(&format!("{name}=")));
                level.unwrap_or("another").to_owned()
            }
        }
    };
    let line = |&row: &usize| {
        let words = answers.words(model, row);
        let features = data.features().row(row);
        let mut cells: Vec<String> =
            vec![(row + 1).to_string(), words.truth, words.answer, number(answers.wrongness[row])];
        cells.extend(shown.iter().map(|&at| cell(&features, at)));
        cells.into_iter().map(Html::text).collect()
    };
    let mut header = vec!["row", "true", "answered", "how wrong"];
    header.extend(shown.iter().map(|&at| columns[at].0.as_str()));
    let caption = "Rows of the part that is judged by, counted from 1. How wrong: the loss of the row; of values, the error in \
                   standard deviations of the target.";
    table(caption, &header, worst.iter().map(line).collect())
}

/// The feature in its own unit.
fn undone(preprocess: &Preprocess, feature: usize, value: f64) -> f64 {
    match preprocess {
        Preprocess::None => value,
        Preprocess::Scale { factor } => value / factor,
        Preprocess::Standardize { mean: shift, std: scale } | Preprocess::Shift { shift, scale } => {
            value * scale[feature] + shift[feature]
        }
    }
}

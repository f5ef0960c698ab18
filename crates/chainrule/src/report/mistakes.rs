//! The rows that the model is most wrong about.

use std::collections::HashMap;

use chainrule_explain::page::{Html, bitmap, table};
use chainrule_kernel::Scalar;

use super::answers::Answers;
use super::words::number;
use crate::Model;
use crate::data::Dataset;
use crate::explanation::{columns, is_images};

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
        let caption = format!("row {}: {}, answered {}", row + 1, words.truth.unwrap_or_default(), words.answer);
        Html::figure(bitmap(&pixels, side, &format!("row {}", row + 1)), caption)
    };
    Html::element("div", &[("class", "gallery".to_owned())], worst.iter().map(figure).collect())
}

fn rows<T: Scalar>(model: &Model<T>, data: &Dataset<T>, answers: &Answers, worst: &[usize], order: &[&str]) -> Html {
    let columns = columns(data);
    let mut shown: Vec<usize> = (0..columns.len()).collect();
    let places: HashMap<&str, usize> = order.iter().copied().zip(0..).collect();
    shown.sort_by_key(|&at| places.get(&*columns[at].name).copied().unwrap_or(usize::MAX));
    shown.truncate(COLUMNS);
    let cell = |row: &[T], at: usize| columns[at].cell(&model.preprocess, row);
    let line = |&row: &usize| {
        let words = answers.words(model, row);
        let features = data.features().row(row);
        let mut cells: Vec<String> =
            vec![(row + 1).to_string(), words.truth.unwrap_or_default(), words.answer, number(answers.wrongness[row])];
        cells.extend(shown.iter().map(|&at| cell(&features, at)));
        cells.into_iter().map(Html::text).collect()
    };
    let mut header = vec!["row", "true", "answered", "how wrong"];
    header.extend(shown.iter().map(|&at| columns[at].name.as_str()));
    let caption = "Rows of the part that is judged by, counted from 1. How wrong: the loss of the row; of values, the error in \
                   standard deviations of the target.";
    table(caption, &header, worst.iter().map(line).collect())
}

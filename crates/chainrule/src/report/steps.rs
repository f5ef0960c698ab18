//! Some rows with every number of their training step, to be stepped through.

use chainrule_explain::page::Html;
use chainrule_explain::trace::{Quantity, RowWords, Section, Trace};
use chainrule_kernel::Scalar;
use chainrule_model::{Layer, Optimizer};
use serde::Serialize;

use crate::data::Dataset;
use crate::trace::{Shown, trace_model};
use crate::{Model, Result};

/// The worst rows, and others.
const WORST: usize = 4;
const OTHERS: usize = 4;
/// Of a larger quantity, the first rows and columns are shown.
const SIDE: usize = 64;
const NUMBERS: usize = 1024;
/// A network with more parameters is not traced for a page: its gradients alone are as many numbers.
const PARAMETERS: usize = 1 << 24;

#[derive(Serialize)]
struct Steps {
    rows: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    name: String,
    words: String,
    sections: Vec<Shortened>,
}

#[derive(Serialize)]
struct Shortened {
    title: &'static str,
    quantities: Vec<Numbers>,
}

#[derive(Serialize)]
struct Numbers {
    formula: String,
    meaning: String,
    rows: usize,
    cols: usize,
    /// Those that are not finite are null.
    values: Vec<Option<f64>>,
    /// Rows and columns of the whole, where it is larger.
    #[serde(skip_serializing_if = "Option::is_none")]
    of: Option<[usize; 2]>,
}

pub(super) fn section() -> Html {
    let note = "One step of gradient descent on one row, by the passes that training takes: forward pass, loss, backward pass. The \
                loss is the plain one, without label smoothing and weights of classes or rows; dropout drops units, as in training.";
    let stepper = Html::element("div", &[("id", "stepper".to_owned())], Html::paragraph("This part needs scripts."));
    Html::paragraph(note).and(stepper)
}

/// The rows as JSON; `None` of a network that is too large, or that trains on no row alone.
pub(super) fn json<T: Scalar>(model: &Model<T>, data: &Dataset<T>, worst: &[usize]) -> Result<Option<String>> {
    let needs_rows = model.mlp.layers().iter().any(|layer| matches!(layer, Layer::BatchNorm { .. }));
    if needs_rows || model.mlp.params().len() > PARAMETERS {
        return Ok(None);
    }
    let mut chosen: Vec<usize> = worst.iter().copied().take(WORST).collect();
    let others = (0..OTHERS).map(|at| at * data.rows() / OTHERS);
    chosen.extend(others.filter(|row| !worst.contains(row)));
    chosen.dedup();
    let update = Optimizer::Sgd { lr: 0.1 }.into();
    let rows = chosen.iter().map(|&row| {
        let trace = trace_model(model, &data.select(&[row])?, update, 1, Shown::default())?;
        let words = trace.words.first();
        let words = words.map_or_else(String::new, |RowWords { target, answer }| {
            format!("True: {}. Answered: {answer}.", target.as_deref().unwrap_or_default())
        });
        Ok(Row { name: (row + 1).to_string(), words, sections: sections(&trace) })
    });
    let steps = Steps { rows: rows.collect::<Result<_>>()? };
    Ok(serde_json::to_string(&steps).ok())
}

fn sections(trace: &Trace) -> Vec<Shortened> {
    let given = Section { title: "given", quantities: trace.given.clone() };
    let steps = trace.steps.iter().flat_map(|step| &step.sections).filter(|section| section.title != "update");
    let section = |section: &Section| Shortened {
        title: section.title,
        quantities: section.quantities.iter().map(numbers).collect(),
    };
    steps.chain(std::iter::once(&given)).map(section).collect()
}

fn numbers(quantity: &Quantity) -> Numbers {
    let matrix = &quantity.value;
    let (all_rows, all_cols) = (matrix.rows(), matrix.cols());
    // A single row may be as long as an image.
    let cols = if all_rows == 1 { all_cols.min(NUMBERS) } else { all_cols.min(SIDE) };
    let rows = all_rows.min(SIDE).min((NUMBERS / cols.max(1)).max(1));
    let value = |at: usize| Some(rounded(matrix.get(at / cols, at % cols))).filter(|value| value.is_finite());
    Numbers {
        formula: quantity.equation(),
        meaning: quantity.meaning.clone(),
        rows,
        cols,
        values: (0..rows * cols).map(value).collect(),
        of: ((rows, cols) != (all_rows, all_cols)).then_some([all_rows, all_cols]),
    }
}

/// Six digits, which is more than a page shows.
fn rounded(value: f64) -> f64 {
    format!("{value:.5e}").parse().unwrap_or(value)
}

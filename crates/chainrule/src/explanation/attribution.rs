//! What each column of one row adds to an output: the gradient by the inputs, gradient times input (Shrikumar et al., "Not
//! just a black box", 2016), and integrated gradients (Sundararajan, Taly and Yan, "Axiomatic attribution for deep networks",
//! 2017): the difference of the row from a baseline times the mean gradient on the straight way between them. Their sum is
//! f(row) - f(baseline), but for the error of the quadrature, which is given.

use std::collections::HashSet;

use chainrule_kernel::{MatRef, Scalar};
use chainrule_model::network::Intermediates;
use serde::Serialize;

use super::columns::{TableColumn, columns};
use super::looked_at::is_images;
use crate::data::{Dataset, Features, Preprocess};
use crate::report::answers::Answers;
use crate::report::words::{class_name, output_name};
use crate::{Error, Model, Result};

/// Points of the way that are computed at once.
const BATCH: usize = 256;

/// What an answer is compared with.
///
/// ```
/// use chainrule::explanation::Baseline;
/// assert_eq!(Baseline::default(), Baseline::Mean);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Baseline {
    /// The mean of the rows that the model was trained on, which standardised inputs have at zero; of categories none, and the no
    /// of a yes or no, which are zeros that nothing scales. Where inputs are not standardised, the mean of the rows given.
    #[default]
    Mean,
    /// A row of zeros, as rows come from their source.
    Zeros,
    /// A row of the data, counted from 0.
    Row(usize),
}

/// What is attributed, against what, and how finely.
///
/// ```
/// use chainrule::explanation::{AttributionRequest, Baseline};
/// let request = AttributionRequest { baseline: Baseline::Zeros, ..AttributionRequest::default() };
/// assert_eq!((request.output, request.steps), (None, 256));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct AttributionRequest {
    /// The output, by the name of its class or target; `None`: that of the answer, or the first of several values.
    pub output: Option<String>,
    /// What the answer is compared with.
    pub baseline: Baseline,
    /// Gradients between baseline and row, at least 1. The error falls as 1/steps at kinks, as 1/steps^2 elsewhere.
    pub steps: usize,
}

impl Default for AttributionRequest {
    fn default() -> Self {
        AttributionRequest { output: None, baseline: Baseline::Mean, steps: 256 }
    }
}

/// What one column adds.
///
/// ```
/// use chainrule::data::digits;
/// use chainrule::explanation::{AttributionRequest, attribute};
/// use chainrule::{Loss, Mlp, Model};
///
/// let model = Model::new(Mlp::builder(64).dense(10).build()?, Loss::CrossEntropy);
/// let found = attribute(&model, &digits::<f32>(), 0, &AttributionRequest::default())?;
/// assert_eq!(found.columns[2].column, "column 3");
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ColumnAttribution {
    /// What the column is called.
    pub column: String,
    /// What the row holds there.
    pub value: String,
    /// Whether the row holds nothing there, and the value was put in its place: where that was told by
    /// [`Attribution::mark_filled`].
    pub is_filled: bool,
    /// The gradient of the output by the column's inputs, added up; per unit of the preprocessed input.
    pub gradient: f64,
    /// The gradient times the preprocessed input, in the output's unit.
    pub gradient_times_input: f64,
    /// The integrated gradient, in the output's unit.
    pub integrated: f64,
}

/// What each column adds to an output for one row.
///
/// ```
/// use chainrule::data::digits;
/// use chainrule::explanation::{AttributionRequest, attribute};
/// use chainrule::{Loss, Mlp, Model};
///
/// let model = Model::new(Mlp::builder(64).dense(16).tanh().dense(10).build()?, Loss::CrossEntropy);
/// let found = attribute(&model, &digits::<f32>(), 7, &AttributionRequest::default())?;
/// assert_eq!((found.columns.len(), found.image_side), (64, None));
/// assert!(found.difference().abs() < 0.01 * (found.value - found.baseline_value).abs().max(1.0));
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Attribution {
    /// The target of the row, in words; `None` of a row without one.
    pub target: Option<String>,
    /// What the model answers, in words.
    pub answer: String,
    /// The probability of each class, or of yes at each output; empty for values.
    pub probabilities: Vec<(String, f64)>,
    /// The output that is attributed.
    pub output: String,
    /// Whether the output is `ln(1 + x)` of a target that is learned by logarithms, and so are the numbers below.
    pub is_log1p: bool,
    /// The output for the row: a logit, or a value in the target's unit (of a target learned by logarithms, its logarithm).
    pub value: f64,
    /// The output for the baseline.
    pub baseline_value: f64,
    /// The columns, in the order of the table.
    pub columns: Vec<ColumnAttribution>,
    /// Where the columns are the pixels of a square image: its side.
    pub image_side: Option<usize>,
    /// The preprocessed row, where it is an image.
    #[serde(skip)]
    pub image: Vec<f64>,
    /// Gradients that were computed between baseline and row.
    pub steps: usize,
}

impl Attribution {
    /// The sum of the integrated gradients.
    pub fn sum(&self) -> f64 {
        self.columns.iter().map(|column| column.integrated).sum()
    }

    /// Tells which columns, by their places in the list, hold nothing in the row: [`Examples::missing_in`](crate::data::Examples::missing_in).
    pub fn mark_filled(&mut self, places: &[usize]) {
        let places: HashSet<usize> = places.iter().copied().collect();
        self.columns.iter_mut().enumerate().for_each(|(at, column)| column.is_filled = places.contains(&at));
    }

    /// By how much the sum of the integrated gradients misses f(row) - f(baseline).
    pub fn difference(&self) -> f64 {
        self.sum() - (self.value - self.baseline_value)
    }
}

/// What each column of a row, counted from 0, adds to an output, computed by the passes that training takes, in evaluation
/// mode.
///
/// # Errors
/// When there is no such row or output, there are no steps, or as [`Model::evaluate`].
pub fn attribute<T: Scalar>(
    model: &Model<T>,
    data: &Dataset<T>,
    row: usize,
    request: &AttributionRequest,
) -> Result<Attribution> {
    check_row("row", row, data.rows())?;
    if request.steps == 0 {
        let expected = "at least 1".to_owned();
        return Err(Error::Argument { name: "steps", found: "0".to_owned(), expected });
    }
    let rows = model.prepared(&data.select(&[row])?)?.into_owned();
    let answers = Answers::of(model, &rows)?;
    let Wanted { at, name: output, is_no } = match &request.output {
        Some(name) => output_named(model, name)?,
        None => {
            let at = if model.is_classifier() { answers.answer(0) } else { 0 };
            Wanted { at, name: asked(model, at), is_no: false }
        }
    };
    let x = rows.features().row(0);
    let baseline = baseline(model, data, request.baseline)?;
    let mut function = Function::new(model, at, request.steps)?;
    if is_no {
        (function.unit, function.shift) = (-function.unit, -function.shift);
    }
    let value = function.of(&x)?;
    let gradient = function.mean_gradient(&x, &x, 1)?;
    let integrated = function.mean_gradient(&baseline, &x, request.steps)?;
    let baseline_value = function.of(&baseline)?;

    let column = |column: TableColumn<'_>| {
        let range = column.range.clone();
        let sum = |term: &dyn Fn(usize) -> f64| range.clone().map(term).sum();
        ColumnAttribution {
            value: column.cell(&model.preprocess, &x),
            is_filled: false,
            // Of a category by the input that is 1; of a number or a yes or no by its own input, not by that of what is missing.
            gradient: match column.is_category() {
                true => sum(&|i| gradient[i] * x[i].to_f64()),
                false => gradient[range.start],
            },
            gradient_times_input: sum(&|i| gradient[i] * x[i].to_f64()),
            integrated: sum(&|i| integrated[i] * (x[i].to_f64() - baseline[i].to_f64())),
            column: column.name,
        }
    };
    let words = answers.words(model, 0);
    let image_side = is_images(model).then(|| model.mlp.inputs().isqrt());
    let image = image_side.map(|_| x.iter().map(|pixel| pixel.to_f64()).collect());
    let named = |(i, p): (usize, &f64)| (asked(model, i), *p);
    Ok(Attribution {
        target: words.truth,
        answer: words.answer,
        probabilities: answers.probabilities.iter().flatten().enumerate().map(named).collect(),
        output,
        is_log1p: model.target.is_log1p(at),
        value,
        baseline_value,
        columns: columns(&rows).into_iter().map(column).collect(),
        image_side,
        image: image.unwrap_or_default(),
        steps: request.steps,
    })
}

/// One output as a function of the preprocessed inputs.
struct Function<T: Scalar> {
    parts: Intermediates<T>,
    last: usize,
    inputs: usize,
    outputs: usize,
    at: usize,
    /// The output in the target's unit is shift + unit * output.
    unit: f64,
    shift: f64,
}

impl<T: Scalar> Function<T> {
    fn new(model: &Model<T>, at: usize, steps: usize) -> Result<Self> {
        let mlp = &model.mlp;
        let (shift, unit) = model.target.scaling().map_or((0.0, 1.0), |(mean, deviation)| (mean[at], deviation[at]));
        Ok(Function {
            parts: Intermediates::try_new(mlp, steps.min(BATCH))?,
            last: mlp.layers().len() - 1,
            inputs: mlp.inputs(),
            outputs: mlp.outputs(),
            at,
            unit,
            shift,
        })
    }

    fn of(&mut self, x: &[T]) -> Result<f64> {
        self.parts.forward(MatRef::new(x, 1, self.inputs))?;
        Ok(self.shift + self.unit * self.parts.output(self.last).get(0, self.at).to_f64())
    }

    /// The mean gradient by each input at the midpoints of so many equal parts of the way.
    fn mean_gradient(
        &mut self,
        from: &[T], // (inputs)
        to: &[T],   // (inputs)
        steps: usize,
    ) -> Result<Vec<f64>> {
        let mut sums = vec![0.0; self.inputs];
        for start in (0..steps).step_by(BATCH) {
            let rows = BATCH.min(steps - start);
            let mut x = Vec::with_capacity(rows * self.inputs);
            for step in start..start + rows {
                let share = (step as f64 + 0.5) / steps as f64;
                let between = |(a, b): (&T, &T)| T::from_f64(a.to_f64() + share * (b.to_f64() - a.to_f64()));
                x.extend(from.iter().zip(to).map(between));
            }
            let x = MatRef::new(&x, rows, self.inputs);
            self.parts.forward(x)?;
            let (at, outputs) = (self.at, self.outputs);
            self.parts.backward_with(x, |y, dy| {
                dy.chunks_exact_mut(outputs).for_each(|dy| dy[at] = T::ONE);
                (0..rows).map(|row| y.get(row, at).to_f64()).sum()
            })?;
            let dx = self.parts.input_gradient();
            for row in 0..rows {
                sums.iter_mut().zip(dx.row(row)).for_each(|(sum, dx)| *sum += dx.to_f64());
            }
        }
        Ok(sums.into_iter().map(|sum| self.unit * sum / steps as f64).collect())
    }
}

/// The baseline as the network takes it, (inputs).
fn baseline<T: Scalar>(model: &Model<T>, data: &Dataset<T>, baseline: Baseline) -> Result<Vec<T>> {
    let inputs = model.mlp.inputs();
    match baseline {
        Baseline::Mean if matches!(model.preprocess, Preprocess::Standardize { .. }) => Ok(vec![T::ZERO; inputs]),
        Baseline::Mean => {
            let data = model.prepared(data)?;
            let mut sums = vec![0.0; inputs];
            for row in 0..data.rows() {
                sums.iter_mut().zip(data.features().row(row).iter()).for_each(|(sum, x)| *sum += x.to_f64());
            }
            Ok(sums.into_iter().map(|sum| T::from_f64(sum / data.rows() as f64)).collect())
        }
        Baseline::Zeros => {
            let zeros = Features::new(1, inputs, vec![T::ZERO; inputs])?;
            Ok(model.prepared_features(&zeros)?.row(0).into_owned())
        }
        Baseline::Row(row) => {
            check_row("baseline", row, data.rows())?;
            Ok(model.prepared(&data.select(&[row])?)?.features().row(0).into_owned())
        }
    }
}

fn check_row(name: &'static str, row: usize, rows: usize) -> Result<()> {
    if row < rows {
        return Ok(());
    }
    let expected = format!("1 to {rows}, the rows there are");
    Err(Error::Argument { name, found: (row + 1).to_string(), expected })
}

fn name<T: Scalar>(model: &Model<T>, output: usize) -> String {
    if model.is_classifier() { class_name(model, output) } else { output_name(model, output) }
}

/// An output that is attributed.
struct Wanted {
    at: usize,
    name: String,
    /// Whether it is the logit of no, which is that of yes with the other sign.
    is_no: bool,
}

/// What an output is called: of a single question its yes, where that has a name that is no number.
fn asked<T: Scalar>(model: &Model<T>, at: usize) -> String {
    match model.target.answers().filter(|_| model.mlp.outputs() == 1) {
        Some([_, yes]) if yes.parse::<f64>().is_err() => yes.to_owned(),
        _ => name(model, at),
    }
}

/// The output of this name; of a single question also by what no and yes are called.
fn output_named<T: Scalar>(model: &Model<T>, wanted: &str) -> Result<Wanted> {
    const LISTED: usize = 20;
    let outputs = model.mlp.outputs();
    let of = |at: usize, is_no: bool| Wanted { at, name: wanted.to_owned(), is_no };
    let words = model.target.answers().filter(|_| outputs == 1);
    if let Some(answer) = words.and_then(|words| words.iter().position(|word| *word == wanted)) {
        return Ok(of(0, answer == 0));
    }
    (0..outputs).find(|&output| name(model, output) == wanted).map(|at| of(at, false)).ok_or_else(|| {
        let mut names: Vec<String> = (0..outputs.min(LISTED)).map(|output| name(model, output)).collect();
        names.extend(words.into_iter().flatten().map(str::to_owned));
        let others = if outputs > LISTED { format!(", and {} more", outputs - LISTED) } else { String::new() };
        let expected = format!("one of {}{others}", names.join(", "));
        Error::Argument { name: "output", found: wanted.to_owned(), expected }
    })
}

//! A trace as JSON: every number whole, in its shortest form that reads back to the same bits. What is not finite is
//! `null`, which JSON has no word for.

use chainrule_explain::trace::{Matrix, Quantity, RowSummary, Section, Step, Trace};
use chainrule_model::optim::Update;
use serde::{Serialize, Serializer};

#[derive(Serialize)]
struct TraceJson<'a> {
    title: &'a str,
    notes: &'a str,
    dtype: &'a str,
    kernel: &'a str,
    layers: &'a [String],
    loss: Option<String>,
    optimizer: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    decay: Vec<String>,
    clip: Option<String>,
    summary: SummaryJson,
    given: Vec<QuantityJson<'a>>,
    steps: Vec<StepJson<'a>>,
    /// Before each step and after the last.
    losses: &'a [f64],
}

/// What is asked first.
#[derive(Serialize)]
struct SummaryJson {
    loss: Option<f64>,
    loss_after: Option<f64>,
    rows: Vec<RowJson>,
}

#[derive(Serialize)]
struct RowJson {
    row: usize,
    /// In words where the model has some; a class, counted from 0, or values.
    target: Option<Value>,
    answer: Value,
    outputs: Vec<Number>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    probabilities: Vec<Number>,
}

/// What a target or an answer is.
#[derive(Serialize)]
#[serde(untagged)]
enum Value {
    Words(String),
    Class(usize),
    Values(Vec<Number>),
}

#[derive(Serialize)]
struct StepJson<'a> {
    step: usize,
    sections: Vec<SectionJson<'a>>,
}

#[derive(Serialize)]
struct SectionJson<'a> {
    title: &'a str,
    quantities: Vec<QuantityJson<'a>>,
}

#[derive(Serialize)]
struct QuantityJson<'a> {
    name: &'a str,
    meaning: &'a str,
    /// `Z1 = X W1 + b1`, or the name of what was given.
    formula: String,
    latex: String,
    /// Rows and columns; empty for a number.
    shape: Vec<usize>,
    values: Values<'a>,
}

/// Rows of numbers, or a number; in f32, with the digits that f32 needs.
struct Values<'a> {
    matrix: &'a Matrix,
    is_f32: bool,
}

/// The trace as one line of JSON, without the newline.
pub fn to_json(trace: &Trace) -> String {
    let json = TraceJson {
        title: &trace.title,
        notes: &trace.notes,
        dtype: trace.element,
        kernel: trace.kernel,
        layers: &trace.layers,
        loss: trace.loss.map(|loss| loss.to_string()),
        optimizer: trace.update.map(|Update { optimizer, .. }| optimizer.to_string()),
        decay: trace.update.map(|Update { decay, .. }| decay.words()).unwrap_or_default(),
        clip: trace.update.and_then(|Update { clip, .. }| Some(clip?.to_string())),
        summary: summary(trace),
        given: quantities(&trace.given, trace),
        steps: trace.steps.iter().map(|one| step(one, trace)).collect(),
        losses: &trace.losses,
    };
    serde_json::to_string(&json).expect("names, numbers and nothing that can fail")
}

fn summary(trace: &Trace) -> SummaryJson {
    let is_f32 = trace.element == "f32";
    let numbers = |values: Vec<f64>| values.into_iter().map(|value| Number { value, is_f32 }).collect::<Vec<_>>();
    let row = |(at, row): (usize, RowSummary)| {
        let outputs = numbers(row.outputs.clone());
        let probabilities = numbers(row.probabilities.clone());
        let (target, answer) = match row.words {
            Some(words) => (words.target.map(Value::Words), Value::Words(words.answer)),
            None => {
                let values = Some(row.targets).filter(|targets| !targets.is_empty());
                let target = row.label.map(Value::Class).or(values.map(|values| Value::Values(numbers(values))));
                let said = if row.probabilities.is_empty() { row.outputs } else { row.probabilities };
                (target, row.class.map_or_else(|| Value::Values(numbers(said)), Value::Class))
            }
        };
        RowJson { row: trace.first_row + at, target, answer, outputs, probabilities }
    };
    let summary = trace.summary();
    let rows = summary.rows.into_iter().enumerate().map(row).collect();
    SummaryJson { loss: summary.loss, loss_after: summary.loss_after, rows }
}

fn step<'a>(step: &'a Step, trace: &Trace) -> StepJson<'a> {
    let section =
        |section: &'a Section| SectionJson { title: section.title, quantities: quantities(&section.quantities, trace) };
    StepJson { step: step.number, sections: step.sections.iter().map(section).collect() }
}

fn quantities<'a>(all: &'a [Quantity], trace: &Trace) -> Vec<QuantityJson<'a>> {
    let is_f32 = trace.element == "f32";
    let quantity = |quantity: &'a Quantity| {
        let matrix = &*quantity.value;
        QuantityJson {
            name: &quantity.name.text,
            meaning: &quantity.meaning,
            formula: quantity.equation(),
            latex: quantity.latex(),
            shape: if matrix.is_scalar() { Vec::new() } else { vec![matrix.rows(), matrix.cols()] },
            // The loss is f64 in either type.
            values: Values { matrix, is_f32: is_f32 && !matrix.is_scalar() },
        }
    };
    all.iter().map(quantity).collect()
}

impl Serialize for Values<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Values { matrix, is_f32 } = *self;
        if matrix.is_scalar() {
            return Number { value: matrix.get(0, 0), is_f32 }.serialize(serializer);
        }
        let number = |i, j| Number { value: matrix.get(i, j), is_f32 };
        let rows = (0..matrix.rows()).map(|i| (0..matrix.cols()).map(|j| number(i, j)).collect::<Vec<_>>());
        serializer.collect_seq(rows)
    }
}

struct Number {
    value: f64,
    is_f32: bool,
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.is_f32 {
            true => serializer.serialize_f32(self.value as f32),
            false => serializer.serialize_f64(self.value),
        }
    }
}

//! What is asked of a trace first: the loss, and of each row its target and the answer, the outputs and the probabilities.
//! Taken from the quantities of the first step that is shown; nothing is computed here.

use super::grid::{Detail, Grid};
use super::number::significant;
use super::{Matrix, Name, Quantity, RowWords, Trace};

/// What a trace came to.
///
/// ```
/// # mod chainrule { pub use chainrule_explain::*; pub use chainrule_model::*; }
/// use chainrule::trace::{TraceRequest, trace};
/// use chainrule::{Loss, MatRef, Mlp, TargetsRef};
///
/// let mut mlp = Mlp::builder(2).dense(3).build()?;
/// let targets = Some(TargetsRef::Classes(&[1]));
/// let request = TraceRequest { targets, loss: Loss::CrossEntropy, ..TraceRequest::forward(MatRef::new(&[1.0, 2.0], 1, 2)) };
/// let summary = trace(&mut mlp, &request)?.summary();
/// assert!(summary.loss_after < summary.loss);
/// assert_eq!((summary.rows[0].label, summary.rows[0].outputs.len()), (Some(1), 3));
/// # Ok::<(), chainrule::ModelError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Summary {
    /// The number of the step, counted from 1; `None` if none was taken.
    pub step: Option<usize>,
    /// The loss before the step, if there are targets.
    pub loss: Option<f64>,
    /// The loss after it.
    pub loss_after: Option<f64>,
    /// What the outputs are called: `Z2`.
    pub output: Name,
    /// The rows.
    pub rows: Vec<RowSummary>,
}

/// What a row came to.
///
/// ```
/// # mod chainrule { pub use chainrule_explain::*; pub use chainrule_model::*; }
/// use chainrule::trace::{TraceRequest, trace};
/// use chainrule::{MatRef, Mlp};
///
/// let mut mlp = Mlp::builder(2).dense(1).build()?;
/// let row = &trace(&mut mlp, &TraceRequest::forward(MatRef::new(&[1.0, 2.0], 1, 2)))?.summary().rows[0];
/// assert!(row.outputs.len() == 1 && row.probabilities.is_empty() && row.words.is_none());
/// # Ok::<(), chainrule::ModelError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RowSummary {
    /// Its class, counted from 0.
    pub label: Option<usize>,
    /// The class with the largest number, where there are classes.
    pub class: Option<usize>,
    /// Its target values; empty for a class.
    pub targets: Vec<f64>,
    /// What the network gives.
    pub outputs: Vec<f64>,
    /// The probability of each class or of a 1 at each output; empty for values.
    pub probabilities: Vec<f64>,
    /// Target and answer in words.
    pub words: Option<RowWords>,
}

impl Trace {
    /// The loss, and of each row target, answer, outputs and probabilities, of the first step that is shown.
    pub fn summary(&self) -> Summary {
        let first = self.steps.first();
        let output = first.and_then(|step| step.sections.iter().find(|section| section.title == "forward"));
        let output = output.and_then(|section| section.quantities.last());
        let of_loss = |name| first.and_then(|step| step.quantity("loss", name));
        let (probabilities, class) = (of_loss("P"), of_loss("class"));
        let (label, targets) = (self.given("label"), self.given("T"));
        let rows = output.map_or(0, |output| output.value.rows());
        let whole = |quantity: Option<&Quantity>, row| quantity.map(|quantity| quantity.value.get(row, 0) as usize);
        let values = |quantity: Option<&Quantity>, row: usize| {
            let value = quantity.map(|quantity| &quantity.value);
            value.map(|value| (0..value.cols()).map(|j| value.get(row, j)).collect()).unwrap_or_default()
        };
        let row = |row| RowSummary {
            label: whole(label, row),
            class: whole(class, row),
            targets: values(targets.filter(|_| label.is_none()), row),
            outputs: values(output, row),
            probabilities: values(probabilities, row),
            words: self.words.get(row).cloned(),
        };
        let number = first.map_or(1, |step| step.number);
        Summary {
            step: (self.losses.len() > 1).then_some(number),
            loss: self.losses.get(number - 1).copied(),
            loss_after: self.losses.get(number).copied(),
            output: output.map_or_else(|| Name::new("", ""), |output| output.name.clone()),
            rows: (0..rows).map(row).collect(),
        }
    }
}

impl Summary {
    /// `L = 0.42 before step 1, 0.41 after it`.
    pub(super) fn loss_words(&self, digits: usize) -> Option<String> {
        let show = |loss: f64| significant(loss, digits);
        Some(match (self.loss?, self.step.zip(self.loss_after)) {
            (loss, None) => format!("L = {}", show(loss)),
            (loss, Some((step, after))) => format!("L = {} before step {step}, {} after it", show(loss), show(after)),
        })
    }
}

impl RowSummary {
    /// Target and answer.
    pub(super) fn words(&self, detail: Detail) -> RowWords {
        if let Some(words) = &self.words {
            return words.clone();
        }
        let list = |values: &[f64]| listed(values, detail, ", ");
        let target = match self.label {
            Some(label) => Some(label.to_string()),
            None => Some(list(&self.targets)).filter(|_| !self.targets.is_empty()),
        };
        let answer = match self.class {
            Some(class) => class.to_string(),
            None if self.probabilities.is_empty() => list(&self.outputs),
            None => list(&self.probabilities),
        };
        RowWords { target, answer }
    }

    /// The numbers that the words do not say: name and values.
    pub(super) fn numbers<'s>(&'s self, output: &'s Name) -> Vec<(&'s str, &'s [f64])> {
        let are_said = self.words.is_none() && self.class.is_none();
        let outputs = Some((output.text.as_str(), &*self.outputs));
        let outputs = outputs.filter(|_| !(are_said && self.probabilities.is_empty()));
        let probabilities = Some(("P", &*self.probabilities));
        let probabilities = probabilities.filter(|(_, values)| !values.is_empty() && !are_said);
        outputs.into_iter().chain(probabilities).collect()
    }
}

/// Numbers in a row; of many, the first and the last.
pub(super) fn listed(values: &[f64], detail: Detail, between: &str) -> String {
    let grid = Grid::of(&Matrix::from_slice(values, 1, values.len()), detail);
    grid.cells.concat().join(between)
}

//! The evaluation of a network on a dataset: loss, accuracy and confusion matrix.

use chainrule_kernel::{MatRef, Scalar};
use chainrule_model::metrics::ConfusionMatrix;
use chainrule_model::{Loss, Mlp, Workspace};

use super::criterion::{Criterion, Known};
use super::decision::Decision;
use super::minibatch::Minibatch;
use super::value_errors::{Spread, ValueErrors};
use crate::compatibility::check_compatible;
use crate::data::{Dataset, TargetScaling};
use crate::{Error, Result};

/// Rows in a minibatch of an evaluation: enough for the kernels' large blocks, and few enough for the L2 cache.
pub(super) const EVALUATION_BATCH: usize = 256;

/// Loss and accuracy over a dataset: see [`Model::evaluate`](crate::Model::evaluate).
///
/// ```
/// use chainrule::data::digits;
/// use chainrule::{Evaluation, Loss, Mlp, Model};
///
/// let model = Model::new(Mlp::builder(64).dense(10).build()?, Loss::CrossEntropy);
/// let Evaluation { rows, accuracy, .. } = model.evaluate(&digits::<f32>())?;
/// println!("accuracy {:.1} % of {rows} rows", 100.0 * accuracy.unwrap());
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    /// The number of rows.
    pub rows: usize,
    /// The mean loss.
    pub loss: f64,
    /// The share of rows whose largest output is their class, or of one question whose answer is right; `None` with values and
    /// with several questions.
    pub accuracy: Option<f64>,
    /// The confusion matrix, of one question that of no and yes; `None` as `accuracy`, and in the epoch reports of a training run.
    pub confusion: Option<ConfusionMatrix>,
    /// The mean absolute error in the targets' own unit; `None` with classes and with logits.
    pub mae: Option<f64>,
    /// The share of the targets' variance that the outputs explain, the mean over the columns, of which a constant one counts 1 where
    /// it is met and otherwise 0; `None` as `mae`, and where every column of the targets is constant.
    pub r2: Option<f64>,
}

/// Evaluates the network on rows that are preprocessed as it expects.
///
/// # Errors
/// When the dataset does not fit the network or the loss, and when an output or the loss is infinite or NaN.
pub fn evaluate_network<T: Scalar>(mlp: &Mlp<T>, data: &Dataset<T>, loss: Loss) -> Result<Evaluation> {
    evaluate_with(mlp, data, loss, |_| ())
}

/// As [`evaluate_network`]; calls `see` with the outputs of each minibatch, in the order of the rows.
pub(super) fn evaluate_with<T: Scalar>(
    mlp: &Mlp<T>,
    data: &Dataset<T>,
    loss: Loss,
    mut see: impl FnMut(MatRef<'_, T>),
) -> Result<Evaluation> {
    check_compatible(mlp, data, loss)?;
    crate::forked::check()?;
    let decision = Decision::of(data, loss);
    let mut confusion = decision.is_some().then(|| ConfusionMatrix::new(decision.classes(mlp.outputs())));
    let scaling = data.target().scaling.as_ref();
    let (mut seen, mut unheld) = (0, None);
    let also = |minibatch: &Minibatch<T>, output: MatRef<'_, T>| {
        see(output);
        if let (Some(scaling), None) = (scaling, &unheld) {
            unheld = beyond_numbers(scaling, seen, output);
        }
        seen += output.rows();
        if let Some(confusion) = &mut confusion {
            (0..minibatch.rows())
                .for_each(|row| confusion.add(minibatch.class(row, decision), decision.answer(output.row(row))));
        }
    };
    let mut evaluator = Evaluator::new(mlp, data, decision).of_values(loss);
    let (found, in_unit) = evaluator.run_with(mlp, &mut Known::plain(loss), also)?;
    if let Some(error) = unheld {
        return Err(error);
    }
    // A loss of values that were scaled is told in their own unit.
    let loss = in_unit.filter(|_| scaling.is_some()).unwrap_or(found.loss);
    if !loss.is_finite() {
        return Err(Error::LossNotFinite { first: 1, last: found.rows, loss });
    }
    let found = Evaluation { loss, ..found };
    Ok(Evaluation { confusion, ..found })
}

/// The buffers of an evaluation, reused for each epoch.
pub(super) struct Evaluator<'d, T: Scalar> {
    data: &'d Dataset<T>,
    workspace: Workspace<T>,
    minibatch: Minibatch<T>,
    /// Rows of the minibatch, (batch).
    rows: Vec<usize>,
    /// How rows are answered, so that the accuracy is computed.
    decision: Decision,
    /// What errors of values are measured by.
    spread: Option<Spread>,
}

impl<'d, T: Scalar> Evaluator<'d, T> {
    pub(super) fn new(mlp: &Mlp<T>, data: &'d Dataset<T>, decision: Decision) -> Self {
        let batch = EVALUATION_BATCH.min(data.rows());
        Evaluator {
            data,
            workspace: Workspace::new(mlp, batch),
            minibatch: Minibatch::new(data, batch),
            rows: Vec::with_capacity(batch),
            decision,
            spread: None,
        }
    }

    /// The same, which tells errors of values too, if this loss is one of values.
    pub(super) fn of_values(self, loss: Loss) -> Self {
        Evaluator { spread: Spread::of(self.data, loss), ..self }
    }

    /// Loss and accuracy; no confusion matrix.
    pub(super) fn run(&mut self, mlp: &Mlp<T>, criterion: &mut impl Criterion<T>) -> Result<Evaluation> {
        Ok(self.run_with(mlp, criterion, |_, _| ())?.0)
    }

    /// As [`Evaluator::run`]; calls `see` with each minibatch and its outputs. Also returns the loss of values in their own unit.
    fn run_with(
        &mut self,
        mlp: &Mlp<T>,
        criterion: &mut impl Criterion<T>,
        mut see: impl FnMut(&Minibatch<T>, MatRef<'_, T>),
    ) -> Result<(Evaluation, Option<f64>)> {
        let (mut total, mut right, mut first) = (0.0, 0, 0);
        let mut errors = self.spread.as_ref().map(Spread::errors);
        while first < self.data.rows() {
            self.rows.clear();
            self.rows.extend(first..self.data.rows().min(first + self.workspace.max_batch()));
            let rows = &self.rows;
            self.minibatch.gather(self.data, rows);
            self.data.check_read()?;
            check_finite(first, mlp.forward(self.minibatch.x(), &mut self.workspace)?)?;
            let loss = criterion.value(mlp, &self.minibatch, &mut self.workspace)?;
            total += loss * rows.len() as f64;
            if !total.is_finite() {
                let loss = if loss.is_finite() { total } else { loss };
                return Err(Error::LossNotFinite { first: first + 1, last: first + rows.len(), loss });
            }
            let output = self.workspace.output();
            right += self.minibatch.count_right(output, self.decision);
            see(&self.minibatch, output);
            if let Some(errors) = &mut errors {
                errors.add(output, self.minibatch.targets());
            }
            first += rows.len();
        }
        let accuracy = self.decision.is_some().then(|| right as f64 / self.data.rows() as f64);
        let (mae, r2) = (errors.as_ref().map(ValueErrors::mae), errors.as_ref().and_then(ValueErrors::r2));
        let (rows, loss) = (self.data.rows(), total / self.data.rows() as f64);
        Ok((Evaluation { rows, loss, accuracy, confusion: None, mae, r2 }, errors.map(|errors| errors.loss())))
    }
}

/// The first output, of rows from `first` on, counted from 0, that no number holds in the targets' own unit.
fn beyond_numbers<T: Scalar>(scaling: &TargetScaling, first: usize, output: MatRef<'_, T>) -> Option<Error> {
    (0..output.rows()).find_map(|row| {
        let values = (0..output.cols()).map(|column| scaling.undo(column, output.get(row, column).to_f64()));
        let (column, value) = values.enumerate().find(|(_, value)| !value.is_finite())?;
        Some(Error::OutputNotFinite { row: first + row + 1, output: column + 1, value })
    })
}

/// Refuses outputs that are infinite or NaN, of rows from `first` on, counted from 0.
fn check_finite<T: Scalar>(first: usize, output: MatRef<'_, T>) -> Result<()> {
    for row in 0..output.rows() {
        if let Some(column) = output.row(row).iter().position(|value| !value.is_finite()) {
            let value = output.get(row, column).to_f64();
            return Err(Error::OutputNotFinite { row: first + row + 1, output: column + 1, value });
        }
    }
    Ok(())
}

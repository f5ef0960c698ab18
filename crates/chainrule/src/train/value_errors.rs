//! How far outputs are from values, in the values' own unit: what was done to targets before they were learned is undone in
//! every figure.

use chainrule_kernel::{MatRef, Scalar};
use chainrule_model::{Loss, TargetsRef};

use crate::data::{Dataset, TargetScaling, Targets};

/// What the targets of a dataset are measured by, known before there are outputs.
#[derive(Debug, Clone)]
pub(super) struct Spread {
    loss: Loss,
    /// What a difference of 1 means in each column, (cols).
    unit: Vec<f64>,
    /// What was done to the targets, if it took logarithms: in their columns a difference means something else everywhere, so
    /// that values are brought back before they are compared.
    logarithms: Option<TargetScaling>,
    /// The sum of squared differences from each column's mean, (cols).
    squares: Vec<f64>,
}

impl Spread {
    /// Of values that a loss of values is minimised on; `None` of others.
    pub(super) fn of<T: Scalar>(data: &Dataset<T>, loss: Loss) -> Option<Self> {
        let Targets::Values { values, cols } = data.targets() else { return None };
        if matches!(loss, Loss::CrossEntropy | Loss::BinaryCrossEntropy) {
            return None;
        }
        let (cols, rows) = (*cols, data.rows() as f64);
        let scaling = data.target().scaling.as_ref();
        let mut unit = scaling.map_or_else(|| vec![1.0; cols], |scaling| scaling.std.clone());
        let logarithms = scaling.filter(|scaling| scaling.log1p.contains(&true)).cloned();
        unit.iter_mut()
            .enumerate()
            .filter(|(column, _)| is_log1p(&logarithms, *column))
            .for_each(|(_, unit)| *unit = 1.0);
        let in_place = |column: usize, t: T| brought_back(&logarithms, column, t.to_f64());
        let mut mean = vec![0.0; cols];
        for row in values.chunks_exact(cols) {
            row.iter().enumerate().for_each(|(column, t)| mean[column] += in_place(column, *t));
        }
        mean.iter_mut().for_each(|sum| *sum /= rows);
        let (mut squares, mut is_constant) = (vec![0.0; cols], vec![true; cols]);
        for row in values.chunks_exact(cols) {
            for (column, t) in row.iter().enumerate() {
                squares[column] += (in_place(column, *t) - mean[column]).powi(2);
                is_constant[column] &= *t == values[column];
            }
        }
        squares.iter_mut().zip(is_constant).filter(|(_, is)| *is).for_each(|(sum, _)| *sum = 0.0);
        Some(Spread { loss, unit, logarithms, squares })
    }

    /// Errors, none yet.
    pub(super) fn errors(&self) -> ValueErrors<'_> {
        ValueErrors { spread: self, rows: 0, loss: 0.0, absolute: 0.0, squares: vec![0.0; self.unit.len()] }
    }
}

fn is_log1p(logarithms: &Option<TargetScaling>, column: usize) -> bool {
    logarithms.as_ref().is_some_and(|scaling| scaling.is_log1p(column))
}

/// A value of a column whose logarithm was learned, in its own unit; others as they are.
fn brought_back(logarithms: &Option<TargetScaling>, column: usize, value: f64) -> f64 {
    match logarithms {
        Some(scaling) if scaling.is_log1p(column) => scaling.undo(column, value),
        _ => value,
    }
}

/// Errors added up, row by row.
pub(super) struct ValueErrors<'a> {
    spread: &'a Spread,
    rows: usize,
    loss: f64,
    absolute: f64,
    /// In the unit that was learned in, (cols).
    squares: Vec<f64>,
}

impl ValueErrors<'_> {
    /// Adds the outputs of a minibatch and what they should have been, (batch, cols).
    pub(super) fn add<T: Scalar>(&mut self, output: MatRef<'_, T>, targets: TargetsRef<'_, T>) {
        let TargetsRef::Values(targets) = targets else { return };
        for row in 0..output.rows() {
            for (column, &unit) in self.spread.unit.iter().enumerate() {
                let of = |values: MatRef<'_, T>| {
                    brought_back(&self.spread.logarithms, column, values.get(row, column).to_f64())
                };
                let error = (of(output) - of(targets)).abs();
                self.squares[column] += error * error;
                self.absolute += unit * error;
                self.loss += match self.spread.loss {
                    Loss::Mae => unit * error,
                    Loss::HalfMse => (unit * error).powi(2) / 2.0,
                    // Delta is in the unit that was learned in, but for logarithms.
                    Loss::Huber(delta) if error <= delta => (unit * error).powi(2) / 2.0,
                    Loss::Huber(delta) => unit * unit * delta * (error - delta / 2.0),
                    _ => (unit * error).powi(2),
                };
            }
        }
        self.rows += output.rows();
    }

    fn count(&self) -> f64 {
        (self.rows * self.squares.len()) as f64
    }

    /// The mean loss, as if targets had been learned as they are.
    pub(super) fn loss(&self) -> f64 {
        self.loss / self.count()
    }

    /// The mean absolute error.
    pub(super) fn mae(&self) -> f64 {
        self.absolute / self.count()
    }

    /// 1 less the share of the variance that is left, the mean over the columns: of a constant one 1 where it is met in every row
    /// and otherwise 0, as [`metrics::r2`](crate::metrics::r2) has it. `None` where all are constant.
    pub(super) fn r2(&self) -> Option<f64> {
        let share = |(left, all): (&f64, &f64)| match (*all > 0.0, *left == 0.0) {
            (true, _) => 1.0 - left / all,
            (false, is_met) => f64::from(u8::from(is_met)),
        };
        let varies = self.spread.squares.iter().any(|all| *all > 0.0);
        let shares = self.squares.iter().zip(&self.spread.squares).map(share);
        varies.then(|| shares.sum::<f64>() / self.squares.len() as f64)
    }
}

//! The buffers that a minibatch is gathered into, allocated once for the largest.

use chainrule_kernel::{Aligned, MatRef, Scalar};

use super::decision::Decision;
use crate::data::{Dataset, Targets, TargetsMut};

/// Features, targets and weights of one minibatch, copied out of a dataset.
pub(crate) struct Minibatch<T> {
    cols: usize,
    rows: usize,
    x: Aligned<T>, // (batch, cols)
    targets: Buffer<T>,
    weights: Option<Vec<T>>, // (batch)
}

enum Buffer<T> {
    Classes(Vec<u32>),
    Values { values: Vec<T>, cols: usize }, // (batch, cols)
}

impl<T: Scalar> Minibatch<T> {
    /// Buffers for minibatches of up to `batch` rows of `data`.
    pub(crate) fn new(data: &Dataset<T>, batch: usize) -> Self {
        let targets = match data.targets() {
            Targets::Classes { .. } => Buffer::Classes(vec![0; batch]),
            Targets::Values { cols, .. } => Buffer::Values { values: vec![T::ZERO; batch * cols], cols: *cols },
        };
        let weights = data.weights().map(|_| vec![T::ZERO; batch]);
        Minibatch { cols: data.cols(), rows: 0, x: Aligned::zeros(batch * data.cols()), targets, weights }
    }

    /// Copies these rows of `data`.
    pub(crate) fn gather(&mut self, data: &Dataset<T>, rows: &[usize]) {
        self.rows = rows.len();
        let x = &mut self.x[..rows.len() * self.cols];
        match &mut self.targets {
            Buffer::Classes(labels) => data.gather(rows, x, TargetsMut::Classes(&mut labels[..rows.len()])),
            Buffer::Values { values, cols } => {
                data.gather(rows, x, TargetsMut::Values(&mut values[..rows.len() * *cols]));
            }
        }
        if let (Some(places), Some(weights)) = (&mut self.weights, data.weights()) {
            places.iter_mut().zip(rows).for_each(|(place, &row)| *place = weights[row]);
        }
    }

    /// The number of rows it holds.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// (rows, cols)
    pub(crate) fn x(&self) -> MatRef<'_, T> {
        MatRef::new(&self.x[..self.rows * self.cols], self.rows, self.cols)
    }

    pub(crate) fn targets(&self) -> chainrule_model::TargetsRef<'_, T> {
        match &self.targets {
            Buffer::Classes(labels) => chainrule_model::TargetsRef::Classes(&labels[..self.rows]),
            Buffer::Values { values, cols } => {
                chainrule_model::TargetsRef::Values(MatRef::new(&values[..self.rows * cols], self.rows, *cols))
            }
        }
    }

    /// (rows), if the dataset has any.
    pub(crate) fn weights(&self) -> Option<&[T]> {
        self.weights.as_ref().map(|weights| &weights[..self.rows])
    }

    /// The class of a row's target: its label, or what its values name.
    pub(crate) fn class(&self, row: usize, decision: Decision) -> usize {
        match &self.targets {
            Buffer::Classes(labels) => labels[row] as usize,
            Buffer::Values { values, cols } => decision.truth(&values[row * cols..(row + 1) * cols]),
        }
    }

    /// The number of rows whose answer is the class of the target.
    pub(crate) fn count_right(&self, output: MatRef<'_, T>, decision: Decision) -> usize {
        if !decision.is_some() {
            return 0;
        }
        (0..self.rows).filter(|&row| decision.answer(output.row(row)) == self.class(row, decision)).count()
    }
}
